"""The framing of event files, held to TensorFlow's own writer."""

from __future__ import annotations

from pathlib import Path

import pytest

from tb_zeroacc.tfrecord import HEAD, TAIL, framed, masked_crc, payload_is_sound, payload_length

PAYLOADS = [b"", b"a", b"x" * 300, bytes(range(256)), b"\0" * 40]


def test_known_checksums() -> None:
    # RFC 3720, B.4: CRC-32C of 32 zero bytes is 0x8a9136aa; masked as TensorFlow does.
    crc = 0x8A9136AA
    masked = (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF
    assert masked_crc(bytes(32)) == masked


@pytest.mark.parametrize("payload", PAYLOADS, ids=len)
def test_what_was_framed_is_found_again(payload: bytes) -> None:
    record = framed(payload)
    assert payload_length(record[:HEAD]) == len(payload)
    assert record[HEAD:-TAIL] == payload
    assert payload_is_sound(payload, record[-TAIL:])
    assert not payload_is_sound(payload + b"x", record[-TAIL:])
    assert not payload_is_sound(payload, record[-TAIL:-1])


def test_a_broken_head_states_no_length() -> None:
    head = bytearray(framed(b"payload")[:HEAD])
    head[0] ^= 1
    assert payload_length(bytes(head)) is None


@pytest.mark.training
def test_the_bytes_are_those_of_tensorflow(tmp_path: Path) -> None:
    import tensorflow as tf

    path = tmp_path / "records"
    with tf.io.TFRecordWriter(str(path)) as writer:
        for payload in PAYLOADS:
            writer.write(payload)
    assert path.read_bytes() == b"".join(map(framed, PAYLOADS))
