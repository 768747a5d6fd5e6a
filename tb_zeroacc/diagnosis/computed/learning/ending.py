"""Whether a training ended, or its record only breaks off.

A killed process, a lost machine and a full disk leave no end. How long such a training was to last
is unknown, so nothing is judged by its length.
"""

from __future__ import annotations

from tb_zeroacc.run import Run


def breaks_off(run: Run) -> bool:
    """Whether the recorder's log stops without an end, before all requested epochs.

    Without a clock a training that still runs looks like one that was killed.
    """
    if run.start is None or run.end is not None or run.state == "live":
        return False
    return planned(run) is None or done(run) != planned(run)


def is_unfinished(run: Run) -> bool:
    """Whether more was to come than is recorded: it still runs, or was cut off."""
    return run.state == "live" or breaks_off(run)


def done(run: Run) -> int:
    """Recorded epochs, over all fits of the session."""
    return run.epochs[-1].epoch + 1 if run.epochs else 0


def planned(run: Run) -> int | None:
    """Epochs that were asked for, those of earlier fits included where the record tells.

    None where that is unknown, or more are recorded.
    """
    fit = run.contract.fit if run.contract else None
    if fit is None or fit.epochs is None:
        return None
    asked = fit.epochs - fit.initial_epoch + (fit.first_epoch or 0)
    return asked if done(run) <= asked else None  # else of several fits the last tells
