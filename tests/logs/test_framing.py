from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tb_zeroacc.logs import following
from tb_zeroacc.logs.following import FileFollower
from tb_zeroacc.logs.framing import MAX_PAYLOAD, Stop, cut, resynchronise
from tb_zeroacc.tfrecord import HEAD, framed, masked_crc
from tests.logs.written import a_head, curve, encoded

PAYLOADS = [b"", b"a", b"x" * 300, bytes(range(256)), b"\0" * 40]


def taken(data: bytes) -> list[bytes]:
    payloads = cut(data).payloads
    return [payloads.of(data, number) for number in range(len(payloads))]


def test_whole_records() -> None:
    data = b"".join(map(framed, PAYLOADS))
    assert taken(data) == PAYLOADS
    assert cut(data).offset == len(data)


@pytest.mark.parametrize("missing", range(1, 20))
def test_a_truncated_tail_waits(missing: int) -> None:
    data = framed(b"first") + framed(b"last")
    found = cut(data[:-missing])
    assert found.stop is Stop.WAITING
    assert found.offset == len(framed(b"first"))


def test_a_broken_length_stops() -> None:
    data = bytearray(framed(b"first") + framed(b"second"))
    data[len(framed(b"first"))] ^= 1
    assert cut(bytes(data)).stop is Stop.DAMAGED
    assert taken(bytes(data)) == [b"first"]


def test_an_oversize_record_is_told() -> None:
    length = struct.pack("<Q", MAX_PAYLOAD + 1)
    found = cut(length + struct.pack("<I", masked_crc(length)))
    assert found.stop is Stop.OVERSIZE
    assert found.need == HEAD + MAX_PAYLOAD + 1 + 4


@given(st.binary(max_size=60), st.sampled_from(PAYLOADS))
def test_the_next_record_after_garbage_is_found(garbage: bytes, payload: bytes) -> None:
    data = garbage + framed(payload)
    offset, sure = resynchronise(data, 0)
    assert sure
    assert offset == len(garbage)


@pytest.mark.parametrize("zeros", [1, 11, 12, 13, 4096])
def test_zeros_are_stepped_over(zeros: int) -> None:
    data = bytes(zeros) + framed(bytes(256))  # a length of 256 begins with a zero itself
    assert resynchronise(data, 0) == (zeros, True)
    assert resynchronise(bytes(zeros), 0)[1] is False


@st.composite
def damaged_files(draw: st.DrawFn) -> bytes:
    parts = draw(
        st.lists(
            st.one_of(
                st.integers(0, 50).map(lambda i: encoded(curve("loss", [float(i)], i))),
                st.binary(max_size=40),
                st.just(bytes(30)),
                st.just(framed(b"no event")),
                st.sampled_from([13, 45, 90, 10**6, 2**31]).map(a_head),
            ),
            max_size=12,
        )
    )
    data = bytearray(b"".join(parts))
    if len(data) > 9 and draw(st.booleans()):  # bytes that are missing
        at = draw(st.integers(0, len(data) - 9))
        del data[at : at + 9]
    if data and draw(st.booleans()):
        data[draw(st.integers(0, len(data) - 1))] ^= 1 << draw(st.integers(0, 7))
    return bytes(data[: draw(st.integers(0, len(data)))] if draw(st.booleans()) else data)


def state(follower: FileFollower) -> tuple[object, ...]:
    tracks = follower.contents.tracks
    curves = {tag: track.builder.freeze().values.tobytes() for tag, track in tracks.items()}
    return (
        follower.offset, follower.dropped, follower.waiting, follower.odd_records,
        follower.oversize_records, follower.first_damage, follower.broken,
        follower.contents.events, follower.contents.sessions, curves,
    )  # fmt: skip


@given(damaged_files(), st.data())
@settings(max_examples=200, deadline=None)
def test_a_growing_file_is_read_as_a_whole_one(data: bytes, choose: st.DataObject) -> None:
    at_once = FileFollower()
    at_once.advance(lambda at, count: data[at : at + count], len(data))
    in_pieces = FileFollower()
    sizes = sorted(choose.draw(st.lists(st.integers(0, len(data)), max_size=6)))
    for size in [*sizes, len(data)]:
        in_pieces.advance(lambda at, count, end=size: data[at : min(end, at + count)], size)
    assert state(in_pieces) == state(at_once)


def test_blocks_smaller_than_a_record(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "BLOCK", 7)
    data = encoded(curve("loss", [1.0, 0.5, 0.25]))
    follower = FileFollower()
    follower.advance(lambda at, count: data[at : at + count], len(data))
    assert follower.contents.events == 3
    assert follower.waiting == 0


def test_an_oversize_record_is_stepped_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tb_zeroacc.logs.framing.MAX_PAYLOAD", 200)
    data = encoded(curve("loss", [1.0])) + framed(bytes(5000)) + encoded(curve("loss", [0.5], 1))
    for block in (64, 4 * 2**20):
        monkeypatch.setattr(following, "BLOCK", block)
        follower = FileFollower()
        follower.advance(lambda at, count: data[at : at + count], len(data))
        assert follower.oversize_records == 1
        assert follower.contents.events == 2
