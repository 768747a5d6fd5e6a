"""The step that is under way: what hooks note goes to its observation."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf

from tb_zeroacc.keras.observe.patches import Hook, Patch
from tb_zeroacc.recording.passing import passed
from tb_zeroacc.recording.tables.observation import Observation

EXTRA = "_zeroacc"  # under this name the logs of a step hold what recorders asked for
PART = "what a step shows"  # in the words of the guard's warning


class Underway(threading.local):
    """The steps of one model, the innermost last; each replica is traced in a thread of its own."""

    def __init__(self) -> None:
        self._steps: list[Observation] = []

    @contextlib.contextmanager
    def observing(self, seen: Observation) -> Iterator[None]:
        """A step is under way inside."""
        seen.graph = _graph_now()
        self._steps.append(seen)
        try:
            yield
        finally:
            self._steps.pop()

    def seen(self, patch: Patch) -> Observation | None:
        """The step that runs; None without one, or for a hook that was left behind."""
        return self._steps[-1] if patch.active and self._steps else None

    def noting(self, note: Callable[[Observation, Any], object]) -> Hook:
        """A hook that takes note of what a function returns."""

        def make(original: Callable[..., Any], patch: Patch) -> Callable[..., Any]:
            @functools.wraps(original)
            def call(*args: Any, **kwargs: Any) -> Any:
                found = passed(original, *args, **kwargs)
                seen = self.seen(patch)
                if seen is not None:
                    note(seen, found)
                return found

            return call

        return make

    @staticmethod
    def is_here(seen: Observation) -> bool:
        """Whether operations can be added to a step now: not in a function of the user's own."""
        return _graph_now() is seen.graph


def _graph_now() -> Any:
    """The graph that operations are being added to; None where they run at once."""
    return tf.compat.v1.get_default_graph() if tf.inside_function() else None
