"""Files that a web server hands out, found by its pages about directories.

fsspec's file system for HTTP brings session, settings and loop. Its listing knows no sizes, and its
ranges trust the server; so pages are read and requests are made here.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import PurePosixPath
from time import monotonic
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from tb_zeroacc.logs.remote.failures import (
    OutOfTimeError,
    is_beyond_the_end,
    is_missing,
    reason,
    status_of,
)
from tb_zeroacc.logs.remote.pieces import PIECE, Found, NameTest, Piece, Span
from tb_zeroacc.logs.remote.stores import AsyncStore, piece_of
from tb_zeroacc.logs.remote.web_pages import Entry, entries_of

AT_ONCE = 32  # requests to one server
MAX_WHOLE = 256 * 2**20  # bytes of a file that comes as a whole or not at all
MAX_PAGE = 16 * 2**20  # bytes
DEEPEST, MOST_DIRECTORIES = 24, 10_000  # links on a server's disk may lead in circles
# Servers tell the time of a file to the minute: after so many seconds another state shows.
SETTLED = 61.0
AS_THEY_ARE = "%/:?#[]@!$&'()*+,;=~"  # characters of an address
PAGES = ("text/html", "application/xhtml+xml")
# What comes packed has another length, and cannot be asked for in parts.
UNPACKED = {"Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class About:
    """What headers say of an address.

    Attributes:
        url: The address that answered: one may send to another.
        is_page: Whether it is a page.
        size: In bytes; None where that is not told.
        modified: When it was last written, seconds since the epoch.
        version: Tells this state from any other.
    """

    url: str
    is_page: bool
    size: int | None = None
    modified: float | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What was learned of a file.

    Attributes:
        found: The file.
        row: What its directory's page said of it.
        since: When it said so first, seconds of a clock that never goes back.
        asked: When the file's headers were asked for.
    """

    found: Found
    row: str | None
    since: float
    asked: float


