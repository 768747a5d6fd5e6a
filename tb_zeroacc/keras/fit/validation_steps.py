"""The function in `model.test_function` while a `fit` validates: it stands around the steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import tensorflow as tf

from tb_zeroacc.keras.compat import steps_per_execution
from tb_zeroacc.keras.observe.underway import EXTRA
from tb_zeroacc.keras.sampling.direct_step import DirectStep

BATCHES = 4  # of each epoch's validation


class ValidationStepWatcher(Protocol):
    """A recorder that is told about the steps of a validation."""

    token: str

    def observed(self, step: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """A `test_step` that returns what this one wants beside its logs."""

    def before_step(self, iterator: Any) -> None:
        """A recorded step is about to run; an error raised here counts as the step's own."""

    def receive(self, extra: Any, batch: Any) -> None:
        """What that step returned for this recorder, and the batch that it drew."""

    def failed(self, fault: BaseException) -> None:
        """A step raised; the error passes on."""


class TestFunction:
    """Stands in `model.test_function` while a `fit` validates.

    Its first batches go through steps of its own, one by one; what an execution of several steps
    does with the rest is Keras' own.

    Args:
        model: The model.
        saved: The function that stood there before.
    """

    __test__ = False  # no test of pytest's

    def __init__(self, model: Any, saved: Any) -> None:
        self.saved = saved
        self.watchers: list[ValidationStepWatcher] = []
        self._model = model
        self._together = steps_per_execution(model)
        self._left = BATCHES
        self._is_open = False
        self._step: DirectStep | None = None

    def join(self, watcher: ValidationStepWatcher) -> None:
        """Adds a recorder, before the first step."""
        self.watchers.append(watcher)

    def begin(self) -> None:
        """A validation begins."""
        self._left = BATCHES
        self._is_open = True

    def end(self) -> None:
        """The validation is over: other evaluations of the model are not recorded."""
        self._is_open = False

    def __call__(self, iterator: Any) -> Any:
        """Evaluates on the next batches, as Keras' own function would."""
        if not self._is_open or (self._together > 1 and self._left <= 0):
            return self.saved(iterator)
        logs = None
        for _ in range(self._together):
            try:
                logs = self._next(iterator)
            except (StopIteration, tf.errors.OutOfRangeError):
                if logs is None:
                    raise
                break
            except BaseException as fault:
                for watcher in self.watchers:
                    watcher.failed(fault)
                raise
        return logs

    def _next(self, iterator: Any) -> Any:
        is_seen = self._left > 0
        if is_seen:
            for watcher in self.watchers:
                watcher.before_step(iterator)
        step = self._made()
        logs = step(iterator)
        extra = logs.pop(EXTRA, {}) if isinstance(logs, dict) else {}
        if is_seen:
            self._left -= 1
            (batch,) = step.latest.batches
            for watcher in self.watchers:
                watcher.receive(extra.get(watcher.token), batch)
        return logs

    def _made(self) -> DirectStep:
        if self._step is None:
            step = self._model.test_step
            for watcher in self.watchers:
                step = watcher.observed(step)
            # Within an execution of several the data may end.
            self._step = DirectStep(
                self._model, step, "_test_counter", together=self._together
            )
            self._step.together = 1
        return self._step

    def trace(self, iterator: Any) -> None:
        """Traces a new step without running it."""
        step = self._made()
        if not step.is_traced:
            step.trace(iterator)

    def renew(self) -> None:
        """Discards the step: the next one is built from the watchers' current `observed`."""
        self._step = None
