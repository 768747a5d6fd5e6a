"""ZA209: labels in another encoding than the loss expects."""

from __future__ import annotations

from tb_zeroacc.diagnosis.answering.fixes.keras_code import loss_call, output_diff
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
)
from tb_zeroacc.diagnosis.computed.model.loss_kinds import BINARY, CLASS_LOSSES
from tb_zeroacc.diagnosis.computed.model.outputs import tensor_of, trained_outputs
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import CONTRACT, SHAPES
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.facts import Output, Tensor
from tb_zeroacc.run import Role, Run


@rule(
    "ZA209",
    "label-encoding-mismatch",
    Tier.DEFINITE,
    Stage.CONTRACT,
    motif=Motif.OUTPUT_UNITS,
    healthy="Labels are encoded as the loss expects",
    needs=(CONTRACT, SHAPES),
    explains=("ZA003", "ZA201", "ZA305", "ZA310"),
    outcome=Outcome.BROKEN,
    fix=Fix(
        "Use the loss that fits the labels: sparse for class numbers, categorical for one-hot.",
        'loss="sparse_categorical_crossentropy",  # y: 0, 1, 2, ...\n'
        'loss="categorical_crossentropy",         # y: one column a class',
    ),
)
def label_encoding_mismatch(context: RunContext) -> Answer:
    """The labels are encoded differently than the loss expects: class numbers, one-hot, binary.

    ## What it means
    Class numbers (one column) are used with a loss that expects one column per class, or vice
    versa.

    ## Why accuracy suffers
    Keras 3 raises while the first step is traced: nothing is trained at all. A custom loss that
    broadcasts compares each label with every unit instead.

    ## How it is detected
    The shapes of labels and outputs as passed to the loss, against the loss: sparse cross-entropy
    with as many label columns as units; categorical or binary cross-entropy over several units with
    one label column or none; binary cross-entropy on one unit with several label columns. Exact, no
    threshold; an unknown size is no mismatch.

    ## How to fix it
    ```python
    loss = "sparse_categorical_crossentropy"  # class numbers, Dense(classes, "softmax")
    loss = "categorical_crossentropy"         # one-hot rows
    loss = "binary_crossentropy"              # 0 or 1, Dense(1, "sigmoid")
    ```

    ## Easily confused with
    ZA310 binary-loss-for-classes: the shapes fit, the meaning does not. ZA201 labels-out-of-range:
    the encoding fits, the numbers do not. ZA313 broadcast-in-loss: (n,) against (n, 1) in a custom
    loss.

    ## Sources
    keras.io/api/losses/probabilistic_losses; github.com/keras-team/keras issue 17029. Measured on
    Keras 3.15: a ValueError in the first step.
    """
    run = context.run
    shapes = context.given(SHAPES)
    looked = 0
    judged = [o for o in trained_outputs(run) if o.loss in CLASS_LOSSES]
    if not judged:
        return NotApplicable("no output is trained on cross-entropy")
    for output in judged:
        labels = tensor_of(shapes.labels, run, output)
        made = tensor_of(shapes.outputs, run, output)
        if labels is None or made is None or labels.shape is None or made.shape is None:
            continue
        looked += 1
        if (clash := _clash(output, labels.shape, made.shape)) is not None:
            return _mismatch(run, output, labels, made, clash)
    if not looked:
        return CannotTell("the shapes of labels and outputs are not recorded")
    return Passed("the shapes of labels and outputs fit the loss")


Shape = tuple[int | None, ...]


def _clash(output: Output, labels: Shape, made: Shape) -> str | None:
    """What the labels are (`one-hot`, `class numbers`, `several columns`); None where they fit."""
    loss, units = output.loss or "", made[-1] if len(made) > 1 else 1
    width = labels[-1] if len(labels) > 1 else 1
    if units is None or width is None:
        return None
    ids = len(labels) < len(made) or (len(labels) == len(made) and width == 1)
    several = len(labels) == len(made) and width > 1
    if loss == "sparse_categorical_crossentropy":
        if several:
            return "one-hot" if width == units else "several columns"
        return None
    if units > 1:
        return "class numbers" if ids else None
    return "several columns" if loss in BINARY and several else None


def _mismatch(run: Run, output: Output, labels: Tensor, made: Tensor, clash: str) -> Flagged:
    loss = output.loss or ""
    ended = run.end.text if run.end and run.end.how == "exception" else None
    raised = f" Keras raised: {ended.splitlines()[0][:160]}" if ended else ""
    return Flagged(
        summary=f"{loss} gets labels that are {clash}: {shape_words(labels)} for "
        f"outputs {shape_words(made)}.",
        context=f"The loss cannot compare them.{raised}",
        evidence=(
            Evidence(f"labels of shape {shape_words(labels)}, {labels.dtype}", layer=output.name),
            Evidence(f"outputs of shape {shape_words(made)}, {made.dtype}", layer=output.name),
            *curve_shown(run, Role.LOSS),
        ),
        since=BEFORE_TRAINING,
        layers=(output.layer,) if output.layer else (),
        fix=_fitting(run, output, clash, labels.shape[-1] if labels.shape else None),
    )


def _fitting(run: Run, output: Output, clash: str, width: int | None) -> Fix:
    before = f"- {_loss_argument(output, output.loss or '')}\n"
    if clash == "one-hot":
        return Fix("Use the categorical loss for one-hot labels.",
                    f"{before}+ {_loss_argument(output, 'categorical_crossentropy')}")  # fmt: skip
    if clash == "class numbers":
        layers = ""
        if output.activation != "softmax" and not output.from_logits:
            layers = output_diff(run, output, "softmax")
        return Fix("Use the sparse loss, with softmax, for class numbers.",
                    f"{layers}{before}"
                    f"+ {_loss_argument(output, 'sparse_categorical_crossentropy')}")  # fmt: skip
    text = "Use one output unit per column of the labels."
    if width is not None:
        independent = output.loss in BINARY and not output.from_logits
        activation = "sigmoid" if independent else output.activation
        return Fix(text, output_diff(run, output, activation, width).rstrip())
    return Fix(text,
                "print(y.shape)  # (examples, columns)\n"
                'keras.layers.Dense(y.shape[1], activation="sigmoid")')  # fmt: skip


def _loss_argument(output: Output, loss: str) -> str:
    """The loss argument of `compile`; logits stay logits."""
    if output.from_logits:
        return f"loss={loss_call(loss, 'from_logits=True')},"
    return f'loss="{loss}",'
