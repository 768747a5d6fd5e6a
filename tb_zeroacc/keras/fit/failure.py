"""What can still be said when training raises: the error that ends it, and what its batch held."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tb_zeroacc import facts
from tb_zeroacc.keras.fit.fitting import epoch_data, passed_through
from tb_zeroacc.keras.tables import graph_backend
from tb_zeroacc.keras.tables.batch_parts import data_and_targets
from tb_zeroacc.recording.guard import Guard
from tb_zeroacc.recording.tables import data_tables
from tb_zeroacc.recording.tables.observation import Observation
from tb_zeroacc.records import Layout


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
        found = data_tables.of_batch(
            *data_and_targets(Observation(model, batch), outputs), guard, graph_backend
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
