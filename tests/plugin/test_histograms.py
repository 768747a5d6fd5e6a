"""The bins of histograms as the tab is sent them."""

from __future__ import annotations

from math import nan

import numpy as np
import pytest

from tb_zeroacc.histograms import CourseBuilder
from tb_zeroacc.plugin.histograms import histograms_json
from tb_zeroacc.run import Histograms, Run
from tests.diagnosis.planted import a_run

SPREAD = [[-1.0, 0.0, 3.0], [0.0, 2.0, 1.0]]
SINGLE = [[0.5, 0.5, 0.0], [0.5, 0.5, 4.0]]
LOST = [[nan, nan, 0.0], [nan, nan, 0.0]]


def seen(tag: str, steps: list[int], *buckets: list[list[float]]) -> Histograms:
    builder = CourseBuilder()
    told = np.array(buckets)
    builder.add_many(np.array(steps), told[:, 0, 0], told[:, -1, 1], told)
    return Histograms("train", tag, len(steps), steps[0], steps[-1], -1.0, 2.0, True,
                      course=builder.freeze())  # fmt: skip


def test_they_stand_side_by_side_on_the_steps_of_all() -> None:
    run = Run("a", histograms=(
        seen("m/dense/kernel", [0, 2], SPREAD, LOST), seen("m/out/kernel", [1, 2], SINGLE, SINGLE),
    ))  # fmt: skip
    found = histograms_json(run, lambda member: f"logs/{member}")
    assert found is not None
    assert found["steps"] == [0, 1, 2]
    first, second = found["spreads"]
    assert (first["member"], first["tag"], first["name"]) == (
        "logs/train", "m/dense/kernel", "dense",
    )  # fmt: skip
    begun, none, lost = first["columns"]
    assert begun is not None
    assert (begun["low"], begun["high"], begun["total"]) == (-1, 2, 4.0)
    assert sum(begun["counts"][:10]) == pytest.approx(3.0)
    assert none is None
    assert lost is not None
    assert (lost["low"], lost["counts"]) == ("NaN", [])
    assert second["columns"][2] == {"low": 0.5, "high": 0.5, "total": 4.0, "counts": [4.0]}


def test_whether_some_are_left_out_is_said() -> None:
    many = seen("m/dense/kernel", [*range(100)], *[SPREAD] * 100)
    few = seen("m/dense/kernel", [0, 1], SPREAD, SPREAD)
    for one, thinned in ((many, True), (few, False)):
        found = histograms_json(Run("a", histograms=(one,)), str)
        assert found is not None
        assert found["thinned"] is thinned


def test_a_log_without_histograms_has_none() -> None:
    assert histograms_json(a_run(), str) is None
