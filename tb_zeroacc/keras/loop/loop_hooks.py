"""Hooks for a loop of the user's own: what model and optimizers did since the last record.

They are put on instances, add no operation and are removed completely, as those of `hooks`. A loop
has no step that could be watched from outside, so forward passes are kept until a record asks for
them: the latest of each graph, and the latest eager one.
"""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from tb_zeroacc.keras.observe.optimizer_hooks import hook_updates
from tb_zeroacc.keras.observe.patches import Patch, Patches
from tb_zeroacc.keras.sampling.tracing import graphs_around
from tb_zeroacc.recording.guard import Guard
from tb_zeroacc.recording.tables.observation import LayerCall, Observation, Update


class LoopWatcher(Protocol):
    """Is told what happens, always at a point where operations can still be added."""

    def before_forward(self, forward: Observation) -> None:
        """The model is about to be called, other than for a test."""

    def before_apply(self, update: Update) -> None:
        """An optimizer is about to change the weights."""

    def after_apply(self, update: Update) -> None:
        """An optimizer has changed the weights."""


class _Notes(threading.local):
    """Each replica is traced in a thread of its own."""

    def __init__(self) -> None:
        self.running: list[Observation] = []  # calls of the model, the innermost last
        self.forwards: dict[Any, Observation] = {}  # by graph; None is eager
        self.tests: dict[Any, Observation] = {}  # those with training=False
        self.loose: dict[Any, Observation] = {}  # of layers called outside the model


class LoopHooks:
    """The hooks on one model and its optimizers, from `install` to `remove`.

    Args:
        model: A Keras model, built or not.
        optimizers: Keras optimizers.
        watcher: Is told of updates.
        guard: Turns failing parts off.
    """

    def __init__(
        self, model: Any, optimizers: list[Any], watcher: LoopWatcher, guard: Guard
    ) -> None:
        self._model = model
        self._watcher = watcher
        self._guard = guard
        self._notes = _Notes()
        self._patches = Patches(model)
        self._optimizers = optimizers

    def install(self) -> None:
        """Puts every hook on."""
        self._patches.put(self._model, "call", self._model_call)
        for optimizer in self._optimizers:
            hook_updates(optimizer, self._patches, lambda patch: patch.active, self._around_update)
        self._hook_layers()

    def remove(self) -> None:
        """Takes every hook off."""
        self._patches.remove()
        self._notes = _Notes()

    def take(self) -> Observation | None:
        """The forward pass that belongs to a record here; releases all others."""
        notes = self._notes
        found = None
        for kept in (notes.forwards, notes.tests, notes.loose):
            found = found or next((kept[g] for g in graphs_around() if g in kept), None)
        for kept in (notes.forwards, notes.tests, notes.loose):
            kept.clear()
        return found

    def _hook_layers(self) -> None:
        self._patches.put_on_layers(lambda layer: functools.partial(self._layer_call, layer))

    def _model_call(self, original: Callable[..., Any], patch: Patch) -> Callable[..., Any]:
        @functools.wraps(original)
        def call(*args: Any, **kwargs: Any) -> Any:
            if not patch.active:
                return original(*args, **kwargs)
            notes, here = self._notes, graphs_around()[0]
            is_test = kwargs.get("training") is False
            kept = notes.tests if is_test else notes.forwards
            kept.pop(here, None)  # releases its tensors before new ones are made
            forward = Observation(self._model, None, x=args[0] if args else None)
            if not is_test:
                self._watcher.before_forward(forward)
            notes.running.append(forward)
            try:
                forward.y_pred = original(*args, **kwargs)
            finally:
                notes.running.pop()
            # A look at the validation data is no forward pass of the step before it.
            if not (is_test and here in notes.forwards):
                kept[here] = forward
            self._guard.run("new layers", self._hook_layers)
            return forward.y_pred

        return call

    def _layer_call(
        self, layer: Any, original: Callable[..., Any], patch: Patch
    ) -> Callable[..., Any]:
        @functools.wraps(original)
        def call(*args: Any, **kwargs: Any) -> Any:
            output = original(*args, **kwargs)
            notes = self._notes
            if not patch.active:
                return output
            if notes.running:
                notes.running[-1].note_call(layer, output)
                return output
            here = graphs_around()[0]
            loose = notes.loose.setdefault(here, Observation(self._model, None))
            loose.calls = [c for c in loose.calls if c.layer is not layer]
            loose.calls.append(LayerCall(layer, output))
            return output

        return call

    @contextlib.contextmanager
    def _around_update(self, patch: Patch, update: Update) -> Iterator[None]:
        is_one = any(gradient is not None for gradient in update.gradients)
        if is_one:
            self._watcher.before_apply(update)
        yield
        if is_one:
            self._watcher.after_apply(update)


def count_updates(optimizers: list[Any]) -> int:
    """Updates that Keras optimizers have counted by themselves."""
    return sum(int(optimizer.iterations.numpy()) for optimizer in optimizers)
