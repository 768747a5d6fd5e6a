"""Watching changes nothing: the same seed gives the same weights, to the bit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from tb_zeroacc.keras.sampling.replay_sampler import ReplaySampler
from tests.keras import fused
from tests.keras.models import (
    BEFORE_3_7,
    classes,
    cnn,
    features,
    lstm,
    matrix,
    mlp,
    recorder,
    weights,
)
from tests.keras.reading import Log, read

pytestmark = pytest.mark.training


def images() -> np.ndarray:
    return features(48, 8 * 8 * 2).reshape(48, 8, 8, 2)


MODELS: dict[str, tuple[Callable[..., keras.Model], Callable[[], np.ndarray]]] = {
    "mlp": (mlp, lambda: features(48)),
    "cnn": (cnn, images),
    "lstm": (lstm, lambda: (features(48, 5) * 3).astype("int32") % 9),
}
# Before Keras 3.7 an execution that the end of an epoch cuts short is lost; here one is.
WAYS: dict[str, dict[str, Any]] = {
    "graph": {},
    "jit": {"jit_compile": True},
    "jit, two at once": {"jit_compile": True, "steps_per_execution": 2},
    "steps_per_execution": {"steps_per_execution": 2 if BEFORE_3_7 else 3},
    "eager": {"run_eagerly": True},
}
POLICIES = ("float32", "mixed_bfloat16", "mixed_float16")


@pytest.fixture
def policy(request: pytest.FixtureRequest) -> Iterator[str]:
    before = keras.mixed_precision.global_policy().name
    keras.mixed_precision.set_global_policy(request.param)
    yield request.param
    keras.mixed_precision.set_global_policy(before)


@pytest.mark.parametrize(
    ("name", "way", "policy"),
    matrix(
        MODELS, WAYS, POLICIES,
        once=lambda name, way, policy: (
            (policy == "float32" and (way in ("graph", "jit") or name == "mlp"))
            or (policy == "mixed_float16" and way == "graph")
            or (name, way) == ("cnn", "jit")
        ),
    ),
    indirect=["policy"],
)  # fmt: skip
def test_weights_are_bit_identical(name: str, way: str, policy: str, tmp_path: Path) -> None:
    build, data = MODELS[name]
    x = data()
    y = classes(x.reshape(len(x), -1))
    trained, losses = [], []
    for callbacks in ([], [recorder(tmp_path)]):
        model = build(**WAYS[way])
        history = model.fit(x, y, batch_size=12, epochs=3, verbose=0, callbacks=callbacks)
        trained.append(weights(model))
        losses.append(history.history["loss"])
    assert trained[0] == trained[1]
    # What an older Keras tells of the loss differs in the last digit, its weights do not.
    assert losses[0] == (pytest.approx(losses[1], rel=1e-6) if BEFORE_3_7 else losses[1])
    assert not callbacks[0].turned_off
    log = read(tmp_path)
    assert log.steps() == log.steps("gradients") == list(range(12))


@pytest.fixture
def samplers(monkeypatch: pytest.MonkeyPatch) -> list[ReplaySampler]:
    """The samplers that replay, as they are made."""
    made: list[ReplaySampler] = []
    original = ReplaySampler.__init__

    def init(self: ReplaySampler, *arguments: Any) -> None:
        original(self, *arguments)
        made.append(self)

    monkeypatch.setattr(ReplaySampler, "__init__", init)
    return made


@pytest.mark.parametrize(
    ("name", "way"),
    matrix(
        fused.MODELS, WAYS,
        once=lambda name, way: way == "graph" or name == "residual block",
    ),
)  # fmt: skip
def test_what_is_fused_stays_fused(
    name: str, way: str, tmp_path: Path, samplers: list[ReplaySampler]
) -> None:
    """A layer's output that a step returned would no longer be fused with what follows."""
    every = 4  # sampled steps and others, and executions of several with and without one
    trained = []
    for callbacks in ([], [recorder(tmp_path, every=every)]):
        keras.utils.set_random_seed(3)
        model = fused.MODELS[name]()
        model.compile(
            keras.optimizers.SGD(0.1, momentum=0.9), "sparse_categorical_crossentropy", **WAYS[way]
        )
        x, y = fused.data_for(model)
        model.fit(x, y, batch_size=12, epochs=3, verbose=0, callbacks=callbacks)
        trained.append(weights(model))
    assert trained[0] == trained[1], "the weights differ"
    assert not callbacks[0].turned_off
    assert [sampler.unfit for sampler in samplers] == ([] if way == "eager" else [None])
    log = read(tmp_path)
    expected = sorted({*range(0, 12, every), 11})
    assert log.steps() == log.steps("gradients") == log.steps("activations") == expected


