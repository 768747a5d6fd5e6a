"""`zeroacc diagnose`: reads every path, prints what can be said, says what could not be read."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Sequence

import typer

from tb_zeroacc.cli.environment import tensorboard_obstacle
from tb_zeroacc.cli.exit_codes import CLEAN, FOUND, USAGE
from tb_zeroacc.cli.printable import printable
from tb_zeroacc.diagnosis.answers import Tier
from tb_zeroacc.errors import UnreadablePathError
from tb_zeroacc.verdict import Reader, Reading


def diagnose_paths(paths: Sequence[str], fmt: str, fail_on: str, now: str) -> int:
    """Prints the verdicts on all paths.

    Args:
        paths: As given; every one is judged, whatever happens to the others.
        fmt: `text` or `json`.
        fail_on: The weakest tier that makes the answer `FOUND`.
        now: `clock`, `none`, or seconds since 1970.

    Returns:
        The exit code.
    """
    try:
        clock = _clock(now)
    except ValueError:
        typer.echo(
            f"--now takes 'clock', 'none' or seconds since 1970. Received: {now!r}", err=True
        )
        return USAGE
    readings: list[Reading] = []
    unreadable = False
    for path in paths:
        try:
            reader = Reader(path)
            reader.refresh()
            readings += reader.state(clock)
            unread = reader.unread
        except UnreadablePathError as error:
            unread = [str(error)]
        for sentence in unread:
            typer.echo(printable(sentence), err=True)
            unreadable = True
    if fmt == "json":
        from tb_zeroacc.encoding import runs_json

        sys.stdout.write(json.dumps(runs_json(readings), indent=2, allow_nan=False) + "\n")
    elif readings:
        from tb_zeroacc.cli.text import print_readings

        print_readings(readings)
    if (obstacle := tensorboard_obstacle()) is not None:
        typer.echo(obstacle, err=True)
    if unreadable:
        return USAGE
    limit = Tier[fail_on.upper()]
    found = any(f.tier >= limit for reading in readings for f in reading.diagnosis.findings)
    return FOUND if found else CLEAN


def _clock(now: str) -> float | None:
    if now == "clock":
        return time.time()
    if now == "none":
        return None
    value = float(now)
    if not math.isfinite(value):
        raise ValueError(now)
    return value
