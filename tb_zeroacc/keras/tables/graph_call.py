"""A function of tensors that is traced once and called with hardly any Python."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import tensorflow as tf
from tensorflow.python.framework import op_def_registry

CONDITIONALS = frozenset({"If", "StatelessIf", "While", "StatelessWhile", "Case", "StatelessCase"})

# TensorFlow calls these stateful, or they take a resource, but all they do is read or check; the
# functions that they call are examined by themselves.
HARMLESS = CONDITIONALS | {
    "Assert", "CheckNumerics", "CheckNumericsV2", "EmptyTensorList", "LookupTableFindV2",
    "LookupTableSizeV2", "PartitionedCall", "Placeholder", "ReadVariableOp", "ResourceGather",
    "ResourceGatherNd", "StatefulPartitionedCall", "VarIsInitializedOp", "VariableShape",
}  # fmt: skip


class GraphCall:
    """A function traced once and called as one operation.

    What `tf.function` does in Python at each call costs 16 µs a tensor, more than the statistics.

    Args:
        function: From structures of tensors to tensors.
        *signature: The structures' specs.
        in_caller: Whether it runs in the calling thread, one operation after the other, which
            halves the time of many small ones. A function with a conditional cannot, and does not.
        jit_compile: Whether XLA compiles it.
    """

    def __init__(
        self, function: Any, *signature: Any, in_caller: bool = False, jit_compile: bool = False
    ) -> None:
        if jit_compile:  # XLA compiles a function that another one calls
            function = tf.function(function, autograph=False, jit_compile=True)
        made = tf.function(function, autograph=False)
        self._function = made.get_concrete_function(*signature)
        self._captured = list(self._function.captured_inputs)
        one_by_one = in_caller and not _has_conditional(self._function)
        self._executor = "SINGLE_THREADED_EXECUTOR" if one_by_one else ""
        self._dtypes = [output.dtype for output in self._function.outputs]

    def __call__(self, *arguments: Any) -> list[Any]:
        """The tensors that the function returns, as a flat list."""
        given = tf.nest.flatten(arguments, expand_composites=True)
        found: list[Any] = tf.raw_ops.StatefulPartitionedCall(
            args=[*given, *self._captured], Tout=self._dtypes, f=self._function,
            executor_type=self._executor,
        )
        return found

    def with_side_effects(self) -> set[str]:
        """Types of its operations that have side effects, see `has_side_effects`."""
        graph = self._function.graph.as_graph_def()
        return {node.op for node in operations_of(graph) if has_side_effects(node.op)}


def operations_of(graph: Any) -> Iterator[Any]:
    """The operations of a `GraphDef` and of all functions that they call."""
    functions = {called.signature.name: called for called in graph.library.function}
    rest = list(graph.node)
    while rest:
        node = rest.pop()
        yield node
        for attribute in node.attr.values():
            for named in (attribute.func, *attribute.list.func):
                called = functions.pop(named.name, None)
                rest.extend(called.node_def if called is not None else ())


def _has_conditional(function: Any) -> bool:
    return any(node.op in CONDITIONALS for node in operations_of(function.graph.as_graph_def()))


def has_side_effects(kind: str) -> bool:
    """Whether an operation of a type may change what another call sees, or varies between calls."""
    if kind in HARMLESS or kind.startswith(("TensorArray", "TensorList", "CudnnRNN")):
        return False
    definition = op_def_registry.get(kind)
    if definition is None:  # an operation of the user's own
        return True
    takes = {argument.type for argument in definition.input_arg}
    return bool(definition.is_stateful) or int(tf.resource.as_datatype_enum) in takes
