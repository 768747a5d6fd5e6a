"""What one sample holds: every table of a step, each part guarded by itself."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any, Protocol

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow.python.framework.config import is_op_determinism_enabled

from tb_zeroacc import facts
from tb_zeroacc.recorder import data_statistics, inside, statistics, tables
from tb_zeroacc.recorder.due import DueSteps
from tb_zeroacc.recorder.guard import Guard
from tb_zeroacc.recorder.observation import Observation, Update
from tb_zeroacc.recorder.parts import is_visible, parts_of
from tb_zeroacc.recorder.targets import Target
from tb_zeroacc.records import Layout

# Wall clock seconds travel modulo this, so that float32 holds them to 61 microseconds.
CLOCK_PERIOD = 1024.0


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample.

    Attributes:
        step: Training step from 0.
        first_bad: Whether this step's loss was the first that is not finite.
        data_ready: Wall clock when the step had its data, seconds modulo `CLOCK_PERIOD`; NaN where
            it was not taken.
        has_loss: Whether the step showed a loss; else its column means unknown, not broken.
        tables: Layout and float32 values of shape (rows, columns) of each table.
        replayed_from: The step before which the variables had the values that this one was computed
            from, where nobody had looked at its own; None for its own.
        reproduced: Whether that showed what broke in this step; None where nothing was asked.
    """

    step: int
    first_bad: bool
    data_ready: float
    has_loss: bool
    tables: list[tuple[Layout, NDArray[np.float32]]]
    replayed_from: int | None = None
    reproduced: bool | None = None


def has_non_finite(made: list[tuple[Layout, NDArray[np.float32]]], kind: str) -> bool:
    """Whether a table of a sample counts values that are not finite.

    Args:
        made: Of the sample.
        kind: One with such a column.
    """
    for layout, values in made:
        if layout.kind == kind:
            return bool((values[:, layout.columns.index("non_finite_count")] > 0).any())
    return False


class Sampler(Protocol):
    """Takes the samples of one model; made for one `fit`.

    Attributes:
        is_watching: Whether the latest step was seen at all.
        outside: Seconds spent on samples beside the steps, since they were last asked for.
        due: Which steps it samples.
    """

    is_watching: bool
    outside: float
    due: DueSteps

    def before_step(self, seen: Observation) -> None:
        """From the hooks: a step has its data."""

    def before_apply(self, seen: Observation, update: Update) -> None:
        """From the hooks: an optimizer is about to change the weights."""

    def after_step(self, seen: Observation) -> Any:
        """From the hooks: the end of a step; what the step is to return beside its logs."""

    def before_call(self, function: Any, iterator: Any) -> None:
        """A step is about to run."""

    def after_call(self, taken: Any) -> None:
        """A step has run, or several; `taken` is a `stepping.Taken`."""

    def wants_single_steps(self, count: int) -> bool:
        """Whether one of the next so many steps has to be taken by itself."""

    def step(self) -> int | None:
        """Training steps taken so far; None where it cannot count them."""

    def fetch(self, steps: int, begin: int, loss: Any) -> list[Sample]:
        """The samples since the last call, oldest first.

        Args:
            steps: Training steps taken, as far as Keras tells.
            begin: Those taken before this epoch.
            loss: Keras' running mean of the loss over this epoch; None where it has none.
        """

    def take(self) -> list[Sample]:
        """As `fetch`, whatever it costs."""

    def respace(self, step: int, spacing: int) -> None:
        """After a sample at `step`: wishes for another number of steps between samples."""


def tables_of(
    seen: Observation, guard: Guard, outputs: tuple[facts.Output, ...] | None = None
) -> list[tables.Table]:
    """Every table of a step.

    Args:
        seen: The step; its updates know the weights from before.
        guard: Turns failing parts off.
        outputs: What is known about the outputs, where the step does not show them.
    """
    return [*tables_of_inside(seen, guard), *tables_of_data(*parts_of(seen, outputs), guard)]


