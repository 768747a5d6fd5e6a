"""Of programs in which one tensor breaks first: how often is it named, and its step?

    python tests/benchmarks/first_broken.py [--every 1000] [--way graph|jit|two|eager] [NAME ...]

Each program plants one fault at a step that no schedule samples (`every=1000`), or lets the loss
explode. What is printed: the step and the tensor that ZA501 tells, and whether they are right.
"""

from __future__ import annotations

import argparse
import os
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

import tb_zeroacc

layers = keras.layers
BATCH, STEPS, BREAKS = 4, 60, 37
ROW = BREAKS * BATCH + 1
WAYS: dict[str, dict[str, Any]] = {
    "graph": {}, "jit": {"jit_compile": True}, "two": {"steps_per_execution": 2},
    "eager": {"run_eagerly": True},
}  # fmt: skip


@dataclass(frozen=True)
class Planted:
    """A program and the truth about it.

    Attributes:
        program: From the options of `compile` to a model, data and further arguments of `fit`.
        first: A pattern of the tensor that breaks first.
        step: Where it does; None for a loss that explodes somewhere.
    """

    program: Callable[..., tuple[keras.Model, Any, Any, dict[str, Any]]]
    first: str
    step: int | None = BREAKS


def features() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(BATCH * STEPS, 6)).astype("float32")


class Breaks(layers.Layer):
    """Passes its input on; where `when` says so, what `how` makes of it.

    Args:
        when: `state`: at one step, counted by a variable; `batch`: where an input is saturated.
        how: `forward` or `backward`: what becomes NaN.
    """

    def __init__(self, when: str, how: str) -> None:
        super().__init__(name="planted")
        self.when, self.how = when, how

    def build(self, shape: Any) -> None:
        self.seen = self.add_weight(shape=(), dtype="int32", trainable=False, initializer="zeros")

    def call(self, x: Any, training: bool = False) -> Any:
        if self.when == "state":
            broken = tf.equal(self.seen.value, BREAKS)
            self.seen.assign_add(1)
        else:
            broken = tf.reduce_any(tf.abs(x) >= 1.0)
        if self.how == "forward":
            return tf.where(broken, float("nan") * tf.ones_like(x), x)

        @tf.custom_gradient
        def identity(value: Any) -> Any:
            return tf.identity(value), lambda up: tf.where(broken, float("nan") * up, up)

        return identity(x)


