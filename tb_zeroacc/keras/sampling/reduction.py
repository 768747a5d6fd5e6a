"""What becomes of gradients when they are summed over replicas, and how long one waits for that.

All replicas, of all processes, have to come there. So the one that comes last waits least: it holds
the others up.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from tb_zeroacc.keras.tables.branching import branch
from tb_zeroacc.recording.guard import Guard
from tb_zeroacc.recording.tables.observation import Update

PART = "the reduced gradients"  # in the words of the guard's warning


class Reduction:
    """Watches one update's gradients being summed; put on `Update.reduction` before it.

    Args:
        guard: Turns this off where it fails.
        due: Whether the step is due; a bool, or one tensor of shape ().
    """

    def __init__(self, guard: Guard, due: Any) -> None:
        self._guard = guard
        self._due = due
        self._began: Any = None

    def before(self, update: Update) -> None:
        """The gradients are there."""
        self._began = self._guard.run(PART, self._clock, update.gradients)

    def after(self, update: Update, pairs: Any) -> None:
        """They are summed.

        Args:
            update: The update.
            pairs: Each sum with its variable.
        """
        self._guard.run(PART, self._after, update, pairs)

    def _after(self, update: Update, pairs: Any) -> None:
        update.reduced = _in_order(update.variables, pairs)
        if self._began is not None and update.reduced is not None:
            ended = self._clock(update.reduced)
            update.waited = tf.cast(ended - self._began, tf.float32)

    def _clock(self, gradients: Sequence[Any]) -> Any:
        """Wall clock once gradients are there, float64 of shape (); 0 in a step that is not due.

        Python's clock, as `tf.timestamp` is refused where operations must be deterministic.
        """
        tensors = [g for g in gradients if g is not None]

        def read() -> Any:
            with tf.control_dependencies([tf.convert_to_tensor(_first(g)) for g in tensors]):
                return tf.reshape(tf.numpy_function(time.time, [], tf.float64), [])

        if isinstance(self._due, bool):
            return read() if self._due else tf.constant(0.0, tf.float64)
        return branch(self._due, read, lambda: tf.constant(0.0, tf.float64))


def _first(gradient: Any) -> Any:
    """The tensor of a gradient."""
    return gradient.values if isinstance(gradient, tf.IndexedSlices) else gradient


def _in_order(variables: Sequence[Any], pairs: Any) -> list[Any] | None:
    """The gradient of each variable; None where the pairs name none of them."""
    found = {id(variable): gradient for gradient, variable in pairs}
    values = [getattr(variable, "value", variable) for variable in variables]
    for named in (values, variables):
        keys = [id(variable) for variable in named]
        if not found.keys().isdisjoint(keys):
            return [found.get(key) for key in keys]
    return None
