"""Every way to name a loss means one loss."""

from __future__ import annotations

import functools
from types import SimpleNamespace
from typing import Any

import keras
import pytest

from tb_zeroacc.keras.contract.losses import canonical_name


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
        (functools.partial(my_loss, y_pred=0), "my_loss"),
        (functools.partial(keras.losses.huber, delta=2.0), "huber"),
        (keras.losses.get(functools.partial(my_loss)), "my_loss"),
        (lambda y_true, y_pred: y_true, "lambda"),
        (SimpleNamespace(), "simple_namespace"),
        (None, None),
    ],
)
def test_canonical_names(loss: Any, expected: str | None) -> None:
    assert canonical_name(loss) == expected
