"""`fit` under a strategy of several processes, which Keras 3 does not support."""

from __future__ import annotations

import sys

from tensorflow.python.eager import context

from tb_zeroacc.recording.guard import warn

UNSUPPORTED = (
    "`fit` of Keras 3 does not support MultiWorkerMirroredStrategy: it raises a ValueError about "
    "PerReplica values before its first step, with and without this callback. Train in a loop of "
    "your own and record it with tb_zeroacc.Monitor, or with `fit` of Keras 2 (tf_keras); "
    "docs/clusters.md shows both."
)


def warn_of_fit_across_processes() -> None:
    """Says so when a callback is made: a `fit` that fails that early asks no callback anything.

    Not where Keras 2 is loaded, for the callback may be meant for that.
    """
    if "tf_keras" not in sys.modules and _is_in_a_cluster():
        warn(UNSUPPORTED, stacklevel=4)


def _is_in_a_cluster() -> bool:
    """Whether such a strategy was made in this process: it has TensorFlow's runtime join others."""
    return getattr(context.context(), "_collective_ops_server_def", None) is not None
