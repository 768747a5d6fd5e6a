"""What `record` takes in the place of tensors, and what it refuses."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tb_zeroacc import Monitor, facts
from tests.keras.loop.loops import X, Y, quiet
from tests.keras.models import linear
from tests.keras.reading import Log, read

pytestmark = pytest.mark.training
GRADIENTS = [X[:6, :1], X[0, :1]]  # as of a kernel of shape (6, 1) and a bias
GIVEN: dict[str, Any] = {
    "inputs": X[:4], "labels": Y[:4], "outputs": X[:4, :1], "loss": np.float32(0.75),
    "gradients": GRADIENTS, "sample_weight": X[:4, 0] ** 2,
}  # fmt: skip


class Frame:
    """As a data frame of pandas shows itself to NumPy."""

    def __init__(self, array: np.ndarray) -> None:
        self._array = array

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return self._array.astype(dtype or self._array.dtype)


def on_record(log_dir: Path, given: dict[str, Any], *, graph: bool) -> tuple[Monitor, Log]:
    monitor = quiet(log_dir, linear(), optimizer=keras.optimizers.SGD(0.1), loss="mse", every=1)

    def step() -> None:
        monitor.record(**given)

    step = tf.function(step) if graph else step
    with monitor:
        step()
        step()
    return monitor, read(log_dir)


def tables_of(log: Log) -> dict[str, Any]:
    return {kind: [t.values.tolist() for t in log.tables[kind]] for kind in log.tables}


def recorded(log: Log) -> dict[str, Any]:
    """Every table but the progress, which tells of clocks, as text: NaN equals NaN there."""
    return {kind: str(values) for kind, values in tables_of(log).items() if kind != "progress"}


@pytest.mark.parametrize("graph", [False, True], ids=["eager", "graph"])
@pytest.mark.parametrize(
    "made",
    [
        lambda array: array.tolist(),
        lambda array: tuple(array.tolist()) if array.ndim else float(array),
        lambda array: list(array) if array.ndim == 1 else array.tolist(),
        Frame,
        tf.Variable,
        # Without a dtype older versions make numbers with a point of everything.
        lambda array: keras.Variable(array, dtype=str(np.asarray(array).dtype)),
    ],
    ids=["lists", "a tuple", "a list of NumPy's scalars", "a frame", "tf.Variable", "a variable"],
)
def test_what_can_be_made_tensors_is_recorded_as_tensors_are(
    made: Any, graph: bool, tmp_path: Path
) -> None:
    tensors = {
        name: [*map(tf.constant, value)] if name == "gradients" else tf.constant(value)
        for name, value in GIVEN.items()
    }
    given = {
        name: [*map(made, value)] if name == "gradients" else made(np.asarray(value))
        for name, value in GIVEN.items()
    }
    _, expected = on_record(tmp_path / "tensors", tensors, graph=graph)
    monitor, found = on_record(tmp_path / "others", given, graph=graph)
    assert not monitor.turned_off
    assert recorded(found) == recorded(expected)
    assert set(expected.tables) > {"inputs", "outputs", "gradients", "loss", "sample_weights"}
    told, wanted = found.facts(facts.Shapes)[-1], expected.facts(facts.Shapes)[-1]
    assert (told.inputs, told.labels) == (wanted.inputs, wanted.labels)


@pytest.mark.parametrize("graph", [False, True], ids=["eager", "graph"])
@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("inputs", [[1.0, 2.0], [3.0]]),
        ("inputs", object()),
        ("labels", {1, 2}),
        ("labels", [0, object()]),
        ("outputs", Frame(np.array([object()]))),
        ("sample_weight", {"a": {3}}),
        ("loss", "0.5"),
        ("loss", [[0.5], [0.5, 0.5]]),
        ("loss", {"first": 0.5}),
        ("step", "first"),
        ("step", [1, 2]),
        ("step", object()),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_cannot_is_refused_in_a_sentence_and_the_rest_goes_on(
    name: str, wrong: Any, graph: bool, tmp_path: Path
) -> None:
    given = {"inputs": X[:4], "labels": Y[:4], "outputs": X[:4, :1], "loss": 0.5, name: wrong}
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", RuntimeWarning)
        monitor, log = on_record(tmp_path, given, graph=graph)
    said = [str(w.message) for w in told if issubclass(w.category, RuntimeWarning)]
    assert len(said) == 1, said
    assert f"no longer records the `{name}` of `record`" in said[0]
    assert f"`{name}` must be " in said[0]
    assert f"of type {type(wrong).__name__}." in said[0]
    assert list(monitor.turned_off) == [f"the `{name}` of `record`"]
    assert log.steps("progress") == [0, 1]
    kept = {"inputs": "inputs", "labels": "labels", "outputs": "outputs"}
    missing = [kind for other, kind in kept.items() if other != name and kind not in log.tables]
    assert not missing


def test_a_record_outside_does_not_raise_where_warnings_are_errors(tmp_path: Path) -> None:
    monitor = quiet(tmp_path, linear())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        monitor.record(0)
        monitor.end_epoch()
