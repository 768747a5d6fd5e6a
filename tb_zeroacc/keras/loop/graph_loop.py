"""Records that are traced into a `tf.function` of the user's own.

An unsampled step compares and counts. A due one computes its tables in a branch and hands them to
Python, which writes them and says which step is due next. What was traced stays in the user's
function; when the recording is over no step is due any more.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from tb_zeroacc.keras.loop.inbox import Inbox, TracedRecord
from tb_zeroacc.keras.loop.loop_steps import LoopSteps, RecordedStep
from tb_zeroacc.keras.loop.recomputing import Kept, Moment, recomputation_of
from tb_zeroacc.keras.loop.shown import (
    first_part,
    gradients_for,
    penalties_of,
    second_part,
    unmoved,
)
from tb_zeroacc.keras.observe.replicas import is_replicated, own_variable
from tb_zeroacc.keras.sampling.reduction import Reduction
from tb_zeroacc.keras.sampling.replay import NotingScope
from tb_zeroacc.keras.sampling.tracing import (
    breaks,
    clock_first,
    counters_in,
    end_to_end,
    graphs_around,
    is_compiled,
    snapshot,
)
from tb_zeroacc.keras.tables import layer_tables
from tb_zeroacc.keras.tables.branching import branch
from tb_zeroacc.recording import unrecorded
from tb_zeroacc.recording.guard import warn
from tb_zeroacc.recording.loop_progress import numbered
from tb_zeroacc.recording.schedule import NEVER
from tb_zeroacc.recording.tables.model_tables import Snapshot
from tb_zeroacc.recording.tables.observation import Observation, Update

COMPILED = (
    "Zero Accuracy cannot record steps from within a tf.function with jit_compile=True, where "
    "nothing can be handed to Python. Return inputs, labels, outputs, loss and gradients from it, "
    "and call `record` with them behind it. Training goes on."
)


@dataclass(slots=True, kw_only=True)
class _Waiting(RecordedStep):
    """One that was traced."""

    graph: Any
    index: int
    due: Any
    moment: Moment | None


class _Clock(NamedTuple):
    """Where the loop stands, as the graph keeps it; int64 of shape () each.

    Attributes:
        given, offset, step, stride: As of `LoopProgress`: the latest record.
        next_due: The next step that is due.
        first_bad: The first step with a loss that is not finite; -1 before.
    """

    given: Any
    offset: Any
    step: Any
    stride: Any
    next_due: Any
    first_bad: Any


class _Notes(threading.local):
    """Each replica is traced in a thread of its own."""

    def __init__(self) -> None:
        self.updates: list[tuple[Any, Update]] = []  # with the graph of each
        self.waiting: _Waiting | None = None


@dataclass(eq=False)
class GraphSteps(LoopSteps):
    """Samples the steps that are recorded in a graph; see `LoopSteps`."""

    def __post_init__(self) -> None:
        self._inbox = Inbox(self.progress, self.guard)
        self._notes = _Notes()
        self._kept: Kept | None = None
        self._has_warned = False
        start = np.array(_Clock(-1, 0, -1, 1, NEVER, -1), np.int64)
        self._clock = own_variable(start, "zeroacc_clock", "CPU:0")

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
            now = _Clock(*map(int, self._clock.numpy()))
            if now.step > self.progress.step:
                self.progress.reach(now.given, now.offset, now.step)
                self.progress.stride = now.stride

    def tell(self) -> None:
        """Tells traced records where the loop stands."""
        progress = self.progress
        # Until a record is traced, the weights before an update are not needed.
        due = progress.next_due if self._inbox.is_open and self.is_used else NEVER
        now = _Clock(
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
        if not self.model.built or NotingScope.is_entered() or is_compiled() or is_replicated():
            return
        if self._kept is None or not self._kept.fits(self.model):
            self._let_go()
            self._kept = Kept(self.model)
        waiting = self._notes.waiting
        if waiting is not None:
            waiting.moment = None  # the copies are about to be overwritten
        self._kept.keep(*self._expects_due())
        graph = graphs_around()[0]
        forward.state = Moment(self._kept, graph, len(graph.get_operations()) - 1)

    def _expects_due(self) -> tuple[Any, Any]:
        """Whether the step that runs will be due, as `Progress.expects_due`; and the one before."""
        now = self._now()
        return now.step + now.stride >= now.next_due, now.step

    def _now(self) -> _Clock:
        return _Clock(*counters_in(self._clock))

    def before_apply(self, update: Update) -> None:
        """Looks at the weights where the step is going to be sampled."""
        notes, graph = self._notes, tf.compat.v1.get_default_graph()
        if is_compiled():
            return
        waiting = notes.waiting
        waits = waiting is not None and waiting.graph is graph
        due = waiting.due if waiting is not None and waits else self._expects_due()[0]
        if update.replicas > 1:
            update.reduction = Reduction(self.guard, due)
        if waits:
            return
        update.before = snapshot(due, update)
        notes.updates.append((graph, update))

    def after_apply(self, update: Update) -> None:
        """Adds to the record that waits for this update what it changed."""
        waiting = self._notes.waiting
        if waiting is None or waiting.graph is not tf.compat.v1.get_default_graph():
            return
        waiting.add(update)
        plan, seen = self._inbox.plans[waiting.index], waiting.seen
        place, known = len(plan.parts), waiting.has_gradients
        seen.updates = list(waiting.updates)
        again = None if known else recomputation_of(seen, waiting.moment)

        def sample() -> Any:
            with clock_first() as began:
                shown = seen if again is None else again.seen_again()
                found = second_part(shown, shown.updates, self.guard, has_gradients=known)
                flat = end_to_end(found)
            plan.parts.append(tuple(t.layout for t in found))
            return tf.numpy_function(
                self._inbox.complete, [waiting.index, place, began, flat], tf.int64
            )

        branch(waiting.due, sample, lambda: tf.constant(0, tf.int64))
        if self._has_all_updates(waiting):
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
        last = self._now()
        number = last.given + 1 if given is None else tf.convert_to_tensor(given, tf.int64)
        offset, step = numbered(number, (last.given, last.offset, last.step), tf.where)
        now = _Clock(number, offset, step, step - last.step, last.next_due, last.first_bad)
        is_bad = tf.constant(False)
        if seen.loss is not None:
            is_bad = breaks(seen.loss, last.first_bad)
        due = (step >= last.next_due) | is_bad
        known = self._updates_of(seen, [u for g, u in noted if g in around], gradients, due)
        seen.penalties = penalties_of(self.model)
        index, plan = len(self._inbox.plans), TracedRecord(layer_tables.has_loss(seen))
        self._inbox.plans.append(plan)
        if not index:
            with tf.init_scope():
                self.tell()
        outputs = self.outputs_of(seen)
        moment: Moment | None = None if forward is None else forward.state
        has_gradients = known is None or known[1]
        again = recomputation_of(seen, moment)
        if known is not None and self.optimizers:
            # What the update adds is of the same weights as the rest, or of the step's tensors.
            moment = moment if again is not None else None
            scalars = Observation(
                self.model, None, loss=seen.loss, penalties=seen.penalties, replicas=seen.replicas
            )
            notes.waiting = _Waiting(
                seen=scalars, before=known[0], has_gradients=known[1], graph=around[0],
                index=index, due=due, moment=moment,
            )  # fmt: skip
        is_own = tf.constant(True)
        if again is not None and moment is not None:
            is_own = moment.kept.at == last.step

        def sample() -> Any:
            with clock_first() as began:
                shown = seen if again is None else again.seen_again()
                found = first_part(shown, self.guard, outputs, has_gradients=has_gradients)
                flat = end_to_end(found)
            plan.layouts = tuple(t.layout for t in found)
            flags = [tf.cast(is_bad, tf.int64), tf.cast(is_own, tf.int64)]
            place = tf.stack([number, offset, step, *flags])
            following = tf.numpy_function(
                self._inbox.receive, [index, place, began, flat], tf.int64
            )
            following = tf.reshape(following, [])
            first_bad = tf.where(is_bad, step, last.first_bad)
            return self._set_clock(now._replace(next_due=following, first_bad=first_bad))

        def count() -> Any:
            return self._set_clock(now)

        branch(due, sample, count)

    def _updates_of(
        self, seen: Observation, updates: list[Update], gradients: Any, due: Any
    ) -> tuple[Snapshot, bool] | None:
        """Gives the step its updates.

        Returns:
            None where they were applied; else the weights before them, and whether the gradients
            are known.
        """
        variables = list(self.model.trainable_variables)
        if updates or not variables:
            seen.updates = updates
            return None
        given = self.guard.run("the gradients", gradients_for, self.model, gradients)
        before = snapshot(due, Update(self._optimizer, [], variables, fresh=False))
        seen.updates = [unmoved(self._optimizer, variables, given, before)]
        return before, given is not None

    def _set_clock(self, now: _Clock) -> Any:
        self._clock.assign(tf.stack(list(now)))
        return tf.constant(True)

    def _warn_of_compilation(self) -> None:
        self.progress.misses = True
        self.progress.session.lacks(unrecorded.of_compiled_loop(COMPILED))
        if not self._has_warned:
            self._has_warned = True
            warn(COMPILED, stacklevel=3)
