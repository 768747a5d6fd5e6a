"""Columns or one event after the other: the contents of a file are the same to the bit."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tb_zeroacc import facts
from tb_zeroacc.logs import following
from tb_zeroacc.logs.contents import FileContents
from tb_zeroacc.logs.decoding import parse
from tb_zeroacc.logs.following import FileFollower
from tb_zeroacc.logs.framing import Payloads
from tb_zeroacc.logs.lanes import taking
from tb_zeroacc.logs.lanes.piece import sorted_out
from tb_zeroacc.logs.tables import TableStore
from tb_zeroacc.series import SeriesBuilder
from tb_zeroacc.tfrecord import HEAD, framed
from tests.logs.written import (
    BEGIN,
    Event,
    buckets,
    encoded,
    event,
    fact,
    histo,
    sample,
    simple,
    start,
    tensor,
)  # fmt: skip

Take = Callable[[FileContents, bytes, Payloads], list[int]]


def one_by_one(contents: FileContents, data: bytes, payloads: Payloads) -> list[int]:
    odd = []
    for number in range(len(payloads)):
        parsed = parse(payloads.of(data, number))
        if parsed is None:
            odd.append(number)
        else:
            contents.add(parsed)
    return odd


def read(data: bytes, take: Take, sizes: Sequence[int] = ()) -> FileFollower:
    """A file as it was read at these sizes, then whole."""
    follower = FileFollower()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(following, "take", take)
        for size in (*sizes, len(data)):
            follower.advance(lambda at, count, end=size: data[at : min(end, at + count)], size)
    follower.changes = 0
    return follower


def bits(found: object) -> object:
    """What is equal only where two followers hold the same to the bit."""
    if isinstance(found, SeriesBuilder):
        return bits(found.freeze()), found.count, found.first_step, found.last_step
    if isinstance(found, TableStore):
        moments = [(kept.count, list(kept)) for kept in (found._often, found._rarely)]
        return bits(found.kinds()), bits(moments), sorted(found._seen_bad)
    if isinstance(found, np.ndarray):
        return found.dtype.str, found.shape, found.tobytes()
    if dataclasses.is_dataclass(found):
        return [(f.name, bits(getattr(found, f.name))) for f in dataclasses.fields(found)]
    if isinstance(found, Mapping):
        return [(key, bits(value)) for key, value in found.items()]
    if isinstance(found, list | tuple):
        return [bits(value) for value in found]
    return repr(found)


NUMBERS = st.one_of(
    st.floats(width=32), st.sampled_from([0.5, -0.0, float("nan"), float("inf")])
)


@st.composite
def stretches(draw: st.DrawFn) -> list[Event]:
    """Some hundred events: stretches of a few kinds, in turns or not, whose steps may go back."""
    step, found, time = draw(st.sampled_from([0, 100, 16_000])), [], BEGIN
    begun = draw(st.booleans())
    if begun:
        found += [start("x"), sample(0, "loss", [[0.0] * 6], names=True)]
    for _ in range(draw(st.integers(1, 5))):
        kinds = draw(st.lists(st.sampled_from([*KINDS]), min_size=1, max_size=4))
        values = draw(st.lists(NUMBERS, min_size=3, max_size=3))
        rises, many = draw(st.sampled_from([1, 1, 1, 2, 0])), draw(st.sampled_from([1, 30, 90]))
        step = max(0, step + draw(st.sampled_from([0, 1, -3, -10_000, 300])))
        shuffled = draw(st.randoms()) if draw(st.booleans()) else None
        for n in range(many):
            step += rises
            order = kinds if shuffled is None else shuffled.sample(kinds, len(kinds))
            for kind in order:
                time += draw(st.sampled_from([1.0, 0.0])) if n == 0 else 0.5
                found.append(KINDS[kind](step, values[n % 3], time))
    return found


def _edges(value: float, many: int = 2) -> list[list[float]]:
    return [[value + n, value + n + 1, 3.0] for n in range(many)]


KINDS: dict[str, Callable[[int, float, float], Event]] = {
    "loss": lambda s, v, t: event(s, tensor("loss", v), time=t),
    "gain": lambda s, v, t: event(s, tensor("gain", v), time=t),
    "double": lambda s, v, t: event(s, tensor("wide", v, "<f8"), time=t),
    "whole": lambda s, v, t: event(s, tensor("whole", s, "<i8"), time=t),
    "simple": lambda s, v, t: event(s, simple("lr", v), time=t),
    "two": lambda s, v, t: event(s, simple("a", v), simple("b", -v), time=t),
    "histogram": lambda s, v, t: event(s, buckets("w", _edges(v)), time=t),
    "one bucket": lambda s, v, t: event(s, buckets("w", _edges(v, 1)), time=t),
    "empty": lambda s, v, t: event(s, buckets("w", [[0.0, 0.0, 0.0]]), time=t),
    "changing": lambda s, v, t: event(s, buckets("loss", _edges(0.0, 1 + s % 2)), time=t),
    "old histogram": lambda s, v, t: event(s, histo("h", [0.0, float(s)]), time=t),
    "table": lambda s, v, t: sample(s, "loss", [[v] * 6]),
    "epoch": lambda s, v, t: fact(s, facts.Epoch(s, s, 1, logs={"loss": v}), t),
    "no time": lambda s, v, t: event(s, tensor("loss", v), time=float("nan")),
}


@given(stretches(), st.lists(st.floats(0, 1), max_size=4))
@settings(max_examples=60, deadline=None)
def test_the_contents_are_those_of_single_events(found: list[Event], pieces: list[float]) -> None:
    data = encoded(found)
    sizes = sorted(int(share * len(data)) for share in pieces)
    whole = bits(read(data, one_by_one))
    assert bits(read(data, taking.take)) == whole
    assert bits(read(data, taking.take, sizes)) == whole


def test_records_that_are_alike_are_read_by_columns() -> None:
    data = encoded([KINDS[k](step, 0.5, BEGIN + step) for step in range(300)
                    for k in ("loss", "simple", "two", "histogram")])  # fmt: skip
    contents = FileContents()
    counts: list[int] = []
    add = FileContents.add
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FileContents, "add", lambda self, e: (counts.append(1), add(self, e))[1])
        taking.take(contents, data, following.cut(data).payloads)
    assert contents.events == 1200
    assert counts == [], "no record was taken as an event"


def test_what_no_template_can_be_made_of_is_left_to_protobuf() -> None:
    data = encoded([KINDS["whole"](step, 0.0, BEGIN) for step in range(40)])
    piece = sorted_out(data, following.cut(data).payloads)
    assert piece.columns == []
    assert piece.others.tolist() == list(range(40))


@pytest.mark.parametrize("broken", [0, 1, 40, 299])
@pytest.mark.parametrize("byte", [0, 20, -1])
def test_a_wrong_checksum_drops_its_record_alone(broken: int, byte: int) -> None:
    records = [encoded([KINDS["loss"](step, 0.5, BEGIN)]) for step in range(300)]
    at = sum(map(len, records[:broken])) + (HEAD + byte if byte >= 0 else len(records[broken]) - 1)
    data = bytearray(b"".join(records))
    data[at] ^= 4
    follower = read(bytes(data), taking.take)
    assert follower.contents.events == 299
    assert (follower.broken, follower.missing) == (1, 0)
    assert follower.first_damage == sum(map(len, records[:broken]))


def test_bytes_that_are_missing_cost_the_record_that_lacks_them_alone() -> None:
    records = [encoded([KINDS["loss"](step, 0.5, BEGIN)]) for step in range(300)]
    records[100] = records[100][:-20]
    follower = read(b"".join(records), taking.take)
    assert follower.contents.events == 299
    assert follower.dropped.records == 1


def test_no_event_among_others() -> None:
    records = [encoded([KINDS["loss"](step, 0.5, BEGIN)]) for step in range(100)]
    records[50] = framed(b"\xff\xff")
    follower = read(b"".join(records), taking.take)
    assert (follower.odd_records, follower.contents.events) == (1, 99)


CORPUS = os.environ.get("ZEROACC_CORPUS")


@pytest.mark.skipif(CORPUS is None, reason="ZEROACC_CORPUS names no directory of event files")
def test_the_contents_of_real_files_are_the_same() -> None:
    assert CORPUS is not None
    files = [path for path in Path(CORPUS).rglob("*tfevents*") if path.is_file()]
    assert files
    rng = np.random.default_rng(0)
    for path in files:
        data = path.read_bytes()
        whole = bits(read(data, one_by_one))
        sizes = np.sort(rng.integers(0, len(data) + 1, 3)).tolist()
        assert bits(read(data, taking.take)) == whole, path
        assert bits(read(data, taking.take, sizes)) == whole, path
