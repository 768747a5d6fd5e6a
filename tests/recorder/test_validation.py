"""What is recorded of a validation: its first batches, each epoch, and nothing else is changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tb_zeroacc import facts
from tb_zeroacc.logs.reader import read_runs
from tests.recorder.models import classes, faults, features, linear, mlp, recorder, weights
from tests.recorder.reading import read

pytestmark = pytest.mark.training
X, X_VALID = features(24), features(72, seed=1) + 2
Y, Y_VALID = classes(X), classes(X_VALID)
SEEN = 4 * 8  # examples: so many batches of 8
WAYS: dict[str, dict[str, Any]] = {
    "graph": {},
    "eager": {"run_eagerly": True},
    "jit": {"jit_compile": True},
    "three at once": {"steps_per_execution": 3},
}


def fit(model: keras.Model, *callbacks: Any, **options: Any) -> Any:
    options = {"validation_data": (X_VALID, Y_VALID), "validation_batch_size": 8, **options}
    return model.fit(
        X, Y, batch_size=8, epochs=2, shuffle=False, verbose=0, callbacks=callbacks, **options
    ).history


@pytest.mark.parametrize("way", WAYS)
def test_the_first_batches_of_each_epoch(way: str, tmp_path: Path) -> None:
    callback = recorder(tmp_path)
    plain, watched = mlp(**WAYS[way]), mlp(**WAYS[way])
    logs = fit(plain), fit(watched, callback)
    assert logs[0] == logs[1], "validation says the same with and without us"
    assert weights(plain) == weights(watched)
    assert not faults(callback)
    log = read(tmp_path)
    assert log.steps("validation_inputs") == [2, 5]
    inputs = log.at("validation_inputs", 2)
    assert inputs.layout.rows == tuple(f"x[{i}]" for i in range(6))
    expected = X_VALID[: int(inputs("x[2]", "count"))]
    assert len(expected) == SEEN
    assert inputs("x[2]", "mean") == pytest.approx(expected[:, 2].mean(), abs=1e-5)
    assert inputs("x[2]", "std") == pytest.approx(expected[:, 2].std(), abs=1e-5)
    counts = np.bincount(Y_VALID[:SEEN], minlength=3)
    assert log.at("validation_label_counts", 2).values[0].tolist() == [*counts, 0]
    predicted = plain.predict(X_VALID[:SEEN], verbose=0)
    outputs = log.at("validation_outputs", 5).row("out")
    assert outputs["mean"] == pytest.approx(predicted.mean(), abs=1e-6)
    assert outputs["examples"] == SEEN
    chosen = np.bincount(predicted.argmax(1), minlength=3)
    assert log.at("validation_prediction_counts", 5).values[0].tolist() == [*chosen, 0]
    assert {k for k in log.tables if k.startswith("validation_")} == set(facts.VALIDATION_TABLES)
    (run,) = read_runs(str(tmp_path))
    assert run.notes == (), "the reader leaves nothing out"


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    model = mlp()
    fit(model, recorder(tmp_path))
    assert "zeroacc" not in repr(type(model.test_function))
    assert "test_step" not in vars(model)
    model.evaluate(X_VALID, Y_VALID, verbose=0)


def test_two_recorders_both_see_it(tmp_path: Path) -> None:
    first, second = recorder(tmp_path / "a"), recorder(tmp_path / "b")
    plain, watched = mlp(), mlp()
    assert fit(plain) == fit(watched, first, second)
    assert not faults(first)
    assert not faults(second)
    for name in "ab":
        assert read(tmp_path / name).steps("validation_labels") == [2, 5]
    assert "zeroacc" not in repr(type(watched.test_function))


def test_a_validation_shorter_than_what_is_kept(tmp_path: Path) -> None:
    callback = recorder(tmp_path)
    fit(linear(), callback, validation_data=(X_VALID[:11], Y_VALID[:11]))
    assert not faults(callback)
    assert read(tmp_path).at("validation_inputs", 2)("x[0]", "count") == 11


@pytest.mark.filterwarnings("ignore:Your input ran out of data")  # before Keras 3.7
def test_sequences_of_open_length(tmp_path: Path) -> None:
    """Batches of several lengths cannot be joined: the first stands for them."""

    def batches() -> Any:
        for length in (5, 7, 9):
            yield np.ones((4, length), "int32"), np.ones((4, 1), "float32")

    signature = (tf.TensorSpec([None, None], tf.int32), tf.TensorSpec([None, 1], tf.float32))
    data = tf.data.Dataset.from_generator(batches, output_signature=signature)
    model = keras.Sequential(
        [keras.layers.Embedding(4, 3), keras.layers.GlobalAveragePooling1D(), keras.layers.Dense(1)]
    )
    model.compile("sgd", "mse")
    callback = recorder(tmp_path)
    model.fit(data, validation_data=data, verbose=0, callbacks=[callback])
    assert not faults(callback)
    log = read(tmp_path)
    assert log.at("validation_inputs", 2).layout.rows == log.at("inputs", 0).layout.rows
    assert log.at("validation_inputs", 2).values[0, -1] == 20


def test_a_test_step_of_the_users_own(tmp_path: Path) -> None:
    class Own(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.out = keras.layers.Dense(1, name="out")

        def call(self, x: Any) -> Any:
            return self.out(x)

        def test_step(self, data: Any) -> dict[str, Any]:
            x, y = data
            return {"loss": tf.reduce_mean(tf.square(self(x) - y))}

    model = Own()
    model.compile("sgd", "mse")
    callback = recorder(tmp_path)
    targets = X_VALID[:, :1]
    model.fit(
        X, X[:, :1], batch_size=8, verbose=0, validation_data=(X_VALID, targets),
        callbacks=[callback],
    )  # fmt: skip
    assert not faults(callback)
    log = read(tmp_path)
    mean = log.at("validation_labels", 2).values[0, 0]
    assert mean == pytest.approx(targets[:SEEN].mean(), abs=1e-5)


def test_a_validation_that_fails_passes_on(tmp_path: Path) -> None:
    model = mlp()
    with pytest.raises(Exception, match=r"label|range|valid"):
        fit(model, recorder(tmp_path), validation_data=(X_VALID, Y_VALID + 50))
    assert "zeroacc" not in repr(type(model.test_function))
    assert read(tmp_path).end().how == "exception"
