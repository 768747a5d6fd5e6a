"""What validation is fed with and answers: its first batches, each epoch."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Protocol

import tensorflow as tf

from tb_zeroacc import facts
from tb_zeroacc.recorder import content, tables
from tb_zeroacc.recorder.direct_step import EXTRA, DirectStep
from tb_zeroacc.recorder.gathering import Gathered, gather
from tb_zeroacc.recorder.generations import is_keras_2, steps_per_execution
from tb_zeroacc.recorder.guard import Guard
from tb_zeroacc.recorder.hooks import Hooks
from tb_zeroacc.recorder.losses import describe_outputs
from tb_zeroacc.recorder.observation import Observation
from tb_zeroacc.recorder.parts import parts_of
from tb_zeroacc.recorder.patches import Patch
from tb_zeroacc.recorder.plan import Summariser, Tables

BATCHES = 4  # of each epoch's validation
PART = "the validation data"  # in the words of the guard's warning
KINDS = {kind.removeprefix("validation_"): kind for kind in facts.VALIDATION_TABLES}


class Watcher(Protocol):
    """Who looks at validation."""

    token: str

    def observed(self, step: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """A `test_step` that returns what this one wants beside its logs."""

    def receive(self, extra: Any) -> None:
        """What a step has returned for it."""

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
        self.watchers: list[Watcher] = []
        self._model = model
        self._together = steps_per_execution(model)
        self._left = BATCHES
        self._is_open = False
        self._step: DirectStep | None = None

    def join(self, watcher: Watcher) -> None:
        """Lets one more look at the steps; before the first one of them."""
        self.watchers.append(watcher)

    def begin(self) -> None:
        """A validation begins."""
        self._left = BATCHES
        self._is_open = True

    def end(self) -> None:
        """It is over; what else the model may be evaluated on is nobody's business."""
        self._is_open = False

    def __call__(self, iterator: Any) -> Any:
        """Evaluates on the next batches, as Keras' own function would."""
        if not self._is_open or (self._together > 1 and self._left <= 0):
            return self.saved(iterator)
        if self._step is None:
            step = self._model.test_step
            for watcher in self.watchers:
                step = watcher.observed(step)
            self._step = DirectStep(self._model, step, "_test_counter")
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
        assert self._step is not None
        logs = self._step(iterator)
        extra = logs.pop(EXTRA, {}) if isinstance(logs, dict) else {}
        if self._left > 0:
            self._left -= 1
            for watcher in self.watchers:
                watcher.receive(extra.get(watcher.token))
        return logs


