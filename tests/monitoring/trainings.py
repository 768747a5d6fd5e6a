"""Trainings that go on while a test watches: event files that grow."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from tb_zeroacc import facts, records
from tests.logs.written import curve, encoded, event, fact, write

NAN = float("nan")
HEALTHY = [2.3, 1.4, 0.9, 0.6, 0.4, 0.3, 0.24, 0.2]
BROKEN = [2.3, 1.9, 1.7, NAN, NAN, NAN, NAN, NAN]


def begin(path: Path, losses: Sequence[float], ago: float = 20.0) -> Path:
    """A training whose first record is `ago` seconds old, a second between steps."""
    return write(path, curve("loss", losses, begin=time.time() - ago))


def go_on(file: Path, losses: Sequence[float], first: int) -> None:
    """Further steps, as of now."""
    with file.open("ab") as end:
        end.write(encoded(curve("loss", losses, first=first, begin=time.time() - len(losses))))


def record(path: Path, losses: Sequence[float], *, ended: bool) -> Path:
    """A training that our recorder watched, and whether its end is on record."""
    now = time.time() - len(losses)
    events = [event(0, records.fact_value(facts.Start("session", now)), time=now)]
    events += curve("zeroacc/loss", losses, begin=now)
    if ended:
        events.append(fact(len(losses), facts.End("finished", len(losses)), time=time.time()))
    return write(path / "zeroacc", events)
