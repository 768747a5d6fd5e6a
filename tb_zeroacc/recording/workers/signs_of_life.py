"""A thread that has the record say that its process is alive while a step hangs.

When one worker of a job dies the others wait for it and record nothing either. Their signs of life
tell them from it.
"""

from __future__ import annotations

import threading
import weakref

from tb_zeroacc.recording.event_log import ALIVE_AFTER, SessionLog

PAUSE = ALIVE_AFTER / 4  # seconds between two looks


class SignsOfLife:
    """Looks after a log until `end`, or until the log is gone.

    Args:
        log: The log.
    """

    def __init__(self, log: SessionLog) -> None:
        self._is_over = threading.Event()
        threading.Thread(
            target=_look_after, args=(weakref.ref(log), self._is_over),
            name="zeroacc signs of life", daemon=True,
        ).start()  # fmt: skip

    def end(self) -> None:
        """Training is over, or pauses."""
        self._is_over.set()


def _look_after(reference: weakref.ref[SessionLog], is_over: threading.Event) -> None:
    while not is_over.wait(PAUSE):
        log = reference()
        if log is None:
            return
        log.say_alive()
        del log
