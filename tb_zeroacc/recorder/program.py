"""What runs in the graph: the schedule, one conditional a step, and one variable that it fills.

    clock   int64 (7,): step, next due step, spacing, last known step, samples, first step with a
            loss that is not finite (-1), first step with such an input (-1)
    slots   float32 (slots, capacity): the latest samples, each with a header and its tables

All variables are made before the step is traced: made in a later trace they would fail it. In an
unsampled step Python touches nothing, and the graph compares, branches and counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tb_zeroacc.recorder import inside, tables
from tb_zeroacc.recorder.guard import Guard
from tb_zeroacc.recorder.hooks import Observation, Update, layers_of
from tb_zeroacc.recorder.parts import inputs_of, is_visible, parts_of
from tb_zeroacc.records import Layout

NEVER = 2**62
# Layout, serial number, step (high, low: each exact in float32), first bad loss, data ready.
HEADER = 6
_LOW = 2**20
MAX_SLOTS = 32
# Wall clock seconds travel modulo this, so that float32 holds them to 61 microseconds.
CLOCK_PERIOD = 1024.0
# Room for rows of a model that is not built yet.
UNBUILT_LAYERS, UNBUILT_VARIABLES = 128, 256
_STATISTICS = 5  # columns of a snapshot


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample as it came out of the graph.

    Attributes:
        serial: Counts samples from 1.
        step: Training step from 0.
        first_bad: Whether this step's loss was the first that is not finite.
        data_ready: Wall clock when the step had its data, seconds modulo `CLOCK_PERIOD`; NaN where
            it was not taken.
        has_loss: Whether the step showed a loss; else its column means unknown, not broken.
        tables: Layout and float32 values of shape (rows, columns) of each table.
    """

    serial: int
    step: int
    first_bad: bool
    data_ready: float
    has_loss: bool
    tables: list[tuple[Layout, NDArray[np.float32]]]


@dataclass(slots=True)
class _State:
    """What this module notes on an observation."""

    clock: list[Any] = field(default_factory=list)
    due: Any = None
    bad: Any = None  # this loss is the first that is not finite
    bad_input: Any = None  # this batch of inputs is the first that is not finite


