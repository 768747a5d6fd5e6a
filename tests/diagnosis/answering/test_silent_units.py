"""Silent units."""

from __future__ import annotations

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, NotApplicable, Passed
from tests.diagnosis.planted import a_run
from tests.diagnosis.rules.asking import answer, flagged
from tests.diagnosis.rules.planted.numbers import BEATS, NAN, STUCK, hidden

UNITS: dict[str, tuple[list[float], type[Answer]]] = {
    "all": ([1.0] * 20, Flagged),
    "half of them, as in health": ([0.5] * 20, Passed),
    "one batch": ([0.1] * 19 + [1.0], Passed),
    "only at first": ([1.0] * 10 + [0.3] * 10, Passed),
    "no such layer": ([NAN] * 20, NotApplicable),
}
BOTH = [("ZA504", "dead_unit_share"), ("ZA505", "saturated_share")]


@pytest.mark.parametrize(("code", "column"), BOTH)
@pytest.mark.parametrize(("values", "want"), UNITS.values(), ids=UNITS.keys())
def test_silent_units(code: str, column: str, values: list[float], want: type[Answer]) -> None:
    assert isinstance(answer(code, hidden(column, values)), want)


@pytest.mark.parametrize(
    ("code", "column", "threshold"), [(*BOTH[0], 0.9), (*BOTH[1], 0.75)], ids=["dead", "saturated"]
)
def test_the_threshold_of_each(code: str, column: str, threshold: float) -> None:
    assert isinstance(answer(code, hidden(column, [threshold] * 20)), Flagged)
    assert isinstance(answer(code, hidden(column, [threshold - 0.01] * 20)), Passed)


@pytest.mark.parametrize(("code", "column"), BOTH)
def test_silent_units_are_muted_once_the_baseline_is_beaten(code: str, column: str) -> None:
    found = answer(code, hidden(column, [1.0] * 20, *BEATS))
    assert isinstance(found, Passed)
    assert "muted" in found.reason


@pytest.mark.parametrize(("code", "column"), BOTH)
def test_without_activations_it_cannot_tell(code: str, column: str) -> None:
    assert isinstance(answer(code, a_run(*STUCK)), CannotTell)


@pytest.mark.parametrize(("code", "column"), BOTH)
def test_it_begins_where_it_lasts(code: str, column: str) -> None:
    found = flagged(code, hidden(column, [0.1] * 3 + [0.95] * 17))
    assert found.since == 3
    assert found.layers == ("dense",)
    assert "since step 3" in found.summary
