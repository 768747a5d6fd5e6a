"""ZA309: cross-entropy on targets that are not classes."""

from __future__ import annotations

from dataclasses import replace

from tb_zeroacc.diagnosis.answering.fixes.keras_code import error_diff, loss_fix
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
    at_least,
    at_most,
)
from tb_zeroacc.diagnosis.computed.data.labels import Labels, labels_of
from tb_zeroacc.diagnosis.computed.learning.course import course_of
from tb_zeroacc.diagnosis.computed.model.loss_kinds import CLASS_LOSSES
from tb_zeroacc.diagnosis.computed.model.outputs import accuracy_of, trained_outputs
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import CONTRACT, LABELS, LOSS
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.facts import Output
from tb_zeroacc.run import Curve, Role, Run
from tb_zeroacc.series import Point
from tb_zeroacc.wording import number, percent

CROSS_ENTROPY_WORDS = frozenset({"crossentropy", "xent", "ce", "bce", "logloss"})
FAR_BELOW_ZERO = -20.0  # what may be the logarithm of a loss ends above that: ln 1e-7 is -16
BELOW_ZERO = -1e-3  # a cross-entropy of valid labels is 0 or more; rounding does not reach this
TEXT = "Use a squared error and a linear output for continuous targets."


def _fix(run: Run, output: Output) -> Fix:
    """All that fits: behind a sigmoid a squared error cannot reach targets beyond 0 and 1."""
    fix = loss_fix(run, output, TEXT, "mean_squared_error", None)
    accuracy = accuracy_of(run, output)
    if accuracy is None:
        return fix
    return replace(fix, code=f"{fix.code}\n{error_diff(run, output, accuracy)}")


@rule(
    "ZA309",
    "cross-entropy-for-regression",
    Tier.DEFINITE,
    Stage.CONTRACT,
    motif=Motif.TARGETS,
    healthy="The loss fits continuous targets",
    needs=((CONTRACT, LOSS),),
    explains=(
        "ZA201", "ZA303", "ZA306", "ZA307", "ZA403", "ZA404", "ZA501", "ZA502", "ZA503", "ZA504",
        "ZA505", "ZA506", "ZA509", "ZA602", "ZA701", "ZA702", "ZA703", "ZA704", "ZA705", "ZA706",
    ),
    outcome=Outcome.BROKEN,
    fix=Fix(TEXT, '- loss="binary_crossentropy",\n+ loss="mean_squared_error",'),
)
def cross_entropy_for_regression(context: RunContext) -> Answer:
    """The model is trained on continuous targets with a cross-entropy.

    ## What it means
    Cross-entropy treats its labels as shares between 0 and 1. A target of 7.3 makes the term of the
    other class negative, (1 - 7.3) times a logarithm: the loss has no lower bound, and its slope
    does not lead to the target.

    ## Why accuracy suffers
    Depending on the seed, the loss of one linear unit fell to -160 and stayed there, or stayed at
    +178, where Keras clips and the gradient is 0 (measured). Either way the model does not learn
    the target.

    ## How it is detected
    From contract and labels: a cross-entropy, and labels of which some are not whole numbers and
    some lie outside 0 to 1 (by more than 1/1024, float16's rounding step). Both are required:
    shares within 0 to 1 are valid labels (smoothed ones, pixels of an autoencoder), and whole
    numbers out of range are wrong class numbers. The loss itself proves nothing unless it is
    negative, which valid labels rule out. Without labels, a negative loss of a linear output is
    strong; without a contract, a negative curve that is named a cross-entropy is a smell, and
    strong where it ends below -20, which the logarithm of a loss does not reach.

    ## How to fix it
    ```python bad
    model.add(keras.layers.Dense(1))
    model.compile(loss="binary_crossentropy")
    ```
    ```python good
    model.add(keras.layers.Dense(1))
    model.compile(loss="mean_squared_error", metrics=["mae"])
    ```

    ## Easily confused with
    ZA201 labels-out-of-range: there the labels are classes, numbered from 1 or -1. ZA303
    linear-output-without-from-logits: there the labels are classes and the output lacks its
    activation. ZA703 diverging-loss: there the loss rises.

    ## Sources
    keras.io/api/losses/probabilistic_losses; Goodfellow, Bengio and Courville 2016, Deep Learning,
    section 6.2.2. Levels measured on Keras 3.15, ten seeds.
    """
    run = context.run
    if run.contract is None:
        return _by_name(run)
    outputs = trained_outputs(run)
    entropies = [o for o in outputs if o.loss in CLASS_LOSSES]
    if not entropies:
        return NotApplicable("no output is trained on cross-entropy")
    untold = None
    for output in entropies:
        labels = labels_of(run, output)
        if labels is None:
            untold = output
        elif not labels.whole and labels.leave_unit_range:
            return _by_labels(context, output, labels)
    if untold is None:
        return Passed("the labels are whole numbers or shares between 0 and 1")
    curve = run.headline(Role.LOSS)
    lowest = curve.series.minimum if curve else None
    fits = len(outputs) == 1 and untold.activation in ("linear", None)
    if curve is None or lowest is None or not fits:
        return CannotTell("the labels are not in the log", (LABELS.missing,))
    if lowest.value >= BELOW_ZERO:
        return CannotTell(
            f"the labels are not in the log, and a loss that stays at or above "
            f"{number(lowest.value)} proves nothing", (LABELS.missing,),
        )
    fix = _fix(run, untold)
    return replace(_by_level(curve, lowest, Tier.STRONG), fix=fix)


