"""How far a live training is, when it ends and when its loss levels off."""

from __future__ import annotations

from tb_zeroacc import wire
from tb_zeroacc.diagnosis.computed.forecast.convergence import Convergence, convergence
from tb_zeroacc.diagnosis.computed.forecast.remaining import Remaining, remaining
from tb_zeroacc.run import Curve, Role, Run
from tb_zeroacc.wording import count, number


def progress(run: Run) -> wire.Progress | None:
    """What is ahead of a training; None of one that is not known to go on."""
    if run.state != "live":
        return None
    told = remaining(run)
    share = told.done / told.planned if told.planned else None
    return {
        "text": _text(told),
        "share": share,
        "end": _end(run, told),
        "convergence": _convergence(run),
    }


def how_far(run: Run) -> str:
    """The text of `progress` alone, which needs no forecast; empty where there is none."""
    return _text(remaining(run)) if run.state == "live" else ""


def expected_end(run: Run) -> float | None:
    """The end of `progress` alone, seconds since 1970; None where it cannot be told."""
    return _end(run, remaining(run))["at"] if run.state == "live" else None


def _text(told: Remaining) -> str:
    """How far it is: `step 20 of 780`."""
    if told.axis == "unknown" or not told.done:
        return ""
    if told.planned is None:
        return f"{count(told.done, told.axis)} so far"
    return f"{told.axis} {number(told.done)} of {number(told.planned)}"


def _end(run: Run, told: Remaining) -> wire.Estimate:
    if told.seconds is None or run.last_time is None:
        return _unknown(told.why or "no time is on record")
    low, middle, high = (run.last_time + seconds for seconds in told.seconds)
    note = "EarlyStopping may end it sooner" if _may_stop_early(run) else ""
    return {"at": middle, "earliest": low, "latest": high, "note": note}


def _may_stop_early(run: Run) -> bool:
    callbacks = run.contract.fit.callbacks if run.contract else ()
    return any(callback.get("class_name") == "EarlyStopping" for callback in callbacks)


def _convergence(run: Run) -> wire.Estimate:
    curve = run.headline(Role.LOSS)
    if curve is None:
        return _unknown("the log holds no training loss")
    told = convergence(curve.series)
    if isinstance(told, str):
        return _unknown(told)
    if told.at <= curve.series.last.step < told.latest:
        return _unknown("it may have done so already, or go on falling")
    return _at(curve, told)


def _at(curve: Curve, told: Convergence) -> wire.Estimate:
    """The forecast in seconds since 1970, at the pace of the curve so far."""
    series = curve.series
    begun, ended = series.first_time, series.last_time
    if begun is None or ended is None or ended <= begun:
        return _unknown("no time is on record")
    second = (ended - begun) / (series.last.step - series.first.step)

    def when(place: float) -> float:
        return ended + max(0.0, place - series.last.step) * second

    return {
        "at": when(told.at),
        "earliest": when(told.earliest),
        "latest": when(told.latest),
        "note": f"near {number(told.level)}, if it goes on as so far",
    }


def _unknown(why: str) -> wire.Estimate:
    return {"at": None, "earliest": None, "latest": None, "note": why}
