"""ZA403 metric-frozen-while-loss-falls."""

from __future__ import annotations

from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, NotApplicable, Passed, Tier
from tb_zeroacc.facts import Epoch, Fit
from tb_zeroacc.run import Run, Table
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import answer, check, flagged
from tests.diagnosis.rules.planted.metrics import FALLING, scores


def counts(kind: str, first: float, rest: float, samples: int = 3) -> Table:
    row = {"0": [first] * samples, "1": [rest] * samples, "other": [0.0] * samples}
    return a_table(kind, {"y": row}, steps=[0, 20, 40][:samples], epochs=[0, 1, 1][:samples])


HALF = counts("label_counts", 50, 50)
KNOWN = (a_contract(units=2), HALF)


def frozen(values: list[float], losses: list[float], *parts: Any, **fields: Any) -> Run:
    return a_run(scores(*values), a_curve(losses), *parts, **fields)


PENALTY = a_table("loss", {"loss": {"penalty": [0.5, 0.1]}}, steps=[0, 3])
OWN_FALL = a_table("loss", {"loss": {"penalty": [0.1, 0.1]}}, steps=[0, 3])

WRONG = [0.5, 0.51, 0.49, 0.52, 0.5]

DIGITS = a_table("label_counts", {"y": {str(k): 100.0 for k in range(10)}})


def one_class(**more: float) -> Table:
    """Labels of 100 examples, each of one of ten classes."""
    row = {"min": 0.0, "max": 9.0, "integer_share": 1.0, "units": 1.0, "count": 100.0,
           "examples": 100.0, "mean": 4.5}  # fmt: skip
    return a_table("labels", {"y": row | more})


def told(end: float, *parts: Table, right: float = 0.05, **asked: Any) -> Run:
    """Ten classes, a cross-entropy that falls to `end`, and an accuracy that moves around."""
    tables = {part.kind: part for part in (DIGITS, one_class(), *parts)}.values()
    accuracy = [0.09, 0.1, 0.08, 0.11, right]
    return a_run(a_contract(**asked), *tables, a_curve([2.3, 1.0, 0.6, 0.5, end]),
                 scores(*accuracy))  # fmt: skip


ZA403: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "all along, the baseline known": (frozen([0.5] * 4, [1, 0.9, 0.8, 0.7], *KNOWN), None),
    "since the third epoch": (frozen([0.4, 0.45] + [0.5] * 4, FALLING, *KNOWN), None),
    "a fall of a fifth": (frozen([0.5] * 4, [5, 5, 5, 4], *KNOWN), None),
    "a fall of less": (frozen([0.5] * 4, [5, 5, 5, 4.001], *KNOWN), Passed),
    "a loss that goes below 0": (frozen([0.5] * 4, [1, 0, -1, -2], *KNOWN), None),
    "a millionth": (frozen([0.5, 0.5, 0.5, 0.5 + 1e-6], FALLING[:4], *KNOWN), Passed),
    "less than a millionth": (frozen([0.5, 0.5, 0.5, 0.5 + 9e-7], FALLING[:4], *KNOWN), None),
    "three epochs": (frozen([0.5] * 3, FALLING[:3], *KNOWN), CannotTell),
    "still for three epochs": (frozen([0.1, 0.5, 0.5, 0.5], FALLING[:4], *KNOWN), Passed),
    "at 1": (frozen([1.0] * 6, FALLING), Passed),
    "small data that learn": (frozen([0.95] * 6, FALLING, *KNOWN), Passed),
    "it moves": (frozen([0.1, 0.2, 0.3, 0.4], FALLING[:4], *KNOWN), Passed),
    "baseline unknown, ten epochs": (frozen([0.1] * 10, [1 - k / 12 for k in range(10)]), None),
    "baseline unknown, nine epochs": (
        frozen([0.1] * 9, [1 - k / 12 for k in range(9)]), Tier.SMELL
    ),
    "baseline unknown, still at the end": (frozen([0.5] + [0.9] * 5, FALLING), CannotTell),
    "only the penalty falls": (frozen([0.5] * 4, [1, 0.9, 0.8, 0.6], *KNOWN, PENALTY), Passed),
    "the loss falls beside a penalty": (
        frozen([0.5] * 4, [1, 0.9, 0.8, 0.6], *KNOWN, OWN_FALL), None
    ),
    "no room for wrong answers": (frozen(WRONG, [0.3, 0.1, 0.01, 1e-4, 1e-6]), Tier.SMELL),
    "a little room": (frozen(WRONG, [0.3, 0.1, 0.01, 1e-4, 1.1e-6]), Passed),
    "no room, and no wrong answers": (
        frozen([0.96, 0.95, 0.96, 0.94, 0.95], [0.3, 0.1, 0.01, 1e-4, 1e-6]), Passed,
    ),
    "no room, and an accuracy that rises": (
        frozen([0.3, 0.4, 0.5, 0.6, 0.7], [0.3, 0.1, 0.01, 1e-4, 1e-6]), Passed,
    ),
    "no room from the start on": (frozen(WRONG, [0.0] * 5), Passed),
    "few wrong answers by the loss": (told(0.3), None),
    "one in two by the loss": (told(0.346), None),
    "more by the loss": (told(0.347), Passed),
    "half of those that must be right": (told(0.4, right=0.06), Passed),
    "an accuracy that is better than chance": (told(0.1, right=0.11), Passed),
    "of a class that is most of them": (told(0.1, counts("label_counts", 90, 10)), Passed),
    "of two classes": (told(0.1, HALF, right=0.49), Passed),
    "several places an example": (told(0.1, one_class(count=200.0)), Passed),
    "one-hot rows": (
        told(0.1, one_class(units=10.0, count=1000.0, max=1.0, row_sum_min=1.0, row_sum_max=1.0),
             loss="categorical_crossentropy"), None),
    "several labels at once": (
        told(0.1, one_class(units=10.0, count=1000.0, max=1.0, row_sum_min=1.0, row_sum_max=2.0),
             loss="categorical_crossentropy"), Passed),
    "a loss that is not a mean of logarithms": (told(0.1, loss="kl_divergence"), Passed),
    "a loss that weighs a tenth": (told(0.1, weight=0.1), Passed),
    "weights of classes": (told(0.1, fit=Fit(class_weight=True)), Passed),
    "weights of examples": (
        told(0.1, a_table("sample_weights", {"y": {"mean": 0.1}})), Passed),
    "no accuracy": (a_run(a_curve(FALLING)), CannotTell),
    "no loss": (a_run(scores(0, 0, 0, 0)), CannotTell),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), ZA403.values(), ids=ZA403.keys())
def test_metric_frozen_while_loss_falls(run: Run, want: type[Answer] | Tier | None) -> None:
    check("ZA403", run, want)


def test_it_begins_at_the_training_step_of_its_first_still_epoch() -> None:
    epochs = tuple(Epoch(k, 50 * (k + 1), 50) for k in range(6))
    found = flagged("ZA403", frozen([0.4, 0.45] + [0.5] * 4, FALLING, *KNOWN, epochs=epochs))
    assert found.since == 150
    assert (found.evidence[0].first_step, found.evidence[0].last_step) == (2, 5)


def test_without_points_of_the_loss_over_the_stretch_it_does_not_apply() -> None:
    loss = a_curve(FALLING, axis="step")
    run = a_run(scores(0.4, 0.45, *[0.5] * 4), loss, *KNOWN)
    assert isinstance(answer("ZA403", run), NotApplicable)
