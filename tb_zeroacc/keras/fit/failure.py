"""What can still be recorded when training raises: the error, and the data of a batch."""

from __future__ import annotations

import sys
from typing import Any

import tensorflow as tf

from tb_zeroacc import facts
from tb_zeroacc.keras.fit.fitting import epoch_data, passed_through
from tb_zeroacc.keras.tables import graph_backend
from tb_zeroacc.keras.tables.batch_parts import data_and_targets
from tb_zeroacc.recording.guard import Guard
from tb_zeroacc.recording.sample import Tables, arrays_of
from tb_zeroacc.recording.tables import data_tables
from tb_zeroacc.recording.tables.observation import Observation


def pending_fault(model: Any) -> BaseException | None:
    """The error of a `fit` of this model that is ending the interpreter; None for another end."""
    fault = getattr(sys, "last_exc", None) or getattr(sys, "last_value", None)
    return fault if fault is not None and passed_through(fault, model) else None


def a_batch(
    model: Any, outputs: tuple[facts.Output, ...], iterator: Any, guard: Guard
) -> Tables:
    """The tables of inputs and labels of one batch, looked at eagerly; the model is not called.

    Where Keras failed while it traced the first step nothing had run, and the iterator still holds
    the very batch of that step. Where a running step failed, its batch is gone: this is the next.

    Args:
        model: The model that was trained.
        outputs: What the contract says about its outputs.
        iterator: `fit`'s own, which is not used any more.
        guard: Turns failing parts off.
    """
    batch = _next_of(model, iterator)
    if batch is None:
        return []
    with tf.init_scope():
        found = data_tables.of_batch(
            *data_and_targets(Observation(model, batch), outputs), guard, graph_backend
        )
    return arrays_of(found)


def _next_of(model: Any, iterator: Any) -> Any:
    """A batch of the data that training was fed with; None where none can be had."""
    if not isinstance(iterator, tf.data.Iterator):
        return None
    try:
        return next(iterator)
    except StopIteration:  # the step that failed was the last of its epoch
        dataset = epoch_data(model)
        return None if dataset is None else next(iter(dataset), None)
    except tf.errors.OpError:  # it was the data that failed
        return None
