"""Records that are traced into a `tf.function` of the user's own.

An unsampled step compares and counts. A due one computes its tables in a branch and hands them to
Python, which writes them and says which step is due next. What was traced stays in the user's
function; when the recording is over no step is due any more.

    clock   int64 (6,): number of the latest record as given, its offset, its step, steps from the
            one before it, next due step, first step with a loss that is not finite (-1)
"""

from __future__ import annotations

import sys
import threading
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import numpy as np
import tensorflow as tf

from tb_zeroacc import facts
from tb_zeroacc.recorder import content, inside
from tb_zeroacc.recorder.branching import branch
from tb_zeroacc.recorder.content import NEVER, Sample
from tb_zeroacc.recorder.guard import Guard
from tb_zeroacc.recorder.hooks import Observation, Update
from tb_zeroacc.recorder.ledger import Ledger, numbered
from tb_zeroacc.recorder.shown import (
    first_part,
    gradients_for,
    joined,
    narrowed,
    second_part,
    unmoved,
)
from tb_zeroacc.recorder.tables import Table
from tb_zeroacc.records import Layout

COMPILED = (
    "Zero Accuracy cannot record steps from within a tf.function with jit_compile=True, where "
    "nothing can be handed to Python. Return inputs, labels, outputs, loss and gradients from it, "
    "and call `record` with them behind it. Training goes on."
)


_FUNCTION = type(tf.function(lambda: None))


@dataclass(slots=True)
class _Plan:
    """One record that was traced: the layouts of its tables, and of the parts that follow."""

    has_loss: bool
    layouts: tuple[Layout, ...] = ()
    parts: list[tuple[Layout, ...]] = field(default_factory=list)


@dataclass(slots=True)
class _Waiting:
    """A traced record that stands before the update."""

    graph: Any
    index: int
    due: Any
    seen: Observation
    before: inside.Snapshot
    has_gradients: bool
    updates: list[Update] = field(default_factory=list)


class _Notes(threading.local):
    """Each replica is traced in a thread of its own."""

    def __init__(self) -> None:
        self.updates: list[tuple[Any, Update]] = []  # with the graph of each
        self.waiting: _Waiting | None = None


