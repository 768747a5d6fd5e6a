"""Reads one growing file from where the last reading ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from tb_zeroacc.logs.contents import FileContents
from tb_zeroacc.logs.framing import (
    MAX_PAYLOAD,
    NOTHING_DROPPED,
    Dropped,
    Payloads,
    Stop,
    cut,
    resynchronise,
)
from tb_zeroacc.logs.lanes.taking import take
from tb_zeroacc.logs.trust.checksums import first_unsound
from tb_zeroacc.logs.trust.lying_lengths import SEARCHED, holds_sound_record
from tb_zeroacc.run import Damage
from tb_zeroacc.tfrecord import HEAD, TAIL

Read: TypeAlias = Callable[[int, int], bytes]  # (first byte, how many) -> those that are there

BLOCK = 4 * 2**20  # bytes read at once


def read_up_to(read: Read, size: int) -> bytes:
    """The first `size` bytes of a file, fewer where it ends before."""
    blocks: list[bytes] = []
    at = 0
    while at < size and (block := read(at, min(BLOCK, size - at))):
        blocks.append(block)
        at += len(block)
    return b"".join(blocks)


class Follower(Protocol):
    """One file of some kind, read again whenever it has grown.

    Attributes:
        contents: What was read of it.
        changes: Rises whenever something was read.
    """

    contents: FileContents
    changes: int

    def advance(self, read: Read, size: int) -> None:
        """Reads what was appended since; `size` is the file's present size in bytes."""
        ...

    @property
    def holds_log(self) -> bool:
        """Whether anything of a log was found."""
        ...

    def unread(self, name: str) -> str | None:
        """Why nothing could be read of it, as a sentence; None where something was."""
        ...

    def damage(self, name: str) -> Iterator[str]:
        """Sentences on what is lost for good."""
        ...

    def unfinished(self, name: str) -> Iterator[str]:
        """Sentences on what may still be completed."""
        ...


