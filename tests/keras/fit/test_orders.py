"""What users do with a model before, between and after recorded fits, and odd ways to train."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import pytest

from tb_zeroacc import facts
from tests.keras.fit.test_fits import assert_untouched
from tests.keras.models import BEFORE_3_7, classes, features, lstm, matrix, mlp, recorder, weights
from tests.keras.reading import read

pytestmark = pytest.mark.training
X = features(32)
Y = classes(X)
STEPS = 4  # of one fit


def fit(model: keras.Model, *callbacks: Any) -> None:
    model.fit(X, Y, batch_size=8, shuffle=False, verbose=0, callbacks=callbacks)


def train_on_batch(model: keras.Model, *_: Any) -> None:
    model.train_on_batch(X[:8], Y[:8])


def test_on_batch(model: keras.Model, *_: Any) -> None:
    model.test_on_batch(X[:8], Y[:8])


test_on_batch.__test__ = False  # type: ignore[attr-defined]  # Keras' name, not a test of ours


def compile_again(model: keras.Model, *_: Any) -> None:
    keras.utils.set_random_seed(9)
    model.compile(keras.optimizers.SGD(0.05), "sparse_categorical_crossentropy")


def predict(model: keras.Model, *_: Any) -> None:
    model.predict(X, verbose=0)


def plain(model: keras.Model, *_: Any) -> None:
    fit(model)


OTHERS: dict[str, Callable[..., None]] = {
    "train_on_batch": train_on_batch,
    "test_on_batch": test_on_batch,
    "compiled again": compile_again,
    "predict": predict,
    "a fit without us": plain,
}
if BEFORE_3_7:  # there a model's first `test_on_batch` raises, with and without us
    del OTHERS["test_on_batch"]
# `None` stands for the other thing, `fit` for a recorded one.
ORDERS: dict[str, list[Callable[..., None] | None]] = {
    "before": [None, fit],
    "between": [fit, None, fit],
    "after": [fit, None],
    "around": [None, fit, None, fit, None],
}


@pytest.mark.parametrize(
    ("other", "order"),
    matrix(
        OTHERS, ORDERS,
        once=lambda other, order: order == "around" or (other, order) == (
            "train_on_batch", "between"
        ),
    ),
)  # fmt: skip
def test_orders(other: str, order: str, tmp_path: Path) -> None:
    without, watched = mlp(), mlp()
    callback = recorder(tmp_path)
    for call in ORDERS[order]:
        (call or OTHERS[other])(without)
    for call in ORDERS[order]:
        (call or OTHERS[other])(watched, callback)
        assert_untouched(watched)
    assert weights(without) == weights(watched)
    assert int(without.optimizer.iterations) == int(watched.optimizer.iterations)
    assert not callback.turned_off
    fits = ORDERS[order].count(fit)
    log = read(tmp_path)
    assert log.steps() == log.steps("gradients") == list(range(STEPS * fits))
    assert [end.how for end in log.facts(facts.End)] == ["finished"] * fits
    if other == "compiled again":
        classes_of = [c.optimizer.class_name for c in log.facts(facts.Contract) if c.optimizer]
        expected = {"between": ["Adam", "SGD"], "after": ["Adam"]}.get(order, ["SGD"])
        assert [name for name, _ in itertools.groupby(classes_of)] == expected


def a_loop(model: keras.Model, *callbacks: Any) -> None:
    """A loop of `train_on_batch` that calls the outer hooks of its callbacks alone."""
    listed = keras.callbacks.CallbackList(list(callbacks), model=model)
    listed.on_train_begin()
    for epoch in range(3):
        listed.on_epoch_begin(epoch)
        logs = model.train_on_batch(X[:8], Y[:8], return_dict=True)
        listed.on_epoch_end(epoch, logs)
    listed.on_train_end()


@pytest.mark.parametrize("is_trained", [False, True], ids=["new", "trained before"])
def test_a_loop_that_calls_the_outer_hooks_alone(is_trained: bool, tmp_path: Path) -> None:
    plain_model, watched = mlp(), mlp()
    callback = recorder(tmp_path)
    for model, callbacks in ((plain_model, ()), (watched, (callback,))):
        if is_trained:
            fit(model)
        a_loop(model, *callbacks)
        fit(model)
    assert weights(plain_model) == weights(watched)
    assert_untouched(watched)
    assert not callback.turned_off
    log = read(tmp_path)
    assert log.steps() == log.steps("gradients") == [0, 1, 2]
    assert [epoch.batches for epoch in log.facts(facts.Epoch)] == [1, 1, 1]
    assert (log.end().how, log.end().step) == ("finished", 3)


@pytest.mark.parametrize("build", [mlp, lstm], ids=["mlp", "lstm"])
def test_jit_compile_auto(build: Callable[..., keras.Model], tmp_path: Path) -> None:
    x = X if build is mlp else (features(32, 5) * 3).astype("int32") % 9
    trained = []
    for callbacks in ([], [recorder(tmp_path)]):
        model = build(jit_compile="auto")
        model.fit(x, Y, batch_size=8, epochs=2, verbose=0, callbacks=callbacks)
        trained.append((weights(model), bool(model.jit_compile)))
    assert trained[0] == trained[1], "what Keras decides is changed"
    assert not callbacks[0].turned_off
    assert read(tmp_path).steps("gradients") == list(range(8))


@pytest.mark.parametrize("compiled", [{}, {"run_eagerly": True}, {"steps_per_execution": 2}])
def test_accumulated_gradients_move_the_weights_at_some_steps(
    compiled: dict[str, Any], tmp_path: Path
) -> None:
    optimizer = keras.optimizers.SGD(0.1, gradient_accumulation_steps=4)
    model = mlp(optimizer=optimizer, **compiled)
    model.fit(
        X, Y, batch_size=4, shuffle=False, verbose=0, callbacks=[recorder(tmp_path)]
    )  # fmt: skip
    log = read(tmp_path)
    moved = [log.at("weights", s)("net/out/kernel", "update_ratio") for s in log.steps()]
    assert [ratio > 0 for ratio in moved] == [False] * 3 + [True] + [False] * 3 + [True], moved
    rms = [log.at("gradients", s)("net/out/kernel", "rms") for s in log.steps()]
    assert min(rms) > 0, "there is a gradient at every step"
    assert len(set(rms)) == 8, "and it is the step's own, not what has come together"
