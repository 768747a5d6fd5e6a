"""Records that are traced into a `tf.function` of the user's own.

An unsampled step compares and counts. A due one computes its tables in a branch and hands them to
Python, which writes them and says which step is due next. What was traced stays in the user's
function; when the recording is over no step is due any more.

    clock   int64 (6,): number of the latest record as given, its offset, its step, steps from the
            one before it, next due step, first step with a loss that is not finite (-1)
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tensorflow as tf

from tb_zeroacc import facts
from tb_zeroacc.keras.loop.inbox import Inbox, TracedRecord
from tb_zeroacc.keras.loop.recomputing import Kept, Recomputation
from tb_zeroacc.keras.loop.shown import (
    first_part,
    gradients_for,
    penalties_of,
    second_part,
    unmoved,
)
from tb_zeroacc.keras.sampling.replay import NotingScope
from tb_zeroacc.keras.sampling.tracing import (
    clock_first,
    graphs_around,
    is_compiled,
    is_first_replica,
    snapshot,
)
from tb_zeroacc.keras.tables import layer_tables
from tb_zeroacc.keras.tables.branching import branch
from tb_zeroacc.recording import unrecorded
from tb_zeroacc.recording.due import NEVER
from tb_zeroacc.recording.guard import Guard, warn
from tb_zeroacc.recording.progress import Progress, numbered
from tb_zeroacc.recording.tables.data_tables import ComputedTable
from tb_zeroacc.recording.tables.model_tables import Snapshot
from tb_zeroacc.recording.tables.observation import Observation, Update

COMPILED = (
    "Zero Accuracy cannot record steps from within a tf.function with jit_compile=True, where "
    "nothing can be handed to Python. Return inputs, labels, outputs, loss and gradients from it, "
    "and call `record` with them behind it. Training goes on."
)


@dataclass(frozen=True, slots=True)
class _Moment:
    """Where in a trace the variables are kept: the place of the last operation that does so."""

    kept: Kept
    graph: Any
    place: int


@dataclass(slots=True)
class _Waiting:
    """A traced record that stands before the update."""

    graph: Any
    index: int
    due: Any
    seen: Observation
    before: Snapshot
    has_gradients: bool
    moment: _Moment | None
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
        progress: Counts steps and writes samples.
        guard: Turns failing parts off.
        outputs_of: What is known about the outputs of a step.
    """

    def __init__(
        self,
        model: Any,
        optimizers: list[Any],
        progress: Progress,
        guard: Guard,
        outputs_of: Callable[[Observation], tuple[facts.Output, ...]],
    ) -> None:
        self._model = model
        self._optimizers = optimizers
        self._progress = progress
        self._guard = guard
        self._outputs_of = outputs_of
        self._inbox = Inbox(progress, guard)
        self._notes = _Notes()
        self._kept: Kept | None = None
        self._has_warned = False
        with tf.init_scope(), tf.device("CPU:0"):
            start = np.array([-1, 0, -1, 1, NEVER, -1], np.int64)
            self._clock = tf.Variable(start, trainable=False, name="zeroacc_clock")

    # --- the host's side --------------------------------------------------------------------

    def open(self) -> None:
        """Training begins."""
        self._inbox.is_open = True
        if self._kept is not None:
            self._kept.fill()
        self.tell()

    def close(self) -> None:
        """Training is over: what waits is written, and no step is due any more."""
        self.ask()
        self._inbox.flush()
        self._inbox.is_open = False
        self._notes = _Notes()
        self._let_go()
        self.tell()

    def _let_go(self) -> None:
        if self._kept is not None:
            self._kept.release()

    def ask(self) -> None:
        """Takes over where traced records stand, if there are any."""
        if self.is_used:
            now = [int(n) for n in self._clock.numpy()]
            if now[2] > self._progress.step:
                stride = now[3]
                self._progress.reach(*now[:3])
                self._progress.stride = stride

    def tell(self) -> None:
        """Tells traced records where the loop stands."""
        progress = self._progress
        # Before a record was traced nobody would ask for the weights that an update looks at.
        due = progress.next_due if self._inbox.is_open and self.is_used else NEVER
        now = (
            progress.given, progress.offset, progress.step, progress.stride, due,
            progress.first_bad,
        )  # fmt: skip
        self._clock.assign(np.array(now, np.int64))

    @property
    def is_used(self) -> bool:
        """Whether any record was traced."""
        return bool(self._inbox.plans)

    # --- the graph's side -------------------------------------------------------------------

    def before_forward(self, forward: Observation) -> None:
        """Keeps the variables where the step is going to be sampled."""
        if not self._model.built or NotingScope.is_entered() or is_compiled() or _is_replicated():
            return
        if self._kept is None or not self._kept.fits(self._model):
            self._let_go()
            self._kept = Kept(self._model)
        waiting = self._notes.waiting
        if waiting is not None:
            waiting.moment = None  # its copies are about to be overwritten
        self._kept.keep(*self._expects_due())
        graph = tf.compat.v1.get_default_graph()
        forward.state = _Moment(self._kept, graph, len(graph.get_operations()) - 1)

    def _expects_due(self) -> tuple[Any, Any]:
        """Whether the step that runs will be due, as `Progress.expects_due`; and the one before."""
        _, _, last, stride, next_due, _ = tf.unstack(tf.convert_to_tensor(self._clock), num=6)
        return last + stride >= next_due, last

    def before_apply(self, update: Update) -> None:
        """Looks at the weights where the step is going to be sampled."""
        notes, graph = self._notes, tf.compat.v1.get_default_graph()
        waits = notes.waiting is not None and notes.waiting.graph is graph
        if waits or is_compiled():
            return
        due, _ = self._expects_due()
        update.before = snapshot(due, update)
        notes.updates.append((graph, update))

    def after_apply(self, update: Update) -> None:
        """Adds to the record that waits for this update what it changed."""
        waiting = self._notes.waiting
        if waiting is None or waiting.graph is not tf.compat.v1.get_default_graph():
            return
        update.before = layer_tables.narrowed(waiting.before, update.variables)
        waiting.updates.append(update)
        plan, seen = self._inbox.plans[waiting.index], waiting.seen
        place, known = len(plan.parts), waiting.has_gradients
        seen.updates = list(waiting.updates)
        again = None if known else self._again(seen, waiting.moment)

        def sample() -> Any:
            with clock_first() as began:
                shown = seen if again is None else again.seen_again()
                found = second_part(shown, shown.updates, self._guard, has_gradients=known)
                flat = _flat(found)
            plan.parts.append(tuple(t.layout for t in found))
            return tf.numpy_function(
                self._inbox.complete, [waiting.index, place, began, flat], tf.int64
            )

        branch(waiting.due, sample, lambda: tf.constant(0, tf.int64))
        if len(waiting.updates) >= len(self._optimizers):
            self._notes.waiting = None

    def record(
        self, given: Any, seen: Observation, gradients: Any, forward: Observation | None
    ) -> None:
        """Adds a record: it counts a step, and samples it where it is due or its loss broke.

        Args:
            given: Its number as the user counts; an integer or a tensor, or None.
            seen: What it shows.
            gradients: As the user handed them over.
            forward: Its forward pass, where the hooks saw one.
        """
        notes, around = self._notes, graphs_around()
        notes.waiting = None
        noted, notes.updates = notes.updates, []
        if is_compiled():
            self._warn_of_compilation()
            return
        if not is_first_replica():
            return
        before, offset, last, _, next_due, first_bad = tf.unstack(
            tf.convert_to_tensor(self._clock), num=6
        )
        number = before + 1 if given is None else _number_of(given)
        offset, step = numbered(number, (before, offset, last), tf.where)
        is_bad = tf.constant(False)
        if seen.loss is not None:
            is_bad = ~tf.math.is_finite(layer_tables.mean_of(seen.loss)) & (first_bad < 0)
        due = (step >= next_due) | is_bad
        known = self._updates_of(seen, [u for g, u in noted if g in around], gradients, due)
        seen.penalties = penalties_of(self._model)
        index, plan = len(self._inbox.plans), TracedRecord(layer_tables.has_loss(seen))
        self._inbox.plans.append(plan)
        if not index:
            with tf.init_scope():
                self.tell()
        outputs = self._outputs_of(seen)
        moment: _Moment | None = None if forward is None else forward.state
        has_gradients = known is None or known[1]
        again = self._again(seen, moment)
        if known is not None and self._optimizers:
            # What the update adds is of the same weights as the rest, or of the step's tensors.
            moment = moment if again is not None else None
            scalars = Observation(self._model, None, loss=seen.loss, penalties=seen.penalties)
            notes.waiting = _Waiting(around[0], index, due, scalars, *known, moment)
        is_own = tf.constant(True)
        if again is not None and moment is not None:
            is_own = moment.kept.at == last

        def sample() -> Any:
            with clock_first() as began:
                shown = seen if again is None else again.seen_again()
                found = first_part(shown, self._guard, outputs, has_gradients=has_gradients)
                flat = _flat(found)
            plan.layouts = tuple(t.layout for t in found)
            flags = [tf.cast(is_bad, tf.int64), tf.cast(is_own, tf.int64)]
            place = tf.stack([number, offset, step, *flags])
            following = tf.numpy_function(
                self._inbox.receive, [index, place, began, flat], tf.int64
            )
            following = tf.reshape(following, [])
            bad_step = tf.where(is_bad, step, first_bad)
            return self._set_clock(number, offset, step, step - last, following, bad_step)

        def count() -> Any:
            return self._set_clock(number, offset, step, step - last, next_due, first_bad)

        branch(due, sample, count)

    def _again(self, seen: Observation, moment: _Moment | None) -> Recomputation | None:
        """How the tensors of a step can be had without a consumer; None where they cannot."""
        if moment is None or moment.graph is not tf.compat.v1.get_default_graph():
            return None
        try:
            found = Recomputation(seen, moment.kept, moment.place)
        except Exception:  # noqa: BLE001 - an operation that cannot be copied: its tensors are used
            return None
        return found if found.is_exact else None

    def _updates_of(
        self, seen: Observation, updates: list[Update], gradients: Any, due: Any
    ) -> tuple[Snapshot, bool] | None:
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
        before = snapshot(due, Update(optimizer, [], variables, fresh=False))
        seen.updates = [unmoved(optimizer, variables, given, before)]
        return before, given is not None

    def _set_clock(self, *now: Any) -> Any:
        self._clock.assign(tf.stack(now))
        return tf.constant(True)

    def _warn_of_compilation(self) -> None:
        self._progress.misses = True
        self._progress.lacks(unrecorded.of_compiled_loop(COMPILED))
        if not self._has_warned:
            self._has_warned = True
            warn(COMPILED, stacklevel=3)


def _is_replicated() -> bool:
    context = tf.distribute.get_replica_context()
    return context is None or context.num_replicas_in_sync > 1


def _number_of(step: Any) -> Any:
    """The number of a step as the user counts, int64 of shape ().

    Raises:
        TypeError: It is no number, which else would come out of the user's function as it runs.
    """
    step = tf.convert_to_tensor(step)
    if not (step.dtype.is_integer or step.dtype.is_floating) or step.shape.rank:
        raise TypeError(f"`step` must be an integer of shape (). Received: step={step!r}.")
    return tf.reduce_max(tf.cast(step, tf.int64))  # its rank may show only as it runs


def _flat(found: list[ComputedTable]) -> Any:
    """Tables end to end, float32."""
    return tf.concat([tf.zeros([0]), *(tf.reshape(t.values, [-1]) for t in found)], 0)
