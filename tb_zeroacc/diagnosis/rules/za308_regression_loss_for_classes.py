"""ZA308: classes that are trained with a regression loss."""

from __future__ import annotations

import numpy as np

from tb_zeroacc.diagnosis.answering.fixes.keras_code import loss_fix
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
    unlike,
)
from tb_zeroacc.diagnosis.computed.chance.baseline import BEATEN_ACCURACY, HOPELESS
from tb_zeroacc.diagnosis.computed.data.labels import Labels, class_counts, labels_of
from tb_zeroacc.diagnosis.computed.model.loss_kinds import REGRESSION
from tb_zeroacc.diagnosis.computed.model.outputs import accuracy_of, trained_outputs
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import CONTRACT, LABELS
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.facts import Output
from tb_zeroacc.run import Role
from tb_zeroacc.wording import number

MOST_CLASSES = 1000  # whole numbers over a wider range are not class numbers
# Without an accuracy nothing shows that classes are meant, except class numbers from 0 or 1.
FEW_CLASSES = 20
# Times the share of the largest class: with many classes a model may learn much and be right in
# less than a quarter of the cases. Digits as amounts reach 1.5 (measured).
FAR_ABOVE = 3.0
# Amounts in whole numbers have a usual value and rare ones; classes of a data set are balanced.
FEWEST_BALANCED, BALANCED = 3, 2.0  # classes, and the largest ÷ the smallest
HALF = 0.5  # a constant prediction is not right more often, unless one class has the majority


@rule(
    "ZA308",
    "regression-loss-for-classes",
    Tier.STRONG,
    Stage.CONTRACT,
    motif=Motif.OUTPUT_LOSS,
    healthy="The loss fits class labels",
    needs=(CONTRACT,),
    explains=("ZA208", "ZA306", "ZA307", "ZA403", "ZA404", "ZA704", "ZA705"),
    fix=Fix(
        "Try one output unit per class, and cross-entropy.",
        '- keras.layers.Dense(1)\n+ keras.layers.Dense(10, activation="softmax")\n'
        '- loss="mse",\n+ loss="sparse_categorical_crossentropy",',
    ),
)
def regression_loss_for_classes(context: RunContext) -> Answer:
    """The model is trained on class labels with a regression loss.

    ## What it means
    The loss treats class 9 as nine times class 1, and class 5 as the mean of 4 and 6. With one
    linear unit the model learns a number between the classes.

    ## Why accuracy suffers
    Accuracy asks for the class, the loss for a small distance: digits trained this way reached a
    quarter of the loss of a constant prediction, and an accuracy of .13 to .15 (measured).

    ## How it is detected
    From contract and labels: a regression loss, an accuracy among the metrics, and labels that are
    all whole numbers over a range of at most 1000, or one-hot rows. It is strong unless accuracy
    beats the share of the largest class by a quarter of the rest (one half replaces an unknown
    share) or is three times that share, since a squared error on a sigmoid or softmax does learn:
    then it is a smell. Without an accuracy it is a smell where labels run from 0 or 1 over at most
    20 values and the run does not beat its baseline; a wider range may as well be continuous. Of
    those it is strong where three values or more are about equally frequent (the most frequent at
    most twice as often as the rarest), as classes are and amounts hardly ever, and the loss ends at
    nine tenths of its baseline or more. Without labels, a softmax trained with a regression loss is
    a smell.

    ## How to fix it
    ```python bad
    model.add(keras.layers.Dense(1))
    model.compile(loss="mse", metrics=["accuracy"])
    ```
    ```python good
    model.add(keras.layers.Dense(10, activation="softmax"))
    model.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    ```

    ## Easily confused with
    ZA401 accuracy-on-regression: there the targets are continuous and the metric is wrong. ZA704
    stuck-at-chance: there the loss does not fall either.

    ## Sources
    Goodfellow, Bengio and Courville 2016, Deep Learning, section 6.2.2; keras.io/api/losses.
    Figures measured on Keras 3.15.
    """
    run = context.run
    outputs = [o for o in trained_outputs(run) if o.loss in REGRESSION]
    if not outputs:
        return NotApplicable("no output is trained on a squared or absolute error")
    untold = 0
    for output in outputs:
        labels = labels_of(run, output)
        if labels is None:
            untold += 1
            if output.activation == "softmax" and (output.units or 0) > 1:
                return _flagged(context, output, None, Tier.SMELL)
        elif (tier := _tier(context, output, labels)) is not None:
            return _flagged(context, output, labels, tier)
    if untold == len(outputs):
        return CannotTell("the labels are not in the log: they may be classes", (LABELS.missing,))
    return Passed("the targets are not class numbers, or the run beats its baseline on them")


