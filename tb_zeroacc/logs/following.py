"""Reads one growing file from where the last reading ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from tensorboard.compat.proto import event_pb2

from tb_zeroacc.logs.contents import FileContents
from tb_zeroacc.logs.decoding import parse
from tb_zeroacc.logs.framing import MAX_PAYLOAD, Stop, cut, resynchronise
from tb_zeroacc.logs.trust.lying_lengths import SEARCHED, holds_sound_record
from tb_zeroacc.run import Damage
from tb_zeroacc.tfrecord import HEAD, TAIL, payload_is_sound

Read: TypeAlias = Callable[[int, int], bytes]  # (first byte, how many) -> those that are there

BLOCK = 4 * 2**20  # bytes read at once
# Steps may be clocks, in nanoseconds even; sums of some of them must fit 64 bits.
LARGEST_STEP = 2**61


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

    What becomes of damaged bytes depends on them and on what lies behind them alone, so that a
    file may be read in any pieces. Where a record's payload fails its checksum, the length may be
    wrong as well (bytes that are missing, a length that was overwritten together with its
    checksum): the head of the next record tells.

    Attributes:
        offset: First byte that was not consumed.
        contents: What the records before it say.
        lost: Bytes before `offset` that belong to no record.
        damaged_records: Records whose payload is damaged.
        odd_records: Records with a sound payload that is no event.
        oversize_records: Records that were stepped over for their size.
        first_damage: Where the first of all these lies, in bytes; None without any.
        waiting: Bytes behind `offset`.
        changes: Rises whenever something was read.
    """

    offset: int = 0
    contents: FileContents = field(default_factory=FileContents)
    lost: int = 0
    damaged_records: int = 0
    odd_records: int = 0
    oversize_records: int = 0
    first_damage: int | None = None
    waiting: int = 0
    changes: int = 0
    _searching: bool = False
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
        return self.lost + (self.waiting if self._searching else 0)

    @property
    def broken(self) -> int:
        """Records that could not be read, as far as is known by now."""
        return self.damaged_records + self.odd_records + self._ends_damaged

    def unread(self, name: str) -> str | None:
        """Why nothing could be read of it, as a sentence; None where there are no bytes, too."""
        has_bytes = self.lost > 0 or self.waiting > 0
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
                self._lose(start + at, found - at)
                at = found
                if not sure:
                    break
                self._searching = False
            piece = cut(data, at)
            last, lies = self._take_all(data, piece.payloads)
            at, need = piece.offset, piece.need
            if last is not None and (lies or piece.stop is Stop.DAMAGED):
                at = self._search_behind(last)
                continue
            if piece.stop is Stop.DAMAGED:
                self._searching = True
                continue
            if last is not None and not need:  # no head behind it that would tell
                self._note(start + last)
                self._ends_damaged = is_end
                at, need = last, at + HEAD - last
                break
            if last is not None:
                self._count_damaged(start + last)
            is_over = piece.stop is Stop.OVERSIZE
            if is_over and not is_end and len(data) < at + SEARCHED:
                need = SEARCHED
                break
            within = data[at : at + min(need, SEARCHED)]
            if (is_over or is_end) and holds_sound_record(within):
                at = self._search_behind(at)
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

    def _search_behind(self, at: int) -> int:
        """Gives up the head at a place of the data; returns where the search goes on."""
        self._searching = True
        self._lose(self.offset + at, 1)
        return at + 1

    def _take_all(self, data: bytes, payloads: list[tuple[int, int]]) -> tuple[int | None, bool]:
        """Takes the payloads of records that follow one another.

        Returns:
            Where the last record of those begins, if its payload is damaged; it is not counted.
            And whether its length is known to lie, so that those behind it were not taken.
        """
        before: int | None = None
        for first, end in payloads:
            if before is not None:
                self._count_damaged(self.offset + before)
                before = None
            payload = data[first:end]
            if not payload_is_sound(payload, data[end : end + TAIL]):
                before = first - HEAD
                if holds_sound_record(data[before : min(end + TAIL, before + SEARCHED)]):
                    return before, True
                continue
            event = parse(payload)
            if event is None or not self._add(event):
                self.odd_records += 1
                self._note(self.offset + first - HEAD)
        return before, False

    def _add(self, event: event_pb2.Event) -> bool:
        """Takes an event; False where nothing can be made of what it holds."""
        if abs(event.step) > LARGEST_STEP:
            return False
        try:
            self.contents.add(event)
        except (ArithmeticError, LookupError, TypeError, ValueError):
            return False
        return True

    def _count_damaged(self, where: int) -> None:
        self.damaged_records += 1
        self._note(where)

    def _lose(self, where: int, count: int) -> None:
        if count:
            self.lost += count
            self._note(where)

    def _note(self, where: int) -> None:
        if self.first_damage is None:
            self.first_damage = where
