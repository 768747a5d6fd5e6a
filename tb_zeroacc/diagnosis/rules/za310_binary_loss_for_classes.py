"""ZA310: exclusive classes that are trained as independent questions."""

from __future__ import annotations

from dataclasses import replace

from tb_zeroacc.diagnosis.answering.fixes.keras_code import loss_fix
from tb_zeroacc.diagnosis.answering.shapes import shape_words
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
from tb_zeroacc.diagnosis.computed.model.loss_kinds import BINARY
from tb_zeroacc.diagnosis.computed.model.outputs import tensor_of, trained_outputs
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import CONTRACT, LABELS
from tb_zeroacc.diagnosis.rule import Muted, rule
from tb_zeroacc.facts import Output, Tensor
from tb_zeroacc.run import Role, Run
from tb_zeroacc.wording import count, number

FEWEST_CLASSES = 3  # two classes are a binary question
# In fewer examples with several labels each, every row may hold exactly one by chance.
FEWEST_EXAMPLES = 64
SOFTMAX = "Use a softmax and categorical cross-entropy for exclusive classes."


@rule(
    "ZA310",
    "binary-loss-for-classes",
    Tier.STRONG,
    Stage.CONTRACT,
    motif=Motif.OUTPUT_LOSS,
    healthy="The loss fits classes that exclude each other",
    needs=(CONTRACT,),
    explains=("ZA201", "ZA305", "ZA402", "ZA403", "ZA404", "ZA704", "ZA705"),
    muted_when=Muted.BASELINE_IS_BEATEN,
    fix=Fix(
        SOFTMAX,
        '- keras.layers.Dense(3, activation="sigmoid")\n'
        '+ keras.layers.Dense(3, activation="softmax")\n'
        '- loss="binary_crossentropy",\n+ loss="sparse_categorical_crossentropy",',
    ),
)
def binary_loss_for_classes(context: RunContext) -> Answer:
    """Binary cross-entropy is used for classes that exclude each other.

    ## What it means
    Binary cross-entropy treats every unit as an independent yes/no question. Where exactly one
    class is right for an example, the units should compete instead.

    ## Why accuracy suffers
    Answering no for every class is right for all units but one: 90 % of the answers with ten
    classes. The loss starts near this solution and leaves it slowly. Labels that are class numbers
    do not fit several units at all: Keras 3 raises an error before the first step, older ones
    spread the number over the units.

    ## How it is detected
    From contract and labels: binary cross-entropy on two units or more, and labels that are one-hot
    rows (whole numbers, and every one of at least 64 rows sums to 1) or class numbers: one whole
    number per example, up to 2 or more. Where the fit ended before any label was seen, the shape
    and dtype of class numbers suffice. Rows with several labels are what this loss is for. A
    smell where accuracy beats the share of the largest class by a quarter of the rest, or is not
    known, and passed where the loss is under half of its baseline as well: independent questions
    can work, too. Without labels, a softmax with this loss is a smell.

    ## How to fix it
    ```python bad
    model.add(keras.layers.Dense(3, activation="sigmoid"))
    model.compile(loss="binary_crossentropy", metrics=["accuracy"])
    ```
    ```python good
    model.add(keras.layers.Dense(3, activation="softmax"))
    model.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    ```
    One-hot rows take categorical_crossentropy.

    ## Easily confused with
    ZA209 label-encoding-mismatch: the labels do not have the shape that the loss expects; with
    class numbers both apply. ZA305 sigmoid-output-for-classes: there the loss is right and the
    activation is not.

    ## Sources
    stackoverflow.com/q/42081257 (binary against categorical cross-entropy, and the accuracy that
    comes with it); keras.io/api/losses/probabilistic_losses. Keras 3.15 raises: measured.
    """
    run = context.run
    outputs = [o for o in trained_outputs(run) if o.loss in BINARY]
    if not outputs:
        return NotApplicable("no output is trained on binary cross-entropy")
    several = [o for o in outputs if (o.units or 1) > 1]
    if not several:
        return NotApplicable("binary cross-entropy has one unit, as it should")
    untold: list[str] = []
    for output in several:
        found = _answer(context, output)
        if isinstance(found, Flagged):
            return found
        if isinstance(found, CannotTell):
            untold.append(found.reason)
    if untold:
        return CannotTell(untold[0], (LABELS.missing,))
    return Passed("several labels may apply at once, or the run learns them all the same")


def _answer(context: RunContext, output: Output) -> Answer:
    run = context.run
    labels = labels_of(run, output)
    shapes = run.shapes.labels if run.shapes else ()
    tensor = tensor_of(shapes, run, output)
    if labels is None:
        if tensor is not None and _is_class_number(tensor):
            return _flagged(context, output, f"labels of shape {shape_words(tensor)}", rows=False)
        if output.activation == "softmax":
            return _flagged(context, output, "a softmax on the output", Tier.SMELL)
        return CannotTell("the labels are not in the log")
    if labels.units == 1:
        if not labels.whole or labels.high < FEWEST_CLASSES - 1:
            return Passed("labels of one column that name no third class")
        numbers = f"class numbers up to {number(labels.high)}"
        return _flagged(context, output, numbers, labels=labels, rows=False)
    if not labels.one_hot:
        return Passed("rows with another number of labels than one")
    if labels.examples < FEWEST_EXAMPLES:
        return CannotTell(f"{count(labels.examples, 'row')} of labels, too few "
                          f"(at least {FEWEST_EXAMPLES} are needed)")  # fmt: skip
    weak = None if context.beats_accuracy is False else Tier.SMELL
    found = _flagged(context, output, "one-hot rows", weak, labels=labels)
    return replace(found, is_mutable=True)  # independent questions can work, too


def _is_class_number(tensor: Tensor) -> bool:
    """Whether labels are one whole number per example, by shape and dtype."""
    if tensor.shape is None or not tensor.dtype.startswith(("int", "uint")):
        return False
    return len(tensor.shape) == 1 or (len(tensor.shape) == 2 and tensor.shape[-1] == 1)


def _flagged(
    context: RunContext,
    output: Output,
    what: str,
    tier: Tier | None = None,
    *,
    labels: Labels | None = None,
    rows: bool = True,
) -> Flagged:
    run = context.run
    facts = (
        Evidence.of_number("units under binary cross-entropy", output.units, at_most(1),
                           unit="units", layer=output.layer),
        _label_fact(what, labels, rows),
    )
    return Flagged(
        summary=f"Binary cross-entropy treats {output.units} exclusive classes as independent.",
        context=f"Seen: {what}. Exclusive classes should compete in a softmax.",
        evidence=(*facts, *curve_shown(run, Role.ACCURACY, Role.LOSS)),
        tier=tier,
        since=BEFORE_TRAINING,
        layers=(output.layer,) if output.layer else (),
        fix=_fix(run, output, rows=rows),
        is_mutable=False,
    )


def _label_fact(what: str, labels: Labels | None, rows: bool) -> Evidence:
    if labels is None:
        return Evidence(what)
    if rows:
        return Evidence.of_number("sum of every row of labels", 1, unlike(1), member=labels.member)
    return Evidence.of_number("largest label", labels.high, at_most(1), member=labels.member)


def _fix(run: Run, output: Output, *, rows: bool) -> Fix:
    loss = "categorical_crossentropy" if rows else "sparse_categorical_crossentropy"
    return loss_fix(run, output, SOFTMAX, loss, "softmax")
