"""ZA201: labels outside the range of the loss."""

from __future__ import annotations

import math

import numpy as np

from tb_zeroacc.diagnosis.answering.fixes.data_code import labels_mapped
from tb_zeroacc.diagnosis.answering.fixes.keras_code import loss_fix
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
    at_least,
    at_most,
)
from tb_zeroacc.diagnosis.computed.data.labels import IGNORED, ROUNDING, Labels, labels_of
from tb_zeroacc.diagnosis.computed.learning.trend import training_step
from tb_zeroacc.diagnosis.computed.model.loss_kinds import BINARY, CLASS_LOSSES, REGRESSION
from tb_zeroacc.diagnosis.computed.model.outputs import trained_outputs
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import CONTRACT, END, LABELS, LOSS
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.facts import Output
from tb_zeroacc.run import Role, Run
from tb_zeroacc.wording import count, number

SPARSE = "sparse_categorical_crossentropy"
BOUNDED = ("sigmoid", "softmax", "hard_sigmoid")  # activations whose outputs are 0 to 1
TWO_VALUES = 1e-3  # of a variance from float32 statistics, rounding
ABSURD = -1.0  # a loss of one's own below this: overlaps and shares differ by no more than 1


@rule(
    "ZA201",
    "labels-out-of-range",
    Tier.DEFINITE,
    Stage.INPUT,
    motif=Motif.TARGETS,
    healthy="Labels lie within the range that the loss is made for",
    needs=(CONTRACT, (LABELS, LOSS, END)),
    explains=(
        "ZA403", "ZA404", "ZA501", "ZA502", "ZA508", "ZA509", "ZA602", "ZA701", "ZA703", "ZA704",
        "ZA705", "ZA706", "ZA804",
    ),
    outcome=Outcome.BROKEN,
    fix=Fix(
        "Bring the labels into the range that the loss expects.",
        "print(np.unique(y))\n+ y = np.unique(y, return_inverse=True)[1]  # 0, 1, 2, ...",
    ),
)  # fmt: skip
def labels_out_of_range(context: RunContext) -> Answer:
    """Labels lie outside the range that the loss is made for.

    ## What it means
    Binary and categorical cross-entropy expect labels from 0 to 1, the sparse one whole numbers
    from 0 to the number of units minus one. Labels of -1 and 1, of 1 to 10, or of 0 to 255 are
    neither.

    ## Why accuracy suffers
    Outside its range a cross-entropy has no minimum: it falls below 0 without bound while the
    predictions saturate. A class number beyond the units gives NaN on a GPU.

    ## How it is detected
    Smallest and largest label over all samples against the loss's range, exactly; .001 beyond 0 or
    1 is rounding. The label that the loss ignores by its `ignore_class` does not count. -1, -100
    and 255 with a sparse loss that stays finite may mark labels that are masked: a smell, and
    nothing where some sample weights are 0 or the run beats its baseline. A loss function of one's
    own says nothing of its labels: strong where the outputs are those of a sigmoid or a softmax,
    whole labels lie beyond 1 and the loss falls below -1. Without recorded labels: a cross-entropy
    that falls below 0, which valid labels rule out; strong, since continuous targets cause the
    same. Where the first step raised, TensorFlow's error names the labels of its batch.

    ## How to fix it
    ```python
    y = (y + 1) / 2                           # from -1, 1
    y = y - 1                                 # from 1 .. C
    y = np.unique(y, return_inverse=True)[1]  # from whatever names the classes have
    ```

    ## Easily confused with
    ZA309 cross-entropy-for-regression: the labels are not classes at all, so the loss is wrong, not
    the labels. ZA311 too-few-output-units: the labels are right and the model lacks a class.

    ## Sources
    github.com/tensorflow/tensorflow issue 56979; keras.io/api/losses/probabilistic_losses. Measured
    on Keras 3.15: -1e5 and below with labels of -1 and 1.
    """
    run = context.run
    outputs = [o for o in trained_outputs(run) if o.loss in CLASS_LOSSES]
    if not outputs:
        return _by_own_loss(context)
    known = [(o, labels) for o in outputs if (labels := labels_of(run, o)) is not None]
    if not known:
        return _by_curve(run, outputs)
    masked = ""
    for output, labels in known:
        low, high = _range(output)
        ends = (labels.low, labels.high)
        beyond = [end for end in ends if not low - ROUNDING <= end <= high + ROUNDING]
        if beyond and all(_is_left_out(context, output, value) for value in beyond):
            masked = f", and {number(beyond[0])} is left out of the loss"
        elif beyond:
            return _out_of_range(context, output, labels, low, high)
    labels = known[0][1]
    return Passed(f"the labels lie within {number(labels.low)} and {number(labels.high)}{masked}")


def _is_left_out(context: RunContext, output: Output, value: float) -> bool:
    """Whether the loss ignores a label, as it says or as the run shows."""
    if output.ignore_class is not None and value == output.ignore_class:
        return True
    if value not in IGNORED or not (output.loss or "").startswith("sparse"):
        return False
    weights = context.run.table("sample_weights")
    masked = weights is not None and bool((weights.column("zero_share") > 0).any())
    return masked or bool(context.beats)


