"""Many checksums are verified at once as they are one by one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tb_zeroacc.logs.framing import cut
from tb_zeroacc.logs.trust.checksums import FEW, first_unsound
from tb_zeroacc.tfrecord import framed

PAYLOADS = st.lists(st.binary(max_size=90), min_size=FEW + 1, max_size=3 * FEW)


@given(PAYLOADS, st.binary(max_size=9))
@settings(max_examples=50, deadline=None)
def test_sound_payloads_are_sound_wherever_they_lie(payloads: list[bytes], before: bytes) -> None:
    data = before + b"".join(map(framed, payloads))
    assert first_unsound(data, cut(data, len(before)).payloads) is None


@given(PAYLOADS, st.data())
@settings(max_examples=80, deadline=None)
def test_the_first_wrong_bit_is_found(payloads: list[bytes], draw: st.DataObject) -> None:
    data = bytearray(b"".join(map(framed, payloads)))
    found = cut(bytes(data)).payloads
    broken = draw.draw(st.lists(st.integers(0, len(payloads) - 1), min_size=1, unique=True))
    for number in broken:
        start, end = int(found.starts[number]), int(found.ends[number]) + 4
        data[draw.draw(st.integers(start, end - 1))] ^= 1 << draw.draw(st.integers(0, 7))
    assert first_unsound(bytes(data), found) == min(broken)


@pytest.mark.parametrize("size", [2**16 - 1, 2**16, 2**20])
def test_long_payloads(size: int) -> None:
    data = bytearray(b"".join(framed(bytes([n]) * size) for n in range(FEW + 1)))
    found = cut(bytes(data)).payloads
    assert first_unsound(bytes(data), found) is None
    data[int(found.ends[7]) - 1] ^= 1
    assert first_unsound(bytes(data), found) == 7
