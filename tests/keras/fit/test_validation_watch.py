"""What is recorded of a validation: its first batches, each epoch, and nothing else is changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tb_zeroacc import facts
from tb_zeroacc.keras.fit import validation_watch
from tb_zeroacc.keras.sampling.replay import NotReplayableError, Replay, ValidationReplay
from tb_zeroacc.logs.reader import read_runs
from tests.keras import fused
from tests.keras.models import (
    BEFORE_3_7,
    classes,
    features,
    layers,
    linear,
    matrix,
    mlp,
    recorder,
    weights,
)
from tests.keras.reading import read

pytestmark = pytest.mark.training
X, X_VALID = features(24), features(72, seed=1) + 2
Y, Y_VALID = classes(X), classes(X_VALID)
SEEN = 4 * 8  # examples: so many batches of 8
WAYS: dict[str, dict[str, Any]] = {
    "graph": {},
    "eager": {"run_eagerly": True},
    "jit": {"jit_compile": True},
    "three at once": {"steps_per_execution": 3},
}


def fit(model: keras.Model, *callbacks: Any, **options: Any) -> Any:
    options = {"validation_data": (X_VALID, Y_VALID), "validation_batch_size": 8, **options}
    return model.fit(
        X, Y, batch_size=8, epochs=2, shuffle=False, verbose=0, callbacks=callbacks, **options
    ).history


@pytest.mark.parametrize("way", WAYS)
def test_the_first_batches_of_each_epoch(way: str, tmp_path: Path) -> None:
    callback = recorder(tmp_path)
    plain, watched = mlp(**WAYS[way]), mlp(**WAYS[way])
    logs = fit(plain), fit(watched, callback)
    assert logs[0] == logs[1], "validation says the same with and without us"
    assert weights(plain) == weights(watched)
    assert not callback.turned_off
    log = read(tmp_path)
    assert log.steps("validation_inputs") == [2, 5]
    inputs = log.at("validation_inputs", 2)
    assert inputs.layout.rows == tuple(f"x[{i}]" for i in range(6))
    expected = X_VALID[: int(inputs("x[2]", "count"))]
    assert len(expected) == SEEN
    assert inputs("x[2]", "mean") == pytest.approx(expected[:, 2].mean(), abs=1e-5)
    assert inputs("x[2]", "std") == pytest.approx(expected[:, 2].std(), abs=1e-5)
    counts = np.bincount(Y_VALID[:SEEN], minlength=3)
    assert log.at("validation_label_counts", 2).values[0].tolist() == [*counts, 0]
    predicted = plain.predict(X_VALID[:SEEN], verbose=0)
    outputs = log.at("validation_outputs", 5).row("out")
    assert outputs["mean"] == pytest.approx(predicted.mean(), abs=1e-6)
    assert outputs["examples"] == SEEN
    chosen = np.bincount(predicted.argmax(1), minlength=3)
    assert log.at("validation_prediction_counts", 5).values[0].tolist() == [*chosen, 0]
    assert {k for k in log.tables if k.startswith("validation_")} == set(facts.VALIDATION_TABLES)
    (run,) = read_runs(str(tmp_path))
    assert run.notes == (), "the reader leaves nothing out"


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    model = mlp()
    fit(model, recorder(tmp_path))
    assert "zeroacc" not in repr(type(model.test_function))
    assert "test_step" not in vars(model)
    model.evaluate(X_VALID, Y_VALID, verbose=0)


def test_two_recorders_both_see_it(tmp_path: Path) -> None:
    first, second = recorder(tmp_path / "a"), recorder(tmp_path / "b")
    plain, watched = mlp(), mlp()
    assert fit(plain) == fit(watched, first, second)
    assert not first.turned_off
    assert not second.turned_off
    for name in "ab":
        assert read(tmp_path / name).steps("validation_labels") == [2, 5]
    assert "zeroacc" not in repr(type(watched.test_function))


def test_a_validation_shorter_than_what_is_kept(tmp_path: Path) -> None:
    callback = recorder(tmp_path)
    fit(linear(), callback, validation_data=(X_VALID[:11], Y_VALID[:11]))
    assert not callback.turned_off
    assert read(tmp_path).at("validation_inputs", 2)("x[0]", "count") == 11


@pytest.mark.filterwarnings("ignore:Your input ran out of data")  # before Keras 3.7
def test_sequences_of_open_length(tmp_path: Path) -> None:
    """Batches of several lengths cannot be joined: the first stands for them."""

    def batches() -> Any:
        for length in (5, 7, 9):
            yield np.ones((4, length), "int32"), np.ones((4, 1), "float32")

    signature = (tf.TensorSpec([None, None], tf.int32), tf.TensorSpec([None, 1], tf.float32))
    data = tf.data.Dataset.from_generator(batches, output_signature=signature)
    model = keras.Sequential(
        [keras.layers.Embedding(4, 3), keras.layers.GlobalAveragePooling1D(), keras.layers.Dense(1)]
    )
    model.compile("sgd", "mse")
    callback = recorder(tmp_path)
    model.fit(data, validation_data=data, verbose=0, callbacks=[callback])
    assert not callback.turned_off
    log = read(tmp_path)
    assert log.at("validation_inputs", 2).layout.rows == log.at("inputs", 0).layout.rows
    assert log.at("validation_inputs", 2).values[0, -1] == 20


def test_a_test_step_of_the_users_own(tmp_path: Path) -> None:
    class Own(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.out = keras.layers.Dense(1, name="out")

        def call(self, x: Any) -> Any:
            return self.out(x)

        def test_step(self, data: Any) -> dict[str, Any]:
            x, y = data
            return {"loss": tf.reduce_mean(tf.square(self(x) - y))}

    model = Own()
    model.compile("sgd", "mse")
    callback = recorder(tmp_path)
    targets = X_VALID[:, :1]
    model.fit(
        X, X[:, :1], batch_size=8, verbose=0, validation_data=(X_VALID, targets),
        callbacks=[callback],
    )  # fmt: skip
    assert not callback.turned_off
    log = read(tmp_path)
    mean = log.at("validation_labels", 2).values[0, 0]
    assert mean == pytest.approx(targets[:SEEN].mean(), abs=1e-5)


def test_a_validation_that_fails_passes_on(tmp_path: Path) -> None:
    model = mlp()
    with pytest.raises(Exception, match=r"label|range|valid"):
        fit(model, recorder(tmp_path), validation_data=(X_VALID, Y_VALID + 50))
    assert "zeroacc" not in repr(type(model.test_function))
    assert read(tmp_path).end().how == "exception"


class Told(keras.callbacks.Callback):
    """Keeps what Keras tells of each batch of a validation: the metrics so far."""

    def __init__(self) -> None:
        super().__init__()
        self.logs: list[dict[str, float]] = []

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        self.logs.append({name: float(value) for name, value in logs.items()})


def compiled(name: str, **options: Any) -> keras.Model:
    """A model that is fused inside, or one whose output is fused with its loss."""
    keras.utils.set_random_seed(3)
    if name in fused.LOSSES:
        return fused.with_loss(fused.LOSSES[name], **options)
    model = fused.MODELS[name]()
    optimizer = keras.optimizers.SGD(0.1, momentum=0.9)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"], **options)
    return model


FUSED_WAYS: dict[str, dict[str, Any]] = {
    "graph": {},
    "jit": {"jit_compile": True},
    "two at once": {"steps_per_execution": 2},
}


@pytest.mark.parametrize(
    ("name", "way"),
    matrix(
        [*fused.LOSSES, *fused.MODELS], FUSED_WAYS,
        once=lambda name, way: name in fused.LOSSES or name == "residual block",
    ),
)  # fmt: skip
def test_what_is_fused_stays_fused(name: str, way: str, tmp_path: Path) -> None:
    """An output that a step returned would no longer be fused with the loss and the metrics."""
    found = []
    for callbacks in ([], [recorder(tmp_path)]):
        model, told = compiled(name, **FUSED_WAYS[way]), Told()
        x, y = fused.data_for(model, 24)
        history = model.fit(
            x, y, batch_size=12, epochs=2, verbose=0, validation_data=fused.data_for(model, 90),
            validation_batch_size=12, callbacks=[told, *callbacks],
        ).history  # fmt: skip
        found.append((history, told.logs, weights(model)))
    (plain, watched) = found
    assert plain[1] == watched[1], "the metrics of a validation, batch by batch"
    assert plain == watched
    assert not callbacks[0].turned_off
    assert read(tmp_path).steps("validation_outputs") == [1, 3]


# --- what is replayed, and what is not ----------------------------------------------------------


@pytest.fixture
def replayed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """`replayed` for each step of a validation that is, `not` for each trace that cannot be."""
    found: list[str] = []
    init, run = ValidationReplay.__init__, ValidationReplay.run

    def noting_init(self: Any, *arguments: Any) -> None:
        try:
            init(self, *arguments)
        except BaseException:
            found.append("not")
            raise

    def noting_run(self: Any, *arguments: Any) -> Any:
        found.append("replayed")
        return run(self, *arguments)

    monkeypatch.setattr(ValidationReplay, "__init__", noting_init)
    monkeypatch.setattr(ValidationReplay, "run", noting_run)
    return found


def state(model: keras.Model) -> list[bytes]:
    """Every variable, seeds and metrics included, to the bit."""
    variables = [*model.variables, *model.metrics_variables]
    return [np.asarray(v.value).tobytes() for v in variables]


class Always(layers.Layer):
    """Draws random numbers and moves a variable in a validation, too."""

    def __init__(self) -> None:
        super().__init__()
        self.dropout = layers.Dropout(0.5, seed=3)
        self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False)
        self.mean = keras.metrics.Mean("drawn")

    def call(self, x: Any) -> Any:
        self.calls.assign_add(1.0)
        self.mean.update_state(x)
        return self.dropout(x, training=True)


def always(**options: Any) -> keras.Model:
    keras.utils.set_random_seed(5)
    model = keras.Sequential(
        [layers.Input((6,)), layers.BatchNormalization(), Always(), layers.Dense(6, name="out")]
    )
    model.compile("adam", "mse", metrics=["mae"], **options)
    return model


@pytest.mark.parametrize(
    ("way", "examples"),
    [
        ("graph", 72), ("jit", 72), ("three at once", 72),
        pytest.param("three at once", 40, marks=pytest.mark.skipif(
            BEFORE_3_7, reason="an execution that the data cut short is lost")),
    ],
)  # fmt: skip
def test_a_replay_touches_no_variable(
    way: str, examples: int, tmp_path: Path, replayed: list[str]
) -> None:
    """Nor does a step that begins behind the last batch, within an execution."""
    x, found = X_VALID[:examples], []
    for callbacks in ([], [recorder(tmp_path)]):
        model = always(**WAYS[way])
        history = model.fit(
            X, X, batch_size=8, epochs=2, verbose=0, callbacks=callbacks,
            validation_data=(x, x), validation_batch_size=8,
        ).history  # fmt: skip
        found.append((history, state(model)))
    assert found[0] == found[1]
    assert not callbacks[0].turned_off
    assert replayed == ["replayed"] * 8


def test_random_numbers_are_those_of_the_step(tmp_path: Path, replayed: list[str]) -> None:
    """A replay begins with the seeds that the step began with."""
    seen = {}
    for directory in ("own", "replayed"):
        model = keras.Sequential([layers.Input((6,)), Always()])
        model.compile(None, lambda y, outputs: outputs, run_eagerly=directory == "own")
        told = Told()
        keras.utils.set_random_seed(5)
        model.fit(
            X, X, batch_size=8, verbose=0, callbacks=[recorder(tmp_path / directory), told],
            validation_data=(X_VALID, X_VALID), validation_batch_size=8,
        )  # fmt: skip
        outputs = read(tmp_path / directory).at("validation_outputs", 2).values
        seen[directory] = outputs, told.logs[3]["loss"]
    assert replayed == ["replayed"] * 4
    np.testing.assert_allclose(seen["own"][0], seen["replayed"][0], rtol=1e-5)
    assert seen["own"][1] == pytest.approx(seen["replayed"][1], rel=1e-5)


class Fed(layers.Layer):
    """Passes its input on, by what no replay can repeat."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.counter = tf.Variable(0.0, trainable=False)

    def call(self, x: Any) -> Any:
        if self.kind == "a variable of TensorFlow's":
            self.counter.assign_add(1.0)
        elif self.kind == "random numbers of TensorFlow's":
            return x + 0.0 * tf.random.normal(tf.shape(x))
        else:
            shape = x.shape
            x = tf.py_function(lambda value: value, [x], tf.float32)
            x.set_shape(shape)
        return x


