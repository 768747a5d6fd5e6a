"""The recorder's parts, each by itself."""

from __future__ import annotations

import warnings
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as some

from tb_zeroacc.recorder import data_statistics, host
from tb_zeroacc.recorder import statistics as st
from tb_zeroacc.recorder.association import Association
from tb_zeroacc.recorder.guard import Guard
from tb_zeroacc.recorder.losses import canonical_name
from tb_zeroacc.recorder.patches import Patch
from tb_zeroacc.recorder.schedule import DENSE_STEPS, Schedule, coprime
from tb_zeroacc.recorder.structures import with_paths
from tb_zeroacc.recorder.tables import evenly


# --- guard --------------------------------------------------------------------------------------
def fail() -> None:
    raise OSError("disk full")


def test_guard_turns_a_part_off_with_one_warning() -> None:
    guard = Guard()
    with pytest.warns(RuntimeWarning, match="no longer records the log.*disk full") as told:
        assert [guard.run("the log", fail) for _ in range(2)] == [None, None]
    assert len(told) == 1
    assert guard.run("the log", lambda: 1) is None  # it is off
    assert guard.run("something else", lambda: 1) == 1


def test_guard_holds_where_warnings_are_errors() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Guard().run("the log", fail) is None


def test_guard_lets_ctrl_c_through() -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Guard().run("anything", interrupt)


# --- schedule -----------------------------------------------------------------------------------
def measured(plain: float, sampled: float, host: float, **options: Any) -> Schedule:
    schedule = Schedule(**{"every": None, "budget": 0.01, **options})
    schedule.note_step(plain, sampled=False)
    schedule.note_step(sampled, sampled=True)
    schedule.note_host(host)
    return schedule


def test_the_first_steps_are_all_due() -> None:
    schedule = measured(1.0, 2.0, 1.0)
    assert {schedule.spacing(step, 10) for step in range(DENSE_STEPS)} == {1}


@pytest.mark.parametrize(
    ("plain", "sampled", "host", "budget", "expected"),
    [
        (0.010, 0.012, 0.0, 0.01, 20),
        (0.010, 0.012, 0.001, 0.01, 30),
        (0.010, 0.012, 0.0, 0.10, 2),
        (0.010, 0.009, 0.0, 0.01, 1),  # no cost to be seen
    ],
)
def test_spacing_holds_the_budget(
    plain: float, sampled: float, host: float, budget: float, expected: int
) -> None:
    schedule = measured(plain, sampled, host, budget=budget)
    assert schedule.spacing(1000, None) == pytest.approx(expected, abs=1)


def test_without_a_plain_step_the_spacing_is_wide() -> None:
    schedule = Schedule(None, 0.01)
    schedule.note_step(0.002, sampled=True)
    assert schedule.spacing(DENSE_STEPS, None) >= 100


def test_every_is_fixed() -> None:
    assert measured(1.0, 9.0, 9.0, every=7).spacing(0, 7) == 7


def test_what_is_beside_the_samples_is_booked() -> None:
    schedule = Schedule(None, 0.01)
    assert schedule.affords(0.5, elapsed=60.0)
    assert not schedule.affords(0.5, elapsed=60.0)


@given(some.integers(1, 5000), some.integers(1, 5000))
def test_spacing_meets_every_batch_of_an_epoch(spacing: int, period: int) -> None:
    found = coprime(spacing, period)
    assert found >= spacing
    assert len({(i * found) % period for i in range(period)}) == period


# --- patches ------------------------------------------------------------------------------------
class Thing:
    def speak(self) -> str:
        return "thing"


def louder(original: Any, patch: Patch) -> Any:
    return lambda: original() + "!" if patch.active else original()


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0)])
def test_patches_go_in_any_order_without_a_trace(order: tuple[int, ...]) -> None:
    thing = Thing()
    patches = [Patch(thing, "speak", louder) for _ in range(3)]
    assert thing.speak() == "thing!!!"
    for left, index in zip((2, 1, 0), order, strict=True):
        patches[index].remove()
        assert thing.speak() == "thing" + "!" * left
    assert not vars(thing)


