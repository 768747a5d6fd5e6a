"""`zeroacc diagnose`: reads every path, prints what can be said, says what could not be read."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace

from tb_zeroacc.cli.clock import clock_of
from tb_zeroacc.cli.environment import tensorboard_obstacle
from tb_zeroacc.cli.exit_codes import CLEAN, FOUND, USAGE
from tb_zeroacc.diagnosis.answers import Tier
from tb_zeroacc.errors import UnreadablePathError
from tb_zeroacc.places import Place, places_below
from tb_zeroacc.pool.processes import collect_seldom
from tb_zeroacc.report.judged import Judged
from tb_zeroacc.report.printable import printable
from tb_zeroacc.verdict import Reader, Reading


def diagnose_paths(
    paths: Sequence[str], fmt: str, fail_on: str, now: str, timeout: float | None = None, *,
    stores: bool = True,
) -> int:
    """Prints the verdicts on all paths.

    Args:
        paths: As given; every one is judged, whatever happens to the others.
        fmt: `text`, or a name of `FORMATS`.
        fail_on: The weakest tier that makes the answer `FOUND`.
        now: `clock`, `none`, or seconds since 1970.
        timeout: Seconds that another machine may take to answer; None for those of the environment.
        stores: Whether what was read of large directories is kept for the next time.

    Returns:
        The exit code.
    """
    try:
        clock = clock_of(now)
    except ValueError as error:
        print(error, file=sys.stderr)
        return USAGE
    collect_seldom()
    readings: list[Reading] = []
    unread: list[str] = []
    for place in (place for path in paths for place in places_below(path)):
        try:
            reader = Reader(place.path, timeout=timeout, stores=stores)
            reader.refresh(clock)
            readings += [_named(reading, place) for reading in reader.state(clock)]
            unread += reader.unread
        except UnreadablePathError as error:
            unread.append(str(error))
    for sentence in unread:
        print(printable(sentence), file=sys.stderr)
    judged = Judged(readings, unread, Tier[fail_on.upper()])
    if fmt != "text":
        from tb_zeroacc.report.formats import FORMATS

        sys.stdout.write(FORMATS[fmt](judged))
    elif readings:
        from tb_zeroacc.report.text import print_readings

        print_readings(readings)
    if (obstacle := tensorboard_obstacle()) is not None:
        print(obstacle, file=sys.stderr)
    if unread:
        return USAGE
    return FOUND if judged.has_failed else CLEAN


def _named(reading: Reading, place: Place) -> Reading:
    """A verdict under the name that its place was given."""
    if not place.name:
        return reading
    name = place.training(reading.run.name)
    return Reading(replace(reading.run, name=name), replace(reading.diagnosis, run=name))
