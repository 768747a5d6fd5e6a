"""Files that grow, shrink, vanish or break between one reading and the next."""

from __future__ import annotations

import dataclasses
import enum
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from shutil import rmtree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tb_zeroacc import facts
from tb_zeroacc.errors import UnreadablePathError
from tb_zeroacc.logs import LogReader, read_runs, storage
from tb_zeroacc.logs.trust.window import SAMPLE
from tb_zeroacc.run import Run
from tb_zeroacc.tfrecord import HEAD, framed
from tests.logs.written import (
    BEGIN,
    Event,
    a_head,
    curve,
    encoded,
    event,
    fact,
    keras_model,
    only,
    points,
    sample,
    simple,
    start,
    tensor,
    write,
)

LOG = curve("loss", [5.0, 4.0, 3.0, 2.0, 1.0])


def bits(found: object) -> object:
    """A Run in plain values that are equal only where it is the same to the bit."""
    if isinstance(found, np.ndarray):
        return found.dtype.str, found.shape, found.tobytes()
    if dataclasses.is_dataclass(found):
        return [(f.name, bits(getattr(found, f.name))) for f in dataclasses.fields(found)]
    if isinstance(found, Mapping):
        return [(key, bits(value)) for key, value in found.items()]
    if isinstance(found, list | tuple):
        return [bits(value) for value in found]
    if isinstance(found, frozenset):
        return sorted(map(repr, found))
    assert found is None or isinstance(found, str | bytes | int | float | enum.Enum), type(found)
    return repr(found)


def refreshed(reader: LogReader, now: float | None = None) -> list[Run]:
    reader.refresh()
    return reader.runs(now)


def as_read_at_once(reader: LogReader, now: float | None = None) -> list[Run]:
    """What the reader shows after a refresh, which must be what a fresh one shows."""
    found = refreshed(reader, now)
    assert bits(found) == bits(read_runs(reader.path, now=now)), "not as if read at once"
    return found


# --- the law ------------------------------------------------------------------------------------

DIRECTORIES = [
    "a/train", "a/validation", "a/zeroacc", "b", "train with Adam", "val with Adam", "run",
    "run/loss_train", "run/loss_val", "a/zeroacc/worker_1",
]  # fmt: skip
NUMBERS = st.one_of(st.floats(width=32), st.sampled_from([0.5, -0.0, float("nan"), float("inf")]))


KINDS = ["both", "curve", "curve", "curve", "start", "epoch", "end", "table", "names", "model"]


def made(kind: str, step: int, value: float, when: float) -> Event:
    match kind:
        case "both":
            return event(step, simple("loss", value), tensor("acc", value), time=when)
        case "start":
            return start("x" if value < 1 else "y", when)
        case "epoch":
            return fact(step, facts.Epoch(step, step, 1, logs={"loss": value}), when)
        case "end":
            return fact(step, facts.End("finished", step), when)
        case "table" | "names":
            return sample(step, "loss", [[value] * 6], names=kind == "names")
        case "model":
            return event(step, keras_model(b'{"class_name": "Sequential"}'), time=when)
    return event(step, tensor("loss", value), time=when)


@st.composite
def events(draw: st.DrawFn) -> list[Event]:
    """Scalars of both encodings and our records, with steps that repeat and go back."""
    step, when, found = 0, BEGIN, []
    for kind in draw(st.lists(st.sampled_from(KINDS), max_size=14)):
        step = draw(st.sampled_from([step, step + 1, step + 1, step + 1, 0, max(0, step - 2)]))
        when += draw(st.sampled_from([1, 1, 500]))
        found.append(made(kind, step, draw(NUMBERS), when))
    return found


def outcome(reader: LogReader, now: float | None) -> object:
    """What a refresh comes to: Runs to the bit, or the sentence that there are none."""
    try:
        return bits(refreshed(reader, now))
    except UnreadablePathError as error:
        return str(error)


@given(
    st.dictionaries(
        st.tuples(st.sampled_from(DIRECTORIES), st.integers(1, 3)),
        st.tuples(events(), st.lists(st.integers(0, 900), max_size=5), st.binary(max_size=9)),
        min_size=1,
        max_size=5,
    )
)
@settings(max_examples=80, deadline=None)
def test_read_in_any_pieces_is_read_at_once(
    log: dict[tuple[str, int], tuple[list[Event], list[int], bytes]],
) -> None:
    with tempfile.TemporaryDirectory() as base:
        reader = LogReader(base)
        for turn in range(6):
            for (directory, number), (found, pieces, tail) in log.items():
                whole = encoded(found) + tail
                size = len(whole) if turn == 5 else sum(pieces[:turn])
                file = Path(base, directory, f"events.out.tfevents.{number}")
                if size and whole:
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_bytes(whole[:size])
            for now in (None, BEGIN + 20.0, BEGIN + 1e6):
                at_once = outcome(LogReader(base), now)
                assert outcome(reader, now) == at_once, f"turn {turn}, now {now}"


