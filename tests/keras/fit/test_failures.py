"""Trainings that break: the error passes on unchanged, and what was seen is on disk."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tb_zeroacc import facts
from tests.keras.fit.test_fits import assert_untouched
from tests.keras.models import classes, features, layers, linear, mlp, recorder, weights
from tests.keras.reading import read

pytestmark = pytest.mark.training
X = features(32)
Y = classes(X)


def test_shapes_that_the_loss_refuses(tmp_path: Path) -> None:
    """Keras raises while the first step is traced: the first batch is still on record."""
    model = keras.Sequential(
        [layers.Input((6,)), layers.Dense(3, activation="sigmoid", name="out")]
    )
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    clone = keras.models.clone_model(model)
    clone.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    with pytest.raises(ValueError, match="same rank") as plain:
        clone.fit(X, Y, batch_size=8, shuffle=False, verbose=0)
    callback = recorder(tmp_path)
    with pytest.raises(ValueError, match="same rank") as watched:
        model.fit(X, Y, batch_size=8, shuffle=False, verbose=0, callbacks=[callback])
    assert str(watched.value) == str(plain.value)
    assert_untouched(model)
    assert not callback.turned_off
    log = read(tmp_path)
    (shapes,) = log.facts(facts.Shapes)
    assert not shapes.loss_reached
    assert [(t.name, t.shape, t.dtype) for t in shapes.outputs] == [("out", (8, 3), "float32")]
    assert [t.shape for t in shapes.labels] == [(8,)]
    counts = np.bincount(Y[:8], minlength=3)
    assert log.at("label_counts", 0).values[0].tolist() == [*counts, 0]
    assert log.at("inputs", 0)("x[0]", "mean") == pytest.approx(X[:8, 0].mean(), abs=1e-6)
    end = log.end()
    assert (end.how, end.step, end.exception) == ("exception", 0, "ValueError")
    assert "same rank" in (end.text or "")


def test_labels_that_the_loss_refuses_at_run_time(tmp_path: Path) -> None:
    """The failed step's batch is gone; the next one shows the same labels."""
    model = mlp()
    callback = recorder(tmp_path)
    with pytest.raises(tf.errors.InvalidArgumentError):
        model.fit(X, Y + 1, batch_size=8, verbose=0, callbacks=[callback])
    log = read(tmp_path)
    assert log.at("labels", 1)("out", "max") == 3
    assert log.at("label_counts", 1)("out", "other") > 0
    assert log.end().exception == "InvalidArgumentError"


class DataError(Exception):
    pass


def test_an_error_of_the_data(tmp_path: Path) -> None:
    def batches() -> Iterator[tuple[Any, Any]]:
        for _ in range(3):
            yield X[:8], Y[:8]
        raise DataError("the disk is gone")

    model = mlp()
    with pytest.raises(Exception, match="the disk is gone"):
        model.fit(batches(), steps_per_epoch=10, verbose=0, callbacks=[recorder(tmp_path)])
    assert_untouched(model)
    log = read(tmp_path)
    assert log.steps() == [0, 1, 2]
    (epoch,) = log.facts(facts.Epoch)
    assert (epoch.batches, epoch.cut_short, epoch.logs) == (3, True, {})
    assert (log.end().how, log.end().step) == ("exception", 3)


INTERRUPTED = facts.End("interrupted", 2, exception="KeyboardInterrupt", text="")


class Interrupt(keras.callbacks.Callback):
    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if batch == 1:
            raise KeyboardInterrupt


def test_ctrl_c_between_two_steps_and_a_fit_after_it(tmp_path: Path) -> None:
    plain, watched = mlp(), mlp()
    for model, callbacks in ((plain, []), (watched, [recorder(tmp_path)])):
        with pytest.raises(KeyboardInterrupt):
            model.fit(X, Y, batch_size=8, verbose=0, callbacks=[*callbacks, Interrupt()])
        model.fit(X, Y, batch_size=8, verbose=0)  # nobody told us; the hooks go all the same
    assert weights(plain) == weights(watched)
    assert_untouched(watched)
    log = read(tmp_path)
    assert log.steps() == [0, 1]
    assert log.end() == INTERRUPTED


class Fails(keras.callbacks.Callback):
    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        raise DataError("of another callback")