def _tier(context: RunContext, output: Output, labels: Labels) -> Tier | None:
    """The tier at which classes seem meant and harmed by the loss; None where they do not."""
    if not labels.one_hot and (not labels.whole or labels.units > 1):
        return None
    values = labels.high - labels.low + 1
    if accuracy_of(context.run, output) is not None:
        if values > MOST_CLASSES:
            return None
        return Tier.SMELL if _accuracy_beats(context, labels) else Tier.STRONG
    few = labels.low in (0.0, 1.0) and 2 <= values <= FEW_CLASSES
    if not few or context.beats:
        return None
    failed = context.loss_ratio is not None and context.loss_ratio >= HOPELESS
    return Tier.STRONG if failed and _are_balanced(context, output) else Tier.SMELL


def _are_balanced(context: RunContext, output: Output) -> bool:
    """Whether three classes or more, without a gap, are about as frequent as one another."""
    counts = class_counts(context.run, output.name)
    if counts is None or not counts.any():
        return False
    seen = np.flatnonzero(counts)
    between = counts[seen[0] : seen[-1] + 1]
    return len(between) >= FEWEST_BALANCED and bool(between.max() <= BALANCED * between.min())


def _accuracy_beats(context: RunContext, labels: Labels) -> bool:
    """Whether accuracy is well above that of always predicting one class."""
    if context.beats_accuracy is not None:
        share, accuracy = context.baseline.accuracy, context.final_accuracy
        learns = share is not None and accuracy is not None and accuracy >= FAR_ABOVE * share
        return context.beats_accuracy or learns
    if context.final_accuracy is None:
        return True  # nothing shows that it hurts
    majority = HALF
    if labels.units == 1 and (labels.low, labels.high) == (0.0, 1.0) and labels.mean >= 0:
        majority = max(labels.mean, 1.0 - labels.mean)
    return context.final_accuracy > majority + BEATEN_ACCURACY * (1.0 - majority)


def _flagged(context: RunContext, output: Output, labels: Labels | None, tier: Tier) -> Flagged:
    run = context.run
    name = (output.loss or "").replace("_", " ")
    facts: tuple[Evidence, ...] = (Evidence(f"loss is {output.loss}", layer=output.layer),)
    classes = output.units or 2
    if labels is None:
        summary = f"A {name} is trained on the {classes} classes of a softmax."
    elif labels.one_hot:
        classes = labels.units
        summary = f"The model is trained with a {name} on one-hot labels of {classes} classes."
    else:
        classes = int(labels.high) + 1 if labels.low >= 0 else 2
        span = f"{number(labels.low)} to {number(labels.high)}"
        summary = f"A {name} treats the class numbers {span} as continuous values."
    if labels is not None:
        facts += (
            Evidence.of_number("share of labels that are whole numbers", 1, unlike(1),
                               unit="share", member=labels.member),
        )
    if context.baseline.accuracy is not None and context.final_accuracy is not None:
        share = f"{number(context.final_accuracy)} against {number(context.baseline.accuracy)}"
        sentence = f"Accuracy is {share} for always predicting the largest class."
    else:
        sentence = "Its optimum lies between the classes."
    return Flagged(
        summary=summary,
        context=sentence,
        evidence=(*facts, *curve_shown(run, Role.ACCURACY, Role.LOSS)),
        tier=tier,
        since=BEFORE_TRAINING,
        fix=_fix(context, output, classes, labels),
    )


def _fix(context: RunContext, output: Output, classes: int, labels: Labels | None) -> Fix:
    if classes == 2 and output.units == 1 and (labels is None or labels.low >= 0):
        text = "Use binary cross-entropy for two classes."
        return loss_fix(context.run, output, text, "binary_crossentropy", "sigmoid")
    rows = labels is not None and labels.one_hot
    loss = "categorical_crossentropy" if rows else "sparse_categorical_crossentropy"
    text = "Try one output unit per class, and cross-entropy."
    if labels is not None and labels.low < 0:
        text = "Try numbering the classes from 0, with one output unit per class and cross-entropy."
    return loss_fix(context.run, output, text, loss, "softmax", max(classes, 2))
