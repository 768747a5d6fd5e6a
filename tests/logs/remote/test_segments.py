"""Segments of a record are one file, in whatever pieces they arrive."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tb_zeroacc.logs.reader import LogReader
from tb_zeroacc.logs.remote.segments import JoinedSegments, goes_on, read, spans
from tb_zeroacc.logs.storage import Listed, Segment
from tests.logs.written import curve, encoded

STEM = "events.out.tfevents.1700000000.host.7.0"


def name_of(number: int) -> str:
    return f"{STEM}.segment-{number:06d}.zeroacc"


def listed(name: str, size: int = 10, member: str = "a", version: str = "v") -> Listed:
    return Listed(member, name, f"/{member}/{name}", size, version=version)


def points(reader: LogReader) -> list[int]:
    reader.refresh()
    (run,) = reader.runs()
    (found,) = run.curves
    return [int(step) for step in found.series.steps]


def test_only_segments_of_one_record_are_joined() -> None:
    others = [listed("events.out.tfevents.1.host"), listed(f"{STEM}.zeroacc")]
    segments = [listed(name_of(n), size=n + 1, member=m) for m in "ab" for n in (2, 0, 1)]
    found = JoinedSegments().joined([*others, *segments])
    assert found[:2] == others
    assert [(one.member, one.size) for one in found[2:]] == [("a", 6), ("b", 6)]
    assert [segment.size for segment in found[2].segments] == [1, 2, 3]
    assert found[2].name == name_of(0)


def test_what_is_listed_again_is_the_same_object_and_what_changed_has_another_version() -> None:
    joined = JoinedSegments()
    files = [listed(name_of(n)) for n in range(3)]
    (first,) = joined.joined(files)
    assert joined.joined(reversed(files))[0] is first
    (other,) = joined.joined([files[0], listed(name_of(1), version="w"), files[2]])
    assert other.size == first.size
    assert other.version != first.version


SEGMENTS = tuple(Segment(str(n), 10, "v") for n in range(3))
NOW: dict[str, tuple[tuple[Segment, ...], bool]] = {
    "as it was": (SEGMENTS, True),
    "one more": ((*SEGMENTS, Segment("3", 10, "v")), True),
    "the last one has grown": ((*SEGMENTS[:2], Segment("2", 12, "w")), True),
    "the last one is another": (
        (*SEGMENTS[:2], Segment("2", 10, "w"), Segment("3", 9, "v")), False,
    ),
    "one in between is another": ((SEGMENTS[0], Segment("1", 10, "w"), SEGMENTS[2]), False),
    "one came late": ((SEGMENTS[0], Segment("0b", 10, "v"), *SEGMENTS[1:]), False),
    "one is gone": (SEGMENTS[:2], False),
    "they are joined no more": ((), False),
}  # fmt: skip


@pytest.mark.parametrize(("now", "want"), NOW.values(), ids=NOW.keys())
def test_whether_a_record_goes_on(now: tuple[Segment, ...], want: bool) -> None:
    known, new = (Listed("a", "n", "0", 30, segments=some) for some in (SEGMENTS, now))
    assert goes_on(known, new) is want


@given(st.lists(st.binary(max_size=5), min_size=1, max_size=5), st.data())
def test_bytes_are_those_of_the_whole(contents: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(contents)
    segments = tuple(Segment(str(n), len(each), None) for n, each in enumerate(contents))
    file = Listed("a", "n", "0", len(whole), segments=segments)

    class Storage:
        def read(self, location: str, first: int, count: int) -> bytes:
            return contents[int(location)][first : first + count]

    first = data.draw(st.integers(0, len(whole)))
    found, at = b"", first
    while piece := read(Storage(), file, at, 3):  # type: ignore[arg-type]
        found, at = found + piece, at + len(piece)
    assert found == whole[first:]
    asked = b"".join(contents[int(s.location)][s.first : s.end] for s in spans(file, first))
    assert asked == whole[first:]


def test_a_record_that_grows_here_is_followed_and_one_that_is_replaced_is_read_anew(
    tmp_path: Path,
) -> None:
    whole = encoded(curve("loss", [float(n) for n in range(9)]))
    cuts = [0, len(whole) // 3, len(whole) // 2, len(whole)]  # also within a record
    reader = LogReader(str(tmp_path))
    for number in range(3):
        path = tmp_path / name_of(number)
        path.write_bytes(whole[cuts[number] : cuts[number + 1]])
        seen = points(reader)
        assert seen == list(range(len(seen)))
        assert reader.amount.bytes <= cuts[number + 1] + 200 * (number + 1), "it was read again"
    assert seen == list(range(9))
    with path.open("ab") as file:
        file.write(encoded(curve("loss", [1.0, 2.0], first=9)))
    assert points(reader) == list(range(11))
    (tmp_path / name_of(0)).unlink()
    (tmp_path / name_of(1)).unlink()
    path.write_bytes(encoded(curve("loss", [5.0] * 40)))
    assert points(reader) == list(range(40))


def test_a_segment_named_itself_is_a_log(tmp_path: Path) -> None:
    for number in range(2):
        content = encoded(curve("loss", [1.0, 2.0], first=2 * number))
        (tmp_path / name_of(number)).write_bytes(content)
    assert points(LogReader(str(tmp_path))) == [0, 1, 2, 3]
    assert points(LogReader(str(tmp_path / name_of(1)))) == [2, 3]


def test_a_segment_that_shrank_since_it_was_listed_is_said() -> None:
    file = Listed("a", "n", "0", 30, segments=SEGMENTS)

    class Storage:
        def read(self, location: str, first: int, count: int) -> bytes:
            return b""

    with pytest.raises(OSError, match="shorter than it was listed"):
        read(Storage(), file, 0, 5)  # type: ignore[arg-type]
