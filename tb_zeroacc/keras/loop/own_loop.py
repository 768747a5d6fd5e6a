"""One recording of a loop of the user's own: everything that one `Monitor` writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import keras
import tensorflow as tf

from tb_zeroacc import facts
from tb_zeroacc.keras.contract import model_contract as contracts
from tb_zeroacc.keras.contract.losses import Asked, describe_outputs
from tb_zeroacc.keras.contract.traced_shapes import shapes_of
from tb_zeroacc.keras.loop.eager_loop import EagerSteps
from tb_zeroacc.keras.loop.given import taken_loss, taken_step
from tb_zeroacc.keras.loop.graph_loop import GraphSteps
from tb_zeroacc.keras.loop.loop_hooks import LoopHooks, count_updates
from tb_zeroacc.keras.loop.reaching import as_reached
from tb_zeroacc.keras.loop.shown import ShownStep, observe
from tb_zeroacc.keras.observe.op_callbacks import without_op_callbacks
from tb_zeroacc.keras.observe.optimizers import Optimizers
from tb_zeroacc.recording import unrecorded
from tb_zeroacc.recording.guard import Guard
from tb_zeroacc.recording.loop_progress import STEPS, LoopProgress
from tb_zeroacc.recording.recorder import Recorder, end_of
from tb_zeroacc.recording.schedule import Schedule
from tb_zeroacc.recording.session import numbers_of
from tb_zeroacc.recording.tables.observation import Observation, Update
from tb_zeroacc.recording.workers.identity import Identity


class OwnLoop(Recorder):
    """Records one model, from the first time that its loop begins to the last time that it ends.

    Args:
        model: A Keras model, compiled or not.
        optimizers: The Keras optimizers that the loop applies.
        loss: What the loop minimises, as for `compile`; None where nothing is known.
        log_dir: Directory of the training.
        schedule: Says which steps are due.
        news, identity: As of `Recorder`.
    """

    def __init__(
        self,
        model: Any,
        optimizers: list[Any],
        loss: Any,
        log_dir: str,
        schedule: Schedule,
        news: Callable[[str], None],
        identity: Identity | None = None,
    ) -> None:
        super().__init__(log_dir, Guard(without_op_callbacks), news, identity)
        self._model = model
        self._optimizers = optimizers
        self._known = Optimizers(_named(optimizers))
        self._changes = 0  # of what is known of them, when they were last stated
        self._asked = Asked(loss, self._known)
        self._progress = LoopProgress(self._session, schedule, self.guard, news)
        parts = (model, optimizers, self._progress, self.guard, self._outputs_of)
        self._eager = EagerSteps(*parts)
        self._graph = GraphSteps(*parts)
        self._hooks: LoopHooks | None = None
        self._has_told = False
        self._updates: int | None = None  # of all optimizers, when the epoch began

    def begin(self) -> None:
        """The loop begins."""
        if not self.is_writing:
            return
        self._session.resume()
        self.is_open = True
        self._has_told = False
        self._progress.resume()
        self._has_trained()
        self.guard.run("the contract", self._state, None)
        self._news("contract")
        self._eager.open()
        self._graph.open()
        self._hooks = LoopHooks(self._model, self._optimizers, self, self.guard)
        self._hooks.install()

    def end(self, fault: BaseException | None) -> None:
        """The loop has ended, by an error or by itself."""
        if self.is_open:
            self._close()
            self.guard.run("how the loop ended", self._write_end, fault)
            self._news("end" if fault is None else "exception")

    def _write_end(self, fault: BaseException | None) -> None:
        steps = self._progress.taken(trained=self._has_trained())
        self._state_optimizers()
        ended = facts.End("finished", steps) if fault is None else end_of(fault, steps)
        self._session.fact(self._progress.steps, ended)

    def _close(self) -> None:
        # Parts of their own: what failed in a step must not keep us from letting go.
        self.is_open = False
        self.guard.run("the end of the hooks", self._unhook)
        self.guard.run("the end of records in a tf.function", self._graph.close)
        self.guard.run("the end of eager records", self._eager.close)
        self._session.association(self._progress.steps)

    def _unhook(self) -> None:
        if self._hooks is not None:
            self._hooks.remove()
            self._hooks = None

    def program_ended(self) -> None:
        """The interpreter ends, maybe within the loop."""
        if self.is_open:
            self._close()
            steps = self._progress.taken(trained=self._has_trained())
            self._session.fact(self._progress.steps, end_of(None, steps))

    # --- epochs and steps -------------------------------------------------------------------

    def record(self, step: Any, shown: ShownStep) -> None:
        """Records a step, traced or eager; nothing comes out of it.

        Args:
            step: Its number as the user counts, or None.
            shown: What the user shows of it.
        """
        if self.is_open:
            self.guard.run(STEPS, self._record, step, shown)

    def _record(self, step: Any, shown: ShownStep) -> None:
        forward = self._hooks.take() if self._hooks is not None else None
        step = taken_step(self.guard, step)
        shown = replace(shown, loss=taken_loss(self.guard, shown.loss))
        if tf.inside_function() or not self._has_told:
            seen = observe(self._model, shown, forward, self.guard)
            self.guard.run("what the model is", self._on_trace, seen)
        if tf.inside_function():
            self._graph.record(step, seen, shown.gradients, forward)
            return
        self._has_told = True
        if self._changes != self._known.changes:
            self._state_optimizers()
        self._graph.ask()
        self._eager.record(None if step is None else int(step), shown, forward)
        if self._graph.is_used:
            self._graph.tell()

    def _on_trace(self, seen: Observation) -> None:
        self._state(seen)
        self._session.shapes(self._progress.steps, shapes_of(seen))

    def _state(self, seen: Observation | None) -> None:
        found = contracts.describe(self._model, facts.Fit(), seen, self._asked)
        outputs = self._as_reached(found.outputs, seen)
        found = replace(found, outputs=outputs, **self._trained_by())
        self._session.state(self._progress.steps, found)

    def _state_optimizers(self) -> None:
        """What trains, as far as updates show it: those behind a record come too late for it."""
        self._changes = self._known.changes
        found = replace(self._session.contract, **self._trained_by())
        self._session.state(self._progress.steps, found)

    def _trained_by(self) -> dict[str, Any]:
        # The first record may stand before the first update.
        return contracts.trained_by(self._known, seen=self._progress.steps > 1)

    def _outputs_of(self, seen: Observation) -> tuple[facts.Output, ...]:
        return self._as_reached(describe_outputs(self._model, seen, [], self._asked), seen)

    def _as_reached(
        self, outputs: tuple[facts.Output, ...], seen: Observation | None
    ) -> tuple[facts.Output, ...]:
        known = self.guard.run("what activation reaches the loss", as_reached, outputs, seen)
        return as_reached(outputs, None) if known is None else known

    def end_epoch(self, logs: Mapping[str, Any] | None) -> None:
        """Writes an epoch.

        Args:
            logs: Names and numbers, or metrics, as `fit` would log them; None for none.
        """
        if self.is_open:
            self.guard.run("epochs", self._end_epoch, logs)

    def _end_epoch(self, logs: Mapping[str, Any] | None) -> None:
        if tf.inside_function():
            raise ValueError("call `end_epoch` in eager code, not within a tf.function")
        self._graph.ask()
        self._state_optimizers()
        training = self._known.training(seen=True)
        rate = None
        if len(training) == 1:
            rate = self.guard.run(
                "the learning rate", contracts.learning_rate_of, training[0].optimizer
            )
        trained = self._has_trained()
        if trained and self._progress.is_silent:
            self._session.lacks(unrecorded.of_silence())
        numbers = self.guard.run("logs of epochs", _values_of, logs) or {}
        self._progress.end_epoch(numbers, rate, trained=trained)

    def _has_trained(self) -> bool | None:
        """Whether an optimizer has counted an update since this was last asked; None if unknown."""
        before, self._updates = self._updates, None
        if self._optimizers:
            self._updates = self.guard.run("updates", count_updates, self._optimizers)
        return None if before is None or self._updates is None else self._updates > before

    # --- from the hooks ---------------------------------------------------------------------

    def before_forward(self, forward: Observation) -> None:
        """From the hooks: the model is about to be called."""
        if tf.inside_function():
            self.guard.run("weights before a step", self._graph.before_forward, forward)

    def before_apply(self, update: Update) -> None:
        """From the hooks: an optimizer is about to change the weights."""
        update.name = self._known.note(update.optimizer, update.variables, hidden=False)
        steps = self._graph if tf.inside_function() else self._eager
        self.guard.run("updates", steps.before_apply, update)

    def after_apply(self, update: Update) -> None:
        """From the hooks: an optimizer has changed the weights."""
        steps = self._graph if tf.inside_function() else self._eager
        self.guard.run("updates", steps.after_apply, update)


def _named(optimizers: list[Any]) -> dict[str, Any]:
    """Optimizers by the names that Keras or the user gave them; a single one is `optimizer`."""
    if len(optimizers) == 1:
        return {"optimizer": optimizers[0]}
    found: dict[str, Any] = {}
    for optimizer in optimizers:
        name = str(getattr(optimizer, "name", None) or type(optimizer).__name__)
        same = sum(known.split("#")[0] == name for known in found)
        found[f"{name}#{same}" if same else name] = optimizer
    return found


def _values_of(logs: Mapping[str, Any] | None) -> dict[str, float]:
    if logs is not None and not isinstance(logs, Mapping):
        raise ValueError(f"`logs` must be a dictionary of numbers. Received: logs={logs!r}.")
    found = dict(logs or {})
    for name, value in found.items():
        if isinstance(value, keras.Metric):
            found[name] = value.result()
    return numbers_of(found)
