"""Records that stand in eager code.

Updates are seen where the loop applies them eagerly. Where the whole step is a `tf.function` with
the record behind it, the optimizer's count tells of the update, and the weights are looked at when
the record before it ends.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from tb_zeroacc.keras.loop.loop_hooks import count_updates
from tb_zeroacc.keras.loop.loop_steps import LoopSteps, RecordedStep
from tb_zeroacc.keras.loop.shown import (
    ShownStep,
    first_part,
    gradients_for,
    look,
    observe,
    penalties_of,
    second_part,
    unmoved,
)
from tb_zeroacc.keras.observe.replicas import replicas_here
from tb_zeroacc.keras.sampling.reduction import Reduction
from tb_zeroacc.keras.tables import layer_tables
from tb_zeroacc.recording.sample import Sample, arrays_of, joined
from tb_zeroacc.recording.tables.model_tables import Snapshot
from tb_zeroacc.recording.tables.observation import Observation, Update


@dataclass(slots=True, kw_only=True)
class _Pending(RecordedStep):
    """One whose sample waits for the update."""

    sample: Sample


@dataclass(eq=False)
class EagerSteps(LoopSteps):
    """Samples the steps that are recorded eagerly; see `LoopSteps`."""

    def __post_init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self._updates: dict[int, Update] = {}  # since the last record, by optimizer
        self._pending: _Pending | None = None
        self._applies_first: bool | None = None  # whether a step applies before it is recorded
        self._has_recorded = self._is_hidden = False
        self._between: tuple[Snapshot, int] | None = None  # weights, updates so far

    def open(self) -> None:
        """Training begins."""
        self._forget()
        if self.model.built:
            self.guard.run("the weights", self._look_ahead)

    def close(self) -> None:
        """Training is over: what waits is written."""
        self.flush()
        self._forget()

    def flush(self) -> None:
        """Writes the sample that waits for its update, whether that came or not."""
        pending, self._pending = self._pending, None
        if pending is not None:
            self.progress.write(pending.sample)

    # --- updates ----------------------------------------------------------------------------

    def before_apply(self, update: Update) -> None:
        """Looks at the weights where the step is going to be sampled."""
        start = time.perf_counter()
        if self._applies_first is None:
            self._applies_first = not self._has_recorded
        self._between = None
        if update.replicas > 1:
            is_due = self._pending is not None or self.progress.expects_due()
            update.reduction = Reduction(self.guard, is_due)
        if self._applies_first:
            self._updates[id(update.optimizer)] = update
            if self.progress.expects_due():
                update.before = look(update.optimizer, update.variables)
        self.progress.book(time.perf_counter() - start, beside=True)

    def after_apply(self, update: Update) -> None:
        """Completes the sample that waits for this update."""
        pending = self._pending
        if pending is None:
            return
        start = time.perf_counter()
        pending.add(update)
        found = second_part(
            pending.seen, pending.updates, self.guard, has_gradients=pending.has_gradients
        )
        pending.sample = joined(pending.sample, arrays_of(found))
        if self._has_all_updates(pending):
            self.flush()
        self.progress.book(time.perf_counter() - start, beside=True)

    # --- records ----------------------------------------------------------------------------

    def record(self, given: int | None, shown: ShownStep, forward: Observation | None) -> None:
        """Counts a step, and samples it where it is due or its loss is not finite.

        Args:
            given: Its number as the user counts.
            shown: What the user showed of it.
            forward: Its forward pass, where the hooks saw one.
        """
        start = time.perf_counter()
        progress = self.progress
        self.flush()
        step = progress.advance(given)
        progress.pace(step)
        self._has_recorded = True
        is_bad = shown.loss is not None and progress.is_bad(float(layer_tables.mean_of(shown.loss)))
        updates, self._updates = list(self._updates.values()), {}
        if is_bad or step >= progress.next_due:
            seen = observe(self.model, shown, forward, self.guard)
            seen.penalties = penalties_of(self.model)
            sample = self._sampled(step, seen, updates, shown.gradients, is_bad)
            progress.plan(sample, time.perf_counter() - start)
            if self._pending is None:
                progress.write(sample)
        self._between = None
        if self._is_hidden or self._applies_first is None:
            self.guard.run("the weights", self._look_ahead)
        progress.book(time.perf_counter() - start)

    def _sampled(
        self, step: int, seen: Observation, updates: list[Update], gradients: Any, is_bad: bool
    ) -> Sample:
        variables = list(self.model.trainable_variables)
        given = self.guard.run("the gradients", gradients_for, self.model, gradients)
        waits = False
        if not updates and variables:
            update = self._hidden_update(variables, given)
            if update is None:
                before = look(self._optimizer, variables)
                update = unmoved(self._optimizer, variables, given, before)
                waits = bool(self.optimizers) and not self._applies_first
            updates, has_gradients = [update], given is not None
        else:
            has_gradients = True
        for update in updates:
            if update.before is None:
                scale = layer_tables.loss_scale_of(update.optimizer)
                update.before = layer_tables.unseen(update, scale)
        seen.updates = updates
        found = first_part(seen, self.guard, self.outputs_of(seen), has_gradients=has_gradients)
        sample = Sample(step, is_bad, float("nan"), layer_tables.has_loss(seen), arrays_of(found))
        if waits:
            seen.calls = []  # releases the tensors
            seen.x = seen.y = seen.y_pred = seen.sample_weight = None
            self._pending = _Pending(
                seen=seen, before=before, has_gradients=has_gradients, sample=sample
            )
        return sample

    # --- updates within a function ------------------------------------------------------------

    def _look_ahead(self) -> None:
        """Looks at the weights for a step whose update no hook will see."""
        variables = list(self.model.trainable_variables)
        if self.optimizers and variables and self.progress.expects_due():
            self._between = (look(self._optimizer, variables), count_updates(self.optimizers))

    def _hidden_update(self, variables: list[Any], gradients: list[Any] | None) -> Update | None:
        """The update that a function has made since the last record; None if there was none."""
        if self._between is not None:
            before, updates = self._between
            self._is_hidden |= count_updates(self.optimizers) > updates
        if not self._is_hidden:
            return None
        given = [None] * len(variables) if gradients is None else gradients
        update = Update(
            self._optimizer, given, variables, fresh=False, replicas=replicas_here()
        )
        if self._between is not None:
            update.before = before
        return update