@dataclass(slots=True)
class FileFollower:
    """One event file: how far it was read, what it holds and what was lost.

    Attributes:
        offset: First byte that was not consumed.
        contents: What the records before it say.
        dropped: What lies before `offset` and belongs to no sound record.
        odd_records: Records with a sound payload that is no event.
        oversize_records: Records that were stepped over for their size.
        first_damage: Where the first of all these lies, in bytes; None without any.
        waiting: Bytes behind `offset`.
        changes: Rises whenever something was read.
    """

    offset: int = 0
    contents: FileContents = field(default_factory=FileContents)
    dropped: Dropped = NOTHING_DROPPED
    odd_records: int = 0
    oversize_records: int = 0
    first_damage: int | None = None
    waiting: int = 0
    changes: int = 0
    _searching: bool = False
    _inside_until: int = 0  # where a record with a wrong checksum was to end
    _ends_damaged: bool = False  # whether what waits is a whole record with a damaged payload

    def advance(self, read: Read, size: int) -> None:
        """Reads what was appended since; `size` is the file's present size in bytes."""
        data = b""
        wanted = BLOCK
        while self.offset + len(data) < size:
            position = self.offset + len(data)
            block = read(position, min(wanted, size - position))
            if not block:
                break
            data = data + block if data else block
            used, need = self._consume(data, size)
            data = data[used:]  # empty where a record reaches beyond: it is stepped over
            if need > HEAD + MAX_PAYLOAD + TAIL:
                break  # it is not kept, so neither are its first bytes
            wanted = max(BLOCK, need - len(data))
        waiting = max(0, size - self.offset)
        if waiting != self.waiting:
            self.waiting, self.changes = waiting, self.changes + 1

    @property
    def holds_log(self) -> bool:
        """Whether at least one record was found."""
        return self.contents.events > 0 or self.oversize_records > 0

    @property
    def missing(self) -> int:
        """Bytes that belong to no record, as far as is known by now."""
        return self.dropped.bytes + (self.waiting if self._searching else 0)

    @property
    def broken(self) -> int:
        """Records that could not be read, as far as is known by now."""
        return self.dropped.records + self.odd_records + self._ends_damaged

    def unread(self, name: str) -> str | None:
        """Why nothing could be read of it, as a sentence; None where there are no bytes, too."""
        has_bytes = self.dropped != NOTHING_DROPPED or self.waiting > 0
        return f"{name} is no event file." if has_bytes and not self.holds_log else None

    def losses(self, name: str) -> Damage | None:
        """What is lost of it in numbers; None where it is whole, or no event file."""
        if not self.holds_log or self.first_damage is None:
            return None
        return Damage(name, self.broken, self.missing, self.first_damage)

    def damage(self, name: str) -> Iterator[str]:
        """What is lost for good."""
        if self.unread(name) is not None:
            return
        where = f"the first at byte {self.first_damage}"
        if self.missing:
            yield f"{self.missing} bytes of {name} belong to no record and were left out, {where}."
        if self.broken:
            records = "1 record" if self.broken == 1 else f"{self.broken} records"
            was = "was" if self.broken == 1 else "were"
            yield f"{records} of {name} could not be parsed and {was} left out, {where}."
        if self.oversize_records:
            yield f"{name} holds a record of more than {MAX_PAYLOAD >> 20} MiB, which was left out."

    def unfinished(self, name: str) -> Iterator[str]:
        """What may still be completed."""
        if self.waiting and self.holds_log and not self._searching and not self._ends_damaged:
            yield (
                f"{name} ends in the middle of a record ({self.waiting} bytes); "
                "everything before it was read."
            )

    def _consume(self, data: bytes, size: int) -> tuple[int, int]:
        """Takes whole records off `data`, which lies at `offset`; moves `offset` on.

        Returns:
            Bytes of `data` that are done with, and bytes of the next record (0 if unknown).
        """
        at, start, need = 0, self.offset, 0
        is_end = start + len(data) >= size
        self._ends_damaged = False
        while True:
            if self._searching:
                found, sure = resynchronise(data, at)
                outside = max(start + at, min(self._inside_until, start + found))
                self._drop(outside, size=start + found - outside)
                at = found
                if not sure:
                    break
                self._searching, self._inside_until = False, 0
            piece = cut(data, at)
            unsound = first_unsound(data, piece.payloads)
            self._take(data, piece.payloads[:unsound])
            at, need = piece.offset, piece.need
            if unsound is not None:
                begin, end = piece.payloads.record(unsound)
                is_last = end == at and piece.stop is Stop.WAITING and not need
                if is_last and not holds_sound_record(data[begin : min(end, begin + SEARCHED)]):
                    # No head behind it tells whether all of it was written.
                    self._note(start + begin)
                    self._ends_damaged = is_end
                    at, need = begin, end + HEAD - begin
                    break
                at = self._search_within(begin, end)  # its length may be a lie
                continue
            if piece.stop is Stop.DAMAGED:
                self._searching = True
                continue
            is_over = piece.stop is Stop.OVERSIZE
            if is_over and not is_end and len(data) < at + SEARCHED:
                need = SEARCHED
                break
            within = data[at : at + min(need, SEARCHED)]
            if (is_over or is_end) and holds_sound_record(within):
                at = self._search_within(at, at + need)
                continue
            if not is_over or start + at + need > size:
                break
            self.oversize_records += 1
            at += need
            if at + HEAD > len(data):
                need = 0
                break
        self.offset = start + at
        if at:
            self.changes += 1
        return at, need

    def _take(self, data: bytes, sound: Payloads) -> None:
        """Takes the payloads of sound records."""
        odd = take(self.contents, data, sound)
        self.contents.settle()
        self.odd_records += len(odd)
        if odd:
            self._note(self.offset + int(sound.starts[odd[0]]) - HEAD)

    def _search_within(self, begin: int, end: int) -> int:
        """Gives up a record between two places of the data; returns where the search goes on."""
        self._drop(self.offset + begin, records=1)
        self._searching, self._inside_until = True, self.offset + end
        return begin + 1

    def _drop(self, where: int, records: int = 0, size: int = 0) -> None:
        """Leaves out what lies at a byte of the file."""
        if records or size:
            self.dropped = Dropped(self.dropped.records + records, self.dropped.bytes + size)
            self._note(where)

    def _note(self, where: int) -> None:
        if self.first_damage is None:
            self.first_damage = where
