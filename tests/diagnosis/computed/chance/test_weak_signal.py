"""Models whose loss hardly beats a constant prediction, because labels are mostly noise."""

from __future__ import annotations

from typing import Any

import pytest

from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.computed.chance.held_out import held_out_baseline
from tb_zeroacc.diagnosis.computed.chance.weak_signal import best_at_chance, shown_signal
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.run import Curve, Role, Run, Split
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table

BINARY = a_contract(
    loss="binary_crossentropy", activation="linear", units=1, from_logits=True,
    metrics=("AUC",), metric_names=("auc",),
)  # fmt: skip
HELD = Split.VALIDATION


def area(*values: float, split: Split = HELD, name: str = "auc") -> Curve:
    prefix = "val_" if split is HELD else ""
    tag = f"zeroacc/epoch/{prefix}{name}"
    return a_curve(values, Role.METRIC, split, tag=tag, name=name, headline=False)


FLAT = (0.66, 0.64, 0.638, 0.637, 0.637)
BY_HEART = (0.66, 0.62, 0.58, 0.56, 0.55)


def noisy(
    *more: Any, held: tuple[int, int] = (86, 42), val_loss: float = 0.668, mean: float = 0.38,
    loss: tuple[float, ...] = FLAT,
) -> Run:
    """2000 examples of two classes, 38 % of them positive; the loss ends at .96 of its entropy."""
    first, second = (float(n) for n in held)
    return a_run(
        BINARY,
        a_table("labels", {"y": {"mean": mean, "examples": 2000.0, "count": 2000.0}}),
        a_table("label_counts", {"y": {"0": 2000 * (1 - mean), "1": 2000 * mean}}),
        a_table("validation_labels", {"y": {"examples": [first + second] * 2}}),
        a_table("validation_label_counts", {"y": {"0": [first] * 2, "1": [second] * 2}}),
        a_curve([0.72, *loss]),
        a_curve([0.70, *[val_loss] * 5], split=HELD),
        *more,
    )


SIGNALS: dict[str, tuple[Run, str | None]] = {
    "nothing": (noisy(), None),
    "an area that rises": (noisy(area(0.5, 0.6, 0.64, 0.65, 0.65)), "val_auc"),
    "an area within the error of 128 labels": (noisy(area(0.5, 0.6, 0.63, 0.63)), None),
    "an area of many labels": (
        noisy(area(0.5, 0.54, 0.56, 0.56), held=(6200, 3800)), "val_auc"),
    "an area too near chance": (noisy(area(0.5, 0.54, 0.54, 0.54), held=(6200, 3800)), None),
    "of precision and recall, by its name": (
        noisy(area(0.6, 0.7, 0.7, 0.7, name="auc_pr"), held=(6200, 3800)), None),
    "of mostly positive labels it may be that one": (
        noisy(area(0.6, 0.7, 0.7, 0.7), held=(3000, 7000)), None),
    "of training, beside validation": (
        noisy(area(0.5, 0.6, 0.65, 0.7, split=Split.TRAIN)), None),
    "an accuracy above the largest class": (
        noisy(a_curve([0.6, 0.74, 0.74], Role.ACCURACY, HELD), held=(620, 380)), "accuracy"),
    "an accuracy of the largest class": (
        noisy(a_curve([0.6, 0.63, 0.63], Role.ACCURACY, HELD), held=(620, 380)), None),
    "a loss below both": (noisy(val_loss=0.625), "val_loss"),
    "a loss below that of the few labels on record": (noisy(val_loss=0.645), None),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), SIGNALS.values(), ids=SIGNALS.keys())
def test_shown_signal(run: Run, want: str | None) -> None:
    found = shown_signal(run)
    assert (found is None) if want is None else (found is not None and want in found), found


def test_training_alone_counts_where_there_is_no_validation() -> None:
    run = noisy(area(0.5, 0.58, 0.6, 0.6, split=Split.TRAIN))
    alone = a_run(
        BINARY, *(t for k, t in run.tables.items() if not k.startswith("validation")),
        *(c for c in run.curves if c.split is Split.TRAIN),
    )  # fmt: skip
    assert shown_signal(alone) is not None


def test_the_few_labels_of_validation_are_pooled_with_those_of_training() -> None:
    """The entropy of 128 labels, .633, is off by .021; that of 2000, .664, by .005."""
    found = held_out_baseline(noisy())
    assert found is not None
    assert found.low == found.high == pytest.approx(0.6623, abs=1e-3)
    assert found.clear == pytest.approx(0.98 * (0.6623 - 2 * 0.0052), abs=1e-3)


@pytest.mark.parametrize(
    ("run", "outcome"),
    [
        (noisy(area(0.5, 0.6, 0.64, 0.65, 0.65)), Outcome.LEARNING),
        (noisy(area(0.5, 0.5, 0.51, 0.5, 0.5)), Outcome.NOT_LEARNING),
    ],
)
def test_a_weak_signal_is_not_called_chance(run: Run, outcome: Outcome) -> None:
    told = diagnose(run, CATALOGUE, strict=True)
    assert told.outcome is outcome
    assert ("ZA704" in {finding.code for finding in told.findings}) is (
        outcome is Outcome.NOT_LEARNING
    )


AT_CHANCE: dict[str, tuple[Run, float | None]] = {
    "above it": (noisy(), 0.668),
    "below it by no more than sampling explains": (noisy(val_loss=0.645), 0.645),
    "clearly below it": (noisy(val_loss=0.625), None),
    "an area tells more": (noisy(area(0.5, 0.6, 0.64, 0.65, 0.65)), None),
    "weighted": (noisy(a_table("sample_weights", {"y": {"mean": 1.0}})), None),
}  # fmt: skip


@pytest.mark.parametrize(("run", "best"), AT_CHANCE.values(), ids=AT_CHANCE.keys())
def test_a_validation_that_stays_at_chance(run: Run, best: float | None) -> None:
    found = best_at_chance(run)
    assert (None if found is None else found[0]) == (None if best is None else pytest.approx(best))


def test_what_training_alone_gains_is_not_called_learning() -> None:
    told = diagnose(noisy(loss=BY_HEART), CATALOGUE, strict=True)
    assert told.outcome is Outcome.CANNOT_TELL
    assert told.headline.startswith("Validation does not show that it learns: its loss was 0.668 ")
    shown = diagnose(noisy(loss=BY_HEART, val_loss=0.62), CATALOGUE, strict=True)
    assert shown.outcome is Outcome.LEARNING
