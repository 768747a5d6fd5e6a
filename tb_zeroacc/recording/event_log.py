"""What one session writes: facts, tables with their layouts, scalars; all into one file."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc import facts, records
from tb_zeroacc.recording.event_writer import EventWriter
from tb_zeroacc.recording.guard import Guard
from tb_zeroacc.records import Layout

Values = NDArray[np.float32]
PART = "anything into its log file"  # in the words of the guard's warning


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
        self._refilled = records.Refilled()
        self._writer = guard.run(PART, EventWriter, directory)
        self._process = os.getpid()

    @property
    def is_open(self) -> bool:
        """Whether what is handed in is still written."""
        return self._writer is not None and self.is_of_this_process and PART not in self._guard.off

    @property
    def is_of_this_process(self) -> bool:
        """Whether this process made the log, and not one that it was forked from."""
        return os.getpid() == self._process

    def fact(self, step: int, *found: facts.Fact) -> None:
        """Writes facts at a step; that training has ended arrives at once."""
        self._write(step, [records.fact_value(fact) for fact in found])
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
        values = []
        for layout, content in tables:
            if self._layouts.get(layout.kind) != layout:
                self._layouts[layout.kind] = layout
                values.append(records.layout_value(layout))
            values.append(self._refilled.table(layout.kind, content))
        values += [self._refilled.scalar(tag, value) for tag, value in scalars]
        self._write(step, values)

    def check(self) -> None:
        """Ends the log where its file was deleted; a question to the file system."""
        if self._writer is not None and self.is_of_this_process:
            self._guard.run(PART, self._writer.check)

    def _write(self, step: int, values: list[object]) -> None:
        if self._writer is not None and self.is_of_this_process and values:
            self._guard.run(PART, self._writer.write, step, values)
