"""Sampling where a step cannot be replayed: it returns its tensors, and Python summarises them.

An unsampled step costs its outputs and a probe of five numbers. The weights are looked at before a
step that is due, and its tensors are summarised after it. Where the probe shows a value that is not
finite, the tensors of that very step are still at hand.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from tb_zeroacc.keras.compat import has_loss_scale, is_as_keras_made_it, takes_single_steps
from tb_zeroacc.keras.contract.losses import describe_outputs
from tb_zeroacc.keras.sampling.data_clock import note_clock
from tb_zeroacc.keras.sampling.probe import CLOCK, INPUTS, LOSS, PLAN, WEIGHTS, probe, read
from tb_zeroacc.keras.sampling.sampler import PART, Sampler
from tb_zeroacc.keras.sampling.stepping import Taken
from tb_zeroacc.keras.tables import content, layer_tables
from tb_zeroacc.keras.tables.gathering import gather
from tb_zeroacc.keras.tables.plan import Before, SamplePlan, plan_of
from tb_zeroacc.recording.guard import Guard
from tb_zeroacc.recording.sample import Sample, Tables, arrays_of
from tb_zeroacc.recording.schedule import DueSteps
from tb_zeroacc.recording.tables.model_tables import MAX_ROWS, Snapshot
from tb_zeroacc.recording.tables.observation import Observation, Update

FALSE_ALARMS = 3  # so often the sum of finite inputs may overflow before it is ignored


def is_in_one_replica(model: Any) -> bool:
    """Whether a model's steps run without a distribution strategy."""
    is_current = tf.distribute.get_strategy() is model.distribute_strategy
    return is_current and not tf.distribute.has_strategy()


def serves(model: Any) -> bool:
    """Whether a model's steps can be taken this way: one at a time, in one replica."""
    single = bool(model.run_eagerly) or takes_single_steps(model)
    is_own = is_as_keras_made_it(model, "make_train_function")
    return single and is_in_one_replica(model) and is_own