class GraphSteps:
    """Samples the steps that are recorded in a graph.

    Args:
        model: The model.
        optimizers: Its optimizers.
        ledger: Counts steps and writes samples.
        guard: Turns failing parts off.
        outputs_of: What is known about the outputs of a step.
    """

    def __init__(
        self,
        model: Any,
        optimizers: list[Any],
        ledger: Ledger,
        guard: Guard,
        outputs_of: Callable[[Observation], tuple[facts.Output, ...]],
    ) -> None:
        self._model = model
        self._optimizers = optimizers
        self._ledger = ledger
        self._guard = guard
        self._outputs_of = outputs_of
        self._plans: list[_Plan] = []
        self._pending: tuple[Sample, int] | None = None  # with the parts that are to come
        self._notes = _Notes()
        self._beside = 0.0
        self._is_open = self._has_warned = False
        with tf.init_scope(), tf.device("CPU:0"):
            start = np.array([-1, 0, -1, 1, NEVER, -1], np.int64)
            self._clock = tf.Variable(start, trainable=False, name="zeroacc_clock")

    # --- the host's side --------------------------------------------------------------------

    def open(self) -> None:
        """Training begins."""
        self._is_open = True
        self.tell()

    def close(self) -> None:
        """Training is over: what waits is written, and no step is due any more."""
        self.ask()
        self.flush()
        self._is_open = False
        self._notes = _Notes()
        self.tell()

    def ask(self) -> None:
        """Takes over where traced records stand, if there are any."""
        if self._plans:
            now = [int(n) for n in self._clock.numpy()]
            if now[2] > self._ledger.step:
                stride = now[3]
                self._ledger.reach(*now[:3])
                self._ledger.stride = stride

    def tell(self) -> None:
        """Tells traced records where the loop stands."""
        ledger = self._ledger
        # Before a record was traced nobody would ask for the weights that an update looks at.
        due = ledger.next_due if self._is_open and self._plans else NEVER
        now = (ledger.given, ledger.offset, ledger.step, ledger.stride, due, ledger.first_bad)
        self._clock.assign(np.array(now, np.int64))

    @property
    def is_used(self) -> bool:
        """Whether any record was traced."""
        return bool(self._plans)

    def flush(self) -> None:
        """Writes the sample that waits for its update, whether that came or not."""
        pending, self._pending = self._pending, None
        if pending is not None:
            self._ledger.write(pending[0])

    def _receive(self, index: Any, place: Any, began: Any, flat: Any) -> Any:
        """From a due step: its place on the clock, and its tables end to end."""
        due = self._guard.run("samples", self._received, int(index), place, began, flat)
        return np.int64(NEVER if due is None else due)

    def _received(self, index: int, place: Any, began: float, flat: Any) -> int:
        start, ledger, plan = time.perf_counter(), self._ledger, self._plans[index]
        if not self._is_open:
            return NEVER
        given, offset, step, is_bad = (int(n) for n in place)
        before = max(0.0, time.time() - float(began))
        ledger.pace(step, sampling=before)
        ledger.reach(given, offset, step)
        self.flush()
        tables = content.split(flat, plan.layouts)
        sample = Sample(step, bool(is_bad), float("nan"), plan.has_loss, tables)
        ledger.plan(sample, before + self._beside + time.perf_counter() - start)
        self._beside = 0.0
        self._pending = (sample, len(plan.parts))
        if not plan.parts:
            self.flush()
        ledger.outside += time.perf_counter() - start
        return ledger.next_due

    def _complete(self, index: Any, part: Any, began: Any, flat: Any) -> Any:
        """From a due step whose update was applied: the tables that it changed."""
        self._guard.run("updates", self._completed, int(index), int(part), began, flat)
        return np.int64(0)

    def _completed(self, index: int, part: int, began: float, flat: Any) -> None:
        if self._pending is None:
            return
        layouts = self._plans[index].parts[part]
        sample, left = self._pending
        self._pending = (joined(sample, content.split(flat, layouts)), left - 1)
        if left <= 1:
            self.flush()
        seconds = max(0.0, time.time() - float(began))
        self._beside += seconds
        self._ledger.outside += seconds

    # --- the graph's side -------------------------------------------------------------------

    def before_apply(self, update: Update) -> None:
        """Looks at the weights where the step is going to be sampled."""
        notes, graph = self._notes, tf.compat.v1.get_default_graph()
        waits = notes.waiting is not None and notes.waiting.graph is graph
        if waits or _is_compiled():
            return
        now = tf.unstack(tf.convert_to_tensor(self._clock), num=6)
        due = now[2] + now[3] >= now[4]
        update.before = _snapshot(due, update)
        notes.updates.append((graph, update))

    def after_apply(self, update: Update) -> None:
        """Adds to the record that waits for this update what it changed."""
        waiting = self._notes.waiting
        if waiting is None or waiting.graph is not tf.compat.v1.get_default_graph():
            return
        update.before = narrowed(waiting.before, update.variables)
        waiting.updates.append(update)
        plan, seen = self._plans[waiting.index], waiting.seen
        place, updates = len(plan.parts), list(waiting.updates)

        def sample() -> Any:
            with _clock_first() as began:
                known = waiting.has_gradients
                found = second_part(seen, updates, self._guard, has_gradients=known)
                flat = _flat(found)
            plan.parts.append(tuple(t.layout for t in found))
            return tf.numpy_function(
                self._complete, [waiting.index, place, began, flat], tf.int64
            )

        branch(waiting.due, sample, lambda: tf.constant(0, tf.int64))
        if len(waiting.updates) >= len(self._optimizers):
            self._notes.waiting = None

    def record(self, given: Any, seen: Observation, gradients: Any) -> None:
        """Adds a record: it counts a step, and samples it where it is due or its loss broke.

        Args:
            given: Its number as the user counts; an integer or a tensor, or None.
            seen: What it shows.
            gradients: As the user handed them over.
        """
        notes, graph = self._notes, tf.compat.v1.get_default_graph()
        notes.waiting = None
        noted, notes.updates = notes.updates, []
        if _is_compiled():
            self._warn_of_compilation()
            return
        if not _is_first_replica():
            return
        before, offset, last, _, next_due, first_bad = tf.unstack(
            tf.convert_to_tensor(self._clock), num=6
        )
        number = before + 1 if given is None else tf.cast(given, tf.int64)
        offset, step = numbered(number, (before, offset, last), tf.where)
        is_bad = tf.constant(False)
        if seen.loss is not None:
            is_bad = ~tf.math.is_finite(inside.mean_of(seen.loss)) & (first_bad < 0)
        due = (step >= next_due) | is_bad
        known = self._updates_of(seen, [u for g, u in noted if _is_around(g)], gradients, due)
        index, plan = len(self._plans), _Plan(inside.has_loss(seen))
        self._plans.append(plan)
        if not index:
            with tf.init_scope():
                self.tell()
        outputs = self._outputs_of(seen)
        if known is not None and self._optimizers:
            scalars = Observation(self._model, None, loss=seen.loss, penalties=seen.penalties)
            notes.waiting = _Waiting(graph, index, due, scalars, known[0], known[1])
        has_gradients = known is None or known[1]

        def sample() -> Any:
            with _clock_first() as began:
                found = first_part(seen, self._guard, outputs, has_gradients=has_gradients)
                flat = _flat(found)
            plan.layouts = tuple(t.layout for t in found)
            place = tf.stack([number, offset, step, tf.cast(is_bad, tf.int64)])
            following = tf.numpy_function(self._receive, [index, place, began, flat], tf.int64)
            following = tf.reshape(following, [])
            bad_step = tf.where(is_bad, step, first_bad)
            return self._set_clock(number, offset, step, step - last, following, bad_step)

        def count() -> Any:
            return self._set_clock(number, offset, step, step - last, next_due, first_bad)

        branch(due, sample, count)

    def _updates_of(
        self, seen: Observation, updates: list[Update], gradients: Any, due: Any
    ) -> tuple[inside.Snapshot, bool] | None:
        """Gives the step its updates.

        Returns:
            None where they were applied; else the weights before them, and whether the gradients
            are known.
        """
        variables = list(self._model.trainable_variables)
        if updates or not variables:
            seen.updates = updates
            return None
        given = self._guard.run("the gradients", gradients_for, variables, gradients)
        optimizer = self._optimizers[0] if self._optimizers else None
        before = _snapshot(due, Update(optimizer, [], variables, fresh=False))
        seen.updates = [unmoved(optimizer, variables, given, before)]
        return before, given is not None

    def _set_clock(self, *now: Any) -> Any:
        self._clock.assign(tf.stack(now))
        return tf.constant(True)

    def _warn_of_compilation(self) -> None:
        if not self._has_warned:
            self._has_warned = True
            warnings.warn(COMPILED, RuntimeWarning, stacklevel=2)