@pytest.mark.parametrize(
    "kind",
    ["a variable of TensorFlow's", "random numbers of TensorFlow's", "a function in Python"],
)
def test_what_cannot_be_replayed_is_hooked(
    kind: str, tmp_path: Path, replayed: list[str], recwarn: pytest.WarningsRecorder
) -> None:
    made, histories = [], []
    for callbacks in ([], [recorder(tmp_path)]):
        keras.utils.set_random_seed(2)
        fed = Fed(kind)
        model = keras.Sequential([layers.Input((6,)), fed, layers.Dense(3, activation="softmax")])
        model.compile("sgd", "sparse_categorical_crossentropy")
        histories.append(fit(model, *callbacks))
        made.append(float(fed.counter.numpy()))
    assert histories[0] == histories[1]
    assert made[0] == made[1]
    assert replayed == ["not"], "found once in a `fit`"
    assert not callbacks[0].turned_off
    assert not [w for w in recwarn if "Zero Accuracy" in str(w.message)]
    log = read(tmp_path)
    assert log.steps("validation_outputs") == [2, 5]
    assert log.at("validation_inputs", 5)("x[0]", "count") == SEEN


def test_a_test_step_put_on_the_model(tmp_path: Path, replayed: list[str]) -> None:
    """It is the user's own as well: the outputs are those that its loss was given."""
    model = mlp()
    own = model.test_step
    model.test_step = lambda data: own((data[0], (data[1] + 1) % 3))
    callback = recorder(tmp_path)
    fit(model, callback)
    assert not replayed
    assert not callback.turned_off
    counts = np.bincount((Y_VALID[:SEEN] + 1) % 3, minlength=3)
    assert read(tmp_path).at("validation_label_counts", 2).values[0].tolist() == [*counts, 0]


