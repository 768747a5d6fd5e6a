"""`Monitor` in a `tf.function`: outputs are computed a second time, and the step stays as it is."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tb_zeroacc import diagnose
from tests.keras import fused
from tests.keras.loop.loops import LOSS, X, Y, batches, quiet, step_of
from tests.keras.models import layers, linear, mlp, weights
from tests.keras.reading import read

pytestmark = pytest.mark.training


def train(model: Any, log_dir: Path | None, data: Any, *, graph: bool = True, **given: Any) -> Any:
    """Three epochs of a loop, watched where there is a directory."""
    optimizer = keras.optimizers.SGD(0.1, momentum=0.9)
    optimizer.build(model.trainable_variables)  # else the step is traced twice
    monitor = None if log_dir is None else quiet(log_dir, model, optimizer=optimizer, **given)
    step = step_of(model, optimizer, None if monitor is None else monitor.record)
    step = tf.function(step) if graph else step
    with monitor or contextlib.nullcontext():
        for _ in range(3):
            for batch in batches(*data):
                step(*batch)
    assert monitor is None or not monitor.turned_off
    return model


@pytest.mark.parametrize("name", fused.MODELS)
def test_fused_layers_round_as_without_us(name: str, tmp_path: Path) -> None:
    """A layer's output that a record used would no longer be fused with what follows."""

    def trained(log_dir: Path | None) -> bytes:
        keras.utils.set_random_seed(3)
        model = fused.MODELS[name]()
        return weights(train(model, log_dir, fused.data_for(model)))

    assert trained(tmp_path) == trained(None)
    assert read(tmp_path).steps("activations") == list(range(12))


class Noisy(keras.Model):
    """Draws numbers that no variable of Keras decides: a second pass would draw others."""

    def __init__(self) -> None:
        super().__init__()
        self.first = layers.Dense(8, activation="tanh", name="first")
        self.out = layers.Dense(3, activation="softmax", name="out")

    def call(self, x: Any, training: bool | None = None) -> Any:
        return self.out(self.first(x) + 0.1 * tf.random.normal(tf.shape(x)[:1])[:, None])


def test_what_cannot_be_computed_again_is_taken_from_the_step(tmp_path: Path) -> None:
    model = Noisy()
    model(X[:1])
    train(model, tmp_path, (X, Y))
    log = read(tmp_path)
    assert log.steps("activations") == list(range(12))
    assert log.at("activations", 0).layout.rows[-1] == "out"


def test_half_precision_is_that_of_eager_code(tmp_path: Path) -> None:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        for way in ("eager", "graph"):
            train(mlp(), tmp_path / way, (X, Y), graph=way == "graph")
    finally:
        keras.config.set_dtype_policy(before)
    eager, graph = (read(tmp_path / way).at("activations", 5) for way in ("eager", "graph"))
    assert graph.layout.rows == eager.layout.rows
    np.testing.assert_allclose(graph.values, eager.values, rtol=0.05, atol=0.02)


def broken(log_dir: Path, *, by: str) -> Any:
    """A loop whose 9th step breaks, long after the one sample before it."""
    model, optimizer = linear(), keras.optimizers.SGD(0.1)
    loss = keras.losses.MeanSquaredError()
    monitor = quiet(log_dir, model, optimizer=optimizer, loss=loss, every=1000)
    step = tf.function(step_of(model, optimizer, monitor.record, loss=loss))
    x = X.copy()
    if by == "an input":
        x[-1, 0] = np.nan  # of the last batch
    with monitor:
        for _ in range(2):
            for batch in batches(X, X[:, :1]):
                step(*batch)
        if by == "a weight":
            model.layers[-1].kernel.assign(np.full((6, 1), np.inf))
        for batch in list(batches(x, X[:, :1]))[-1:]:
            step(*batch)
    return read(log_dir)


@pytest.mark.parametrize(
    ("by", "reproduced", "said"),
    [
        ("an input", 1.0, "1 of 72 input values at step 8 is NaN or Inf."),
        ("a weight", 0.0, "the weights before step 0 it does not break"),
    ],
)
def test_a_step_that_breaks_out_of_turn_is_computed_from_the_latest_weights(
    by: str, reproduced: float, said: str, tmp_path: Path
) -> None:
    log = broken(tmp_path, by=by)
    assert log.steps() == [0, 8]
    place = log.at("progress", 8).row("progress")
    assert (place["replayed_from"], place["reproduced"]) == (0.0, reproduced)
    assert np.isnan(log.at("progress", 0).row("progress")["reproduced"])
    assert (8 in log.steps("activations")) == bool(reproduced)
    first = diagnose(str(tmp_path))[0].findings[0]
    assert said in f"{first.summary} {first.context}"


