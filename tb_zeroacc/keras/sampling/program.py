"""Sampling in the graph: the schedule, one conditional a step, and one variable that it fills.

The way for steps that do not come out one by one: several in an execution, or on several replicas,
or with a `make_train_function` of the user's own.

    clock   int64, a `_Clock`
    slots   float32 (slots, capacity): the latest samples, each with a header and its tables

All variables are made before the step is traced: made in a later trace they would fail it. In an
unsampled step Python touches nothing, and the graph compares, branches and counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tb_zeroacc.keras.compat import steps_per_execution
from tb_zeroacc.keras.observe.layers import layers_of
from tb_zeroacc.keras.observe.replicas import first_device, is_first_replica, own_variable
from tb_zeroacc.keras.observe.step_data import is_visible
from tb_zeroacc.keras.sampling.data_clock import note_clock
from tb_zeroacc.keras.sampling.reduction import Reduction
from tb_zeroacc.keras.sampling.sampler import PART, Sampler
from tb_zeroacc.keras.sampling.stepping import Taken
from tb_zeroacc.keras.sampling.tracing import breaks, counters_in, end_to_end, snapshot
from tb_zeroacc.keras.tables import content, graph_numbers, layer_tables
from tb_zeroacc.keras.tables.batch_parts import inputs_of
from tb_zeroacc.keras.tables.branching import branch
from tb_zeroacc.recording.guard import Guard
from tb_zeroacc.recording.sample import Sample, shape_of, split
from tb_zeroacc.recording.schedule import DueSteps
from tb_zeroacc.recording.tables import data_tables
from tb_zeroacc.recording.tables.model_tables import MAX_ROWS, Snapshot
from tb_zeroacc.recording.tables.observation import Observation, Update
from tb_zeroacc.records import Layout

# Layout, serial number, step (high, low: each exact in float32), first bad loss, data ready.
HEADER = 6
_LOW = 2**20
MAX_SLOTS = 32
NOT_SEEN = 3  # so often a loss may look bad without a bad step in the record, before we stop asking
# Room for rows of a model that is not built yet.
UNBUILT_LAYERS, UNBUILT_VARIABLES = 128, 256


class _Clock(NamedTuple):
    """Where the graph stands; int64 of shape () each.

    Attributes:
        step, next_due, spacing, last: As of `DueSteps`.
        samples: Those taken so far.
        bad_loss, bad_input: The first step with a loss, or an input, that is not finite; -1 before.
    """

    step: Any
    next_due: Any
    spacing: Any
    last: Any
    samples: Any = 0
    bad_loss: Any = -1
    bad_input: Any = -1


@dataclass(slots=True)
class _State:
    """What this module keeps on an observation."""

    clock: _Clock
    due: Any = None
    bad: Any = None  # this loss is the first that is not finite
    bad_input: Any = None  # this batch of inputs is the first that is not finite


class Program(Sampler):
    """The recorder's part of the graph of one model; see `Sampler`.

    Args:
        model: The model.
        guard, on_trace: As of `Sampler`.
        due: Which steps to sample; here a copy of what the graph keeps.
    """

    def __init__(
        self, model: Any, guard: Guard, due: DueSteps, on_trace: Callable[[Observation], None]
    ) -> None:
        super().__init__(guard, due, on_trace)
        self._was_bad = False
        self._not_seen = 0
        self._renewed = False
        self._function: Any = None
        self._layouts: list[tuple[tuple[Layout, ...], bool]] = []
        # One more than steps in an execution: what was sampled out of turn is not overwritten.
        self._slot_count = min(steps_per_execution(model) + 1, MAX_SLOTS)
        self._capacity = _capacity(model)
        self._serial = 0
        start = np.array(_Clock(due.step, due.next_due, due.spacing, due.last), np.int64)
        room = np.zeros((self._slot_count, self._capacity), np.float32)
        device = first_device(model.distribute_strategy)
        self._clock = own_variable(start, "zeroacc_clock", device)
        self._slots = own_variable(room, "zeroacc_samples", device)

    # --- the host's side ------------------------------------------------------------------------

    def before_call(self, function: Any, iterator: Any) -> None:
        """Only remembers the step function: the graph decides what is sampled."""
        self._function = function

    def after_call(self, taken: Taken) -> None:
        """Makes sure that the step is watched at all.

        A trace that was expected to be thrown away may be kept, by an optimizer without variables
        that we do not know: then none of our operations run yet. One more trace includes them.
        """
        if not self.is_watching and not self._renewed:
            self._renewed = True
            self._guard.run(PART, self._function.renew)

    def respace(self, step: int, spacing: int) -> None:
        """Wishes for another number of steps between samples, from the one at `step` on."""
        if step + 1 < self.due.dense_until:  # the graph sees to the dense part by itself
            self.due.next_due = step + 1
            return
        now = self.due.spacing
        changes = not 0.8 * spacing <= now <= 1.25 * spacing  # each change costs a write
        self.due.respace(step, spacing if changes else now)
        if changes:
            self._set_schedule()

    def _set_schedule(self) -> None:
        due = self.due
        now = self._clock.numpy()
        following = min(due.next_due, due.last) if due.last >= now[0] else due.next_due
        now[1:4] = following, due.spacing, due.last
        self._clock.assign(now)

    def step(self) -> int | None:
        """Training steps taken so far; None where the graph does not count them."""
        if PART in self._guard.off:
            return None
        return int(self._clock.numpy()[0])

    def fetch(self, steps: int, begin: int, loss: Any) -> list[Sample]:
        """The samples since the last call, where some were due or a loss was not finite."""
        asks = loss is not None and not self._was_bad and not np.isfinite(loss)
        asks = asks and self._not_seen < NOT_SEEN
        if steps <= self.due.next_due and not asks:
            return []
        found = self.take()
        self._not_seen += asks and not self._was_bad
        return found

    def take(self) -> list[Sample]:
        """The samples since the last call, oldest first; reads a variable."""
        rows = [row for row in self._slots.numpy() if int(row[1]) > self._serial]
        rows.sort(key=lambda row: float(row[1]))
        found = [self._decode(row) for row in rows]
        if found:
            self._serial = int(rows[-1][1])
            self._was_bad |= any(sample.first_bad for sample in found)
        return found

    def _decode(self, row: NDArray[np.float32]) -> Sample:
        layouts, has_loss = self._layouts[int(row[0])]
        step = int(row[2]) * _LOW + int(row[3])
        decoded = split(row[HEADER:], layouts)
        return Sample(step, bool(row[4]), float(row[5]), has_loss, decoded)

    # --- the graph's side -----------------------------------------------------------------------

    def before_step(self, seen: Observation) -> None:
        """Notes when the data of a step were there."""
        if is_first_replica():
            note_clock(seen, self._guard)

    def before_apply(self, seen: Observation, update: Update) -> None:
        """Looks at the weights before they change, where this step is due."""
        # Keras throws away the trace in which an optimizer makes its variables.
        if is_first_replica() and not (update.fresh and tf.inside_function()):
            update.before = self._guard.run("the weights", self._snapshot, seen, update)
            if update.replicas > 1 and update.before is not None:
                update.reduction = Reduction(self._guard, self._state(seen).due)

    def after_step(self, seen: Observation) -> None:
        """Adds the conditional at the end of the step, in the first replica."""
        if not is_first_replica():
            return
        if tf.inside_function() and any(update.fresh for update in seen.updates):
            return
        self._guard.run(PART, self._add, seen)

    def _state(self, seen: Observation) -> _State:
        if seen.state is None:
            seen.state = _State(_Clock(*counters_in(self._clock)))
        state: _State = seen.state
        if state.bad_input is None:
            total = self._guard.run("broken inputs", graph_numbers.sum_of, inputs_of(seen))
            total = tf.constant(0.0) if total is None else total
            state.bad_input = ~tf.math.is_finite(total) & (state.clock.bad_input < 0)
        if state.bad is None and seen.loss is not None and is_visible(seen.loss):
            state.bad = breaks(seen.loss, state.clock.bad_loss)
            state.due = None
        if state.due is None:
            state.due = (state.clock.step >= state.clock.next_due) | state.bad_input
            if state.bad is not None:
                state.due |= state.bad
        return state

    def _snapshot(self, seen: Observation, update: Update) -> Snapshot:
        return snapshot(self._state(seen).due, update)

    def _add(self, seen: Observation) -> None:
        state = self._state(seen)
        clock, step = state.clock, state.clock.step
        if state.bad is None:
            # A `train_step` of the user's own: its loss is known only now, and with it that the
            # weights should have been looked at, so those columns are then unknown.
            reported = layer_tables.reported_loss(seen)
            is_unknown = reported is None
            state.bad = tf.constant(False) if is_unknown else breaks(reported, clock.bad_loss)
            state.due |= state.bad

        def sample() -> Any:
            found = self._tables(seen)
            layout = self._remember(tuple(t.layout for t in found), layer_tables.has_loss(seen))
            header = [
                tf.constant(float(layout)), tf.cast(clock.samples + 1, tf.float32),
                tf.cast(step // _LOW, tf.float32), tf.cast(step % _LOW, tf.float32),
                tf.cast(state.bad, tf.float32),
                tf.constant(float("nan")) if seen.data_ready is None else seen.data_ready,
            ]  # fmt: skip
            size = HEADER + sum(int(np.prod(shape_of(t.layout))) for t in found)
            rest = tf.zeros([self._capacity - size])
            row = tf.concat([tf.stack(header), end_to_end(found), rest], 0)
            slot = tf.cast(clock.samples % self._slot_count, tf.int32)
            mine = tf.equal(tf.range(self._slot_count), slot)[:, None]
            self._slots.assign(tf.where(mine, row, tf.convert_to_tensor(self._slots)))
            after = tf.where(step + 1 < self.due.dense_until, step + 1, step + clock.spacing)
            is_last = (step < clock.last) & (after > clock.last)
            return self._count(
                clock._replace(
                    next_due=tf.where(is_last, clock.last, after),
                    samples=clock.samples + 1,
                    bad_loss=tf.where(state.bad, step, clock.bad_loss),
                    bad_input=tf.where(state.bad_input, step, clock.bad_input),
                )
            )

        branch(state.due, sample, lambda: self._count(clock))
        first, self.is_watching = not self.is_watching, True
        if first or tf.inside_function():  # of eager steps the first
            self._on_trace(seen)

    def _count(self, clock: _Clock) -> Any:
        self._clock.assign(tf.stack(list(clock._replace(step=clock.step + 1))))
        return tf.constant(True)

    def _remember(self, layouts: tuple[Layout, ...], has_loss: bool) -> int:
        if (layouts, has_loss) not in self._layouts:
            self._layouts.append((layouts, has_loss))
        return self._layouts.index((layouts, has_loss))

    def _tables(self, seen: Observation) -> list[data_tables.ComputedTable]:
        """Every table of a step; those that do not fit are left out."""
        found = content.tables_of(seen, self._guard)
        room = self._capacity - HEADER
        kept = []
        for table in found:
            size = int(np.prod(shape_of(table.layout)))
            if size > room:
                full = MemoryError("more rows than a sample has room for")
                self._guard.turn_off(f"{table.layout.kind}", full)
                continue
            room -= size
            kept.append(table)
        return kept


def _capacity(model: Any) -> int:
    """Room for one sample, in float32 values."""
    built = getattr(model, "built", False)
    layers = len(layers_of(model)) if built else UNBUILT_LAYERS
    variables = len(model.trainable_variables) if built else UNBUILT_VARIABLES
    outputs = len(getattr(model, "outputs", None) or ()) or 4
    x, y = data_tables.MAX_FEATURES, data_tables.MAX_LABEL_COLUMNS
    return (
        HEADER
        + 2 * x * 7 + x * 3  # inputs, batch
        + outputs * (12 + 5 + 9 + 2 * 1001)  # labels, weights, outputs, counts
        + min(4 * layers, MAX_ROWS) * 8
        + min(2 * variables, 2 * MAX_ROWS) * 16
        + 6
        + 1 + 2 * (x + y) + x * y
    )  # fmt: skip
