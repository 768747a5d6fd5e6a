"""ZA206: labels that do not depend on the inputs."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from tb_zeroacc.diagnosis.answering.fixes.keras_code import is_fed_by_dataset
from tb_zeroacc.diagnosis.answering.shown_curves import below_chance
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
    at_least,
    at_most,
)
from tb_zeroacc.diagnosis.computed.chance.baseline import HOPELESS
from tb_zeroacc.diagnosis.computed.chance.held_out import NEVER_BETTER, held_out_baseline
from tb_zeroacc.diagnosis.computed.chance.weak_signal import shown_signal
from tb_zeroacc.diagnosis.computed.data.association import CHANCE, Association, association_of
from tb_zeroacc.diagnosis.computed.data.inputs import entry, hidden_entry
from tb_zeroacc.diagnosis.computed.learning.steps_taken import steps_taken
from tb_zeroacc.diagnosis.computed.learning.trend import Trend, trend_of
from tb_zeroacc.diagnosis.computed.learning.validation import FEWEST_POINTS
from tb_zeroacc.diagnosis.computed.model.kernels import kernel_ratios
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import LABELS, LOSS, WEIGHTS
from tb_zeroacc.diagnosis.rule import Family, Muted, rule
from tb_zeroacc.run import Curve, Role, Run, Split
from tb_zeroacc.wording import count, number, percent

FEWEST_STEPS = 200  # after 20 steps random and learnable targets look alike
# Final training loss ÷ baseline. Permuted labels .87 to .98, healthy programs .43 at most.
LOWEST, HIGHEST = 0.85, 1.1
STILL = 0.05  # fall over the last quarter, as a share of the level
LAZY, WILD = 1e-4, 0.1  # median update ÷ weights of the largest kernel: between them it can learn
TOGETHER = Fix(
    "Check a few examples with their labels, and shuffle inputs and labels only together: zip "
    "them first.",
    "- images, labels = images.shuffle(1000), labels.shuffle(1000)\n"
    "- dataset = tf.data.Dataset.zip((images, labels))\n"
    "+ dataset = tf.data.Dataset.zip((images, labels)).shuffle(1000)",
)
# A record cannot tell a relation out of the model's reach from none: every mean, and every product
# of a few columns, of a parity or a hash of the inputs is that of random labels.
SEPARATES = (
    "Train on 100 rows until their loss is near 0: if that fails, the model cannot learn. If it "
    "works, train another kind of model (boosted trees, say) on all rows, once as they are and "
    "once with the labels shuffled: where validation is no better for the true labels, the inputs "
    "tell nothing of them."
)
LOSSES = ("ZA3",)  # faults of output and loss, under which examples were learned all the same
LEARNED = 0.05  # accuracy above the largest class's share: as in ZA704
# The inputs of these are codes: their size has no meaning, and neither has a correlation with it.
CODES = ("Embedding", "Lookup", "Vectorization", "Hashing")


@dataclass(frozen=True, slots=True)
class _Held:
    """The lowest validation loss against .98 of the baseline.

    Attributes:
        curve: The validation loss.
        best: Its minimum.
        clear: Below this it is better than the baseline, whatever samples the two are from.
        limit: The lowest of the limits that it may have to be held against.
        slack: By how much less than `best` the loss proper may be.
    """

    curve: Curve
    best: float
    clear: float
    limit: float
    slack: float


@rule(
    "ZA206",
    "labels-independent-of-inputs",
    Tier.STRONG,
    Stage.INPUT,
    motif=Motif.ASSOCIATIONS,
    healthy="Labels depend on the inputs",
    needs=(LOSS, LABELS, WEIGHTS),
    explains=("ZA403", "ZA404", "ZA605", "ZA704", "ZA705"),
    yields_to=(
        "ZA101", "ZA102", "ZA103", "ZA104", "ZA106", "ZA107", "ZA110", "ZA113", Family.LABELS,
        Family.OUTPUT_AND_LOSS, "ZA503", "ZA504", "ZA509", "ZA601",
    ),
    muted_when=Muted.BASELINE_IS_BEATEN,
    fix=Fix(
        "Check a few examples with their labels, and shuffle inputs and labels only together.",
        "- np.random.shuffle(x)\n- np.random.shuffle(y)\n"
        "+ order = np.random.permutation(len(x))\n+ x, y = x[order], y[order]",
    ),
)  # fmt: skip
def labels_independent_of_inputs(context: RunContext) -> Answer:
    """Training works, but the labels do not depend on the inputs.

    ## What it means
    Inputs and labels of one row do not belong together: they were shuffled separately, joined by
    the wrong key, drawn at random; or the features contain no information about the label. A
    relation that the model cannot represent (a parity, a hash, the third digit of a number) leaves
    the same record, and is not ruled out.

    ## Why accuracy suffers
    There is nothing to learn. The best that a model can do is to predict the largest class or the
    mean; anything beyond is memorised and holds for no other example.

    ## How it is detected
    Nothing else is found (this rule yields to all faults of data, contract and gradients), 200
    steps were taken, and the median update of the largest kernel is 1e-4 to .1 of its weights, so
    that learning was possible. Then either the training loss ends at .85 to 1.1 of its baseline and
    fell by less than 5 % over the last quarter (permuted labels .87 to .98, healthy .43 at most);
    or a validation loss of 4 epochs or more never goes below .98 of the baseline (random 1.03 to
    1.08), whatever regularisers and weights add to both; below .85 labels do depend on inputs, in
    between that is open, since the validation labels have their own variance (classes: their own
    entropy, counted in its first batches and pooled with that of the training labels, with two
    standard errors of room). A validation accuracy or area under the ROC curve above chance by .05
    and 2.5 standard errors rules it out, however high the loss. And no input column
    is correlated with a label column: Pearson's r over all samples, p by Fisher's z, times the
    number of pairs, must be 1e-4 or more. A smaller p proves that labels depend on inputs (1e-9 to
    1e-211 where nets learn); a larger one proves nothing (XOR), which is why it does not suffice
    alone. Repeated examples count once. It stands beside faults of output and loss where examples
    were learned in spite of them: validation never got better, while training is .05 above the
    largest class's share or below .9 of its baseline.

    ## How to fix it
    ```python
    order = np.random.permutation(len(x))
    x, y = x[order], y[order]
    ```
    Then check for ten inputs whether you could tell the label yourself.

    ## Easily confused with
    ZA702 learning-rate-too-low: its updates are tiny. ZA604 underfits: labels depend on inputs
    and the model is too small. ZA605 overfits: validation is better than the baseline for a while.

    ## Sources
    Zhang et al. 2017, Understanding deep learning requires rethinking generalization;
    stackoverflow.com/q/46136553 and 41864333. Margins measured on Keras 3.15.
    """
    run, ratio = context.run, context.loss_ratio
    if ratio is None or context.baseline.loss is None:
        return CannotTell("the score of a constant prediction is not known")
    if not math.isfinite(ratio):
        return NotApplicable("the loss is not finite")
    found = association_of(run)
    if found is not None and found.log_p < math.log(CHANCE):
        return Passed(f"`{found.pair[0]}` and `{found.pair[1]}` are correlated, "
                      f"r = {number(found.r)}: chance is ruled out")
    held = _held_out(context)
    if held is not None and held.best < held.clear:
        return Passed(f"the validation loss fell to {number(held.best)}, below the baseline")
    signal = shown_signal(run) if run.headline(Role.LOSS, Split.VALIDATION) else None
    if signal is not None:
        return Passed(f"{signal}, so the labels depend on the inputs")
    if held is not None and held.best < held.limit:
        return CannotTell(f"the validation loss fell to {number(held.best)}, below the baseline by "
                          "no more than sampling explains")
    if held is not None and held.best - held.slack < held.limit:
        return CannotTell(f"the validation loss fell to {number(held.best)}; without regularisers "
                          "and weights it may be below the baseline")
    if held is None and ratio < LOWEST:
        return CannotTell(f"the training loss ends at {percent(ratio)} of its baseline; without "
                          "validation, learning and memorising look the same", is_suspicion=True)
    if (steps := steps_taken(run)) < FEWEST_STEPS:
        return CannotTell(f"{count(steps, 'step')}: at least {FEWEST_STEPS} are needed")
    if found is None or _codes(run):
        return CannotTell("the correlation of inputs and labels is not recorded, or not meaningful")
    trend = trend_of(context.given(LOSS).series)
    if trend is None:
        return CannotTell("fewer than two points of the loss")
    if ratio > HIGHEST:
        return CannotTell(f"the loss ends at {number(ratio)} times its baseline: another "
                          "fault is likelier")  # fmt: skip
    if held is None and trend.late_fall >= STILL * abs(trend.mark):
        return CannotTell("the loss still falls")
    summary = _summary(ratio, context.baseline.loss, held)
    return _by_updates(context, summary, trend, found, held)


def _held_out(context: RunContext) -> _Held | None:
    """The lowest validation loss; None without one, and where it is high but of few points."""
    curve = context.run.headline(Role.LOSS, Split.VALIDATION)
    low, baseline = curve.series.minimum if curve else None, held_out_baseline(context.run)
    if curve is None or low is None or baseline is None:
        return None
    limit = NEVER_BETTER * baseline.low
    slack = NEVER_BETTER * (baseline.high - baseline.low) + _penalty(context.run)
    held = _Held(curve, low.value, baseline.clear, limit, slack)
    few = len(curve.series) < FEWEST_POINTS
    return None if few and held.best - held.slack >= held.limit else held


def _penalty(run: Run) -> float:
    """The largest penalty of the regularisers on record: the validation loss holds it too."""
    table = run.table("loss")
    known = table.column("penalty") if table else np.array([])
    return float(np.max(known[np.isfinite(known)], initial=0.0))


def _codes(run: Run) -> bool:
    """Whether the inputs are, or may be, codes, whose size has no meaning."""
    looked_up = any(word in layer.class_name for layer in entry(run) for word in CODES)
    return looked_up or hidden_entry(run) is not None


def _summary(ratio: float, baseline_loss: float, held: _Held | None) -> str:
    if held is None:
        stands = f"The loss stays at {percent(ratio)} of its baseline"
        return f"{stands}: the labels seem not to depend on the inputs."
    against = f"({number(held.best)} against {number(baseline_loss)})"
    said = "Validation is never better than a constant prediction"
    return f"{said} {against}: the labels may be random."


def _by_updates(
    context: RunContext, summary: str, trend: Trend, found: Association, held: _Held | None
) -> Answer:
    weights = context.given(WEIGHTS)
    ratios = kernel_ratios(context.run, weights)
    if not np.isfinite(ratios).any():
        return CannotTell("no update of a kernel is recorded")
    update = float(np.nanmedian(ratios))
    if not LAZY < update < WILD:
        return CannotTell(f"updates are {number(update)} of the weights: too small or too large "
                          "for the model to have learned")
    return _flagged(context, summary, trend, found, held, update)


def _learned_examples(context: RunContext) -> bool:
    """Whether training got better, so that neither output nor loss keep the model from it."""
    accuracy, majority = context.final_accuracy, context.baseline.accuracy
    is_right = accuracy is not None and majority is not None and accuracy > majority + LEARNED
    return is_right or (context.loss_ratio or 1.0) < HOPELESS


def _flagged(
    context: RunContext,
    summary: str,
    trend: Trend,
    found: Association,
    held: _Held | None,
    update: float,
) -> Flagged:
    run, p, baseline = context.run, math.exp(found.log_p), context.baseline
    of_classes = baseline.classes is not None or baseline.accuracy is not None
    chance = below_chance(baseline.loss or 0.0, of_classes=of_classes, hopeless=LOWEST)
    loss = Evidence.of_curve(
        f"training loss at the end, against its baseline ({baseline.what})",
        context.given(LOSS), trend.end, chance, until=trend.end_step,
    )  # fmt: skip
    updates = Evidence.of_table(
        "update ÷ weights of the largest kernel, median", context.given(WEIGHTS), update,
        at_least(LAZY), since=0, until=steps_taken(run) - 1,
        shown_by=run.curve("zeroacc/update_ratio"),
    )  # fmt: skip
    text = "best validation loss, against 0.98 times the baseline"
    shown = (
        () if held is None
        else (Evidence.of_curve(text, held.curve, held.best, at_most(held.limit)),)
    )  # fmt: skip
    return Flagged(
        summary=summary,
        context=f"Updates are healthy ({number(update)} of the weights), and no input column is "
        f"correlated with a label (p = {number(p)}). A relation that this model cannot represent, "
        "a parity or a hash, looks the same.",
        evidence=(
            *shown,
            replace(loss, rules_out="a model that cannot learn"),
            Evidence.of_table(f"p-value of the largest correlation, of `{found.pair[0]}`",
                              context.given(LABELS), p, at_most(CHANCE), layer=found.pair[0]),
            replace(updates, rules_out="a learning rate too low"),
        ),
        fix=TOGETHER if is_fed_by_dataset(run) else None,
        by_heart=held is not None,
        is_mutable=held is None,
        apart_from=LOSSES if held is not None and _learned_examples(context) else (),
        rivals=(("ZA604", SEPARATES),),
    )  # fmt: skip