class OwnFunction(keras.Model):
    """Tells more of a validation than its steps do."""

    def __init__(self) -> None:
        super().__init__()
        self.out = layers.Dense(3, activation="softmax")

    def call(self, x: Any) -> Any:
        return self.out(x)

    def make_test_function(self, force: bool = False) -> Any:
        super().make_test_function(force)
        own = self.test_function
        if not hasattr(own, "tells_more"):
            self.test_function = lambda iterator: {**own(iterator), "more": 5.0}
            self.test_function.tells_more = True


def test_a_test_function_of_the_users_own_is_left_alone(tmp_path: Path) -> None:
    histories = []
    callback = recorder(tmp_path)
    for callbacks in ([], [callback]):
        keras.utils.set_random_seed(1)
        model = OwnFunction()
        model.compile("sgd", "sparse_categorical_crossentropy")
        histories.append(fit(model, *callbacks))
    assert histories[0] == histories[1]
    assert histories[0]["val_more"] == [5.0, 5.0]
    assert not callback.turned_off
    assert not read(tmp_path).steps("validation_inputs")


def test_a_replay_that_fails_when_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(self: Replay, *arguments: Any) -> Any:
        raise NotReplayableError("planted")

    monkeypatch.setattr(ValidationReplay, "run", run)
    callback = recorder(tmp_path)
    assert fit(mlp()) == fit(mlp(), callback)
    assert not callback.turned_off
    log = read(tmp_path)
    assert log.at("validation_inputs", 2)("x[0]", "count") == SEEN - 8, "one batch was lost"
    assert log.at("validation_inputs", 5)("x[0]", "count") == SEEN


