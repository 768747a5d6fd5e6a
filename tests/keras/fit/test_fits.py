"""More than one fit, more than one recorder, and what lies on a model during and after."""

from __future__ import annotations

import copy
import pickle
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tb_zeroacc import diagnose, facts
from tb_zeroacc.diagnosis.answers import CannotTell, Passed, Tier
from tb_zeroacc.keras.observe.patches import is_patched
from tests.keras.models import classes, features, linear, matrix, mlp, recorder, weights
from tests.keras.reading import read

pytestmark = pytest.mark.training
X = features(32)
Y = classes(X)


def fit(model: keras.Model, *callbacks: Any, epochs: int = 1) -> None:
    model.fit(X, Y, batch_size=8, epochs=epochs, shuffle=False, verbose=0, callbacks=callbacks)


def assert_untouched(model: keras.Model) -> None:
    """No hook is left on a model, its layers or its optimizer."""
    for name in ("train_step", "compute_loss", "call", "_aggregate_additional_loss"):
        assert name not in vars(model), name
    assert not any(is_patched(layer, "call") for layer in model._flatten_layers())
    assert "apply" not in vars(model.optimizer)
    assert "zeroacc" not in repr(type(model.train_function))


def test_nothing_is_left_on_the_model(tmp_path: Path) -> None:
    model = mlp()
    fit(model, recorder(tmp_path))
    assert_untouched(model)


@pytest.mark.parametrize("order", ["recorded first", "plain first", "recorded twice"])
def test_a_second_fit_goes_on_as_without_us(order: str, tmp_path: Path) -> None:
    callback = recorder(tmp_path)
    plain, watched = mlp(), mlp()
    fits: dict[str, list[list[Any]]] = {
        "recorded first": [[callback], []],
        "plain first": [[], [callback]],
        "recorded twice": [[callback], [callback]],
    }
    for callbacks in fits[order]:
        fit(plain)
        fit(watched, *callbacks)
    assert weights(plain) == weights(watched)
    assert_untouched(watched)
    assert not callback.turned_off
    expected = 8 if order == "recorded twice" else 4
    assert read(tmp_path).steps() == list(range(expected))


def test_the_same_callback_goes_on_in_its_session(tmp_path: Path) -> None:
    callback = recorder(tmp_path, every=3)
    model = mlp()
    fit(model, callback, epochs=2)
    fit(model, callback, epochs=3)
    log = read(tmp_path)
    assert len(log.files) == 1
    assert len(log.facts(facts.Start)) == 1
    assert [e.epoch for e in log.facts(facts.Epoch)] == [0, 1, 2, 3, 4]
    assert [e.step for e in log.facts(facts.Epoch)] == [4, 8, 12, 16, 20]
    # every third step, and the last of each fit
    assert log.steps() == [0, 3, 6, 7, 9, 12, 15, 18, 19] or log.steps() == [
        0, 3, 6, 7, 10, 13, 16, 19,
    ]  # fmt: skip
    assert [e.step for e in log.facts(facts.End)] == [8, 20]


@pytest.mark.parametrize(
    ("fits", "expected"),
    [
        ([(4, 6)], [4, 5]),
        ([(0, 2), (2, 4)], [0, 1, 2, 3]),
        ([(0, 2), (0, 2)], [0, 1, 2, 3]),
        ([(3, 4), (0, 1)], [3, 4]),
        ([(0, 2), (1, 3)], [0, 1, 2, 3]),
        ([(0, 1), (5, 6)], [0, 5]),
    ],
    ids=["resumed", "gone on", "anew", "resumed, then anew", "one again", "some elsewhere"],
)
def test_epochs_count_from_the_initial_one_and_never_go_back(
    fits: list[tuple[int, int]], expected: list[int], tmp_path: Path
) -> None:
    model, callback = linear(), recorder(tmp_path, every=1)
    for first, last in fits:
        model.fit(
            X, X[:, 0], batch_size=16, initial_epoch=first, epochs=last, verbose=0,
            callbacks=[callback],
        )  # fmt: skip
    log = read(tmp_path)
    assert [epoch.epoch for epoch in log.facts(facts.Epoch)] == expected
    assert [epoch for epoch, _ in log.scalars["zeroacc/epoch/loss"]] == expected
    told = [int(table("progress", "epoch")) for table in log.tables["progress"]]
    assert told == [epoch for epoch in expected for _ in range(2)], "two steps an epoch"


