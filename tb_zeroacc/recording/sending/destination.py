"""Where segments go: a directory of any file system that fsspec knows."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # seconds behind a fault; doubled with each in a row
TIMEOUT = 60.0  # seconds that one segment may take: 17 KiB/s for a whole one
# Without directories; asked to make one, some would make the bucket.
OBJECT_STORES = frozenset(
    {"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl", "oci", "ocilake", "oss", "obs", "tos"}
)


def pause_after(faults: int) -> float:
    """Seconds until the next try after so many faults in a row, at least one.

    At random, so that many workers do not come back at once; by a generator of its own, for
    training may draw from Python's.
    """
    doublings = min(faults - 1, 30)  # a day of faults makes a power that is no float any more
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0**doublings)
    return pause * random.Random().uniform(0.5, 1.0)


class Destination:
    """A directory elsewhere. Nothing is asked of it before the first `put`.

    Args:
        url: Its URL.

    Raises:
        ImportError: The file system needs a package that is not installed; the text names it.
        ValueError: fsspec knows no such file system.
    """

    def __init__(self, url: str) -> None:
        import fsspec

        self.url = url.rstrip("/")
        self._scheme = url.partition("://")[0].rpartition("::")[2]
        fsspec.get_filesystem_class(self._scheme)
        self._system: Any = None
        self._root = ""

    def open(self) -> None:
        """Makes the file system, which a program that is about to end could no longer do."""
        if self._system is None:
            self._system, self._root = self._opened()

    def put(self, name: str, content: bytes) -> None:
        """Writes a file, in place of the one of that name.

        Raises:
            Exception: Whatever the file system raises; TimeoutError where it gives no answer.
        """
        self.open()
        path = f"{self._root}/{name}"
        if not getattr(self._system, "async_impl", False):
            self._system.pipe_file(path, content)
            return
        loop = self._system.loop
        if not threading.main_thread().is_alive():
            loop.call_soon_threadsafe(loop.set_default_executor, _Inline())
        sending = asyncio.wait_for(self._system._pipe_file(path, content), TIMEOUT)
        asyncio.run_coroutine_threadsafe(sending, loop).result()

    def _opened(self) -> tuple[Any, str]:
        import fsspec

        # An instance of our own: how it tries again is nobody else's, and asking for credentials,
        # which some do here, may take its time.
        system, root = fsspec.core.url_to_fs(self.url, skip_instance_cache=True)
        if self._scheme in ("s3", "s3a"):
            system.retries = 1  # the sender tries again itself
        if self._scheme not in OBJECT_STORES:
            system.makedirs(root, exist_ok=True)
        return system, root


class _Inline(ThreadPoolExecutor):
    """Runs at once what it is given: when the program ends, executors take nothing any more.

    Names of hosts are looked up in one, so that nothing could be sent then.
    """

    def submit(
        self, function: Callable[..., Any], /, *args: Any, **named: Any
    ) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(function(*args, **named))
        except Exception as fault:  # noqa: BLE001 - whoever asked is told
            done.set_exception(fault)
        return done
