"""The mean sample weight of each class."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from tb_zeroacc.diagnosis.computed.chance.baseline import baseline_of, unweighted_baseline
from tb_zeroacc.diagnosis.computed.data.class_weights import class_weights, follow_classes
from tb_zeroacc.run import Run
from tests.diagnosis.planted import a_contract, a_run, a_table

RARE = [1.0, 0.0, 3.0, 0.0, 1.0, 2.0, 0.0, 1.0]  # of 32 a batch: 8 of 256
BINARY = a_contract(loss="binary_crossentropy", activation="sigmoid", units=1)


def weighted(*weights: float, seen: list[float] = RARE, reduction: str | None = None) -> Run:
    """Batches of two classes, each example weighted by its class."""
    counts = {"0": [32.0 - n for n in seen], "1": seen}
    means = [((32.0 - n) * weights[0] + n * weights[1]) / 32.0 for n in seen]
    row = {"mean": means, "min": min(weights), "max": max(weights)}
    contract = a_contract(
        loss="binary_crossentropy", activation="sigmoid", units=1, reduction=reduction
    )
    return a_run(
        a_table("label_counts", {"y": counts}), a_table("sample_weights", {"y": row}), contract
    )


def test_weights_that_follow_from_the_class_are_found_exactly() -> None:
    assert class_weights(weighted(0.5161, 16.0), "y") == pytest.approx([0.5161, 16.0], rel=1e-4)


def test_a_class_that_no_batch_tells_apart_keeps_the_mean() -> None:
    run = weighted(1.0, 3.0, seen=[16.0] * 6)
    assert class_weights(run, "y") == pytest.approx([2.0, 2.0])


def of_examples(low: float, high: float) -> Run:
    """Weights that differ within a class, around means that the classes explain."""
    run = weighted(0.5, 16.0)
    means = run.tables["sample_weights"].column("mean")[:, 0]
    other = a_table("sample_weights", {"y": {"mean": means, "min": low, "max": high}})
    return replace(run, tables={**run.tables, "sample_weights": other})


FOLLOWING = {
    "of classes": (weighted(0.5, 16.0), True),
    "all the same": (weighted(1.0, 1.0), True),
    "some examples count more": (of_examples(0.5, 20.0), False),
    "some count less": (of_examples(0.1, 16.0), False),
    "no two batches differ": (weighted(1.0, 3.0, seen=[16.0] * 6), None),
    "as many batches as classes": (weighted(1.0, 3.0, seen=[1.0, 2.0]), None),
    "no weights": (a_run(BINARY), None),
}


@pytest.mark.parametrize(("run", "follow"), FOLLOWING.values(), ids=FOLLOWING.keys())
def test_whether_weights_are_of_classes(run: Run, follow: bool | None) -> None:
    assert follow_classes(run, "y") is follow


def test_none_without_weights() -> None:
    assert class_weights(a_run(BINARY), "y") is None


def test_a_balanced_weighting_makes_a_coin_of_a_rare_class() -> None:
    run = weighted(256 / 2 / 248, 256 / 2 / 8)
    assert baseline_of(run).loss == pytest.approx(math.log(2), rel=1e-4)
    assert unweighted_baseline(run).loss == pytest.approx(0.1391, rel=1e-3)


def test_counts_as_weights_scale_it() -> None:
    run = weighted(8.0, 248.0)  # each class is weighted by the size of the other
    assert baseline_of(run).loss == pytest.approx(math.log(2) * 2 * 8 * 248 / 256, rel=1e-4)


def test_a_mean_over_the_weights_is_not_scaled() -> None:
    run = weighted(8.0, 248.0, reduction="mean_with_sample_weight")
    assert baseline_of(run).loss == pytest.approx(math.log(2), rel=1e-4)