def counted_reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The bytes of each reading from now on."""
    taken: list[int] = []
    whole = storage._Local.read

    def counted(self: storage._Local, location: str, begin: int, count: int) -> bytes:
        taken.append(len(found := whole(self, location, begin, count)))
        return found

    monkeypatch.setattr(storage._Local, "read", counted)
    return taken


def test_a_refresh_costs_what_was_appended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path / "a", curve("loss", [1.0] * 3000))
    write(tmp_path / "b", curve("loss", [1.0] * 3000))
    reader = LogReader(str(tmp_path))
    first, other = as_read_at_once(reader)
    taken = counted_reads(monkeypatch)
    assert [run.curves for run in refreshed(reader)] == [first.curves, other.curves]
    assert taken == [], "nothing was appended, nothing is read"
    more = encoded(curve("loss", [0.5], first=3000))
    with file.open("ab") as end:
        end.write(more)
    grown, same = refreshed(reader)
    assert sum(taken) == len(more) + SAMPLE
    assert same.curves is other.curves, "it was not built anew"
    assert grown.curves[0].series.count == 3001


# --- files that are replaced, vanish or join ----------------------------------------------------

REPLACED = {
    "a shorter log of the same tag": curve("loss", [9.0, 8.0]),
    "a log of another tag": curve("acc", [0.5]),
    "a log of our recorder": [start("x")],
}


@pytest.mark.parametrize("events", REPLACED.values(), ids=REPLACED)
def test_a_file_that_shrinks_is_read_anew(tmp_path: Path, events: list[Event]) -> None:
    write(tmp_path, LOG * 3)
    reader = LogReader(str(tmp_path))
    reader.refresh()
    write(tmp_path, events)
    (run,) = as_read_at_once(reader)
    assert run.sessions == 1, "what the file held before is forgotten"
    assert run.notes == ()


def renamed(file: Path, content: bytes) -> None:
    other = file.with_name("other")
    other.write_bytes(content)
    other.rename(file)


WAYS = {"renamed": renamed, "written over": Path.write_bytes}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("more", [0, 1, 50])
def test_a_file_that_another_of_its_size_or_larger_replaces(
    tmp_path: Path, way: Callable[[Path, bytes], object], more: int
) -> None:
    file = write(tmp_path, LOG)
    reader = LogReader(str(tmp_path))
    as_read_at_once(reader)
    numbers = [9.0 - i for i in range(len(LOG) + more)]
    way(file, write(tmp_path / "x", curve("loss", numbers, begin=BEGIN + 7)).read_bytes())
    os.utime(file, (BEGIN, BEGIN))
    rmtree(tmp_path / "x")
    assert [value for _, value in points(as_read_at_once(reader)[0], "loss")] == numbers


def test_a_copy_that_was_brought_up_to_date_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`rsync` writes another file and gives it the name of the old one."""
    file = write(tmp_path, curve("loss", [1.0] * 3000))
    reader = LogReader(str(tmp_path))
    reader.refresh()
    more = encoded(curve("loss", [0.5], first=3000))
    renamed(file, file.read_bytes() + more)
    taken = counted_reads(monkeypatch)
    assert refreshed(reader)[0].curves[0].series.count == 3001
    assert sum(taken) == len(more) + 2 * SAMPLE


def test_a_file_that_is_emptied_and_written_again(tmp_path: Path) -> None:
    file = write(tmp_path, LOG)
    reader = LogReader(str(tmp_path))
    reader.refresh()
    file.write_bytes(b"")
    with pytest.raises(UnreadablePathError, match="are empty"):
        reader.refresh()
    write(tmp_path, curve("loss", [7.0]))
    assert points(as_read_at_once(reader)[0], "loss") == [(0, 7.0)]


def test_a_training_that_vanishes_and_comes_back(tmp_path: Path) -> None:
    file, other = write(tmp_path / "a", LOG), write(tmp_path / "b", LOG)
    reader = LogReader(str(tmp_path))
    assert [run.name for run in as_read_at_once(reader)] == ["a", "b"]
    file.unlink()
    assert [run.name for run in as_read_at_once(reader)] == ["b"]
    other.unlink()
    with pytest.raises(UnreadablePathError, match="no log below"):
        reader.refresh()
    write(tmp_path / "a", LOG[:2])
    assert points(as_read_at_once(reader)[0], "loss") == [(0, 5.0), (1, 4.0)]


