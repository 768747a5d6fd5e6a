"""ZA305: sigmoid and softmax mixed up: one of several classes, or several labels at once."""

from __future__ import annotations

from tb_zeroacc.diagnosis.answering.fixes.keras_code import loss_fix, output_diff
from tb_zeroacc.diagnosis.answering.shown_curves import curve_shown
from tb_zeroacc.diagnosis.answers import (
    BEFORE_TRAINING,
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
    unlike,
)
from tb_zeroacc.diagnosis.computed.data.labels import Labels, labels_of
from tb_zeroacc.diagnosis.computed.model.loss_kinds import CATEGORICAL, CLASS_LOSSES
from tb_zeroacc.diagnosis.computed.model.outputs import trained_outputs
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import CONTRACT, LABELS
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.facts import Output
from tb_zeroacc.run import Role
from tb_zeroacc.wording import count, number

# In fewer examples with several labels each, every row may hold exactly one by chance.
FEWEST_EXAMPLES = 64
# Labels a row on average: a few rows that overlap by mistake hardly matter.
SEVERAL = 1.1


@rule(
    "ZA305",
    "sigmoid-output-for-classes",
    Tier.STRONG,
    Stage.CONTRACT,
    motif=Motif.OUTPUT_LOSS,
    healthy="The output's activation fits the kind of labels",
    needs=(CONTRACT, LABELS),
    explains=("ZA312", "ZA402", "ZA403", "ZA404", "ZA509", "ZA702", "ZA704", "ZA705"),
    fix=Fix(
        "Use softmax where one class is right, sigmoid and a binary loss where several are.",
        '- keras.layers.Dense(10, activation="sigmoid")\n'
        '+ keras.layers.Dense(10, activation="softmax")',
    ),
)
def sigmoid_output_for_classes(context: RunContext) -> Answer:
    """Sigmoid is used where one class is right, or softmax where several labels are at once.

    ## What it means
    Softmax shares 1 out among the units: exactly one class is right. Sigmoid asks each unit by
    itself: any number of labels may be right. The labels say which of the two is meant.

    ## Why accuracy suffers
    A softmax can give two labels .5 each at most, so it passes a threshold of .5 for neither. A
    categorical loss on sigmoids compares their shares only (Keras takes the values from before a
    sigmoid of its own, and a softmax of them): training works, but the outputs of an example do not
    sum to 1, and where several are 1, which is the largest is a draw.

    ## How it is detected
    From contract and labels, with at least 64 rows. Exclusive classes (class numbers, or rows that
    all sum to 1) with a categorical loss on a sigmoid over several units: a smell, whether the run
    learns or not, as ten classes of digits learn as well with it as with softmax (.967 both,
    measured). Strong where the loss beats its baseline and accuracy does not: of bytes as inputs
    the loss of digits falls as with softmax, to .94, and accuracy is .23 instead of .95 (measured).
    Several labels at once (rows of whole numbers that sum to 2 or more) with softmax, or with a
    categorical loss: strong where rows hold 1.1 labels or more on average and the run does not beat
    its baseline, else a smell.

    ## How to fix it
    ```python
    # exactly one of three classes
    model.add(keras.layers.Dense(3, activation="softmax"))
    model.compile(loss="categorical_crossentropy")
    # any of three labels
    model.add(keras.layers.Dense(3, activation="sigmoid"))
    model.compile(loss="binary_crossentropy")
    ```

    ## Easily confused with
    ZA310 binary-loss-for-classes: there exclusive classes are trained with a binary loss as well.
    ZA209 label-encoding-mismatch: there the shapes do not fit.

    ## Sources
    Goodfellow, Bengio and Courville 2016, Deep Learning, section 6.2.2;
    stackoverflow.com/q/44164749 (several labels need sigmoid and a binary loss). The limits are
    this rule's own.
    """
    run = context.run
    outputs = [o for o in trained_outputs(run) if o.loss in CLASS_LOSSES and (o.units or 1) > 1]
    if not outputs:
        return NotApplicable("no cross-entropy over several units")
    found = [_answer(context, output) for output in outputs]
    for kind in (Flagged, CannotTell, Passed):
        for answer in found:
            if isinstance(answer, kind):
                return answer
    return found[0]


