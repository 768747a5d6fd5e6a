"""The function in `model.train_function`: it stands around every step of `fit`.

Keras looks the attribute up at every batch, so a function put there in `on_train_begin` sees all
steps, and every error that comes out of one.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import tensorflow as tf

from tb_zeroacc.keras.observe.underway import EXTRA
from tb_zeroacc.keras.sampling.batches import Batches
from tb_zeroacc.keras.sampling.direct_step import DirectStep, Drawn
from tb_zeroacc.recording.passing import is_ours, passed


@dataclass(frozen=True, slots=True)
class Taken:
    """What a call of the step returned beside its logs.

    Attributes:
        wish: What the watcher asked the step to return; None where nothing came.
        drawn: What it drew; None where that is not handed out.
    """

    wish: Any = None
    drawn: Drawn | None = None


class StepSampler(Protocol):
    """Is asked and told about single steps.

    Attributes:
        token: Names what it asked the step to return, among other recorders' wishes.
    """

    token: str

    def wants_single_steps(self, count: int) -> bool:
        """Whether one of the next so many steps has to be taken by itself."""

    def before_call(self, iterator: Any) -> None:
        """A step is about to run; what is raised here passes for an error of the step."""

    def after_call(self, taken: Taken) -> None:
        """A step has run, or several at once."""


class FitWatcher(Protocol):
    """Is told how the steps of a `fit` end.

    Attributes:
        callback: The callback that it records for, as Keras lists it in a `fit`.
        is_within_fit: Whether a `fit` announces its steps; else a loop of `train_on_batch` may
            call the outer hooks of the callback alone.
    """

    callback: Any
    is_within_fit: bool

    def is_fitting(self) -> bool:
        """Whether the `fit` of its callback is still under way."""

    def step_failed(self, fault: BaseException, iterator: Any) -> None:
        """A step raised; the error goes on unchanged after this returns."""

    def data_ended(self) -> None:
        """The iterator had no further batch."""

    def abandoned(self) -> None:
        """`fit` ended without notice, and the model is used elsewhere."""

    def failed(self, fault: Exception) -> None:
        """Our own part of a step failed: every hook has to be removed."""


class StepFunction:
    """Wraps the hooked train function; `remove` puts back the one that was there before.

    Args:
        model: The model, with its hooks on.
        watcher: Is told how steps end.
        sampler: Is asked and told about each step.
        direct: Whether the step is to be taken without Keras' packing of its outputs.
        together: Steps that one call takes unless a watcher wants them singly.

    Attributes:
        watcher, sampler: As above.
        active: Whether it watches, or only passes calls on.
        running: Whether a step of ours is under way.
    """

    def __init__(
        self, model: Any, watcher: FitWatcher, sampler: StepSampler, *, direct: bool, together: int
    ) -> None:
        self._model = model
        self.watcher = watcher
        self.sampler = sampler
        self._saved = model.train_function
        self.active = True
        self.running = False
        self._armed = False
        self._direct = direct
        self._together = together
        self._extra: dict[str, Any] = {}
        self.inner: Callable[[Any], Any] = self._make()
        if isinstance(self._saved, StepFunction):
            # Another recorder of the same `fit`: its step is this new one, which holds both hooks.
            self._saved.inner, self.inner = self.inner, self._saved
        object.__setattr__(model, "train_function", self)

    def _make(self) -> Callable[[Any], Any]:
        if self._direct:
            return DirectStep(self._model, together=self._together)
        self._model.make_train_function(force=True)
        made: Callable[[Any], Any] = self._model.train_function
        return made

    def renew(self, *, direct: bool | None = None) -> None:
        """Makes the step anew: it will be traced once more, with all hooks.

        Args:
            direct: As for the constructor, from now on; None for as before.
        """
        top = self._model.train_function
        if direct is not None:
            self._direct, self._together = direct, 1
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
            return step.trace(iterator)
        finally:
            for function in chain[1:]:
                function.running = False

    def single_step(self) -> Callable[[Any], Any] | None:
        """Takes a step with a batch that was drawn before; None where that cannot be done."""
        step = self._lowest().inner
        return step.take if isinstance(step, DirectStep) else None

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
    def left_behind(model: Any, running: list[Any]) -> list[FitWatcher]:
        """The watchers of a model that remain although the `fit` of their callbacks is over.

        An error of another callback, or Ctrl-C between two steps, ends a `fit` without notice.

        Args:
            model: The model.
            running: The callbacks of the `fit` that is running; empty where they are not known,
                and then none counts as left behind.
        """
        found = []
        function = model.train_function
        while isinstance(function, StepFunction):
            if running and function.active and function.watcher.callback not in running:
                found.append(function.watcher)
            function = function.inner
        return found

    def remove(self) -> None:
        """Ends the watch and removes inert functions below."""
        self.active = False
        while True:
            top = self._model.train_function
            if not isinstance(top, StepFunction) or top.active:
                return
            object.__setattr__(self._model, "train_function", top._saved)

    def __call__(self, iterator: Any) -> Any:
        """Runs the next step of `fit`, or the next ones, as Keras' own train function would."""
        if not self.active:
            return self._run(iterator)
        if not self._armed:
            if not self.watcher.is_fitting():
                # Ctrl-C between two steps ended our `fit`.
                self.watcher.abandoned()
                return self._keras_own(iterator)
            if self.watcher.is_within_fit:
                return self._run(iterator)  # a step that another callback takes by itself
        is_direct = isinstance(self._lowest().inner, DirectStep)
        if is_direct and not isinstance(iterator, tf.data.Iterator | Batches):
            # Of a generator the batch is known only when it is drawn.
            first = passed(next, iterator)
            iterator = Batches(itertools.chain([first], iterator), first)
        if self._model.train_function is not self:
            return self._watched(iterator)  # the one above has decided
        return self._singly(iterator) if self._wants_singles() else self._watched(iterator)

    def _again(self, iterator: Any) -> Any:
        """Takes a step that failed by our fault while it was traced, so that nothing had run."""
        if isinstance(iterator, Batches):
            first = iterator.first
            iterator = Batches(itertools.chain([first], iterator.rest), first)
        above = self._model.train_function
        if isinstance(above, StepFunction) and above is not self:
            return self._run(iterator)  # another recorder's stands there still
        return self._keras_own(iterator)

    def _keras_own(self, iterator: Any) -> Any:
        """Runs what stands in the model now; a loop without `fit` may have nothing there yet."""
        self._model.make_train_function()
        return self._model.train_function(iterator)

    def _wants_singles(self) -> bool:
        step = self._lowest()
        if not isinstance(step.inner, DirectStep) or step.inner.together == 1:
            return False
        count = step.inner.together
        return any(f.active and f.sampler.wants_single_steps(count) for f in self._chain())

    def _singly(self, iterator: Any) -> Any:
        """Takes the steps of one execution one by one, so that each can be watched."""
        step = self._lowest().inner
        assert isinstance(step, DirectStep)
        logs, together = None, step.together
        step.together = 1
        try:
            for _ in range(together):
                for function in self._chain():
                    function._armed = function._armed or function.active
                try:
                    logs = self._watched(iterator)
                except (StopIteration, tf.errors.OutOfRangeError):
                    if logs is None:
                        raise
                    break
        finally:
            step.together = together
        return logs

    def _watched(self, iterator: Any) -> Any:
        self._armed = False
        self.running = True
        try:
            self.sampler.before_call(iterator)
            logs = self._run(iterator)
        except (StopIteration, tf.errors.OutOfRangeError):
            self.watcher.data_ended()
            raise
        except BaseException as fault:
            if is_ours(fault) and isinstance(fault, Exception):
                self.watcher.failed(fault)
                return self._again(iterator)
            self.watcher.step_failed(fault, iterator)
            raise
        finally:
            self.running = False
        self._tell()
        return logs

    def _tell(self) -> None:
        """Tells the watcher that a step has run; an error of the watcher must not undo that."""
        step, wish = self._lowest().inner, self._extra.get(self.sampler.token)
        taken = Taken(wish, step.latest if isinstance(step, DirectStep) else None)
        try:
            self.sampler.after_call(taken)
        except Exception as fault:  # noqa: BLE001 - watching never breaks training
            self.watcher.failed(fault)
        finally:
            if self._model.train_function is self:  # else the one above takes them
                self._extra = {}  # releases the tensors

    def _run(self, iterator: Any) -> Any:
        """Runs the step, and takes what recorders asked for out of its logs."""
        inner = self.inner
        if isinstance(inner, StepFunction | DirectStep):
            logs = inner(iterator)
        else:
            logs = passed(inner, iterator)
        if isinstance(inner, StepFunction):
            self._extra, inner._extra = inner._extra, {}
        elif isinstance(logs, dict):
            self._extra = logs.pop(EXTRA, {})
        return logs
