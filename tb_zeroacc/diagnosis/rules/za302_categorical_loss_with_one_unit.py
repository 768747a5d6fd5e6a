"""ZA302: a categorical cross-entropy over one unit."""

from __future__ import annotations

import numpy as np

from tb_zeroacc.diagnosis.answering.fixes.keras_code import loss_fix, output_diff
from tb_zeroacc.diagnosis.answering.shown_curves import curve_shown, points_of
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
    at_least,
    unlike,
)
from tb_zeroacc.diagnosis.computed.data.labels import Labels, labels_of
from tb_zeroacc.diagnosis.computed.learning.course import Course, course_of
from tb_zeroacc.diagnosis.computed.model.loss_kinds import CATEGORICAL
from tb_zeroacc.diagnosis.computed.model.outputs import tensor_of, trained_outputs
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import ACCURACY, CONTRACT, LOSS
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.facts import Output
from tb_zeroacc.run import Role, Run
from tb_zeroacc.wording import count, number

NOT_ZERO = 1e-3  # Keras' clipping makes 1e-7 of a loss of 0
NOTHING = 2e-7  # of a loss: Keras clips probabilities at 1 - 1e-7, which scores 1.2e-7
FEWEST_POINTS = 5
WRONG = 0.05  # share of wrong answers: each adds ln 2 or more to the sum of a cross-entropy


@rule(
    "ZA302",
    "categorical-loss-with-one-unit",
    Tier.DEFINITE,
    Stage.CONTRACT,
    motif=Motif.OUTPUT_UNITS,
    healthy="A categorical loss has several units to compare",
    needs=((CONTRACT, LOSS),),
    explains=(
        "ZA201", "ZA209", "ZA301", "ZA303", "ZA304", "ZA305", "ZA311", "ZA403", "ZA404", "ZA406",
        "ZA501", "ZA503", "ZA509", "ZA702", "ZA704", "ZA705", "ZA708",
    ),
    outcome=Outcome.BROKEN,
    fix=Fix(
        "Use a sigmoid and binary cross-entropy for a single unit.",
        '- keras.layers.Dense(1, activation="softmax")\n'
        '+ keras.layers.Dense(1, activation="sigmoid")\n'
        '- loss="categorical_crossentropy",\n+ loss="binary_crossentropy",',
    ),
)  # fmt: skip
def categorical_loss_with_one_unit(context: RunContext) -> Answer:
    """A categorical cross-entropy compares the units of an output, and there is only one.

    ## What it means
    Categorical and sparse cross-entropy take the units of an output for the shares of classes that
    exclude each other, and make them add up to 1. The share of a single unit is 1.

    ## Why accuracy suffers
    The loss is -log(1) = 0 whatever the model says, and so is its gradient: nothing is trained.
    With sparse labels any class but 0 does not exist: an error on a CPU, NaN on a GPU.

    ## How it is detected
    From the contract: a categorical loss on an output whose last axis has 1 unit, whatever its
    activation and `from_logits`. No threshold is needed. A loss of single batches above .001
    refutes it (it then compares along another axis). From Keras' own record alone it is strong at
    most. From curves alone, strong: the training loss is under 2e-7 at each of 5 points or more,
    the first one included, while more than .05 of the answers are wrong throughout. A wrong answer
    of a classifier costs ln 2 or more, so such a loss does not see the answers; weights that are
    all 0, and a tracker that is never updated, look the same.

    ## How to fix it
    ```python bad
    model.add(keras.layers.Dense(1, activation="softmax"))
    model.compile(loss="categorical_crossentropy")
    ```
    ```python good
    model.add(keras.layers.Dense(1, activation="sigmoid"))
    model.compile(loss="binary_crossentropy", metrics=["accuracy"])
    ```
    Or one unit per class.

    ## Easily confused with
    ZA301 softmax-on-one-unit: there the activation alone makes the output constant. ZA406
    loss-tracker-not-updated: there the loss is logged as 0, and is not.

    ## Sources
    stats.stackexchange.com/q/481881 (categorical) and stackoverflow.com/q/44151760 (sparse), both
    on one unit. Measured on Keras 3.15: a loss of 0 from the first step on.
    """
    run = context.run
    if run.contract is None:
        return _by_curves(run)
    outputs = [o for o in trained_outputs(run) if o.loss in CATEGORICAL]
    if not outputs:
        return NotApplicable("no output is trained on a categorical cross-entropy")
    for output in outputs:
        if output.units == 1 and not _is_refuted(run):
            return _nothing_to_compare(context, output)
    known = [o for o in outputs if o.units]
    if not known:
        return CannotTell("the contract does not tell the number of units")
    return Passed(", ".join(f"{o.loss} over {count(o.units or 0, 'unit')}" for o in known))