class _clock_first:  # noqa: N801 - used as a statement
    """Reads the wall clock before anything inside is computed; float64, seconds."""

    def __enter__(self) -> Any:
        began = tf.timestamp()
        self._scope = tf.control_dependencies([began])
        self._scope.__enter__()
        return began

    def __exit__(self, *fault: object) -> None:
        self._scope.__exit__(*fault)


def _snapshot(due: Any, update: Update) -> inside.Snapshot:
    """The weights as they are here; NaN in a step that is not due."""
    scale = inside.loss_scale_of(update.optimizer)

    def parts(before: inside.Snapshot) -> tuple[Any, Any, Any]:
        return before.statistics, before.visited, before.rate

    statistics, visited, rate = branch(
        due,
        lambda: parts(inside.look(update, scale)),
        lambda: parts(inside.unseen(update, scale)),
    )
    variables = update.variables[: inside.MAX_ROWS]
    return inside.Snapshot(variables, statistics, visited, rate, scale)


def _flat(found: list[Table]) -> Any:
    """Tables end to end, float32."""
    return tf.concat([tf.reshape(t.values, [-1]) for t in found], 0)


def _is_around(graph: Any) -> bool:
    """Whether a graph is the one that is being traced, or around it."""
    here: Any = tf.compat.v1.get_default_graph()
    while here is not None:
        if here is graph:
            return True
        here = getattr(here, "outer_graph", None)
    return False


def _is_first_replica() -> bool:
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync < 2:
        return True
    return bool(tf.get_static_value(context.replica_id_in_sync_group) == 0)


def _is_compiled() -> bool:
    """Whether XLA will compile what is being traced, as a function around it asks."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        around = frame.f_locals.get("self")
        if isinstance(around, _FUNCTION) and getattr(around, "_jit_compile", None):
            return True
        frame = frame.f_back
    return False