def test_each_call_of_a_model_is_its_own(tmp_path: Path) -> None:
    """Of two calls in a step the record shows the latter, with the state from before it."""
    model, optimizer = mlp(), keras.optimizers.SGD(0.1)
    monitor = quiet(tmp_path, model, optimizer=optimizer)

    @tf.function
    def step(x: Any) -> Any:
        with tf.GradientTape() as tape:
            first, second = model(x, training=True), model(2.0 * x, training=True)
            loss = tf.reduce_mean((first - second) ** 2)
        optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
        monitor.record(loss=loss)
        return second

    with monitor:
        told = [step(x).numpy() for x, _ in batches()]
    assert not monitor.turned_off
    shown = [t.row("out")["mean"] for t in read(tmp_path).tables["activations"]]
    np.testing.assert_allclose(shown, [outputs.mean() for outputs in told], rtol=1e-5)
    maxima = [t.row("out")["abs_max"] for t in read(tmp_path).tables["activations"]]
    np.testing.assert_allclose(maxima, [outputs.max() for outputs in told], rtol=1e-5)


def test_what_was_computed_before_an_update_is_not_computed_from_what_came_after(
    tmp_path: Path,
) -> None:
    """The variables are kept before the latest call; an earlier one read others."""
    model, optimizer = mlp(), keras.optimizers.SGD(0.5)
    monitor = quiet(tmp_path, model, optimizer=optimizer)

    def update(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            outputs = model(x, training=True)
            loss = LOSS(y, outputs)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return outputs

    @tf.function
    def step(x: Any, y: Any) -> Any:
        first = update(x, y)
        update(x, y)
        monitor.record(inputs=x, labels=y, outputs=first)
        return first

    with monitor:
        told = [step(*batch).numpy() for batch in batches()]
    assert not monitor.turned_off
    shown = [t.row("out") for t in read(tmp_path).tables["outputs"]]
    np.testing.assert_allclose([s["max"] for s in shown], [o.max() for o in told], rtol=1e-5)


class Bumping(keras.Model):
    """Changes a variable within a function of its own before it is read."""

    def __init__(self) -> None:
        super().__init__()
        self.factor = self.add_weight(shape=(), initializer="ones", trainable=False, name="factor")
        self.first = layers.Dense(4, activation="tanh", name="first")
        self.out = layers.Dense(3, activation="softmax", name="out")

    @tf.function
    def bump(self) -> None:
        self.factor.assign(self.factor * 1.5)

    def call(self, x: Any, training: bool | None = None) -> Any:
        self.bump()
        return self.out(self.first(x * self.factor))


def test_a_variable_that_a_function_changes_before_it_is_read(tmp_path: Path) -> None:
    keras.utils.set_random_seed(2)
    model = Bumping()
    model(X[:1])
    told: list[float] = []
    optimizer = keras.optimizers.SGD(0.01)
    monitor = quiet(tmp_path, model, optimizer=optimizer)

    @tf.function
    def step(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = LOSS(y, model(x, training=True))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        monitor.record(inputs=x, labels=y, loss=loss)
        return tf.linalg.global_norm(gradients)

    with monitor:
        for batch in batches():
            told.append(float(step(*batch)))
    shown = [t("loss", "gradient_norm") for t in read(tmp_path).tables["loss"]]
    np.testing.assert_allclose(shown, told, rtol=1e-4)


def test_a_call_between_a_record_and_its_update(tmp_path: Path) -> None:
    """It draws other numbers for its dropout, and its copies are not the recorded step's."""
    model, optimizer, told = mlp(), keras.optimizers.SGD(0.01), []
    monitor = quiet(tmp_path, model, optimizer=optimizer)

    @tf.function
    def step(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = LOSS(y, model(x, training=True))
        gradients = tape.gradient(loss, model.trainable_variables)
        monitor.record(inputs=x, labels=y, loss=loss)
        model(x, training=True)
        optimizer.apply(gradients, model.trainable_variables)
        return tf.linalg.global_norm(gradients)

    with monitor:
        for batch in batches():
            told.append(float(step(*batch)))
    shown = [t("loss", "gradient_norm") for t in read(tmp_path).tables["loss"]]
    np.testing.assert_allclose(shown, told, rtol=1e-4)


def test_what_is_shown_and_used_by_nothing(tmp_path: Path) -> None:
    """Labels of a record without a loss lead to no operation that could be copied."""
    model, optimizer = mlp(), keras.optimizers.SGD(0.01)
    monitor = quiet(tmp_path, model, optimizer=optimizer)

    @tf.function
    def step(x: Any, y: Any) -> None:
        outputs = model(x, training=True)
        monitor.record(inputs=x, labels=y, outputs=outputs)

    with monitor:
        for batch in batches():
            step(*batch)
    assert not monitor.turned_off
    log = read(tmp_path)
    assert log.steps("labels") == log.steps("outputs") == [0, 1, 2, 3]


def test_entered_again_a_step_that_breaks_before_any_is_due(tmp_path: Path) -> None:
    model, optimizer = linear(), keras.optimizers.SGD(0.01)
    loss = keras.losses.MeanSquaredError()
    monitor = quiet(tmp_path, model, optimizer=optimizer, loss=loss, every=1000)
    step = tf.function(step_of(model, optimizer, monitor.record, loss=loss))
    given = list(batches(X, X[:, :1]))
    with monitor:
        step(*given[0])
    with monitor:
        step(given[1][0] * np.nan, given[1][1])
    assert not monitor.turned_off
    assert read(tmp_path).at("inputs", 1)("x[0]", "non_finite_count") == 12
