"""Models of every kind: no part is turned off, every row is there, training is as without us."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tb_zeroacc import diagnose
from tb_zeroacc.diagnosis.answers import Flagged
from tests.keras.models import classes, features, layers, matrix, recorder, weights
from tests.keras.reading import Log, read

pytestmark = pytest.mark.training
EXAMPLES = 12
X = features(EXAMPLES)
Y = X[:, :1].copy()
TOKENS = np.random.default_rng(0).integers(1, 9, (EXAMPLES, 5)).astype("int32")
TOKENS[:, 3:] = 0  # masked


@dataclass(frozen=True)
class Case:
    """A model, its data, and rows that its record must hold."""

    build: Callable[[], keras.Model]
    data: Callable[[], Any]
    inputs: tuple[str, ...]
    activations: tuple[str, ...]
    gradients: tuple[str, ...] = ()
    loss: Any = "mse"


def dataset(x: Any, y: Any = Y, *, is_size_known: bool = False) -> tf.data.Dataset:
    return tf.data.Dataset.from_tensor_slices((x, y)).batch(6, drop_remainder=is_size_known)


def nested_inputs() -> keras.Model:
    a, b = keras.Input((2,), name="a"), keras.Input((2, 2), name="b")
    joined = layers.Concatenate(name="joined")([a, layers.Flatten()(b)])
    return keras.Model({"a": a, "b": b}, layers.Dense(1, name="out")(joined), name="net")


def attention() -> keras.Model:
    tokens = keras.Input((5,), dtype="int32", name="tokens")
    x = layers.Embedding(9, 4, mask_zero=True, name="embedding")(tokens)
    x = layers.MultiHeadAttention(2, 2, name="attention")(x, x)
    x = layers.LayerNormalization(name="norm")(x)
    return keras.Model(tokens, layers.Dense(1, name="out")(x[:, 0]), name="net")


def recurrent() -> keras.Model:
    return keras.Sequential(
        [
            layers.Input((5,), dtype="int32"),
            layers.Embedding(9, 4, mask_zero=True, name="embedding"),
            layers.Bidirectional(layers.GRU(3, return_sequences=True), name="both"),
            layers.TimeDistributed(layers.Dense(2, activation="relu", name="each"), name="timed"),
            layers.LSTM(3, name="lstm"),
            layers.Dense(1, name="out"),
        ],
        name="net",
    )


def shared() -> keras.Model:
    a, b = keras.Input((3,), name="a"), keras.Input((3,), name="b")
    dense = layers.Dense(4, activation="relu", name="twin")
    joined = layers.Concatenate(name="joined")([dense(a), dense(b)])
    return keras.Model([a, b], layers.Dense(1, name="out")(joined), name="net")


def nested() -> keras.Model:
    inner = keras.Sequential(
        [layers.Input((6,)), layers.Dense(4, activation="tanh", name="inside")], name="inner"
    )
    return keras.Sequential([layers.Input((6,)), inner, layers.Dense(1, name="out")], name="net")


class Odd(layers.Layer):
    """Returns a structure with everything in it."""

    def call(self, x: Any) -> Any:
        return {"none": None, "number": 3, "text": "t", "value": [x * 2.0, (tf.cast(x, tf.int32),)]}


class Subclassed(keras.Model):
    """Makes its layers in its first call's build, and passes odd things between them."""

    def __init__(self) -> None:
        super().__init__(name="net")
        self.odd = Odd(name="odd")

    def build(self, shape: Any) -> None:
        self.hidden = layers.Dense(4, activation="hard_sigmoid", name="hidden")
        self.out = layers.Dense(1, name="out")
        self.hidden.build((None, 6))
        self.out.build((None, 4))

    def call(self, x: Any) -> Any:
        return self.out(self.hidden(self.odd(x)["value"][0]))


def ragged() -> tf.data.Dataset:
    rows = tf.ragged.constant([[1.0] * (1 + i % 3) for i in range(EXAMPLES)])
    return dataset(rows)


class OfRagged(keras.Model):
    """Means over rows of several lengths."""

    def __init__(self) -> None:
        super().__init__(name="net")
        self.out = layers.Dense(1, name="out")

    def call(self, x: Any) -> Any:
        return self.out(tf.reduce_mean(x, axis=1, keepdims=True))


