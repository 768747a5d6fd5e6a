"""ZA212: class weights that favour the largest class, or none."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.diagnosis.answering.fixes.data_code import weights_by_rarity
from tb_zeroacc.diagnosis.answering.fixes.keras_code import data_argument
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
from tb_zeroacc.diagnosis.computed.chance.majority import (
    ceiling_of,
    is_of_majority,
    room_of_counting,
)
from tb_zeroacc.diagnosis.computed.data.class_weights import (
    ROUNDED,
    class_weights,
    follow_classes,
)
from tb_zeroacc.diagnosis.computed.data.labels import class_counts, outside_classes
from tb_zeroacc.diagnosis.computed.model.outputs import predicted_share, trained_outputs
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import CONTRACT, LABEL_COUNTS
from tb_zeroacc.diagnosis.rule import Muted, rule
from tb_zeroacc.diagnosis.steps import Step
from tb_zeroacc.facts import Output
from tb_zeroacc.run import Run
from tb_zeroacc.wording import listed, number, percent

UNEVEN = 1.5  # largest class ÷ smallest one: below it there is nothing to balance
APART = 1.5  # weight of the largest class ÷ that of the smallest one
# Exponent of the class's share in its weight: 1 where counts are taken for weights, -1 where their
# inverse is, 0 without weights. From a half on the weights follow the counts.
FOLLOWS = 0.5
COLLAPSED = 0.999  # share of the largest class among the predictions, as in ZA203
TEXT = "Weight each class by the inverse of its count, under the numbers that the labels hold."


@rule(
    "ZA212",
    "weights-favour-the-majority",
    Tier.STRONG,
    Stage.INPUT,
    motif=Motif.CLASSES,
    healthy="Weights leave the rarer classes their say",
    step=Step.SIMPLICITY,
    needs=(CONTRACT, LABEL_COUNTS),
    explains=("ZA203", "ZA403", "ZA404", "ZA509", "ZA704", "ZA705"),
    yields_to=("ZA210",),
    muted_when=Muted.BASELINE_IS_BEATEN,
    fix=Fix(
        TEXT,
        "counts = np.bincount(y)\n"
        "model.fit(x, y, class_weight=dict(enumerate(len(y) / len(counts) / counts)))",
        "counts = np.bincount(y)\n"
        "loss = loss_fn(y, outputs, sample_weight=(len(y) / len(counts) / counts)[y])",
    ),
)
def weights_favour_the_majority(context: RunContext) -> Answer:
    """Class weights favour the largest class, or have no effect.

    ## What it means
    Weights are to make up for classes that are rare. Here they grow with the class: its count was
    taken for its weight, or two classes were exchanged. Or they were given under numbers or names
    that no label has: Keras weights such classes by 1, without a word.

    ## Why accuracy suffers
    The largest class, which an imbalance favours already, counts even more: the others are ignored.
    Accuracy is its share, and looks good.

    ## How it is detected
    Of each batch the mean weight and the class counts are on record: least squares give the weight
    of each class. Judged where they explain every mean, the smallest and the largest weight to a
    thousandth, so that weights are of classes and not of examples, and the largest class is 1.5
    times the smallest or more. The
    weights grow with the class: the weight of the largest class is 1.5 times that of the smallest
    or more, and over all classes the weight rises with the count's power of a half or more (1 where
    counts are weights, -1 where their inverse is). Or `class_weight` is given, and all classes
    weigh the same. Strong where the model ignores the others: accuracy exceeds the share of the
    largest class by at most a tenth of the rest, or by two standard errors of counting it, and is
    below it by at most .05, or 99.9 % of the last predictions are that class; else a smell. Muted
    once the run beats its baseline.

    ## How to fix it
    ```python
    counts = np.bincount(y)
    class_weight = dict(enumerate(len(y) / len(counts) / counts))
    ```

    ## Easily confused with
    ZA203 class-imbalance: there are no weights, or they balance. ZA210 zero-weights: classes that
    do not count at all. ZA404 predicts-one-class: its consequence.

    ## Sources
    keras.io/api/models/model_training_apis (`class_weight`); scikit-learn.org
    (`compute_class_weight`: n / (k * counts)). Keras 3.15 takes 1 for a class without a weight. The
    limits are this rule's own.
    """
    run, outputs = context.run, trained_outputs(context.run)
    if run.table("sample_weights") is None:
        return Passed("no weights were given")
    if len(outputs) != 1:
        return NotApplicable("several outputs: weights are of examples then, not of classes")
    output = outputs[0]
    counts, weights = class_counts(run, output.name), class_weights(run, output.name)
    if counts is None or weights is None or outside_classes(run, output.name) > 0:
        return CannotTell("the classes of some labels were not counted")
    present = counts > 0
    if present.sum() < 2:
        return NotApplicable("the labels hold one class only")
    uneven = float(counts[present].max() / counts[present].min())
    if uneven < UNEVEN:
        return Passed(f"the largest class is {number(uneven)} times the smallest: even enough")
    is_by_class = follow_classes(run, output.name)
    if is_by_class is None:
        return CannotTell("too few batches differ in their classes to tell what each weighs")
    if not is_by_class:
        return NotApplicable("examples of one class have different weights")
    return _judged(context, output, counts, np.where(present, weights, 0.0))


def _judged(
    context: RunContext, output: Output, counts: NDArray[np.float64], weights: NDArray[np.float64]
) -> Answer:
    run, seen = context.run, counts > 0
    low, high = float(weights[seen].min()), float(weights[seen].max())
    if high - low <= ROUNDED * high:
        given = run.contract is not None and bool(run.contract.fit.class_weight)
        if not given:
            return Passed(f"all examples weigh {number(high)}")
        said = f"`class_weight` has no effect: all classes weigh {number(high)}."
        return _flagged(context, output, counts, weights, said)
    if low <= ROUNDED * high:
        return CannotTell("a class weighs 0: how much the others outweigh it has no number")
    largest, smallest = _ends(counts)
    times = float(weights[largest] / weights[smallest])
    said = f"class {largest} weighs {number(times)} times as much as class {smallest}"
    if times < APART * (1.0 - ROUNDED) or _power(counts[seen], weights[seen]) < FOLLOWS:
        return Passed(said)
    rare = percent(float(counts[smallest] / counts.sum()))
    said = f"The weights favour the largest class: {said}, which has {rare} of the labels."
    return _flagged(context, output, counts, weights, said)


def _ends(counts: NDArray[np.float64]) -> tuple[int, int]:
    """The largest class, and the smallest of those that occur."""
    return int(counts.argmax()), int(np.where(counts > 0, counts, np.inf).argmin())


def _power(counts: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """The exponent p of weight = count ** p that fits best; both (classes,) and above 0."""
    return float(np.polyfit(np.log(counts), np.log(weights), 1)[0])


def _flagged(
    context: RunContext,
    output: Output,
    counts: NDArray[np.float64],
    weights: NDArray[np.float64],
    summary: str,
) -> Flagged:
    run, table = context.run, context.given(LABEL_COUNTS)
    largest, smallest = _ends(counts)
    share, accuracy = float(counts[largest] / counts.sum()), context.final_accuracy
    predicted = predicted_share(run, output, largest)
    room = room_of_counting(share, float(counts.sum()))
    is_alone = predicted is not None and predicted >= COLLAPSED
    is_no_better = accuracy is not None and share - room <= accuracy <= share + room
    facts = [
        Evidence.of_table(f"weight of class {largest}, the largest", table,
                          float(weights[largest]), at_most(float(weights[smallest]))),
        Evidence.of_table(f"weight of class {smallest}, the smallest", table,
                          float(weights[smallest])),
    ]  # fmt: skip
    if accuracy is not None:
        facts += accuracy_against(run, "the largest class's share and some room",
                                  max(ceiling_of(share), share + room))  # fmt: skip
    given = [f"{k}: {number(float(weights[k]))}" for k in np.flatnonzero(counts)]
    return Flagged(
        summary=summary,
        context=f"The weights by class are {listed(given)}.",
        evidence=tuple(facts),
        tier=None if is_alone or is_no_better or is_of_majority(accuracy, share) else Tier.SMELL,
        since=int(table.steps[0]),
        fix=_fix(run, counts),
    )


def _fix(run: Run, counts: NDArray[np.float64]) -> Fix | None:
    if run.contract is None or not run.contract.fit.class_weight:
        return None
    said = ", ".join(f"{k}: {weight}" for k, weight in weights_by_rarity(counts).items())
    data = data_argument(run)
    return Fix(TEXT, f"+ model.fit({data}, class_weight={{{said}}})")