def tables_of_data(
    data: list[tuple[str, Any]],
    targets: list[Target],
    guard: Guard,
    st: Any = data_statistics,
) -> list[tables.Table]:
    """The tables of what went in and came out: those of the batch, outputs, association.

    The arguments are those of `tables_of_batch`.
    """
    found = tables_of_batch(data, targets, guard, st)
    found += guard.run("the outputs", tables.outputs, targets, st) or []
    found += guard.run("the association", tables.association, data, targets, st) or []
    return found


def tables_of_batch(
    data: list[tuple[str, Any]],
    targets: list[Target],
    guard: Guard,
    st: Any = data_statistics,
) -> list[tables.Table]:
    """The tables of what went in: inputs, fingerprints, labels, sample weights.

    Args:
        data: Inputs with their names.
        targets: Outputs with their labels.
        guard: Turns failing parts off.
        st: `data_statistics`, or `host_data` where the tensors are arrays of this machine.
    """
    run = guard.run
    found: list[tables.Table] = []
    found += run("the inputs", tables.inputs, data, st) or []
    found += run("the batches' fingerprints", tables.batch, data, st) or []
    found += run("the labels", tables.labels, targets, st) or []
    found += run("the sample weights", tables.sample_weights, targets, st) or []
    return found


def tables_of_inside(
    seen: Observation, guard: Guard, now: list[list[Any]] | None = None, st: Any = statistics
) -> list[tables.Table]:
    """The tables of the model's inside: loss, activations, gradients, weights.

    Args:
        seen: The step; its updates know the weights from before.
        guard: Turns failing parts off.
        now: The weights behind the step, of each update; they are read where they are not given.
        st: `statistics`, or `host` where the step is given as arrays.
    """
    run = guard.run
    updates = [u for u in seen.updates if u.before is not None]
    calls = [c for c in seen.calls if is_visible(inside.first_tensor(c.output))]
    gradients, norm = run("the gradients", inside.gradients, updates, st) or ([], float("nan"))
    found = list(run("the loss", inside.loss, seen, norm, is_visible, st) or [])
    found += run("the learning rates", inside.learning_rates, updates, st) or []
    found += run("the activations", inside.activations, calls, st) or []
    found += gradients
    found += run("the weights", inside.weights, updates, now, st) or []
    return found


def shape_of(layout: Layout) -> tuple[int, int]:
    """Rows and columns of a table; the association travels as one row of moments."""
    if layout.kind == facts.ASSOCIATION_TABLE:
        x, y = len(layout.rows), len(layout.columns)
        return 1, 1 + 2 * (x + y) + x * y
    return len(layout.rows), len(layout.columns)


def renamed(layout: Layout, kind: str) -> Layout:
    """A layout of the same names under another kind."""
    return replace(layout, kind=kind)


def split(
    flat: NDArray[np.float32], layouts: tuple[Layout, ...]
) -> list[tuple[Layout, NDArray[np.float32]]]:
    """Cuts tables that lie end to end."""
    at = 0
    found = []
    for layout in layouts:
        shape = shape_of(layout)
        size = shape[0] * shape[1]
        found.append((layout, flat[at : at + size].reshape(shape)))
        at += size
    return found


def clock_behind(data: Any) -> Any:
    """The wall clock once the data are there, seconds modulo `CLOCK_PERIOD`; float32.

    None in a graph whose operations must be deterministic: TensorFlow refuses a clock there.
    """
    if not tf.inside_function():
        return tf.constant(time.time() % CLOCK_PERIOD)
    if is_op_determinism_enabled():
        return None
    tensors = [t for t in keras.tree.flatten(data) if isinstance(t, tf.Tensor)]
    with tf.control_dependencies(tensors):
        return tf.cast(tf.math.floormod(tf.timestamp(), CLOCK_PERIOD), tf.float32)
