"""How far a training is, and the seconds to its end: of steps that were timed, never guessed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tb_zeroacc.diagnosis.computed.forecast.remaining import Remaining, remaining
from tb_zeroacc.facts import Contract, Epoch, Fit
from tb_zeroacc.run import Axis, Hyperparameters, Run, Table
from tb_zeroacc.series import Series
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table


def samples(steps: list[int], seconds: float = 0.5, per_epoch: float = float("nan")) -> Table:
    row = {"seconds_per_step": seconds, "steps_per_epoch": per_epoch}
    return a_table("progress", {"progress": row}, steps=steps)


def fit(epochs: int | None, **more: int) -> Contract:
    return a_contract(fit=Fit(epochs=epochs, **more))


def ended(*seconds: float, batches: int = 100, first: int = 0) -> tuple[Epoch, ...]:
    return tuple(
        Epoch(first + n, (n + 1) * batches, batches, taken) for n, taken in enumerate(seconds)
    )


RUNS: dict[str, tuple[Run, tuple[int, int | None, float | None, str]]] = {
    "within the first epoch": (
        a_run(fit(10, steps_per_epoch=78), samples([0, 19])), (20, 780, 380, ""),
    ),
    "its length known from the record alone": (
        a_run(fit(10), samples([0, 19], per_epoch=78)), (20, 780, 380, ""),
    ),
    "its length not known": (
        a_run(fit(10), samples([0, 19])),
        (20, None, None, "how many steps an epoch has is known when the first one ends"),
    ),
    "by whole epochs, validation included, without the one that traced": (
        a_run(fit(5), samples([0, 199]), epochs=ended(90, 10, 20)), (300, 500, 30, ""),
    ),
    "within a later epoch": (
        a_run(fit(5), samples([0, 249], 1), epochs=ended(10, 10)), (250, 500, 25, ""),
    ),
    "resumed": (
        a_run(fit(44, initial_epoch=40), samples([0]), epochs=ended(10, 10, first=40)),
        (200, 400, 20, ""),
    ),
    "at its end": (a_run(fit(2), samples([0]), epochs=ended(10, 10)), (200, 200, 0, "")),
    "fitted again": (
        a_run(fit(2), samples([0]), epochs=ended(10, 10, 10)),
        (300, None, None, "more epochs are on record than one `fit` was asked for"),
    ),
    "fitted again, its own end": (
        a_run(fit(10, first_epoch=3, first_step=300), samples([0, 349], 1),
              epochs=ended(10, 10, 10)),
        (350, 1300, 95, ""),
    ),
    "fitted again, an epoch later": (
        a_run(fit(10, first_epoch=2, first_step=200), samples([0, 299], 1),
              epochs=ended(10, 10, 30)),
        (300, 1200, 270, ""),
    ),
    "fitted again by larger batches, within its first epoch": (
        a_run(fit(3, first_epoch=2, first_step=200, steps_per_epoch=50), samples([0, 219], 1),
              epochs=ended(10, 10)),
        (220, 350, 13, ""),
    ),
    "fitted again where `fit` counts on": (
        a_run(fit(5, initial_epoch=2, first_epoch=2, first_step=200), samples([0, 299]),
              epochs=ended(10, 10, 10)),
        (300, 500, 20, ""),
    ),
    "fitted again after it was interrupted within an epoch": (
        a_run(fit(2, first_epoch=2, first_step=150), samples([0, 169]), epochs=ended(10)),
        (170, 350, 18, ""),
    ),
    "fitted again, and at its end": (
        a_run(fit(2, first_epoch=2, first_step=200), samples([0]), epochs=ended(*[10] * 4)),
        (400, 400, 0, ""),
    ),
    "a loop of one's own": (
        a_run(fit(None), samples([0, 49])),
        (50, None, None, "a loop of one's own does not say how many steps it takes"),
    ),
    "untimed": (
        a_run(fit(2, steps_per_epoch=50), a_table("loss", {"loss": {"loss": 1}}, steps=[9])),
        (10, 100, None, "no time of a step is on record"),
    ),
}


@pytest.mark.parametrize(("run", "want"), RUNS.values(), ids=RUNS.keys())
def test_recorded(run: Run, want: tuple[int, int | None, float | None, str]) -> None:
    told = remaining(run)
    seconds = None if told.seconds is None else pytest.approx(told.seconds.middle)
    assert (told.done, told.planned, seconds, told.why) == want
    assert told.axis == "step"


def test_paces_that_differ_span_the_time_left() -> None:
    run = a_run(fit(10), samples([0]), epochs=ended(99, 10, 10, 20, 40, 40))
    span = remaining(run).seconds
    assert span is not None
    assert (span.low, span.middle, span.high) == pytest.approx((40, 80, 160))


def by_others(epochs: int | None, points: int = 3, axis: Axis = "epoch") -> Remaining:
    steps = range(points)
    series = Series.of(steps, [2.0 - s for s in steps], [1000.0 + 60 * s for s in steps])
    curve = replace(a_curve([1.0], axis=axis), series=series)
    return remaining(a_run(curve, recorded=False, hyperparameters=Hyperparameters(epochs=epochs)))


def test_of_a_log_written_without_us_epochs_count_where_their_number_is_known() -> None:
    told = by_others(10)
    assert (told.done, told.planned, told.axis) == (3, 10, "epoch")
    assert told.seconds is not None
    assert told.seconds.middle == pytest.approx(7 * 60)


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (by_others(None), "does not say how long"),
        (by_others(2), "does not say how long"),
        (by_others(10, axis="step"), "does not say how long"),
        (by_others(10, points=1), "one epoch alone"),
        (remaining(Run("empty")), "no curve"),
    ],
)
def test_otherwise_it_says_why_there_is_none(told: Remaining, why: str) -> None:
    assert told.seconds is None
    assert why in told.why
