"""The function in `model.train_function`: it stands around every step of `fit`.

Keras looks the attribute up at every batch, so a function put there in `on_train_begin` sees all
steps, and every error that comes out of one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import tensorflow as tf


class Watcher(Protocol):
    """Who is told about the steps.

    Attributes:
        callback: The callback that it records for, as Keras lists it in a `fit`.
    """

    callback: Any

    def is_fitting(self) -> bool:
        """Whether the `fit` of its callback is still under way."""

    def step_failed(self, fault: BaseException, iterator: Any) -> None:
        """A step raised; the error goes on unchanged after this returns."""

    def data_ended(self) -> None:
        """The iterator had no further batch."""

    def abandoned(self) -> None:
        """`fit` was left without a word, and the model is used by someone else."""


class StepFunction:
    """Wraps the hooked train function; `remove` puts back the one that was there before.

    Args:
        model: The model, with its hooks on.
        watcher: Is told what happens.

    Attributes:
        watcher: Is told what happens.
        active: Whether it watches, or only passes calls on.
        running: Whether a step of ours is under way.
    """

    def __init__(self, model: Any, watcher: Watcher) -> None:
        self._model = model
        self.watcher = watcher
        self._saved = model.train_function
        self.active = True
        self.running = False
        self._armed = False
        self.inner: Callable[[Any], Any] = self._make()
        if isinstance(self._saved, StepFunction):
            # Another recorder of the same `fit`: its step is this new one, which holds both hooks.
            self._saved.inner, self.inner = self.inner, self._saved
        object.__setattr__(model, "train_function", self)

    def _make(self) -> Callable[[Any], Any]:
        self._model.make_train_function(force=True)
        made: Callable[[Any], Any] = self._model.train_function
        return made

    def renew(self) -> None:
        """Makes the step anew: it will be traced once more, with all hooks."""
        top = self._model.train_function
        inner = self._make()
        object.__setattr__(self._model, "train_function", top)
        below: StepFunction = self
        while isinstance(below.inner, StepFunction):
            below = below.inner
        below.inner = inner

    def arm(self) -> None:
        """Announces a step of the `fit` that is being watched."""
        self._armed = True
        if not self._is_in_place():
            # Someone had Keras make the step anew, to thaw layers say; our hooks are in it, too.
            self.inner = self._model.train_function
            object.__setattr__(self._model, "train_function", self)

    def _is_in_place(self) -> bool:
        function = self._model.train_function
        while isinstance(function, StepFunction):
            if function is self:
                return True
            function = function.inner
        return function is None

    @staticmethod
    def left_behind(model: Any, running: list[Any]) -> list[Watcher]:
        """Who still watches a model although the `fit` of their callbacks is over.

        An error of another callback, or Ctrl-C between two steps, ends a `fit` without a word.

        Args:
            model: The model.
            running: The callbacks of the `fit` that is running; empty where they are not known,
                and then nobody counts as left behind.
        """
        found = []
        function = model.train_function
        while isinstance(function, StepFunction):
            if running and function.active and function.watcher.callback not in running:
                found.append(function.watcher)
            function = function.inner
        return found

    def remove(self) -> None:
        """Ends the watch and clears away whatever inert functions lie below."""
        self.active = False
        while True:
            top = self._model.train_function
            if not isinstance(top, StepFunction) or top.active:
                return
            object.__setattr__(self._model, "train_function", top._saved)

    def __call__(self, iterator: Any) -> Any:
        """Runs the next step of `fit`, as Keras' own train function would."""
        if not self.active:
            return self.inner(iterator)
        if not self._armed and self.watcher.is_fitting():
            return self.inner(iterator)  # a step that another callback takes by itself
        if not self._armed:
            # Ctrl-C between two steps ended our `fit`.
            self.watcher.abandoned()
            return self._model.train_function(iterator)
        self._armed = False
        self.running = True
        try:
            return self.inner(iterator)
        except (StopIteration, tf.errors.OutOfRangeError):
            self.watcher.data_ended()
            raise
        except BaseException as fault:
            self.watcher.step_failed(fault, iterator)
            raise
        finally:
            self.running = False
