"""ZA208: targets that are too large for the outputs to reach."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tb_zeroacc.diagnosis.answering.fixes.data_code import labels_mapped
from tb_zeroacc.diagnosis.answering.fixes.keras_code import is_fed_by_dataset
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
from tb_zeroacc.diagnosis.computed.model.samples import ROUNDING, known_mean, settled
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import CONTRACT, LABELS, OUTPUTS
from tb_zeroacc.diagnosis.rule import Muted, rule
from tb_zeroacc.facts import Output
from tb_zeroacc.run import Role, Run
from tb_zeroacc.wording import count, number, percent

TEXT = "Try standardising the targets, and scale the predictions back."
SCALED = ("mean_squared_error", "mean_absolute_error", "huber", "log_cosh")
LARGE = 100.0  # root mean square of the targets; 12 trains with a usual rate, only slowly
# Of any size from here on, where the mean of the outputs is further from that of the targets than
# these scatter: always predicting their mean would be better. Twice what trains, slowly, as it is.
NOTICEABLE = 25.0
SHORT = 10.0  # targets ÷ outputs at the end: as far as this the updates did not reach
FEWEST_STEPS = 200  # fewer are too few for any targets



@rule(
    "ZA208",
    "target-not-normalised",
    Tier.STRONG,
    Stage.INPUT,
    motif=Motif.TARGETS,
    healthy="Targets are within reach of the outputs",
    needs=(CONTRACT, LABELS, OUTPUTS),
    explains=("ZA502", "ZA509", "ZA602", "ZA703", "ZA704", "ZA705"),
    yields_to=(
        "ZA101", "ZA102", "ZA103", "ZA104", "ZA306", "ZA307", "ZA309", "ZA501", "ZA503", "ZA504",
        "ZA505", "ZA601", "ZA607", "ZA702", "ZA708",
    ),
    muted_when=Muted.BASELINE_IS_BEATEN,
    fix=Fix(
        TEXT,
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
    a tenth of the way. Or it is 25 or more, and the mean output of the last batch is still further
    from that of its targets than one standard deviation of these, so that the loss is mostly that
    distance. At least 200 steps; linear outputs only; muted once the run beats its baseline, a
    smell where no baseline is known. Both limits are conservative and not tuned: targets of 12 in
    root mean square train with usual rates, only slowly (measured), and outputs of a converged
    model are as large as its targets.

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
    sizes = [both for o in free if (both := _sizes(run, o)) is not None]
    if not sizes:
        return CannotTell("targets or outputs of the last steps are not recorded")
    far = [seen for seen in sizes if seen.is_short or seen.is_beside]
    seen = max(far or sizes, key=lambda seen: seen.target)
    said = (f"targets have a root mean square of {number(seen.target)}, outputs reach "
            f"{number(seen.reached)}")  # fmt: skip
    if not far:
        return Passed(said)
    if (steps := steps_taken(run)) < FEWEST_STEPS:
        return CannotTell(f"{said}, but {count(steps, 'step')} are too few to judge",
                          is_suspicion=True)  # fmt: skip
    found = _too_large(context, seen, steps) if seen.is_short else _beside(context, seen, steps)
    return replace(found, tier=Tier.SMELL) if context.beats is None else found


@dataclass(frozen=True, slots=True)
class _Sizes:
    """Targets of one output against what the model says in the last samples, in their unit.

    Attributes:
        output: The output.
        target, mean, std: Root mean square, mean and standard deviation of the targets.
        reached: The largest output.
        said: The mean output of the last batch on record.
        distance: From it to the mean of that batch's targets; NaN where it is not known.
    """

    output: Output
    target: float
    mean: float
    std: float
    reached: float
    said: float
    distance: float

    @property
    def is_short(self) -> bool:
        """Whether the targets are out of reach."""
        return self.target >= LARGE and self.target >= SHORT * self.reached * (1.0 - ROUNDING)

    @property
    def is_beside(self) -> bool:
        """Whether always predicting the mean of the targets would be better."""
        return self.target >= NOTICEABLE and self.distance > self.std


def _sizes(run: Run, output: Output) -> _Sizes | None:
    """The sizes of an output; None where labels or outputs of the last steps are unknown."""
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
    means = targets.column("mean")[:, row]
    mean, whole = known_mean(means), known_mean(square)
    # Of one and the same batch: the samples before it may be of the first steps.
    both, at, last = np.intersect1d(targets.steps, outputs.steps, return_indices=True)
    said = off = float("nan")
    if len(both):
        said = float(outputs.column("mean")[last[-1], other])
        off = abs(float(means[at[-1]]) - said)
    std = float(np.sqrt(max(whole - mean**2, 0.0)))
    return _Sizes(output, float(np.sqrt(whole)), mean, std, float(reached), said, off)


def _beside(context: RunContext, seen: _Sizes, steps: int) -> Flagged:
    return Flagged(
        summary=f"Targets around {number(seen.mean)} are too far from 0: outputs have come to "
        f"{number(seen.said)}.",
        context=f"That is after {count(steps, 'step')}; the targets scatter by {number(seen.std)}, "
        "so that always predicting their mean would be better.",
        evidence=(
            Evidence.of_table("mean of the targets less mean output, last batch",
                              context.given(OUTPUTS), seen.distance, at_most(seen.std),
                              layer=seen.output.name, until=steps - 1),
            Evidence.of_table("root mean square of the targets", context.given(LABELS),
                              seen.target, at_most(NOTICEABLE), layer=seen.output.name),
            *curve_shown(context.run, Role.LOSS),
        ),
        fix=_fix(context.run, seen),
    )  # fmt: skip


def _too_large(context: RunContext, seen: _Sizes, steps: int) -> Flagged:
    output, target, reached = seen.output, seen.target, seen.reached
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
        fix=_fix(context.run, seen),
        rivals=(
            ("ZA206", "Standardise the targets first: predicting the mean then has a loss of 1."),
        ),
    )  # fmt: skip


def _fix(run: Run, seen: _Sizes) -> Fix | None:
    """The rule's own for arrays and one output."""
    name = seen.output.name
    if is_fed_by_dataset(run):
        return Fix(
            TEXT,
            f"+ mean, std = {seen.mean:.3g}, {seen.std:.3g}  # of the targets\n"
            + labels_mapped(run, "(y - mean) / std")
            + "\n+ predicted = model.predict(dataset) * std + mean",
        )
    if len(trained_outputs(run)) > 1:
        return Fix(
            TEXT,
            f'+ mean, std = y["{name}"].mean(), y["{name}"].std()\n'
            f'+ y["{name}"] = (y["{name}"] - mean) / std',
        )
    return None
