"""ZA404: a classifier that predicts one class for every example."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tb_zeroacc.diagnosis.answering.shown_curves import accuracy_against
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
from tb_zeroacc.diagnosis.computed.chance.leaving import has_just_left
from tb_zeroacc.diagnosis.computed.chance.majority import NO_BETTER, room_of_counting
from tb_zeroacc.diagnosis.computed.data.labels import class_counts
from tb_zeroacc.diagnosis.computed.learning.run_length import longest_loss
from tb_zeroacc.diagnosis.computed.learning.steps_taken import steps_taken
from tb_zeroacc.diagnosis.computed.learning.trend import last_stretch, training_step
from tb_zeroacc.diagnosis.computed.model.loss_kinds import REGRESSION
from tb_zeroacc.diagnosis.computed.model.opponents import has_opponent
from tb_zeroacc.diagnosis.computed.model.outputs import trained_outputs
from tb_zeroacc.diagnosis.computed.model.samples import lasting_since
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import ACCURACY, LABEL_COUNTS, PREDICTION_COUNTS
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.diagnosis.steps import Step
from tb_zeroacc.run import Role, Run, Table
from tb_zeroacc.wording import number, percent

ONE_CLASS = 0.999  # share of the predictions; a working model on imbalanced data stays under .7
AGAINST = "the largest class's share, with the error of counting it"
FEWEST_STEPS = 10  # a model may begin by predicting one class
FEWEST_OTHERS = 10  # examples of other classes among the predictions, where no accuracy is known
# Last step of the training ÷ last sampled one: beyond it the model may have changed its answer.
UNSEEN = 2
FEWEST_EPOCHS = 4  # of an accuracy at the largest class's share, where predictions are not known


@dataclass(frozen=True, slots=True)
class _Named:
    """What one output predicts most: the class, its share, and from which sample on it stays so."""

    table: Table
    row: int
    label: str
    share: float
    examples: float
    first: int


@rule(
    "ZA404",
    "predicts-one-class",
    Tier.STRONG,
    Stage.OUTPUT,
    motif=Motif.CLASSES,
    healthy="Predictions differ from example to example",
    step=Step.SANITY,
    needs=((PREDICTION_COUNTS, ACCURACY),),
    explains=("ZA403",),
    fix=Fix(
        "Weight the classes, or sample them equally often, and see whether others are predicted.",
        "model.fit(..., class_weight={0: 0.5, 1: 5.0})",
        "weights = tf.gather([0.5, 5.0], y)\nloss = loss_fn(y, outputs, sample_weight=weights)",
        "loss_fn = torch.nn.CrossEntropyLoss(weight=torch.tensor([0.5, 5.0]))",
    ),
)
def predicts_one_class(context: RunContext) -> Answer:
    """The model predicts the same class for every example.

    ## What it means
    Whatever the input is, one class has the largest output, or the one output never crosses its
    threshold. The model has at best learned how frequent the classes are.

    ## Why accuracy suffers
    It is the share of that class: .5 for two balanced classes, .1 for ten digits; .99 where 99 of
    100 examples are of one class, which looks good and means nothing.

    ## How it is detected
    Among the predictions of the last epoch's samples one class has a share of .999 or more, and
    accuracy is at most .001 and two standard errors above the largest class's share of the labels,
    which is counted in the batches on record. Collapsed models show
    1.0, a working one on imbalanced data .69 (measured). Accuracy, which counts every example,
    rules out samples that miss a rare class; without it, and where it is below the share of that
    one class, as in models with balanced weights, ten examples of other classes must be expected
    among them. Not where the labels hold one class only, nor before step 10, nor where the run
    beats its baseline and the last predictions on record are of its first half, nor where the loss
    has come below its baseline and still falls evenly. Where predictions
    are not on record: an accuracy within .001 of the known share over 4 epochs.

    ## How to fix it
    Find the cause first: dead units, too high a learning rate, unscaled inputs. If the classes are
    imbalanced:
    ```python
    model.fit(x, y, class_weight={0: 0.5, 1: 5.0})
    ```

    ## Easily confused with
    ZA509 constant-output: there the outputs do not differ at all; here they may, on one side of the
    threshold. ZA203 class-imbalance: a cause of it. ZA202 constant-labels: there one class is
    right.

    ## Sources
    stackoverflow.com/q/41488279; karpathy.github.io/2019/04/25/recipe (input-independent
    baseline). Shares measured on Keras 3.15.
    """
    run = context.run
    if has_opponent(run):
        return CannotTell(
            "networks that train against one another: one answer may be their balance"
        )
    table = run.table("prediction_counts")
    losses = [o.loss for o in trained_outputs(run)]
    if table is None and losses and all(loss in REGRESSION for loss in losses):
        return NotApplicable("a regression predicts no classes")
    if table is None:
        return _by_accuracy(context)
    single = len(table.rows) == 1
    accuracy = context.final_accuracy if single else None
    loss = longest_loss(run) if single else None
    untold, seen = "", ""
    outputs = trained_outputs(run)
    unseen = {output.name for output in outputs if output.weight == 0 and len(outputs) > 1}
    for row, output in enumerate(table.rows):
        if output in unseen:
            seen = seen or f"the weight of the loss of `{output}` is 0: it is only watched"
            continue
        majority = _majority(run, output)
        named = _named(table, row)
        if majority is None or named is None:
            untold = untold or "the class frequencies of the labels are not recorded"
            continue
        if majority >= ONE_CLASS:
            seen = seen or "the labels hold one class only"
            continue
        said = f"the largest share of predictions is {percent(named.share)}"
        others = named.examples * (1.0 - majority)
        if named.share < ONE_CLASS:
            seen = f"{said}, that of the labels {percent(majority)}"
        elif accuracy is not None and accuracy > majority + _room(run, output, majority):
            seen = f"{said}, but accuracy is {number(accuracy)}, above {number(majority)}"
        elif context.beats and UNSEEN * table.steps[-1] < steps_taken(run):
            untold = f"{said} up to step {table.steps[-1]}, but the loss beats its baseline later"
        elif loss is not None and has_just_left(loss, context.baseline):
            untold = f"{said}, but the loss has only just left the level of chance"
        elif table.steps[-1] - table.steps[0] < FEWEST_STEPS:
            untold = f"fewer than {FEWEST_STEPS} steps: {said} so far"
        elif others < FEWEST_OTHERS and not _is_of_one(run, output, named, accuracy):
            untold = f"{said}, of too few examples to expect another class"
        else:
            return _flagged(context, named, (majority, _room(run, output, majority)), accuracy)
    if untold:
        return CannotTell(untold, () if run.table("label_counts") else (LABEL_COUNTS.missing,))
    only = seen == "the labels hold one class only"
    return NotApplicable(seen) if only else Passed(seen)


def _majority(run: Run, output: str) -> float | None:
    """Share of the largest class among an output's labels, 0 to 1."""
    counts = class_counts(run, output)
    return None if counts is None else float(counts.max() / counts.sum())