def test_a_new_callback_begins_a_new_session(tmp_path: Path) -> None:
    model = mlp()
    fit(model, recorder(tmp_path))
    fit(model, recorder(tmp_path))
    log = read(tmp_path)
    starts = log.facts(facts.Start)
    assert len(log.files) == 2
    assert len({start.session for start in starts}) == 2
    assert log.steps() == [0, 1, 2, 3] * 2


def test_one_callback_on_two_models_is_two_sessions(tmp_path: Path) -> None:
    callback = recorder(tmp_path)
    fit(mlp(), callback)
    fit(mlp(), callback)
    assert len(read(tmp_path).facts(facts.Start)) == 2


def test_two_recorders_in_one_fit(tmp_path: Path) -> None:
    plain, watched = mlp(), mlp()
    first, second = recorder(tmp_path / "a"), recorder(tmp_path / "b", every=2)
    fit(plain)
    fit(watched, first, second)
    assert weights(plain) == weights(watched)
    assert_untouched(watched)
    assert not first.turned_off
    assert not second.turned_off
    assert read(tmp_path / "a").steps() == [0, 1, 2, 3]
    assert read(tmp_path / "b").steps() == [0, 2, 3]


class Inspector(keras.callbacks.Callback):
    """Does to a model in training what users do; remembers what came out."""

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self.directory = directory
        self.reports: list[np.ndarray] = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        model = self.model
        model.save(self.directory / "during.keras")
        model.save_weights(self.directory / "during.weights.h5")
        model.export(self.directory / "during", verbose=False)
        keras.models.clone_model(model)
        copy.deepcopy(model)
        pickle.loads(pickle.dumps(model))
        self.reports.append(model.predict(X, verbose=0))
        model.evaluate(X, Y, verbose=0)


def test_saving_and_using_the_model_during_and_after(tmp_path: Path) -> None:
    model = mlp()
    inspector = Inspector(tmp_path)
    callback = recorder(tmp_path / "log")
    fit(model, callback, inspector)
    assert not callback.turned_off
    loaded = keras.models.load_model(tmp_path / "during.keras")
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), inspector.reports[0])
    model.save(tmp_path / "after.keras")
    model.export(tmp_path / "after", verbose=False)
    pickle.loads(pickle.dumps(keras.models.clone_model(model)))
    np.testing.assert_array_equal(model.predict(X, verbose=0), inspector.reports[0])
    assert_untouched(model)


@pytest.mark.parametrize("beside", [False, True], ids=["alone", "beside TensorBoard's callback"])
def test_alone_and_beside_the_tensorboard_callback(beside: bool, tmp_path: Path) -> None:
    model = mlp()
    others = [keras.callbacks.TensorBoard(tmp_path, update_freq=1)] if beside else []
    callback = recorder(tmp_path)
    fit(model, *others, callback)
    assert not callback.turned_off
    written = sorted(path.name for path in tmp_path.iterdir())
    assert written == (["train", "zeroacc"] if beside else ["zeroacc"])
    assert read(tmp_path).steps() == [0, 1, 2, 3]
    found = read(tmp_path).contract().fit.callbacks
    assert [c["class_name"] for c in found] == (["TensorBoard"] if beside else [])


class OwnStep(keras.Model):
    """Two layers and a `train_step` of its own, which names its loss as it likes."""

    def __init__(self, loss_name: str) -> None:
        super().__init__()
        self.hidden = keras.layers.Dense(4, activation="relu", name="hidden")
        self.out = keras.layers.Dense(3, activation="softmax", name="out")
        self.loss_name = loss_name

    def call(self, x: Any) -> Any:
        return self.out(self.hidden(x))

    def train_step(self, data: Any) -> dict[str, Any]:
        x, y = data
        with tf.GradientTape() as tape:
            chosen = tf.one_hot(y, 3) * tf.math.log(self(x) + 1e-7)
            loss = -tf.reduce_mean(tf.reduce_sum(chosen, axis=1))
        found = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(found, self.trainable_variables, strict=True))
        return {self.loss_name: loss}


