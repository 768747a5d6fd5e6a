"""Which process of a job this one is, where its distribution strategy knows more than others."""

from __future__ import annotations

from typing import Any

from tb_zeroacc.recording.workers.identity import ALONE, Identity, identity_of, of_cluster


def identity_in(
    strategy: Any, worker: int | None = None, workers: int | None = None
) -> Identity:
    """What this process is to others that train with it.

    Args:
        strategy: A distribution strategy; it is asked where neither the arguments nor the
            environment say anything, for its cluster may have been told to it alone.
        worker: Its number, as the user says; None to look for it.
        workers: How many there are, as the user says.
    """
    found = identity_of(worker, workers)
    resolver = getattr(strategy, "cluster_resolver", None)
    if found != ALONE or resolver is None:
        return found
    try:
        return of_cluster(resolver.cluster_spec().as_dict(), resolver.task_type, resolver.task_id)
    except Exception:  # noqa: BLE001 - a resolver may be the user's own, and ask other machines
        return ALONE