class Web(AsyncStore):
    """One address of a web server, with all below it. Arguments as for `Store`."""

    def __init__(self, url: str, system: Any, root: str, timeout: float) -> None:
        super().__init__(url, system, root, timeout)
        self._address = quote(url, safe=AS_THEY_ARE)
        self.name = unquote(PurePosixPath(urlsplit(self._address).path).name)
        self._known: dict[str, Known] = {}
        self._whole: dict[str, bytes] = {}  # what came while its size was looked for
        self._at_once = asyncio.Semaphore(AT_ONCE)
        self._ignored = 0  # requests in a row

    def found(self, is_wanted: NameTest) -> list[Found]:
        """All files with such a name, and the place itself where it is a file."""
        self._unanswered = self._ignored = 0
        self.refused, self._whole = {}, {}
        try:
            found = self._run(lambda: self._found(is_wanted))
        except Exception as error:  # noqa: BLE001 - the sentence says which
            raise self._refusal(error) from None
        seen = {one.location for one in found}
        self._known = {url: known for url, known in self._known.items() if url in seen}
        return found

    async def _found(self, is_wanted: NameTest) -> list[Found]:
        if is_wanted(self.name):  # hardly a directory: do not have all of it sent
            about = await self._about(self._address)
            if not about.is_page:
                return [await self._measured(self._address, "", about)]
        about, page = await self._page(self._address)
        if page is None:
            return [await self._measured(self._address, "", about)]
        files = await self._below(entries_of(page, about.url), is_wanted)
        return await asyncio.gather(*(self._file(path, entry) for path, entry in files))

    # --- directories ----------------------------------------------------------------------------

    async def _below(
        self, entries: Sequence[Entry], is_wanted: NameTest
    ) -> list[tuple[str, Entry]]:
        """The wanted files of a directory and all below it, each with its path."""
        files: list[tuple[str, Entry]] = []
        level, walked = [("", entries)], 0
        for _ in range(DEEPEST):
            here = [(f"{above}{entry.name}", entry) for above, some in level for entry in some]
            files += [one for one in here if not one[1].is_directory and is_wanted(one[1].name)]
            folders = [(f"{path}/", entry.url) for path, entry in here if entry.is_directory]
            walked += len(folders)
            if not folders or walked > MOST_DIRECTORIES:
                break
            pages = await asyncio.gather(*(self._entries(*folder) for folder in folders))
            level = [(path, some) for (path, _), some in zip(folders, pages, strict=True)]
        if folders:
            self.refused[self.url] = "it has more directories than a log"
        return files

    async def _entries(self, path: str, url: str) -> Sequence[Entry]:
        """What is in a directory; nothing where that cannot be told, and then why."""
        try:
            about, page = await self._page(url)
        except Exception as error:  # noqa: BLE001 - the other directories are read
            if not is_missing(error):
                self.refused[path.rstrip("/")] = reason(error, self._scheme)
            return ()
        return () if page is None else entries_of(page, about.url)

    async def _page(self, url: str) -> tuple[About, str | None]:
        """What is at an address, and its text where that is a page."""
        async with self._reply("GET", url) as (reply, limit):
            about = _about(reply)
            if not about.is_page:
                return about, None
            page = await self._body(reply, limit, MAX_PAGE)
            return about, page.decode(reply.charset or "utf-8", "replace")

    # --- files ----------------------------------------------------------------------------------

    async def _file(self, path: str, entry: Entry) -> Found:
        """One file: as its directory's page tells it, else as its headers do."""
        if entry.size is not None:
            return Found(entry.url, path, entry.size, None, entry.row)
        now, known = monotonic(), self._known.get(entry.url)
        is_same = known is not None and known.row == entry.row is not None
        if known is not None and is_same and known.asked - known.since > SETTLED:
            return known.found
        try:
            found = await self._measured(entry.url, path, await self._about(entry.url))
        except Exception:  # noqa: BLE001 - reading it says why
            return known.found if known is not None else Found(entry.url, path, 1)
        since = known.since if known is not None and is_same else now
        self._known[entry.url] = Known(found, entry.row, since, now)
        return found

    async def _measured(self, url: str, path: str, about: About) -> Found:
        """A file with its size: where nothing else tells that, the file itself does."""
        known = self._known.get(url)
        size, version = about.size, about.version
        if size is None and known is not None and known.found.version == version is not None:
            size = known.found.size
        if size is None:
            content = await self._all(url)
            size, version = len(content), version or f"{zlib.crc32(content):x}"
            if size + sum(map(len, self._whole.values())) <= MAX_WHOLE:
                self._whole[url] = content
        return Found(url, path, size, about.modified, version)

    async def _about(self, url: str) -> About:
        """What the headers of an address say."""
        told = None
        try:
            async with self._reply("HEAD", url) as (reply, _):
                told = _about(reply)
        except Exception as error:
            if is_missing(error) or status_of(error) is None:
                raise  # others may only mean that the server does not know such a question
        # Some say 0 to that question whatever the file holds.
        if told is not None and (told.is_page or told.size):
            return told
        try:
            async with self._reply("GET", url, Range="bytes=0-0") as (reply, _):
                asked = _about(reply)
        except Exception as error:
            if told is None or not is_beyond_the_end(error):
                raise
            return replace(told, size=0)
        return asked if told is None else replace(told, size=asked.size)

    # --- content --------------------------------------------------------------------------------

    async def _take(self, span: Span) -> Piece:
        whole = self._whole.pop(span.location, None)
        if whole is not None:
            return Piece(0, whole, is_last=True)
        asked = f"bytes={span.first}-{span.end - 1}"
        async with self._reply("GET", span.location, Range=asked) as (reply, limit):
            if reply.status == HTTPStatus.PARTIAL_CONTENT:
                sent = reply.headers.get("Content-Range", "")
                if not sent.startswith(f"bytes {span.first}-"):
                    raise OSError("the server sent another part of it than was asked for")
                return piece_of(span, await self._body(reply, limit, span.end - span.first))
            self.sends_all = True
            return Piece(0, await self._body(reply, limit, MAX_WHOLE), is_last=True)

    async def _all(self, url: str) -> bytes:
        async with self._reply("GET", url) as (reply, limit):
            return await self._body(reply, limit, MAX_WHOLE)

    async def _body(self, reply: Any, limit: asyncio.Timeout, most: int) -> bytes:
        """What an answer holds. Each `PIECE` of it may take as long as an answer."""
        parts: list[bytes] = []
        size, due = 0, PIECE
        async for part in reply.content.iter_any():
            parts.append(part)
            size += len(part)
            if size > most:
                raise OSError(f"the server sends more than {most >> 20} MiB of it at once")
            if size > due:
                due += PIECE
                limit.reschedule(asyncio.get_running_loop().time() + self._timeout)
        return b"".join(parts)

    @asynccontextmanager
    async def _reply(
        self, method: str, url: str, **headers: str
    ) -> AsyncIterator[tuple[Any, asyncio.Timeout]]:
        """The answer to a request, and the limit of its time."""
        async with self._at_once:
            if self._ignored >= AT_ONCE:
                raise OutOfTimeError(self._timeout)
            session = await self._system.set_session()
            settings = dict(self._system.kwargs)
            settings["headers"] = {**settings.get("headers", {}), **UNPACKED, **headers}
            address = self._system.encode_url(url)
            try:
                async with (
                    asyncio.timeout(self._timeout) as limit,
                    session.request(method, address, allow_redirects=True, **settings) as reply,
                ):
                    self._ignored = 0
                    reply.raise_for_status()
                    yield reply, limit
            except TimeoutError:
                if not limit.expired():
                    raise
                self._ignored += 1
                raise OutOfTimeError(self._timeout) from None


def _about(reply: Any) -> About:
    """What the headers of an answer say."""
    headers = reply.headers
    size: int | None = None
    if reply.status == HTTPStatus.PARTIAL_CONTENT:
        size = _number(headers.get("Content-Range", "").rpartition("/")[2])
    elif headers.get("Content-Encoding", "identity") == "identity":
        size = _number(headers.get("Content-Length", ""))
    written = headers.get("Last-Modified")
    try:
        modified = None if written is None else parsedate_to_datetime(written).timestamp()
    except ValueError:
        modified = None
    is_page = reply.content_type in PAGES
    return About(str(reply.url), is_page, size, modified, headers.get("ETag") or written)


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() else None
