"""Trains in every way, without and with a recorder, in one setting of TensorFlow or Keras.

Settings last as long as their process. Usage, from the root of the project:

    python -m tests.keras.settings_program SETTING DIRECTORY [WAY ...]

By all ways to train, or by those that are named behind. Prints one JSON object: what is wrong with
each way that has something wrong with it.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any, TypeAlias

import keras
import numpy as np
import tensorflow as tf

from tb_zeroacc import Monitor, ZeroAccuracyCallback, tap
from tests.keras.models import features, layers, weights
from tests.keras.reading import read

X = features(32)
Y = X[:, :1]
BATCH, EPOCHS = 8, 2
BROKEN = X.copy()
BROKEN[20, 0] = np.nan


def warnings_as_errors(_: Path) -> None:
    warnings.simplefilter("error")


def half_precision(_: Path) -> None:
    keras.config.set_floatx("float16")
    keras.config.set_epsilon(1e-4)  # the usual one is 0 in float16


SETTINGS: dict[str, Callable[[Path], Any]] = {
    "determinism": lambda _: tf.config.experimental.enable_op_determinism(),
    "check_numerics": lambda _: tf.debugging.enable_check_numerics(),
    "warnings as errors": warnings_as_errors,
    "eager functions": lambda _: tf.config.run_functions_eagerly(True),
    "Debugger V2": lambda directory: tf.debugging.experimental.enable_dump_debug_info(
        str(directory / "debug"), tensor_debug_mode="FULL_HEALTH", circular_buffer_size=-1
    ),
    "whole tracebacks": lambda _: keras.config.disable_traceback_filtering(),
    "float16": half_precision,
    "float64": lambda _: keras.config.set_floatx("float64"),
}


class OwnStep(keras.Model):  # type: ignore[misc]  # Keras is untyped
    """A `train_step` of the user's own, with a tape."""

    def train_step(self, data: Any) -> Any:
        x, y = data
        with tf.GradientTape() as tape:
            loss = self.compute_loss(y=y, y_pred=self(x, training=True))
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
        return {"loss": loss}


class OneMore(keras.callbacks.Callback):  # type: ignore[misc]  # Keras is untyped
    """Takes a step by itself when an epoch ends."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.model.train_on_batch(X[:BATCH], Y[:BATCH])


def made(kind: type[keras.Model] = keras.Model) -> keras.Model:
    """Dense 8 ReLU, Dense 1, whose training repeats itself to the bit; seeded."""
    keras.utils.set_random_seed(1)
    inputs = layers.Input((6,))
    return kind(inputs, layers.Dense(1)(layers.Dense(8, activation="relu")(inputs)))


Trained: TypeAlias = tuple[keras.Model, dict[str, str]]  # and the parts turned off
Way: TypeAlias = Callable[[Path | None], Trained]


def fitted(
    *others: Any,
    kind: type[keras.Model] = keras.Model,
    rate: Any = 0.01,
    data: Callable[[bool], Any] | None = None,
    x: Any = X,
    validates: bool = False,
    **compiled: Any,
) -> Way:
    """A way by `fit`.

    Args:
        *others: Callbacks.
        kind: Class of the model.
        rate: Learning rate.
        data: Makes a dataset, told whether to tap it; the arrays by default.
        x: The inputs, without `data`.
        validates: Whether there are validation data.
        **compiled: For `compile`.
    """

    def train(log_dir: Path | None) -> Trained:
        model = made(kind)
        model.compile(keras.optimizers.Adam(rate), "mse", **compiled)
        given = {"x": x, "y": Y, "batch_size": BATCH}
        if data is not None:
            given = {"x": data(log_dir is not None)}
        callback = None if log_dir is None else ZeroAccuracyCallback(log_dir, verbose=0, every=3)
        model.fit(
            **given, shuffle=False, epochs=EPOCHS, verbose=0,
            validation_data=(X, Y) if validates else None,
            callbacks=[*others, *([] if callback is None else [callback])],
        )  # fmt: skip
        return model, {} if callback is None else callback.turned_off

    return train


def looped(*, in_function: bool, records_first: bool) -> Way:
    """A way by a loop of one's own.

    Args:
        in_function: Whether the step is a `tf.function`.
        records_first: Whether the record stands before the update.
    """

    def train(log_dir: Path | None) -> Trained:
        model, optimizer = made(), keras.optimizers.Adam(0.01)
        optimizer.build(model.trainable_variables)
        squares = keras.losses.MeanSquaredError()
        monitor = Monitor(
            log_dir or "unused", model=model, optimizer=optimizer, loss=squares, verbose=0, every=3
        )

        def step(x: Any, y: Any) -> None:
            with tf.GradientTape() as tape:
                outputs = model(x, training=True)
                loss = squares(y, outputs)
            gradients = tape.gradient(loss, model.trainable_variables)
            shown = {"inputs": x, "labels": y, "outputs": outputs, "loss": loss}
            if log_dir is not None and records_first:
                monitor.record(**shown)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
            if log_dir is not None and not records_first:
                monitor.record(**shown)

        taken = tf.function(step) if in_function else step
        x, y = (tf.cast(array, keras.config.floatx()) for array in (X, Y))
        with nullcontext() if log_dir is None else monitor:
            for _ in range(EPOCHS):
                for at in range(0, len(X), BATCH):
                    taken(x[at : at + BATCH], y[at : at + BATCH])
                if log_dir is not None:
                    monitor.end_epoch({"loss": float(squares(y, model(x)))})
        return model, monitor.turned_off

    return train


def dataset(is_tapped: bool) -> tf.data.Dataset:
    """Scaled and batched, with a tap behind each stage."""
    found = tf.data.Dataset.from_tensor_slices((X, Y)).map(lambda x, y: (2.0 * x, y))
    found = found.apply(tap("scaled")) if is_tapped else found
    found = found.batch(BATCH)
    return found.apply(tap("batched")) if is_tapped else found


class Batches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras is untyped
    def __len__(self) -> int:
        return len(X) // BATCH

    def __getitem__(self, index: int) -> Any:
        at = slice(index * BATCH, (index + 1) * BATCH)
        return X[at], Y[at]


def batches(is_tapped: bool) -> keras.utils.PyDataset:
    """A dataset of Keras', loaded in Python."""
    return tap("loaded")(Batches()) if is_tapped else Batches()