def _by_own_loss(context: RunContext) -> Answer:
    """A function of the user's own may do anything with its labels: what it falls to tells."""
    run, curve = context.run, context.run.headline(Role.LOSS)
    low = curve.series.minimum if curve else None
    for output in trained_outputs(run):
        labels = labels_of(run, output)
        is_own = output.loss is None or not _is_known(output.loss)
        if labels is None or output.activation not in BOUNDED or not is_own:
            continue
        if not labels.whole or labels.high <= 1.0 + ROUNDING:
            continue
        if curve is None or low is None or low.value >= ABSURD:
            return CannotTell(f"labels reach {number(labels.high)}, outputs 1 at most; what the "
                              "loss makes of them is not known")  # fmt: skip
        return Flagged(
            summary=f"Labels range from {number(labels.low)} to {number(labels.high)}, but the "
            f"{output.activation} of `{output.name}` ends at 1.",
            context=f"The loss fell to {number(low.value)}: it has no lower bound at such labels.",
            evidence=(
                Evidence.of_number(f"largest label of `{output.name}`", labels.high, at_most(1),
                                   member=labels.member, layer=output.name, axis="step",
                                   since=labels.first_step, until=labels.last_step),
                Evidence.of_curve("lowest loss", curve, low.value, at_least(ABSURD)),
            ),
            tier=Tier.STRONG,
            fix=_range_fix(run, output, labels, sparse=False),
        )  # fmt: skip
    return NotApplicable("no output is trained on cross-entropy")


def _is_known(loss: str) -> bool:
    """Whether a loss is one of Keras', which are made for labels of any size."""
    return loss in REGRESSION or loss in CLASS_LOSSES


def _range(output: Output) -> tuple[float, float]:
    if (output.loss or "").startswith("sparse"):
        return 0.0, output.units - 1.0 if output.units else float("inf")
    return 0.0, 1.0


def _out_of_range(
    context: RunContext, output: Output, labels: Labels, low: float, high: float
) -> Flagged:
    run = context.run
    sparse = (output.loss or "").startswith("sparse")
    below = labels.low < low - ROUNDING
    value, bound = (labels.low, low) if below else (labels.high, high)
    finite = context.final_loss is not None and np.isfinite(context.final_loss)
    marked = sparse and finite and value in IGNORED
    span = f"{number(low)} to {number(high)}" if np.isfinite(high) else "0 or more"
    return Flagged(
        summary=f"Labels range from {number(labels.low)} to {number(labels.high)}, "
        f"but {output.loss} expects {span}.",
        context=f"Seen in {count(labels.examples, 'example')} of `{output.name}`."
        + (f" {number(value)} may mark labels that the loss ignores." if marked else ""),
        evidence=(
            Evidence.of_number(f"{'smallest' if below else 'largest'} label of `{output.name}`",
                               value, at_least(bound) if below else at_most(bound),
                               member=labels.member, layer=output.name, axis="step",
                               since=labels.first_step, until=labels.last_step),
            *curve_shown(run, Role.LOSS),
        ),
        tier=Tier.SMELL if marked else None,
        fix=_range_fix(run, output, labels, sparse=sparse),
    )  # fmt: skip


def _range_fix(run: Run, output: Output, labels: Labels, *, sparse: bool) -> Fix | None:
    marks = [value for value in (labels.low, labels.high) if value in IGNORED]
    if sparse and marks and not 1 <= labels.low <= labels.high == output.units:
        return _ignoring(output, int(marks[0]))
    if not labels.whole:
        text = "Use a regression loss for targets that are not classes."
        return loss_fix(run, output, text, "mse", None)
    if not sparse and (labels.low, labels.high) == (-1.0, 1.0):
        return Fix("Map the labels from -1 and 1 to 0 and 1.", labels_mapped(run, "(y + 1) / 2"))
    if sparse and labels.low >= 1 and labels.high == output.units:
        return Fix("Number the classes from 0.", labels_mapped(run, "y - 1"))
    if not sparse and (labels.high == 255 or _has_two_values(labels)):
        text = f"Scale the labels from 0 and {number(labels.high)} to 0 and 1."
        return Fix(text, labels_mapped(run, f"y / {labels.high:g}"))
    if output.loss in BINARY and labels.low >= 0:
        many = int(labels.high) + 1
        text = "Use one output unit per class and the sparse loss."
        return loss_fix(run, output, text, SPARSE, "softmax", many)
    return None


def _has_two_values(labels: Labels) -> bool:
    """Whether all are 0 or the largest: none of that range and mean scatters more."""
    most = labels.mean * (labels.high - labels.mean)
    return labels.low == 0 < most and math.isclose(labels.std**2, most, rel_tol=TWO_VALUES)


def _ignoring(output: Output, value: int) -> Fix:
    logits = ", from_logits=True" if output.from_logits else ""
    return Fix(
        f"If {value} marks what has no class, have the loss leave it out.",
        f'- loss="{output.loss}",\n+ loss=keras.losses.SparseCategoricalCrossentropy('
        f"ignore_class={value}{logits}),",
    )


def _by_curve(run: Run, outputs: list[Output]) -> Answer:
    """Without labels: a sum of cross-entropies below 0."""
    curve = run.headline(Role.LOSS)
    if curve is None or curve.series.minimum is None:
        return CannotTell("neither labels nor a finite loss in the log", (LABELS.missing,))
    odd = len(outputs) < len(trained_outputs(run)) or any((o.weight or 1) < 0 for o in outputs)
    low = curve.series.minimum
    if low.value >= 0 or odd:
        return CannotTell("the labels are not recorded, and the loss does not reveal them")
    steps, values = curve.series.finite()
    first = int(steps[np.flatnonzero(values < 0)[0]])
    return Flagged(
        summary=f"The cross-entropy fell to {number(low.value)}: labels lie outside 0 to 1.",
        context="With labels between 0 and 1 it cannot fall below 0.",
        evidence=(
            Evidence.of_curve("lowest loss", curve, low.value, at_least(0), since=first),
        ),
        tier=Tier.STRONG,
        since=training_step(run, curve, first),
    )  # fmt: skip
