"""What is computed of a step beside it: a plan belongs to one trace of the step.

The step returns its tensors and a short probe; the functions here look at the weights before a step
that is due, and turn its tensors into tables behind it. An error in one of them is caught, and the
part that made it is turned off.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tb_zeroacc import facts
from tb_zeroacc.recorder import content, inside, tables
from tb_zeroacc.recorder.gathering import Gathered, rebuild, specs_of
from tb_zeroacc.recorder.guard import Guard
from tb_zeroacc.recorder.hooks import Observation, Update
from tb_zeroacc.recorder.parts import inputs_of
from tb_zeroacc.records import Layout

Tables = list[tuple[Layout, NDArray[np.float32]]]
PROBE = 5  # plan, loss, weights after the update, inputs, clock


class Plan:
    """How one trace of the step is watched.

    Args:
        index: Its number; the step tells it, so that its tensors are understood.
        gathered: The step's tensors.
        outputs: What the trace showed about the model's outputs.
        guard: Turns failing parts off.
    """

    def __init__(
        self, index: int, gathered: Gathered, outputs: tuple[facts.Output, ...], guard: Guard
    ) -> None:
        self.index = index
        self.has_loss = inside.has_loss(gathered.pattern)
        self._pattern = gathered.pattern
        self._outputs = outputs
        self._guard = guard
        self._specs = specs_of(gathered.tensors)
        self._layouts: tuple[Layout, ...] = ()
        self._look: GraphCall | None = None
        self._function: GraphCall | None = None

    def look(self) -> list[Any]:
        """The weights before a step: of each update statistics, visited elements and rate."""
        if self._look is None:
            self._look = GraphCall(self._looked)
        return self._look()

    def summarise(self, tensors: Sequence[Any], before: list[Any] | None) -> Tables:
        """The tables of a step that has run.

        Args:
            tensors: What the step returned.
            before: What `look` found before it; None where nobody looked.
        """
        if before is None:
            before = [part for u in self._pattern.updates for part in _parts(inside.unseen(u, 1.0))]
        try:
            if self._function is None:
                self._function = self._made()
            flat = self._function(tensors, before)[0].numpy()
            return content.split(flat, self._layouts)
        except Exception:  # noqa: BLE001 - part by part it will be seen which one raised
            found = self._of(tensors, before)
            self._function = None
            return [(t.layout, np.asarray(t.values, np.float32)) for t in found]

    def _made(self) -> GraphCall:
        before = [
            tf.TensorSpec(shape, tf.float32)
            for update in self._pattern.updates
            for shape in _shapes(update)
        ]
        return GraphCall(self._summarised, self._specs, before)

    def _looked(self) -> list[Any]:
        return [p for u in self._pattern.updates for p in _parts(inside.look(u, 1.0))]

    def _summarised(self, tensors: Sequence[Any], before: list[Any]) -> Any:
        found = self._of(tensors, before)
        self._layouts = tuple(t.layout for t in found)
        return tf.concat([tf.reshape(t.values, [-1]) for t in found], 0)

    def _of(self, tensors: Sequence[Any], before: list[Any]) -> list[tables.Table]:
        seen = rebuild(self._pattern, tensors)
        for i, update in enumerate(seen.updates):
            statistics, visited, rate = before[3 * i : 3 * i + 3]
            if update.before is not None:
                scale = tf.convert_to_tensor(update.before, tf.float32)
                variables = update.variables[: inside.MAX_ROWS]
                update.before = inside.Snapshot(variables, statistics, visited, rate, scale)
        return content.tables_of(seen, self._guard, self._outputs)


class GraphCall:
    """A function traced once and called as one operation.

    What `tf.function` does in Python at each call costs 16 µs a tensor, more than the statistics.

    Args:
        function: From structures of tensors to tensors.
        *signature: The structures' specs.
    """

    def __init__(self, function: Any, *signature: Any) -> None:
        made = tf.function(function, autograph=False)
        self._function = made.get_concrete_function(*signature)
        self._captured = list(self._function.captured_inputs)
        self._dtypes = [output.dtype for output in self._function.outputs]

    def __call__(self, *arguments: Any) -> list[Any]:
        """The function's tensors, flat."""
        given = tf.nest.flatten(arguments, expand_composites=True)
        found: list[Any] = tf.raw_ops.StatefulPartitionedCall(
            args=[*given, *self._captured], Tout=self._dtypes, f=self._function
        )
        return found


def probe(index: int, seen: Observation) -> Any:
    """A few numbers of a step that are read behind each one, float32 of shape (`PROBE`,).

    A sum over all inputs, and one over some weights of each layer after the update: neither is
    finite where a value is not. A gradient that broke shows in the weights it was applied to.
    """
    loss = inside.mean_of(seen.loss) if seen.loss is not None else inside.reported_loss(seen)
    zero = tf.constant(0.0)
    return tf.stack(
        [
            tf.constant(float(index)),
            zero if loss is None else loss,
            _sum_of_some([v for u in seen.updates for v in u.variables]),
            tables.sum_of(inputs_of(seen)),
            zero * float("nan") if seen.data_ready is None else seen.data_ready,
        ]
    )


def _sum_of_some(variables: list[Any]) -> Any:
    """The sum over one vector of each layer: its bias, or its kernel's first row."""
    chosen: dict[str, Any] = {}
    for variable in variables:
        layer = variable.path.rpartition("/")[0]
        if layer not in chosen or len(variable.shape) == 1:
            chosen[layer] = variable
    vectors = [inside.first_row(variable) for variable in chosen.values()]
    return tf.reduce_sum(tf.concat(vectors, 0)) if vectors else tf.constant(0.0)


def _parts(before: inside.Snapshot) -> tuple[Any, Any, Any]:
    return before.statistics, before.visited, before.rate


def _shapes(update: Update) -> list[list[int]]:
    variables = update.variables[: inside.MAX_ROWS]
    visited = sum(inside.visited_size(v) for v in variables)
    return [[len(variables), inside.STATISTICS], [visited], []]