def test_an_error_of_another_callback_is_recorded_and_told_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = mlp()
    callback = recorder(tmp_path, verbose=1)
    with pytest.raises(DataError):
        model.fit(X, Y, batch_size=8, verbose=0, callbacks=[Fails(), callback])
    assert_untouched(model)
    assert "Zero Accuracy:" not in capsys.readouterr().out, "nothing definite was found"
    end = read(tmp_path).end()
    assert (end.how, end.step, end.exception) == ("exception", 4, "DataError")
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(X, Y, batch_size=8, verbose=0)
    assert_untouched(model)


def test_compiled_again_after_an_interruption(tmp_path: Path) -> None:
    model = mlp()
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, batch_size=8, verbose=0, callbacks=[recorder(tmp_path), Interrupt()])
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(X, Y, batch_size=8, verbose=0)
    assert read(tmp_path).steps() == [0, 1]


@pytest.mark.parametrize("renewed", [False, True], ids=["the same callback", "a new callback"])
def test_a_recorded_fit_after_one_that_was_interrupted(renewed: bool, tmp_path: Path) -> None:
    plain, watched = mlp(), mlp()
    first = recorder(tmp_path)
    second = recorder(tmp_path / "again") if renewed else first
    for model, before, after in ((plain, [], []), (watched, [first], [second])):
        with pytest.raises(KeyboardInterrupt):
            model.fit(X, Y, batch_size=8, verbose=0, callbacks=[*before, Interrupt()])
        for _ in range(2):
            model.fit(X, Y, batch_size=8, verbose=0, callbacks=after)
    assert weights(plain) == weights(watched)
    assert_untouched(watched)
    assert not first.turned_off
    assert not second.turned_off
    if renewed:
        assert read(tmp_path).end() == INTERRUPTED
        log = read(tmp_path / "again")
        assert log.steps() == list(range(8))
    else:
        log = read(tmp_path)
        assert log.steps() == list(range(10))
        assert [e.how for e in log.facts(facts.End)] == ["interrupted", "finished", "finished"]
    assert log.end().how == "finished"


