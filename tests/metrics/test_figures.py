"""The figures of a training."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, NotApplicable, Passed
from tb_zeroacc.diagnosis.computed.forecast.remaining import steps_per_second
from tb_zeroacc.metrics.figures import MOST_FINDINGS, figures_of
from tb_zeroacc.run import Run
from tb_zeroacc.series import Series
from tb_zeroacc.verdict import Reading, judged
from tests.diagnosis.planted import a_contract, a_curve, a_run
from tests.telling.test_progress import BEGIN, a_loss, live


def test_a_live_run_has_its_pace_and_its_end() -> None:
    run = live([2.0] * 20)
    figures = figures_of(Reading(run, judged(run)))
    assert (figures.state, figures.loss) == ("live", 2.0)
    assert figures.steps_per_second == pytest.approx(1 / 60)
    assert figures.ends_at == pytest.approx(BEGIN + 60 * 19 + 60 * 760)
    assert figures.last_time == BEGIN + 60 * 19
    assert figures.workers_missing is None
    ended = replace(run, state="ended")
    figures = figures_of(Reading(ended, judged(ended)))
    assert (figures.steps_per_second, figures.ends_at) == (None, None)


def test_the_baseline_is_that_of_the_loss() -> None:
    contract = a_contract(loss="sparse_categorical_crossentropy", units=10)
    run = a_run(contract, a_loss([2.3] * 20))
    verdict = judged(run)
    figures = figures_of(Reading(run, verdict))
    assert verdict.curve is not None
    assert figures.baseline == verdict.curve.threshold == pytest.approx(2.303, abs=1e-3)


def test_findings_are_bounded_and_in_order() -> None:
    run = a_run(a_curve([2.3, 1.0, float("nan")]))
    verdict = judged(run)
    many = replace(verdict, findings=verdict.findings * 20)
    figures = figures_of(Reading(run, many))
    assert figures.findings[0] == ("ZA501", "definite")
    assert len(figures.findings) == MOST_FINDINGS


@pytest.mark.parametrize(
    ("state", "recorded", "clocked", "silent"),
    [
        ("unknown", True, True, True), ("unknown", False, True, False),
        ("unknown", True, False, False), ("live", True, True, False), ("ended", True, True, False),
    ],
)  # fmt: skip
def test_silent_is_what_should_have_written_an_end(
    state: str, recorded: bool, clocked: bool, silent: bool
) -> None:
    run = replace(Run("a"), state=state, recorded=recorded, clocked=clocked)
    assert figures_of(Reading(run, judged(run))).is_silent == silent


@pytest.mark.parametrize(
    ("steps", "times", "rate"),
    [
        ([0, 1, 2, 3], [0.0, 0.5, 1.0, 1.5], 2.0),
        ([0, 100, 200, 300], [0.0, 10.0, 20.0, 30.0], 10.0),
        ([0], [0.0], None),
        ([0, 1, 2], [5.0, 5.0, 5.0], None),
    ],
)
def test_the_pace_of_a_log_written_without_us(
    steps: list[int], times: list[float], rate: float | None
) -> None:
    series = Series.of(steps, [1.0] * len(steps), times)
    for axis, told in (("step", rate), ("epoch", None)):
        run = a_run(replace(a_curve([1.0], axis=axis), series=series))
        assert steps_per_second(run) == told


@pytest.mark.parametrize(
    ("answer", "missing"),
    [
        (Flagged("Two have vanished.", (), workers=("worker 1", "worker 3")), 2),
        (Passed("4 of 4 still write"), 0),
        (NotApplicable("a training by one process"), None),
        (CannotTell("all fell silent"), None),
        (None, None),
    ],
)
def test_workers_that_vanished_are_those_of_the_rule(
    answer: Answer | None, missing: int | None
) -> None:
    run = Run("a")
    checks = {} if answer is None else {"ZA802": answer}
    figures = figures_of(Reading(run, replace(judged(run), checks=checks)))
    assert figures.workers_missing == missing