class OwnStep(keras.Model):
    """Keras' own step, but overridden: it cannot be replayed, so hooks see its tensors."""

    def train_step(self, data: Any) -> Any:
        return super().train_step(data)


@pytest.mark.parametrize("way", ["graph", "eager"])
@pytest.mark.parametrize("name", ["dense, then tanh", "residual block"])
def test_a_step_of_ones_own_may_round_otherwise(name: str, way: str, tmp_path: Path) -> None:
    """Of hooks the docs promise no bits, but in eager code; the last digits alone may differ."""
    trained = []
    for callbacks in ([], [recorder(tmp_path)]):
        keras.utils.set_random_seed(3)
        made = fused.MODELS[name]()
        model = OwnStep(made.inputs, made.outputs)
        model.compile(
            keras.optimizers.SGD(0.1, momentum=0.9), "sparse_categorical_crossentropy", **WAYS[way]
        )
        x, y = fused.data_for(model)
        model.fit(x, y, batch_size=12, epochs=3, verbose=0, callbacks=callbacks)
        trained.append(weights(model))
    if way == "eager":
        assert trained[0] == trained[1]
    for plain, watched in zip(*trained, strict=True):
        plain_weights, watched_weights = (np.frombuffer(w, "f4") for w in (plain, watched))
        np.testing.assert_allclose(watched_weights, plain_weights, atol=1e-4)
    assert not callbacks[0].turned_off
    assert read(tmp_path).steps("activations") == list(range(12))


def assert_skipped_steps_are_told(log: Log, skipped: list[float]) -> None:
    """A step with a gradient beyond float16 halves the scale and changes nothing."""
    scale, count = log.at("loss", 0)("loss", "loss_scale"), 0
    assert scale > 1
    for step, told in zip(log.steps(), skipped, strict=True):
        assert log.at("loss", step)("loss", "loss_scale") == scale
        broken = np.nansum(log.at("gradients", step).values[:, 4]) > 0
        moved = np.nansum(log.at("weights", step).values[:, 4]) > 0
        assert bool(moved) is not bool(broken)
        count, scale = (count + 1, scale / 2) if broken else (count, scale)
        assert told == count
    assert count, "at the usual scale the first step of this model is left out"


@pytest.mark.parametrize(
    "policy_and_optimizer",
    [
        ("mixed_float16", lambda: keras.optimizers.Adam(0.01)),
        ("mixed_float16", lambda: keras.mixed_precision.LossScaleOptimizer(
            keras.optimizers.Adam(0.01), initial_scale=2.0**40)),
        ("mixed_bfloat16", lambda: keras.optimizers.Adam(0.01, use_ema=True)),
        ("float32", lambda: keras.optimizers.SGD(0.1, momentum=0.9, global_clipnorm=0.5)),
        ("float32", lambda: keras.optimizers.Adam(0.01, gradient_accumulation_steps=2)),
        ("float32", lambda: keras.optimizers.Adam(
            keras.optimizers.schedules.ExponentialDecay(0.01, 2, 0.5))),
        ("float32", lambda: keras.optimizers.AdamW(keras.optimizers.schedules.CosineDecay(
            0.0, 8, warmup_target=0.02, warmup_steps=4))),  # a conditional of the graph
    ],
    ids=["mixed_float16", "scaled too high", "bfloat16 and ema", "clipped", "accumulated",
         "scheduled", "warmed up"],
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
    assert not callbacks[0].turned_off
    log = read(tmp_path)
    gradients = log.at("gradients", 0)
    skipped = [log.at("progress", s)("progress", "skipped_steps") for s in log.steps()]
    if policy == "mixed_float16":
        assert_skipped_steps_are_told(log, skipped)
    else:
        assert np.isnan(skipped).all()
    if gradients("net/out/kernel", "non_finite_count"):
        return
    assert 0 < gradients("net/out/kernel", "rms") < 10  # on the scale of the loss itself
    rates = [log.at("loss", step)("loss", "learning_rate") for step in (0, 2)]
    schedule = getattr(log.contract().optimizer, "schedule", None)
    known = {"ExponentialDecay": [0.01, 0.005], "CosineDecay": [0.0, 0.01]}
    expected = known.get(schedule, [rates[0]] * 2)
    assert rates == pytest.approx(expected)
