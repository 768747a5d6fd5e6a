"""ZA204: class numbers that were scaled like pixels, and are cut to 0."""

from __future__ import annotations

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
    at_least,
    at_most,
)
from tb_zeroacc.diagnosis.computed.data.labels import Labels, labels_of
from tb_zeroacc.diagnosis.computed.model.loss_kinds import BINARY, CLASS_LOSSES
from tb_zeroacc.diagnosis.computed.model.outputs import trained_outputs
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import CONTRACT, LABELS
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.facts import Output
from tb_zeroacc.run import Role, Run
from tb_zeroacc.wording import number, percent

SPARSE = "sparse_categorical_crossentropy"
BYTE = 255.0
# float32 holds 1/255 to 1e-9, float16 to 2e-6.
SAME = 1e-5


@rule(
    "ZA204",
    "labels-truncated-to-zero",
    Tier.DEFINITE,
    Stage.INPUT,
    motif=Motif.TARGETS,
    healthy="Labels keep their class numbers",
    needs=(CONTRACT, LABELS),
    explains=("ZA202", "ZA203", "ZA309", "ZA403", "ZA404", "ZA509", "ZA702", "ZA704", "ZA705"),
    outcome=Outcome.BROKEN,
    fix=Fix(
        "Scale the inputs alone, and leave the labels whole numbers.",
        "- x, y = x / 255, y / 255\n+ x = x / 255",
    ),
)
def labels_truncated_to_zero(context: RunContext) -> Answer:
    """Class numbers are fractions between 0 and 1, which the loss cuts to class 0.

    ## What it means
    Labels were scaled along with the pixels: class 7 became 7/255 = .027. A sparse cross-entropy
    casts its labels to integers, and .027 becomes 0; a mask of 0 and 1 becomes one of 0 and .004.

    ## Why accuracy suffers
    For the loss all examples are of class 0, so the model learns to say 0 at once: the loss falls
    to nothing while the accuracy, which compares with .027, stays at the share of class 0.

    ## How it is detected
    From contract and labels: sparse cross-entropy, labels of which some are not whole numbers, and
    all of which are from 0 to 1 (only 1 itself does not become 0). Or binary cross-entropy whose
    largest label over all samples is 1/255. Exact. Labels that were cast before the loss got them
    are all 0, which ZA202 tells.

    ## How to fix it
    ```python bad
    data = data.map(lambda x, y: (x / 255, y / 255))
    ```
    ```python good
    data = data.map(lambda x, y: (x / 255, y))
    ```

    ## Easily confused with
    ZA202 constant-labels: the same after a cast of one's own. ZA309 cross-entropy-for-regression:
    targets that are continuous, and reach beyond 1. Smoothed labels: those are one-hot rows, and go
    with a categorical loss.

    ## Sources
    stackoverflow.com/q/59325381 (labels scaled like pixels). Measured on Keras 3.15: a loss of 0
    and an accuracy of .10 on ten classes.
    """
    outputs = [o for o in trained_outputs(context.run) if o.loss in CLASS_LOSSES]
    if not outputs:
        return NotApplicable("no output is trained on cross-entropy")
    known = [(o, labels) for o in outputs if (labels := labels_of(context.run, o)) is not None]
    if not known:
        return CannotTell("the values of the labels are not recorded")
    for output, labels in known:
        if _is_cut(output, labels) or _is_a_scaled_mask(output, labels):
            return _flagged(context, output, labels)
    return Passed("the labels are whole numbers, or shares that the loss expects")


def _is_cut(output: Output, labels: Labels) -> bool:
    return output.loss == SPARSE and not labels.whole and labels.low >= 0 and labels.high <= 1


def _is_a_scaled_mask(output: Output, labels: Labels) -> bool:
    is_byte = abs(labels.high - 1.0 / BYTE) < SAME
    return output.loss in BINARY and labels.low == 0 and is_byte


def _flagged(context: RunContext, output: Output, labels: Labels) -> Flagged:
    sparse = output.loss == SPARSE
    classes = labels.high * BYTE
    scaled = 0 < abs(classes - round(classes)) < BYTE * SAME or classes == round(classes)
    was = f" {number(labels.high)} is {number(round(classes))} divided by 255." if scaled else ""
    summary = (
        f"The labels of `{output.name}` are fractions from {number(labels.low)} to "
        f"{number(labels.high)}: {output.loss} cuts them to class 0."
        if sparse
        else f"The labels of `{output.name}` are at most {number(labels.high)}: a mask of 0 and 1 "
        "was divided by 255."
    )
    return Flagged(
        summary=summary,
        context=f"{percent(labels.fractional)} of them are no whole numbers.{was}",
        evidence=(
            Evidence.of_number("share of labels that are not whole numbers", labels.fractional,
                               at_most(0), unit="share", member=labels.member, layer=output.name,
                               axis="step", since=labels.first_step, until=labels.last_step),
            Evidence.of_number("largest label", labels.high, at_least(1), member=labels.member),
            *curve_shown(context.run, Role.ACCURACY, Role.LOSS),
        ),
        since=labels.first_step,
        fix=None if scaled else _renumbered(context.run, output, labels),
    )  # fmt: skip


def _renumbered(run: Run, output: Output, labels: Labels) -> Fix:
    """Whole numbers again; those of a dataset by what they were divided by."""
    code = "+ y = np.unique(y, return_inverse=True)[1]"
    if is_fed_by_dataset(run) and output.units and output.units > 1:
        code = labels_mapped(run, f"tf.round(y * {(output.units - 1) / labels.high:.4g})")
    return Fix("Number the classes 0, 1, 2, ...", code)