def _by_name(run: Run) -> Answer:
    """Without a contract: a curve that is named a cross-entropy and is negative."""
    for curve in run.curves_of(Role.LOSS):
        lowest, course = curve.series.minimum, course_of(run, curve)
        words = curve.name.replace("cross_entropy", "crossentropy").split("_")
        is_named = bool(CROSS_ENTROPY_WORDS & set(words))
        if is_named and lowest is not None and lowest.value < BELOW_ZERO:
            is_far = course is not None and course.end < FAR_BELOW_ZERO
            return _by_level(curve, lowest, Tier.STRONG if is_far else Tier.SMELL)
    return CannotTell(
        "which loss was trained is not in the log", (CONTRACT.missing, LABELS.missing)
    )


def _by_labels(context: RunContext, output: Output, labels: Labels) -> Flagged:
    far = labels.high if labels.high > 1.0 else labels.low
    return Flagged(
        summary="The model is trained with cross-entropy on continuous targets, from "
        f"{number(labels.low)} to {number(labels.high)}.",
        context=f"{percent(labels.fractional)} of them are not whole numbers, and this loss has no "
        "minimum at them.",
        evidence=(
            Evidence.of_number("share of targets that are not whole numbers", labels.fractional,
                               at_most(0), unit="share", member=labels.member),
            Evidence.of_number("largest target" if far > 1.0 else "smallest target", far,
                               at_most(1) if far > 1.0 else at_least(0), member=labels.member),
            *curve_shown(context.run, Role.LOSS, Role.ACCURACY),
        ),
        tier=context.tier_of_contract,
        since=BEFORE_TRAINING,
        fix=_fix(context.run, output),
    )


def _by_level(curve: Curve, lowest: Point, tier: Tier) -> Flagged:
    steps = curve.series.steps[curve.series.values < BELOW_ZERO]
    first = int(steps[0]) if len(steps) else lowest.step
    return Flagged(
        summary=f"The cross-entropy falls to {number(lowest.value)}: its targets are not classes.",
        context="With labels between 0 and 1, or with class numbers, it can never be negative.",
        evidence=(
            Evidence.of_curve("smallest loss", curve, lowest.value, at_least(0), since=first),
        ),
        tier=tier,
        since=BEFORE_TRAINING,
        rivals=(
            ("ZA201", "the range of the labels: classes numbered from 1 or -1 do the same"),
        ),
    )
