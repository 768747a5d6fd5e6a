"""ZA401: accuracy as the metric of a regression."""

from __future__ import annotations

import numpy as np

from tb_zeroacc.diagnosis.answering.fixes.keras_code import error_diff
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
    at_most,
    unlike,
)
from tb_zeroacc.diagnosis.computed.data.labels import Labels, labels_of
from tb_zeroacc.diagnosis.computed.model.loss_kinds import CLASS_LOSSES, REGRESSION
from tb_zeroacc.diagnosis.computed.model.outputs import accuracy_of, trained_outputs
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import CONTRACT, LABELS
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.facts import Output
from tb_zeroacc.run import Curve, Role, Run
from tb_zeroacc.wording import number, percent

TEXT = "Measure a regression by an error, such as MAE."
FEWEST_POINTS = 3  # epochs of an accuracy of exactly 0 that are more than a bad start


@rule(
    "ZA401",
    "accuracy-on-regression",
    Tier.DEFINITE,
    Stage.CONTRACT,
    motif=Motif.LOSS_AND_METRIC,
    healthy="Accuracy is measured on classes",
    needs=(CONTRACT,),
    explains=("ZA403",),
    outcome=Outcome.BROKEN,
    fix=Fix(TEXT, '- metrics=["accuracy"],\n+ metrics=["mae"],'),
)
def accuracy_on_regression(context: RunContext) -> Answer:
    """Accuracy is measured on continuous targets, which no prediction hits exactly.

    ## What it means
    Accuracy counts predictions that equal their label. A continuous target is never hit to the last
    digit; `accuracy` on one unit becomes BinaryAccuracy, which rounds the prediction to 0 or 1
    first. Over several units it compares which column is largest, which is meaningless for
    continuous values.

    ## Why accuracy suffers
    It is 0, or the share of targets that happen to be 0 or 1, however good the model is. On
    standardised targets it was exactly 0.000 in every epoch while the squared error fell from 1.04
    to .41 (measured): the model learns, and only this number is meaningless.

    ## How it is detected
    From contract and labels: an accuracy among the metrics of an output that is trained on a
    squared or absolute error, and any label that is not a whole number; with a custom loss they
    must lie outside 0 to 1 as well. No threshold is needed, and a low loss is no evidence against
    it. Rows of shares that sum to 1 are soft classes and pass. Without labels, an accuracy of
    exactly 0 in 3 epochs or more beside such a loss and a linear output; then, and from Keras' own
    record, it is strong at most.

    ## How to fix it
    ```python bad
    model.add(keras.layers.Dense(1))
    model.compile(loss="mse", metrics=["accuracy"])
    ```
    ```python good
    model.add(keras.layers.Dense(1))
    model.compile(loss="mse", metrics=["mae"])
    ```

    ## Easily confused with
    ZA308 regression-loss-for-classes: there the labels are classes, and the loss is wrong. ZA704
    stuck-at-chance: there the loss does not fall either.

    ## Sources
    github.com/keras-team/keras/issues/6260; stackoverflow.com/q/62566558;
    keras.io/api/metrics/accuracy_metrics. What `accuracy` becomes was measured on Keras 3.15.
    """
    run = context.run
    outputs = trained_outputs(run)
    measured = [(o, a) for o in outputs if (a := accuracy_of(run, o)) is not None]
    if not measured:
        return NotApplicable("no accuracy among the metrics")
    untold = []
    for output, accuracy in measured:
        if output.loss in CLASS_LOSSES:
            continue
        labels = labels_of(run, output)
        if labels is None:
            untold.append((output, accuracy))
        elif _is_continuous(output, labels):
            return _by_labels(context, output, labels, accuracy)
    for output, accuracy in untold:
        curve = run.headline(Role.ACCURACY)
        if output.loss in REGRESSION and output.activation == "linear" and curve is not None:
            _, values = curve.series.finite()
            if len(values) >= FEWEST_POINTS and not values.any():
                return _by_level(run, output, accuracy, curve)
    if untold:
        return CannotTell("the labels are not in the log: they may be classes", (LABELS.missing,))
    return Passed("accuracy is measured on classes")


def _is_continuous(output: Output, labels: Labels) -> bool:
    if labels.whole or labels.rows_are_shares:
        return False
    return output.loss in REGRESSION or labels.leave_unit_range


def _by_labels(context: RunContext, output: Output, labels: Labels, accuracy: str) -> Flagged:
    run = context.run
    score = context.final_accuracy
    if score is not None and np.isfinite(score):
        summary = (
            f"Accuracy is {number(score)} whatever the model learns: the targets are continuous."
        )
    else:
        share = percent(labels.fractional)
        summary = f"Accuracy is measured on targets of which {share} are not whole numbers."
    return Flagged(
        summary=summary,
        context=_context(context, accuracy),
        evidence=(
            *curve_shown(run, Role.ACCURACY),
            Evidence.of_number("share of targets that are not whole numbers", labels.fractional,
                               at_most(0), unit="share", member=labels.member),
            Evidence(f"metric is {accuracy}, loss is {output.loss}", layer=output.layer),
        ),
        tier=context.tier_of_contract,
        since=BEFORE_TRAINING,
        fix=Fix(TEXT, error_diff(run, output, accuracy)),
        is_own_cause=True,  # labels are continuous whatever else is wrong
    )


def _by_level(run: Run, output: Output, accuracy: str, curve: Curve) -> Flagged:
    points = points_of(curve, len(curve.series))
    return Flagged(
        summary=f"Accuracy is exactly 0 in all {points}: it is measured on a regression.",
        context=f"The loss is {output.loss} on a linear output; no prediction equals its target.",
        evidence=(
            Evidence.of_curve("largest accuracy", curve, 0, unlike(0)),
            Evidence(f"metric is {accuracy}, loss is {output.loss}", layer=output.layer),
        ),
        tier=Tier.STRONG,
        since=BEFORE_TRAINING,
        fix=Fix(TEXT, error_diff(run, output, accuracy)),
    )


def _context(context: RunContext, accuracy: str) -> str:
    ratio = context.loss_ratio
    learned = ""
    if ratio is not None and 0 <= ratio < 1:
        learned = f" The loss ends at {percent(ratio)} of what a constant prediction scores."
    return f"`{accuracy}` counts right classes, and continuous targets have none.{learned}"
