"""ZA402: an accuracy of another kind than the labels, or than the outputs."""

from __future__ import annotations

import math

from tb_zeroacc.diagnosis.answering.shown_curves import curve_shown
from tb_zeroacc.diagnosis.answers import (
    BEFORE_TRAINING,
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
from tb_zeroacc.diagnosis.computed.model.loss_kinds import BINARY, CLASS_LOSSES
from tb_zeroacc.diagnosis.computed.model.outputs import trained_outputs
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.needs import ACCURACY, CONTRACT, LOSS
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.facts import Output
from tb_zeroacc.run import Role
from tb_zeroacc.wording import number

# From 5 classes on: a healthy model of few classes may pass both levels at once (a loss of ln 3
# beside an accuracy of two thirds is nothing unusual).
FEWEST_CLASSES, MOST_CLASSES = 5, 100
NEAR_LOG = 0.05  # of ln k: an initialised model scores a little more
HALF = 0.5
EQUALITY = "Accuracy"  # Keras' class that compares values with ==
NEAR_SHARE = 0.1  # of 1/k: the accuracy is counted over all outputs, so it hardly scatters


@rule(
    "ZA402",
    "wrong-accuracy-class",
    Tier.STRONG,
    Stage.OUTPUT,
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
    accuracies over pixels or characters begin high in health. From the contract, exactly: the loss
    of an output has `from_logits=True`, no activation comes before it, and a metric of that output
    cuts at .5 (`BinaryAccuracy`, `Precision`, `Recall` and others); how much it matters depends on
    the outputs, so that is strong, too. Likewise `Accuracy` on an output that is trained on a
    cross-entropy, unless accuracy beats always predicting the largest class.

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
    known = _cut_logits(context) or _equality(context)
    if known is not None:
        return known
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


def _cut_logits(context: RunContext) -> Flagged | None:
    """From the contract: a metric that cuts logits at .5."""
    contract = context.run.contract
    for output in trained_outputs(context.run) if contract is not None else ():
        known = [
            (kind, shown)
            for kind, shown, at in zip(
                output.metrics, output.metric_names, _thresholds(output), strict=True
            )
            if at == HALF
        ]
        if not known or not output.from_logits or output.activation not in (None, "linear"):
            continue
        named = " and ".join(f"`{shown}`" for _, shown in known)
        verb = "cuts" if len(known) == 1 else "cut"
        return Flagged(
            summary=f"{named} {verb} logits at 0.5, which is a probability of 0.62.",
            context=f"The loss of `{output.name}` has from_logits=True; a threshold of 0 is a "
            "probability of 0.5.",
            evidence=tuple(
                Evidence.of_number(f"threshold of `{shown}`, on logits", HALF, unlike(HALF))
                for _, shown in known
            ),
            tier=Tier.STRONG,
            since=BEFORE_TRAINING,
            fix=_at_zero(*known[0]),
        )
    return None


def _equality(context: RunContext) -> Flagged | None:
    """From the contract: a metric that asks whether probabilities or logits equal their label."""
    if context.run.contract is None or context.beats_accuracy:
        return None
    for output in trained_outputs(context.run):
        if EQUALITY not in output.metrics or output.loss not in CLASS_LOSSES:
            continue
        shown = output.metric_names[output.metrics.index(EQUALITY)]
        return Flagged(
            summary=f"`{shown}` counts outputs of `{output.name}` that equal their label to the "
            "last digit, which a probability or a logit hardly ever does.",
            context="keras.metrics.Accuracy compares values as they are: it takes neither the "
            "largest output nor a threshold.",
            evidence=(
                *curve_shown(context.run, Role.ACCURACY),
                Evidence(f"metric is {EQUALITY}, loss is {output.loss}", layer=output.layer),
            ),
            tier=Tier.STRONG,
            since=BEFORE_TRAINING,
            is_own_cause=True,
            fix=Fix(
                'Write "accuracy", and let Keras choose the class that fits the loss.',
                f'- metrics=[keras.metrics.{EQUALITY}()],\n+ metrics=["accuracy"],',
            ),
        )
    return None


def _thresholds(output: Output) -> tuple[float | None, ...]:
    """Where the metrics cut; Keras' own record has `accuracy` as it was written."""
    known = output.metric_thresholds or (None,) * len(output.metrics)
    binary = output.units == 1 and output.loss in BINARY
    return tuple(
        HALF if at is None and binary and kind in ("accuracy", "acc") else at
        for kind, at in zip(output.metrics, known, strict=False)
    )


def _at_zero(kind: str, shown: str) -> Fix:
    usual = {"accuracy", "acc", "binary_accuracy", "BinaryAccuracy"}
    name = "BinaryAccuracy" if kind in usual else kind
    argument = "threshold" if name in ("BinaryAccuracy", "BinaryIoU", "F1Score") else "thresholds"
    before = '"accuracy"' if kind in usual else f"keras.metrics.{kind}()"
    return Fix(
        "Cut logits at 0.",
        f"- metrics=[{before}],\n"
        f'+ metrics=[keras.metrics.{name}({argument}=0.0, name="{shown}")],',
    )
