"""Hooks on one model: they only collect what a training step shows, and add no operation.

While a step is traced (or run eagerly) its tensors gather in an `Observation`; at the end of the
step it is handed over. All hooks are put on instances and are removed completely.
"""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from tb_zeroacc.keras.compat import converting, is_converted, is_keras_2, unconverted
from tb_zeroacc.keras.observe.loss_hooks import LossHooks
from tb_zeroacc.keras.observe.optimizer_hooks import hook_updates
from tb_zeroacc.keras.observe.optimizers import Optimizers, optimizers_of_model
from tb_zeroacc.keras.observe.patches import Hook, Patch, Patches
from tb_zeroacc.keras.observe.replicas import replicas_here
from tb_zeroacc.keras.observe.underway import EXTRA, PART, Underway
from tb_zeroacc.recording.guard import Guard
from tb_zeroacc.recording.passing import passed
from tb_zeroacc.recording.tables.observation import Observation, Update


class Receiver(Protocol):
    """Gets the observations, always at a point where operations can still be added."""

    token: str  # names what `after_step` wants returned

    def is_live(self) -> bool:
        """Whether a step of ours is under way; hooks that fire otherwise were left behind."""

    def before_step(self, seen: Observation) -> None:
        """Called when a step has its data, before anything is computed from them."""

    def before_apply(self, seen: Observation, update: Update) -> None:
        """Called before an optimizer changes the weights."""

    def after_step(self, seen: Observation) -> Any:
        """Called at the end of the step; what it is to return beside its logs, or None."""


class Hooks:
    """The hooks of one recorder on one model, from construction to `remove`.

    Args:
        model: A compiled Keras model.
        receiver: Gets the observations.
        guard: Keeps our own errors out of the step.

    Attributes:
        optimizers: What may train the model, and what each was seen to update.
        last: What a step that raised had shown so far.
    """

    def __init__(self, model: Any, receiver: Receiver, guard: Guard) -> None:
        self._model = model
        self._receiver = receiver
        self._guard = guard
        self._underway = Underway()
        self._applying = threading.local()
        self.last: Observation | None = None
        self.optimizers = Optimizers(optimizers_of_model(model))
        self._patches = Patches(model)
        self._patches.put(model, "train_step", self._train_step)
        LossHooks(model, self._patches, self._underway, guard)
        self._patches.put(model, "call", self._model_call)
        for known in self.optimizers:
            hook_updates(known.optimizer, self._patches, self._is_applied, self._around_update)
        self._hook_layers()

    def remove(self) -> None:
        """Takes every hook off."""
        self._patches.remove()
        self.last = None

    def _hook_layers(self) -> None:
        self._patches.put_on_layers(self._layer_hook)

    def _layer_hook(self, layer: Any) -> Hook:
        return self._underway.noting(lambda seen, output: seen.note_call(layer, output))

    def _train_step(self, original: Callable[..., Any], patch: Patch) -> Callable[..., Any]:
        @functools.wraps(original)
        def train_step(*args: Any, **kwargs: Any) -> Any:
            if not patch.active or not self._receiver.is_live():
                return passed(original, *args, **kwargs)
            return self._observe(
                original, args, kwargs, self._receiver.after_step, self._receiver.token
            )

        return train_step

    def observed(
        self, step: Callable[..., Any], after: Callable[[Observation], Any], token: str
    ) -> Callable[..., Any]:
        """Another step of the model, `test_step` say, whose tensors are collected as well.

        Args:
            step: The step.
            after: Called at its end; what it is to return beside its logs, or None.
            token: Names that among the wishes of others.
        """
        is_old = is_keras_2(self._model)
        converts = is_old and is_converted(self._model, step.__name__)
        called = converting(step) if converts else step

        @functools.wraps(step)
        def observed_step(*args: Any, **kwargs: Any) -> Any:
            return self._observe(called, args, kwargs, after, token)

        return unconverted(observed_step) if is_old else observed_step

    def _observe(
        self,
        step: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        after: Callable[[Observation], Any],
        token: str,
    ) -> Any:
        data = args[0] if args else next(iter(kwargs.values()), None)
        seen = self.last = Observation(self._model, data, replicas=replicas_here())
        with self._underway.observing(seen):
            if after == self._receiver.after_step:
                self._guard.run(PART, self._receiver.before_step, seen)
            seen.result = passed(step, *args, **kwargs)
        extra = self._guard.run(PART, self._ended, seen, after)
        self.last = None  # releases the tensors
        if extra is None or not isinstance(seen.result, dict):
            return seen.result
        wishes = {**seen.result.get(EXTRA, {}), token: extra}
        return {**seen.result, EXTRA: wishes}

    def _model_call(self, original: Callable[..., Any], patch: Patch) -> Callable[..., Any]:
        @functools.wraps(original)
        def call(*args: Any, **kwargs: Any) -> Any:
            seen = self._underway.seen(patch)
            if seen is not None:
                # Those that the model made when it was built just now.
                self._guard.run(PART, self._hook_layers)
            output = passed(original, *args, **kwargs)
            if seen is not None and not seen.loss_called and args:
                # A train_step of the user's own may never call `compute_loss`.
                seen.x, seen.y_pred = args[0], output
                self._guard.run(PART, self._hook_layers)
            return output

        return call

    def _is_applied(self, patch: Patch) -> bool:
        """Whether an optimizer trains in a step of ours, and not as the inner one of another."""
        is_inner = getattr(self._applying, "is_under_way", False)
        return patch.active and self._receiver.is_live() and not is_inner

    @contextlib.contextmanager
    def _around_update(self, patch: Patch, update: Update) -> Iterator[None]:
        self._guard.run(PART, self._note_update, patch, update)
        self._applying.is_under_way = True
        try:
            yield
        finally:
            self._applying.is_under_way = False

    def _note_update(self, patch: Patch, update: Update) -> None:
        """Reports an update; one within a function or branch of the user's own only as hidden."""
        seen = self._underway.seen(patch)
        is_here = seen is not None and self._underway.is_here(seen)
        update.name = self.optimizers.note(update.optimizer, update.variables, hidden=not is_here)
        if seen is not None and is_here:
            seen.updates.append(update)
            self._receiver.before_apply(seen, update)

    def _ended(self, seen: Observation, after: Callable[[Observation], Any]) -> Any:
        """At the end of a step: adds what changed weights unseen, and hands it on."""
        if after == self._receiver.after_step:
            seen.updates += self.optimizers.unseen_updates(seen)
        return after(seen)
