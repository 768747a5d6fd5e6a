"""How far a training is, and how long it still takes to its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.diagnosis.computed.learning.steps_taken import counted_epochs, steps_taken
from tb_zeroacc.facts import Epoch, Fit
from tb_zeroacc.run import Axis, Run

RECENT = 10  # epochs, or samples, whose pace is expected to last


class Span(NamedTuple):
    """Seconds: the middle one of the recent paces, and the quarters below and above it."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True, slots=True)
class Remaining:
    """How far a training is.

    Attributes:
        done: Steps, or epochs, that are on record.
        planned: Of how many in all; None where that is not known.
        axis: What is counted.
        seconds: To the end; None where that cannot be told.
        why: Why it cannot, in a sentence without its full stop; empty where it can.
    """

    done: int
    planned: int | None
    axis: Axis
    seconds: Span | None
    why: str = ""


def remaining(run: Run) -> Remaining:
    """How far a training is, and how long it still takes if it goes on at its recent pace."""
    return _by_steps(run) if run.recorded else _by_curve(run)


def pace(run: Run) -> NDArray[np.float64]:
    """Seconds a step of the recent epochs, validation included, else of the recent samples.

    The first of several epochs is left out: it traces and compiles.
    """
    epochs = [e for e in _of_this_fit(run) if e.seconds and e.batches]
    if epochs:
        recent = epochs[1:][-RECENT:] or epochs
        return np.array([(e.seconds or 0.0) / (e.batches or 1) for e in recent])
    return step_seconds(run)


def steps_per_second(run: Run) -> float | None:
    """The recent pace, validation included; None where no time or no step is on record.

    Of a log written without us: the median step between the last points of its main curve over
    the median time between them.
    """
    seconds = pace(run)
    if len(seconds):
        middle = float(np.median(seconds))
        return 1.0 / middle if middle > 0.0 else None
    curve = run.main_curve
    if curve is None or curve.axis != "step" or not curve.series.median_gap:
        return None
    strides = np.diff(curve.series.steps[-RECENT:])
    return float(np.median(strides)) / curve.series.median_gap if len(strides) else None


def step_seconds(run: Run) -> NDArray[np.float64]:
    """Seconds of the recently sampled steps, (samples,); empty where none are on record."""
    table = run.table("progress", "seconds_per_step")
    if table is None:
        return np.empty(0)
    seconds = table.column("seconds_per_step")[:, 0]
    return seconds[np.isfinite(seconds)][-RECENT:]


def _by_steps(run: Run) -> Remaining:
    done, epochs, per_epoch = steps_taken(run), _epochs_left(run), _steps_an_epoch(run)
    if epochs is None or per_epoch is None:
        return Remaining(done, None, "step", None, _why_open(run, epochs))
    before = max(run.epochs[-1].step if run.epochs else 0, _fit_of(run).first_step or 0)
    taken = done - before  # of the epoch that is under way
    left = max(0, epochs * per_epoch - max(0, taken))
    paces = pace(run)
    if not len(paces):
        return Remaining(done, done + left, "step", None, "no time of a step is on record")
    low, middle, high = (left * np.percentile(paces, (25, 50, 75))).tolist()
    return Remaining(done, done + left, "step", Span(low, middle, high))


def _fit_of(run: Run) -> Fit:
    """How the latest `fit` was asked for."""
    return run.contract.fit if run.contract else Fit()


def _of_this_fit(run: Run) -> list[Epoch]:
    """The counted epochs of the latest `fit`; before one of them ended, and else, all there are."""
    counted, first = counted_epochs(run), _fit_of(run).first_epoch or 0
    return [epoch for epoch in counted if epoch.epoch >= first] or counted


def _epochs_left(run: Run) -> int | None:
    """Epochs of the latest `fit` that have not ended; None where that is unknown."""
    fit = _fit_of(run)
    if fit.epochs is None:
        return None
    last = run.epochs[-1].epoch if run.epochs else -1
    if fit.first_epoch is None:  # of several fits such a record does not tell which one this is
        begun = last + 1 if run.epochs else fit.initial_epoch
        return fit.epochs - begun if begun <= fit.epochs else None
    return max(0, fit.epochs - fit.initial_epoch - max(0, last + 1 - fit.first_epoch))


def _why_open(run: Run, epochs: int | None) -> str:
    if run.contract is None:
        return "what was asked for is not on record"
    if run.contract.is_own_loop:
        return "a loop of one's own does not say how many steps it takes"
    if epochs is None:
        return "more epochs are on record than one `fit` was asked for"
    return "how many steps an epoch has is known when the first one ends"


def _steps_an_epoch(run: Run) -> int | None:
    fit, counted = _fit_of(run), _of_this_fit(run)
    is_first = not counted or counted[-1].epoch < (fit.first_epoch or 0)
    if is_first and fit.steps_per_epoch is not None:
        return fit.steps_per_epoch
    if counted:
        return counted[-1].batches
    table = run.table("progress", "steps_per_epoch")
    said = np.empty(0) if table is None else table.column("steps_per_epoch")[:, 0]
    said = said[np.isfinite(said)]
    return int(said[-1]) if len(said) else None


def _by_curve(run: Run) -> Remaining:
    """Of a log written without us: by the epochs that its hyperparameters name, if any."""
    curve = run.main_curve
    if curve is None:
        return Remaining(0, None, "unknown", None, "the log holds no curve to count by")
    series = curve.series
    done, total = series.last.step + (curve.axis == "epoch"), run.hyperparameters.epochs
    if curve.axis != "epoch" or total is None or total < done:
        return Remaining(done, None, curve.axis, None, "the log does not say how long it is to run")
    begun, ended = series.first_time, series.last_time
    if begun is None or ended is None or len(series) < 2:
        return Remaining(done, total, "epoch", None, "one epoch alone does not tell the pace")
    seconds = (total - done) * (ended - begun) / (series.last.step - series.first.step)
    return Remaining(done, total, "epoch", Span(seconds, seconds, seconds))
