"""The thread that sends the segments of a record, in order, until they have arrived."""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
import time

from tb_zeroacc.recording.guard import told, warn
from tb_zeroacc.recording.sending.destination import Destination, pause_after
from tb_zeroacc.recording.sending.spool import MOST_BYTES, Segment, Spool

PATIENCE = 3  # faults in a row before anything is said
# Who sends what is left when a program ends; nobody where files cannot be locked.
THEN_THE_NEXT = (
    "by the next training that records to there from this machine. Or copy the files: they are the "
    "rest of the record."
)
THEN_NOBODY = "by nobody: copy the files then, they are the rest of the record."
LAST_WAIT = 20.0  # seconds that the end of a training, and of the program, waits at most


class Sender:
    """Sends what a spool holds; nobody waits for it but `flush`.

    A segment is sent once the one before it has arrived: TensorBoard reads the files of a directory
    in the order of their names, and does not go back.

    Args:
        spool: The segments.
        destination: Where they go.
    """

    def __init__(self, spool: Spool, destination: Destination) -> None:
        self._spool, self._destination = spool, destination
        self._process = os.getpid()
        self._faults, self._latest = 0, ""
        self._next_try = 0.0
        self._is_ending = self._was_in_vain = self._has_warned_of_loss = False
        self._thread = threading.Thread(target=self._run, name="zeroacc sender", daemon=True)
        self._thread.start()
        atexit.register(self._leave)

    def flush(self) -> None:
        """Waits until all has arrived, for `LAST_WAIT` at most; warns of what has not.

        Where that was in vain and nothing has arrived since, it is not waited for again.
        """
        until = time.monotonic() + (0.0 if self._was_in_vain else LAST_WAIT)
        spool = self._spool
        with spool.changed:
            spool.close_segment()
            self._next_try = 0.0
            spool.changed.notify_all()
            while spool.waiting and (left := until - time.monotonic()) > 0:
                spool.changed.wait(left)
            unsent, count = spool.unsent_bytes, len(spool.waiting)
        if count and not self._was_in_vain:
            self._was_in_vain = True
            warn(
                f"{_amount(unsent)} of the record ({count} {'file' if count == 1 else 'files'}) "
                f"could not be sent to {self._destination.url} within {LAST_WAIT:g} s"
                f"{self._why}. It is kept in {spool.folder} and sent as long as this program runs; "
                f"after that, {THEN_THE_NEXT if spool.is_kept else THEN_NOBODY}",
                stacklevel=3,
            )

    def end(self) -> None:
        """No more is coming: the thread ends with the last segment."""
        if os.getpid() != self._process:
            return
        with self._spool.changed:
            self._is_ending = True
            self._spool.close_segment()
            self._spool.changed.notify_all()

    @property
    def _why(self) -> str:
        return f" ({self._latest})" if self._latest else ""

    def _leave(self) -> None:
        """The program ends: what was not sent stays on this disk, and nothing else does."""
        if os.getpid() != self._process:
            return
        with self._spool.changed:
            self._is_ending = True
            is_all_sent = not self._spool.unsent_bytes
        if not is_all_sent:
            self.flush()
        self._remove_if_sent()

    def _remove_if_sent(self) -> None:
        with self._spool.changed:
            if self._is_ending and not self._spool.unsent_bytes:
                self._spool.remove()
                atexit.unregister(self._leave)

    def _run(self) -> None:
        with contextlib.suppress(Exception):  # the first segment says so
            self._destination.open()
        while (segment := self._next()) is not None:
            self._tell_of_loss()
            try:
                self._destination.put(segment.path.name, segment.path.read_bytes())
            except Exception as fault:  # noqa: BLE001 - each file system raises its own errors
                self._failed(segment, fault)
            else:
                self._faults, self._latest, self._was_in_vain = 0, "", False
                with self._spool.changed:
                    self._spool.arrived(segment)
        self._remove_if_sent()

    def _next(self) -> Segment | None:
        """Waits for the next segment that is to be sent; None when there will be no other."""
        spool = self._spool
        with spool.changed:
            while True:
                closes_in = spool.closes_in
                if closes_in == 0.0 or (spool.is_open and self._is_ending):
                    spool.close_segment()
                    continue
                pause = self._next_try - time.monotonic()
                if spool.waiting and pause <= 0:
                    spool.waiting[0].is_being_sent = True
                    return spool.waiting[0]
                if self._is_ending and not spool.waiting:
                    return None
                waits = [pause] if spool.waiting else []
                waits += [] if closes_in is None else [closes_in]
                spool.changed.wait(min(waits, default=None))

    def _tell_of_loss(self) -> None:
        if self._spool.lost and not self._has_warned_of_loss:
            self._has_warned_of_loss = True
            warn(
                f"The oldest part of the record that waits for {self._destination.url} is dropped "
                f"from now on, the first steps aside: {_amount(MOST_BYTES)} of it are kept in "
                f"{self._spool.folder}{self._why}. Training goes on, and so does the record.",
                stacklevel=3,
            )

    def _failed(self, segment: Segment, fault: Exception) -> None:
        self._faults += 1
        self._latest = told(fault)
        with self._spool.changed:
            segment.is_being_sent = False
            self._next_try = time.monotonic() + pause_after(self._faults)
        if self._faults == PATIENCE:
            warn(
                f"The record could not be sent to {self._destination.url} for now{self._why}. It "
                f"is kept in {self._spool.folder}, up to {_amount(MOST_BYTES)}, and sent later; "
                "training goes on.",
                stacklevel=3,
            )


def _amount(size: int) -> str:
    for unit in ("bytes", "KiB"):
        if size < 1024:
            return f"{size} {unit}"
        size = round(size / 1024)
    return f"{size} MiB"
