"""The sentences on a record that breaks off."""

from __future__ import annotations

from tb_zeroacc.diagnosis.computed.learning.ending import done, planned
from tb_zeroacc.diagnosis.computed.learning.steps_taken import steps_taken
from tb_zeroacc.run import Run
from tb_zeroacc.wording import instant


def where_it_breaks_off(run: Run) -> str:
    """The sentence on a record that breaks off: epoch, of how many, and step."""
    steps, epochs, asked = steps_taken(run), done(run), planned(run)
    if not steps and not epochs:
        return "The record breaks off before the first step, and nothing says why."
    fit = run.contract.fit if run.contract else None
    is_counted_apart = fit is not None and fit.first_epoch is None and asked is not None
    first = fit.initial_epoch if fit is not None and is_counted_apart else 0
    place = f" after epoch {first + epochs}" if epochs else f" in epoch {first + 1}"
    place += f" of {first + asked}" if asked is not None else ""
    step = f", at step {steps}" if steps else ""
    return f"The record breaks off{place}{step}, and nothing says why."


def when_it_breaks_off(run: Run) -> str:
    """A sentence on the last record, and on what ends without one."""
    last = run.last_time
    written = "" if last is None else f"The last record was written at {instant(last)}. "
    going_on = "" if run.clocked else "; neither does a training that still runs"
    return f"{written}A killed process, full disk or lost machine leaves no end record{going_on}."
