"""Whatever is expected, the reader gets the bytes of its files, with few questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tb_zeroacc.logs.remote.pieces import Found, NameTest, Piece, Span
from tb_zeroacc.logs.remote.reading_ahead import OVERLAP, ReadingAhead

PIECE = 256
pytestmark = pytest.mark.usefixtures("_small_pieces")


@pytest.fixture(autouse=True, scope="module")
def _small_pieces() -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tb_zeroacc.logs.remote.pieces.PIECE", PIECE)
        yield


@dataclass
class Files:
    """Files in memory, and what was asked of them together."""

    content: dict[str, bytes]
    sends_all: bool = False
    name: str = ""
    refused: dict[str, str] = field(default_factory=dict)
    asked: list[list[Span]] = field(default_factory=list)

    def found(self, is_wanted: NameTest) -> list[Found]:
        raise NotImplementedError

    def pieces(self, spans: Sequence[Span]) -> list[Piece | OSError]:
        self.asked.append(list(spans))
        return [self._piece(span) for span in spans]

    def _piece(self, span: Span) -> Piece | OSError:
        content = self.content.get(span.location)
        if content is None:
            return OSError("it is not there")
        if self.sends_all:
            return Piece(0, content, is_last=True)
        part = content[span.first : span.end]
        return Piece(span.first, part, is_last=len(part) < span.end - span.first)


def bytes_of(count: int, salt: int = 0) -> bytes:
    return bytes((n * 7 + n // 256 + salt) % 251 for n in range(count))


def whole(ahead: ReadingAhead, location: str, first: int, end: int, count: int) -> bytes:
    """A file as the reader takes it: block by block, until there is no more."""
    found = b""
    while first + len(found) < end:
        block = ahead.read(location, first + len(found), count)
        assert len(block) <= count
        if not block:
            break
        found += block
    return found


@given(
    sizes=st.lists(st.integers(1, 3 * PIECE), min_size=1, max_size=6),
    count=st.integers(1, 2 * PIECE),
    sends_all=st.booleans(),
    data=st.data(),
)
def test_every_byte_comes_whatever_was_expected(
    sizes: list[int], count: int, sends_all: bool, data: st.DataObject
) -> None:
    files = Files({str(n): bytes_of(size, n) for n, size in enumerate(sizes)}, sends_all)
    ahead = ReadingAhead(files)
    names = data.draw(st.permutations(list(files.content)))
    expected = data.draw(st.lists(st.sampled_from(names), unique=True))
    first = {name: data.draw(st.integers(0, len(files.content[name]) - 1)) for name in names}
    spans = [Span(name, first[name], len(files.content[name])) for name in expected]
    ahead.expect(spans)
    for name in names:
        content = files.content[name]
        assert whole(ahead, name, first[name], len(content), count) == content[first[name] :]
        # A file that turns out to be another one is read from its beginning.
        assert whole(ahead, name, 0, len(content), count) == content


def test_small_files_come_together() -> None:
    files = Files({str(n): bytes_of(PIECE // 4) for n in range(8)})
    ahead = ReadingAhead(files)
    ahead.expect([Span(name, 0, PIECE // 4) for name in files.content])
    for name, content in files.content.items():
        assert ahead.read(name, 0, 4 * PIECE) == content
    assert [len(asked) for asked in files.asked] == [4, 4], "no more than can be held"


def test_more_requests_than_at_once_are_not_made() -> None:
    files = Files({str(n): b"x" for n in range(100)})
    ahead = ReadingAhead(files)
    ahead.expect([Span(name, 0, 1) for name in files.content])
    for name in files.content:
        assert ahead.read(name, 0, 1) == b"x"
    assert [len(asked) for asked in files.asked] == [64, 36]


def test_one_that_fails_fails_alone_and_is_not_asked_again() -> None:
    files = Files({"a": b"abc", "c": b"cde"})
    ahead = ReadingAhead(files)
    ahead.expect([Span(name, 0, 3) for name in "abc"])
    assert ahead.read("a", 0, 9) == b"abc"
    for _ in range(2):
        with pytest.raises(OSError, match="it is not there"):
            ahead.read("b", 0, 9)
    assert ahead.read("c", 0, 9) == b"cde"
    assert len(files.asked) == 1


def test_a_file_that_becomes_another_between_two_pieces_is_told() -> None:
    files = Files({"a": bytes_of(3 * PIECE)})
    ahead = ReadingAhead(files)
    ahead.expect([Span("a", 0, 3 * PIECE)])
    assert len(ahead.read("a", 0, 4 * PIECE)) == PIECE
    assert len(ahead.read("a", PIECE, 4 * PIECE)) == PIECE - OVERLAP
    files.content["a"] = bytes_of(3 * PIECE, salt=1)
    with pytest.raises(OSError, match="replaced while it was read"):
        ahead.read("a", 2 * PIECE - OVERLAP, PIECE)


def test_a_file_that_became_shorter_just_ends() -> None:
    files = Files({"a": bytes_of(10)})
    ahead = ReadingAhead(files)
    ahead.expect([Span("a", 5, 99)])
    assert whole(ahead, "a", 5, 99, 4) == files.content["a"][5:]
    ahead.expect([Span("a", 50, 99)])
    assert ahead.read("a", 50, 4) == b""
    assert len(files.asked) == 2
