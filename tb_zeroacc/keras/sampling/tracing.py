"""What traced steps share: the context of the trace, the clock, snapshots, tables end to end."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import Any

import tensorflow as tf

from tb_zeroacc.keras.tables import layer_tables
from tb_zeroacc.keras.tables.branching import branch
from tb_zeroacc.recording.tables.data_tables import ComputedTable
from tb_zeroacc.recording.tables.model_tables import Snapshot
from tb_zeroacc.recording.tables.observation import Update

_FUNCTION = type(tf.function(lambda: None))


def graphs_around() -> list[Any]:
    """The graph that is being traced and those around it, innermost first; [None] in eager code."""
    if tf.executing_eagerly():
        return [None]
    found = []
    graph: Any = tf.compat.v1.get_default_graph()
    while graph is not None:
        found.append(graph)
        graph = getattr(graph, "outer_graph", None)
    return found


def is_compiled() -> bool:
    """Whether XLA will compile what is being traced, as a function around it asks."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        around = frame.f_locals.get("self")
        if isinstance(around, _FUNCTION) and getattr(around, "_jit_compile", None):
            return True
        frame = frame.f_back
    return False


@contextlib.contextmanager
def clock_first() -> Iterator[Any]:
    """Reads the wall clock before anything inside is computed; float64, seconds.

    Python's clock, as `tf.timestamp` is refused where operations must be deterministic.
    """
    began = tf.numpy_function(time.time, [], tf.float64)
    with tf.control_dependencies([began]):
        yield began


def counters_in(variable: Any) -> list[Any]:
    """The numbers in a vector of fixed length, each int64 of shape ()."""
    return list(tf.unstack(tf.convert_to_tensor(variable)))


def breaks(loss: Any, first_bad: Any) -> Any:
    """Whether a loss is the first that is not finite; bool of shape ().

    Args:
        loss: The loss of a step.
        first_bad: int64 of shape (), the first step whose loss was not finite, -1 before.
    """
    return ~tf.math.is_finite(layer_tables.mean_of(loss)) & (first_bad < 0)


def end_to_end(found: Sequence[ComputedTable]) -> Any:
    """The values of tables behind each other, float32; `sample.split` cuts them again."""
    return tf.concat([tf.zeros([0]), *(tf.reshape(table.values, [-1]) for table in found)], 0)


def snapshot(due: Any, update: Update) -> Snapshot:
    """The weights before an update; NaN in a step that is not due.

    Args:
        due: bool of shape ().
        update: The update that is about to be applied.
    """
    scale = layer_tables.loss_scale_of(update.optimizer)

    def parts(before: Snapshot) -> tuple[Any, Any, Any]:
        return before.statistics, before.visited, before.rate

    statistics, visited, rate = branch(
        due,
        lambda: parts(layer_tables.look(update, scale)),
        lambda: parts(layer_tables.unseen(update, scale)),
    )
    return Snapshot(statistics, visited, rate, scale, layer_tables.weights_of(update))