class Program:
    """The recorder's part of the graph of one model.

    Args:
        model: The model; its strategy's scope holds the variables.
        guard: Turns failing parts off.
        step: Training steps taken before.
        next_due: The first due step.
        dense_until: Every step before this one is due.
        on_trace: Called with each observation whose operations were added.
    """

    def __init__(
        self,
        model: Any,
        guard: Guard,
        *,
        step: int,
        next_due: int,
        dense_until: int = 0,
        on_trace: Callable[[Observation], None],
    ) -> None:
        self._guard = guard
        self._on_trace = on_trace
        self._dense_until = dense_until
        self._strategy = model.distribute_strategy
        self._replicated = self._strategy.num_replicas_in_sync > 1
        self._jit = bool(getattr(model, "jit_compile", False))
        self._layouts: list[tuple[tuple[Layout, ...], bool]] = []
        per_execution = int(getattr(model, "steps_per_execution", 1) or 1)
        # One more than steps in an execution: what was sampled out of turn is not overwritten.
        self._slot_count = min(per_execution + 1, MAX_SLOTS)
        self._capacity = _capacity(model)
        self._serial = 0
        kind = (
            {
                "synchronization": tf.VariableSynchronization.ON_READ,
                "aggregation": tf.VariableAggregation.ONLY_FIRST_REPLICA,
            }
            if self._replicated
            else {}
        )
        start = np.array([step, next_due, 1, NEVER, 0, -1, -1], np.int64)
        with tf.init_scope(), self._strategy.scope():
            self._clock = tf.Variable(start, trainable=False, name="zeroacc_clock", **kind)
            self._slots = tf.Variable(
                np.zeros((self._slot_count, self._capacity), np.float32),
                trainable=False, name="zeroacc_samples", **kind,
            )  # fmt: skip

    # --- the host's side ------------------------------------------------------------------------

    def set(
        self,
        *,
        step: int | None = None,
        spacing: int | None = None,
        last: int | None = None,
        next_due: int | None = None,
    ) -> None:
        """Changes the schedule, between two steps.

        Args:
            step: Steps taken, where the graph could not count them.
            spacing: Steps between samples from the next one on.
            last: A step that is due in any case, `NEVER` for none.
            next_due: The next due step.
        """
        for clock in self._locals(self._clock):
            now = clock.numpy()
            wanted = (step, next_due, spacing, last, None, None, None)
            new = [n if w is None else w for n, w in zip(now, wanted, strict=True)]
            if last is not None:  # the last step is due even before the next sample would be
                new[1] = min(new[1], last) if last >= new[0] else new[1]
            clock.assign(np.array(new, np.int64))

    def step(self) -> int:
        """Training steps taken so far."""
        return int(self._locals(self._clock)[0].numpy()[0])

    def take(self) -> list[Sample]:
        """The samples since the last call, oldest first."""
        found = []
        for row in self._locals(self._slots)[0].numpy():
            serial = int(row[1])
            if serial > self._serial:
                found.append(self._decode(row))
        found.sort(key=lambda sample: sample.serial)
        if found:
            self._serial = found[-1].serial
        return found

    def _decode(self, row: NDArray[np.float32]) -> Sample:
        at = HEADER
        decoded = []
        layouts, has_loss = self._layouts[int(row[0])]
        for layout in layouts:
            shape = _shape(layout)
            size = shape[0] * shape[1]
            decoded.append((layout, row[at : at + size].reshape(shape)))
            at += size
        step = int(row[2]) * _LOW + int(row[3])
        return Sample(int(row[1]), step, bool(row[4]), float(row[5]), has_loss, decoded)

    def _locals(self, variable: Any) -> list[Any]:
        return list(self._strategy.experimental_local_results(variable))

    # --- the graph's side -----------------------------------------------------------------------

    def before_step(self, seen: Observation) -> None:
        """Notes when the data of a step were there."""
        if not self._jit:  # XLA has no clock
            seen.data_ready = self._guard.run("the time waited for data", _clock_behind, seen.data)

    def before_apply(self, seen: Observation, update: Update) -> None:
        """Looks at the weights before they change, where this step is due."""
        # Keras throws away the trace in which an optimizer makes its variables.
        if not (update.fresh and tf.inside_function()):
            update.before = self._guard.run("the weights", self._snapshot, seen, update)

    def after_step(self, seen: Observation) -> None:
        """Adds the conditional at the end of the step."""
        if tf.inside_function() and any(update.fresh for update in seen.updates):
            return
        self._guard.run("samples", self._add, seen)

    def _state(self, seen: Observation) -> _State:
        if seen.state is None:
            seen.state = _State(tf.unstack(tf.convert_to_tensor(self._clock), num=7))
        state: _State = seen.state
        if state.bad_input is None:
            sound = self._guard.run("broken inputs", tables.all_finite, inputs_of(seen))
            sound = tf.constant(True) if sound is None else sound
            state.bad_input = ~sound & (state.clock[6] < 0)
        if state.bad is None and seen.loss is not None and is_visible(seen.loss):
            state.bad = self._is_bad(seen.loss, state)
            state.due = None
        if state.due is None:
            state.due = (state.clock[0] >= state.clock[1]) | state.bad_input
            if state.bad is not None:
                state.due |= state.bad
        return state

    @staticmethod
    def _is_bad(loss: Any, state: _State) -> Any:
        return ~tf.math.is_finite(inside.mean_of(loss)) & (state.clock[5] < 0)

    def _snapshot(self, seen: Observation, update: Update) -> inside.Snapshot:
        variables = update.variables[: inside.MAX_ROWS]
        visited = sum(inside.visited_size(v) for v in variables)
        state = self._state(seen)
        optimizer = update.optimizer
        scale = _loss_scale(optimizer)

        def look() -> tuple[Any, Any, Any]:
            found = inside.weigh(variables, fused=not self._jit)
            known = tf.concat([found, tf.ones([len(variables), 1])], axis=1)
            walked = tf.concat([inside.visit(v) for v in variables], 0)
            return known, walked, _rate(optimizer)

        def skip() -> tuple[Any, Any, Any]:
            return (
                tf.zeros([len(variables), _STATISTICS]), tf.zeros([visited]),
                tf.constant(float("nan")),
            )  # fmt: skip

        statistics, visited_before, rate = self._cond(state.due, look, skip)
        scaled = inside.LossScale(scale, fused=not self._jit)
        return inside.Snapshot(variables, statistics, visited_before, rate, scaled)

    def _add(self, seen: Observation) -> None:
        state = self._state(seen)
        if state.bad is None:
            # A `train_step` of the user's own: its loss is known only now, and with it that the
            # weights should have been looked at, so those columns are then unknown.
            reported = inside.reported_loss(seen)
            state.bad = (
                tf.constant(False) if reported is None else self._is_bad(reported, state)
            )
            state.due |= state.bad
        step, due, spacing, last, taken, first_bad, first_input = state.clock

        def sample() -> Any:
            found = self._tables(seen)
            layout = self._remember(tuple(t.layout for t in found), inside.has_loss(seen))
            header = [
                tf.constant(float(layout)), tf.cast(taken + 1, tf.float32),
                tf.cast(step // _LOW, tf.float32), tf.cast(step % _LOW, tf.float32),
                tf.cast(state.bad, tf.float32),
                tf.constant(float("nan")) if seen.data_ready is None else seen.data_ready,
            ]  # fmt: skip
            flat = [tf.stack(header), *(tf.reshape(t.values, [-1]) for t in found)]
            size = HEADER + sum(int(np.prod(_shape(t.layout))) for t in found)
            row = tf.concat([*flat, tf.zeros([self._capacity - size])], 0)
            slot = tf.cast(taken % self._slot_count, tf.int32)
            mine = tf.equal(tf.range(self._slot_count), slot)[:, None]
            self._slots.assign(tf.where(mine, row, tf.convert_to_tensor(self._slots)))
            after = tf.where(step + 1 < self._dense_until, step + 1, step + spacing)
            following = tf.where((step < last) & (after > last), last, after)
            latches = (
                tf.where(state.bad, step, first_bad),
                tf.where(state.bad_input, step, first_input),
            )
            self._clock.assign(
                tf.stack([step + 1, following, spacing, last, taken + 1, *latches])
            )
            return tf.constant(True)

        def count() -> Any:
            self._clock.assign(
                tf.stack([step + 1, due, spacing, last, taken, first_bad, first_input])
            )
            return tf.constant(False)

        self._cond(state.due, sample, count)
        self._on_trace(seen)

    def _cond(self, due: Any, yes: Callable[[], Any], no: Callable[[], Any]) -> Any:
        if not tf.inside_function():
            return tf.cond(due, yes, no)
        graph = tf.compat.v1.get_default_graph()
        before = len(graph.get_operations())
        found = tf.cond(due, yes, no)
        for operation in graph.get_operations()[before:]:
            if operation.type in ("If", "StatelessIf"):
                _keep_apart(operation)
        return found

    def _remember(self, layouts: tuple[Layout, ...], has_loss: bool) -> int:
        if (layouts, has_loss) not in self._layouts:
            self._layouts.append((layouts, has_loss))
        return self._layouts.index((layouts, has_loss))

    def _tables(self, seen: Observation) -> list[tables.Table]:
        """Every table of a step, each part guarded; what finds no room is left out, last first."""
        run = self._guard.run
        fused = not self._jit
        data, targets = parts_of(seen)
        updates = [u for u in seen.updates if u.before is not None]
        calls = [c for c in seen.calls if is_visible(inside.first_tensor(c.output))]
        norm: Any = tf.constant(float("nan"))
        found: list[tables.Table] = []
        found += run("the inputs", tables.inputs, data) or []
        found += run("the batches' fingerprints", tables.batch, data) or []
        found += run("the labels", tables.labels, targets) or []
        found += run("the sample weights", tables.sample_weights, targets) or []
        found += run("the outputs", tables.outputs, targets) or []
        gradients = run("the gradients", inside.gradients, updates)
        if gradients is not None:
            norm = gradients[1]
        found += run("the loss", inside.loss, seen, norm, is_visible) or []
        found += run("the activations", inside.activations, calls, fused=fused) or []
        found += gradients[0] if gradients is not None else []
        found += run("the weights", inside.weights, updates) or []
        found += run("the association", tables.association, data, targets) or []
        room = self._capacity - HEADER
        kept = []
        for table in found:
            room -= int(np.prod(_shape(table.layout)))
            if room < 0:
                full = MemoryError("more rows than a sample has room for")
                self._guard.turn_off(f"{table.layout.kind}", full)
                room += int(np.prod(_shape(table.layout)))
            else:
                kept.append(table)
        return kept


def _clock_behind(data: Any) -> Any:
    """The wall clock once the data are there, seconds modulo `CLOCK_PERIOD`; float32."""
    tensors = [t for t in keras.tree.flatten(data) if isinstance(t, tf.Tensor)]
    with tf.control_dependencies(tensors if tf.inside_function() else []):
        return tf.cast(tf.math.floormod(tf.timestamp(), CLOCK_PERIOD), tf.float32)


def _loss_scale(optimizer: Any) -> Any:
    if hasattr(optimizer, "dynamic_scale"):
        scale = optimizer.dynamic_scale if optimizer.built else optimizer.initial_scale
        return tf.cast(tf.convert_to_tensor(scale), tf.float32)
    return tf.constant(float(getattr(optimizer, "loss_scale_factor", None) or 1.0))


def _rate(optimizer: Any) -> Any:
    """The learning rate of this update; NaN for a user's own function, which is not called."""
    optimizer = getattr(optimizer, "inner_optimizer", None) or optimizer
    rate = getattr(optimizer, "_learning_rate", None)
    schedules = keras.optimizers.schedules.LearningRateSchedule
    if rate is None or (callable(rate) and not isinstance(rate, schedules | keras.Variable)):
        return tf.constant(float("nan"))
    return tf.cast(tf.convert_to_tensor(optimizer.learning_rate), tf.float32)


def _keep_apart(operation: Any) -> None:
    """Keeps a conditional one operation at run time.

    Lowered into switches it would cost one for each tensor that goes in, at each step.
    """
    from tensorflow.core.framework import attr_value_pb2

    operation._set_attr("_lower_using_switch_merge", attr_value_pb2.AttrValue(b=False))


def _shape(layout: Layout) -> tuple[int, int]:
    """Rows and columns of a table; the association travels as one row of moments."""
    if layout.kind == "association":
        x, y = len(layout.rows), len(layout.columns)
        return 1, 1 + 2 * (x + y) + x * y
    return len(layout.rows), len(layout.columns)


def _capacity(model: Any) -> int:
    """Room for one sample, in float32 values."""
    built = getattr(model, "built", False)
    layers = len(layers_of(model)) if built else UNBUILT_LAYERS
    variables = len(model.trainable_variables) if built else UNBUILT_VARIABLES
    outputs = len(getattr(model, "outputs", None) or ()) or 4
    x, y = tables.MAX_FEATURES, tables.MAX_LABEL_COLUMNS
    return (
        HEADER
        + 2 * x * 7 + x * 3  # inputs, batch
        + outputs * (12 + 5 + 9 + 2 * 1001)  # labels, weights, outputs, counts
        + min(4 * layers, inside.MAX_ROWS) * 8
        + min(2 * variables, 2 * inside.MAX_ROWS) * 11
        + 6
        + 1 + 2 * (x + y) + x * y
    )  # fmt: skip
