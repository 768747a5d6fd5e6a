"""When a step had its data."""

from __future__ import annotations

import time
from typing import Any

import keras
import tensorflow as tf
from tensorflow.python.framework.config import is_op_determinism_enabled

from tb_zeroacc.recording.guard import Guard
from tb_zeroacc.recording.tables.observation import Observation

# Wall clock seconds travel modulo this, so that float32 holds them to 61 microseconds.
CLOCK_PERIOD = 1024.0


def clock_behind(data: Any) -> Any:
    """The wall clock once the data are there, seconds modulo `CLOCK_PERIOD`; float32.

    None in a graph whose operations must be deterministic: TensorFlow refuses a clock there.
    """
    if not tf.inside_function():
        return tf.constant(time.time() % CLOCK_PERIOD)
    if is_op_determinism_enabled():
        return None
    tensors = [t for t in keras.tree.flatten(data) if isinstance(t, tf.Tensor)]
    with tf.control_dependencies(tensors):
        return tf.cast(tf.math.floormod(tf.timestamp(), CLOCK_PERIOD), tf.float32)


def note_clock(seen: Observation, guard: Guard) -> None:
    """Notes on a step that begins when its data were there; XLA has no clock."""
    if not getattr(seen.model, "jit_compile", False):
        seen.data_ready = guard.run("the time waited for data", clock_behind, seen.data)


def seconds_between(asked: float, ready: float) -> float:
    """From a time to one that `clock_behind` told."""
    waited = (ready - asked) % CLOCK_PERIOD
    return waited if waited < CLOCK_PERIOD / 2 else 0.0  # clocks of two precisions
