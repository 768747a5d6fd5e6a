"""Faults planted in every part: training goes on as without us, one warning says what is off."""

from __future__ import annotations

import gc
import itertools
import shutil
import sys
import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tb_zeroacc import diagnose, facts
from tb_zeroacc.diagnosis.answers import Flagged
from tb_zeroacc.keras.fit import recording, step_watch
from tb_zeroacc.keras.observe import hooks
from tb_zeroacc.keras.sampling import direct, direct_step, program, replay, replay_sampler, shadow
from tb_zeroacc.keras.tables import content, layer_tables, plan
from tb_zeroacc.recording import event_writer, loss_watch
from tb_zeroacc.recording.guard import Guard
from tb_zeroacc.recording.tables import data_tables, model_tables
from tests.keras.models import (
    classes,
    features,
    layers,
    matrix,
    mlp,
    own_step,
    recorder,
    weights,
)
from tests.keras.reading import read

pytestmark = pytest.mark.training
X = features(24)
Y = classes(X)
WAYS: dict[str, dict[str, Any]] = {
    "graph": {}, "eager": {"run_eagerly": True}, "two at once": {"steps_per_execution": 2},
}  # fmt: skip


class PlantedError(Exception):
    pass


def broken(*_: Any, **__: Any) -> Any:
    raise PlantedError("planted")


def fit(model: keras.Model, *callbacks: Any, **options: Any) -> list[bytes]:
    options = {"batch_size": 6, "epochs": 2, "shuffle": False, "verbose": 0, **options}
    model.fit(X, Y, callbacks=callbacks, **options)
    return weights(model)


@pytest.fixture(scope="module")
def plain() -> dict[str, list[bytes]]:
    """The weights without us, by the way of training."""
    return {way: fit(mlp(**compiled)) for way, compiled in WAYS.items()}


def warned(told: Any) -> list[str]:
    return [str(w.message) for w in told if "Zero Accuracy" in str(w.message)]


# Where the fault lies, what is said to be off, and the table that goes on all the same.
FAULTS: dict[str, tuple[Any, str, str, str]] = {
    "inputs": (data_tables, "inputs", "the inputs", "labels"),
    "fingerprints": (data_tables, "batch", "the batches' fingerprints", "inputs"),
    "labels": (data_tables, "labels", "the labels", "inputs"),
    "outputs": (data_tables, "outputs", "the outputs", "inputs"),
    "association": (data_tables, "association", "the association", "inputs"),
    "gradients": (model_tables, "gradients", "the gradients", "activations"),
    "loss": (model_tables, "loss", "the loss", "activations"),
    "activations": (model_tables, "activations", "the activations", "gradients"),
    "weights": (model_tables, "weights", "the weights", "gradients"),
}