def test_the_end_of_a_long_message_is_kept(tmp_path: Path) -> None:
    class Talkative(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
            self.model.train_function.inner = self.raise_it

        def raise_it(self, iterator: Any) -> Any:
            raise DataError("Graph execution error " + 5000 * "-" + " what really happened")

    with pytest.raises(DataError):
        mlp().fit(X, Y, verbose=0, callbacks=[recorder(tmp_path), Talkative()])
    text = read(tmp_path).end().text or ""
    assert text.startswith("Graph execution error")
    assert text.endswith("what really happened")
    assert len(text) == 2000


def mute(values: Any) -> Any:
    """A ReLU that hides NaN, as TensorFlow's own does where it is fused with a product."""
    return keras.ops.where(values > 0, values, 0.0)


def test_the_first_broken_input_is_on_record_though_the_loss_stays_finite(tmp_path: Path) -> None:
    x = features(120)
    x[83, 2] = np.nan
    keras.utils.set_random_seed(7)
    model = keras.Sequential(
        [layers.Input((6,)), layers.Dense(8, activation=mute), layers.Dense(1, name="out")]
    )
    model.compile("sgd", "mse")
    model.fit(
        x, np.ones(120), batch_size=2, epochs=2, shuffle=False, verbose=0,
        callbacks=[recorder(tmp_path, every=1000)],
    )  # fmt: skip
    log = read(tmp_path)
    # The step behind it shows whose weights its gradients broke.
    assert log.steps() == [0, 41, 42, 119], "the first such batch, and not every one"
    assert math.isfinite(log.at("loss", 41)("loss", "loss"))
    assert log.at("inputs", 41)("x[2]", "non_finite_count") == 1


def test_predictions_that_are_no_numbers_are_no_class(tmp_path: Path) -> None:
    x = np.full((8, 6), np.nan, "float32")
    model = keras.Sequential([layers.Input((6,)), layers.Dense(3, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(x, Y[:8], batch_size=8, verbose=0, callbacks=[recorder(tmp_path)])
    assert read(tmp_path).at("prediction_counts", 0).values.sum() == 0


@pytest.mark.parametrize("way", [{}, {"steps_per_execution": 4}], ids=["plain", "four at once"])
def test_the_first_loss_that_is_not_finite(way: dict[str, Any], tmp_path: Path) -> None:
    """NaN planted in row 83, batches of 2: the very step 41 is on record, with its inputs."""
    x = features(120)
    x[83, 2] = np.nan
    model = linear(**way)
    model.fit(
        x, np.ones(120), batch_size=2, shuffle=False, verbose=0,
        callbacks=[recorder(tmp_path, every=1000)],
    )  # fmt: skip
    log = read(tmp_path)
    assert math.isnan(log.at("loss", 41)("loss", "loss"))
    assert log.at("inputs", 41)("x[2]", "non_finite_count") == 1
    before = log.at("weights", 41)("net/out/kernel", "non_finite_count")
    assert math.isnan(before), "it was not due, so nobody looked before it"
    assert log.at("progress", 41)("progress", "replayed_from") == 0
    # The update broke the weights, so the next step is looked at, or the next execution's first.
    behind = 44 if way else 42
    assert log.at("weights", behind)("net/out/kernel", "non_finite_count") == 6
    assert log.steps() == [0, 41, behind, 59]
    assert log.at("weights", 59)("net/out/kernel", "non_finite_count") == 6
    assert log.at("inputs", 59)("x[2]", "non_finite_count") == 0
    assert not math.isnan(dict(log.scalars["zeroacc/loss"])[0])


def test_terminate_on_nan_says_who_stopped(tmp_path: Path) -> None:
    x = np.full((32, 6), np.nan, "float32")
    model = linear()
    stopping = keras.callbacks.TerminateOnNaN()
    model.fit(x, x[:, 0], batch_size=8, verbose=0, callbacks=[stopping, recorder(tmp_path)])
    log = read(tmp_path)
    assert (log.end().how, log.end().by) == ("stopped", "TerminateOnNaN")
    assert log.facts(facts.Epoch)[0].cut_short


def test_an_empty_dataset(tmp_path: Path) -> None:
    data = tf.data.Dataset.from_tensor_slices((X, Y)).batch(8).filter(lambda *_: False)
    callback = recorder(tmp_path)
    with pytest.warns(UserWarning, match="ran out of data"):
        mlp().fit(data, epochs=2, shuffle=False, verbose=0, callbacks=[callback])
    assert not callback.turned_off
    log = read(tmp_path)
    assert [(e.batches, e.logs) for e in log.facts(facts.Epoch)] == [(0, {}), (0, {})]
    assert log.end() == facts.End("finished", 0)
    assert log.contract().outputs[0].loss == "sparse_categorical_crossentropy"
    assert not log.tables


def test_a_generator_run_dry(tmp_path: Path) -> None:
    def batches() -> Iterator[tuple[Any, Any]]:
        for i in range(6):
            yield X[i : i + 8], Y[i : i + 8]

    callback = recorder(tmp_path)
    with pytest.warns(UserWarning, match="ran out of data"):
        mlp().fit(batches(), epochs=3, shuffle=False, verbose=0, callbacks=[callback])
    assert not callback.turned_off
    log = read(tmp_path)
    counted = [e.batches for e in log.facts(facts.Epoch)]
    assert counted[0] == 6
    assert max(counted[1:]) < 3
    assert [e.step for e in log.facts(facts.Epoch)] == list(np.cumsum(counted))
    assert log.end().step == sum(counted)


def test_a_directory_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "zeroacc").write_text("a file where the directory should be")
    plain, watched = mlp(), mlp()
    plain.fit(X, Y, batch_size=8, verbose=0)
    with pytest.warns(RuntimeWarning, match="no longer records anything into its log file") as told:
        watched.fit(X, Y, batch_size=8, verbose=0, callbacks=[recorder(tmp_path)])
    assert len([w for w in told if "Zero Accuracy" in str(w.message)]) == 1
    assert weights(plain) == weights(watched)


def test_a_statistic_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tb_zeroacc.recording.tables import model_tables

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("planted")

    monkeypatch.setattr(model_tables, "activations", broken)
    callback = recorder(tmp_path)
    with pytest.warns(RuntimeWarning, match="no longer records the activations.*planted"):
        mlp().fit(X, Y, batch_size=8, verbose=0, callbacks=[callback])
    log = read(tmp_path)
    assert "activations" not in log.tables
    assert log.steps("gradients") == [0, 1, 2, 3]
