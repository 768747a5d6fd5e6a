"""Whatever happens to a log: no exception, no hang, and no verdict that changes without a word."""

from __future__ import annotations

import random
import resource
from functools import cache
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tb_zeroacc.logs.building import build
from tb_zeroacc.logs.following import FileFollower
from tb_zeroacc.logs.framing import cut
from tb_zeroacc.logs.grouping import Part
from tests.logs.fuzzing import (
    CHANGES,
    LOGS,
    MOST_MEMORY,
    changed_bytes,
    foreign_log,
    judged,
    mutants,
    recorded_log,
    shape,
)

JUDGED = {"bytes": 60, "contents": 200}  # mutants; reading alone is cheaper


def test_changed_bytes_are_read() -> None:
    _are_read(2000, seed=1)


@pytest.mark.long
@pytest.mark.parametrize("part", range(4))
def test_many_changed_bytes_are_read(part: int) -> None:
    _are_read(5000, seed=100 + part)


def _are_read(count: int, seed: int) -> None:
    """Nothing is lost without a word."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    foreign, recorded = foreign_log(), recorded_log()
    short = recorded[: cut(recorded).payloads.record(6)[1]]
    logs = [foreign, foreign, foreign, short]
    events = [_read(data).contents.events for data in logs]
    for number, data in enumerate(mutants(changed_bytes, count, seed, logs)):
        follower = _read(data)
        told = [*follower.damage("`x`"), *follower.unfinished("`x`"), follower.unread("`x`")]
        is_end_missing = logs[number % 4].startswith(data)  # between two records
        is_whole = follower.contents.events >= events[number % 4]
        assert is_whole or is_end_missing or any(told), f"mutant {number}"
        build("x", "x", {".": (Part("."), [follower.contents])})
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    assert after - before < MOST_MEMORY


def _read(data: bytes) -> FileFollower:
    follower = FileFollower()
    follower.advance(lambda at, count: data[at : at + count], len(data))
    return follower


@pytest.mark.parametrize("kind", CHANGES)
def test_changed_logs_are_judged(kind: str) -> None:
    for data in mutants(CHANGES[kind], JUDGED[kind], seed=2):
        judged(data)


@pytest.mark.long
@pytest.mark.parametrize("part", range(2))
@pytest.mark.parametrize("kind", CHANGES)
def test_many_changed_logs_are_judged(kind: str, part: int) -> None:
    for data in mutants(CHANGES[kind], 500, seed=100 + part):
        judged(data)


def flipped(data: bytes, bit: int) -> bytes:
    found = bytearray(data)
    found[bit // 8] ^= 1 << bit % 8
    return bytes(found)


@cache
def _whole(name: str) -> tuple[bytes, list[object]]:
    """A log as it is, and its verdict."""
    data = LOGS[name]()
    return data, shape(judged(data))


def _changes_with_a_word(name: str, bit: int) -> None:
    data, verdict = _whole(name)
    found = judged(flipped(data, bit % (8 * len(data))))
    told = any(reading.run.damaged and reading.run.notes for reading in found)
    assert told or shape(found) == verdict, "the verdict changed without a word"


@given(st.sampled_from(sorted(LOGS)), st.integers(0, 2**40))
@settings(max_examples=60, deadline=None)
def test_one_bit_changes_no_verdict_without_a_word(name: str, bit: int) -> None:
    _changes_with_a_word(name, bit)


@pytest.mark.long
@pytest.mark.parametrize("name", LOGS)
def test_hardly_a_bit_changes_a_verdict_without_a_word(name: str) -> None:
    chance = random.Random(3)
    for bit in islice(iter(lambda: chance.getrandbits(40), None), 500):
        _changes_with_a_word(name, bit)
