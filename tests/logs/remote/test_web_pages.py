"""What is read off the pages that web servers make of their directories."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tb_zeroacc.logs.remote.web_pages import Entry, entries_of

BASE = "http://host/logs/"

# Lines as each server writes them.
ROWS: dict[str, tuple[str, Entry]] = {
    "python": (
        '<li><a href="a%20b/">a b/</a></li>',
        Entry(f"{BASE}a%20b/", "a b", True),
    ),
    "nginx": (
        '<a href="tfevents.1">tfevents.1</a>        30-Nov-2026 11:43       1234\n',
        Entry(f"{BASE}tfevents.1", "tfevents.1", False, 1234, "30-Nov-2026 11:43 1234"),
    ),
    "nginx, a directory": (
        '<a href="a/">a/</a>        30-Nov-2026 11:43       -\n',
        Entry(f"{BASE}a/", "a", True, None, "30-Nov-2026 11:43 -"),
    ),
    "nginx, rounded": (
        '<a href="tfevents.1">tfevents.1</a>        30-Nov-2026 11:43       12K\n',
        Entry(f"{BASE}tfevents.1", "tfevents.1", False, None, "30-Nov-2026 11:43 12K"),
    ),
    "apache, a table": (
        '<tr><td valign="top"><img src="/icons/unknown.gif" alt="[   ]"></td><td>'
        '<a href="tfevents.1">tfevents.1</a></td><td align="right">2026-11-30 11:43  </td>'
        '<td align="right">1.2K</td><td>&nbsp;</td></tr>',
        Entry(f"{BASE}tfevents.1", "tfevents.1", False, None, "2026-11-30 11:43 1.2K"),
    ),
    "apache, preformatted": (
        '<img src="/icons/unknown.gif"> <a href="x.csv">x.csv</a>   2026-11-30 11:43  512  a log\n',
        Entry(f"{BASE}x.csv", "x.csv", False, 512, "2026-11-30 11:43 512 a log"),
    ),
    "lighttpd": (
        '<tr><td class="n"><a href="x.csv">x.csv</a></td><td class="m">2026-Nov-30 11:43:10</td>'
        '<td class="s">1.2K</td><td class="t">text/csv</td></tr>',
        Entry(f"{BASE}x.csv", "x.csv", False, None, "2026-Nov-30 11:43:10 1.2K text/csv"),
    ),
    "a unit behind a space": (
        '<a href="x.csv">x.csv</a> 30.11.2026 11:43 17 KiB',
        Entry(f"{BASE}x.csv", "x.csv", False, None, "30.11.2026 11:43 17 KiB"),
    ),
    "digits in groups": (
        '<a href="x.csv">x.csv</a> 30.11.2026 11:43 17 345',
        Entry(f"{BASE}x.csv", "x.csv", False, None, "30.11.2026 11:43 17 345"),
    ),
    "a whole address": (
        '<a class="f" href="http://host/logs/a">a</a>',
        Entry(f"{BASE}a", "a", False),
    ),
    "an address of this server": ('<A HREF="/logs/a">a</A>', Entry(f"{BASE}a", "a", False)),
    "a dot before it": ('<a href="./a">a</a>', Entry(f"{BASE}a", "a", False)),
    "a quoted percent sign": ('<a href="a%25">a%</a>', Entry(f"{BASE}a%25", "a%", False)),
}


@pytest.mark.parametrize(("row", "want"), ROWS.values(), ids=ROWS)
def test_a_row_of_every_server(row: str, want: Entry) -> None:
    assert entries_of(f"<html><body><pre>{row}</pre></body></html>", BASE) == [want]


@pytest.mark.parametrize(
    "link",
    [
        "../", "..", "/", "/logs/", "/logs", "/other/a", "http://elsewhere/logs/a", "?C=N;O=D",
        "a?C=N", "a/b", "#top", "mailto:a@b", "javascript:void(0)", "", "http://[x", "a%2Fb",
        "%2e%2e/",
    ],
)  # fmt: skip
def test_what_is_linked_and_lies_elsewhere_is_passed_over(link: str) -> None:
    assert entries_of(f'<a href="{link}">a</a> 11:43 7', BASE) == []


def test_a_name_counts_once_and_a_page_may_lack_its_slash() -> None:
    page = '<a href="a"><img></a><a href="a">a</a><a>none</a><a href="b">b</a>'
    for base in (BASE, BASE.rstrip("/")):
        assert [(one.url, one.name) for one in entries_of(page, base)] == [
            (f"{BASE}a", "a"), (f"{BASE}b", "b"),
        ]  # fmt: skip


@pytest.mark.parametrize("page", ["", "\0", "<a href=", "<a href='x", "<<<>>>&#xFFFFFFFF;", "{}"])
def test_any_text_is_a_page(page: str) -> None:
    assert entries_of(page, BASE) == []


@given(st.text())
def test_whatever_a_page_links_lies_in_its_directory(text: str) -> None:
    link = text.replace('"', "&quot;")
    for entry in entries_of(f'<a href="{link}">a</a>{text}<a href="{text}">', BASE):
        assert entry.url.startswith(BASE)
        assert entry.name
        assert "/" not in entry.name
