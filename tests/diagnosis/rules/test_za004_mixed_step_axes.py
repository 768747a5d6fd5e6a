"""ZA004 mixed-step-axes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tb_zeroacc.diagnosis.answers import Answer, Flagged, Passed
from tb_zeroacc.run import Earlier, Role, Run, Stretch
from tests.diagnosis.planted import a_curve, a_run
from tests.diagnosis.rules.asking import answer, flagged
from tests.diagnosis.rules.test_za002_several_trainings_in_one_directory import (
    POINTS,
    broken,
    learned,
    stretch,
    stuck,
)


def seed(values: list[float]) -> Stretch:
    return stretch(values, same_file=True)


def one_file(*stretches: Stretch, restarts: int | None = None, curves: int = 1) -> Run:
    """A file whose steps began anew behind each stretch; its loss holds so many curves."""
    times = len(stretches) if restarts is None else restarts
    latest = replace(a_curve(learned(), tag="loss"), interleaved=curves)
    return a_run(latest, recorded=False, earlier=Earlier(restarts=times, stretches=stretches))


RATE = replace(a_curve([0.1] * POINTS, Role.LEARNING_RATE, tag="lr"), interleaved=2)

ZA004: dict[str, tuple[Run, type[Answer]]] = {
    "rising steps": (one_file(), Passed),
    "seeds that learned": (one_file(seed(learned()), seed(learned())), Passed),
    "a seed that broke": (one_file(seed(broken()), seed(learned())), Flagged),
    "a fold that is stuck": (one_file(seed(learned()), seed(stuck())), Flagged),
    "a seed that was given up early": (one_file(seed(stuck(POINTS // 2))), Passed),
    "another file's": (one_file(stretch(broken()), restarts=0), Passed),
    "two curves share their steps": (one_file(curves=2), Flagged),
    "two rates share their steps": (a_run(a_curve(learned()), RATE, recorded=False), Passed),
}


@pytest.mark.parametrize(("run", "want"), ZA004.values(), ids=ZA004.keys())
def test_mixed_step_axes(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA004", run), want)


def test_the_worst_is_told_and_all_are_counted() -> None:
    found = flagged("ZA004", one_file(seed(stuck()), seed(broken()), restarts=30, curves=3))
    assert found.summary.startswith("One file holds 31 stretches of rising steps; an earlier one ")
    assert "(ZA501). The loss is NaN" in found.summary
    assert [fact.value for fact in found.evidence] == [31, 2, 2, None, None, 3]


def test_curves_that_share_their_steps_are_counted() -> None:
    found = flagged("ZA004", one_file(curves=5))
    assert found.summary == "`loss` holds 5 curves that share its steps."
    (shown,) = found.evidence
    assert (shown.value, shown.threshold, shown.comparison) == (5, 1, "above")
    assert shown.tag is None, "the number is none of the curve's"


def test_a_pass_says_how_often_they_began_anew() -> None:
    for restarts, words in ((1, "once"), (3, "3 times")):
        found = answer("ZA004", one_file(seed(learned()), restarts=restarts))
        assert isinstance(found, Passed)
        assert f"steps began anew {words} within a file" in found.reason
