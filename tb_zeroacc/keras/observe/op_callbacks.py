"""Operations of ours that TensorFlow's debuggers leave alone.

`tf.debugging.enable_check_numerics` and Debugger V2 look at every operation that a thread runs or
adds to a graph. Ours must be hidden from them: NaN stands for "unknown" in our tables, which
would raise an error in the user's training.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from tensorflow.python.eager import context


@contextlib.contextmanager
def without_op_callbacks() -> Iterator[None]:
    """What is run or traced inside, on this thread, is told to no callback on operations.

    The list is replaced, not emptied: a replica's thread may share it with the one that began it.
    """
    state = context.context()._thread_local_data
    callbacks = state.op_callbacks
    if not callbacks:
        yield
        return
    state.op_callbacks = []
    try:
        yield
    finally:
        state.op_callbacks = callbacks