def two_outputs() -> tuple[keras.Model, Any]:
    a, b = keras.Input((4,), name="a"), keras.Input((2,), name="b")
    joined = layers.Concatenate()([a, b])
    outputs = {
        "size": layers.Dense(1, name="size")(joined),
        "kind": layers.Dense(3, activation="softmax", name="kind")(joined),
    }
    model = keras.Model([a, b], outputs)
    model.compile("sgd", {"size": "mse", "kind": "sparse_categorical_crossentropy"})
    weight = np.linspace(0, 1, len(X_VALID), dtype="float32")
    y = {"size": X_VALID[:, :1], "kind": Y_VALID}
    return model, ((X_VALID[:, :4], X_VALID[:, 4:]), y, {"size": weight, "kind": weight[::-1]})


class Subclassed(keras.Model):
    """Its outputs are no layer's."""

    def __init__(self) -> None:
        super().__init__()
        self.out = layers.Dense(3, name="out")

    def call(self, x: Any) -> Any:
        return keras.ops.softmax(self.out(x))


def subclassed() -> tuple[keras.Model, Any]:
    model = Subclassed()
    model.compile("sgd", "sparse_categorical_crossentropy", weighted_metrics=[])
    return model, (X_VALID, Y_VALID, np.linspace(0, 1, len(X_VALID), dtype="float32"))


