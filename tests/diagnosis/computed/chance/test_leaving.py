"""Whether a loss has only just left the level of chance."""

from __future__ import annotations

import pytest

from tb_zeroacc.diagnosis.computed.chance.baseline import Baseline
from tb_zeroacc.diagnosis.computed.chance.leaving import has_just_left
from tests.diagnosis.planted import a_curve

LEAVING = [3.6, 3.1, 3.09, 3.06, 3.03, 3.0]
CASES: dict[str, tuple[list[float], Baseline, bool]] = {
    "an even fall behind the baseline": (LEAVING, Baseline(3.13, error=0.01), True),
    "within the baseline's error": (LEAVING, Baseline(3.13, error=0.05), False),
    "no baseline": (LEAVING, Baseline(), False),
    "three points below it": ([3.6, 3.5, 3.2, 3.06, 3.03, 3.0], Baseline(3.13), False),
    "back above it for a point": ([3.1, 3.0, 3.2, 3.06, 3.03, 3.0], Baseline(3.13), False),
    "a fall that fades": ([3.6, 3.1, 3.02, 3.01, 3.009, 3.008], Baseline(3.13), False),
    "a rise between": ([3.6, 3.1, 3.06, 3.08, 3.03, 3.0], Baseline(3.13), False),
}


@pytest.mark.parametrize(("values", "baseline", "left"), CASES.values(), ids=CASES)
def test_a_loss_that_left_chance(values: list[float], baseline: Baseline, left: bool) -> None:
    assert has_just_left(a_curve(values), baseline) is left
