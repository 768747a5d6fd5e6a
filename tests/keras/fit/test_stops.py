"""Trainings that are stopped, by hand or by word, wherever in a step that happens."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from tests.keras.fit.test_fits import assert_untouched
from tests.keras.models import classes, features, layers, matrix, mlp, recorder, weights
from tests.keras.reading import read

pytestmark = pytest.mark.training
X = features(32)
Y = classes(X)
STEPS_AN_EPOCH = 4


class PlantedError(Exception):
    pass


class Breaks(layers.Layer):
    """Passes its input on; raises in the call that is told."""

    def __init__(self, error: BaseException, **options: Any) -> None:
        super().__init__(**options)
        self.error = error
        self.calls_left = -1

    def call(self, x: Any) -> Any:
        self.calls_left -= 1
        if self.calls_left == 0:
            raise self.error
        return x


def in_a_layer(error: BaseException) -> tuple[keras.Model, dict[str, Any]]:
    """Raises within the third step, whose forward pass is then under way."""
    keras.utils.set_random_seed(7)
    breaks = Breaks(error, name="breaks")
    model = keras.Sequential(
        [layers.Input((6,)), breaks, layers.Dense(3, activation="softmax", name="out")], name="net"
    )
    model.compile("adam", "sparse_categorical_crossentropy", run_eagerly=True)
    breaks.calls_left = 3
    return model, {"x": X, "y": Y, "batch_size": 8}


def in_a_generator(error: BaseException) -> tuple[keras.Model, dict[str, Any]]:
    """Raises instead of giving the third batch; nothing of the third step has run."""

    def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for at in (0, 8):
            yield X[at : at + 8], Y[at : at + 8]
        raise error

    return mlp(run_eagerly=True), {"x": batches(), "steps_per_epoch": STEPS_AN_EPOCH}


class RaisesAt(keras.callbacks.Callback):
    """Raises in the hook that is named, in the third batch or the second epoch."""

    def __init__(self, error: BaseException, hook: str) -> None:
        super().__init__()

        def raising(index: int, logs: Any = None) -> None:
            if index == (1 if "epoch" in hook else 2):
                raise error

        setattr(self, hook, raising)


# How many steps were whole when it came, whether it lay in the model or the data.
PLACES: dict[str, tuple[Callable[[BaseException], Any], int]] = {
    "a layer": (in_a_layer, 2),
    "the data": (in_a_generator, 2),
}
ERRORS: dict[str, tuple[BaseException, str]] = {
    "Ctrl-C": (KeyboardInterrupt(), "interrupted"),
    "an exception": (PlantedError("planted"), "exception"),
}


# A hook of a callback, and how many steps were taken when it raises.
HOOKS = {
    "on_train_batch_begin": 2, "on_train_batch_end": 3, "on_epoch_begin": 4, "on_epoch_end": 8,
}  # fmt: skip


# TensorFlow calls a generator in a thread of its own, which no Ctrl-C reaches.
@pytest.mark.parametrize(
    ("place", "kind"),
    [("a layer", "Ctrl-C"), ("a layer", "an exception"), ("the data", "an exception")],
)
def test_within_a_step(place: str, kind: str, tmp_path: Path) -> None:
    build, whole = PLACES[place]
    error, how = ERRORS[kind]
    trained = []
    for callbacks in ([], [recorder(tmp_path)]):
        model, data = build(error)
        with pytest.raises(BaseException) as raised:  # noqa: PT011 TensorFlow may wrap it
            model.fit(**data, shuffle=False, verbose=0, callbacks=callbacks)
        trained.append((weights(model), type(raised.value)))
    assert trained[0] == trained[1]
    assert_untouched(model)
    assert not callbacks[0].turned_off
    log = read(tmp_path)
    assert log.steps() == list(range(whole))
    assert (log.end().how, log.end().step) == (how, whole)
    assert log.end().exception == trained[0][1].__name__
    model.fit(X, Y, batch_size=8, verbose=0)
    assert log.end() == read(tmp_path).end(), "a later fit without us writes nothing"


@pytest.mark.parametrize(
    ("kind", "place", "hook"),
    matrix(
        ERRORS, ("ours first", "ours last"), HOOKS,
        once=lambda kind, place, hook: (
            (kind == "Ctrl-C" and place == "ours first") or hook == "on_epoch_end"
        ),
    ),
)  # fmt: skip
def test_in_a_hook_of_another_callback(kind: str, place: str, hook: str, tmp_path: Path) -> None:
    (error, how), whole = ERRORS[kind], HOOKS[hook]
    plain, watched = mlp(), mlp()
    ours, other = recorder(tmp_path), RaisesAt(error, hook)
    for model, callbacks in (
        (plain, [other]), (watched, [ours, other] if place == "ours first" else [other, ours]),
    ):  # fmt: skip
        with pytest.raises(type(error)):
            model.fit(X, Y, batch_size=8, epochs=3, verbose=0, callbacks=callbacks)
    assert weights(plain) == weights(watched)
    assert_untouched(watched)
    assert not ours.turned_off
    log = read(tmp_path)
    assert (log.end().how, log.end().step) == (how, whole)
    assert log.end().exception == type(error).__name__
    assert log.steps() == list(range(whole)), "a step that was taken is not on record"


class Stops(keras.callbacks.Callback):
    """Asks for the end in the hook that is named."""

    def __init__(self, hook: str) -> None:
        super().__init__()

        def stopping(index: int, logs: Any = None) -> None:
            if index == 1:
                self.model.stop_training = True

        setattr(self, hook, stopping)


@pytest.mark.parametrize("is_ours_first", [True, False], ids=["ours first", "ours last"])
@pytest.mark.parametrize(
    ("hook", "steps"), [("on_train_batch_end", 2), ("on_epoch_begin", 5), ("on_epoch_end", 8)]
)
def test_stop_training(hook: str, steps: int, is_ours_first: bool, tmp_path: Path) -> None:
    plain, watched = mlp(), mlp()
    ours = recorder(tmp_path)
    ends = []
    for model, callbacks in (
        (plain, [Stops(hook)]),
        (watched, [ours, Stops(hook)] if is_ours_first else [Stops(hook), ours]),
    ):
        model.fit(X, Y, batch_size=8, epochs=5, verbose=0, callbacks=callbacks)
        ends.append((weights(model), int(model.optimizer.iterations)))
    assert ends[0] == ends[1]
    assert_untouched(watched)
    assert not ours.turned_off
    log = read(tmp_path)
    taken = ends[0][1]
    assert (log.end().how, log.end().step) == ("stopped", taken)
    assert log.steps() == list(range(taken))
    assert taken == steps or hook == "on_epoch_begin"  # Keras' versions differ there


INTERRUPTED = textwrap.dedent(
    """
    import signal, sys
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job ignores it
    import keras, numpy as np
    import tb_zeroacc

    class Running(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 50:
                print("running", flush=True)

    model = keras.Sequential([keras.layers.Input((6,)), keras.layers.Dense(3)])
    model.compile("sgd", "mse")
    x = np.ones((64, 6), "float32")
    recorder = tb_zeroacc.ZeroAccuracyCallback(sys.argv[1])
    try:
        model.fit(x, x[:, :3], batch_size=1, epochs=100_000, verbose=0,
                  callbacks=[recorder, Running()])
    except KeyboardInterrupt:
        print("caught", flush=True)
    """
)


def test_a_real_ctrl_c(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, str(tmp_path)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    said = []
    for epoch, line in enumerate(process.stdout):
        said.append(line.strip())
        # One in fifteen comes while Python frees an object, and is lost, with and without us.
        if line == "running\n" and epoch % 20 == 0:
            process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (said[0], said[-1], process.returncode) == ("running", "caught", 0), err
    log = read(tmp_path)
    end = log.end()
    assert (end.how, end.exception) == ("interrupted", "KeyboardInterrupt")
    assert end.step >= 50
    assert log.steps()[:20] == list(range(20))