def sparse() -> tf.data.Dataset:
    values = np.where(X > 0.5, X, 0).astype("float32")
    sliced = tf.data.Dataset.from_tensor_slices((tf.sparse.from_dense(values), Y))
    return sliced.batch(6)


class OfSparse(keras.Model):
    """A product with a sparse matrix."""

    def __init__(self) -> None:
        super().__init__(name="net")
        self.out = layers.Dense(1, name="out")

    def call(self, x: Any) -> Any:
        return self.out(tf.ensure_shape(tf.sparse.to_dense(x), (None, 6)))


CASES: dict[str, Case] = {
    "nested inputs": Case(
        nested_inputs, lambda: dataset({"a": X[:, :2], "b": X[:, 2:].reshape(-1, 2, 2)}),
        ("a[0]", "a[1]", "b[0]", "b[1]"), ("joined", "out"), ("out/kernel", "out/bias"),
    ),
    "attention": Case(
        attention, lambda: dataset(TOKENS), ("x[0]", "x[4]"),
        ("embedding", "attention", "norm", "out"),
        ("embedding/embeddings", "norm/gamma", "out/kernel"),
    ),
    "recurrent": Case(
        # Before Keras 3.7 TimeDistributed takes a mask only where the size of a batch is known.
        recurrent, lambda: dataset(TOKENS, is_size_known=True), ("x[0]", "x[4]"),
        ("embedding", "both", "timed", "lstm", "out"), ("net/embedding/embeddings",),
    ),
    "shared layer": Case(
        shared, lambda: dataset((X[:, :3], X[:, 3:])), ("x[0][0]", "x[1][2]"),
        ("twin", "twin#1", "joined", "out"), ("twin/kernel",),
    ),
    "nested model": Case(nested, lambda: dataset(X), ("x[0]", "x[5]"), ("inside", "out")),
    "subclassed, odd outputs": Case(
        Subclassed, lambda: dataset(X), ("x[0]",), ("odd", "hidden", "out")
    ),
    "ragged": Case(OfRagged, ragged, ("x[0]",), ("out",)),
    "sparse": Case(OfSparse, sparse, ("x[0]",), ("out",)),
}  # fmt: skip


def trained(case: Case, *callbacks: Any, **compiled: Any) -> list[bytes]:
    keras.utils.set_random_seed(5)
    model = case.build()
    model.compile("adam", case.loss, **compiled)
    model.fit(case.data(), epochs=2, verbose=0, callbacks=list(callbacks))
    return weights(model)


WAYS: dict[str, dict[str, Any]] = {
    "graph": {}, "eager": {"run_eagerly": True}, "two at once": {"steps_per_execution": 2},
    "jit": {"jit_compile": True},
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "way"),
    matrix(CASES, WAYS, once=lambda name, way: way == "graph" or name == "attention"),
)
def test_every_row_is_there(name: str, way: str, tmp_path: Path) -> None:
    case = CASES[name]
    callback = recorder(tmp_path)
    assert trained(case, **WAYS[way]) == trained(case, callback, **WAYS[way]), "training is changed"
    assert not callback.turned_off
    log = read(tmp_path)
    assert log.steps() == [0, 1, 2, 3]
    for kind in ("inputs", "activations", "gradients"):
        rows = log.at(kind, 0).layout.rows
        missing = [row for row in getattr(case, kind) if row not in rows]
        assert not missing, f"{missing} of {kind}: {rows}"
    assert_sound(log)


def assert_sound(log: Log) -> None:
    """Numbers that no healthy step of these models may show."""
    for step in log.steps():
        for kind in ("inputs", "activations", "weights"):
            table = log.at(kind, step)
            assert not table.values[:, table.layout.columns.index("non_finite_count")].any(), kind
        gradients = log.at("gradients", step)
        assert np.isfinite(log.at("loss", step).values[0, 0])
        assert (gradients.values[:, 0] == 1).all(), "a gradient is missing"


def test_sparse_gradients_are_those_of_the_rows_that_were_looked_up(tmp_path: Path) -> None:
    trained(CASES["recurrent"], recorder(tmp_path))
    row = read(tmp_path).at("gradients", 0).row("net/embedding/embeddings")
    assert row["present"] == 1
    assert row["rms"] > 0
    assert row["zero_share"] > 0.3, "masked places have a gradient of 0"


