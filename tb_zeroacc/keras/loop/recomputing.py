"""What a traced step computed, computed a second time beside it.

A tensor that a record used would have one more consumer, and the compiler then fuses what makes it
otherwise: the step would round otherwise. So the function of the user's own keeps its tensors to
itself. Before the model is called in a step that is due, the values of its variables are kept; the
record copies the operations that lead to its tensors, and has them read the kept values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.framework.auto_control_deps_utils import get_read_write_resource_inputs
from tensorflow.python.ops.resource_variable_ops import ResourceVariable

from tb_zeroacc.keras.tables import layer_tables
from tb_zeroacc.keras.tables.branching import branch
from tb_zeroacc.keras.tables.gathering import gather, replaced
from tb_zeroacc.keras.tables.graph_call import has_side_effects, operations_of
from tb_zeroacc.recording.tables.observation import Observation

NEVER_KEPT = -2  # no record is numbered so


class Kept:
    """Copies of a model's variables, in variables of our own that a graph can fill.

    Args:
        model: A built model.

    Attributes:
        at: int64 of shape (), the step before the latest one that was due: the copies are from
            before its forward pass.
    """

    def __init__(self, model: Any) -> None:
        self._variables = _variables_of(model)
        # Made by their class: a function of the user's own counts what `tf.Variable` makes in it.
        with tf.init_scope():
            self._copies = [
                ResourceVariable(
                    tf.convert_to_tensor(v), trainable=False, shape=tf.TensorShape(None)
                )
                for v in self._variables
            ]
            with tf.device("CPU:0"):
                self._at = ResourceVariable(np.int64(NEVER_KEPT), trainable=False)

    @property
    def at(self) -> Any:
        """As above."""
        return tf.convert_to_tensor(self._at)

    def fits(self, model: Any) -> bool:
        """Whether the model has these variables, still."""
        return [id(v) for v in _variables_of(model)] == [id(v) for v in self._variables]

    def keep(self, due: Any, last: Any) -> None:
        """Copies all values where a step is due.

        Args:
            due: bool of shape ().
            last: int64 of shape (), the step before it.
        """

        def copy() -> Any:
            for copied, variable in zip(self._copies, self._variables, strict=True):
                copied.assign(tf.convert_to_tensor(variable))
            self._at.assign(last)
            return tf.constant(True)

        branch(due, copy, lambda: tf.constant(False))

    def fill(self) -> None:
        """Takes the values as they are: a step that breaks before any was due needs some."""
        with tf.init_scope():
            for copied, variable in zip(self._copies, self._variables, strict=True):
                copied.assign(tf.convert_to_tensor(variable))

    def release(self) -> None:
        """Lets go of the values: what was traced keeps the variables for good."""
        with tf.init_scope():
            for copied in self._copies:
                copied.assign(tf.zeros([0], copied.dtype))
            self._at.assign(NEVER_KEPT)

    def handles(self) -> dict[int, Any]:
        """The handle of each copy, by the id of the variable's own."""
        pairs = zip(self._variables, self._copies, strict=True)
        return {id(variable.handle): copied.handle for variable, copied in pairs}


@dataclass(frozen=True, slots=True)
class Moment:
    """Where in a trace the variables are kept: the place of the last operation that does so."""

    kept: Kept
    graph: Any
    place: int


def recomputation_of(seen: Observation, moment: Moment | None) -> Recomputation | None:
    """How the tensors of a step can be had without a consumer; None where they cannot.

    Args:
        seen: The step, traced in the graph that is the default one now.
        moment: When the variables were kept before it; None where they were not.
    """
    if moment is None or moment.graph is not tf.compat.v1.get_default_graph():
        return None
    try:
        found = Recomputation(seen, moment)
    except Exception:  # noqa: BLE001 - an operation that cannot be copied: its tensors are used
        return None
    return found if found.is_exact else None


