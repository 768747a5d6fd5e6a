"""What can still be said when training raises: how it ended, and what its first batch held."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tb_zeroacc import facts
from tb_zeroacc.recorder import data_statistics, tables
from tb_zeroacc.recorder.fitting import epoch_data, passed_through
from tb_zeroacc.recorder.guard import Guard
from tb_zeroacc.recorder.observation import Observation
from tb_zeroacc.recorder.parts import parts_of
from tb_zeroacc.records import Layout

# Of a longer message the beginning and the end are kept: TensorFlow's begin with a stack and end
# with what happened.
MAX_TEXT, MAX_BEGINNING = 2000, 500


def end_of(fault: BaseException | None, step: int | None) -> facts.End:
    """How an exception ends a training."""
    if fault is None:
        return facts.End("interrupted", step)
    how = "interrupted" if isinstance(fault, KeyboardInterrupt) else "exception"
    return facts.End(how, step, exception=type(fault).__name__, text=_shortened(str(fault)))


def _shortened(text: str) -> str:
    if len(text) <= MAX_TEXT:
        return text
    between = "\n...\n"
    return text[:MAX_BEGINNING] + between + text[MAX_BEGINNING + len(between) - MAX_TEXT :]


def pending_fault(model: Any) -> BaseException | None:
    """The error of a `fit` of this model that is ending the interpreter; None for another end."""
    fault = getattr(sys, "last_exc", None) or getattr(sys, "last_value", None)
    return fault if fault is not None and passed_through(fault, model) else None


def a_batch(
    model: Any, outputs: tuple[facts.Output, ...], iterator: Any, guard: Guard
) -> list[tuple[Layout, NDArray[np.float32]]]:
    """The tables of inputs and labels of one batch, looked at eagerly; the model is not called.

    Where Keras failed while it traced the first step nothing had run, and the iterator still holds
    the very batch of that step. Where a running step failed, its batch is gone: this is the next.

    Args:
        model: The model that was trained.
        outputs: What the contract says about its outputs.
        iterator: `fit`'s own; nobody will ask it again.
        guard: Turns failing parts off.
    """
    batch = _next_of(model, iterator)
    if batch is None:
        return []
    with tf.init_scope():
        found = tables.of_batch(
            *parts_of(Observation(model, batch), outputs), guard, data_statistics
        )
    return [(t.layout, np.asarray(t.values, np.float32)) for t in found]


def _next_of(model: Any, iterator: Any) -> Any:
    """A batch of the data that training was fed with; None where there is no way to one."""
    if not isinstance(iterator, tf.data.Iterator):
        return None
    try:
        return next(iterator)
    except StopIteration:  # the step that failed was the last of its epoch
        dataset = epoch_data(model)
        return None if dataset is None else next(iter(dataset), None)
    except tf.errors.OpError:  # it was the data that failed
        return None