def test_a_train_step_of_the_users_own(tmp_path: Path) -> None:
    trained = []
    for callbacks in ([], [recorder(tmp_path)]):
        keras.utils.set_random_seed(3)
        model = OwnStep("loss")
        model.compile("adam")
        fit(model, *callbacks)
        trained.append(weights(model))
    assert trained[0] == trained[1]
    assert not callbacks[0].turned_off
    log = read(tmp_path)
    assert log.steps() == [0, 1, 2, 3]
    assert log.at("activations", 0).layout.rows == ("hidden", "out")
    (output,) = log.contract().outputs
    assert (output.layer, output.activation, output.units) == ("out", "softmax", 3)
    assert log.at("loss", 0)("loss", "loss") > 0


def without_metrics() -> keras.Model:
    keras.utils.set_random_seed(7)
    out = keras.layers.Dense(3, activation="softmax", name="out")
    model = keras.Sequential([keras.Input((6,)), out], name="net")
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def test_a_train_step_put_on_the_instance(tmp_path: Path) -> None:
    """It is no step of Keras' own, which a replay would compute instead of it."""
    trained = []
    for callbacks in ([], [recorder(tmp_path)]):
        model = without_metrics()

        def train_step(data: Any, model: keras.Model = model) -> dict[str, Any]:
            x, y = data
            with tf.GradientTape() as tape:
                loss = 10.0 * model.compute_loss(x=x, y=y, y_pred=model(x, training=True))
            found = tape.gradient(loss, model.trainable_variables)
            model.optimizer.apply_gradients(zip(found, model.trainable_variables, strict=True))
            return {"loss": loss}

        object.__setattr__(model, "train_step", train_step)
        fit(model, *callbacks)
        trained.append(weights(model))
        assert vars(model)["train_step"] is train_step
    assert trained[0] == trained[1]
    assert not callbacks[0].turned_off
    log = read(tmp_path)
    assert log.steps("gradients") == [0, 1, 2, 3]
    rms = log.at("gradients", 0)("net/out/kernel", "rms")
    plain = tmp_path / "plain"
    fit(without_metrics(), recorder(plain))
    assert rms == pytest.approx(10.0 * read(plain).at("gradients", 0)("net/out/kernel", "rms"))


class FunctionStep(OwnStep):
    """The same as a function of its own, whose tensors nobody outside can use."""

    train_step = tf.function(OwnStep.train_step)


WAYS: dict[str, dict[str, Any]] = {
    "graph": {}, "eager": {"run_eagerly": True}, "two at once": {"steps_per_execution": 2},
    "jit": {"jit_compile": True},
}  # fmt: skip


@pytest.mark.parametrize(
    ("way", "optimizer"),
    matrix(WAYS, ("sgd", "adam"), once=lambda way, optimizer: optimizer == "adam"),
)
def test_a_train_step_that_is_a_function(way: str, optimizer: str, tmp_path: Path) -> None:
    trained = []
    for callbacks in ([], [recorder(tmp_path)]):
        keras.utils.set_random_seed(3)
        model = FunctionStep("loss")
        model.compile(optimizer, **WAYS[way])
        fit(model, *callbacks)
        trained.append(weights(model))
        assert_untouched(model)
    assert trained[0] == trained[1]
    assert not callbacks[0].turned_off
    log = read(tmp_path)
    assert log.steps() == log.steps("inputs") == [0, 1, 2, 3]
    assert log.at("loss", 3)("loss", "loss") > 0
    assert "gradients" not in log.tables, "nobody can see them"


def test_the_first_steps_of_a_long_execution_are_all_sampled(tmp_path: Path) -> None:
    x = features(288)
    model = linear(steps_per_execution=24)
    model.fit(x, x[:, 0], batch_size=2, epochs=2, verbose=0, callbacks=[recorder(tmp_path)])
    log = read(tmp_path)
    assert log.steps()[:20] == list(range(20)), "24 steps are one execution"
    paces = [log.at("progress", step)("progress", "seconds_per_step") for step in log.steps()]
    ends = log.facts(facts.Epoch)
    assert paces[-1] * 144 < 12 * (ends[-1].seconds or 0.0), "of a step, not of 24 of them"


