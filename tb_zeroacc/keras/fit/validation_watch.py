"""What validation is fed with and answers: its first batches, each epoch."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tb_zeroacc import facts
from tb_zeroacc.keras.compat import is_keras_2
from tb_zeroacc.keras.contract.losses import describe_outputs
from tb_zeroacc.keras.fit.validation_steps import TestFunction
from tb_zeroacc.keras.observe.hooks import Hooks
from tb_zeroacc.keras.observe.patches import Patch, is_keras_own
from tb_zeroacc.keras.sampling.replay import (
    NotReplayableError,
    Replay,
    ValidationReplay,
    Values,
    can_be_replayed,
)
from tb_zeroacc.keras.tables import graph_backend
from tb_zeroacc.keras.tables.batch_parts import data_and_targets
from tb_zeroacc.keras.tables.gathering import Gathered, gather
from tb_zeroacc.keras.tables.plan import Summariser
from tb_zeroacc.recording.guard import Guard
from tb_zeroacc.recording.sample import Tables, renamed
from tb_zeroacc.recording.tables import data_tables
from tb_zeroacc.recording.tables.observation import Observation

PART = "the validation data"  # in the words of the guard's warning
KINDS = {kind.removeprefix("validation_"): kind for kind in facts.VALIDATION_TABLES}


class Validation:
    """Records the validation of one `fit`.

    Its steps are replayed; those that cannot be return their data and outputs beside their logs.

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
        self._replays = can_be_replayed(model, "test")
        self._replay: Replay | None = None
        self._values: Values | None = None  # of all variables before the step that runs
        self._summaries: list[_Summary] = []
        self._batches: list[tuple[int, Any]] = []
        # Ours would leave out what a function of the user's own does beside the steps.
        is_known = is_keras_own(model, "make_test_function")
        self._is_watched = is_known and model.distribute_strategy.num_replicas_in_sync == 1
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
        return self._is_watched and PART not in self._guard.off

    def _in_front_of(self, standing: Any) -> TestFunction:
        if isinstance(standing, TestFunction):
            self._function = standing  # maybe another recorder's, which looked first
        elif self._function is None or self._function.saved is not standing:
            self._function = TestFunction(self._model, standing)
        if self not in self._function.watchers:
            self._function.join(self)
        return self._function

    def end(self) -> Tables:
        """The validation is over: the tables of its first batches, if any was seen."""
        if self._function is not None:
            self._function.end()
        self._put_back()
        self._values = None  # of a step that found no batch
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

    # --- from the steps ---------------------------------------------------------------------

    def observed(self, step: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """A `test_step` that returns its data and outputs, unless it is replayed."""
        return step if self._replays else self._hooks.observed(step, self._wanted, self.token)

    def _wanted(self, seen: Observation) -> Any:
        return self._guard.run(PART, self._gathered, seen)

    def _gathered(self, seen: Observation) -> Any:
        seen.calls, seen.penalties, seen.loss = [], [], None
        gathered = gather(seen)
        if tf.inside_function() or not self._summaries:
            self._summarise(gathered, describe_outputs(seen.model, seen, []))
        return tf.constant(len(self._summaries) - 1), gathered.tensors

    def _summarise(self, gathered: Gathered, outputs: tuple[facts.Output, ...]) -> None:
        """Takes note of how the steps are seen from now on."""
        self._summaries.append(_Summary(gathered, outputs, self._guard))

    def before_step(self, iterator: Any) -> None:
        """Takes the values of all variables, where the step is to be replayed."""
        # Only a dataset tells what a batch is like before it is drawn.
        if self._replays and isinstance(iterator, tf.data.Iterator):
            assert self._function is not None
            self._function.trace(iterator)  # what Keras makes in its own trace comes first
            self._values = self._guard.run(PART, self._looked, iterator.element_spec)

    def _looked(self, spec: Any) -> Values | None:
        if self._replay is None or not self._replay.fits(spec):
            try:
                self._replay = ValidationReplay(self._model, spec)
            except Exception:  # noqa: BLE001 - then the hooks are asked instead
                self._ask_hooks_instead()
                return None
            self._summarise(self._replay.gathered, self._replay.outputs)
        return self._replay.look()

    def _ask_hooks_instead(self) -> None:
        assert self._function is not None
        self._replays, self._replay = False, None
        self._function.renew()

    def receive(self, extra: Any, batch: Any) -> None:
        """What a step has returned, and the batch that it drew."""
        values, self._values = self._values, None
        if values is not None:
            extra = self._guard.run(PART, self._replayed, values, batch)
        if extra is not None:
            index, tensors = extra
            self._batches.append((int(index), tensors))

    def _replayed(self, values: Values, batch: Any) -> Any:
        assert self._replay is not None
        try:
            return len(self._summaries) - 1, self._replay.run(values, batch)
        except NotReplayableError:
            self._ask_hooks_instead()
            return None

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
            (renamed(layout, KINDS[layout.kind]), values)
            for layout, values in found
            if layout.kind in KINDS
        ]

    def _tables(self, tensors: Any) -> list[data_tables.ComputedTable]:
        data = data_and_targets(self._seen(tensors), self._outputs)
        return data_tables.of_data(*data, self._guard, graph_backend)


def _of_any_batch(spec: Any) -> Any:
    if isinstance(spec, tf.TensorSpec) and spec.shape.rank:
        return tf.TensorSpec([None, *spec.shape[1:]], spec.dtype)
    return spec


def _joined(tensors: list[Any]) -> Any:
    """Batches end to end; the first alone where they are of several shapes."""
    shapes = {tuple(t.shape[1:]) for t in tensors if isinstance(t, tf.Tensor) and t.shape.rank}
    plain = all(isinstance(t, tf.Tensor) and t.shape.rank for t in tensors)
    return tf.concat(tensors, 0) if plain and len(shapes) == 1 else tensors[0]
