"""Files of any file system that fsspec knows: object stores, archives, memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future, wait
from datetime import datetime
from pathlib import PurePosixPath
from threading import Thread
from typing import Any, TypeVar

from tb_zeroacc.errors import UnreachablePathError, UnreadablePathError
from tb_zeroacc.logs.remote.failures import (
    OutOfTimeError,
    is_beyond_the_end,
    is_missing,
    reason,
    status_of,
)
from tb_zeroacc.logs.remote.pieces import Found, NameTest, Piece, Span

Result = TypeVar("Result")

# Names under which file systems tell when a file was written, and which state of it this is.
TIMES = ("mtime", "LastModified", "last_modified", "updated", "modified", "created")
GIVEN_UP = 2  # times in a row without an answer after which the rest is not asked for this time
VERSIONS = ("ETag", "etag", "generation", "md5Hash")


class Store:
    """A file system of fsspec, asked in threads of ours.

    Args:
        url: As it was given, for sentences.
        system: The file system.
        root: What it calls the place.
        timeout: Seconds that it may take to answer a question.
    """

    sends_all = False

    def __init__(self, url: str, system: Any, root: str, timeout: float) -> None:
        self.url, self.name = url, PurePosixPath(root).name
        self.refused: dict[str, str] = {}
        self._system, self._root, self._timeout = system, root, timeout
        self._unanswered = 0  # how many times in a row nothing came of what was asked together

    def found(self, is_wanted: NameTest) -> list[Found]:
        """All files with such a name, and the place itself where it is a file."""
        self._unanswered = 0
        try:
            listed = self._listed()
            if not listed and not self._exists():
                raise FileNotFoundError
        except Exception as error:  # noqa: BLE001 - each file system raises its own errors
            raise self._refusal(error) from None
        found: list[Found] = []
        for location, info in listed.items():
            path = self._path_of(location)
            if path is not None and (not path or is_wanted(PurePosixPath(path).name)):
                size, modified = int(info.get("size") or 0), modified_of(info)
                found.append(Found(location, path, size, modified, version_of(info)))
        return found

    def pieces(self, spans: Sequence[Span]) -> list[Piece | OSError]:
        """What can be had of each span, or why nothing can."""
        return [piece for span in spans for piece in self._answers([span])]

    def _answers(self, spans: Sequence[Span]) -> list[Piece | OSError]:
        """What comes of spans that are asked for together; nothing where all is silent."""
        if self._unanswered >= GIVEN_UP:
            return [OutOfTimeError(self._timeout) for _ in spans]
        found = self._asked(spans)
        is_silent = all(isinstance(piece, OutOfTimeError) for piece in found)
        self._unanswered = self._unanswered + 1 if is_silent else 0
        return found

    def _listed(self) -> Mapping[str, Mapping[str, Any]]:
        def find() -> Mapping[str, Mapping[str, Any]]:
            self._system.invalidate_cache()
            found: Mapping[str, Mapping[str, Any]] = self._system.find(self._root, detail=True)
            return found

        return within(self._timeout, find)

    def _exists(self) -> bool:
        try:
            return within(self._timeout, lambda: bool(self._system.exists(self._root)))
        except OutOfTimeError:
            raise
        except Exception:  # noqa: BLE001 - each file system raises its own errors
            return False

    def _path_of(self, location: str) -> str | None:
        """The path of a file below the place; None where it lies elsewhere."""
        path, root = PurePosixPath(location), PurePosixPath(self._root)
        if not self._root:  # a whole file system
            return (path.relative_to("/") if path.is_absolute() else path).as_posix()
        if path == root:
            return ""
        return path.relative_to(root).as_posix() if root in path.parents else None

    def _asked(self, spans: Sequence[Span]) -> list[Piece | OSError]:
        return [self._piece(span) for span in spans]

    def _piece(self, span: Span) -> Piece | OSError:
        def cat() -> bytes:
            return bytes(self._system.cat_file(span.location, start=span.first, end=span.end))

        try:
            return piece_of(span, within(self._timeout, cat))
        except Exception as error:  # noqa: BLE001 - each file system raises its own errors
            return self._lost(span, error)

    def _lost(self, span: Span, error: BaseException) -> Piece | OSError:
        """What an error says of a span."""
        if is_beyond_the_end(error):
            return Piece(span.first, b"", is_last=True)
        if isinstance(error, OutOfTimeError):
            return error
        return OSError(reason(error, self._scheme))

    def _refusal(self, error: BaseException) -> UnreadablePathError:
        """The sentence on a place that cannot be listed."""
        why = reason(error, self._scheme)
        if is_missing(error):
            return UnreadablePathError(f"There is no file or directory {self.url!r}.")
        if isinstance(error, PermissionError) or status_of(error) in (401, 403):
            return UnreadablePathError(f"{self.url!r} may not be read: {why}.")
        return UnreachablePathError(f"{self.url!r} cannot be read: {why}.")

    @property
    def _scheme(self) -> str:
        return self.url.partition("://")[0].lower()


class AsyncStore(Store):
    """A file system of fsspec that answers many questions at once, in fsspec's own loop."""

    def pieces(self, spans: Sequence[Span]) -> list[Piece | OSError]:
        """What can be had of each span, or why nothing can."""
        return self._answers(spans)

    def _listed(self) -> Mapping[str, Mapping[str, Any]]:
        self._system.invalidate_cache()
        found: Mapping[str, Mapping[str, Any]] = self._run(
            lambda: in_time(self._timeout, self._system._find(self._root, detail=True))
        )
        return found

    def _exists(self) -> bool:
        return bool(self._run(lambda: in_time(self._timeout, self._system._exists(self._root))))

    def _asked(self, spans: Sequence[Span]) -> list[Piece | OSError]:
        async def ask() -> list[Piece | OSError]:
            return await asyncio.gather(*(self._try(span) for span in spans))

        return self._run(ask)

    async def _try(self, span: Span) -> Piece | OSError:
        try:
            return await self._take(span)
        except Exception as error:  # noqa: BLE001 - each file system raises its own errors
            return self._lost(span, error)

    async def _take(self, span: Span) -> Piece:
        taken = self._system._cat_file(span.location, start=span.first, end=span.end)
        return piece_of(span, await in_time(self._timeout, taken))

    def _run(self, question: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        from fsspec.asyn import sync

        answer: Result = sync(self._system.loop, question)
        return answer


async def in_time(seconds: float, question: Coroutine[Any, Any, Result]) -> Result:
    """The answer to a question.

    Raises:
        OutOfTimeError: There was none in time; the question is given up.
    """
    try:
        async with asyncio.timeout(seconds) as limit:
            return await question
    except TimeoutError:
        if limit.expired():
            raise OutOfTimeError(seconds) from None
        raise


def within(seconds: float, question: Callable[[], Result]) -> Result:
    """The answer to a question that cannot be given up: its thread may go on for itself.

    Raises:
        OutOfTimeError: There was none in time.
    """
    answer: Future[Result] = Future()

    def ask() -> None:
        try:
            answer.set_result(question())
        except BaseException as error:  # noqa: BLE001 - it is raised where it is asked
            answer.set_exception(error)

    Thread(target=ask, name="zero-accuracy-asking", daemon=True).start()
    if not wait([answer], seconds).done:
        raise OutOfTimeError(seconds)
    return answer.result()


def piece_of(span: Span, content: bytes) -> Piece:
    """The piece that came for a span: where it is shorter, the file ends with it."""
    return Piece(span.first, content, is_last=len(content) < span.end - span.first)


def modified_of(info: Mapping[str, Any]) -> float | None:
    """When a file was last written, seconds since the epoch; None where nothing tells."""
    for told in (info[name] for name in TIMES if name in info):
        if isinstance(told, datetime):
            return told.timestamp()
        if isinstance(told, int | float):
            return float(told)
    return None


def version_of(info: Mapping[str, Any]) -> str | None:
    """What tells this state of a file from any other; None where nothing does."""
    told = (info.get(name) for name in VERSIONS)
    return next((str(version) for version in told if version), None)
