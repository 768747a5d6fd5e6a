"""A function of tensors, traced once and called with next to no cost in Python."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

CONDITIONALS = frozenset({"If", "StatelessIf", "While", "StatelessWhile", "Case", "StatelessCase"})


class GraphCall:
    """A function traced once and called as one operation.

    What `tf.function` does in Python at each call costs 16 µs a tensor, more than the statistics.

    Args:
        function: From structures of tensors to tensors.
        *signature: The structures' specs.
        in_caller: Whether it runs in the thread that calls it, one operation after the other: half
            the time for many small ones. Where it holds a conditional it cannot, and does not.
    """

    def __init__(self, function: Any, *signature: Any, in_caller: bool = False) -> None:
        made = tf.function(function, autograph=False)
        self._function = made.get_concrete_function(*signature)
        self._captured = list(self._function.captured_inputs)
        one_by_one = in_caller and not _has_conditional(self._function)
        self._executor = "SINGLE_THREADED_EXECUTOR" if one_by_one else ""
        self._dtypes = [output.dtype for output in self._function.outputs]

    def __call__(self, *arguments: Any) -> list[Any]:
        """The function's tensors, flat."""
        given = tf.nest.flatten(arguments, expand_composites=True)
        found: list[Any] = tf.raw_ops.StatefulPartitionedCall(
            args=[*given, *self._captured], Tout=self._dtypes, f=self._function,
            executor_type=self._executor,
        )
        return found


def _has_conditional(function: Any) -> bool:
    """Whether a branch or a loop is in a function, or in one that it calls: a schedule's, say."""
    graph = function.graph.as_graph_def()
    nodes = [*graph.node, *(node for f in graph.library.function for node in f.node_def)]
    return any(node.op in CONDITIONALS for node in nodes)