class Freezer(keras.callbacks.Callback):
    """Changes what is trained, as one does to thaw layers: Keras has to make the step anew."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if epoch == 1:
            self.model.get_layer("first").trainable = False
            self.model.make_train_function(force=True)


def test_a_step_that_is_made_anew_is_watched_all_the_same(tmp_path: Path) -> None:
    plain, watched = mlp(), mlp()
    callback = recorder(tmp_path)
    fit(plain, Freezer(), epochs=3)
    fit(watched, Freezer(), callback, epochs=3)
    assert weights(plain) == weights(watched)
    assert_untouched(watched)
    assert not callback.turned_off
    log = read(tmp_path)
    assert [epoch.batches for epoch in log.facts(facts.Epoch)] == [4, 4, 4]
    assert log.steps() == list(range(12))
    assert log.end() == facts.End("finished", 12)


class Trainer(keras.callbacks.Callback):
    """Trains the very model on a batch of its own within an epoch."""

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if batch == 1:
            self.model.train_on_batch(X[:8], Y[:8])


def test_steps_that_a_callback_takes_by_itself_do_not_end_the_recording(tmp_path: Path) -> None:
    plain, watched = mlp(), mlp()
    callback = recorder(tmp_path)
    fit(plain, Trainer(), epochs=2)
    fit(watched, Trainer(), callback, epochs=2)
    assert weights(plain) == weights(watched)
    assert_untouched(watched)
    assert not callback.turned_off
    log = read(tmp_path)
    assert len(log.facts(facts.Epoch)) == 2
    assert log.end().how == "finished"


def test_the_same_callback_twice_in_one_list(tmp_path: Path) -> None:
    callback = recorder(tmp_path)
    model = mlp()
    fit(model, callback, callback, epochs=2)
    assert_untouched(model)
    log = read(tmp_path)
    assert [(e.epoch, e.batches) for e in log.facts(facts.Epoch)] == [(0, 4), (1, 4)]


def test_a_callback_can_be_copied_after_a_fit(tmp_path: Path) -> None:
    callback = recorder(tmp_path)
    fit(mlp(), callback)
    copied = copy.deepcopy(callback)
    assert copied.log_dir == callback.log_dir
    assert copied._recording is None


def test_a_step_without_a_loss_is_no_broken_one(tmp_path: Path) -> None:
    """A `train_step` may name its losses otherwise, as that of a GAN does."""

    keras.utils.set_random_seed(3)
    model = OwnStep("d_loss")
    model.compile("adam")
    callback = recorder(tmp_path)
    fit(model, callback, epochs=6)
    assert not callback.turned_off
    log = read(tmp_path)
    assert "zeroacc/loss" not in log.scalars, "unknown is not NaN"
    assert log.steps("gradients")[:20] == list(range(20))
    (verdict,) = diagnose(str(tmp_path))
    assert isinstance(verdict.checks["ZA501"], Passed | CannotTell)
    assert not [f for f in verdict.findings if f.tier is Tier.DEFINITE]


def test_numbers_of_numpy_are_as_good_as_others(tmp_path: Path) -> None:
    linear().fit(
        X, X[:, 0], batch_size=np.int64(8), epochs=np.int64(2), verbose=0,
        callbacks=[recorder(tmp_path)],
    )  # fmt: skip
    fit = read(tmp_path).contract().fit
    assert (fit.epochs, fit.batch_size) == (2, 8)


@pytest.mark.filterwarnings("ignore:Your input ran out of data")  # before Keras 3.7
@pytest.mark.parametrize("slow", [False, True], ids=["arrays", "a slow generator"])
def test_the_wait_for_data_is_told_from_the_step(slow: bool, tmp_path: Path) -> None:
    def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for _ in range(12):
            time.sleep(0.2)
            yield X[:8], X[:8, 0]

    data: dict[str, Any] = {"x": batches()} if slow else {"x": X, "y": X[:, 0], "batch_size": 4}
    callback = recorder(tmp_path)
    linear().fit(**data, shuffle=False, verbose=0, callbacks=[callback])
    assert not callback.turned_off
    waits = [read.values[0, 4] for read in read(tmp_path).tables["progress"]]
    median = float(np.median(waits))
    assert median > 0.1 if slow else 0.0 <= median < 0.1, waits


def test_an_optimizer_that_makes_no_variables(tmp_path: Path) -> None:
    class Bare(keras.optimizers.SGD):
        pass

    model = linear(optimizer=Bare(0.1))
    callback = recorder(tmp_path)
    model.fit(X, X[:, 0], batch_size=8, verbose=0, callbacks=[callback])
    assert not callback.turned_off
    log = read(tmp_path)
    assert log.steps() == [0, 1, 2, 3]
    assert log.facts(facts.Epoch)[0].batches == 4
