"""Where a step stands among the replicas of a distribution strategy; variables of one's own there.

What is recorded is the first replica of this process. The others run as if nobody looked, and so do
other processes: nothing here is ever reduced across replicas, for one that waits for another which
does not record would wait for ever.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import tensorflow as tf


def is_replicated() -> bool:
    """Whether this code runs in one of several replicas, or across them."""
    context = tf.distribute.get_replica_context()
    return context is None or context.num_replicas_in_sync > 1


def replicas_here() -> int:
    """The replicas among which the loss is divided here, so that it can be summed over them.

    1 across replicas, where values are joined already.
    """
    context = tf.distribute.get_replica_context()
    return 1 if context is None else int(context.num_replicas_in_sync)


def is_first_replica() -> bool:
    """Whether this is the first replica of this process, or the only one."""
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync < 2:
        return True
    number = tf.get_static_value(context.replica_id_in_sync_group)
    if number is None:
        return False
    # Of several processes each counts its replicas on from those of the one before it.
    local = getattr(context.strategy.extended, "_get_local_replica_id", int)
    return bool(local(int(number)) == 0)


def is_across_processes(strategy: Any) -> bool:
    """Whether a strategy has other processes take part in what this one computes."""
    return isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy)


def first_device(strategy: Any) -> str | None:
    """The device of the first replica of this process; None where TensorFlow may choose."""
    try:
        return str(strategy.extended.worker_devices[0])
    except RuntimeError:  # the default strategy has none
        return None


def own_variable(start: np.ndarray[Any, Any], name: str, device: str | None) -> tf.Variable:
    """A variable that no strategy knows of, also within the scope of one.

    There it would be made for each replica, after all processes have agreed on its value.

    Args:
        start: Its value.
        name: Its name.
        device: Where it is to be; None for where TensorFlow puts it.
    """
    made: list[tf.Variable] = []

    def make() -> None:
        with tf.device(device):
            made.append(tf.Variable(start, trainable=False, name=name))

    thread = threading.Thread(target=make)  # scopes are a thread's own
    thread.start()
    thread.join()
    return made[0]
