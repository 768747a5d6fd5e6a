"""ZA311: fewer output units than classes."""

from __future__ import annotations

import numpy as np

from tb_zeroacc.diagnosis.answering.fixes.keras_code import layer_call
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
)
from tb_zeroacc.diagnosis.computed.data.labels import (
    IGNORED,
    Labels,
    class_counts,
    labels_of,
    uncounted,
)
from tb_zeroacc.diagnosis.computed.model.layers import layer_named
from tb_zeroacc.diagnosis.computed.model.loss_kinds import CATEGORICAL
from tb_zeroacc.diagnosis.computed.model.outputs import tensor_of, trained_outputs
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import CONTRACT, LABELS
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.facts import Layer, Output
from tb_zeroacc.run import Role, Run
from tb_zeroacc.wording import count

# Of the classes that have a unit, so many must occur among the labels: numbers that leave most of
# them out are no class numbers from 0 on (masks of 0 and 128, say).
MOST_OCCUR = 0.5


@rule(
    "ZA311",
    "too-few-output-units",
    Tier.DEFINITE,
    Stage.CONTRACT,
    motif=Motif.TARGETS,
    healthy="Every class has an output unit",
    needs=(CONTRACT,),
    explains=(
        "ZA201", "ZA209", "ZA403", "ZA404", "ZA501", "ZA502", "ZA506", "ZA509", "ZA703", "ZA704",
        "ZA705",
    ),
    outcome=Outcome.BROKEN,
    fix=Fix(
        "Give the output one unit per class.",
        '- keras.layers.Dense(9, activation="softmax")\n'
        '+ keras.layers.Dense(10, activation="softmax")',
    ),
)  # fmt: skip
def too_few_output_units(context: RunContext) -> Answer:
    """The output has fewer units than there are classes.

    ## What it means
    A class number is the number of the unit that should be the largest. Classes beyond the last
    unit cannot be predicted.

    ## Why accuracy suffers
    On a CPU TensorFlow raises an error at the first such label; on a GPU the loss of the batch is
    NaN, and with it all weights.

    ## How it is detected
    Class numbers: a sparse loss over two units or more, labels that are whole numbers from 0 on,
    some of them equal to the number of units or larger, while at least two and at least half of the
    classes that do have a unit occur. 255 marks what a loss ignores and does not count; labels of 1
    to the number of units are numbered from 1, which ZA201 tells. A smell where
    the loss stays finite and no exception ends the training: it may ignore a class
    (`ignore_class`). One-hot rows: a categorical loss whose labels have more columns than the
    output has units. Exact, no threshold but that half.

    ## How to fix it
    ```python
    classes = len(np.unique(y))
    model.add(keras.layers.Dense(classes, activation="softmax"))
    ```

    ## Easily confused with
    ZA201 labels-out-of-range: there the labels are wrong (numbered from 1, or masks of 0 and 255),
    not the output. ZA302 categorical-loss-with-one-unit: one unit is never enough for that loss.
    ZA209 label-encoding-mismatch: the labels are encoded otherwise.

    ## Sources
    tensorflow.org/api_docs (sparse_softmax_cross_entropy_with_logits: an error on a CPU, NaN on a
    GPU); stackoverflow.com/q/44151760.
    """
    run = context.run
    outputs = [o for o in trained_outputs(run) if o.loss in CATEGORICAL and (o.units or 0) > 1]
    if not outputs:
        return NotApplicable("no categorical cross-entropy over several units")
    known = False
    for output in outputs:
        by_shape = _columns(run, output)
        if by_shape is not None:
            known = True
            if by_shape[0] > (output.units or 0):
                return _flagged(context, output, *by_shape)
        labels = labels_of(run, output)
        if labels is None or output.loss != "sparse_categorical_crossentropy":
            continue
        known = True
        if _lack_a_unit(run, output, labels):
            fact = Evidence.of_number(
                "largest label", labels.high, at_most((output.units or 0) - 1),
                member=labels.member,
                layer=output.name, axis="step", since=labels.first_step, until=labels.last_step,
            )  # fmt: skip
            tier = Tier.SMELL if _is_ignored(context) else None
            return _flagged(context, output, int(labels.high) + 1, fact, tier)
    if not known:
        return CannotTell("the labels are not in the log", (LABELS.missing,))
    return Passed("every class that occurs has a unit")


def _columns(run: Run, output: Output) -> tuple[int, Evidence] | None:
    """Columns of one-hot labels, by the shape that a categorical loss got; None if unknown."""
    labels = tensor_of(run.shapes.labels if run.shapes else (), run, output)
    made = tensor_of(run.shapes.outputs if run.shapes else (), run, output)
    if labels is None or made is None or not labels.shape or not made.shape:
        return None
    columns = labels.shape[-1]
    if output.loss == "sparse_categorical_crossentropy" or len(labels.shape) != len(made.shape):
        return None
    if columns is None or columns == 1:
        return None
    return columns, Evidence(f"labels of shape {shape_words(labels)}, outputs of shape "
                             f"{shape_words(made)}", layer=output.name)  # fmt: skip


def _lack_a_unit(run: Run, output: Output, labels: Labels) -> bool:
    """Whether class numbers from 0 on go beyond the last unit."""
    units = output.units or 0
    counts = class_counts(run, output.name)
    if not labels.whole or labels.low < 0 or labels.high < units or labels.high in IGNORED:
        return False
    if labels.low >= 1 and labels.high == units:
        return False
    if counts is None:  # of a batch that was refused: class 0 is there, so they begin with it
        return labels.low == 0
    occur, beyond = int(np.sum(counts[:units] > 0)), uncounted(run, output.name)
    possible = min(units, int(counts.sum()))
    return beyond > 0 and occur >= 2 and occur >= MOST_OCCUR * possible


def _is_ignored(context: RunContext) -> bool:
    """Whether the loss seems to bear labels without a unit: an error or NaN is due otherwise."""
    loss, end = context.final_loss, context.run.end
    failed = end is not None and end.how == "exception"
    return loss is not None and bool(np.isfinite(loss)) and not failed


def _named(first: int, last: int) -> str:
    return f"Class {first}" if first == last else f"Classes {first} to {last}"


def _flagged(
    context: RunContext, output: Output, classes: int, fact: Evidence, tier: Tier | None = None
) -> Flagged:
    run = context.run
    units = output.units or 0
    layer = layer_named(run, output.layer) if output.layer else None
    kind = layer.class_name if layer is not None and layer.units else "Dense"
    before, after = (
        layer_call(Layer(output.name, kind, units=n), activation=output.activation)
        for n in (units, classes)
    )
    ended = run.end is not None and run.end.how == "exception"
    return Flagged(
        summary=f"`{output.name}` has {count(units, 'unit')} for at least {classes} classes.",
        context=f"{_named(units, classes - 1)} cannot be predicted."
        + (" Training ended with an exception." if ended else ""),
        evidence=(
            fact,
            Evidence.of_number("units of the output", units, unit="units", layer=output.layer),
            *curve_shown(run, Role.LOSS, Role.ACCURACY),
        ),
        tier=tier,
        since=BEFORE_TRAINING,
        layers=(output.layer,) if output.layer else (),
        fix=Fix("Give the output one unit per class.", f"- {before}\n+ {after}"),
    )
