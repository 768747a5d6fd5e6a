"""Loops of one's own that the tests of `Monitor` watch."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tb_zeroacc import Monitor
from tb_zeroacc.keras.observe.patches import is_patched
from tests.keras.models import classes, features, mlp

X = features(48)
Y = classes(X)
BATCH = 12
LOSS = keras.losses.SparseCategoricalCrossentropy()
Record = Callable[..., None]


def batches(x: np.ndarray = X, y: np.ndarray = Y) -> Iterator[tuple[Any, Any]]:
    for start in range(0, len(x), BATCH):
        yield tf.constant(x[start : start + BATCH]), tf.constant(y[start : start + BATCH])


def step_of(
    model: keras.Model,
    optimizer: Any,
    record: Record | None,
    *,
    before: bool = False,
    shows_gradients: bool = True,
    loss: Any = LOSS,
) -> Callable[[Any, Any], Any]:
    """A training step with a record before or behind its update."""

    def step(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            outputs = model(x, training=True)
            value = loss(y, outputs)
        gradients = tape.gradient(value, model.trainable_variables)
        shown = {"gradients": gradients} if shows_gradients else {}
        if record and before:
            record(inputs=x, labels=y, outputs=outputs, loss=value, **shown)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        if record and not before:
            record(inputs=x, labels=y, outputs=outputs, loss=value, **shown)
        return value

    return step


def quiet(log_dir: Path, model: keras.Model, **arguments: Any) -> Monitor:
    arguments = {"loss": LOSS, "verbose": 0, **arguments}
    return Monitor(log_dir, model=model, **arguments)


def train(
    log_dir: Path | None, *, graph: bool, epochs: int = 2, build: Any = mlp, **options: Any
) -> keras.Model:
    """Trains in a loop, watched where there is a directory; the weights tell how."""
    model, optimizer = build(), keras.optimizers.Adam()
    monitor = quiet(log_dir, model, optimizer=optimizer) if log_dir is not None else None
    step = step_of(model, optimizer, monitor.record if monitor else None, **options)
    step = tf.function(step) if graph else step
    with monitor or warnings.catch_warnings():
        for _ in range(epochs):
            losses = [float(step(x, y)) for x, y in batches()]
            if monitor:
                monitor.end_epoch({"loss": np.mean(losses)})
    if monitor:
        assert not monitor.turned_off
    return model


def hooked(model: keras.Model, optimizer: Any) -> list[str]:
    parts = [(model, "call"), (optimizer, "apply"), *((layer, "call") for layer in model.layers)]
    return [f"{part.name}.{name}" for part, name in parts if is_patched(part, name)]