# --- association --------------------------------------------------------------------------------
def moments(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    xc, yc = x - x.mean(0), y - y.mean(0)
    parts = [[len(x)], x.mean(0), y.mean(0), (xc**2).sum(0), (yc**2).sum(0), (xc.T @ yc).ravel()]
    return np.concatenate(parts).astype(np.float32)


@given(some.integers(0, 10_000), some.lists(some.integers(1, 9), min_size=2, max_size=6))
@settings(max_examples=40, deadline=None)
def test_association_in_pieces_is_that_of_the_whole(seed: int, sizes: list[int]) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(sum(sizes), 3)) * [1, 100, 1] + [0, 50, 3]
    y = x[:, :2] * [1, -1] + rng.normal(size=(sum(sizes), 2))
    whole, pieces = (Association(("a", "b", "c"), ("d", "e")) for _ in range(2))
    whole.add(moments(x, y))
    for part in np.split(np.arange(len(x)), np.cumsum(sizes)[:-1]):
        pieces.add(moments(x[part], y[part]))
    assert pieces.examples == len(x)
    np.testing.assert_allclose(pieces.correlation(), whole.correlation(), atol=1e-3)


def test_association_of_a_constant_is_unknown() -> None:
    found = Association(("a",), ("b",))
    found.add(moments(np.ones((8, 1)), np.arange(8.0)[:, None]))
    assert np.isnan(found.correlation()).all()


def test_association_leaves_a_broken_batch_out() -> None:
    found = Association(("a",), ("b",))
    found.add(np.full(6, np.nan, np.float32))
    assert found.examples == 0


# --- statistics ---------------------------------------------------------------------------------
def rows_of(*shapes: tuple[int, int]) -> list[np.ndarray]:
    random = np.random.default_rng(5)
    return [(random.normal(size=shape) * 3).astype("float32") for shape in shapes]


SHAPES = [[(4, 3)], [(4, 3), (4, 3), (7, 1), (4, 3)], [(300, 200), (300, 200), (2, 2)]]


@pytest.mark.parametrize("where", [st, host], ids=["graph", "host"])
@pytest.mark.parametrize("shapes", SHAPES, ids=["one", "some alike", "large"])
def test_moments_in_whatever_stacks(shapes: list[tuple[int, int]], where: Any) -> None:
    arrays = rows_of(*shapes)
    given = arrays if where is host else [tf.constant(a) for a in arrays]
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


@pytest.mark.parametrize("where", [st, host], ids=["graph", "host"])
def test_non_finite_values_are_counted_exactly(where: Any) -> None:
    arrays = rows_of((300, 200), (3, 2), (5, 1))
    arrays[0][[0, 7, 250], [3, 3, 199]] = [np.nan, np.inf, -np.inf]
    arrays[2][4] = np.nan
    given = arrays if where is host else [tf.constant(a) for a in arrays]
    assert np.asarray(where.moments(given).non_finite).tolist() == [3, 0, 1]


@pytest.mark.parametrize("where", [st, host], ids=["graph", "host"])
def test_zero_shares_of_a_part(where: Any) -> None:
    large = np.zeros((4000, 50), np.float32)
    large[::2] = 1.0
    arrays = [large, np.array([[0.0, -0.0, 1.0, 2.0]], np.float32)]
    given = arrays if where is host else [tf.constant(a) for a in arrays]
    shares = np.asarray(where.moments(given).zero_share).tolist()
    assert shares == pytest.approx([0.5, 0.5], abs=0.01)
    assert where.part_of(given[0]).shape[0] * 50 <= host.PART * 1.1