class Recomputation:
    """The operations that lead to the tensors of a step, to be copied into a branch.

    Args:
        seen: The step, traced in the graph that is the default one now.
        moment: When the variables were kept before it.

    Attributes:
        is_exact: Whether a copy would find the same: it may draw no random numbers but from the
            model's variables, and read none that changes meanwhile, or that changes and was not
            kept.
    """

    def __init__(self, seen: Observation, moment: Moment) -> None:
        self._seen = seen
        self._moment = moment.place
        self._graph = tf.compat.v1.get_default_graph()
        wanted = [
            tensor
            for tensor in tf.nest.flatten(gather(seen).tensors, expand_composites=True)
            if getattr(tensor, "graph", None) is self._graph and tensor is not seen.loss
        ]
        # What went into the function is there without being computed.
        self._computed = [t for t in wanted if t.op.type != "Placeholder"]
        self._operations = _leading_to(self._computed)
        self._inputs = {
            operation.outputs[0].name: operation.outputs[0]
            for operation in self._operations
            if operation.type == "Placeholder"
        }
        outside = {id(inner): outer for outer, inner in self._graph.captures}
        handles = moment.kept.handles()
        self._copies = {
            name: handles[id(outside[id(tensor)])]
            for name, tensor in self._inputs.items()
            if id(outside.get(id(tensor))) in handles
        }
        names = {operation.name for operation in self._operations}
        self._definition = self._graph.as_graph_def()
        self._nodes = [node for node in self._definition.node if node.name in names]
        self.is_exact = self._repeats() and not self._misses_a_change()
        if self.is_exact:
            # In a function of its own: what is imported cannot wait for anything else.
            self._function = tf.function(self._imported, autograph=False).get_concrete_function()

    def _repeats(self) -> bool:
        copied = tf.compat.v1.GraphDef(library=self._definition.library, node=self._nodes)
        return not any(has_side_effects(node.op) for node in operations_of(copied))

    def _misses_a_change(self) -> bool:
        """Whether a variable changes between where it is read and where it was kept."""
        reads: dict[str, list[int]] = {}
        writes: dict[str, list[int]] = {}
        wanted = set(self._operations)
        for place, operation in enumerate(self._graph.get_operations()):
            if operation in wanted:
                for tensor in operation.inputs:
                    if tensor.dtype == tf.resource:
                        reads.setdefault(tensor.name, []).append(place)
            for tensor in get_read_write_resource_inputs(operation)[1]:
                writes.setdefault(tensor.name, []).append(place)
        return any(
            name not in self._copies
            or any(min(read, self._moment) < place < max(read, self._moment) for read in places)
            for name, places in reads.items()
            for place in writes.get(name, ())
        )

    def seen_again(self) -> Observation:
        """The step with tensors that are computed where this is called.

        Its loss alone is its own: it has a consumer already, and tells whether the step broke.
        """
        again = self._copied()

        def leaf(tensor: Any) -> Any:
            if tensor is self._seen.loss or not tf.is_tensor(tensor):
                return tensor
            parts = tf.nest.flatten(tensor, expand_composites=True)
            found = [again.get(id(part), part) for part in parts]
            return tf.nest.pack_sequence_as(tensor, found, expand_composites=True)

        return replaced(self._seen, leaf, lambda call: layer_tables.first_tensor(call.output))

    def _copied(self) -> dict[int, Any]:
        """A copy of each tensor, by the id of the original."""
        found = zip(self._computed, self._function(), strict=True)
        return {id(tensor): copied for tensor, copied in found}

    def _imported(self) -> list[Any]:
        here = tf.compat.v1.get_default_graph()
        definition = tf.compat.v1.GraphDef(
            versions=self._definition.versions, library=self._definition.library
        )
        for node in self._nodes:
            if node.name + ":0" not in self._inputs:
                added = definition.node.add()
                added.CopyFrom(node)
                added.attr.pop("_class", None)  # where it is placed beside others
                del added.input[:]
                added.input.extend(name for name in node.input if not name.startswith("^"))
        given = {
            name: here.capture(self._copies.get(name, tensor))
            for name, tensor in self._inputs.items()
        }
        names = [tensor.name for tensor in self._computed]
        found: list[Any] = tf.graph_util.import_graph_def(definition, given, names, name="zeroacc")
        for tensor, copied in zip(self._computed, found, strict=True):
            copied.set_shape(tensor.shape)
        return found


def _leading_to(tensors: Sequence[Any]) -> list[Any]:
    """The operations that tensors of a graph are computed by, in no order."""
    found: dict[Any, None] = {}
    rest = [tensor.op for tensor in tensors]
    while rest:
        operation = rest.pop()
        if operation not in found:
            found[operation] = None
            rest.extend(tensor.op for tensor in operation.inputs)
    return list(found)


def _variables_of(model: Any) -> list[Any]:
    """TensorFlow's variables in a model, which no scope of Keras casts."""
    known = {id(v): v for v in [*model.trainable_variables, *model.variables]}
    return [getattr(v, "_value", v) for v in known.values()]
