"""`tb_zeroacc.check`: what a few batches show before training, and that nothing changes."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import tb_zeroacc
from demo.data import digits
from tb_zeroacc.diagnosis.diagnosis import Outcome

pytestmark = pytest.mark.training
layers = keras.layers
X, Y = digits()
SPARSE = keras.losses.SparseCategoricalCrossentropy
NANS = np.where(X > 0.99, np.nan, X)


def model(
    activation: str | None = "softmax", loss: Any = "sparse_categorical_crossentropy"
) -> keras.Model:
    """Normalisation and dropout change variables in every forward pass."""
    stack = [
        layers.Dense(32, activation="relu"), layers.BatchNormalization(), layers.Dropout(0.3),
        layers.Dense(10, activation=activation),
    ]  # fmt: skip
    made = keras.Sequential([layers.Input((64,)), *stack])
    made.compile("adam", loss, metrics=["accuracy"])
    return made


FOUND: dict[str, tuple[keras.Model, Any, Any, list[str]]] = {
    "all is well": (model(), X, Y, []),
    "logits that are meant": (model(None, SPARSE(from_logits=True)), X, Y, []),
    "labels in their order": (model(), X[np.argsort(Y)], np.sort(Y), []),
    "logits taken for shares": (model(None), X, Y, ["ZA303"]),
    "labels from 1, which end in an error": (model(), X, Y + 1, ["ZA201"]),
    "inputs of zeros": (model(), 0 * X, Y, ["ZA102"]),
    "NaN among the inputs": (model(), NANS, Y, ["ZA101"]),
    "one class": (model(), X, 0 * Y, ["ZA202"]),
    "a dataset": (
        model(None), tf.data.Dataset.from_tensor_slices((X, Y)).batch(32), None, ["ZA303"]
    ),
    "one batch": (model(None), (X[:32], Y[:32]), None, ["ZA303"]),
}  # fmt: skip


@pytest.mark.parametrize(("made", "x", "y", "codes"), FOUND.values(), ids=FOUND.keys())
def test_what_is_found_and_that_nothing_changes(
    made: keras.Model, x: Any, y: Any, codes: list[str]
) -> None:
    before = [variable.numpy() for variable in made.variables]
    verdict = tb_zeroacc.check(made, x, y)
    assert [finding.code for finding in verdict.findings] == codes, verdict.headline
    assert verdict.outcome is not Outcome.LEARNING
    for variable, value in zip(made.variables, before, strict=True):
        assert np.array_equal(variable.numpy(), value), f"{variable.path} changed"


def test_training_afterwards_is_the_same_to_the_bit() -> None:
    weights = []
    for is_checked in (False, True):
        keras.backend.clear_session()
        keras.utils.set_random_seed(3)
        made = keras.Sequential([layers.Dense(16, activation="relu"), layers.Dropout(0.5),
                                 layers.Dense(10, activation="softmax")])  # fmt: skip
        made.compile("adam", "sparse_categorical_crossentropy")
        if is_checked:
            assert tb_zeroacc.check(made, X, Y).findings == ()
        made.fit(X[:256], Y[:256], epochs=2, verbose=0)
        weights.append(made.get_weights())
    for unchecked, checked in zip(*weights, strict=True):
        assert np.array_equal(unchecked, checked)


def test_a_healthy_model_is_not_praised_before_it_learned() -> None:
    verdict = tb_zeroacc.check(model(), X, Y)
    assert verdict.outcome is Outcome.CANNOT_TELL
    assert verdict.headline.startswith("No fault found before training: ")


def test_nothing_is_drawn_from_a_generator_and_the_contract_is_checked() -> None:
    batches = iter([(X[:32], Y[:32])])
    verdict = tb_zeroacc.check(model(), batches)
    assert next(batches)[0].shape == (32, 64)
    assert "training would miss it" in verdict.context
    assert [f.code for f in tb_zeroacc.check(model(None), batches).findings] == ["ZA303"]


def test_a_loss_of_ones_own() -> None:
    made = keras.Sequential([layers.Input((64,)), layers.Dense(10)])
    assert tb_zeroacc.check(made, X, Y, loss=SPARSE(from_logits=True)).findings == ()
    assert [f.code for f in tb_zeroacc.check(made, X, Y, loss=SPARSE()).findings] == ["ZA303"]


def test_an_error_without_a_known_cause_passes_on() -> None:
    with pytest.raises(ValueError, match="expected axis -1 of input shape"):
        tb_zeroacc.check(model(), X[:, :10], Y)


@pytest.mark.parametrize(
    ("made", "sentence"),
    [(None, "`model` must be a model of Keras 3"),
     (keras.Sequential([layers.Dense(1)]), "Compile the model first, or name the loss")],
    ids=["no model", "not compiled"],
)  # fmt: skip
def test_models_that_make_no_sense(made: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        tb_zeroacc.check(made, X, Y)