class DirectSampler(Sampler):
    """Samples a model whose steps return their tensors; see `Sampler`.

    Args:
        model: The model.
        guard, due, on_trace: As of `Sampler`.
    """

    def __init__(
        self, model: Any, guard: Guard, due: DueSteps, on_trace: Callable[[Observation], None]
    ) -> None:
        super().__init__(guard, due, on_trace)
        self._plans: list[SamplePlan] = []
        self._before: Before | None = None
        self._heeded = [LOSS, WEIGHTS, INPUTS]
        self._false_alarms = 0
        self._look_again = -1
        self._is_eager = bool(model.run_eagerly)
        self._has_told = self._has_renewed = False
        self._unseen: list[Any] | None = None
        self._ahead: Snapshot | None = None

    # --- from the hooks ---------------------------------------------------------------------

    def before_step(self, seen: Observation) -> None:
        """Notes when its data were there; looks at the weights before an eager one."""
        note_clock(seen, self._guard)
        if not tf.inside_function() and self._is_due():
            self._ahead = self._guard.run("the weights", self._look_ahead, seen)

    def before_apply(self, seen: Observation, update: Update) -> None:
        """Notes the loss scale before the update changes it; of an eager step the weights, too."""
        if tf.inside_function():
            update.before = self._guard.run("the loss scale", _scale_before, update.optimizer)
        else:
            looked = self._guard.run("the weights", self._eager_look, update)
            update.before = looked or self._guard.run("the loss scale", _not_looked, update)

    def after_step(self, seen: Observation) -> Any:
        """Makes the plan of a traced step; samples an eager one."""
        if tf.inside_function():
            return self._guard.run(PART, self._planned, seen)
        self._guard.run(PART, self._after_eager_step, seen)
        self.due.step += 1
        return None

    def _planned(self, seen: Observation) -> Any:
        if any(update.fresh for update in seen.updates):
            return None  # Keras throws this trace away
        for update in seen.updates:
            if update.is_hidden:
                update.before = 1.0  # its gradients are unknown, and so is their scale
        gathered = gather(seen)
        outputs = describe_outputs(seen.model, seen, [])
        plan = plan_of(len(self._plans), gathered, outputs, self._guard)
        found = probe(plan.index, seen)
        self._plans.append(plan)
        self._on_trace(seen)
        return found, gathered.tensors

    # --- around a step ----------------------------------------------------------------------

    def before_call(self, function: Any, iterator: Any) -> None:
        """Traces a new step, then looks at the weights where the step is due."""
        if self._is_eager:
            return
        plans = len(self._plans)
        if function.trace(iterator) and len(self._plans) == plans and not self._has_renewed:
            # A trace that was expected to be thrown away was kept, by an optimizer without
            # variables that we do not know; one more has it all.
            self._has_renewed = True
            function.renew()
            function.trace(iterator)
        self._before = None
        if self._is_due() and self._plans:
            with self._beside():
                self._before = self._guard.run("the weights", self._plans[-1].look)

    def after_call(self, taken: Taken) -> None:
        """Reads the probe, and samples the step where it is due or a value is not finite."""
        if self._is_eager:
            return
        self.is_watching = taken.wish is not None
        if taken.wish is not None:
            self._guard.run(PART, self._heed, *taken.wish)
        self._before = None
        self.due.step += 1  # whatever is turned off

    def _heed(self, found: Any, tensors: Any) -> None:
        told = read(found)
        plan = self._plans[int(told[PLAN])]
        bad = self._alarmed(told)
        if bad or self._is_due():
            with self._beside():
                before = self._before if plan is self._plans[-1] else None
                self._add(plan.summarise(tensors, before), bad, told[CLOCK], plan.has_loss)

    def _is_due(self) -> bool:
        if PART in self._guard.off:
            return False
        return self.due.is_due() or self.due.step == self._look_again

    def _alarmed(self, told: list[float]) -> list[int]:
        return [i for i in self._heeded if not np.isfinite(told[i])]

    def _add(self, made: Tables, bad: list[int], ready: float, has_loss: bool) -> None:
        """Keeps a sample; an alarm is heeded once, a false one of the inputs some times more."""
        for alarm in bad:
            self._false_alarms += alarm == INPUTS and not _has_bad_input(made)
            if alarm != INPUTS or _has_bad_input(made) or self._false_alarms >= FALSE_ALARMS:
                self._heeded.remove(alarm)
        step = self.due.step
        self._samples.append(Sample(step, LOSS in bad, ready, has_loss, made))
        if self.due.is_due():
            self.due.move_on()
        if WEIGHTS in bad:
            self._look_again = step + 1  # that shows whose weights are broken

    # --- eager steps ------------------------------------------------------------------------

    def _look_ahead(self, seen: Observation) -> Snapshot | None:
        """The weights before a step, of those whose updates no hook sees; at first of all."""
        hidden = seen.model.trainable_variables if self._unseen is None else self._unseen
        if not hidden:
            return None
        return layer_tables.look(Update(None, [], list(hidden), fresh=False), 1.0)

    def _look_back(self, update: Update) -> Snapshot:
        """What was seen ahead of the step of an update that no hook saw."""
        ahead = self._ahead
        known = {id(weight.variable) for weight in ahead.weights} if ahead else set()
        if ahead is None or not all(id(v) in known for v in update.variables[:MAX_ROWS]):
            return layer_tables.unseen(update, 1.0)
        return layer_tables.narrowed(ahead, update.variables[:MAX_ROWS])

    def _eager_look(self, update: Update) -> Snapshot:
        if self._is_due():
            return layer_tables.look(update, layer_tables.loss_scale_of(update.optimizer))
        return _not_looked(update)

    def _after_eager_step(self, seen: Observation) -> None:
        self.is_watching = True
        hidden = [update for update in seen.updates if update.is_hidden]
        for update in hidden:
            update.before = self._guard.run("the weights", self._look_back, update)
        known = {id(v): v for v in self._unseen or ()}
        known.update((id(v), v) for update in hidden for v in update.variables)
        self._unseen = list(known.values())
        self._ahead = None
        told = read(probe(0, seen))
        bad = self._alarmed(told)
        if not self._has_told:
            self._has_told = True
            self._on_trace(seen)
        if bad or self._is_due():
            made = arrays_of(content.tables_of(seen, self._guard))
            self._add(made, bad, told[CLOCK], layer_tables.has_loss(seen))


def _not_looked(update: Update) -> Snapshot:
    return layer_tables.unseen(update, layer_tables.loss_scale_of(update.optimizer))


def _scale_before(optimizer: Any) -> Any:
    """A number where the loss scale is fixed, which then needs no tensor."""
    if has_loss_scale(optimizer):
        return layer_tables.loss_scale_of(optimizer)
    return float(getattr(optimizer, "loss_scale_factor", None) or 1.0)


def _has_bad_input(made: Tables) -> bool:
    for layout, values in made:
        if layout.kind == "inputs":
            return bool(values[:, layout.columns.index("non_finite_count")].any())
    return True
