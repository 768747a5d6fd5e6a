"""Keras 2 where training goes wrong or another way: losses, branches, NaN, errors, verdicts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tb_zeroacc import diagnose, facts
from tests.keras.models import classes, features, recorder, weights
from tests.keras.reading import read
from tests.keras.test_keras_2 import WAYS, X, Y, untouched

pytestmark = pytest.mark.training
layers = tf_keras.layers
CROSS_ENTROPY = "sparse_categorical_crossentropy"
SEEN = 4 * 8  # examples of a validation: so many batches of 8
X_VALID, X_STRAY = features(72, seed=1) + 2, features(72, seed=2) - 9


def compiled(*stack: Any, loss: str = CROSS_ENTROPY, **options: Any) -> Any:
    tf_keras.utils.set_random_seed(7)
    model = tf_keras.Sequential([layers.Input((6,)), *stack], name="net")
    model.compile(tf_keras.optimizers.SGD(0.1), loss, **options)
    return model


def hidden(**options: Any) -> Any:
    return layers.Dense(8, activation="tanh", name="hidden", **options)


def softmax(**options: Any) -> Any:
    return layers.Dense(3, activation="softmax", name="out", **options)


def fit(model: Any, x: Any, y: Any, callbacks: list[Any], **options: Any) -> Any:
    options = {"epochs": 2, "batch_size": 12, "shuffle": False, "verbose": 0, **options}
    return model.fit(x, y, callbacks=callbacks, **options).history


@pytest.mark.parametrize("way", WAYS)
def test_loss_and_penalty_are_those_that_keras_computes(way: str, tmp_path: Path) -> None:
    def regularised(**options: Any) -> Any:
        two, three = tf_keras.regularizers.L2(0.02), tf_keras.regularizers.L2(0.03)
        return compiled(hidden(kernel_regularizer=two), softmax(bias_regularizer=three), **options)

    ours = recorder(tmp_path, every=1)
    fit(regularised(**WAYS[way]), X, Y, [ours])
    assert not ours.turned_off
    log, twin = read(tmp_path), regularised()
    assert log.steps() == list(range(8))
    for step in log.steps():
        at = slice(step % 4 * 12, step % 4 * 12 + 12)
        before, penalty = twin.get_weights(), float(sum(twin.losses))
        assert penalty > 0.1
        loss = twin.train_on_batch(X[at], Y[at], reset_metrics=True)
        gradients = [(a - b) / 0.1 for a, b in zip(before, twin.get_weights(), strict=True)]
        expected = {
            "loss": loss, "data_loss": loss - penalty, "penalty": penalty, "loss_scale": 1.0,
            "learning_rate": 0.1, "gradient_norm": sum((g**2).sum() for g in gradients) ** 0.5,
        }  # fmt: skip
        assert log.at("loss", step).row("loss") == pytest.approx(expected, rel=1e-4), step


class Evaluates(tf_keras.callbacks.Callback):
    found: tuple[float, ...] = ()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.found += (self.model.evaluate(X_STRAY, classes(X_STRAY), 8, verbose=0),)


@pytest.mark.parametrize("way", WAYS)
def test_only_the_validation_of_fit_is_recorded(way: str, tmp_path: Path) -> None:
    ours, y_valid = recorder(tmp_path / "validated", every=1), classes(X_VALID)
    found: list[Any] = []
    for callbacks in ([], [ours]):
        model, first, last = compiled(softmax(), **WAYS[way]), Evaluates(), Evaluates()
        history = fit(
            model, X, Y, [first, *callbacks, last],
            validation_data=(X_VALID, y_valid), validation_batch_size=8,
        )  # fmt: skip
        found.append((history, first.found, last.found, weights(model)))
    assert found[0] == found[1], "fit and evaluate say the same with and without us"
    assert not ours.turned_off
    assert untouched(model)
    log = read(tmp_path / "validated")
    for kind in facts.VALIDATION_TABLES:
        assert log.steps(kind) == [3, 7], kind
    for step in (3, 7):
        inputs = log.at("validation_inputs", step)
        assert inputs("x[2]", "count") == SEEN
        assert inputs("x[2]", "mean") == pytest.approx(X_VALID[:SEEN, 2].mean(), abs=1e-5)
        counts = np.bincount(y_valid[:SEEN], minlength=3)
        assert log.at("validation_label_counts", step).values[0].tolist() == [*counts, 0]
    p = model.predict(X_VALID[:SEEN], verbose=0)
    entropy = -(p * np.log(p)).sum(axis=1).mean()
    assert log.at("validation_outputs", 7)("out", "entropy") == pytest.approx(entropy, abs=1e-5)
    fit(model, X, Y, [Evaluates(), recorder(tmp_path / "stray"), Evaluates()])
    assert not [kind for kind in read(tmp_path / "stray").tables if "validation" in kind]


class BranchingCall(tf_keras.Model):
    """Takes one of two layers, by its input."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.out = hidden(), layers.Dense(8, name="second"), softmax()
        for layer, width in ((self.first, 6), (self.second, 6), (self.out, 8)):
            layer.build((None, width))

    def call(self, x: Any) -> Any:
        if tf.reduce_mean(x) > 0:
            h = self.first(x)
        else:
            h = self.second(x)
            h = tf.nn.relu(h)
        return self.out(h)