WAYS: dict[str, Way] = {
    "fit": fitted(),
    "fit under XLA": fitted(jit_compile=True),
    "fit by two steps": fitted(steps_per_execution=2),
    "fit eagerly": fitted(run_eagerly=True),
    "fit with an own train_step": fitted(kind=OwnStep),
    "fit with validation": fitted(validates=True, metrics=["mae"]),
    "fit by two steps with validation": fitted(validates=True, steps_per_execution=2),
    "fit with a function for a rate": fitted(rate=lambda: 0.01),
    "fit with a schedule": fitted(rate=keras.optimizers.schedules.ExponentialDecay(0.01, 2, 0.9)),
    "fit beside train_on_batch": fitted(OneMore()),
    "fit of a tapped dataset": fitted(data=dataset),
    "fit of a tapped PyDataset": fitted(data=batches),
    "fit on NaN": fitted(x=BROKEN),
    "fit by two steps on NaN": fitted(x=BROKEN, steps_per_execution=2),
    "fit eagerly on NaN": fitted(x=BROKEN, run_eagerly=True),
    "loop": looped(in_function=False, records_first=False),
    "loop that records first": looped(in_function=False, records_first=True),
    "loop in a function": looped(in_function=True, records_first=False),
    "loop in a function that records first": looped(in_function=True, records_first=True),
}


def tried(way: Way, log_dir: Path | None) -> tuple[str | None, list[bytes], dict[str, str]]:
    """The error that came out of a training, its weights, and the parts turned off."""
    try:
        model, off = way(log_dir)
    except Exception as fault:  # noqa: BLE001 - whatever comes out is compared
        return type(fault).__name__, [], {}
    return None, weights(model), off


def wrong(way: Way, log_dir: Path) -> list[str]:
    """What is wrong with one way to train: nothing, one hopes."""
    fault, plain, _ = tried(way, None)
    fault_with_us, watched, off = tried(way, log_dir)
    if fault != fault_with_us:
        return [f"raises {fault_with_us}; {fault} without us"]
    found = [f"{part} is off: {why}" for part, why in off.items()]
    if plain != watched:
        found.append("other weights than without us")
    if fault is None:
        log = read(log_dir)
        missing = {"loss", "gradients"} - set(log.tables)
        found += [f"no {kind} on record" for kind in missing]
        optimizer = log.contract().optimizer
        if optimizer is None or not optimizer.settings:
            found.append("no settings of the optimizer on record")
    elif fault not in str(read(log_dir).found):
        found.append(f"no {fault} on record")
    return found


def main(setting: str, directory: Path, *ways: str) -> None:
    """Prints what is wrong with each way to train."""
    SETTINGS[setting](directory)
    found = {name: wrong(WAYS[name], directory / name) for name in ways or WAYS}
    print(json.dumps({name: faults for name, faults in found.items() if faults}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
