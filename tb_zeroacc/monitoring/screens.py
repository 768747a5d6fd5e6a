"""Where a watch writes: lines, JSON lines, or lines above a table on a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from rich.console import Console
from rich.live import Live

from tb_zeroacc.monitoring.lines import as_json, as_text, line_of
from tb_zeroacc.monitoring.table import table_of
from tb_zeroacc.report.printable import printable

if TYPE_CHECKING:
    from tb_zeroacc.monitoring.changes import Change
    from tb_zeroacc.plugin.reading import View

FIRST_LINES = 50  # of the first look at many trainings; JSON tells them all
MARGIN = 4  # characters that a row leaves free: room for the ^C that a terminal echoes
AROUND = 4  # lines of a terminal that the table leaves free


class Screen(Protocol):
    """Shows what changed, and says sentences; a context that leaves the terminal as it was."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    def show(self, view: View, changes: Sequence[Change], now: float) -> None:
        """Shows a look: its changes, the worst first."""

    def say(self, sentence: str) -> None:
        """Tells the user something beside."""


class Lines:
    """One line for each change on standard output, sentences on standard error.

    Args:
        is_json: Whether lines are JSON.
    """

    def __init__(self, *, is_json: bool) -> None:
        self._is_json = is_json
        self._looks = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def show(self, view: View, changes: Sequence[Change], now: float) -> None:
        """Prints a line for each change."""
        for line in self._lines(changes, now):
            print(line, flush=True)

    def say(self, sentence: str) -> None:
        """Prints it to standard error."""
        print(printable(sentence), file=sys.stderr, flush=True)

    def _lines(self, changes: Sequence[Change], now: float) -> list[str]:
        if self._is_json:
            return [as_json(line_of(change, now)) for change in changes]
        lines = _few([as_text(change, now) for change in changes], is_first=not self._looks)
        self._looks += bool(changes)
        return lines


class LiveTable:
    """Lines that scroll away above a table of all trainings.

    Args:
        console: The terminal.
    """

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, auto_refresh=False)
        self._lock = Lock()  # hooks speak from another thread
        self._is_first = True

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._live.__exit__(kind, fault, traceback)

    def show(self, view: View, changes: Sequence[Change], now: float) -> None:
        """Prints a line for each change, and draws the table below it anew."""
        console = self._live.console
        with self._lock:
            if not self._is_first:  # the table itself tells the beginning
                for change in changes:
                    console.print(as_text(change, now), markup=False, highlight=False)
            self._is_first = self._is_first and not view.complete
            most = max(3, console.height - AROUND)
            width = console.width - MARGIN
            self._live.update(table_of(view.ranked, now, most, width), refresh=True)

    def say(self, sentence: str) -> None:
        """Prints it above the table."""
        clock = time.strftime("%H:%M:%S")
        with self._lock:
            self._live.console.print(
                f"{clock}  {printable(sentence)}", style="dim", markup=False, highlight=False
            )


def _few(lines: list[str], *, is_first: bool) -> list[str]:
    """The first look at a large directory in a few lines."""
    if not is_first or len(lines) <= FIRST_LINES:
        return lines
    return [*lines[:FIRST_LINES], f"and {len(lines) - FIRST_LINES} more, which are watched, too"]


def screen_for(form: str) -> Screen:
    """The screen for a format: a table where text goes to a terminal."""
    console = Console(file=sys.stdout, emoji=False, markup=False, highlight=False)
    if form == "text" and console.is_terminal and not console.is_dumb_terminal:
        return LiveTable(console)
    return Lines(is_json=form == "json")


