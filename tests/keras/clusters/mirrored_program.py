"""Trains with MirroredStrategy on two logical CPUs, as `python mirrored_program.py DIRECTORY`.

Prints as JSON what each case came to, and what the first step ought to show.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import tensorflow as tf

tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)

import keras  # noqa: E402
import numpy as np  # noqa: E402

import tb_zeroacc  # noqa: E402

BATCH, HALF = 16, 8
X = np.random.default_rng(0).normal(size=(64, 6)).astype("float32")
Y = X[:, :3].argmax(axis=1).astype("int32")
STRATEGY = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])  # a second one fails beside it
layers = keras.layers


def made(*between: Any) -> Any:
    """A model in the strategy's scope."""
    keras.utils.set_random_seed(3)
    with STRATEGY.scope():
        model = keras.Sequential(
            [
                layers.Input((6,)),
                layers.Dense(8, activation="relu", name="first"),
                *between,
                layers.Dense(3, activation="softmax", name="out"),
            ],
            name="net",
        )
        model.compile("adam", "sparse_categorical_crossentropy")
    return model


def fitted(model: Any, *callbacks: Any) -> list[Any]:
    """What `fit` makes of a model."""
    history = model.fit(
        X, Y, batch_size=BATCH, epochs=2, shuffle=False, verbose=0, validation_data=(X, Y),
        callbacks=callbacks,
    )  # fmt: skip
    return [bits(model), history.history]


def looped(directory: Path | None, where: str, *, is_within_scope: bool = False) -> list[Any]:
    """What a loop of one's own makes of a model, recorded `inside` or `behind` the replicas."""
    model = made()
    with STRATEGY.scope():  # made while a step is traced they fail without us, too
        model.optimizer.build(model.trainable_variables)
    data = STRATEGY.experimental_distribute_dataset(
        tf.data.Dataset.from_tensor_slices((X, Y)).batch(BATCH)
    )
    loss_of = keras.losses.SparseCategoricalCrossentropy()

    def trained(monitor: Any) -> None:
        def step(x: Any, y: Any) -> Any:
            with tf.GradientTape() as tape:
                outputs = model(x, training=True)
                loss = loss_of(y, outputs)
            gradients = tape.gradient(loss, model.trainable_variables)
            model.optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
            if monitor is not None and where == "inside":
                monitor.record(inputs=x, labels=y, outputs=outputs, loss=loss)
            return loss, outputs, gradients

        @tf.function
        def train(x: Any, y: Any) -> Any:
            return STRATEGY.run(step, args=(x, y))

        for x, y in data:
            loss, outputs, gradients = train(x, y)
            if monitor is not None and where == "behind":
                monitor.record(
                    inputs=x, labels=y, outputs=outputs, loss=loss, gradients=gradients
                )

    if directory is None:
        trained(None)
        return [bits(model), {}]
    arguments = {"model": model, "loss": loss_of, "every": 1, "verbose": 0}
    if is_within_scope:
        with STRATEGY.scope(), tb_zeroacc.Monitor(directory / where, **arguments) as monitor:
            trained(monitor)
    else:
        with tb_zeroacc.Monitor(directory / where, **arguments) as monitor:
            trained(monitor)
    return [bits(model), monitor.turned_off]


def bits(model: Any) -> list[str]:
    """The weights of a model, to the bit."""
    return [value.tobytes().hex() for value in model.get_weights()]


def expected() -> dict[str, Any]:
    """Loss and gradients of the first step of each replica, by a model of its own."""
    mirrored = made()
    model = keras.models.clone_model(mirrored)
    model.set_weights(mirrored.get_weights())
    losses, gradients = [], []
    for part in (slice(0, HALF), slice(HALF, BATCH)):
        with tf.GradientTape() as tape:
            found = keras.losses.sparse_categorical_crossentropy(Y[part], model(X[part]))
            loss = tf.reduce_mean(found)
        losses.append(float(loss))
        gradients.append([g.numpy() for g in tape.gradient(loss, model.trainable_variables)])
    return {
        "losses": losses,
        "own": [rms(value) for value in gradients[0]],
        "mean": [rms((a + b) / 2) for a, b in zip(*gradients, strict=True)],
        "norm": float(np.sqrt(sum((value**2).sum() for value in gradients[0]))),
    }


def rms(values: Any) -> float:
    """Root of the mean of squares."""
    return float(np.sqrt(np.mean(np.square(values, dtype=np.float64))))


def main(directory: Path) -> None:
    """All cases, one after the other."""
    # Without dropout: two replicas draw from one generator in no fixed order.
    plain = fitted(made(layers.BatchNormalization()))
    callback = tb_zeroacc.ZeroAccuracyCallback(directory / "norm", verbose=0)
    recorded = fitted(made(layers.BatchNormalization()), callback)
    second = tb_zeroacc.ZeroAccuracyCallback(directory / "fit", verbose=0)
    fitted(made(), second)
    alone, _ = looped(None, "")
    inside, off_inside = looped(directory, "inside")
    behind, off_behind = looped(directory, "behind", is_within_scope=True)
    print(
        json.dumps(
            {
                "fit is the same": plain == recorded,
                "loop is the same": [alone == inside, alone == behind],
                "off": [callback.turned_off, second.turned_off, off_inside, off_behind],
                "expected": expected(),
            }
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
