"""The first number that is none: the very step and tensor, wherever it was planted."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tb_zeroacc import diagnose
from tb_zeroacc.keras.sampling import shadow
from tests.keras.models import features, layers, recorder
from tests.keras.reading import Log, read

pytestmark = pytest.mark.training
BREAKS = 37  # the step in which it happens; every=1000, so that none is due there
X = features(240)
Y = X[:, :1]


@keras.saving.register_keras_serializable("tests")
class Planted(layers.Layer):
    """Passes its input on; at one step, counted by a variable, what comes out is broken."""

    def __init__(self, function: Any, **options: Any) -> None:
        super().__init__(**options)
        self.function = function

    def build(self, shape: Any) -> None:
        self.seen = self.add_weight(shape=(), dtype="int32", trainable=False, initializer="zeros")

    def call(self, x: Any, training: bool = False) -> Any:
        broken = tf.equal(self.seen.value, BREAKS)
        self.seen.assign_add(1)
        return self.function(x, broken)


def nan_forward(x: Any, broken: Any) -> Any:
    return tf.where(broken, float("nan") * tf.ones_like(x), x)


@tf.custom_gradient
def nan_backward(x: Any, broken: Any) -> Any:
    def gradient(upstream: Any) -> Any:
        return tf.where(broken, float("nan") * upstream, upstream), None

    return tf.identity(x), gradient


def model_with(function: Any, **options: Any) -> keras.Model:
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [
            layers.Input((6,)),
            layers.Dense(8, activation="tanh", name="first"),
            Planted(function, name="planted"),
            layers.Dense(8, activation="tanh", name="second"),
            layers.Dense(1, name="out"),
        ],
        name="net",
    )
    model.compile("adam", "mse", **options)
    return model


@pytest.fixture(autouse=True)
def _one_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the way back begins anew depends on the clock; here it begins once."""
    monkeypatch.setattr(shadow, "LEAST", shadow.MOST)


def trained(model: keras.Model, directory: Path, x: Any = X) -> Log:
    callback = recorder(directory, every=1000)
    model.fit(x, Y, batch_size=4, shuffle=False, verbose=0, callbacks=[callback])
    assert not callback.turned_off
    return read(directory)


def broken(log: Log, kind: str, step: int) -> list[str]:
    table = log.at(kind, step)
    return [r for r in table.layout.rows if table(r, "non_finite_count") > 0]


