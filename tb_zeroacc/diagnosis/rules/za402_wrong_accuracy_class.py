"""ZA402: an accuracy of another kind than the labels, or than the outputs."""

from __future__ import annotations

import math

from tb_zeroacc.diagnosis.answering.misfit_metrics import misfit_metric
from tb_zeroacc.diagnosis.answers import (
    Answer,
    CannotTell,
    Evidence,
    Fix,
    Flagged,
    Passed,
    Stage,
    Tier,
    unlike,
)
from tb_zeroacc.diagnosis.computed.learning.trend import training_step
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import ACCURACY, CONTRACT, LOSS
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.run import Role
from tb_zeroacc.wording import number

# From 5 classes on: a healthy model of few classes may pass both levels at once (a loss of ln 3
# beside an accuracy of two thirds is nothing unusual).
FEWEST_CLASSES, MOST_CLASSES = 5, 100
NEAR_LOG = 0.05  # of ln k: an initialised model scores a little more
NEAR_SHARE = 0.1  # of 1/k: the accuracy is counted over all outputs, so it hardly scatters


@rule(
    "ZA402",
    "wrong-accuracy-class",
    Tier.DEFINITE,
    Stage.OUTPUT,
    motif=Motif.LOSS_AND_METRIC,
    healthy="The accuracy metric fits the labels",
    needs=((CONTRACT, LOSS), (CONTRACT, ACCURACY)),
    explains=("ZA403", "ZA404"),
    outcome=Outcome.LEARNING,
    fix=Fix(
        'Write "accuracy", and let Keras choose the class that fits the loss.',
        "- metrics=[keras.metrics.BinaryAccuracy()]\n"
        '+ metrics=["accuracy"]',
    ),
)
def wrong_accuracy_class(context: RunContext) -> Answer:
    """The accuracy metric does not fit the kind of labels, or cuts logits as if they were shares.

    ## What it means
    `BinaryAccuracy` on one-hot labels asks of every single output whether it is on the right side
    of .5. With k classes a model that says nothing is right in k - 1 of k of them.
    `keras.metrics.Accuracy` asks whether an output equals its label to the last digit. And where
    the loss gets logits (`from_logits=True`), so does the metric: its threshold of .5 is a share of
    .62 there. `"accuracy"` on one unit is a `BinaryAccuracy` that cuts at .5, whatever the loss.

    ## Why accuracy suffers
    The number looks high from the first step on and says next to nothing: .9 is what guessing
    scores with 10 classes. `Accuracy` of a probability is 0 or next to it, however good the model.
    Logits that are cut at .5 count what lies between .5 and .62 as no: .49 was shown where .86 were
    right (measured).

    ## How it is detected
    The first point of the training loss is within 5 % of ln k, where a model that knows nothing
    stands, while the first accuracy is within a tenth of 1/k of 1 - 1/k; k from 5 to 100. A
    proper accuracy stands at 1/k there. Strong where the tag says `binary`; else a smell, for
    accuracies over pixels or characters begin high in health. From the contract, exactly: beside a
    cross-entropy, the class `Accuracy`, which counts outputs that equal the label to the last
    digit; beside a categorical one over 3 units or more, `BinaryAccuracy`, unless several labels
    are right at once; beside a sigmoid on one unit, `MeanIoU`, which cuts shares down to class 0.
    Also where the loss of an output has `from_logits=True`, no activation comes before it, and a
    metric of that output cuts at .5 (`BinaryAccuracy`, `Precision`, `Recall` and others); how much
    that matters depends on the outputs, so it is strong.

    ## How to fix it
    ```python
    model.compile(..., metrics=["accuracy"])
    model.compile(..., metrics=[keras.metrics.BinaryAccuracy(threshold=0.0)])  # of logits
    ```

    ## Easily confused with
    ZA401 accuracy-on-regression: there the labels are numbers. A run that was resumed, or whose
    first point is the mean of a long epoch: its loss is far below ln k.

    ## Sources
    keras.io/api/metrics/accuracy_metrics (BinaryAccuracy, threshold=0.5); measured on Keras 3.15:
    ten one-hot classes begin at .9.
    """
    misfit = misfit_metric(context)
    if misfit is not None:
        return misfit
    loss, accuracy = context.run.headline(Role.LOSS), context.run.headline(Role.ACCURACY)
    if loss is None or accuracy is None:
        lacking = ACCURACY.missing if accuracy is None else LOSS.missing
        return CannotTell(f"not in the log: {lacking.what}", (lacking,))
    first = accuracy.series.first.value * accuracy.scale
    begin = loss.series.first.value
    for k in range(FEWEST_CLASSES, MOST_CLASSES + 1):
        is_log = abs(begin - math.log(k)) <= NEAR_LOG * math.log(k)
        if is_log and abs(first - (1.0 - 1.0 / k)) <= NEAR_SHARE / k:
            return Flagged(
                summary=f"The accuracy does not fit the labels: it began at {number(first)}, "
                f"although the loss ({number(begin)}) was that of guessing among {k} classes.",
                context=f"It compares each of the {k} outputs by itself, and answering no "
                f"everywhere is right in {number(1 - 1 / k)} of them.",
                evidence=(
                    Evidence.of_curve(
                        "accuracy at the first point, against 1 - 1/k", accuracy,
                        first / accuracy.scale,
                        unlike((1 - 1 / k) / accuracy.scale, room=NEAR_SHARE / k / accuracy.scale),
                    ),
                    Evidence.of_curve("loss at the first point, against ln k", loss, begin,
                                      unlike(math.log(k), room=NEAR_LOG * math.log(k))),
                ),
                tier=Tier.STRONG if "binary" in accuracy.tag.lower() else Tier.SMELL,
                since=training_step(context.run, accuracy, accuracy.series.first.step),
            )  # fmt: skip
    return Passed(f"accuracy began at {number(first)}, the loss at {number(begin)}")