def test_new_files_join_where_they_belong(tmp_path: Path) -> None:
    write(tmp_path / "a" / "train", LOG, 1)
    reader = LogReader(str(tmp_path))
    as_read_at_once(reader)
    write(tmp_path / "a" / "validation", LOG, 1)
    assert as_read_at_once(reader)[0].members == ("a/train", "a/validation")
    write(tmp_path / "b", LOG, 1)
    assert [run.name for run in as_read_at_once(reader)] == ["a", "b"]
    write(tmp_path / "b", curve("loss", [9.0], first=5, begin=BEGIN + 9), 2)
    assert len(points(as_read_at_once(reader)[1], "loss")) == 6, "a resumed training goes on"
    write(tmp_path / "b", curve("loss", [8.0, 7.0], begin=BEGIN + 99), 3)
    run = as_read_at_once(reader)[1]
    assert (run.sessions, points(run, "loss")) == (2, [(0, 8.0), (1, 7.0)])


# --- damage -------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", [1, 4, 5, 11, 30, 38])
def test_a_truncated_last_record(tmp_path: Path, missing: int) -> None:
    file = write(tmp_path, LOG)
    whole = file.read_bytes()
    file.write_bytes(whole[:-missing])
    reader = LogReader(str(tmp_path))
    (run,) = as_read_at_once(reader)
    left = len(encoded(LOG[-1:])) - missing
    assert run.notes == (
        f"`{file.name}` ends in the middle of a record ({left} bytes); "
        "everything before it was read.",
    )
    assert run.damaged
    assert len(points(run, "loss")) == 4
    (live,) = as_read_at_once(reader, BEGIN + 60)
    assert (live.state, live.notes, live.damaged) == ("live", (), False), "it is being written"
    file.write_bytes(whole)
    (run,) = as_read_at_once(reader)
    assert (run.notes, run.damaged, len(points(run, "loss"))) == ((), False, 5)


ONE, LAST = encoded(LOG[:2]), encoded(LOG[2:])
SIZE = len(LAST) // 3  # bytes of each of its records
NOTHING = framed(b"\xff\xff\xff")  # a sound record that is no event
DAMAGE: dict[str, tuple[bytes, int, str, int]] = {
    "garbage in the middle": (ONE + b"#" * 50 + LAST, 5, "50 bytes of `{}`", len(ONE)),
    "garbage at the end": (ONE + b"#" * 50, 2, "50 bytes of `{}`", len(ONE)),
    "garbage at the start": (b"#" * 50 + LAST, 3, "50 bytes of `{}`", 0),
    "zeros of a crashed disk": (ONE + bytes(4096) + LAST, 5, "4096 bytes of `{}`", len(ONE)),
    "no event": (ONE + NOTHING + LAST, 5, "1 record of `{}`", len(ONE)),
    "a broken payload": (ONE + NOTHING[:-4] + b"#" * 4 + NOTHING + LAST, 5, "2 records of `{}`",
                         len(ONE)),
    "a broken payload at the end": (ONE + LAST[:-5] + b"#" * 5, 4, "1 record of `{}`",
                                    len(ONE + LAST) - SIZE),
    "nine bytes of a head are missing": (ONE + LAST[9:], 4, "33 bytes of `{}`", len(ONE)),
    "nine of a payload": (ONE + LAST[:20] + LAST[29:], 4, "1 record of `{}`", len(ONE)),
    "nine of the last but one": (ONE + LAST[: SIZE + 20] + LAST[SIZE + 29 :], 4, "1 record of `{}`",
                                 len(ONE) + SIZE),
    "a length that ends within the file": (ONE + a_head(60) + LAST[HEAD:], 4, "1 record of `{}`",
                                           len(ONE)),
    "a length of 1 MB": (ONE + a_head(10**6) + LAST[HEAD:], 4, "1 record of `{}`", len(ONE)),
    "a length of 2 GB": (ONE + a_head(2 * 10**9) + LAST[HEAD:], 4, "1 record of `{}`", len(ONE)),
}  # fmt: skip


@pytest.mark.parametrize(("content", "count", "note", "first"), DAMAGE.values(), ids=DAMAGE)
def test_damage_is_left_out_and_told(
    tmp_path: Path, content: bytes, count: int, note: str, first: int
) -> None:
    file = tmp_path / "events.out.tfevents.1"
    file.write_bytes(content)
    run = only(tmp_path)
    assert len(points(run, "loss")) == count
    assert run.damaged
    assert len(run.notes) == 1
    assert run.notes[0].startswith(note.format(file.name))
    assert run.notes[0].endswith(f"left out, the first at byte {first}.")
    assert [lost.first_byte for lost in run.damage] == [first]


def test_a_record_that_is_too_large_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tb_zeroacc.logs.framing.MAX_PAYLOAD", 200)
    (tmp_path / "tfevents").write_bytes(ONE + framed(bytes(5000)) + LAST)
    run = only(tmp_path)
    assert len(points(run, "loss")) == 5
    assert run.notes == ("`tfevents` holds a record of more than 64 MiB, which was left out.",)