@pytest.mark.parametrize("where", [st, host], ids=["graph", "host"])
@pytest.mark.parametrize("width", [1, 3, 50])
def test_dead_units_are_dead_in_every_row(width: int, where: Any) -> None:
    rows = np.zeros((200_000 // width + 1, width), np.float32)
    assert where.dead_share(rows if where is host else tf.constant(rows)) == 1.0
    rows[-1, 0] = 1.0  # in a row that no part of the rows shows
    found = float(where.dead_share(rows if where is host else tf.constant(rows)))
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
            (getattr(host.moments(arrays, with_mean=True), name),
             getattr(st.moments(tensors, with_mean=True), name))
            for name in ("squares", "mean", "rms", "abs_max", "zero_share", "non_finite")
        ]
        pairs += [(host.unit_spreads(arrays), st.unit_spreads(tensors))]
        vectors = [a.reshape(-1) for a in arrays]
        changes = np.concatenate(vectors) * np.float32(0.5)
        pairs += [(host.rms_of_changes(vectors, changes),
                   st.rms_of_changes([tf.constant(v) for v in vectors], tf.constant(changes)))]
        for a, t in zip(arrays, tensors, strict=True):
            if np.isfinite(a).all():
                pairs += [(host.dead_share(a), st.dead_share(t))]
                kinds = (*host.EDGES, "softmax", "linear")
                pairs += [(host.saturated_share(a, k), st.saturated_share(t, k)) for k in kinds]
    for ours, theirs in pairs:
        sound = np.isfinite(np.asarray(theirs))
        np.testing.assert_allclose(
            np.asarray(ours)[sound], np.asarray(theirs)[sound], rtol=1e-4, atol=2e-2
        )
        assert not np.isfinite(np.asarray(ours)[~sound]).any()


def test_units_that_are_alike_have_no_spread() -> None:
    alike = np.repeat(rows_of((6, 1))[0], 4, axis=1)
    other = rows_of((6, 4))[0]
    found = st.unit_spread(tf.constant(np.stack([alike, other]))).numpy()[:, 0]
    expected = np.sqrt(np.square(other - other.mean(1, keepdims=True)).mean())
    assert found.tolist() == pytest.approx([0.0, expected], rel=1e-4)


def test_class_counts_take_any_number() -> None:
    ids = tf.constant([0, 1, 1, 2, -1, 7, 1e30, 0.5, np.nan, np.inf])
    counts = data_statistics.class_counts(ids, 3).numpy().tolist()
    assert counts[:3] == [1, 2, 1]
    assert counts[3] >= 3  # out of range; 0.5 and NaN are no classes at all
    assert sum(counts) <= 8


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float16", "bfloat16", "float64", "bool"])
def test_any_numeric_dtype(dtype: str) -> None:
    rows = st.as_rows(tf.cast(tf.constant([[1, 0], [1, 1]]), dtype))
    assert data_statistics.column_statistics(rows).numpy()[:, 0].tolist() == [1.0, 0.5]


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
    assert data_statistics.column_statistics(st.as_rows(value)).numpy()[0, 0] == 2.0


@given(some.integers(1, 10**7), some.integers(1, 5000))
def test_the_walk_through_a_variable_meets_all_units(size: int, width: int) -> None:
    visited = range(0, size, host.update_stride(size, width))
    assert min(size, 500) <= len(visited) <= 8192
    units = {element % width for element in visited}
    assert len(units) == min(width, len(visited)), "no unit is met twice before all are met once"


def test_fingerprints_tell_order_and_content() -> None:
    x = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
    found = [data_statistics.fingerprint(tf.constant(v)) for v in (x, x, x[::-1], x + 1e-3)]
    prints = [values.numpy().tolist() for values in found]
    assert prints[0] == prints[1]
    assert len({tuple(p) for p in prints}) == 3


@pytest.mark.parametrize(("count", "most"), [(5, 8), (700, 256), (257, 256), (1, 1)])
def test_evenly_spaced_columns_are_distinct(count: int, most: int) -> None:
    kept = evenly(count, most)
    assert len(set(kept)) == min(count, most)
    assert kept[-1] == count - 1


# --- names of losses ----------------------------------------------------------------------------
def my_loss(y_true: Any, y_pred: Any) -> Any:
    return y_true - y_pred


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ("mse", "mean_squared_error"),
        ("binary_crossentropy", "binary_crossentropy"),
        (keras.losses.BinaryCrossentropy(), "binary_crossentropy"),
        (keras.losses.SparseCategoricalCrossentropy(), "sparse_categorical_crossentropy"),
        (keras.losses.mean_absolute_error, "mean_absolute_error"),
        (keras.losses.Huber(), "huber"),
        (my_loss, "my_loss"),
        (SimpleNamespace(), "simple_namespace"),
        (None, None),
    ],
)
def test_canonical_names(loss: Any, expected: str | None) -> None:
    assert canonical_name(loss) == expected


# --- nested structures --------------------------------------------------------------------------
NESTED = some.recursive(
    some.integers(0, 9) | some.none(),
    lambda inner: some.lists(inner, max_size=3) | some.lists(inner, max_size=3).map(tuple)
    | some.dictionaries(some.sampled_from("abcd"), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(NESTED)
@settings(deadline=None)
def test_paths_lead_to_the_leaves_in_the_order_of_keras(structure: Any) -> None:
    found = with_paths(structure)
    assert [leaf for _, leaf in found] == keras.tree.flatten(structure)
    for path, leaf in found:
        at = structure
        for key in path:
            at = at[key]
        assert at is leaf
