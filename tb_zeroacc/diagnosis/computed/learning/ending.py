"""Whether a training came to its end, or its record only breaks off.

A process that is killed, a machine that is lost and a full disk leave no end. Of such a record
nobody knows how long the training was to go on, so nothing is judged by its length.
"""

from __future__ import annotations

from tb_zeroacc.diagnosis.computed.learning.steps_taken import steps_taken
from tb_zeroacc.run import Run
from tb_zeroacc.wording import instant


def breaks_off(run: Run) -> bool:
    """Whether our recorder's log stops without an end, before all that was asked for.

    Without a clock a training that still goes on cannot be told from one that was killed.
    """
    if run.start is None or run.end is not None or run.state == "live":
        return False
    return planned(run) is None or done(run) != planned(run)


def is_unfinished(run: Run) -> bool:
    """Whether more was to come behind what is on record: it still runs, or was cut off."""
    return run.state == "live" or breaks_off(run)


def done(run: Run) -> int:
    """Epochs on record, over all fits of the session."""
    return run.epochs[-1].epoch + 1 if run.epochs else 0


def planned(run: Run) -> int | None:
    """Epochs that `fit` was asked for; None where that is unknown, or more are on record."""
    fit = run.contract.fit if run.contract else None
    if fit is None or fit.epochs is None:
        return None
    asked = fit.epochs - fit.initial_epoch
    return asked if done(run) <= asked else None  # else it was called several times


def where_it_breaks_off(run: Run) -> str:
    """The sentence on a record that breaks off: epoch, of how many, and step."""
    steps, epochs, asked = steps_taken(run), done(run), planned(run)
    if not steps and not epochs:
        return "The record breaks off before the first step, and nothing says why."
    first = run.contract.fit.initial_epoch if run.contract and asked is not None else 0
    place = f" after epoch {first + epochs}" if epochs else f" in epoch {first + 1}"
    place += f" of {first + asked}" if asked is not None else ""
    step = f", at step {steps}" if steps else ""
    return f"The record breaks off{place}{step}, and nothing says why."


def when_it_breaks_off(run: Run) -> str:
    """A sentence on the last record, and on what leaves no end behind."""
    last = run.last_time
    written = "" if last is None else f"Its last record is of {instant(last)}. "
    going_on = ", and so does a training that still runs" if run.idle_seconds is None else ""
    return f"{written}A killed process, a full disk or a lost machine leaves no end{going_on}."
