"""Sends what processes of before, which were killed, have left of the same training's record.

A thread of its own sends it, one segment after the other, and nobody waits for it. A segment is
the same file under the same name whoever sends it, and however often.
"""

from __future__ import annotations

import shutil
import threading
import time
from pathlib import Path

from tb_zeroacc.recording.sending import keeping
from tb_zeroacc.recording.sending.destination import Destination, pause_after

MOST_FAULTS = 30  # in a row, half an hour: then the next session may try


def send_leftovers(url: str) -> threading.Thread:
    """Begins to send what was left of a training; the thread ends with the last of it.

    Args:
        url: Where its segments go, those of this process at least.
    """
    thread = threading.Thread(
        target=_send_all, args=(url,), name="zeroacc leftovers", daemon=True
    )
    thread.start()
    return thread


def _send_all(url: str) -> None:
    for directory in keeping.spools():
        keeper = keeping.take_over(directory, url)
        if keeper is None:
            continue
        try:
            destination = Destination(keeper.url)
            is_done = all(_arrives(path, destination) for path in keeping.unsent(directory))
            if is_done:
                shutil.rmtree(directory, ignore_errors=True)
        except OSError:  # of this disk; another session may fare better
            is_done = False
        finally:
            keeper.release()
        if not is_done:
            return


def _arrives(path: Path, destination: Destination) -> bool:
    """Sends a segment, again and again; False where that is given up."""
    content = path.read_bytes()
    for faults in range(1, MOST_FAULTS + 1):
        try:
            destination.put(path.name, content)
        except Exception:  # noqa: BLE001 - each file system raises its own; the sender tells of it
            time.sleep(pause_after(faults))
        else:
            keeping.note_arrived(path.parents[1], path.name)
            return True
    return False
