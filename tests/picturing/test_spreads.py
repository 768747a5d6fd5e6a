"""Weights over time: which of them are drawn, and which are flagged."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tb_zeroacc.histograms import Course, CourseBuilder
from tb_zeroacc.picturing.choosing import histograms_of
from tb_zeroacc.picturing.spreads import MOST_TENSORS, flagged, weight_spreads
from tb_zeroacc.run import Histograms, Run
from tests.picturing.finding import a_finding


def course() -> Course:
    builder = CourseBuilder()
    buckets = np.tile([[0.0, 1.0, 4.0]], (3, 1, 1))
    builder.add_many(np.arange(3), np.zeros(3), np.ones(3), buckets)
    return builder.freeze()


def seen(tag: str, **more: Any) -> Histograms:
    return Histograms("a/train", tag, 3, 0, 2, 0.0, 1.0, False, **{"course": course(), **more})


def logged(*tags: str) -> Run:
    return Run("a", histograms=tuple(seen(tag) for tag in tags))


NAMES: dict[str, tuple[Run, str, list[str], int]] = {
    "kernels alone, by their layers": (
        logged("m/dense/bias/histogram", "m/dense/kernel/histogram", "m/out/kernel/histogram"),
        "Weights over time", ["dense", "out"], 0,
    ),
    "PyTorch's": (
        logged("fc.weight", "fc.bias", "fc.weight.grad"), "Weights over time", ["fc.weight"], 0,
    ),
    "what is logged, where no kernel is": (
        logged("activations/relu"), "Histograms over time", ["activations/relu"], 0,
    ),
    "those that no room was left for are counted": (
        Run("a", histograms=(seen("a/kernel"), seen("b/kernel", course=None))),
        "Weights over time", ["a"], 1,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("run", "title", "names", "left_out"), NAMES.values(), ids=NAMES)
def test_which_are_drawn(run: Run, title: str, names: list[str], left_out: int) -> None:
    found = weight_spreads(None, run)
    assert found == {"kind": "histograms", "title": title, "names": names, "flagged": [],
                     "left_out": left_out}  # fmt: skip


def test_of_many_some_are_drawn_from_the_first_to_the_last() -> None:
    found = weight_spreads(None, logged(*(f"l{n}/kernel" for n in range(90))))
    assert found is not None
    assert (found["names"][0], found["names"][-1]) == ("l0", "l89")
    assert (len(found["names"]), found["left_out"]) == (MOST_TENSORS, 90 - MOST_TENSORS)


def test_the_layers_of_a_finding_are_flagged_and_without_them_it_has_another_picture() -> None:
    run = logged("m/dense/kernel", "m/out/kernel")
    found = flagged(a_finding("ZA601", layers=("out",)), run)
    assert found is not None
    assert found["flagged"] == ["out"]
    assert flagged(a_finding("ZA601", layers=("other",)), run) is None


def test_a_log_without_histograms_has_none() -> None:
    assert histograms_of(None, Run("a")) is None