def test_tokens_tell_their_range(tmp_path: Path) -> None:
    trained(CASES["attention"], recorder(tmp_path))
    table = read(tmp_path).at("inputs", 0)
    first = TOKENS[:6]
    assert table("x[0]", "max") == first[:, 0].max()
    assert table("x[4]", "zero_share") == 1


@pytest.mark.parametrize(
    ("activation", "values", "expected"),
    [
        ("hard_sigmoid", [-9.0, 0.0, 9.0, 1.0], 0.5),
        ("hard_tanh", [-2.0, 0.0, 0.5, 3.0], 0.5),
        ("sigmoid", [-9.0, 0.0, 9.0, 1.0], 0.5),
        ("tanh", [-9.0, 0.0, 9.0, 1.0], 0.5),
        ("softmax", [50.0, 0.0, 0.0, 0.0], 1.0),
        ("relu", [-1.0, 1.0, 2.0, 3.0], float("nan")),
    ],
)
def test_saturation_by_the_derivative(
    activation: str, values: list[float], expected: float, tmp_path: Path
) -> None:
    if not hasattr(keras.activations, activation):
        pytest.skip("this Keras has no such activation")
    x = np.array([values], "float32")
    model = keras.Sequential(
        [layers.Input((4,)), layers.Activation(activation, name="edge"), layers.Dense(1)]
    )
    model.compile("sgd", "mse")
    model.fit(x, np.ones((1, 1)), verbose=0, callbacks=[recorder(tmp_path)])
    row = read(tmp_path).at("activations", 0).row("edge")
    assert row["saturated_share"] == pytest.approx(expected, nan_ok=True)
    dead = 0.25 if activation == "relu" else float("nan")
    assert row["dead_unit_share"] == pytest.approx(dead, nan_ok=True)


def test_a_loss_that_no_tracker_is_told_of(tmp_path: Path) -> None:
    class Own(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.out = layers.Dense(3, activation="softmax")

        def call(self, x: Any) -> Any:
            return self.out(x)

        def train_step(self, data: Any) -> dict[str, Any]:
            x, y = data
            with tf.GradientTape() as tape:
                loss = self.compute_loss(x, y, self(x))
            variables = self.trainable_variables
            self.optimizer.apply_gradients(
                zip(tape.gradient(loss, variables), variables, strict=True)
            )
            return {"loss": loss}

    model = Own()
    model.compile("sgd", "sparse_categorical_crossentropy")
    history = model.fit(
        features(64), classes(features(64)), batch_size=8, epochs=4, verbose=0,
        callbacks=[recorder(tmp_path)],
    )  # fmt: skip
    assert history.history["loss"] == [0.0] * 4, "Keras logs what nobody told it"
    (verdict,) = diagnose(str(tmp_path))
    assert "ZA406" in {finding.code for finding in verdict.findings}, verdict.headline
    assert "ended at 0," not in verdict.context


@pytest.fixture
def in_float64() -> Iterator[None]:
    policy = keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy(policy)


@pytest.mark.parametrize("compiled", [{}, {"steps_per_execution": 2}], ids=["one", "two at once"])
def test_finite_numbers_beyond_float32_are_not_called_infinite(
    compiled: dict[str, Any], in_float64: None, tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    x = features(32).astype("float64")
    x[::3, 0] *= 1e60
    model = keras.Sequential([layers.Input((6,)), layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.0), "mae", **compiled)
    model.fit(x, x[:, :1], batch_size=8, epochs=2, verbose=0, callbacks=[recorder(tmp_path)])
    assert not [str(w) for w in recwarn if "overflow" in str(w.message)]
    (verdict,) = diagnose(str(tmp_path))
    flagged = {code for code, answer in verdict.checks.items() if isinstance(answer, Flagged)}
    assert not flagged & {"ZA101", "ZA501"}, verdict.headline
    log = read(tmp_path)
    for kind in ("inputs", "outputs", "activations", "gradients", "weights"):
        assert not any(
            np.nansum(t.values[:, t.layout.columns.index("non_finite_count")])
            for t in log.tables[kind]
        ), kind
    for name in ("zeroacc/loss", "zeroacc/epoch/loss"):
        assert np.isfinite([value for _, value in log.scalars[name]]).all(), name
