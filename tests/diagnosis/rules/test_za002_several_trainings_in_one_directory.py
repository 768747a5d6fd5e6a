"""ZA002 several-trainings-in-one-directory."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from tb_zeroacc.diagnosis.answers import Answer, Flagged, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.computed.learning.stretches import FEWEST_POINTS
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.run import Curve, Earlier, Role, Run, Split, Stretch
from tb_zeroacc.series import Series
from tests.diagnosis.planted import a_curve, a_run
from tests.diagnosis.rules.asking import answer, flagged

POINTS = 50


def learned(points: int = POINTS, start: float = 2.3) -> list[float]:
    return (start * np.exp(-np.linspace(0.0, 3.0, points))).tolist()


def stuck(points: int = POINTS) -> list[float]:
    return [math.log(10)] * points


def broken(points: int = POINTS) -> list[float]:
    return [*learned(points)[: points // 2], *[math.nan] * (points - points // 2)]


def stretch(values: Sequence[float], *, same_file: bool = False, overlaps: bool = False) -> Stretch:
    return Stretch(a_run(a_curve(values, tag="loss"), recorded=False), same_file, overlaps)


def directory(*stretches: Stretch, last: Sequence[float] | None = None, more: int = 0) -> Run:
    """Trainings one behind the other, with some more of which nothing is kept."""
    earlier = Earlier(trainings=len(stretches) + more, stretches=stretches)
    latest = a_curve(learned() if last is None else last, tag="loss")
    return a_run(latest, recorded=False, sessions=earlier.trainings + 1, earlier=earlier)


ZA002: dict[str, tuple[Run, type[Answer]]] = {
    "one training": (directory(), Passed),
    "all of them learned": (directory(stretch(learned()), stretch(learned())), Passed),
    "one broke": (directory(stretch(learned()), stretch(broken())), Flagged),
    "one was stuck": (directory(stretch(stuck()), stretch(learned())), Flagged),
    "at the same time": (directory(stretch(learned(), overlaps=True)), Flagged),
    "seeds of one file": (directory(stretch(stuck(), same_file=True)), Passed),
    "long enough": (directory(stretch(broken(FEWEST_POINTS))), Flagged),
    "too short": (directory(stretch(broken(FEWEST_POINTS - 1))), Passed),
    # What is still at its begin after half of the time may learn yet.
    "given up early": (directory(stretch(stuck(POINTS // 2))), Passed),
    "nearly as long as the latest": (directory(stretch(stuck(int(0.6 * POINTS)))), Flagged),
    "broke early": (directory(stretch(broken(POINTS // 2))), Flagged),
    "trained on, and nothing is left to learn": (
        directory(stretch(learned()), stretch([learned()[-1]] * POINTS)), Passed,
    ),
    "trained on for long": (
        directory(stretch(learned()), *[stretch([learned()[-1]] * POINTS)] * 4), Passed,
    ),
    "the recorder keeps them apart": (
        a_run(a_curve(learned()), sessions=3, earlier=Earlier(2, 0, (stretch(broken()),))), Passed,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), ZA002.values(), ids=ZA002.keys())
def test_several_trainings_in_one_directory(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA002", run), want)


def test_the_worst_is_told_and_all_are_counted() -> None:
    run = directory(stretch(stuck()), stretch(broken()), stretch(learned()), more=4)
    found = flagged("ZA002", run)
    assert found.summary.startswith("This directory holds 8 trainings; an earlier one did not ")
    assert "(ZA501). The loss is NaN" in found.summary
    assert "epochs 0 to 49" in found.context
    assert "2 of the 3 earlier ones that are long enough" in found.context
    assert [fact.value for fact in found.evidence[:3]] == [8, 3, 2]
    assert [fact.text[:5] for fact in found.evidence[3:]] == ["ZA501", "ZA704"]
    assert [fact.last_step for fact in found.evidence[3:]] == [POINTS - 1] * 2


def test_of_equals_the_latest_is_told() -> None:
    series = [Series.of(range(POINTS), broken(), np.arange(POINTS) + 1e9 * k) for k in (1, 2)]
    curves = [Curve("a", "loss", "loss", Role.LOSS, Split.TRAIN, "step", s, True) for s in series]
    run = directory(*(Stretch(a_run(curve, recorded=False)) for curve in curves))
    assert "steps 0 to 49, begun at 2033-05-18 03:33:20 UTC" in flagged("ZA002", run).context


def test_all_that_was_written_at_once_is_counted() -> None:
    run = directory(*[stretch(learned(), overlaps=True)] * 3, stretch(learned()))
    assert [fact.value for fact in flagged("ZA002", run).evidence] == [5, 4, 0, 3]


def test_a_pass_says_how_many_there_are() -> None:
    found = answer("ZA002", directory(stretch(learned()), more=1))
    assert isinstance(found, Passed)
    assert "holds 3 trainings, one behind the other" in found.reason
    assert "no failure shows in 1 earlier one of sufficient length" in found.reason


def test_the_verdict_stays_that_of_the_latest() -> None:
    told = diagnose(directory(stretch(broken())), CATALOGUE, strict=True)
    assert told.outcome is Outcome.LEARNING
    assert [(f.code, f.tier) for f in told.findings] == [("ZA002", Tier.SMELL)]


def test_what_the_latest_shows_comes_first() -> None:
    falling = np.linspace(2.0, 1.0, POINTS).tolist()
    told = diagnose(directory(stretch(broken()), last=falling), CATALOGUE, strict=True)
    assert [finding.code for finding in told.findings] == ["ZA705", "ZA002"]


def test_a_start_that_crashed_does_not_hide_a_failure() -> None:
    told = diagnose(directory(stretch(broken()), last=[]), CATALOGUE, strict=True)
    assert told.outcome is Outcome.CANNOT_TELL
    assert "ZA002" in [finding.code for finding in told.findings]