class Function(layers.Layer):
    """A layer of one function."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        super().__init__(name="planted")
        self.function = function

    def call(self, x: Any) -> Any:
        return self.function(x)


def net(middle: layers.Layer | None, *, first: str | None = "tanh", **compiled: Any) -> keras.Model:
    keras.utils.set_random_seed(3)
    stack = [layers.Input((6,)), layers.Dense(8, activation=first, name="first")]
    stack += [] if middle is None else [middle]
    stack += [layers.Dense(8, activation="tanh", name="second"), layers.Dense(1, name="out")]
    model = keras.Sequential(stack, name="net")
    model.compile(**{"optimizer": "adam", "loss": "mse", **compiled})
    return model


def in_the_data(value: float, **way: Any) -> Any:
    x = features()
    x[ROW, 2] = value
    return net(None, **way), x, features()[:, :1], {}


def in_the_labels(**way: Any) -> Any:
    y = features()[:, :1].copy()
    y[ROW] = np.nan
    return net(None, **way), features(), y, {}


def in_the_sample_weights(**way: Any) -> Any:
    weight = np.ones(len(features()), "float32")
    weight[ROW] = np.inf
    return net(None, **way), features(), features()[:, :1], {"sample_weight": weight}


def by_a_layer(when: str, how: str, **way: Any) -> Any:
    x = features()
    if when == "batch":
        x[ROW] = 1000.0
    return net(Breaks(when, how), **way), x, features()[:, :1], {}


def by_a_function(function: Callable[[Any], Any], row: Any, **way: Any) -> Any:
    x = features()
    x[ROW] = row
    model = keras.Sequential(
        [
            layers.Input((6,)), Function(function), layers.Dense(8, activation="tanh"),
            layers.Dense(1, name="out"),
        ],
        name="net",
    )  # fmt: skip
    model.compile("adam", "mse", **way)
    return model, x, features()[:, :1], {}


class Rate(keras.optimizers.schedules.LearningRateSchedule):
    """One rate, and at one step another."""

    def __init__(self, then: float, always: float = 0.01, grows: float = 1.0) -> None:
        self.then, self.always, self.grows = then, always, grows

    def __call__(self, step: Any) -> Any:
        usual = self.always * self.grows ** tf.cast(step, tf.float32)
        return tf.where(tf.equal(tf.cast(step, tf.int32), BREAKS), self.then, usual)

    def get_config(self) -> dict[str, Any]:
        return {}


def by_the_rate(rate: Any, *, first: str | None = "tanh", **way: Any) -> Any:
    x = features()
    model = net(None, first=first, optimizer=keras.optimizers.SGD(rate), **way)
    return model, x, x[:, :1] * 5, {}


def deep_and_linear(rate: Any, **way: Any) -> Any:
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [layers.Input((6,)), *(layers.Dense(16, activation="relu") for _ in range(6)),
         layers.Dense(1)],
        name="net",
    )
    model.compile(keras.optimizers.SGD(rate), "mse", **way)
    return model, features(), features()[:, :1] * 10, {}


def by_the_loss(**way: Any) -> Any:
    def loss(y: Any, p: Any) -> Any:
        return keras.ops.mean(keras.ops.square(p - y)) + 0.0 * keras.ops.mean(keras.ops.log(y))

    y = np.abs(features()[:, :1]) + 0.1
    y[ROW] = 0.0
    return net(None, loss=loss, **way), features(), y, {}


def by_a_callback(**way: Any) -> Any:
    class Sets(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            if batch == BREAKS - 1:
                kernel = self.model.get_layer("second").kernel
                kernel.assign(kernel * float("nan"))

    return net(None, **way), features(), features()[:, :1], {"callbacks": [Sets()]}


EXPLODES = r"activations|gradient|weights|the loss itself"
PROGRAMS: dict[str, Planted] = {
    "NaN in the data": Planted(lambda **w: in_the_data(np.nan, **w), r"input `x\[2\]`"),
    "infinity in the data": Planted(lambda **w: in_the_data(np.inf, **w), r"input `x\[2\]`"),
    "NaN in the labels": Planted(in_the_labels, "labels"),
    "an infinite sample weight": Planted(in_the_sample_weights, "the loss itself"),
    "a layer, by its state": Planted(
        lambda **w: by_a_layer("state", "forward", **w), "activations of `planted`"),
    "a layer, by the batch": Planted(
        lambda **w: by_a_layer("batch", "forward", **w), "activations of `planted`"),
    "a gradient, by a state": Planted(
        lambda **w: by_a_layer("state", "backward", **w), "gradient of `net/first"),
    "a gradient, by the batch": Planted(
        lambda **w: by_a_layer("batch", "backward", **w), "gradient of `net/first"),
    "a logarithm of 0": Planted(
        lambda **w: by_a_function(lambda x: keras.ops.log(keras.ops.abs(x)), 0.0, **w),
        "activations of `planted`"),
    "a division by the norm": Planted(
        lambda **w: by_a_function(
            lambda x: x / keras.ops.sqrt(keras.ops.sum(x * x, axis=1, keepdims=True)), 0.0, **w),
        "activations of `planted`"),
    "an overflow of float16": Planted(
        lambda **w: by_a_function(
            lambda x: keras.ops.cast(keras.ops.cast(x, "float16"), "float32"), 1e6, **w),
        "activations of `planted`"),
    "a logarithm in the loss": Planted(by_the_loss, "the loss itself"),
    "a rate that is infinite once": Planted(
        lambda **w: by_the_rate(Rate(float("inf")), **w), "the weights", BREAKS + 1),
    "a rate that is huge once": Planted(
        lambda **w: by_the_rate(Rate(1e30), first=None, **w), EXPLODES, None),
    "a rate that grows": Planted(
        lambda **w: deep_and_linear(Rate(0.01, 1e-3, 1.3), **w), EXPLODES, None),
    "a rate too high": Planted(lambda **w: deep_and_linear(3.0, **w), EXPLODES, None),
    "a callback that sets a weight": Planted(by_a_callback, "the weights `net/second"),
}  # fmt: skip


def told(planted: Planted, every: int | None, way: dict[str, Any]) -> tuple[bool, str]:
    """Whether the first broken tensor and its step are told right, and what is said."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(3)
    model, x, y, options = planted.program(**way)
    callbacks = options.pop("callbacks", [])
    with tempfile.TemporaryDirectory() as directory:
        recorder = tb_zeroacc.ZeroAccuracyCallback(directory, every=every, verbose=0)
        model.fit(
            x, y, batch_size=BATCH, epochs=2, shuffle=False, verbose=0,
            callbacks=[*callbacks, recorder], **options,
        )  # fmt: skip
        (verdict,) = tb_zeroacc.diagnose(directory)
    said = verdict.checks["ZA501"]
    text = f"{getattr(said, 'summary', said)} {getattr(said, 'context', '')}"
    named = re.search(f"(?:{planted.first})[^;]* broke first", text) is not None
    at = re.search(r"from (?:step|epoch) (\d+) on", text)
    places = {planted.step, None if planted.step is None else planted.step + 1}
    right_step = planted.step is None or (at is not None and int(at.group(1)) in places)
    return named and right_step, text.strip()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--every", type=int, default=1000, help="0 for as the budget allows")
    parser.add_argument("--way", choices=WAYS, default="graph")
    asked = parser.parse_args()
    right = []
    chosen = {n: p for n, p in PROGRAMS.items() if not asked.names or n in asked.names}
    for name, planted in chosen.items():
        found, text = told(planted, asked.every or None, WAYS[asked.way])
        right.append(found)
        print(f"{'named ' if found else 'MISSED'} {name:30} {text}", flush=True)
    print(f"named: {sum(right)} of {len(right)} ({asked.way}, every={asked.every or None})")


if __name__ == "__main__":
    main()
