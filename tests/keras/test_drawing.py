"""The first batches of what `fit` would be given."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tb_zeroacc.keras.drawing import first_batches

pytestmark = pytest.mark.training
X = np.arange(40, dtype="float32").reshape(20, 2)
Y = np.arange(20)


class Pairs(keras.utils.PyDataset):
    def __len__(self) -> int:
        return 3

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        return X[8 * index : 8 * index + 8], Y[8 * index : 8 * index + 8]


class Loader:
    """What may be iterated again and again, as a loader of PyTorch."""

    def __iter__(self) -> Any:
        return iter([(X[:8], Y[:8]), (X[8:16], Y[8:16]), (X[16:], Y[16:])])


DATA: dict[str, tuple[Any, Any]] = {
    "arrays": (X, Y),
    "tensors": (tf.constant(X), tf.constant(Y)),
    "a batch": ((X, Y), None),
    "a dataset": (tf.data.Dataset.from_tensor_slices((X, Y)).batch(8), None),
    "a PyDataset": (Pairs(), None),
    "a loader": (Loader(), None),
    "a list of batches": ([(X[:8], Y[:8]), (X[8:16], Y[8:16]), (X[16:], Y[16:])], None),
}


@pytest.mark.parametrize(("data", "labels"), DATA.values(), ids=DATA.keys())
def test_rows_stay_with_their_labels(data: Any, labels: Any) -> None:
    batches = first_batches(data, labels, size=8, most=8)
    assert [len(y) for _, y, _ in batches] == [8, 8, 4]
    for x, y, weights in batches:
        assert np.array_equal(np.asarray(x)[:, 0], 2 * np.asarray(y))
        assert weights is None
    assert sorted(int(label) for _, y, _ in batches for label in y) == Y.tolist(), "none twice"


@pytest.mark.parametrize(("data", "labels"), DATA.values(), ids=DATA.keys())
def test_no_more_than_asked(data: Any, labels: Any) -> None:
    assert len(first_batches(data, labels, size=8, most=2)) == 2


def test_sorted_rows_are_mixed_as_fit_would() -> None:
    ((_, labels, _),) = first_batches(X, Y // 10, size=10, most=1)
    assert set(labels) == {0, 1}


def test_several_inputs_and_weights() -> None:
    ((inputs, _, weights),) = first_batches(({"a": X, "b": Y}, Y, Y), None, size=20, most=1)
    assert np.array_equal(inputs["a"][:, 0], 2 * inputs["b"])
    assert np.array_equal(inputs["b"], weights)


def test_an_iterator_keeps_its_batches() -> None:
    batches = iter([(X, Y)])
    assert first_batches(batches, None, size=8, most=8) == []
    assert next(batches)[0] is X, "training still sees the first batch"


@pytest.mark.parametrize(
    ("data", "labels", "sentence"),
    [
        (3, None, "`data` must be what `fit` accepts"),
        (X, Y[:7], "as many rows. Received: 7 and 20 rows"),
        (X[:0], Y[:0], "`data` hold no row"),
        (tf.data.Dataset.from_tensor_slices((X[:0], Y[:0])), None, "`data` hold no batch"),
    ],
    ids=["a number", "other lengths", "no rows", "no batches"],
)
def test_data_that_make_no_sense(data: Any, labels: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        first_batches(data, labels, size=8, most=8)
