"""The function in `model.train_function`: it stands around every step of `fit`.

Keras looks the attribute up at every batch, so a function put there in `on_train_begin` sees all
steps, and every error that comes out of one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import tensorflow as tf

from tb_zeroacc.recorder.generations import is_keras_2, unconverted

EXTRA = "_zeroacc"  # under this name the logs of a step hold what recorders asked for


class Watcher(Protocol):
    """Who is told about the steps.

    Attributes:
        callback: The callback that it records for, as Keras lists it in a `fit`.
        token: Names what it asked the step to return, among other recorders' wishes.
    """

    callback: Any
    token: str

    def is_fitting(self) -> bool:
        """Whether the `fit` of its callback is still under way."""

    def before_call(self, iterator: Any) -> None:
        """A step is about to run; what is raised here passes for an error of the step."""

    def after_call(self, extra: Any) -> None:
        """A step has run; `extra` is what it was asked to return, None where nothing came."""

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
        direct: Whether the step is to be taken without Keras' packing of its outputs.

    Attributes:
        watcher: Is told what happens.
        active: Whether it watches, or only passes calls on.
        running: Whether a step of ours is under way.
    """

    def __init__(self, model: Any, watcher: Watcher, *, direct: bool = False) -> None:
        self._model = model
        self.watcher = watcher
        self._saved = model.train_function
        self.active = True
        self.running = False
        self._armed = False
        self._direct = direct
        self._extra: dict[str, Any] = {}
        self.inner: Callable[[Any], Any] = self._make()
        if isinstance(self._saved, StepFunction):
            # Another recorder of the same `fit`: its step is this new one, which holds both hooks.
            self._saved.inner, self.inner = self.inner, self._saved
        object.__setattr__(model, "train_function", self)

    def _make(self) -> Callable[[Any], Any]:
        if self._direct:
            return DirectStep(self._model)
        self._model.make_train_function(force=True)
        made: Callable[[Any], Any] = self._model.train_function
        return made

    def renew(self) -> None:
        """Makes the step anew: it will be traced once more, with all hooks."""
        top = self._model.train_function
        inner = self._make()
        object.__setattr__(self._model, "train_function", top)
        self._lowest().inner = inner

    def _lowest(self) -> StepFunction:
        return self._chain()[-1]

    def _chain(self) -> list[StepFunction]:
        """This function and those below it, of other recorders."""
        found = [self]
        while isinstance(found[-1].inner, StepFunction):
            found.append(found[-1].inner)
        return found

    def trace(self, iterator: Any) -> bool:
        """Traces a new step without running it, where that can be told apart; whether it did."""
        chain = self._chain()
        step = chain[-1].inner
        if not isinstance(step, DirectStep) or step.is_traced:
            return False
        for function in chain:  # the trace serves all recorders
            function.running = function.active
        try:
            step.trace(iterator)
        finally:
            for function in chain[1:]:
                function.running = False
        return True

    def arm(self) -> None:
        """Announces a step of the `fit` that is being watched."""
        self._armed = True
        if not self._is_in_place():
            # Someone had Keras make the step anew, to thaw layers say; our hooks are in it, too.
            found = self._model.train_function
            ours = isinstance(found, StepFunction) or not self._direct
            self.inner = found if ours else self._make()
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
            return self._run(iterator)
        if not self._armed and self.watcher.is_fitting():
            return self._run(iterator)  # a step that another callback takes by itself
        if not self._armed:
            # Ctrl-C between two steps ended our `fit`.
            self.watcher.abandoned()
            return self._model.train_function(iterator)
        self._armed = False
        self.running = True
        try:
            self.watcher.before_call(iterator)
            logs = self._run(iterator)
            self.watcher.after_call(self._extra.get(self.watcher.token))
            return logs
        except (StopIteration, tf.errors.OutOfRangeError):
            self.watcher.data_ended()
            raise
        except BaseException as fault:
            self.watcher.step_failed(fault, iterator)
            raise
        finally:
            self.running = False
            if self._model.train_function is self:  # else the one above takes them
                self._extra = {}  # lets go of the tensors

    def _run(self, iterator: Any) -> Any:
        """Runs the step, and takes what recorders asked for out of its logs."""
        logs = self.inner(iterator)
        if isinstance(self.inner, StepFunction):
            self._extra, self.inner._extra = self.inner._extra, {}
        elif isinstance(logs, dict):
            self._extra = logs.pop(EXTRA, {})
        return logs


class DirectStep:
    """Takes one step as Keras does, but for the `Optional` that it packs the outputs into.

    That packing costs more than a small step when many tensors are returned (measured: 24 % of a
    step of a millisecond, against 2 %).

    Args:
        model: A model in one replica.
        step: Its step; by default the one that it trains with.
        counter: The variable of the model in which Keras 2 counts such steps.

    Attributes:
        is_traced: Whether `trace` was called.
    """

    def __init__(
        self, model: Any, step: Callable[[Any], Any] | None = None, counter: str = "_train_counter"
    ) -> None:
        step, strategy = step or model.train_step, model.distribute_strategy
        eager = bool(model.run_eagerly)
        counted = getattr(model, counter) if is_keras_2(model) else None
        # Keras 2 has AutoGraph convert what a step calls, Keras 3 does not.
        do_not_convert: Any = tf.autograph.experimental.do_not_convert
        as_it_is: Any = do_not_convert if counted is None else unconverted

        @as_it_is  # type: ignore[untyped-decorator]
        def one_step(data: Any) -> Any:
            found = strategy.run(step, args=(data,))
            if counted is not None:
                counted.assign_add(1)
            return found

        compiled = one_step
        if not eager:
            compiled = tf.function(one_step, reduce_retracing=True, jit_compile=model.jit_compile)
        if hasattr(model, "_autoconvert_optionals"):
            compiled = model._autoconvert_optionals(compiled)

        @as_it_is  # type: ignore[untyped-decorator]
        def next_step(iterator: Any) -> Any:
            return compiled(iterator.get_next())

        self.is_traced = False
        self._one = compiled
        self._next = next_step if eager else tf.function(next_step, reduce_retracing=True)

    def trace(self, iterator: Any) -> None:
        """Traces the step and makes its variables; takes no batch.

        Where a variable's first value depends on the data the step has to be called for that.
        """
        self.is_traced = True
        if isinstance(iterator, tf.data.Iterator):
            try:
                self._next.get_concrete_function(iterator)
            except ValueError as fault:
                if type(fault).__name__ != "UnliftableError":
                    raise

    def __call__(self, iterator: Any) -> Any:
        """Takes the next batch and trains on it; the logs of the step."""
        if isinstance(iterator, tf.data.Iterator):
            return self._next(iterator)
        return self._one(next(iterator))
