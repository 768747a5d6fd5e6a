"""A training loop of one's own, for programs that do not call `fit`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from tb_zeroacc import Monitor
from tests.zoo.building import adam


def loop(
    model: keras.Model,
    log: Path,
    x: Any,
    y: Any,
    loss: Callable[[Any, Any], Any],
    *,
    optimizer: keras.optimizers.Optimizer | None = None,
    epochs: int = 10,
    batch: int = 32,
    metric: Callable[[Any, Any], Any] | None = None,
) -> None:
    """Trains a model by a tape in a compiled step, watched; `metric` is logged as accuracy.

    Args:
        model: What is trained; it need not be compiled.
        log: The log directory.
        x: Inputs, examples first.
        y: Labels, examples first.
        loss: Of labels and outputs: a scalar, or one value an example.
        optimizer: Adam at a rate of .003 if left out.
        epochs: Passes through the examples, each in an order of its own.
        batch: Examples a step.
        metric: Of labels and outputs: a scalar, or one value an example.
    """
    optimizer = optimizer or adam(0.003)
    data = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(len(x)).batch(batch)
    model(x[:1])
    optimizer.build(model.trainable_variables)
    with Monitor(log, model=model, optimizer=optimizer, loss=loss, verbose=0) as monitor:

        @tf.function(reduce_retracing=True)
        def step(a: tf.Tensor, b: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            with tf.GradientTape() as tape:
                outputs = model(a, training=True)
                value = tf.reduce_mean(loss(b, outputs))
            gradients = tape.gradient(value, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
            monitor.record(inputs=a, labels=b, outputs=outputs, loss=value)
            hits = tf.zeros(()) if metric is None else tf.reduce_mean(metric(b, outputs))
            return value, hits

        for _ in range(epochs):
            steps = [step(a, b) for a, b in data]
            logs = {"loss": float(tf.reduce_mean([value for value, _ in steps]))}
            if metric is not None:
                logs["accuracy"] = float(tf.reduce_mean([hits for _, hits in steps]))
            monitor.end_epoch(logs)
