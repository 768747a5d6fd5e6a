"""As what the earlier stretches of a directory are judged."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from tb_zeroacc.diagnosis.computed.learning.stretches import FEWEST_POINTS, are_open, is_judged
from tb_zeroacc.run import Role, Run
from tests.diagnosis.planted import a_curve, a_run


def stretch(values: Sequence[float]) -> Run:
    return a_run(a_curve(values), recorded=False)


def falling(points: int, first: float = 2.0, last: float = 0.2) -> Run:
    return stretch(np.linspace(first, last, points).tolist())


NO_MAIN_CURVE = a_run(a_curve([1.0] * 99, Role.METRIC), recorded=False)


@pytest.mark.parametrize(
    ("run", "want"),
    [(falling(FEWEST_POINTS), True), (falling(FEWEST_POINTS - 1), False), (NO_MAIN_CURVE, False)],
)
def test_how_long_a_stretch_must_be(run: Run, want: bool) -> None:
    assert is_judged(run) is want


OPEN: dict[str, tuple[list[Run], Run, list[bool]]] = {
    "none": ([], falling(50), []),
    "as long as the latest": ([falling(50)], falling(50), [False]),
    "given up": ([falling(29)], falling(50), [True]),
    "just not given up": ([falling(30)], falling(50), [False]),
    "the latest was given up": ([falling(50)], falling(9), [False]),
    "the longest lies between": ([falling(50), falling(90)], falling(50), [True, False]),
    "no main curve": ([NO_MAIN_CURVE], falling(50), [True]),
    "seeds": ([falling(50), falling(50), falling(50)], falling(50), [False] * 3),
    "trains on": ([falling(50), falling(50, 0.2, 0.1)], falling(50), [False, True]),
    # From where all of them began: the second one has hardly moved any more.
    "trains on for long": (
        [falling(50), *[falling(50, 0.2, 0.19)] * 3], falling(50), [False, True, True, True],
    ),
    "trained on, then a new model": (
        [falling(50), falling(50, 0.2, 0.1), falling(50)], falling(50), [False, True, False],
    ),
    # Half as far from the end of the one before as from its begin.
    "between the two": ([falling(50), falling(50, 0.8)], falling(50), [False, False]),
    "nearer to the end": ([falling(50), falling(50, 0.7)], falling(50), [False, True]),
}  # fmt: skip


@pytest.mark.parametrize(("earlier", "latest", "want"), OPEN.values(), ids=OPEN.keys())
def test_which_are_judged_as_runs_that_go_on(
    earlier: list[Run], latest: Run, want: list[bool]
) -> None:
    assert are_open(earlier, latest) == want
