"""Follows a CSV file that grows: of Keras' and Lightning's `CSVLogger`, or written by hand."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from tb_zeroacc.logs.contents import FileContents
from tb_zeroacc.logs.following import Read, read_up_to
from tb_zeroacc.logs.text_logs.columns import MAX_LINE, Columns, columns_of, step_of

MAX_SIZE = 64 * 2**20  # bytes; a million rows of eight numbers


@dataclass(slots=True)
class CsvFollower:
    """One CSV file: how far it was read, what it holds and what was left out.

    Writers replace the whole file where a new column comes, so that what was read is compared by
    its checksum before reading goes on behind it.

    Attributes:
        contents: What the rows say.
        changes: Rises whenever something was read.
        refusal: Why it is no log of a training, as half a sentence; None where it is one.
        waiting: Bytes behind the last whole line.
    """

    contents: FileContents = field(default_factory=FileContents)
    changes: int = 0
    refusal: str | None = None
    waiting: int = 0
    _header: bytes = b""
    _columns: Columns | None = None
    _offset: int = 0
    _checksum: int = 0
    _left_out: int = 0  # rows
    _is_cut: bool = False
    _last: tuple[int, int] | None = None  # step and epoch of the last row, as they stand there
    _passed: int = 0  # steps of the epochs before, where each epoch counts from 0

    def advance(self, read: Read, size: int) -> None:
        """Reads what was appended since; `size` is the file's present size in bytes."""
        begin = read(0, min(size, MAX_LINE))
        header, newline, _ = begin.partition(b"\n")
        self.changes += 1
        if header + newline != self._header:
            self._restart(header + newline)
        if self._columns is None:
            self.waiting = len(begin)
            return
        data = begin if size <= MAX_LINE else read_up_to(read, min(size, MAX_SIZE))
        if zlib.crc32(data[: self._offset]) != self._checksum or self._offset > len(data):
            self._restart(self._header)
        end = data.rfind(b"\n") + 1
        for line in data[self._offset : end].splitlines():
            self._take(line)
        self._offset, self._checksum = end, zlib.crc32(data[:end])
        self._is_cut = size > MAX_SIZE
        self.waiting = 0 if self._is_cut else size - end

    @property
    def holds_log(self) -> bool:
        """Whether at least one row was found."""
        return self.contents.events > 0

    @property
    def names_columns(self) -> bool:
        """Whether its first line is that of a training."""
        return self._columns is not None

    def unread(self, name: str) -> str | None:
        """Why nothing could be read of it, as a sentence; None where something was."""
        if self.refusal is not None:
            return f"{name} is no log of a training: {self.refusal}."
        if self.holds_log:
            return None
        if self.names_columns and not self.waiting:
            return f"{name} names the columns of a training and holds no row yet."
        return f"{name} holds no whole row yet."

    def damage(self, name: str) -> Iterator[str]:
        """What is lost for good."""
        if self._left_out:
            rows = "1 row" if self._left_out == 1 else f"{self._left_out} rows"
            were = "was" if self._left_out == 1 else "were"
            yield f"{rows} of {name} could not be read and {were} left out."
        if self._is_cut:
            yield f"{name} is larger than {MAX_SIZE >> 20} MiB; only its beginning was read."

    def unfinished(self, name: str) -> Iterator[str]:
        """What may still be completed."""
        if self.waiting and self.holds_log:
            yield (
                f"{name} ends in the middle of a row ({self.waiting} bytes); "
                "everything before it was read."
            )

    def _restart(self, header: bytes) -> None:
        """The file is new, or was written anew."""
        self._header, self._columns, self.refusal = header, None, None
        self._offset = self._checksum = self._left_out = self._passed = 0
        self._is_cut, self._last, self.contents = False, None, FileContents()
        if header.endswith(b"\n") or len(header) >= MAX_LINE:
            found = columns_of(header)
            if isinstance(found, str):
                self.refusal = found
            else:
                self._begin(found)
                self._offset, self._checksum = len(header), zlib.crc32(header)

    def _begin(self, columns: Columns) -> None:
        self._columns = columns
        self.contents.counted = columns.axis

    def _take(self, line: bytes) -> None:
        columns = self._columns
        assert columns is not None
        cells = columns.split(line) if len(line) < MAX_LINE else []
        if not line.strip():
            return
        step = step_of(columns.number(cells[columns.step])) if len(cells) > columns.step else None
        if step is not None:
            self.contents.add_numbers(self._risen(step, cells), columns.numbers(cells))
        elif isinstance(again := columns_of(line), Columns):  # a resumed run wrote its own header
            self._begin(again)
        else:
            self._left_out += 1

    def _risen(self, step: int, cells: list[str]) -> int:
        """The step counted over all epochs, where a table counts anew in each of them."""
        columns = self._columns
        if columns is None or columns.epoch is None or len(cells) <= columns.epoch:
            return step
        epoch = step_of(columns.number(cells[columns.epoch]))
        if epoch is None:
            return step + self._passed
        if self._last is not None and step < self._last[0]:
            # An earlier epoch, or the same one, is another training, or one that was resumed.
            self._passed = self._passed + self._last[0] + 1 if epoch > self._last[1] else 0
        self._last = step, epoch
        return step + self._passed
