"""Statistics of layers and weights: both backends give the same numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as some

from tb_zeroacc.keras.tables import graph_backend
from tb_zeroacc.recording.statistics import numpy_backend
from tb_zeroacc.recording.statistics import shared_statistics as shared
from tb_zeroacc.recording.statistics.backend import PART
from tb_zeroacc.recording.tables.data_tables import evenly
from tb_zeroacc.recording.tables.model_tables import update_stride


def rows_of(*shapes: tuple[int, int]) -> list[np.ndarray]:
    random = np.random.default_rng(5)
    return [(random.normal(size=shape) * 3).astype("float32") for shape in shapes]


SHAPES = [[(4, 3)], [(4, 3), (4, 3), (7, 1), (4, 3)], [(300, 200), (300, 200), (2, 2)]]


@pytest.mark.parametrize("where", [graph_backend, numpy_backend], ids=["graph", "host"])
@pytest.mark.parametrize("shapes", SHAPES, ids=["one", "some alike", "large"])
def test_moments_in_whatever_stacks(shapes: list[tuple[int, int]], where: Any) -> None:
    arrays = rows_of(*shapes)
    given = arrays if where is numpy_backend else [tf.constant(a) for a in arrays]
    found = where.moments(given, with_mean=True)
    for name, expected in (
        ("squares", [np.square(a).sum() for a in arrays]),
        ("mean", [a.mean() for a in arrays]),
        ("rms", [np.sqrt(np.square(a).mean()) for a in arrays]),
        ("abs_max", [np.abs(a).max() for a in arrays]),
        ("non_finite", [0.0 for _ in arrays]),
    ):
        np.testing.assert_allclose(
            getattr(found, name), expected, rtol=1e-5, atol=1e-5, err_msg=name
        )


@pytest.mark.parametrize("where", [graph_backend, numpy_backend], ids=["graph", "host"])
def test_non_finite_values_are_counted_exactly(where: Any) -> None:
    arrays = rows_of((300, 200), (3, 2), (5, 1))
    arrays[0][[0, 7, 250], [3, 3, 199]] = [np.nan, np.inf, -np.inf]
    arrays[2][4] = np.nan
    given = arrays if where is numpy_backend else [tf.constant(a) for a in arrays]
    assert np.asarray(where.moments(given).non_finite).tolist() == [3, 0, 1]


@pytest.mark.parametrize("where", [graph_backend, numpy_backend], ids=["graph", "host"])
def test_zero_shares_of_a_part(where: Any) -> None:
    large = np.zeros((4000, 50), np.float32)
    large[::2] = 1.0
    arrays = [large, np.array([[0.0, -0.0, 1.0, 2.0]], np.float32)]
    given = arrays if where is numpy_backend else [tf.constant(a) for a in arrays]
    shares = np.asarray(where.moments(given).zero_share).tolist()
    assert shares == pytest.approx([0.5, 0.5], abs=0.01)
    assert where.part_of(given[0]).shape[0] * 50 <= PART * 1.1


@pytest.mark.parametrize("where", [graph_backend, numpy_backend], ids=["graph", "host"])
@pytest.mark.parametrize("width", [1, 3, 50])
def test_dead_units_are_dead_in_every_row(width: int, where: Any) -> None:
    rows = np.zeros((200_000 // width + 1, width), np.float32)
    assert where.dead_share(rows if where is numpy_backend else tf.constant(rows)) == 1.0
    rows[-1, 0] = 1.0  # in a row that no part of the rows shows
    found = float(where.dead_share(rows if where is numpy_backend else tf.constant(rows)))
    assert found == pytest.approx(1.0 - 1.0 / width)


NUMBERS = some.floats(-1e3, 1e3, width=32, allow_subnormal=False) | some.sampled_from(
    [0.0, 1.0, -1.0, np.nan, np.inf]
)
FEW_ROWS = some.tuples(some.integers(1, 5), some.integers(1, 4)).flatmap(
    lambda shape: some.lists(NUMBERS, min_size=shape[0] * shape[1], max_size=shape[0] * shape[1])
    .map(lambda values: np.array(values, np.float32).reshape(shape))
)  # fmt: skip


@given(some.lists(FEW_ROWS, min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_host_and_graph_say_the_same(arrays: list[np.ndarray]) -> None:
    tensors = [tf.constant(a) for a in arrays]
    with np.errstate(all="ignore"):
        pairs = [
            (getattr(numpy_backend.moments(arrays, with_mean=True), name),
             getattr(graph_backend.moments(tensors, with_mean=True), name))
            for name in ("squares", "mean", "rms", "abs_max", "zero_share", "non_finite")
        ]
        pairs += [(numpy_backend.unit_spreads(arrays), graph_backend.unit_spreads(tensors))]
        vectors = [a.reshape(-1) for a in arrays]
        changes = np.concatenate(vectors) * np.float32(0.5)
        after = [tf.constant(v) for v in vectors]
        pairs += [(numpy_backend.rms_of_changes(vectors, changes),
                   graph_backend.rms_of_changes(after, tf.constant(changes)))]
        for a, t in zip(arrays, tensors, strict=True):
            if np.isfinite(a).all():
                pairs += [(numpy_backend.dead_share(a), graph_backend.dead_share(t))]
                pairs += [
                    (shared.saturated_share(a, kind, numpy_backend),
                     shared.saturated_share(t, kind, graph_backend))
                    for kind in (*shared.EDGES, "softmax", "linear")
                ]
    for ours, theirs in pairs:
        sound = np.isfinite(np.asarray(theirs))
        np.testing.assert_allclose(
            np.asarray(ours)[sound], np.asarray(theirs)[sound], rtol=1e-4, atol=2e-2
        )
        assert not np.isfinite(np.asarray(ours)[~sound]).any()


def test_units_that_are_alike_have_no_spread() -> None:
    alike = np.repeat(rows_of((6, 1))[0], 4, axis=1)
    other = rows_of((6, 4))[0]
    found = graph_backend.unit_spread(tf.constant(np.stack([alike, other]))).numpy()[:, 0]
    expected = np.sqrt(np.square(other - other.mean(1, keepdims=True)).mean())
    assert found.tolist() == pytest.approx([0.0, expected], rel=1e-4)


def test_class_counts_take_any_number() -> None:
    ids = tf.constant([0, 1, 1, 2, -1, 7, 1e30, 0.5, np.nan, np.inf])
    counts = graph_backend.class_counts(ids, 3).numpy().tolist()
    assert counts[:3] == [1, 2, 1]
    assert counts[3] >= 3  # out of range; 0.5 and NaN are no classes at all
    assert sum(counts) <= 8


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float16", "bfloat16", "float64", "bool"])
def test_any_numeric_dtype(dtype: str) -> None:
    rows = graph_backend.as_rows(tf.cast(tf.constant([[1, 0], [1, 1]]), dtype))
    assert graph_backend.column_statistics(rows).numpy()[:, 0].tolist() == [1.0, 0.5]


@pytest.mark.parametrize(
    "value",
    [
        tf.RaggedTensor.from_row_lengths([1.0, 2.0, 3.0], [1, 2]),
        tf.sparse.from_dense([[1.0, 0.0], [2.0, 3.0]]),
        tf.IndexedSlices(tf.constant([[1.0], [2.0], [3.0]]), tf.constant([0, 1, 1])),
        tf.constant(2.0),
    ],
    ids=["ragged", "sparse", "indexed", "scalar"],
)
def test_tensors_of_other_kinds(value: Any) -> None:
    assert graph_backend.column_statistics(graph_backend.as_rows(value)).numpy()[0, 0] == 2.0


@given(some.integers(1, 10**7), some.integers(1, 5000))
def test_the_walk_through_a_variable_meets_all_units(size: int, width: int) -> None:
    visited = range(0, size, update_stride(size, width))
    assert min(size, 500) <= len(visited) <= 8192
    units = {element % width for element in visited}
    assert len(units) == min(width, len(visited)), "no unit is met twice before all are met once"


def test_fingerprints_tell_order_and_content() -> None:
    x = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
    found = [graph_backend.fingerprint(tf.constant(v)) for v in (x, x, x[::-1], x + 1e-3)]
    prints = [values.numpy().tolist() for values in found]
    assert prints[0] == prints[1]
    assert len({tuple(p) for p in prints}) == 3


@pytest.mark.parametrize(("count", "most"), [(5, 8), (700, 256), (257, 256), (1, 1)])
def test_evenly_spaced_columns_are_distinct(count: int, most: int) -> None:
    kept = evenly(count, most)
    assert len(set(kept)) == min(count, most)
    assert kept[-1] == count - 1
