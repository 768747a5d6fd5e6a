"""ZA313: a loss that compares every output with every label."""

from __future__ import annotations

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
from tb_zeroacc.diagnosis.computed.model.loss_kinds import REGRESSION
from tb_zeroacc.diagnosis.computed.model.outputs import tensor_of, trained_outputs
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import CONTRACT
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.facts import Output, Tensor
from tb_zeroacc.run import Role, Run


@rule(
    "ZA313",
    "broadcast-in-loss",
    Tier.DEFINITE,
    Stage.CONTRACT,
    motif=Motif.OUTPUT_LOSS,
    healthy="Each output is compared with its own label",
    needs=(CONTRACT,),
    explains=(
        "ZA206", "ZA208", "ZA401", "ZA403", "ZA404", "ZA503", "ZA509", "ZA604", "ZA702", "ZA704",
        "ZA705",
    ),
    outcome=Outcome.BROKEN,
    fix=Fix(
        "Give labels and outputs the same shape before they are compared.",
        "+ y_true = keras.ops.reshape(y_true, keras.ops.shape(y_pred))",
    ),
)  # fmt: skip
def broadcast_in_loss(context: RunContext) -> Answer:
    """The loss compares each output with the labels of all examples of the batch.

    ## What it means
    Labels of shape (n,) minus outputs of shape (n, 1) make n x n differences: example 1 is compared
    with the labels of examples 2, 3, ... as well.

    ## Why accuracy suffers
    What fits all labels of a batch at once is their mean. The model learns to say the same for
    every input, and the loss ends at the variance of the labels.

    ## How it is detected
    The graph of the loss in a traced step: an operation with n numbers on one side and n rows of
    one on the other, one of them computed from an output and the other not. Of a `train_step` of
    one's own the graph is that of the loss which it returns, or that behind its last gradients.
    Keras' own losses bring both to the same shape first, and so does `compile` for a function; a
    `Loss` class, `compute_loss`, a `train_step` or a loop of one's own does not. Exact. In code
    that runs eagerly it is unknown. Also labels of one column that one of Keras' regression losses
    compares with several units: a smell, muted once the run beats its baseline, and definite where
    labels of shape (n,) ended the training with an exception.

    ## How to fix it
    ```python
    class Loss(keras.losses.Loss):
        def call(self, y_true, y_pred):
            y_true = keras.ops.reshape(y_true, keras.ops.shape(y_pred))
            return keras.ops.square(y_true - y_pred)
    ```

    ## Easily confused with
    ZA206 labels-independent-of-inputs: there the labels themselves hold nothing. ZA209
    label-encoding-mismatch: there Keras' own loss raises. ZA509 constant-output: what this leads
    to.

    ## Sources
    numpy.org/doc (broadcasting). Measured on Keras 3.15: a `Loss`
    class with (n,) and (n, 1) ends at 1.0 times the variance, its mended twin at .03.
    """
    run = context.run
    outputs = trained_outputs(run)
    for output in outputs:
        if output.compared_crosswise:
            return _all_against_all(run, output)
    spread = [o for o in outputs if o.loss in REGRESSION and (o.units or 1) > 1]
    for output in spread:
        pair = _one_against_units(run, output)
        if pair is not None:
            return _over_units(context, output, *pair)
    if any(o.compared_crosswise is False for o in outputs):
        return Passed("the loss compares each output with its own label")
    if outputs and all(o.loss is not None and o.loss_class is None for o in outputs):
        return NotApplicable("the graph of the loss is not on record")
    return CannotTell("the loss was not traced, so its operations are not on record")


def _all_against_all(run: Run, output: Output) -> Flagged:
    return Flagged(
        summary=f"The loss of `{output.name}` compares each output with the labels of all "
        "examples: it sees n x n pairs.",
        context="Labels and outputs differ in shape, and the smaller one is stretched.",
        evidence=(
            Evidence("an operation of the loss makes n x n numbers of n and n x 1",
                     layer=output.name),
            *_shapes(run, output),
            *curve_shown(run, Role.LOSS),
        ),
        since=BEFORE_TRAINING,
        layers=(output.layer,) if output.layer else (),
    )  # fmt: skip


def _shapes(run: Run, output: Output) -> tuple[Evidence, ...]:
    shapes = run.shapes
    if shapes is None:
        return ()
    found = (("labels", tensor_of(shapes.labels, run, output)),
             ("outputs", tensor_of(shapes.outputs, run, output)))  # fmt: skip
    return tuple(
        Evidence(f"{what} of shape {shape_words(t)}", layer=output.name)
        for what, t in found
        if t is not None and t.shape is not None
    )


def _one_against_units(run: Run, output: Output) -> tuple[Tensor, Tensor] | None:
    """Labels of one column and outputs of several; None where their shapes fit, or are unknown."""
    shapes = run.shapes
    if shapes is None:
        return None
    labels, made = (tensor_of(t, run, output) for t in (shapes.labels, shapes.outputs))
    if labels is None or made is None or not labels.shape or not made.shape:
        return None
    single = len(labels.shape) == 1 or (len(labels.shape) == 2 and labels.shape[-1] == 1)
    several = len(made.shape) == 2 and (made.shape[-1] or 1) > 1
    return (labels, made) if single and several else None


def _over_units(context: RunContext, output: Output, labels: Tensor, made: Tensor) -> Answer:
    run = context.run
    failed = run.end is not None and run.end.how == "exception" and len(labels.shape or ()) == 1
    if context.beats:
        return Passed("muted because the run beats its baseline: units share a label")
    fit = "do not fit" if failed else "are stretched to"
    return Flagged(
        summary=f"Labels {shape_words(labels)} {fit} the {output.units} units of `{output.name}`.",
        context="The loss cannot compare them, and training ended with an exception."
        if failed
        else "All units of an example are compared with one and the same label.",
        evidence=(*_shapes(run, output), *curve_shown(run, Role.LOSS)),
        tier=None if failed else Tier.SMELL,
        since=BEFORE_TRAINING,
        layers=(output.layer,) if output.layer else (),
        fix=Fix(
            "Give the output as many units as the labels have columns.",
            "print(y.shape)  # (examples, columns)\nkeras.layers.Dense(1)",
        ),
    )
