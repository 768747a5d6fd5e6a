"""What is kept of histograms."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isnan, nan
from pathlib import Path

import numpy as np
import pytest
from tensorboard.compat.proto import summary_pb2, tensor_pb2, types_pb2

from tb_zeroacc.logs.decoding import range_of
from tb_zeroacc.run import Histograms
from tests.logs.written import Event, Value, buckets, curve, event, histo, only, simple, write

TAG = "dense/kernel"
SPREAD = [[-1.0, 0.0, 3.0], [0.0, 2.0, 1.0]]
OTHER = [[-1.5, 0.0, 3.0], [0.0, 1.0, 1.0]]
ZEROS = [[0.0, 0.0, 0.0], [0.0, 0.0, 4.0]]  # TF2 puts a single value into the last bucket
EMPTY = [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
LOST = [[nan, nan, 0.0], [nan, nan, 0.0]]


def doubles(content: bytes) -> Value:
    proto = tensor_pb2.TensorProto(dtype=types_pb2.DT_DOUBLE, tensor_content=content)
    return summary_pb2.Summary.Value(tag=TAG, tensor=proto)


RANGES = {
    "TF2": (buckets(TAG, SPREAD), (-1.0, 2.0)),
    "TF2, one value": (buckets(TAG, ZEROS), (0.0, 0.0)),
    "TF2, one value, as it was": (buckets(TAG, [[-0.5, 0.5, 4.0]]), (0.0, 0.0)),
    "TF2, of no values": (buckets(TAG, EMPTY), None),
    "TF2, infinite": (buckets(TAG, [[-1.0, nan, 0.0], [nan, inf, 0.0]]), (-1.0, inf)),
    "TF2, without buckets": (doubles(b""), None),
    "no row of three": (doubles(bytes(32)), None),
    "TF1": (histo(TAG, [-1.0, 0.5, 2.0]), (-1.0, 2.0)),
    "TF1, of no values": (Value(tag=TAG, histo=summary_pb2.HistogramProto()), None),
    "TF1, without its ends": (
        Value(tag=TAG, histo=summary_pb2.HistogramProto(num=3, sum_squares=5)), None,
    ),
    "a scalar": (simple(TAG, 1.0), None),
}  # fmt: skip


@pytest.mark.parametrize(("value", "want"), RANGES.values(), ids=RANGES)
def test_ranges(value: Value, want: tuple[float, float] | None) -> None:
    assert range_of(value) == want


def test_nan_is_read_in_both_encodings() -> None:
    for value in (buckets(TAG, LOST), histo(TAG, [1.0, nan])):
        found = range_of(value)
        assert found is not None
        assert all(isnan(end) for end in found)


def at_steps(rows: Sequence[list[list[float]]], first: int = 0) -> list[Event]:
    return [event(first + i, buckets(TAG, one)) for i, one in enumerate(rows)]


def read(path: Path, *events: Event) -> Histograms:
    write(path, [*curve("loss", [1.0, 0.5, 0.4]), *events])
    (found,) = only(path).histograms
    return found


def test_those_of_a_tag_are_one(tmp_path: Path) -> None:
    found = read(tmp_path, *at_steps([SPREAD, SPREAD, OTHER]))
    assert found == Histograms(".", TAG, 3, 0, 2, -1.5, 2.0, varies=True)


def test_equal_ones_do_not_vary(tmp_path: Path) -> None:
    assert read(tmp_path, *at_steps([SPREAD] * 3)).varies is False


def test_the_old_encoding_varies_with_its_buckets(tmp_path: Path) -> None:
    moved = histo(TAG, [-1.0, 2.0])
    moved.histo.bucket[0] = 7.0
    assert read(tmp_path, event(0, histo(TAG, [-1.0, 2.0])), event(1, moved)).varies


def test_nan_stays_until_a_finite_one(tmp_path: Path) -> None:
    assert read(tmp_path / "a", *at_steps([SPREAD, LOST, LOST])).bad_since == 1
    assert read(tmp_path / "b", *at_steps([LOST, SPREAD])).bad_since is None
    lost = read(tmp_path / "c", *at_steps([LOST, LOST]))
    assert (lost.bad_since, lost.lowest, lost.highest) == (0, inf, -inf)


def test_steps_that_begin_anew_begin_another_stretch(tmp_path: Path) -> None:
    found = read(tmp_path, *at_steps([SPREAD, SPREAD]), *at_steps([OTHER, OTHER]))
    assert found == Histograms(".", TAG, 2, 0, 1, -1.5, 1.0, varies=False)


def test_a_file_that_goes_on(tmp_path: Path) -> None:
    write(tmp_path, [*curve("loss", [1.0, 0.5]), *at_steps([SPREAD, LOST])])
    write(tmp_path, [*curve("loss", [0.4, 0.3], first=2), *at_steps([LOST], first=2)], number=1)
    (found,) = only(tmp_path).histograms
    assert (found.count, found.last_step, found.varies, found.bad_since) == (3, 2, True, 1)


def test_those_of_an_earlier_session_are_set_aside(tmp_path: Path) -> None:
    again = curve("loss", [1.0, 0.5, 0.4])
    write(tmp_path, [*at_steps([SPREAD]), *again, *again])
    assert only(tmp_path).histograms == ()
    write(tmp_path, [*curve("loss", [1.0, 0.5]), *at_steps([SPREAD])], number=1)
    write(tmp_path, [*curve("loss", [1.0, 0.5]), *at_steps([OTHER])], number=2)
    (found,) = only(tmp_path).histograms
    assert (found.count, found.lowest) == (1, -1.5)


def test_a_scalar_may_share_its_tag(tmp_path: Path) -> None:
    both = (histo("w", [1.0, 2.0]), simple("w", 1.0))
    write(tmp_path, [event(0, *both), event(1, simple("w", 2.0))])
    run = only(tmp_path)
    assert [h.tag for h in run.histograms] == ["w"]
    assert run.curve("w") is not None


def test_some_of_them_are_kept_in_bins(tmp_path: Path) -> None:
    moved = [[[-1.0 - n, 0.0, 3.0], [0.0, 2.0, 1.0]] for n in range(100)]
    course = read(tmp_path, *at_steps([*moved, LOST])).course
    assert course is not None
    kept = course.all()
    assert kept["step"].tolist() == [*range(0, 101, 4)]
    assert kept["low"][:2].tolist() == [-1.0, -5.0]
    assert np.isnan(kept["low"][-1])
    assert kept["shares"][0][:10].sum() * kept["total"][0] == pytest.approx(3.0 * 2 / 2, rel=0.02)


def test_those_of_the_old_encoding_are_kept_in_bins(tmp_path: Path) -> None:
    """PyTorch's: the right edge of each bucket, the last one without bound."""
    value = histo(TAG, [-1.0, 1.0])
    value.histo.ClearField("bucket_limit")
    value.histo.ClearField("bucket")
    value.histo.bucket_limit.extend([0.0, 1.7976931348623157e308])
    value.histo.bucket.extend([3.0, 1.0])
    bare = histo(TAG, [-1.0, 1.0])
    bare.histo.ClearField("bucket_limit")
    course = read(tmp_path, event(0, value), event(1, bare)).course
    assert course is not None
    shares = course.all()["shares"].astype(float)
    assert shares[0][:15].sum() == pytest.approx(0.75, rel=1e-2)
    assert shares[1] == pytest.approx(np.full(30, 1 / 30), rel=1e-2)


def test_of_many_tags_fewer_are_kept_and_of_too_many_none(tmp_path: Path) -> None:
    tags = [f"layer_{n}/kernel" for n in range(140)]
    events = [event(step, *(buckets(tag, SPREAD) for tag in tags)) for step in range(20)]
    write(tmp_path, [*curve("loss", [1.0, 0.5, 0.4]), *events])
    found = only(tmp_path).histograms
    lengths = [0 if one.course is None else len(one.course.all()) for one in found]
    assert set(lengths[:128]) == {4}
    assert lengths[128:] == [0] * 12