WAYS: dict[str, dict[str, Any]] = {
    "graph": {}, "jit": {"jit_compile": True}, "eager": {"run_eagerly": True},
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_in_the_data(way: str, tmp_path: Path) -> None:
    x = X.copy()
    x[BREAKS * 4 + 1, 2] = np.nan
    log = trained(model_with(lambda x, _: x, **WAYS[way]), tmp_path, x)
    assert log.steps()[:3] == [0, BREAKS, BREAKS + 1]
    assert broken(log, "inputs", BREAKS) == ["x[2]"]
    (verdict,) = diagnose(str(tmp_path))
    assert "the input `x[2]` broke first" in str(verdict.checks["ZA501"]), verdict.checks["ZA501"]


@pytest.mark.parametrize("way", WAYS)
def test_in_a_layer(way: str, tmp_path: Path) -> None:
    log = trained(model_with(nan_forward, **WAYS[way]), tmp_path)
    assert log.steps()[:2] == [0, BREAKS]
    assert broken(log, "inputs", BREAKS) == []
    assert broken(log, "activations", BREAKS) == ["planted", "second", "out"]
    assert math.isnan(log.at("loss", BREAKS)("loss", "loss"))
    (verdict,) = diagnose(str(tmp_path))
    said = verdict.checks["ZA501"]
    assert "the activations of `planted` broke first" in str(said), said
    unknown = "weights before that step were not sampled in full" in str(said)
    assert unknown == (way == "eager"), "that step was not due, but it can be taken again"


@pytest.mark.parametrize("way", WAYS)
def test_in_a_gradient_before_any_loss(way: str, tmp_path: Path) -> None:
    log = trained(model_with(nan_backward, **WAYS[way]), tmp_path)
    assert log.steps()[:3] == [0, BREAKS, BREAKS + 1]
    assert math.isfinite(log.at("loss", BREAKS)("loss", "loss")), "the loss breaks a step later"
    assert broken(log, "activations", BREAKS) == []
    assert broken(log, "gradients", BREAKS) == ["net/first/kernel", "net/first/bias"]
    assert math.isnan(log.at("loss", BREAKS + 1)("loss", "loss"))
    assert broken(log, "weights", BREAKS + 1) == ["net/first/kernel", "net/first/bias"]
    (verdict,) = diagnose(str(tmp_path))
    said = str(verdict.checks["ZA501"])
    assert "the gradient of `net/first/" in said, said
    assert f"step {BREAKS}" in said


def test_in_an_update_of_finite_gradients(tmp_path: Path) -> None:
    """A rate without end: the weights break, and the next step shows it."""

    class Rate(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step: Any) -> Any:
            return tf.where(tf.equal(tf.cast(step, tf.int32), BREAKS), float("inf"), 0.01)

        def get_config(self) -> dict[str, Any]:
            return {}

    model = model_with(lambda x, _: x)
    model.compile(keras.optimizers.SGD(Rate()), "mse")
    log = trained(model, tmp_path)
    assert log.steps()[:3] == [0, BREAKS, BREAKS + 1]
    assert broken(log, "gradients", BREAKS) == []
    assert "net/out/kernel" in broken(log, "weights", BREAKS + 1)
    (verdict,) = diagnose(str(tmp_path))
    assert "the weights `net/" in str(verdict.checks["ZA501"]), verdict.checks["ZA501"]


def saturated(x: Any, _: Any) -> Any:
    """NaN wherever an input is so large that tanh cannot be told from 1: the batch's doing."""
    return nan_forward(x, tf.reduce_any(tf.abs(x) >= 1.0))


def test_weights_are_as_if_nothing_had_been_taken_again(tmp_path: Path) -> None:
    """What broke is found by taking steps again; training goes on from where it stood."""
    trained_weights = []
    for callbacks in ([], [recorder(tmp_path, every=1000)]):
        model = model_with(nan_forward)
        model.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
        model.fit(X, Y, batch_size=4, epochs=2, shuffle=False, verbose=0, callbacks=callbacks)
        trained_weights.append(
            [v.numpy().tobytes() for v in [*model.weights, *model.optimizer.variables]]
        )
    assert trained_weights[0] == trained_weights[1]
    assert not callbacks[0].turned_off


@pytest.mark.parametrize("depends_on", ["the batch", "a state"])
def test_among_several_steps_at_once(depends_on: str, tmp_path: Path) -> None:
    """Those cannot be taken again: the step is computed from earlier weights, and that is said."""
    x = X.copy()
    if depends_on == "the batch":
        x[BREAKS * 4 + 1] = 1000.0
    function = saturated if depends_on == "the batch" else nan_forward
    log = trained(model_with(function, steps_per_execution=5), tmp_path, x)
    assert log.steps()[:2] == [0, BREAKS]
    assert math.isnan(log.at("loss", BREAKS)("loss", "loss"))
    (verdict,) = diagnose(str(tmp_path))
    said = str(verdict.checks["ZA501"])
    assert f"from step {BREAKS} on" in said
    progress = log.at("progress", BREAKS)
    assert progress("progress", "replayed_from") == 0
    if depends_on == "the batch":
        assert progress("progress", "reproduced") == 1
        assert broken(log, "activations", BREAKS) == ["planted", "second", "out"]
        assert "the activations of `planted` broke first" in said
        assert "repeated with its own batch and the weights before step 0" in said
    else:
        assert progress("progress", "reproduced") == 0
        assert BREAKS not in log.steps("activations")
        assert "broke first" not in said, "nobody knows"
        assert "it does not break" in said


class Planned(keras.optimizers.schedules.LearningRateSchedule):
    """A rate that is too high from one step on."""

    def __call__(self, step: Any) -> Any:
        return tf.where(tf.cast(step, tf.int32) >= BREAKS, 3.0, 1e-3)

    def get_config(self) -> dict[str, Any]:
        return {}


def test_a_loss_that_leaps_is_looked_at_step_by_step(tmp_path: Path) -> None:
    """An explosion is seen from inside: the steps behind the leap are sampled, each of its own."""
    model = model_with(lambda x, _: x)
    model.compile(keras.optimizers.SGD(Planned()), "mse")
    log = trained(model, tmp_path)
    leapt = [step for step in log.steps() if BREAKS < step < 59]
    assert len(leapt) >= 8, log.steps()
    assert leapt[:8] == list(range(leapt[0], leapt[0] + 8)), "one after the other"
    assert leapt[0] <= BREAKS + 3
    ratios = [log.at("weights", step)("net/out/kernel", "update_ratio") for step in leapt[:8]]
    assert all(map(math.isfinite, ratios)), "their weights were looked at before and behind"
