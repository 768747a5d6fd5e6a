"""What is computed of a run is computed once."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
from numpy.typing import NDArray

from tb_zeroacc.diagnosis.computed.per_run import per_run
from tb_zeroacc.run import Run
from tests.diagnosis.planted import a_run


def test_each_run_and_each_argument_is_computed_once() -> None:
    asked: list[tuple[Run, int, int]] = []

    @per_run
    def total(run: Run, number: int, *, more: int = 0) -> int:
        asked.append((run, number, more))
        return number + more

    one, other = a_run(), a_run()
    told = [total(one, 1), total(one, 1), total(one, 1, more=2), total(other, 1), total(one, 1)]
    assert told == [1, 1, 3, 1, 1]
    assert asked == [(one, 1, 0), (one, 1, 2), (other, 1, 0)]


def test_nothing_is_a_result_too() -> None:
    asked = []

    @per_run
    def nothing(run: Run) -> None:
        asked.append(run)

    run = a_run()
    nothing(run)
    nothing(run)
    assert asked == [run]


def test_a_run_is_not_kept_alive() -> None:
    @per_run
    def name(run: Run) -> str:
        return run.name

    run = a_run()
    name(run)
    alive = weakref.ref(run)
    del run
    gc.collect()
    assert alive() is None


def test_no_rule_changes_what_another_is_given() -> None:
    @per_run
    def zeros(run: Run) -> NDArray[np.float64]:
        return np.zeros(3)

    shared = zeros(a_run())
    with pytest.raises(ValueError, match="read-only"):
        shared[0] = 1.0
