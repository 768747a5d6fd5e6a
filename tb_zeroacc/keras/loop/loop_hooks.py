"""Hooks for a loop of the user's own: what model and optimizers did since the last record.

They lie on instances, add no operation and go without a trace, as those of `hooks` do. A loop has
no step that could be watched from outside, so forward passes are kept until a record asks for them:
the latest of each graph, and the latest eager one.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any, Protocol

import tensorflow as tf

from tb_zeroacc.keras.compat import call_name
from tb_zeroacc.keras.observe.hooks import layers_of, makes_variables
from tb_zeroacc.keras.observe.optimizers import learned
from tb_zeroacc.keras.observe.patches import Patch
from tb_zeroacc.keras.sampling.tracing import graphs_around
from tb_zeroacc.recording.guard import Guard
from tb_zeroacc.recording.tables.observation import LayerCall, Observation, Update


class LoopWatcher(Protocol):
    """Who is told of what happens; all calls come where operations can still be added."""

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
        self._hooked: set[int] = set()
        self._patches: list[Patch] = []
        self._optimizers = optimizers

    def install(self) -> None:
        """Puts every hook on."""
        self._patches.append(Patch(self._model, "call", self._model_call))
        for optimizer in self._optimizers:
            self._patches.append(
                Patch(optimizer, "apply", functools.partial(self._apply, optimizer))
            )
        self._hook_layers()

    def remove(self) -> None:
        """Takes every hook off."""
        for patch in reversed(self._patches):
            patch.remove()
        self._patches.clear()
        self._notes = _Notes()

    def take(self) -> Observation | None:
        """The forward pass that belongs to a record here; lets go of all others."""
        notes = self._notes
        found = None
        for kept in (notes.forwards, notes.tests, notes.loose):
            found = found or next((kept[g] for g in graphs_around() if g in kept), None)
        for kept in (notes.forwards, notes.tests, notes.loose):
            kept.clear()
        return found

    def _hook_layers(self) -> None:
        # Asked again at each call: a subclassed model may make layers in its first one.
        for layer in layers_of(self._model):
            if id(layer) not in self._hooked:
                self._hooked.add(id(layer))
                hook = functools.partial(self._layer_call, layer)
                self._patches.append(Patch(layer, call_name(layer), hook))

    def _model_call(self, original: Callable[..., Any], patch: Patch) -> Callable[..., Any]:
        @functools.wraps(original)
        def call(*args: Any, **kwargs: Any) -> Any:
            if not patch.active:
                return original(*args, **kwargs)
            notes, here = self._notes, graphs_around()[0]
            is_test = kwargs.get("training") is False
            kept = notes.tests if is_test else notes.forwards
            kept.pop(here, None)  # lets go of its tensors before there are more
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

    def _apply(
        self, optimizer: Any, original: Callable[..., Any], patch: Patch
    ) -> Callable[..., Any]:
        @functools.wraps(original)
        def apply(grads: Any, trainable_variables: Any = None) -> Any:
            gradients = list(grads)
            if not patch.active or not gradients:
                return original(gradients, trainable_variables)
            variables = trainable_variables
            if variables is None:
                variables = optimizer._trainable_variables
            variables = list(variables)
            fresh = not optimizer.built and makes_variables(optimizer)
            update = Update(optimizer, *learned(gradients, variables), fresh)
            self._watcher.before_apply(update)
            # The same list again: `zip` and `filter` can be gone through only once.
            given = None if trainable_variables is None else variables
            result = original(gradients, given)
            self._watcher.after_apply(update)
            return result

        unconverted: Callable[..., Any] = tf.autograph.experimental.do_not_convert(apply)
        return unconverted


def count_updates(optimizers: list[Any]) -> int:
    """Updates that Keras optimizers have counted by themselves."""
    return sum(int(optimizer.iterations.numpy()) for optimizer in optimizers)
