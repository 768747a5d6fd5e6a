"""What reaches the loss, in loops of every kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tb_zeroacc import facts
from tests.keras.loop.loops import LOSS, X, Y, batches, quiet, step_of
from tests.keras.models import linear, mlp
from tests.keras.reading import read

pytestmark = pytest.mark.training


@pytest.mark.parametrize("graph", [False, True], ids=["eager", "graph"])
@pytest.mark.parametrize(
    ("last", "then", "shows", "expected"),
    [
        ("softmax", tf.identity, True, ("softmax", "softmax")),
        (None, tf.nn.softmax, True, (None, "softmax")),
        (None, None, True, ("linear", "linear")),
        (None, None, False, (None, None)),
        ("softmax", None, False, ("softmax", "softmax")),
    ],
    ids=["passed on", "softmax by hand", "logits", "logits not shown", "softmax not shown"],
)
def test_the_activation_that_reaches_the_loss(
    last: Any, then: Any, shows: bool, expected: Any, graph: bool, tmp_path: Path
) -> None:
    keras.utils.set_random_seed(4)
    dense = keras.layers.Dense(3, activation=last)
    model = keras.Sequential([keras.layers.Input((6,)), dense])
    monitor = quiet(tmp_path, model)

    def step(x: Any, y: Any) -> None:
        outputs = model(x)
        outputs = then(outputs) if then else outputs
        loss = LOSS(y, outputs)
        monitor.record(labels=y, loss=loss, **({"outputs": outputs} if shows else {}))

    step = tf.function(step) if graph else step
    with monitor:
        step(*next(batches()))
    log = read(tmp_path)
    assert log.facts(facts.Contract)[0].outputs[0].activation is None, "no step has told yet"
    assert log.contract().outputs[0].activation == expected[graph]


@pytest.mark.parametrize("graph", [False, True], ids=["eager", "graph"])
def test_a_loop_without_an_optimizer(graph: bool, tmp_path: Path) -> None:
    model = linear()
    model.optimizer = None
    monitor = quiet(tmp_path, model, loss=lambda y, p: tf.reduce_mean((y - p) ** 2))

    def step(x: Any, y: Any) -> None:
        with tf.GradientTape() as tape:
            outputs = model(x)
            loss = tf.reduce_mean((y - outputs) ** 2)
        gradients = tape.gradient(loss, model.trainable_variables)
        monitor.record(inputs=x, labels=y, outputs=outputs, loss=loss, gradients=gradients)
        for variable, gradient in zip(model.trainable_variables, gradients, strict=True):
            variable.assign_sub(0.1 * gradient)

    step = tf.function(step) if graph else step
    with monitor:
        for x, y in batches(X, X[:, :1]):
            step(x, y)
    assert not monitor.turned_off
    log = read(tmp_path)
    assert log.contract().optimizer is None
    assert log.contract().outputs[0].loss == "lambda"
    assert log.steps("weights") == log.steps("gradients") == [0, 1, 2, 3]
    last = log.at("weights", 3).row("net/out/kernel")
    assert last["rms"] > 0
    assert np.isnan(last["update_ratio"])
    assert log.at("loss", 3)("loss", "gradient_norm") > 0


def test_nothing_but_the_step(tmp_path: Path) -> None:
    monitor = quiet(tmp_path, linear())
    with monitor:
        monitor.record(0)
        monitor.record()
    assert not monitor.turned_off
    assert read(tmp_path).steps("progress") == [0, 1]


@pytest.mark.parametrize("graph", [False, True], ids=["eager", "graph"])
def test_gradients_without_the_loss_scale(graph: bool, tmp_path: Path) -> None:
    model, optimizer = mlp(), keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1))
    monitor = quiet(tmp_path, model, optimizer=optimizer)

    def loss(y: Any, outputs: Any) -> Any:
        return optimizer.scale_loss(LOSS(y, outputs))

    step = step_of(model, optimizer, monitor.record, before=True, loss=loss)
    step = tf.function(step) if graph else step
    with monitor:
        for batch in batches():
            step(*batch)
    log = read(tmp_path)
    assert [t("loss", "loss_scale") for t in log.tables["loss"]] == [2.0**15] * 4
    assert all(0 < t("loss", "gradient_norm") < 10 for t in log.tables["loss"])


@pytest.mark.parametrize("graph", [False, True], ids=["eager", "graph"])
def test_structures_of_inputs_and_outputs(graph: bool, tmp_path: Path) -> None:
    keras.utils.set_random_seed(3)
    left, right = keras.layers.Input((2,), name="left"), keras.layers.Input((3,), name="right")
    joined = keras.layers.Concatenate()([left, right])
    model = keras.Model(
        {"left": left, "right": right},
        {
            "kind": keras.layers.Dense(3, activation="softmax", name="kind")(joined),
            "size": keras.layers.Dense(1, name="size")(joined),
        },
    )
    optimizer = keras.optimizers.Adam()
    losses = {"kind": LOSS, "size": keras.losses.MeanSquaredError()}
    monitor = quiet(tmp_path, model, optimizer=optimizer, loss=losses)

    def step(x: Any, y: Any) -> None:
        with tf.GradientTape() as tape:
            outputs = model(x)
            loss = sum(losses[name](y[name], outputs[name]) for name in losses)
        gradients = tape.gradient(loss, model.trainable_variables)
        pairs = list(zip(gradients, model.trainable_variables, strict=True))
        optimizer.apply_gradients(pairs)
        monitor.record(inputs=x, labels=y, outputs=outputs, loss=loss, gradients=pairs)

    step = tf.function(step) if graph else step
    with monitor:
        for _ in range(2):
            step(
                {"left": tf.constant(X[:8, :2]), "right": tf.constant(X[:8, 3:])},
                {"kind": tf.constant(Y[:8]), "size": tf.constant(X[:8, :1])},
            )
    assert not monitor.turned_off
    log = read(tmp_path)
    assert [(o.name, o.loss) for o in log.contract().outputs] == [
        ("kind", "sparse_categorical_crossentropy"), ("size", "mean_squared_error"),
    ]  # fmt: skip
    assert log.at("labels", 1).layout.rows == log.at("outputs", 1).layout.rows == ("kind", "size")
    assert "left[1]" in log.at("inputs", 1).layout.rows


@pytest.mark.parametrize("graph", [False, True], ids=["eager", "graph"])
@pytest.mark.parametrize("before", [False, True], ids=["behind", "before"])
def test_two_optimizers(before: bool, graph: bool, tmp_path: Path) -> None:
    model = mlp()
    slow, fast = keras.optimizers.SGD(0.01), keras.optimizers.SGD(0.1)
    variables = model.trainable_variables
    monitor = quiet(tmp_path, model, optimizer=[slow, fast])

    def step(x: Any, y: Any) -> None:
        with tf.GradientTape() as tape:
            loss = LOSS(y, model(x))
        gradients = tape.gradient(loss, variables)
        if before:
            monitor.record(labels=y, loss=loss)
        slow.apply_gradients(zip(gradients[:2], variables[:2], strict=True))
        fast.apply_gradients(zip(gradients[2:], variables[2:], strict=True))
        if not before:
            monitor.record(labels=y, loss=loss)

    step = tf.function(step) if graph else step
    with monitor:
        for batch in batches():
            step(*batch)
    assert not monitor.turned_off
    log = read(tmp_path)
    assert len(log.at("weights", 3).layout.rows) == len(variables)
    assert log.at("weights", 3).layout.rows == log.at("gradients", 3).layout.rows
    for row, rate in (("net/first/kernel", 0.01), ("net/out/kernel", 0.1)):
        update = log.at("weights", 3)(row, "update_rms")
        assert update == pytest.approx(rate * log.at("gradients", 3)(row, "rms"), rel=0.1)


def test_a_look_at_validation_data_is_no_step(tmp_path: Path) -> None:
    model, optimizer = mlp(), keras.optimizers.SGD(0.1)
    monitor = quiet(tmp_path, model, optimizer=optimizer)
    step = step_of(model, optimizer, monitor.record)
    with monitor:
        for batch in batches():
            step(*batch)
            model(1e6 * tf.ones([3, 6]), training=False)
    assert max(t("first", "abs_max") for t in read(tmp_path).tables["activations"]) < 1e3


def test_layers_that_are_called_by_hand(tmp_path: Path) -> None:
    model = mlp()
    monitor = quiet(tmp_path, model)

    @tf.function
    def step(x: Any) -> None:
        for layer in model.layers:
            x = layer(x)
        monitor.record(outputs=x)

    with monitor:
        step(tf.constant(X))
    rows = read(tmp_path).at("activations", 0).layout.rows
    assert rows == ("first", "norm", "second", "out")


def test_logs_that_are_none(tmp_path: Path) -> None:
    with quiet(tmp_path, linear()) as monitor, pytest.warns(RuntimeWarning, match="dictionary of"):
        monitor.end_epoch(0.5)  # type: ignore[arg-type]
    assert len(read(tmp_path).facts(facts.Epoch)) == 1


def test_epochs_with_metrics(tmp_path: Path) -> None:
    metric = keras.metrics.Mean()
    metric.update_state([1.0, 2.0])
    model = linear()
    with quiet(tmp_path, model) as monitor:
        monitor.record(inputs=tf.ones([2, 6]))
        monitor.end_epoch({"loss": metric, "val_loss": tf.constant(2.5), "accuracy": 1})
    (epoch,) = read(tmp_path).facts(facts.Epoch)
    assert epoch.logs == {"loss": 1.5, "val_loss": 2.5, "accuracy": 1.0}
    assert (epoch.step, epoch.batches) == (1, 1)