def _is_of_one(run: Run, output: str, named: _Named, accuracy: float | None) -> bool:
    """Whether an accuracy is that of always answering one class.

    A model of balanced weights finds others at the cost of accuracy, and scores less.
    """
    counts = class_counts(run, output)
    at = int(named.label) if named.label.isdigit() else -1
    if accuracy is None or counts is None or not 0 <= at < len(counts):
        return False
    share = float(counts[at] / counts.sum())
    return accuracy >= share - _room(run, output, share)


def _room(run: Run, output: str, majority: float) -> float:
    """By how much the accuracy of a constant answer may exceed the share that was counted."""
    counts = class_counts(run, output)
    counted = 1.0 if counts is None else float(counts.sum())
    return room_of_counting(majority, counted)


def _named(table: Table, row: int) -> _Named | None:
    """The class that the last epoch's samples predict most; None where nothing was counted."""
    counts = np.nan_to_num(table.values[:, row, :].astype(np.float64))  # (samples, classes)
    last = table.epochs == table.epochs[-1]
    if table.epochs[-1] < 0:  # no epochs on record: the last quarter
        last = np.arange(len(table)) >= len(table) * 3 // 4
    pooled = counts[last].sum(axis=0)
    if not pooled.sum() > 0:
        return None
    label = int(pooled.argmax())
    totals = np.maximum(counts.sum(axis=1), 1.0)
    onset = lasting_since(counts[:, label] / totals >= ONE_CLASS)
    return _Named(
        table, row, table.columns[label], float(pooled[label] / pooled.sum()),
        float(pooled.sum()), len(table) - 1 if onset is None else onset,
    )  # fmt: skip


def _flagged(
    context: RunContext, named: _Named, majority: tuple[float, float], accuracy: float | None
) -> Flagged:
    share, room = majority
    table, run = named.table, context.run
    since, last = int(table.steps[named.first]), int(table.steps[-1])
    facts = [
        Evidence.of_table(f"share of class {named.label} among the predictions, last epoch",
                          table, named.share, at_most(ONE_CLASS), unit="share", since=since,
                          until=last, layer=table.rows[named.row],
                          shown_by=run.curve("zeroacc/prediction_majority_share")),
    ]  # fmt: skip
    score = ""
    if accuracy is not None:
        facts += accuracy_against(run, AGAINST, share + room)
        score = f" Accuracy is {number(accuracy)}."
    return Flagged(
        summary=f"The model predicts class {named.label} for {percent(named.share)} of examples.",
        context=f"The largest class is {percent(share)} of the labels.{score}",
        evidence=tuple(facts),
        since=since,
    )


def _by_accuracy(context: RunContext) -> Answer:
    """Without predictions: an accuracy that stays at the share of the largest class."""
    run, majority = context.run, context.baseline.accuracy
    curve = run.headline(Role.ACCURACY)
    if majority is None or curve is None:
        missing = (PREDICTION_COUNTS.missing, LABEL_COUNTS.missing)
        return CannotTell("neither predictions nor labels are in the log", missing)
    if majority >= ONE_CLASS:
        return NotApplicable("the labels hold one class only")
    steps, values = curve.series.finite()
    if len(values) < FEWEST_EPOCHS:
        return CannotTell(f"fewer than {FEWEST_EPOCHS} points of the accuracy")
    begin = last_stretch(np.abs(values * curve.scale - majority) <= NO_BETTER)
    if len(values) - begin < FEWEST_EPOCHS:
        return Passed(f"accuracy differs from {number(majority)}, the share of the largest class")
    return Flagged(
        summary=f"Accuracy stays at {number(majority)}, the share of the largest class.",
        context="That is what always predicting this class scores.",
        evidence=accuracy_against(run, AGAINST, majority + NO_BETTER, int(steps[begin])),
        since=training_step(run, curve, int(steps[begin])),
    )
