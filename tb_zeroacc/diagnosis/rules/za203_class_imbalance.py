"""ZA203: one class dominates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.diagnosis.answering.fixes.as_trained import has_own_loop
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
from tb_zeroacc.diagnosis.computed.chance.majority import ceiling_of, is_of_majority
from tb_zeroacc.diagnosis.computed.data.labels import class_counts, labels_of, outside_classes
from tb_zeroacc.diagnosis.computed.model.outputs import (
    output_row,
    predicted_share,
    trained_outputs,
)
from tb_zeroacc.diagnosis.computed.model.samples import ROUNDING
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import CONTRACT, LABEL_COUNTS
from tb_zeroacc.diagnosis.rule import Muted, rule
from tb_zeroacc.facts import Output
from tb_zeroacc.run import Run
from tb_zeroacc.wording import count, number, percent

MAJORITY = 0.9  # share of the largest class; 63:37 is no imbalance
COLLAPSED = 0.999  # share of predictions of it. Faulty 1.0, nearest healthy .63
# Pooled before a share is believed: a few batches of 32 may hold one class by chance.
FEWEST_BATCHES = 3
FEWEST_EXAMPLES = 64
SHOWN_CLASSES = 10  # of a fix's class weights


@dataclass(frozen=True, slots=True)
class _Majority:
    """The largest class of one output: its number, share, and the share of predictions on it."""

    output: Output
    label: int
    share: float
    predicted: float | None
    counts: NDArray[np.float64]


@rule(
    "ZA203",
    "class-imbalance",
    Tier.STRONG,
    Stage.INPUT,
    motif=Motif.CLASSES,
    healthy="Classes are balanced well enough",
    needs=(CONTRACT, LABEL_COUNTS),
    explains=("ZA403", "ZA404", "ZA509", "ZA704", "ZA705"),
    muted_when=Muted.BASELINE_IS_BEATEN,
    fix=Fix(
        "Try weighting the classes, or sampling rare ones more often; and judge by recall or AUC.",
        "+ model.fit(x, y, class_weight={0: 1.0, 1: 20.0})",
        "+ loss = loss_fn(y, outputs, sample_weight=weights)",
    ),
)
def class_imbalance(context: RunContext) -> Answer:
    """One class dominates, so that a high accuracy means little.

    ## What it means
    Nine labels of ten or more are the same class: fraud, defects, rare diseases.

    ## Why accuracy suffers
    Always predicting the largest class is right in 99 % of cases and finds none of the others. A
    rare class adds so little to the loss that the model first learns to ignore it.

    ## How it is detected
    The share of the largest class, pooled over all samples (at least 3 batches and 64 examples,
    since small batches may hold one class by chance), is 90 % or more. That is a smell, and remains
    one where classes or examples are weighted. It is strong when predictions have collapsed: 99.9 %
    of the predictions of the last samples are that class, or accuracy exceeds its share by at most
    a tenth of the rest, or is below it by at most .05 (else others are predicted). Measured: .990
    with 100 % of predictions, against .63 in the nearest healthy program. Muted once loss and
    accuracy beat the baseline.

    ## How to fix it
    ```python
    model.fit(x, y, class_weight={0: 1.0, 1: 99.0})
    model.compile(..., metrics=[keras.metrics.Recall(), keras.metrics.AUC(curve="PR")])
    ```

    ## Easily confused with
    ZA202 constant-labels: there is no other class. ZA404 predicts-one-class: its consequence; with
    balanced classes it has another cause. ZA704 stuck-at-chance: the same.

    ## Sources
    developers.google.com/machine-learning/crash-course (class-imbalanced datasets);
    tensorflow.org/tutorials/structured_data/imbalanced_data. Margins measured on Keras 3.15.
    """
    run, table = context.run, context.given(LABEL_COUNTS)
    outputs = trained_outputs(run)
    beyond = max((outside_classes(run, o.name) for o in outputs if o.ignore_class is None),
                 default=0.0)
    if beyond > 0:
        return CannotTell(f"{percent(beyond)} of the labels are none of the output's classes")
    found = [m for output in outputs if (m := _majority(run, output)) is not None]
    if not found:
        return CannotTell("no labels were counted")
    worst = max(found, key=lambda m: m.share)
    size = int(worst.counts.sum())
    said = f"class {worst.label} has {percent(worst.share)} of the labels"
    if worst.share >= 1.0:
        return NotApplicable(f"{said}: there is one class only")
    if len(table) < FEWEST_BATCHES or size < FEWEST_EXAMPLES:
        return CannotTell(f"{said} in {count(size, 'example')} of {count(len(table), 'batch')}: "
                          f"{FEWEST_BATCHES} batches and {FEWEST_EXAMPLES} are needed")
    if worst.share < MAJORITY - ROUNDING:
        return Passed(f"{said} (limit {percent(MAJORITY)})")
    return _flagged(context, worst, alone=len(outputs) == 1)


def _majority(run: Run, output: Output) -> _Majority | None:
    counts = class_counts(run, output.name)
    if counts is None or counts.sum() <= 0:
        return None
    label = int(np.argmax(counts))
    share = float(counts[label] / counts.sum())
    return _Majority(output, label, share, predicted_share(run, output, label), counts)


def _flagged(context: RunContext, worst: _Majority, *, alone: bool) -> Flagged:
    run, table = context.run, context.given(LABEL_COUNTS)
    first, last = int(table.steps[0]), int(table.steps[-1])
    accuracy = context.final_accuracy
    one_answer = worst.predicted is not None and worst.predicted >= COLLAPSED - ROUNDING
    poor = is_of_majority(accuracy, worst.share)
    weighted = _weighted(run)
    strong = (one_answer or poor) and alone and not weighted
    evidence = [
        Evidence.of_table(f"share of class {worst.label} among the labels", table, worst.share,
                          at_most(MAJORITY, room=ROUNDING), unit="share", since=first, until=last,
                          shown_by=run.curve("zeroacc/label_majority_share")),
    ]  # fmt: skip
    if worst.predicted is not None:
        evidence.append(
            Evidence.of_table(f"share of class {worst.label} among the last predictions", table,
                              worst.predicted, at_most(COLLAPSED, room=ROUNDING), unit="share",
                              since=first, until=last,
                              shown_by=run.curve("zeroacc/prediction_majority_share"))
        )  # fmt: skip
    if accuracy is not None:
        evidence += accuracy_against(run, "the majority's share plus a tenth of the rest",
                                     ceiling_of(worst.share))
    said = "and the model predicts no other" if one_answer else "so accuracy means little"
    return Flagged(
        summary=f"Class {worst.label} has {percent(worst.share)} of all labels, {said}.",
        context="" if accuracy is None else
        f"Accuracy is {number(accuracy)}; always predicting class {worst.label} scores "
        f"{number(worst.share)}.",
        evidence=tuple(evidence),
        counter_evidence=(Evidence("classes or examples are weighted"),) if weighted else (),
        tier=None if strong else Tier.SMELL,
        fix=None if weighted else _weights(run, worst),
    )  # fmt: skip


def _weighted(run: Run) -> bool:
    """Whether weights already compensate for the imbalance."""
    if run.contract is not None and run.contract.fit.class_weight:
        return True
    table = run.table("sample_weights")
    if table is None:
        return False
    low, high = table.column("min"), table.column("max")
    return bool(np.max(high[np.isfinite(high)], initial=-np.inf)
                > np.min(low[np.isfinite(low)], initial=np.inf))


def _weights(run: Run, worst: _Majority) -> Fix | None:
    seen = np.flatnonzero(worst.counts)
    if len(seen) > SHOWN_CLASSES:
        return None
    known = weights_by_rarity(worst.counts)
    if _takes_class_weights(run, worst.output):
        said = ", ".join(f"{k}: {weight}" for k, weight in known.items())
        data = data_argument(run)
        return Fix(
            "Try weighting the classes by their rarity; judge by recall or AUC, not by accuracy.",
            f"- model.fit({data})\n+ model.fit({data}, class_weight={{{said}}})",
        )
    said = ", ".join(known.get(k, "1") for k in range(max(known) + 1))
    labels = labels_of(run, worst.output)
    ids = "y.argmax(-1)" if labels is not None and labels.units > 1 else 'y.astype("int")'
    code = f"weights = np.array([{said}])[{ids}]  # of each label's own class\n"
    return Fix(
        "Try weighting every label by the rarity of its class (`class_weight` takes one label an "
        "example), and judge by recall or overlap, not by accuracy.",
        code + "- model.fit(x, y)\n+ model.fit(x, y, sample_weight=weights)",
        code
        + "- loss = loss_fn(y, outputs)\n+ loss = loss_fn(y, outputs, sample_weight=weights)",
    )


def _takes_class_weights(run: Run, output: Output) -> bool:
    """Whether Keras' `class_weight` fits: `fit`, one output, and one label an example."""
    table, contract = run.table("labels"), run.contract
    row = output_row(table, output.name)
    if contract is None or has_own_loop(run) or len(contract.outputs) > 1:
        return False
    if table is None or row is None:
        return True
    sizes, examples, units = (table.column(n)[:, row] for n in ("count", "examples", "units"))
    return not bool((sizes > examples * np.nan_to_num(units, nan=1.0)).any())