class BranchingStep(tf_keras.Model):
    """Weighs its loss by its input; Keras 2 has AutoGraph convert that with `jit_compile` alone."""

    def __init__(self) -> None:
        super().__init__()
        self.out = softmax()
        self.out.build((None, 6))

    def call(self, x: Any) -> Any:
        return self.out(x)

    def train_step(self, data: Any) -> dict[str, Any]:
        x, y = data
        with tf.GradientTape() as tape:
            loss = self.compute_loss(x, y, self(x, training=True))
            if tf.reduce_mean(x) > 0:
                loss = 2.0 * loss + tf.reduce_sum(loss)
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
        return {metric.name: metric.result() for metric in self.metrics}


class FunctionStep(BranchingStep):
    """The same in a function of its own, whose tensors nobody outside can use."""

    train_step = tf.function(BranchingStep.train_step)


def trained(kind: type, way: str, *callbacks: Any) -> tuple[Any, ...]:
    """How the training went, or what Keras raised; batches go both ways in turn."""
    x = X + np.where(np.arange(48) // 12 % 2, -1.0, 1.0).astype("float32")[:, None]
    assert [batch.mean() > 0 for batch in np.split(x, 4)] == [True, False, True, False]
    tf_keras.utils.set_random_seed(7)
    model = kind()
    model.compile("adam", CROSS_ENTROPY, **WAYS[way])
    try:
        history = fit(model, x, Y, list(callbacks))
    except (TypeError, ValueError) as error:  # TensorFlow's own is a TypeError
        return (type(error),)
    assert untouched(model)
    return weights(model), history


@pytest.mark.parametrize(
    ("kind", "way"),
    [*((BranchingCall, way) for way in WAYS), (BranchingStep, "eager"), (BranchingStep, "jit")],
)
def test_a_branch_on_a_tensor(kind: type, way: str, tmp_path: Path) -> None:
    ours = recorder(tmp_path, every=1)
    found = trained(kind, way, ours)
    assert found == trained(kind, way)
    assert not ours.turned_off
    log = read(tmp_path)
    assert log.steps() == log.steps("gradients") == log.steps("outputs") == list(range(8))
    losses = [log.at("loss", step)("loss", "loss") for step in range(8)]
    means = np.mean(np.reshape(losses, (2, 4)), axis=1)
    np.testing.assert_allclose(means, found[1]["loss"], rtol=1e-5)


@pytest.mark.filterwarnings("ignore:Zero Accuracy no longer records")
@pytest.mark.parametrize(
    ("kind", "way"),
    [(BranchingStep, "graph"), (BranchingStep, "two steps at once"),
     *((FunctionStep, way) for way in WAYS)],
)  # fmt: skip
def test_a_branch_that_keras_refuses_or_hides(kind: type, way: str, tmp_path: Path) -> None:
    assert trained(kind, way, recorder(tmp_path)) == trained(kind, way)


@pytest.mark.parametrize("way", WAYS)
def test_the_first_broken_step_is_the_one_with_nan_in_its_data(way: str, tmp_path: Path) -> None:
    x = features(240)
    y, x[37 * 4 + 1, 2] = x[:, :1].copy(), np.nan
    ours = recorder(tmp_path, every=1000)
    model = compiled(hidden(), layers.Dense(1, name="out"), loss="mse", **WAYS[way])
    fit(model, x, y, [ours], epochs=1, batch_size=4)
    assert not ours.turned_off
    log = read(tmp_path)
    assert log.steps()[:2] == [0, 37]
    inputs = log.at("inputs", 37)
    assert [r for r in inputs.layout.rows if inputs(r, "non_finite_count") > 0] == ["x[2]"]
    assert np.isnan(log.at("loss", 37)("loss", "loss"))
    (verdict,) = diagnose(str(tmp_path))
    assert "the input `x[2]` broke first" in str(verdict.checks["ZA501"]), verdict.checks["ZA501"]


class PlantedError(Exception):
    pass


def raising(place: str, way: str, error: BaseException) -> tuple[Any, dict[str, Any]]:
    """A model, and what to fit it with, so that an error is raised at the third step."""
    calls: list[Any] = []

    def third(passed: Any, logs: Any = None) -> Any:
        calls.append(passed)
        if len(calls) == 3:
            raise error
        return passed

    stack = [layers.Lambda(third, name="breaks")] if place == "a layer" else []
    model = compiled(*stack, softmax(), **WAYS[way])
    calls.clear()  # Keras has called the layer to build the model
    if place == "a generator":
        batches = (third((X[at : at + 12], Y[at : at + 12])) for at in range(0, 48, 12))
        return model, {"x": batches, "y": None, "batch_size": None, "steps_per_epoch": 4}
    other = tf_keras.callbacks.LambdaCallback(on_train_batch_end=third)
    return model, {"x": X, "y": Y, "callbacks": [other] if place == "a callback" else []}


@pytest.mark.parametrize("kind", [PlantedError, KeyboardInterrupt])
@pytest.mark.parametrize(
    ("place", "way"),
    [("a layer", "eager"), ("a generator", "graph"), ("a generator", "eager"),
     ("a callback", "graph"), ("a callback", "eager")],
)  # fmt: skip
def test_an_error_passes_on(
    place: str, way: str, kind: type[BaseException], tmp_path: Path
) -> None:
    ours = recorder(tmp_path, every=1)
    found: list[list[Any]] = []
    for callbacks in ([], [ours]):
        error = kind("planted")
        model, data = raising(place, way, error)
        data["callbacks"] = [*callbacks, *data.get("callbacks", [])]
        with pytest.raises(BaseException) as raised:  # noqa: PT011 TensorFlow wraps a generator's
            fit(model, **data)
        said = str(raised.value).partition("[[{{node")[0]  # behind it stand numbers of traces
        assert kind.__name__ in said or "planted" in said
        found.append([type(raised.value), raised.value is error, said, weights(model)])
        assert untouched(model)
        log = read(tmp_path)
        for again in ([], callbacks):
            fit(model, X, Y, again, epochs=1)
            found[-1].append(weights(model))
    assert found[0] == found[1]
    assert untouched(model)
    assert not ours.turned_off
    taken = 3 if place == "a callback" else 2
    how = "interrupted" if found[0][0] is KeyboardInterrupt else "exception"
    end = log.end()
    assert (end.how, end.step, end.exception) == (how, taken, found[0][0].__name__)
    assert log.steps() == list(range(taken))
    assert [e.how for e in read(tmp_path).facts(facts.End)] == [how, "finished"]


# What a model is compiled with, and the activation of its output.
CASES: dict[str, tuple[Callable[[Any], dict[str, Any]], str]] = {
    "healthy": (lambda k: {}, "softmax"),
    "a rate of 0": (lambda k: {"optimizer": k.optimizers.SGD(0.0)}, "softmax"),
    "a softmax called logits": (
        lambda k: {"loss": k.losses.SparseCategoricalCrossentropy(from_logits=True)}, "softmax"
    ),
    "logits called a softmax": (lambda k: {}, "linear"),
}  # fmt: skip


def verdict_of(k: Any, case: str, log_dir: Path) -> tuple[Any, ...]:
    """Outcome and findings of a training of one generation, from the same weights in both."""
    options, activation = CASES[case]
    first, out = k.layers.Dense(16, activation="relu"), k.layers.Dense(3, activation=activation)
    model = k.Sequential([k.layers.Input((6,)), first, out])
    fill = np.random.default_rng(5)
    model.set_weights([fill.normal(0.0, 0.3, w.shape) for w in model.get_weights()])
    usual = {"optimizer": k.optimizers.Adam(0.02), "loss": CROSS_ENTROPY}
    model.compile(**{**usual, **options(k)}, metrics=["accuracy"])
    ours, x = recorder(log_dir), features(320)
    fit(model, x, classes(x), [ours], epochs=6, batch_size=16)
    assert not ours.turned_off
    (verdict,) = diagnose(str(log_dir))
    return verdict.outcome.value, [finding.code for finding in verdict.findings]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.filterwarnings("ignore:.*received `from_logits=True`")
def test_the_verdict_is_that_of_keras_3(case: str, tmp_path: Path) -> None:
    three, two = (verdict_of(k, case, tmp_path / k.__name__) for k in (keras, tf_keras))
    assert two == three
