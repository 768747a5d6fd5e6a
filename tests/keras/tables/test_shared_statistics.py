"""Statistics of data and outputs: both backends give the same numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as some

from tb_zeroacc import facts
from tb_zeroacc.keras.tables import graph_backend, graph_numbers, layer_tables
from tb_zeroacc.recording.guard import Guard
from tb_zeroacc.recording.pipeline import tallies
from tb_zeroacc.recording.statistics import numpy_backend
from tb_zeroacc.recording.statistics import shared_statistics as shared
from tb_zeroacc.recording.statistics.tensors import HostTensor
from tb_zeroacc.recording.tables import data_tables
from tb_zeroacc.recording.tables.targets import Target
from tb_zeroacc.records import as_float32

NUMBERS = some.floats(-1e3, 1e3, width=32, allow_subnormal=False) | some.sampled_from(
    [0.0, 1.0, -1.0, np.nan, np.inf]
)
SHAPES = some.tuples(some.integers(1, 6), some.integers(1, 4))


def arrays(numbers: Any) -> Any:
    return SHAPES.flatmap(
        lambda shape: some.lists(
            numbers, min_size=shape[0] * shape[1], max_size=shape[0] * shape[1]
        ).map(lambda values: np.array(values, np.float32).reshape(shape))
    )


def here(values: np.ndarray) -> HostTensor:
    """The array as the host is given it."""
    return HostTensor(tf.TensorSpec(values.shape, values.dtype), values)


def of_both(statistic: Any, values: np.ndarray, *arguments: Any, **options: Any) -> tuple[Any, Any]:
    """A shared statistic of the same rows by NumPy and in TensorFlow."""
    ours = statistic(values, *arguments, backend=numpy_backend, **options)
    return ours, statistic(tf.constant(values), *arguments, backend=graph_backend, **options)


def assert_alike(ours: Any, theirs: Any, what: str = "") -> None:
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.dtype == theirs.dtype == np.float32, what
    assert ours.shape == theirs.shape, what
    sound = np.isfinite(theirs)
    np.testing.assert_allclose(ours[sound], theirs[sound], rtol=1e-4, atol=2e-2, err_msg=what)


@given(arrays(NUMBERS))
@settings(max_examples=80, deadline=None)
def test_inputs_and_labels(values: np.ndarray) -> None:
    tensor = tf.constant(values)
    width = values.shape[1]
    with np.errstate(all="ignore"):
        ours, theirs = (
            numpy_backend.column_statistics(values),
            graph_backend.column_statistics(tensor),
        )
        # What comes out of an infinity differs by how a graph sums; how many there are does not.
        assert_alike(ours[:, 4:], theirs.numpy()[:, 4:], "zeros and counts")
        if np.isfinite(values).all():
            assert_alike(ours, theirs, "columns")
            assert_alike(*of_both(shared.pool, ours), "pooled")
            assert_alike(
                numpy_backend.fingerprint(values), graph_backend.fingerprint(tensor), "fingerprint"
            )
            labels = shared.label_statistics(here(values), width, numpy_backend)
            assert_alike(labels, shared.label_statistics(tensor, width, graph_backend), "labels")
            found = shared.weight_statistics(here(values), numpy_backend)
            assert_alike(found, shared.weight_statistics(tensor, graph_backend), "weights")
        for certain in (False, True):
            if certain and np.isnan(values).any():
                continue  # the largest of a row with NaN is any
            assert_alike(*of_both(shared.ids_of_one_hot, values, certain=certain), "one-hot")
        both = np.concatenate([values, values[:, :1] * 2], axis=1)
        assert_alike(
            numpy_backend.joint_moments([values, both], [values[:, :1]]),
            graph_backend.joint_moments([tensor, tf.constant(both)], [tensor[:, :1]]),
            "moments",
        )


@given(arrays(some.floats(0, 1, width=32, allow_subnormal=False)))
@settings(max_examples=40, deadline=None)
def test_outputs(values: np.ndarray) -> None:
    for activation in ("softmax", "sigmoid", "tanh", "linear", None):
        assert_alike(*of_both(shared.output_statistics, values, activation), str(activation))


@given(arrays(NUMBERS))
@settings(max_examples=40, deadline=None)
def test_predicted_classes(values: np.ndarray) -> None:
    values = np.where(np.isinf(values), 0, values).astype(np.float32)
    with np.errstate(all="ignore"):
        pairs = [of_both(shared.largest_units, values), of_both(shared.above, values, 0.5)]
    for ours, theirs in pairs:
        np.testing.assert_array_equal(ours, theirs)  # NaN where there is none
        assert_alike(numpy_backend.class_counts(ours, 2), graph_backend.class_counts(theirs, 2))


@pytest.mark.parametrize(
    "ids", [[0, 1, 1, 2, 7, -1], [0.5, 1.0, np.nan, np.inf, -np.inf], [1e30, 2e9, 0.0]]
)
def test_class_counts_take_any_number(ids: list[float]) -> None:
    given = np.array(ids, np.float32)
    with np.errstate(all="ignore"):
        ours = numpy_backend.class_counts(given, 3)
    assert_alike(ours, graph_backend.class_counts(tf.constant(given), 3))


@pytest.mark.parametrize("shape", [(5000, 3), (64, 256), (2, 1)], ids=str)
def test_of_whatever_width(shape: tuple[int, int]) -> None:
    values = np.random.default_rng(3).normal(2.0, 3.0, shape).astype("float32")
    assert_alike(
        numpy_backend.column_statistics(values),
        graph_backend.column_statistics(tf.constant(values)),
    )
    halves = values.astype("float16")
    assert_alike(numpy_backend.as_rows(here(halves)), graph_backend.as_rows(tf.constant(halves)))


def test_tables_of_outputs_with_unlike_classes() -> None:
    random = np.random.default_rng(4)
    x = random.normal(size=(6, 300)).astype("float32")  # more features than have a row of their own
    ids, yes = np.array([[0], [2], [1], [2], [4], [0]]), np.array([[1], [0], [0], [1], [1], [1]])
    guesses, chances = random.random((6, 5), np.float32), random.random((6, 1), np.float32)
    many = facts.Output("many", None, "softmax", 5, "sparse_categorical_crossentropy")
    two = facts.Output("two", None, "sigmoid", 1, "binary_crossentropy")
    found = []
    for stand_in, backend in ((here, numpy_backend), (tf.constant, graph_backend)):
        targets = [
            Target(many, stand_in(ids), stand_in(guesses), stand_in(chances)),
            Target(two, stand_in(yes), stand_in(chances)),
        ]
        guard = Guard()
        found.append(data_tables.of_data([("x", stand_in(x))], targets, guard, backend))
        assert not guard.off
    for ours, theirs in zip(*found, strict=True):
        assert ours.layout == theirs.layout
        assert_alike(ours.values, theirs.values, ours.layout.kind)
        np.testing.assert_array_equal(np.isnan(ours.values), np.isnan(theirs.values))
    counts = {ours.layout.kind: ours.values.tolist() for ours in found[0]}["label_counts"]
    assert counts[0] == [2, 1, 2, 0, 1, 0]
    assert counts[1][:2] == [2, 4]
    assert np.isnan(counts[1][2:5]).all()


MOST = float(np.finfo(np.float32).max)
WIDE = [
    (1e300, MOST), (-1e300, -MOST), (2 * MOST, MOST), (MOST, MOST), (0.1, np.float32(0.1)),
    (np.inf, np.inf), (-np.inf, -np.inf), (np.nan, np.nan),
]  # fmt: skip


@pytest.mark.parametrize(("value", "want"), WIDE)
def test_only_what_is_infinite_stays_so_in_float32(value: float, want: float) -> None:
    given_ = np.array([[value]])
    with np.errstate(all="raise", under="ignore"):
        found = [
            numpy_backend.array_of(given_), as_float32(value),
            graph_numbers.as_float(tf.constant(given_)),
            layer_tables.mean_of(given_), layer_tables.mean_of(tf.constant(given_)),
            graph_numbers.total(tf.constant(given_)),
        ]  # fmt: skip
    for one in found:
        np.testing.assert_array_equal(np.asarray(one).reshape(-1), np.float32([want]))
        assert np.asarray(one).dtype == np.float32
    with np.errstate(all="ignore"):
        counted = numpy_backend.column_statistics(numpy_backend.array_of(given_))[0, 5]
    rows = graph_backend.as_rows(tf.constant(given_))
    assert counted == graph_backend.column_statistics(rows)[0, 5]
    assert counted == (not np.isfinite(value))


def test_means_and_sums_of_float64_are_taken_in_float64() -> None:
    values = np.full([8], 1e300)
    for found in (layer_tables.mean_of(values), layer_tables.mean_of(tf.constant(values)),
                  graph_numbers.total(tf.constant(values))):  # fmt: skip
        assert float(found) == MOST


def test_what_a_tap_saw_is_finite() -> None:
    held = tallies.nothing(1)
    sums, extremes = tallies.sums_of(np.array([1e300, -1e300, 1.0]))
    held[0] = [1, 0, *sums, *extremes]
    found = dict(zip(facts.COLUMNS["pipeline"], tallies.table_of(held)[0], strict=True))
    assert (found["min"], found["max"], found["non_finite_share"]) == (-MOST, MOST, 0)