def test_what_is_off_is_said_where_warnings_are_errors(capsys: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Guard().run("a part", broken)
    assert "no longer records a part; training goes on. (PlantedError" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "way"),
    matrix(FAULTS, WAYS, once=lambda name, way: way == "graph" or name in ("inputs", "weights")),
)
def test_a_statistic_that_raises(
    name: str, way: str, plain: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, function, part, other = FAULTS[name]
    monkeypatch.setattr(module, function, broken)
    callback = recorder(tmp_path)
    with pytest.warns(RuntimeWarning) as told:
        watched = fit(mlp(**WAYS[way]), callback)
    assert watched == plain[way], "training is changed"
    assert list(callback.turned_off) == [part]
    assert "planted" in callback.turned_off[part]
    (message,) = warned(told)
    assert f"no longer records {part};" in message
    assert "planted" in message
    log = read(tmp_path)
    assert log.end().how == "finished"
    assert log.steps(other) == list(range(8)), f"{other} are lost, too"
    assert name not in log.tables


# Parts without which there is no sample at all; what is left is on record.
CENTRAL: dict[str, tuple[Any, str]] = {
    "gathering the tensors": (replay, "gather"),
    "the plan": (replay_sampler, "plan_of"),
    "the values before a step": (replay.Replay, "look"),
    "the way back": (shadow.Shadow, "note"),
    "the loss of a step": (loss_watch.LossWatch, "own_loss"),
    "putting a step together": (plan, "rebuild"),
    "cutting the tables": (plan, "split"),
    "the tensors' specs": (plan, "specs_of"),
    "a layer's activation": (layer_tables, "activation_in"),
}


@pytest.mark.parametrize("name", CENTRAL)
def test_a_central_part_that_raises(
    name: str, plain: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(*CENTRAL[name], broken)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert fit(mlp(), recorder(tmp_path)) == plain["graph"]
    assert len(warned(told)) <= 1, warned(told)
    log = read(tmp_path)
    assert (log.end().how, log.end().step) == ("finished", 8), "steps are counted all the same"
    assert [epoch.batches for epoch in log.facts(facts.Epoch)] == [4, 4]
    assert log.contract().outputs[0].loss == "sparse_categorical_crossentropy"
    assert len(log.facts(type(log.facts(object)[0]))) >= 1


# Who counts the steps: the sampler, else Keras' own words about each of them, else nobody.
COUNTING: dict[str, tuple[list[tuple[Any, str]], dict[str, Any], int | None]] = {
    "the graph sees no step": ([(program, "branch")], {"steps_per_execution": 2}, 4),
    "nor does Python": (
        [(program, "branch"), (recording.Recording, "batch_end")], {"steps_per_execution": 2}, None,
    ),
    "Python sees none": ([(recording.Recording, "batch_end")], {}, 4),
    "nobody watches": ([(step_watch, "StepFunction")], {}, None),
}  # fmt: skip


@pytest.mark.parametrize(("parts", "compiled", "batches"), COUNTING.values(), ids=COUNTING)
def test_steps_that_nobody_counted_are_unknown_and_not_none(
    parts: list[tuple[Any, str]], compiled: dict[str, Any], batches: int | None,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for part in parts:
        monkeypatch.setattr(*part, broken)
    with pytest.warns(RuntimeWarning):
        fit(own_step(**compiled), recorder(tmp_path))
    log = read(tmp_path)
    assert [epoch.batches for epoch in log.facts(facts.Epoch)] == [batches, batches]
    assert log.end().step == (None if batches is None else 8)
    (verdict,) = diagnose(str(tmp_path))
    assert not isinstance(verdict.checks["ZA110"], Flagged), verdict.checks["ZA110"]


@pytest.mark.parametrize("name", ["gather", "probe", "plan_of"])
def test_a_central_part_of_the_hooks_that_raises(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(direct, name, broken)
    with pytest.warns(RuntimeWarning, match="no longer records .*planted"):
        watched = fit(own_step(), recorder(tmp_path))
    assert watched == fit(own_step()), "training is changed"
    assert read(tmp_path).end().step == 8


# What stands around a step, or in it, without a part of its own.
DOORS: dict[str, tuple[Any, str]] = {
    "what hooks note": (hooks.Hooks, "_hook_layers"),
    "the trace of a step": (direct_step.DirectStep, "trace"),
    "the step": (direct_step.DirectStep, "__call__"),
    "the clock in it": (direct_step, "clock_behind"),
    "before a step": (step_watch.StepWatch, "before_call"),
    "behind a step": (step_watch.StepWatch, "after_call"),
    "before a step is sampled": (replay_sampler.ReplaySampler, "before_call"),
}


@pytest.mark.parametrize("name", DOORS)
def test_the_last_door(
    name: str, plain: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever of ours raises while a step runs, Keras takes that step without us."""
    original = mlp()
    monkeypatch.setattr(*DOORS[name], broken)
    with pytest.warns(RuntimeWarning) as told:
        watched = fit(original, recorder(tmp_path))
    (message,) = warned(told)
    assert "planted" in message
    assert watched == plain["graph"], "training is changed"
    assert "zeroacc" not in repr(type(original.train_function))
    assert not [layer for layer in original.layers if "call" in vars(layer)], "hooks are left"
    assert read(tmp_path).end().how == "finished"


@pytest.mark.parametrize("way", ["graph", "eager"])
def test_samples_that_are_off_cost_no_look_at_the_weights(
    way: str, plain: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, name = (plan.HostPlan, "look") if way == "graph" else (layer_tables, "look")
    looks, original = [], getattr(owner, name)

    def counted(*args: Any, **kwargs: Any) -> Any:
        looks.append(1)
        return original(*args, **kwargs)

    monkeypatch.setattr(owner, name, counted)
    monkeypatch.setattr(plan.HostPlan, "summarise", broken)
    monkeypatch.setattr(content, "tables_of", broken)
    with pytest.warns(RuntimeWarning, match="no longer records samples"):
        assert fit(mlp(**WAYS[way]), recorder(tmp_path)) == plain[way]
    # Before the first eager step all is looked at: nobody knows yet which updates will be seen.
    assert len(looks) == {"graph": 1, "eager": 2}[way], "only the first step is sampled"
    assert read(tmp_path).end().step == 8


def test_a_statistic_that_raises_when_it_runs(
    plain: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An operation that fails in a graph is found, and its part alone is turned off."""
    original = data_tables.labels

    def failing(targets: Any) -> Any:
        with tf.control_dependencies([tf.debugging.Assert(tf.constant(False), ["planted"])]):
            found = original(targets)
            for table in found:
                table.values = tf.identity(table.values)
            return found

    monkeypatch.setattr(data_tables, "labels", failing)
    with pytest.warns(RuntimeWarning) as told:
        assert fit(mlp(), recorder(tmp_path)) == plain["graph"]
    (message,) = warned(told)
    assert "no longer records the labels" in message
    assert read(tmp_path).steps("inputs") == list(range(8))


@pytest.mark.parametrize("events", [1, 3, 9])
def test_a_disk_that_is_full(
    events: int, plain: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original, count = event_writer.EventWriter._append, 0

    def append(self: Any, event: Any) -> None:
        nonlocal count
        count += 1
        if count > events:
            raise OSError(28, "No space left on device")
        original(self, event)

    monkeypatch.setattr(event_writer.EventWriter, "_append", append)
    with pytest.warns(RuntimeWarning) as told:
        assert fit(mlp(), recorder(tmp_path)) == plain["graph"]
    (message,) = warned(told)
    assert "anything into its log file" in message
    assert "No space left" in message


class Deletes(keras.callbacks.Callback):
    """Clears the log directory away while training goes on."""

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self.directory = directory

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if epoch == 1:
            shutil.rmtree(self.directory)


def test_a_directory_that_is_deleted_meanwhile(plain: Any, tmp_path: Path) -> None:
    with pytest.warns(RuntimeWarning) as told:
        watched = fit(mlp(), recorder(tmp_path / "log"), Deletes(tmp_path / "log"))
    assert watched == plain["graph"]
    (message,) = warned(told)
    assert "no longer records anything into its log file" in message
    assert "was deleted" in message


class ClosedPipe:
    """A console that nobody reads any more."""

    def write(self, text: str) -> int:
        raise BrokenPipeError(32, "Broken pipe")

    def flush(self) -> None:
        raise BrokenPipeError(32, "Broken pipe")


def test_a_console_that_cannot_be_written(
    plain: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", ClosedPipe())
    with pytest.warns(RuntimeWarning) as told:
        watched = fit(mlp(), recorder(tmp_path, verbose=1))
    monkeypatch.undo()
    assert watched == plain["graph"]
    (message,) = warned(told)
    assert "no longer records a verdict on the console" in message
    assert read(tmp_path).end().how == "finished"


class Counting(layers.Layer):
    """Counts how often it is traced."""

    traces = 0

    def call(self, x: Any) -> Any:
        Counting.traces += 1
        return x


def counted(*callbacks: Any, fits: int) -> list[int]:
    """Traces of the training step up to the end of each `fit`."""
    keras.utils.set_random_seed(1)
    model = keras.Sequential([layers.Input((6,)), Counting(), layers.Dense(3)])
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    Counting.traces = 0
    found = []
    for _ in range(fits):
        fit(model, *callbacks, epochs=3)
        found.append(Counting.traces)
    return found


def test_no_step_is_traced_more_often_than_it_must(tmp_path: Path) -> None:
    once, thrice = counted(fits=3), counted(recorder(tmp_path), fits=3)
    assert thrice[0] <= once[0] + 1, "one more trace at most in the first `fit`"
    assert [b - a for a, b in itertools.pairwise(thrice)] == [1, 1], "one for each later"


def test_no_warning_of_tensorflow_about_tracing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(7):
        fit(mlp(), recorder(tmp_path / str(number)), epochs=1)
    ours = [r for r in caplog.messages if "retracing" in r and "zeroacc" in r]
    assert not ours


def grown(steps: int, directory: Path) -> tuple[int, int]:
    """How many objects of Python, and bytes in memory, the last two thirds of the steps added."""
    x = features(steps)
    model = keras.Sequential([layers.Input((6,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    gc.freeze()  # what other tests left is neither searched nor counted
    seen: list[tuple[int, int]] = []

    class Watch(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            if batch in (steps // 3, steps - 2):
                gc.collect()
                pages = int(Path("/proc/self/statm").read_text().split()[1])
                seen.append((len(gc.get_objects()), 4096 * pages))

    model.fit(
        x, x[:, 0], batch_size=1, verbose=0, callbacks=[recorder(directory, every=1), Watch()]
    )
    (objects, memory), (more_objects, more_memory) = seen
    return more_objects - objects, more_memory - memory


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux tells it there")
@pytest.mark.parametrize("steps", [400, pytest.param(20_000, marks=pytest.mark.long)])
def test_memory_does_not_grow(steps: int, tmp_path: Path) -> None:
    objects, memory = grown(steps, tmp_path)
    assert objects < 200, f"{objects} more objects over {2 * steps // 3} steps"
    assert memory < 300 * 1024, f"{memory / 1024:.0f} KiB more over {2 * steps // 3} steps"
    assert np.isfinite(read(tmp_path).at("loss", steps - 1)("loss", "loss"))
