"""Which of several workers this process is, as TensorFlow's TF_CONFIG tells it."""

from __future__ import annotations

import json
import os

VARIABLE = "TF_CONFIG"
TRAINING = ("chief", "master", "worker")  # jobs that run `fit`, in the order in which they count


def worker_of(config: str | None = None) -> int | None:
    """This process's number among the workers that train, from 0; None where it is the only one.

    Args:
        config: The text of TF_CONFIG; that of the environment by default. One that is no such text
            tells of no workers.
    """
    try:
        found = json.loads(os.environ.get(VARIABLE, "") if config is None else config)
        sizes = {job: len(found["cluster"].get(job, ())) for job in TRAINING}
        job, index = found["task"]["type"], int(found["task"]["index"])
    except (ValueError, TypeError, LookupError, AttributeError):
        return None
    if job not in TRAINING or sum(sizes.values()) < 2:
        return None
    return sum(sizes[before] for before in TRAINING[: TRAINING.index(job)]) + index
