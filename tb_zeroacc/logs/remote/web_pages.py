"""What a web server's page about a directory says: the files and directories in it.

Servers agree on nothing but that such a page links what it lists. Size and time stand in the text
behind a link, if at all: nginx tells bytes, Apache and lighttpd round them, Python's `http.server`
tells neither.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import unquote, urljoin, urlsplit

_TIME = re.compile(r"\b\d\d:\d\d\b")
# Bytes behind a time; a number with a point, a unit or another number behind it is none.
_BYTES = re.compile(r"\b\d\d:\d\d(?::\d\d)? (\d+)(?=$| [^\dkKMGTP])")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of such a page.

    Attributes:
        url: Its address, as linked.
        name: Its name.
        is_directory: Whether another page is there.
        size: Its size in bytes, where it is told exactly.
        row: The text behind the link, where it tells a time: another text is another state.
    """

    url: str
    name: str
    is_directory: bool
    size: int | None = None
    row: str | None = None


def entries_of(page: str, url: str) -> list[Entry]:
    """What a page links that lies directly in its directory, each once.

    Args:
        page: Its HTML.
        url: Its own address, which ends with a slash where it is that of a directory.
    """
    reader = _Links()
    reader.feed(page)
    reader.close()
    base = urlsplit(url)
    folder = base.path if base.path.endswith("/") else f"{base.path}/"
    found: dict[str, Entry] = {}
    for link, text in reader.links:
        try:
            target = urlsplit(urljoin(base._replace(path=folder, query="").geturl(), link))
        except ValueError:  # no address
            continue
        if target.netloc != base.netloc or not target.path.startswith(folder):
            continue
        rest = target.path.removeprefix(folder)
        name = unquote(rest.removesuffix("/"))
        if target.query or not name or "/" in name or name in (".", ".."):
            continue
        row = " ".join(text.split())
        size = _BYTES.search(row)
        entry = Entry(
            target._replace(fragment="").geturl(),
            name,
            rest.endswith("/"),
            None if size is None else int(size[1]),
            row if _TIME.search(row) else None,
        )
        found.setdefault(target.path, entry)
    return list(found.values())


class _Links(HTMLParser):
    """The links of a page, each with the text between it and the next one."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[tuple[str, str]] = []
        self._is_inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            target = dict(attrs).get("href")
            self._is_inside = target is not None
            if target:
                self.links.append((target, ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._is_inside = False

    def handle_data(self, data: str) -> None:
        if self.links and not self._is_inside:
            target, text = self.links[-1]
            self.links[-1] = target, f"{text} {data}" if text else data