class Validation:
    """Records the validation of one `fit`.

    Args:
        model: The model.
        hooks: Its hooks; they see what the loss is given.
        token: Names the recorder among others.
        guard: Turns this off where it fails.
        failed: Called with the error of a validation that ends the `fit`.
    """

    def __init__(
        self,
        model: Any,
        hooks: Hooks,
        token: str,
        guard: Guard,
        failed: Callable[[BaseException], None],
    ) -> None:
        self.failed = failed
        self.token = token
        self._model = model
        self._hooks = hooks
        self._guard = guard
        self._function: TestFunction | None = None
        self._summaries: list[_Summary] = []
        self._batches: list[tuple[int, Any]] = []
        self._is_replicated = model.distribute_strategy.num_replicas_in_sync > 1
        self._patch: Patch | None = None
        if is_keras_2(model):  # its `evaluate` takes the function before it tells callbacks
            self._patch = Patch(model, "make_test_function", self._make_test_function)

    def begin(self) -> None:
        """A validation within the `fit` begins."""
        self._batches = []
        if self._patch is None and self._is_wanted():
            function = self._in_front_of(self._model.test_function)
            object.__setattr__(self._model, "test_function", function)
        if self._function is not None:
            self._function.begin()

    def _make_test_function(
        self, original: Callable[..., Any], patch: Patch
    ) -> Callable[..., Any]:
        @functools.wraps(original)
        def make_test_function(*args: Any, **kwargs: Any) -> Any:
            made = original(*args, **kwargs)
            return self._in_front_of(made) if patch.active and self._is_wanted() else made

        return make_test_function

    def _is_wanted(self) -> bool:
        return not self._is_replicated and PART not in self._guard.off

    def _in_front_of(self, standing: Any) -> TestFunction:
        if isinstance(standing, TestFunction):
            self._function = standing  # maybe another recorder's, which looked first
        elif self._function is None or self._function.saved is not standing:
            self._function = TestFunction(self._model, standing)
        if self not in self._function.watchers:
            self._function.join(self)
        return self._function

    def end(self) -> Tables:
        """It is over: the tables of its first batches, none where nothing was seen."""
        if self._function is not None:
            self._function.end()
        self._put_back()
        batches, self._batches = self._batches, []
        found = self._guard.run(PART, self._summarised, batches) if batches else None
        return found or []

    def remove(self) -> None:
        """Puts Keras' own function back."""
        if self._patch is not None:
            self._patch.remove()
        self._put_back()

    def _put_back(self) -> None:
        if self._function is not None and self._model.test_function is self._function:
            object.__setattr__(self._model, "test_function", self._function.saved)

    # --- from the step ----------------------------------------------------------------------

    def observed(self, step: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """A `test_step` that returns its data and outputs beside its logs."""
        return self._hooks.observed(step, self._wanted, self.token)

    def _wanted(self, seen: Observation) -> Any:
        return self._guard.run(PART, self._gathered, seen)

    def _gathered(self, seen: Observation) -> Any:
        seen.calls, seen.penalties, seen.loss = [], [], None
        gathered = gather(seen)
        if tf.inside_function() or not self._summaries:
            outputs = describe_outputs(seen.model, seen, [])
            self._summaries.append(_Summary(gathered, outputs, self._guard))
        return tf.constant(len(self._summaries) - 1), gathered.tensors

    def receive(self, extra: Any) -> None:
        """What a step has returned."""
        if extra is not None:
            index, tensors = extra
            self._batches.append((int(index), tensors))

    def _summarised(self, batches: list[tuple[int, Any]]) -> Tables:
        index = batches[0][0]
        return self._summaries[index].of([given for i, given in batches if i == index])


class _Summary(Summariser):
    """Summarises batches of one trace as if they were one."""

    def __init__(
        self, gathered: Gathered, outputs: tuple[facts.Output, ...], guard: Guard
    ) -> None:
        super().__init__(gathered, outputs, guard)
        self._specs = tuple(_of_any_batch(spec) for spec in self._specs)

    def of(self, batches: list[Any]) -> Tables:
        """Tables of several batches, under the names that validation has for them."""
        joined = [_joined(list(tensors)) for tensors in zip(*batches, strict=True)]
        found = self._in_graph("data", self._tables, range(len(joined)), joined)
        return [
            (content.renamed(layout, KINDS[layout.kind]), values)
            for layout, values in found
            if layout.kind in KINDS
        ]

    def _tables(self, tensors: Any) -> list[tables.Table]:
        return content.tables_of_data(*parts_of(self._seen(tensors), self._outputs), self._guard)


def _of_any_batch(spec: Any) -> Any:
    if isinstance(spec, tf.TensorSpec) and spec.shape.rank:
        return tf.TensorSpec([None, *spec.shape[1:]], spec.dtype)
    return spec


def _joined(tensors: list[Any]) -> Any:
    """Batches end to end; the first alone where they are of several shapes."""
    shapes = {tuple(t.shape[1:]) for t in tensors if isinstance(t, tf.Tensor) and t.shape.rank}
    plain = all(isinstance(t, tf.Tensor) and t.shape.rank for t in tensors)
    return tf.concat(tensors, 0) if plain and len(shapes) == 1 else tensors[0]
