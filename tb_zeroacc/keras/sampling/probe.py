"""The few numbers of a step that are read behind each one."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from tb_zeroacc.keras.compat import path_of
from tb_zeroacc.keras.tables import graph_numbers, layer_tables
from tb_zeroacc.keras.tables.batch_parts import inputs_of
from tb_zeroacc.recording.tables.observation import Observation

PLAN, LOSS, WEIGHTS, INPUTS, CLOCK = range(5)


def probe(index: int, seen: Observation) -> Any:
    """What stands at `PLAN`, `LOSS`, `WEIGHTS`, `INPUTS` and `CLOCK`; int32 of shape (5,).

    `read` makes numbers of it. Only their bits leave the step: what it returns is looked at by
    `tf.debugging.enable_check_numerics`, which would raise on a clock that is unknown.

    A sum over all inputs, and one over some weights of each layer after the update: neither is
    finite where a value is not. A gradient that broke shows in the weights it was applied to.
    """
    loss = (
        layer_tables.mean_of(seen.loss)
        if seen.loss is not None
        else layer_tables.reported_loss(seen)
    )
    zero = tf.constant(0.0)
    found = tf.stack(
        [
            tf.constant(float(index)),
            zero if loss is None else loss,
            _sum_of_some([v for u in seen.updates for v in u.variables]),
            graph_numbers.sum_of(inputs_of(seen)),
            zero * float("nan") if seen.data_ready is None else seen.data_ready,
        ]
    )
    return tf.bitcast(found, tf.int32)


def read(found: Any) -> list[float]:
    """The numbers of a probe that has run."""
    numbers: list[float] = found.numpy().view(np.float32).tolist()
    return numbers


def _sum_of_some(variables: list[Any]) -> Any:
    """The sum over one vector of each layer: its bias, or its kernel's first row."""
    chosen: dict[str, Any] = {}
    for variable in variables:
        layer = path_of(variable).rpartition("/")[0]
        if layer not in chosen or len(variable.shape) == 1:
            chosen[layer] = variable
    vectors = [layer_tables.first_row(variable) for variable in chosen.values()]
    return tf.reduce_sum(tf.concat(vectors, 0)) if vectors else tf.constant(0.0)