def _answer(context: RunContext, output: Output) -> Answer:
    labels = labels_of(context.run, output)
    if labels is None:
        return CannotTell("the labels are not in the log", (LABELS.missing,))
    competing = _is_competing(output)
    if labels.several_at_once:
        return _together(context, output, labels) if competing else Passed(
            "several labels may be right at once, and a binary loss asks each by itself"
        )  # fmt: skip
    is_exclusive = labels.rows_are_shares or (labels.units == 1 and labels.whole)
    if not is_exclusive or output.loss not in CATEGORICAL or output.activation != "sigmoid":
        return Passed("the output fits the labels")
    if labels.examples < FEWEST_EXAMPLES:
        return CannotTell(f"{count(labels.examples, 'row')} of labels, too few "
                          f"(at least {FEWEST_EXAMPLES} are needed)")  # fmt: skip
    return _apart(context, output, labels)


def _is_competing(output: Output) -> bool:
    """Whether the units share 1 out among them: by a softmax, or by the loss."""
    return output.activation == "softmax" or output.loss in CATEGORICAL


def _apart(context: RunContext, output: Output, labels: Labels) -> Answer:
    """Exclusive classes on units that are asked one by one."""
    units = output.units or 0
    is_harmed = context.beats_loss is True and context.beats_accuracy is False
    one_column = Evidence.of_number("columns of the labels", 1, at_most(1), member=labels.member)
    rows = Evidence.of_number("sum of every row of labels", 1, unlike(1), member=labels.member)
    return Flagged(
        summary=f"Sigmoid answers {units} questions one by one, but exactly one of the {units} "
        f"classes of `{output.name}` is right.",
        context="The loss falls, but accuracy does not follow: several units may be 1 at once."
        if is_harmed
        else "The outputs of an example do not sum to 1; training may work all the same.",
        evidence=(
            Evidence(f"activation is sigmoid, loss is {output.loss}", layer=output.layer),
            rows if labels.units > 1 else one_column,
            *curve_shown(context.run, Role.ACCURACY, Role.LOSS),
        ),
        tier=None if is_harmed else Tier.SMELL,
        since=BEFORE_TRAINING,
        layers=(output.layer,) if output.layer else (),
        fix=Fix(
            "Use softmax where exactly one class is right.",
            output_diff(context.run, output, "softmax").rstrip(),
        ),
    )


def _together(context: RunContext, output: Output, labels: Labels) -> Flagged:
    """Several labels at once on units that compete."""
    a_row = labels.mean * labels.units
    weak = a_row < SEVERAL or labels.examples < FEWEST_EXAMPLES or bool(context.beats)
    what = "Softmax" if output.activation == "softmax" else f"The {output.loss}"
    text = "Use sigmoid and binary cross-entropy where several labels may be right at once."
    after = None if output.from_logits else "sigmoid"
    return Flagged(
        summary=f"{what} lets one of {output.units} classes be right, but examples of "
        f"`{output.name}` have up to {number(labels.largest_row_sum)} labels at once.",
        context=f"They have {number(a_row)} labels on average.",
        evidence=(
            Evidence.of_number("largest number of labels in a row", labels.largest_row_sum,
                               at_most(1), member=labels.member, layer=output.name, axis="step",
                               since=labels.first_step, until=labels.last_step),
            Evidence.of_number("labels in a row on average", a_row, at_most(1),
                               member=labels.member),
            Evidence(f"activation is {output.activation}, loss is {output.loss}",
                     layer=output.layer),
            *curve_shown(context.run, Role.ACCURACY, Role.LOSS),
        ),
        tier=Tier.SMELL if weak else None,
        since=BEFORE_TRAINING,
        layers=(output.layer,) if output.layer else (),
        fix=loss_fix(context.run, output, text, "binary_crossentropy", after),
    )  # fmt: skip
