"""One worker of MultiWorkerMirroredStrategy with a loop of its own: `... DIRECTORY CASE ...`.

All workers are told the same cases, one after the other, each recorded into `DIRECTORY/CASE`. What
is faulty is so in the last worker alone. Prints as JSON the weights that each case came to.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import tensorflow as tf
from tensorflow.python.distribute.collective_all_reduce_strategy import (
    CollectiveAllReduceExtended,
)

# TensorFlow gives a job up whose workers do not answer within 10 s: too soon for a busy machine.
CollectiveAllReduceExtended._enable_check_health = False
STRATEGY = tf.distribute.MultiWorkerMirroredStrategy()  # before anything else is computed

import keras  # noqa: E402
import numpy as np  # noqa: E402

import tb_zeroacc  # noqa: E402

_CONFIG = json.loads(os.environ["TF_CONFIG"])
WORKER, WORKERS = _CONFIG["task"]["index"], len(_CONFIG["cluster"]["worker"])
IS_ODD = WORKER == WORKERS - 1
EPOCHS, STEPS, BATCH, BROKEN = 6, 16, 32, 20  # the step whose inputs break
HOUR, PAUSE = 3600.0, 0.06
ENDLESS = 100_000  # epochs, of a case that is to be killed


def shard_of(case: str) -> tuple[Any, Any]:
    """The examples of this worker."""
    rng = np.random.default_rng(100 + WORKER)
    x = rng.normal(size=(STEPS * BATCH, 6)).astype("float32")
    y = x[:, :3].argmax(axis=1).astype("int32")
    if case == "one_class" and IS_ODD:
        chosen = np.flatnonzero(y == 2)
        x, y = x[np.resize(chosen, len(x))], np.full_like(y, 2)
    return x, y


def batches(case: str, epoch: int) -> Iterator[tuple[Any, Any]]:
    """Those of an epoch, of all workers together."""
    x, y = shard_of(case)
    order = np.random.default_rng(epoch).permutation(len(x))
    for step, rows in enumerate(order.reshape(STEPS, BATCH)):
        inputs = x[rows]
        if case == "nan" and IS_ODD and epoch * STEPS + step >= BROKEN:
            inputs = np.full_like(inputs, np.nan)
        if case == "slow" and IS_ODD:
            time.sleep(PAUSE)
        made = STRATEGY.experimental_distribute_values_from_function
        yield made(lambda _, found=inputs: tf.constant(found)), made(
            lambda _, found=y[rows]: tf.constant(found)
        )


def trained(directory: Path, case: str) -> list[str]:
    """Trains one case; the weights that it came to, to the bit."""
    keras.utils.set_random_seed(3)
    with STRATEGY.scope():
        model = keras.Sequential(
            [
                keras.layers.Input((6,)),
                keras.layers.Dense(16, activation="relu", name="first"),
                keras.layers.Dense(3, name="out"),
            ],
            name="net",
        )
        optimizer = keras.optimizers.Adam(0.01)
        optimizer.build(model.trainable_variables)
    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    with ExitStack() as stack:
        monitor = None
        if case != "plain":
            monitor = stack.enter_context(
                tb_zeroacc.Monitor(
                    directory / case, model=model, optimizer=optimizer, loss=loss_of, every=1,
                    verbose=0,
                )
            )  # fmt: skip

        def step(x: Any, y: Any) -> Any:
            with tf.GradientTape() as tape:
                outputs = model(x, training=True)
                loss = loss_of(y, outputs)
            gradients = tape.gradient(loss, model.trainable_variables)
            if monitor is not None:
                monitor.record(inputs=x, labels=y, outputs=outputs, loss=loss)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
            right = tf.cast(tf.equal(tf.argmax(outputs, 1, tf.int32), y), tf.float32)
            return loss, tf.reduce_mean(right) / WORKERS

        @tf.function
        def train(x: Any, y: Any) -> Any:
            found = STRATEGY.run(step, args=(x, y))
            return [STRATEGY.reduce("SUM", value, axis=None) for value in found]

        epochs = {"slow": 2, "endless": ENDLESS}.get(case, EPOCHS)
        for epoch in range(epochs):
            told = np.mean([train(x, y) for x, y in batches(case, epoch)], axis=0)
            if monitor is not None:
                monitor.end_epoch({"loss": float(told[0]), "accuracy": float(told[1])})
    assert monitor is None or not monitor.turned_off, monitor.turned_off
    return [variable.numpy().tobytes().hex() for variable in model.trainable_variables]


def main(directory: Path, cases: list[str]) -> None:
    """Every case, side by side with the other workers."""
    found, clock = {}, time.time
    for case in cases:
        if case == "clock" and IS_ODD:
            time.time = lambda: clock() + HOUR
        found[case] = trained(directory, case)
        time.time = clock
    print(json.dumps(found), flush=True)
    os._exit(0)  # at the end of the interpreter the servers of a cluster may wait for each other


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