def _is_refuted(run: Run) -> bool:
    """Whether the loss of a model with one output is not 0 at all, penalties left out."""
    table = run.table("loss")
    if table is None or len(trained_outputs(run)) > 1:
        return False
    losses = table.column("data_loss")[:, 0]
    known = losses[np.isfinite(losses)]
    return bool(len(known)) and float(known.min()) > NOT_ZERO


def _nothing_to_compare(context: RunContext, output: Output) -> Flagged:
    run = context.run
    labels = labels_of(run, output)
    return Flagged(
        summary=f"The {output.loss} of `{output.name}` is 0 whatever the model says: it has a "
        "single unit.",
        context="Its units are made to add up to 1, and a single one is always 1."
        + (" Training ended with an exception." if run.end and run.end.how == "exception" else ""),
        evidence=(
            Evidence.of_number("units under a categorical loss", 1, at_least(2), unit="units",
                               layer=output.layer),
            *curve_shown(run, Role.LOSS, Role.ACCURACY),
        ),
        tier=context.tier_of_contract,
        since=BEFORE_TRAINING,
        layers=(output.layer,) if output.layer else (),
        fix=_fix(run, output, labels),
    )  # fmt: skip


def _fix(run: Run, output: Output, labels: Labels | None) -> Fix:
    classes = _classes(run, output, labels)
    if classes <= 2:
        text = "Use a sigmoid and binary cross-entropy for a single unit."
        return loss_fix(run, output, text, "binary_crossentropy", "sigmoid")
    layers = output_diff(run, output, "softmax", units=classes).rstrip()
    return Fix("Use one output unit per class.", layers)


def _classes(run: Run, output: Output, labels: Labels | None) -> int:
    """How many classes the labels hold, as far as known; 2 where nothing tells."""
    tensor = tensor_of(run.shapes.labels if run.shapes else (), run, output)
    width = tensor.shape[-1] if tensor is not None and tensor.shape else None
    if tensor is not None and tensor.shape is not None and len(tensor.shape) > 1 and width:
        return width if width > 1 else _largest(labels)
    return _largest(labels)


def _largest(labels: Labels | None) -> int:
    return int(labels.high) + 1 if labels is not None and labels.whole else 2


def _by_curves(run: Run) -> Answer:
    loss, accuracy = (
        None if curve is None else course_of(run, curve)
        for curve in (run.headline(Role.LOSS), run.headline(Role.ACCURACY))
    )
    if loss is None or accuracy is None:
        missing = (CONTRACT.missing, *(() if accuracy else (ACCURACY.missing,)))
        return CannotTell("which loss was trained is not in the log", missing)
    if loss.points < FEWEST_POINTS or accuracy.points < FEWEST_POINTS:
        return CannotTell(f"fewer than {FEWEST_POINTS} points", (CONTRACT.missing,))
    largest = float(np.abs(loss.values).max())
    if largest > NOTHING:
        return Passed(f"the loss is not 0 throughout: up to {number(largest)}")
    if float(accuracy.levels.max()) >= 1.0 - WRONG:
        return Passed(f"a loss of 0 beside an accuracy of {number(accuracy.best)}")
    return _zero(loss, accuracy)


def _zero(loss: Course, accuracy: Course) -> Flagged:
    return Flagged(
        summary=f"The loss is 0 in all {points_of(loss.curve, loss.points)}, while accuracy is "
        f"{number(accuracy.end)}: it does not see the answers.",
        context="A categorical cross-entropy over one unit is 0 whatever the model says, and so is "
        "a loss whose weights are all 0.",
        evidence=(
            Evidence.of_curve("loss at the end", loss.curve, loss.end,
                              unlike(0.0, room=NOTHING)),
            Evidence.of_curve("accuracy beside it", accuracy.curve,
                              accuracy.end / accuracy.curve.scale,
                              at_least((1.0 - WRONG) / accuracy.curve.scale)),
        ),
        tier=Tier.STRONG,
        since=BEFORE_TRAINING,
        rivals=(
            ("ZA210", "whether sample or class weights are 0: print a few of them"),
            ("ZA406", "the loss of one batch, computed by hand, against the logged one"),
        ),
    )  # fmt: skip
