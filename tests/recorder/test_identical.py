"""Watching changes nothing: the same seed gives the same weights, to the bit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from tests.recorder.models import classes, cnn, faults, features, mlp, recorder, weights
from tests.recorder.reading import read

pytestmark = pytest.mark.training


def images() -> np.ndarray:
    return features(48, 8 * 8 * 2).reshape(48, 8, 8, 2)


MODELS: dict[str, tuple[Callable[..., keras.Model], Callable[[], np.ndarray]]] = {
    "mlp": (mlp, lambda: features(48)),
    "cnn": (cnn, images),
}
WAYS: dict[str, dict[str, Any]] = {
    "graph": {},
    "jit": {"jit_compile": True},
    "steps_per_execution": {"steps_per_execution": 3},
    "eager": {"run_eagerly": True},
}
CASES = [(m, w) for m in MODELS for w in WAYS if (m, w) != ("cnn", "eager")]


@pytest.mark.parametrize(("name", "way"), CASES)
def test_weights_are_bit_identical(name: str, way: str, tmp_path: Path) -> None:
    build, data = MODELS[name]
    x = data()
    y = classes(x.reshape(len(x), -1))
    trained = []
    for callbacks in ([], [recorder(tmp_path)]):
        model = build(**WAYS[way])
        model.fit(x, y, batch_size=12, epochs=3, verbose=0, callbacks=callbacks)
        trained.append(weights(model))
    assert trained[0] == trained[1]
    assert not faults(callbacks[0])
    assert read(tmp_path).steps() == list(range(12))


@pytest.mark.parametrize(
    "policy_and_optimizer",
    [
        ("mixed_float16", lambda: keras.optimizers.Adam(0.01)),
        ("float32", lambda: keras.optimizers.SGD(0.1, momentum=0.9, global_clipnorm=0.5)),
        ("float32", lambda: keras.optimizers.Adam(0.01, gradient_accumulation_steps=2)),
        ("float32", lambda: keras.optimizers.Adam(
            keras.optimizers.schedules.ExponentialDecay(0.01, 2, 0.5))),
    ],
    ids=["mixed_float16", "clipped", "accumulated", "scheduled"],
)  # fmt: skip
def test_optimizers(
    policy_and_optimizer: tuple[str, Callable[[], Any]], tmp_path: Path
) -> None:
    policy, optimizer = policy_and_optimizer
    before = keras.mixed_precision.global_policy().name
    keras.mixed_precision.set_global_policy(policy)
    try:
        x = features(24)
        trained = []
        for callbacks in ([], [recorder(tmp_path)]):
            model = mlp(optimizer=optimizer())
            model.fit(x, classes(x), batch_size=6, epochs=1, verbose=0, callbacks=callbacks)
            trained.append(weights(model))
    finally:
        keras.mixed_precision.set_global_policy(before)
    assert trained[0] == trained[1]
    assert not faults(callbacks[0])
    log = read(tmp_path)
    gradients = log.at("gradients", 0)
    if policy == "mixed_float16":
        assert log.at("loss", 0)("loss", "loss_scale") > 1
    assert 0 < gradients("net/out/kernel", "rms") < 10  # on the scale of the loss itself
    rates = [log.at("loss", step)("loss", "learning_rate") for step in (0, 2)]
    expected = [0.01, 0.005] if "Decay" in str(log.contract().optimizer) else [rates[0]] * 2
    assert rates == pytest.approx(expected)