def ragged() -> tuple[keras.Model, Any]:
    rows = tf.RaggedTensor.from_row_lengths(tf.range(72 * 3) % 9, [2, 4] * 36)
    model = keras.Sequential([layers.Input((None,)), layers.Embedding(9, 4), layers.LSTM(3)])
    model.compile("sgd", "mse")
    targets = tf.constant(X_VALID[:, :3])
    data = tf.data.Dataset.from_tensor_slices((rows, targets)).batch(8)
    return model, data.map(lambda x, y: (x.to_tensor(), y))


def plain() -> tuple[keras.Model, Any]:
    return mlp(), (X_VALID, Y_VALID)


MADE = {made.__name__: made for made in (plain, two_outputs, subclassed, ragged)}


@pytest.mark.parametrize(
    ("made", "way"),
    matrix(MADE, ("graph", "jit"), once=lambda made, way: way == "graph" or made == "ragged"),
)
def test_a_replay_says_what_hooks_say(
    made: str,
    way: str,
    tmp_path: Path,
    replayed: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    logs = []
    for how in ("replayed", "hooked"):
        keras.backend.clear_session()  # else names count on
        keras.utils.set_random_seed(4)
        model, data = MADE[made]()
        model.jit_compile = way == "jit"
        callback = recorder(tmp_path / how)
        if how == "hooked":
            monkeypatch.setattr(validation_watch, "can_be_replayed", lambda *_: False)
        given: dict[str, Any] = {"x": data}
        if not isinstance(data, tf.data.Dataset):
            given = dict(zip(("x", "y", "sample_weight"), data, strict=False), batch_size=8)
        model.fit(
            **given, shuffle=False, verbose=0, validation_data=data, callbacks=[callback],
            validation_batch_size=given.get("batch_size"),
        )  # fmt: skip
        assert not callback.turned_off
        logs.append(read(tmp_path / how))
    assert replayed == ["replayed"] * 4
    ours, before = ({k: t for k, t in log.tables.items() if "valid" in k} for log in logs)
    assert set(ours) == set(before)
    assert "validation_outputs" in ours
    for kind, tables in ours.items():
        for table, expected in zip(tables, before[kind], strict=True):
            assert table.step == expected.step
            assert table.layout == expected.layout
            np.testing.assert_allclose(table.values, expected.values, rtol=1e-5, atol=1e-6)
