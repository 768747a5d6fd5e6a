"""ZA208: targets that are too large for the outputs to reach."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tb_zeroacc.diagnosis.answering.shown_curves import curve_shown
from tb_zeroacc.diagnosis.answers import (
    Answer,
    CannotTell,
    Evidence,
    Fix,
    Flagged,
    NotApplicable,
    Passed,
    Stage,
    Tier,
    at_most,
)
from tb_zeroacc.diagnosis.computed.data.labels import labels_of
from tb_zeroacc.diagnosis.computed.learning.steps_taken import steps_taken
from tb_zeroacc.diagnosis.computed.model.outputs import output_row, trained_outputs
from tb_zeroacc.diagnosis.computed.model.samples import ROUNDING, settled
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.needs import CONTRACT, LABELS, OUTPUTS
from tb_zeroacc.diagnosis.rule import Muted, rule
from tb_zeroacc.facts import Output
from tb_zeroacc.run import Role, Run
from tb_zeroacc.wording import count, number, percent

SCALED = ("mean_squared_error", "mean_absolute_error", "huber", "log_cosh")
LARGE = 100.0  # root mean square of the targets; 12 trains with a usual rate, only slowly
SHORT = 10.0  # targets ÷ outputs at the end: as far as this the updates did not reach
FEWEST_STEPS = 200  # fewer are too few for any targets



@rule(
    "ZA208",
    "target-not-normalised",
    Tier.STRONG,
    Stage.INPUT,
    needs=(CONTRACT, LABELS, OUTPUTS),
    explains=("ZA502", "ZA509", "ZA602", "ZA704", "ZA705"),
    yields_to=(
        "ZA101", "ZA102", "ZA103", "ZA104", "ZA306", "ZA307", "ZA309", "ZA501", "ZA503", "ZA504",
        "ZA505", "ZA601", "ZA607", "ZA702", "ZA708",
    ),
    muted_when=Muted.BASELINE_IS_BEATEN,
    fix=Fix(
        "Standardise the targets, and scale the predictions back.",
        "+ mean, std = y.mean(), y.std()\n- model.fit(x, y)\n+ model.fit(x, (y - mean) / std)\n"
        "+ predicted = model.predict(x) * std + mean",
    ),
)  # fmt: skip
def target_not_normalised(context: RunContext) -> Answer:
    """The regression targets are too large for the outputs to reach them.

    ## What it means
    A model should predict prices of 300 000, while its outputs start around 1 and grow by about a
    thousandth with each update.

    ## Why accuracy suffers
    Training is spent on raising the outputs to the level of the targets. Until then nothing about
    the inputs is learned.

    ## How it is detected
    The root mean square of the targets is 100 or more, and 10 times the largest output of the last
    samples (the median of a quarter of them, ten at most) or more: hundreds of updates have covered
    a tenth of the way. At least 200 steps; linear outputs only; muted once the run beats its
    baseline, a smell where no baseline is known. Both limits are conservative and not tuned:
    targets of 12 in root mean square train with usual rates, only slowly (measured), and outputs of
    a converged model are as large as its targets.

    ## How to fix it
    ```python
    mean, std = y.mean(), y.std()
    model.fit(x, (y - mean) / std)
    predicted = model.predict(x) * std + mean
    ```
    Apply `np.log1p` first where targets span orders of magnitude.

    ## Easily confused with
    ZA702 learning-rate-too-low: there the targets are small and updates tiny against the weights.
    ZA306 bounded-output-misses-targets: the activation, not the rate, limits the outputs. ZA705
    stopped-too-early: the outputs are near and still moving.

    ## Sources
    stackoverflow.com/q/46995209; tensorflow.org/tutorials/keras/regression (normalization);
    LeCun et al. 1998, Efficient BackProp, section 4.5 (targets).
    """
    run = context.run
    outputs = [o for o in trained_outputs(run) if o.loss in SCALED]
    if not outputs:
        return NotApplicable("no output is trained on a regression loss")
    free = [o for o in outputs if o.activation in (None, "linear")]
    if not free:
        return NotApplicable("no output is linear: the activation limits its range")
    sizes = [(o, *both) for o in free if (both := _sizes(run, o)) is not None]
    if not sizes:
        return CannotTell("targets or outputs of the last steps are not recorded")
    far = [s for s in sizes if s[1] >= LARGE and s[1] >= SHORT * s[2] * (1.0 - ROUNDING)]
    output, target, reached = max(far or sizes, key=lambda s: s[1])
    said = f"targets have a root mean square of {number(target)}, outputs reach {number(reached)}"
    if not far:
        return Passed(said)
    if (steps := steps_taken(run)) < FEWEST_STEPS:
        return CannotTell(f"{said}, but {count(steps, 'step')} are too few to judge",
                          is_suspicion=True)  # fmt: skip
    found = _too_large(context, output, target, reached, steps)
    return replace(found, tier=Tier.SMELL) if context.beats is None else found


def _sizes(run: Run, output: Output) -> tuple[float, float] | None:
    """Root mean square of the targets, and the largest output of the last samples."""
    targets, outputs = run.table("labels"), run.table("outputs")
    row, other = output_row(targets, output.name), output_row(outputs, output.name)
    if targets is None or outputs is None or row is None or other is None:
        return None
    if labels_of(run, output) is None:
        return None
    square = targets.column("mean")[:, row] ** 2 + targets.column("std")[:, row] ** 2
    sizes = np.maximum(np.abs(outputs.column("min")), np.abs(outputs.column("max")))
    reached = settled(sizes)[other]
    if not np.isfinite(square).any() or not np.isfinite(reached):
        return None
    return float(np.sqrt(np.nanmean(square))), float(reached)


def _too_large(
    context: RunContext, output: Output, target: float, reached: float, steps: int
) -> Flagged:
    way = percent(reached / target)
    ratio = target / reached if reached else float("inf")
    return Flagged(
        summary=f"Targets of size {number(target)} are too large: outputs reach {way} of it.",
        context=f"That is after {count(steps, 'step')}; the targets are not standardised.",
        evidence=(
            Evidence.of_table("root mean square of the targets", context.given(LABELS), target,
                              at_most(LARGE), layer=output.name),
            Evidence.of_table("targets ÷ largest output, last samples", context.given(OUTPUTS),
                              ratio, at_most(SHORT, room=SHORT * ROUNDING), layer=output.name,
                              until=steps - 1),
            *curve_shown(context.run, Role.LOSS),
        ),
        rivals=(
            ("ZA206", "Standardise the targets first: predicting the mean then has a loss of 1."),
        ),
    )  # fmt: skip
