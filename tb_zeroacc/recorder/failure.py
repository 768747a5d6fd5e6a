"""What can still be said when training raises: how it ended, and what its first batch held."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tb_zeroacc import facts
from tb_zeroacc.recorder import tables
from tb_zeroacc.recorder.guard import Guard
from tb_zeroacc.recorder.hooks import Observation
from tb_zeroacc.recorder.program import parts_of
from tb_zeroacc.records import Layout

MAX_TEXT = 2000


def end_of(fault: BaseException | None, step: int) -> facts.End:
    """How an exception ends a training."""
    if fault is None:
        return facts.End("interrupted", step)
    how = "interrupted" if isinstance(fault, KeyboardInterrupt) else "exception"
    return facts.End(how, step, exception=type(fault).__name__, text=str(fault)[:MAX_TEXT])


def pending_fault() -> BaseException | None:
    """The error that is ending the interpreter, at its exit; None for an ordinary end."""
    return getattr(sys, "last_exc", None) or getattr(sys, "last_value", None)


def first_batch(
    seen: Observation, iterator: Any, guard: Guard
) -> list[tuple[Layout, NDArray[np.float32]]]:
    """The tables of the batch that Keras failed on while it traced the first step.

    Nothing had run, so the iterator still holds that batch: it is the one training would have
    seen. Its inputs and labels are looked at eagerly; the model is not called.

    Args:
        seen: What the trace showed; its `y_pred` is symbolic.
        iterator: `fit`'s own.
        guard: Turns failing parts off.
    """
    if not isinstance(iterator, tf.data.Iterator):
        return []
    batch = next(iterator)
    concrete = Observation(seen.model, batch, y_pred=seen.y_pred)
    found: list[tables.Table] = []
    with tf.init_scope():
        data, targets = parts_of(concrete)
        found += guard.run("the inputs", tables.inputs, data) or []
        found += guard.run("the batches' fingerprints", tables.batch, data) or []
        found += guard.run("the labels", tables.labels, targets) or []
        found += guard.run("the sample weights", tables.sample_weights, targets) or []
    return [(t.layout, np.asarray(t.values, np.float32)) for t in found]
