"""A conditional that costs a step that is not due one operation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf


def branch(due: Any, yes: Callable[[], Any], no: Callable[[], Any]) -> Any:
    """`tf.cond` that stays one operation at run time.

    Args:
        due: Whether the step is due, bool of shape ().
        yes: Makes the tensors of a step that is due.
        no: Makes tensors of the same shapes and dtypes for any other step.
    """
    if not tf.inside_function():
        return tf.cond(due, yes, no)
    graph = tf.compat.v1.get_default_graph()
    before = len(graph.get_operations())
    found = tf.cond(due, yes, no)
    for operation in graph.get_operations()[before:]:
        if operation.type in ("If", "StatelessIf"):
            _keep_apart(operation)
    return found


def _keep_apart(operation: Any) -> None:
    """Lowered to switches it would cost an operation per input tensor, at each step."""
    from tensorflow.core.framework import attr_value_pb2

    operation._set_attr("_lower_using_switch_merge", attr_value_pb2.AttrValue(b=False))
