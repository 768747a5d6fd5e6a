"""ZA405: one output of several that does not learn beside one that does."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

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
from tb_zeroacc.diagnosis.computed.chance.baseline import (
    BEATEN_LOSS,
    HOPELESS,
    baseline_of_output,
)
from tb_zeroacc.diagnosis.computed.learning.course import course_of
from tb_zeroacc.diagnosis.computed.learning.run_length import FEWEST_EPOCHS
from tb_zeroacc.diagnosis.computed.learning.trend import still_falling, trend_of
from tb_zeroacc.diagnosis.computed.model.outputs import trained_outputs
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import CONTRACT, LABELS
from tb_zeroacc.diagnosis.rule import Family, rule
from tb_zeroacc.diagnosis.steps import Step
from tb_zeroacc.facts import Output
from tb_zeroacc.run import Curve, Role, Run, Split
from tb_zeroacc.wording import number, percent

DROWNED = 0.05  # of the sum of the losses: what such a part asks for hardly moves a shared layer


@dataclass(frozen=True, slots=True)
class _Head:
    """One output with its own loss at the end, and what a constant prediction scores."""

    output: Output
    curve: Curve
    end: float
    baseline: float
    what: str
    falls: bool

    @property
    def weighted(self) -> float:
        """Its part of the sum at the end."""
        return self.end * (1.0 if self.output.weight is None else self.output.weight)


@rule(
    "ZA405",
    "one-head-at-chance",
    Tier.STRONG,
    Stage.LOSS,
    motif=Motif.EVIDENCE_TOGETHER,
    healthy="Every output learns",
    step=Step.SANITY,
    needs=(CONTRACT, LABELS),
    explains=("ZA403", "ZA404", "ZA509", "ZA705"),
    yields_to=(
        "ZA101", "ZA102", "ZA110", Family.LABELS, Family.OUTPUT_AND_LOSS, "ZA501", "ZA504", "ZA607",
    ),
    provisional_while_live=True,
    fix=Fix(
        "Weigh the losses so that each has a part in the sum, and check the labels of this output.",
        'model.compile(..., loss_weights={"kind": 1.0, "size": 0.01})',
    ),
)  # fmt: skip
def one_head_at_chance(context: RunContext) -> Answer:
    """One output of several does not learn, while another does.

    ## What it means
    The inputs, the shared layers and the optimizer are good enough for one output, so the fault
    lies with the other: its loss has no weight or is drowned by a larger one, its labels belong to
    other examples, or its branch is too small.

    ## Why accuracy suffers
    The sum of the losses falls, and hides that this output says no more than a constant would.

    ## How it is detected
    Of each output its own loss, before its weight, over 4 epochs or more, against what a constant
    prediction scores by its labels. One ends at .9 of that or above, another under a half of its
    own. It is a smell while the loss of the first still falls as in ZA705. An output whose loss has
    the weight 0 is there to be watched, unless the accuracy of the training is its own. Both limits
    are those by which whole runs are judged: stuck ones end at .93 or above, healthy ones under
    .45.

    ## How to fix it
    ```python
    model.compile(optimizer, losses, loss_weights={"kind": 1.0, "size": 0.01})
    ```
    If the weights are right, look at ten examples of this output with their labels.

    ## Easily confused with
    ZA208 target-not-normalised: there the drowning output does not learn either. ZA206
    labels-independent-of-inputs: it looks at all outputs together.

    ## Sources
    Kendall et al. 2018, Multi-task learning using uncertainty to weigh losses;
    keras.io/guides/functional_api (loss_weights). The limits were measured on whole runs.
    """
    outputs = trained_outputs(context.run)
    if len(outputs) < 2:
        return NotApplicable("one output")
    heads = [head for output in outputs if (head := _head(context.run, output)) is not None]
    learned = [head for head in heads if head.end < BEATEN_LOSS * head.baseline]
    stuck = [
        head for head in heads
        if head.end >= HOPELESS * head.baseline and not _is_only_watched(context.run, head.output)
    ]  # fmt: skip
    if len(heads) < 2:
        return CannotTell("the losses of the single outputs, or their baselines, are not known")
    if not learned or not stuck:
        shares = ", ".join(
            f"`{head.output.name}` ends at {percent(head.end / head.baseline)}" for head in heads
        )
        return Passed(f"of what a constant prediction scores {shares}")
    worst = max(stuck, key=lambda head: (not head.falls, head.end / head.baseline))
    return _flagged(worst, min(learned, key=lambda head: head.end / head.baseline), heads)


def _head(run: Run, output: Output) -> _Head | None:
    named = f"{output.name}_loss"
    curve = next((c for c in run.curves if c.name == named and c.split is Split.TRAIN), None)
    course = None if curve is None else course_of(run, curve)
    baseline = baseline_of_output(run, output)
    if curve is None or course is None or course.points < FEWEST_EPOCHS or not baseline.measured:
        return None
    if not baseline.loss or not np.isfinite(course.end):
        return None
    trend = trend_of(curve.series)
    falls = trend is not None and still_falling(trend)
    return _Head(output, curve, course.end, baseline.loss, baseline.what, falls)


def _is_only_watched(run: Run, output: Output) -> bool:
    """Whether its loss has no weight, and the training's accuracy is not its own."""
    accuracy = run.headline(Role.ACCURACY)
    is_its_own = accuracy is not None and accuracy.name in output.metric_names
    return output.weight == 0 and not is_its_own


def _flagged(worst: _Head, best: _Head, heads: list[_Head]) -> Flagged:
    name, other = worst.output.name, best.output.name
    total = sum(head.weighted for head in heads)
    part = worst.weighted / total if total > 0 else 1.0
    why = f"Its loss has {percent(part)} of the sum." if part < DROWNED else ""
    if worst.output.weight == 0:
        why = "The weight of its loss is 0."
    weights = ", ".join(f'"{head.output.name}": {1 / head.baseline:.2g}' for head in heads)
    learned = Evidence.of_curve(
        f"loss of `{other}` at the end, against the {best.what}", best.curve, best.end,
        at_most(BEATEN_LOSS * best.baseline),
    )  # fmt: skip
    return Flagged(
        summary=f"The output `{name}` does not learn: its loss ends at {number(worst.end)}, and a "
        f"constant prediction scores {number(worst.baseline)}; `{other}` learns.",
        context=why,
        evidence=(
            Evidence.of_curve(f"loss of `{name}` at the end, against the {worst.what}", worst.curve,
                              worst.end, at_most(HOPELESS * worst.baseline)),
            replace(learned, rules_out="a model that does not learn"),
        ),
        tier=Tier.SMELL if worst.falls and not why else None,
        layers=(worst.output.layer,) if worst.output.layer else (),
        fix=Fix(
            "Weigh the losses so that each has a part in the sum."
            if why
            else "Check the labels of this output beside their inputs, and give it layers of its "
            "own.",
            f"model.compile(..., loss_weights={{{weights}}})" if why else "",
        ),
    )  # fmt: skip
