"""Where in a loop, and in which function, a record may stand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tb_zeroacc import facts
from tests.keras.loop.loops import BATCH, LOSS, X, Y, batches, quiet, step_of
from tests.keras.models import linear, mlp
from tests.keras.reading import read

pytestmark = pytest.mark.training


def test_a_record_behind_a_whole_step_in_a_function(tmp_path: Path) -> None:
    model, optimizer = mlp(), keras.optimizers.SGD(0.1)
    monitor = quiet(tmp_path, model, optimizer=optimizer)

    @tf.function(jit_compile=True)
    def step(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            outputs = model(x)
            loss = LOSS(y, outputs)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return outputs, loss, gradients

    with monitor:
        for x, y in batches():
            outputs, loss, gradients = step(x, y)
            monitor.record(inputs=x, labels=y, outputs=outputs, loss=loss, gradients=gradients)
    assert not monitor.turned_off
    log = read(tmp_path)
    assert log.steps("weights") == [0, 1, 2, 3]
    for weight, gradient in zip(log.tables["weights"], log.tables["gradients"], strict=True):
        kernel = "net/out/kernel"
        assert weight(kernel, "update_rms") == pytest.approx(0.1 * gradient(kernel, "rms"), rel=0.1)


def test_within_xla_one_sentence_says_what_to_do(tmp_path: Path) -> None:
    model, optimizer = mlp(), keras.optimizers.SGD(0.1)
    monitor = quiet(tmp_path, model, optimizer=optimizer)
    step = tf.function(step_of(model, optimizer, monitor.record), jit_compile=True)

    def loop() -> None:
        with monitor:
            for batch in batches():
                step(*batch)
            monitor.end_epoch({"loss": 1.0})

    with pytest.warns(RuntimeWarning, match="jit_compile=True.*behind it") as told:
        loop()
    assert len([w for w in told if "Zero Accuracy" in str(w.message)]) == 1
    log = read(tmp_path)
    assert log.contract().layers
    (epoch,) = log.facts(facts.Epoch)
    assert epoch.batches is None, "the optimizer counted, no record did"
    assert (log.end().how, log.end().step) == ("finished", None)


@pytest.mark.parametrize(
    ("trains", "has_optimizer", "logs", "batches"),
    [
        (True, True, {}, None),
        (True, False, {"loss": 1.0}, None),
        (False, True, {"loss": 0.0}, 0),
        (False, False, {"loss": float("nan")}, 0),
        (False, False, {}, 0),
    ],
)
def test_an_epoch_without_records(
    trains: bool, has_optimizer: bool, logs: dict[str, float], batches: int | None, tmp_path: Path
) -> None:
    model, optimizer = mlp(optimizer=None), keras.optimizers.SGD(0.1)
    model.optimizer = None
    step = step_of(model, optimizer, None)
    with quiet(tmp_path, model, optimizer=optimizer if has_optimizer else None) as monitor:
        for batch in batches_of(trains):
            step(*batch)
        monitor.end_epoch(logs)
    (epoch,) = read(tmp_path).facts(facts.Epoch)
    assert epoch.batches == read(tmp_path).end().step == batches


def batches_of(trains: bool) -> list[tuple[Any, Any]]:
    return list(batches()) if trains else []


def test_steps_within_one_function(tmp_path: Path) -> None:
    """A whole epoch in a `tf.function`: the loop over the data is one of the graph."""
    model, optimizer = mlp(), keras.optimizers.SGD(0.1)
    optimizer.build(model.trainable_variables)
    monitor = quiet(tmp_path, model, optimizer=optimizer)
    step = step_of(model, optimizer, monitor.record)
    data = tf.data.Dataset.from_tensor_slices((X, Y)).batch(BATCH)

    @tf.function
    def epoch() -> None:
        for x, y in data:
            step(x, y)

    with monitor:
        epoch()
        epoch()
    assert not monitor.turned_off
    log = read(tmp_path)
    assert log.steps("activations") == log.steps("weights") == list(range(8))
    assert all(t("net/out/kernel", "update_rms") > 0 for t in log.tables["weights"])


@pytest.mark.parametrize("graph", [False, True], ids=["eager", "graph"])
def test_every_is_kept(graph: bool, tmp_path: Path) -> None:
    model, optimizer = mlp(), keras.optimizers.SGD(0.1)
    monitor = quiet(tmp_path, model, optimizer=optimizer, every=3)
    step = step_of(model, optimizer, monitor.record)
    step = tf.function(step) if graph else step
    with monitor:
        for _ in range(2):
            for batch in batches():
                step(*batch)
    log = read(tmp_path)
    assert log.steps() == [0, 3, 6]
    assert all(t("net/out/kernel", "update_rms") > 0 for t in log.tables["weights"])
    assert log.end().step == 8


@pytest.mark.parametrize("graph", [False, True], ids=["eager", "graph"])
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([None] * 4, [0, 1, 2, 3]),
        ([7, 8, 9, 10], [7, 8, 9, 10]),
        ([0, 1, 0, 1], [0, 1, 2, 3]),
        ([5, 5, 5, 5], [5, 6, 7, 8]),
        ([10, 20, 30, 10], [10, 20, 30, 31]),
    ],
    ids=["counted", "from a checkpoint", "anew each epoch", "frozen", "with gaps"],
)
def test_steps_never_go_down(
    given: list[int | None], expected: list[int], graph: bool, tmp_path: Path
) -> None:
    model = linear()
    monitor = quiet(tmp_path, model, loss="mse")

    def step(number: Any) -> None:
        monitor.record(number, inputs=tf.ones([2, 6]))

    step = tf.function(step) if graph else step
    with monitor:
        for number in given:
            is_tensor = graph and number is not None
            step(tf.constant(number, tf.int32) if is_tensor else number)
    assert read(tmp_path).steps("inputs") == expected


@pytest.mark.parametrize("graph", [False, True], ids=["eager", "graph"])
def test_the_first_loss_that_is_not_finite(graph: bool, tmp_path: Path) -> None:
    x = X.copy()
    x[30, 0] = np.nan
    model, optimizer = linear(), keras.optimizers.SGD(0.1)
    loss = keras.losses.MeanSquaredError()
    monitor = quiet(tmp_path, model, optimizer=optimizer, loss=loss, every=100)
    step = step_of(model, optimizer, monitor.record, before=True, loss=loss)
    step = tf.function(step) if graph else step
    with monitor:
        for batch in batches(x, X[:, :1]):
            step(*batch)
    log = read(tmp_path)
    assert log.steps() == [0, 2, 3], "the first, the broken one, and the one behind it"
    assert log.at("inputs", 2)("x[0]", "non_finite_count") == 1
    counts = [t("net/out/kernel", "non_finite_count") for t in log.tables["weights"]]
    assert counts == [0, 0, 6], "the weights before each update"
