"""What one session writes: facts, tables with their layouts, scalars.

All goes into one file of this machine, or into the segments of one elsewhere. Each segment is a log
that can be read by itself: it begins with the start, and holds the layouts of its own tables.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc import facts, records
from tb_zeroacc.recording import unrecorded
from tb_zeroacc.recording.event_writer import EventWriter
from tb_zeroacc.recording.guard import Guard
from tb_zeroacc.records import Layout

Values = NDArray[np.float32]
PART = "anything into its log file"  # in the words of the guard's warning
ALIVE_AFTER = 60.0  # seconds without a record; healthy steps and their samples are mostly shorter


class _Last(NamedTuple):
    """The latest record: its step, its wall time, and when it was written by a steady clock."""

    step: int
    wall_time: float
    written: float


class SessionLog:
    """Writes a session. A fault of the file system ends it with one warning.

    A forked process has a copy of all this, and the file is not its own: it writes nothing.

    Args:
        directory: Where the event file is made.
        guard: Turns the log off where writing fails.
    """

    def __init__(self, directory: str, guard: Guard) -> None:
        self.directory = directory
        self._guard = guard
        self._layouts: dict[str, Layout] = {}
        # What each segment begins with: the start, and the end while nothing has followed it.
        self._preface: list[facts.Fact] = []
        self._refilled = records.Refilled()
        self._writer = guard.run(PART, EventWriter, directory)
        self._process = os.getpid()
        # Between the training and the thread that says that its process is alive.
        self._turn = threading.RLock()
        self._last: _Last | None = None
        self._alive_after = ALIVE_AFTER
        # Of a sign of life that could not be written: the file may end within it.
        self._fault: Exception | None = None

    @property
    def is_open(self) -> bool:
        """Whether what is handed in is still written."""
        return self._writer is not None and self.is_of_this_process and PART not in self._guard.off

    @property
    def is_of_this_process(self) -> bool:
        """Whether this process made the log, and not one that it was forked from."""
        return os.getpid() == self._process

    @property
    def here(self) -> str:
        """The directory of this machine that holds the record."""
        return self.directory if self._writer is None else self._writer.here

    def fact(self, step: int, *found: facts.Fact) -> None:
        """Writes facts at a step; that training has ended arrives at once."""
        if not all(isinstance(fact, facts.Unrecorded) for fact in found):
            self._goes_on()
        self._write(step, lambda: [records.fact_value(fact) for fact in found])
        self._preface += [fact for fact in found if isinstance(fact, facts.Start | facts.End)]
        if self._writer is not None and any(isinstance(fact, facts.End) for fact in found):
            self._flush(self._writer)

    def _flush(self, writer: EventWriter) -> None:
        if self.is_open:
            self._guard.run(PART, writer.flush)

    def sample(
        self,
        step: int,
        tables: Sequence[tuple[Layout, Values]],
        scalars: Sequence[tuple[str, float]] = (),
    ) -> None:
        """Writes the tables of one sample, with the layouts that are new, and scalars beside."""
        if tables or scalars:
            self._goes_on()
            self._write(step, lambda: self._sample_values(tables, scalars))

    def _goes_on(self) -> None:
        """What follows takes an end back."""
        self._preface = [fact for fact in self._preface if not isinstance(fact, facts.End)]

    def _sample_values(
        self, tables: Sequence[tuple[Layout, Values]], scalars: Sequence[tuple[str, float]]
    ) -> list[object]:
        values: list[object] = []
        for layout, content in tables:
            if self._layouts.get(layout.kind) != layout:
                self._layouts[layout.kind] = layout
                values.append(records.layout_value(layout))
            values.append(self._refilled.table(layout.kind, content))
        values += [self._refilled.scalar(tag, value) for tag, value in scalars]
        return values

    def check(self) -> None:
        """Ends the log where its file was deleted; a question to the file system."""
        if self._writer is not None and self.is_of_this_process:
            self._guard.run(PART, self._writer.check)

    def say_alive(self) -> None:
        """Says that the process is alive, where the latest record is old enough for that.

        What is written is dated to that record: it is no sign that training goes on. Where that
        fails nothing may follow, and the next entry of the training has the guard say so.
        """
        with self._turn:
            if self._writer is None or self._last is None or self._fault or not self.is_open:
                return
            age = time.monotonic() - self._last.written
            if age < self._alive_after:
                return
            self._alive_after = 2 * age
            alive, last = facts.Alive(self._last.wall_time, age), self._last
            try:
                self._put(
                    self._writer, last.step, lambda: [records.fact_value(alive)], last.wall_time
                )
            except Exception as fault:  # noqa: BLE001 - a warning is the training's to give
                self._fault = fault

    def _write(self, step: int, values_of: Callable[[], list[object]]) -> None:
        if self._writer is not None and self.is_of_this_process:
            self._guard.run(PART, self._write_entry, self._writer, step, values_of)

    def _write_entry(
        self, writer: EventWriter, step: int, values_of: Callable[[], list[object]]
    ) -> None:
        with self._turn:
            if self._fault is not None:
                raise self._fault
            wall_time = time.time()
            self._put(writer, step, values_of, wall_time)
            self._last = _Last(step, wall_time, time.monotonic())
            self._alive_after = ALIVE_AFTER

    def _put(
        self, writer: EventWriter, step: int, values_of: Callable[[], list[object]], at: float
    ) -> None:
        with writer.entry(at) as is_new:
            if is_new:
                self._layouts.clear()
                # Whatever may be dropped later, one of the segments that arrive says so.
                lost = [unrecorded.of_lost_segments()] if writer.lost else []
                if preface := [*self._preface, *lost]:
                    writer.write(step, [records.fact_value(fact) for fact in preface], at)
            if values := values_of():
                writer.write(step, values, at)
