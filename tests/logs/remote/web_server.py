"""A web server that hands out files from memory, as well or as badly as it is told to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar, Literal
from urllib.parse import quote, unquote, urlsplit

Listing = Literal["bare", "nginx", "apache"]
# A row of each server's pages: link, name, size in bytes, the same in KiB.
ROWS: dict[Listing, str] = {
    "bare": '<li><a href="{link}">{name}</a></li>\n',
    "nginx": '<a href="{link}">{name}</a>      30-Nov-2026 11:{minute:02d}    {size}\n',
    "apache": '<tr><td><img alt="[ ]"></td><td><a href="{link}">{name}</a></td><td align="right">'
    '2026-11-30 11:{minute:02d}  </td><td align="right">{rounded:.1f}K</td><td>&nbsp;</td></tr>\n',
}
HEADS: dict[Listing, str] = {
    "bare": "<title>Directory listing</title><ul>\n",
    "nginx": '<h1>Index of /</h1><hr><pre><a href="../">../</a>\n',
    "apache": '<table><tr><th><a href="?C=N;O=D">Name</a></th><th><a href="?C=S;O=A">Size</a></th>'
    '</tr><tr><td><a href="/">Parent Directory</a></td></tr>\n',
}


@dataclass
class WebServer:
    """Files, how they are handed out, and what was asked.

    Attributes:
        files: Content by path, unquoted.
        listing: Whose pages it has about directories; None for none.
        has_ranges: Whether it sends parts of a file.
        has_lengths: Whether it says how long a file is; else it sends it in chunks.
        has_heads: Whether it answers HEAD.
        has_versions: Whether it sends Last-Modified and ETag.
        minutes: When a file was written: the minute that its row has.
        statuses: What it answers to a path instead of what is there.
        refusal: What it says there.
        delay: Seconds before each answer.
        password: The header `Authorization` that it asks for; empty for none.
        silent: Paths that it never answers.
        broken: Paths of which it sends half, and ends the connection.
        trickling: Paths that it sends byte by byte, with a rest behind each.
        shifted: Paths of which it sends another part than is asked for.
        after: What happens before the next answer once a path was asked for so many times.
        asked: Method, path and range of each request.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    listing: Listing | None = "bare"
    has_ranges: bool = True
    has_lengths: bool = True
    has_heads: bool = True
    has_versions: bool = True
    minutes: dict[str, int] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    delay: float = 0.0
    password: str = ""
    refusal: str = "<h1>No</h1>"
    silent: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    trickling: set[str] = field(default_factory=set)
    shifted: set[str] = field(default_factory=set)
    after: dict[tuple[str, int], Callable[[], object]] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    url: str = ""
    is_ending: threading.Event = field(default_factory=threading.Event)

    def page(self, path: str) -> str | None:
        """The page about a directory; None where there is none."""
        below = [name.removeprefix(path) for name in self.files if name.startswith(path)]
        if self.listing is None or not below:
            return None
        rows = [HEADS[self.listing]]
        for name in dict.fromkeys(rest.partition("/")[0] + "/" * ("/" in rest) for rest in below):
            size, minute = len(self.files.get(path + name, b"")), self.minutes.get(path + name, 0)
            row = ROWS[self.listing].format(
                link=quote(name), name=escape(name), size="-" if name[-1] == "/" else size,
                rounded=size / 1024, minute=minute,
            )  # fmt: skip
            rows.append(row)
        return "".join(rows)

    def requests(self) -> list[tuple[str, str, str]]:
        """What was asked since the last call."""
        asked, self.asked = self.asked, []
        return asked


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    protocol_version = "HTTP/1.1"
    web: ClassVar[WebServer]

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self) -> None:
        web, path = self.web, unquote(urlsplit(self.path).path)
        for (of, times), happen in list(web.after.items()):
            if sum(one == of for _, one, _ in web.asked) >= times:
                web.after.pop((of, times), happen)()
        asked_range = self.headers.get("Range", "")
        web.asked.append((self.command, path, asked_range.removeprefix("bytes=")))
        time.sleep(web.delay)
        if path in web.silent:
            web.is_ending.wait(30)
            self.close_connection = True
            return None
        if web.password and self.headers.get("Authorization") != web.password:
            return self._status(401)
        if path in web.statuses:
            return self._status(web.statuses[path])
        if self.command == "HEAD" and not web.has_heads:
            return self._status(405)
        if f"{path}/" != "/" and any(name.startswith(f"{path}/") for name in web.files):
            self.send_response(301)
            self.send_header("Location", quote(f"{path}/"))
            return self._end(b"", "text/html")
        if path not in web.files:
            page = web.page(path) if path.endswith("/") else None
            if page is None:
                return self._status(404)
            self.send_response(200)
            return self._end(page.encode(), "text/html; charset=utf-8", has_length=True)
        return self._file(path, web.files[path], asked_range)

    def _file(self, path: str, content: bytes, asked_range: str) -> None:
        whole = content
        if asked_range and self.web.has_ranges and self.command == "GET":
            first, _, last = asked_range.removeprefix("bytes=").partition("-")
            first = str(int(first) + (path in self.web.shifted))
            content = whole[int(first) : int(last) + 1]
            if not content:
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(whole)}")
                return self._end(b"", "text/plain")
            self.send_response(206)
            end = int(first) + len(content) - 1
            self.send_header("Content-Range", f"bytes {first}-{end}/{len(whole)}")
        else:
            self.send_response(200)
        if self.web.has_versions:
            self.send_header("Last-Modified", formatdate(self.web.minutes.get(path, 0) * 60.0))
            self.send_header("ETag", f'"{hash(whole):x}"')
        return self._end(content, "application/octet-stream", self.web.has_lengths, path)

    def _status(self, status: int) -> None:
        self.send_response(status)
        self._end(self.web.refusal.encode(), "text/html")

    def _end(self, content: bytes, kind: str, has_length: bool = True, path: str = "") -> None:
        self.send_header("Content-Type", kind)
        if has_length:
            self.send_header("Content-Length", str(len(content)))
        else:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        if self.command == "HEAD":
            return
        if path in self.web.broken:
            self.wfile.write(content[: len(content) // 2])
            self.close_connection = True
        elif path in self.web.trickling:
            for number in range(len(content)):
                self.wfile.write(content[number : number + 1])
                if self.web.is_ending.wait(0.05):
                    break
        elif has_length:
            self.wfile.write(content)
        else:
            for part in (content[:7], content[7:]):
                if part:
                    self.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
            self.wfile.write(b"0\r\n\r\n")


class QuietServer(ThreadingHTTPServer):
    """Askers that hang up are no news."""

    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        pass


@contextmanager
def serving(web: WebServer) -> Iterator[WebServer]:
    """The server, on a port of the loopback that is free."""
    handler = type("OneHandler", (Handler,), {"web": web})
    server = QuietServer(("127.0.0.1", 0), handler)
    web.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield web
    finally:
        web.is_ending.set()
        server.shutdown()
        server.server_close()
