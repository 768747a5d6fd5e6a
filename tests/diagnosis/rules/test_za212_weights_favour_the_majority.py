"""ZA212 weights-favour-the-majority."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, NotApplicable, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.facts import Fit
from tb_zeroacc.run import Role, Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import check, flagged
from tests.diagnosis.rules.planted.labels import BCE, counts

GIVEN = Fit(class_weight=True)
BATCH = 100.0
# Examples of all but the first class in each batch; 10 % on average.
RARE = (8.0, 10.0, 12.0, 9.0, 11.0)
MANY = (38.0, 40.0, 42.0, 39.0, 41.0)


def weighted(
    *weights: float,
    shares: Sequence[float] = (1.0,),
    rare: Sequence[float] = RARE,
    accuracy: float = 0.9,
    fit: Fit | None = GIVEN,
    more: Sequence[Any] = (),
    off: float = 0.0,
) -> Run:
    """Classes 1, 2, .. share what is rare, and every example is weighted by its class.

    `off` is added to the mean weight of the first batch.
    """
    others = [[n * share * (1 + 0.1 * i * k) for i, n in enumerate(rare)]
              for k, share in enumerate(shares)]  # fmt: skip
    drawn = np.array([[BATCH - n for n in np.sum(others, axis=0)], *others])  # (classes, batches)
    means = np.array(weights) @ drawn / BATCH
    means[0] += off
    row = {"mean": means, "min": min(weights), "max": max(weights)}
    head = BCE if len(weights) == 2 else {"units": len(weights)}
    return a_run(
        a_contract(**head, fit=fit),
        a_table("label_counts", {"y": {str(k): n for k, n in enumerate(drawn)}}),
        a_table("sample_weights", {"y": row}),
        a_curve([0.7, 0.5, 0.4, 0.4]),
        a_curve([0.9, 0.9, 0.9, accuracy], Role.ACCURACY),
        *more,
    )


def with_predictions(of_the_first: float) -> Any:
    return counts(1e4 * of_the_first, 1e4 * (1 - of_the_first), kind="prediction_counts")


THREE = (0.6, 0.4)
LEARNED = (a_curve([0.7, 1e-3]), a_curve([0.9, 0.99], Role.ACCURACY))
ROOM = 0.001 + 2 * (0.9 * 0.1 / 500) ** 0.5  # of counting .9 in 500 labels

ZA212: dict[str, tuple[Run, type[Answer] | Tier]] = {
    "their counts": (weighted(9.0, 1.0), Tier.STRONG),
    "the inverse": (weighted(1.0, 9.0), Passed),
    "the roots of their counts": (weighted(3.01, 1.0), Tier.STRONG),
    "less than these": (weighted(2.99, 1.0), Passed),
    "a little apart": (weighted(1.5, 1.0, rare=MANY, accuracy=0.6), Tier.STRONG),
    "hardly apart": (weighted(1.49, 1.0, rare=MANY, accuracy=0.6), Passed),
    "the shares of three": (weighted(0.9, 0.06, 0.04, shares=THREE), Tier.STRONG),
    "the inverse of three": (weighted(1.1, 16.0, 25.0, shares=THREE), Passed),
    "more for the second, to be sure": (weighted(2.0, 9.0, 1.0, shares=THREE), Passed),
    "names that no label has": (weighted(1.0, 1.0), Tier.STRONG),
    "weights of one that were not asked for": (weighted(1.0, 1.0, fit=Fit()), Passed),
    "in a dataset": (weighted(9.0, 1.0, fit=Fit(from_arrays=False)), Tier.STRONG),
    "even classes": (weighted(9.0, 1.0, rare=(48.0, 50.0, 52.0, 49.0, 51.0)), Passed),
    "weights of examples": (weighted(9.0, 1.0, off=0.1), NotApplicable),
    "batches that hold the same": (weighted(9.0, 1.0, rare=(10.0,) * 5), CannotTell),
    "a class of no weight": (weighted(9.0, 0.0), CannotTell),
    "one class only": (weighted(9.0, 1.0, rare=(0.0,) * 5), NotApplicable),
    "others are found": (weighted(9.0, 1.0, accuracy=0.95), Tier.SMELL),
    "others are hardly found": (weighted(9.0, 1.0, accuracy=0.9 + ROOM), Tier.STRONG),
    "others are found a little": (weighted(9.0, 1.0, accuracy=0.901 + ROOM), Tier.SMELL),
    "accuracy is below: others are predicted": (
        weighted(9.0, 1.0, accuracy=0.84), Tier.SMELL),
    "one answer, whatever the accuracy": (
        weighted(9.0, 1.0, accuracy=0.95, more=[with_predictions(0.999)]), Tier.STRONG),
    "nearly one answer": (
        weighted(9.0, 1.0, accuracy=0.95, more=[with_predictions(0.998)]), Tier.SMELL),
    "it beats its baseline": (
        a_run(*weighted(9.0, 1.0).tables.values(), a_contract(**BCE, fit=GIVEN), *LEARNED),
        Passed),
    "labels beyond the classes": (
        weighted(9.0, 1.0, more=[counts(90, 10, other=5)]), CannotTell),
    "no weights": (a_run(a_contract(**BCE), counts(90, 10)), Passed),
    "classes were not counted": (a_run(a_contract(**BCE)), CannotTell),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), ZA212.values(), ids=ZA212.keys())
def test_weights_favour_the_majority(run: Run, want: type[Answer] | Tier) -> None:
    check("ZA212", run, want)


def test_it_shows_both_weights_and_gives_the_inverse() -> None:
    found = flagged("ZA212", weighted(9.0, 1.0))
    largest, smallest, accuracy = found.evidence
    assert (largest.value, largest.threshold) == pytest.approx((9.0, 1.0), rel=1e-3)
    assert smallest.value == pytest.approx(1.0, rel=1e-3)
    assert accuracy.threshold == pytest.approx(0.9 + ROOM)
    assert "class 0 weighs 9 times as much as class 1, which has 10 %" in found.summary
    assert found.fix is not None
    assert "class_weight={0: 1, 1: 9}" in found.fix.code


def test_weights_without_effect_are_called_that() -> None:
    found = flagged("ZA212", weighted(1.0, 1.0))
    assert found.summary == "`class_weight` has no effect: all classes weigh 1."


def test_what_follows_folds_under_it() -> None:
    told = diagnose(weighted(9.0, 1.0, more=[with_predictions(1.0)]), CATALOGUE, strict=True)
    assert told.findings[0].code == "ZA212"
    assert {c.code for c in told.findings[0].explains} >= {"ZA203", "ZA403"}
