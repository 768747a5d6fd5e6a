"""The values that all variables had some steps ago, and the batches since.

From these the steps since can be taken again, to the state before any of them, where something
broke in one that had not been looked at. Keeping them costs a look at the variables now and then.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras

from tb_zeroacc.keras.compat import value_of
from tb_zeroacc.keras.sampling.batches import Batch, bytes_of
from tb_zeroacc.keras.tables.graph_call import GraphCall

SHARE = 0.002  # of the training time that looks may cost
LEAST, MOST = 16, 256  # steps from one look to the next
# An update writes beside values that are held: what that copies a second (measured, 2 cores).
BYTES_PER_SECOND = 4e9
MOST_STATE = 2**28  # bytes of variables: of more no second copy is kept
MOST_BATCHES = 2**26  # bytes of batches


class Shadow:
    """Keeps the way back of one model.

    Args:
        variables: All that a step changes.
    """

    def __init__(self, variables: list[Any]) -> None:
        self._variables = list({id(v): v for v in variables}.values())
        self._read = GraphCall(
            lambda: [value_of(v) for v in self._variables], in_caller=True
        )
        self._values: list[Any] = []
        self._step = -1  # before which the variables had these values
        self._batches: list[Batch] = []
        self._bytes = 0
        self._next = 0
        self._ran = (0, 0.0)  # step, clock
        size = sum(bytes_of(value) for value in self._read())
        self.is_affordable = size <= MOST_STATE
        self._copying = size / BYTES_PER_SECOND

    def is_due(self, step: int) -> bool:
        """Whether it is time for another look, before a step."""
        return self.is_affordable and step >= self._next

    def look(self, step: int) -> None:
        """Looks at the variables before a step."""
        start = time.perf_counter()
        self._values, self._step = self._read(), step
        self._batches, self._bytes = [], 0
        now = time.perf_counter()
        pace = (now - self._ran[1]) / max(1, step - self._ran[0])
        self._ran = (step, now)
        wanted = (now - start + self._copying) / (SHARE * max(pace, 1e-6))
        self._next = step + int(min(max(wanted, LEAST), MOST))

    def note(self, batch: Batch) -> None:
        """Keeps the batch of a step that has run."""
        if not self._values or not self.is_affordable:
            return
        size = sum(bytes_of(leaf) for leaf in keras.tree.flatten(batch.content))
        if self._bytes + size > MOST_BATCHES:
            self._values = []  # no way back until the next look
            self._batches, self._next = [], 0
            return
        self._bytes += size
        self._batches.append(batch)

    def way_to(self, step: int) -> list[Batch]:
        """The batches from the last look up to a step, that of the step last; none if one lacks."""
        steps = [batch.step for batch in self._batches]
        if not self._values or steps != list(range(self._step, step + 1)):
            return []
        return self._batches

    @contextmanager
    def rewound(self) -> Iterator[None]:
        """Gives every variable the value it had at the last look, and in the end its own again."""
        now = self._read()
        try:
            self._assign(self._values)
            yield
        finally:
            self._assign(now)

    def _assign(self, values: list[Any]) -> None:
        for variable, value in zip(self._variables, values, strict=True):
            inner = variable.value if isinstance(variable, keras.Variable) else variable
            inner.assign(value)


def state_of(model: Any, others: list[Any]) -> list[Any]:
    """All variables that a step of `fit` changes.

    Args:
        model: A built model.
        others: Those that its step reads or writes beside its own.
    """
    optimizer = [] if model.optimizer is None else model.optimizer.variables
    return [*model.variables, *optimizer, *model.metrics_variables, *others]


def repeated(
    way: list[Batch], take: Callable[[Any], Any], look: Callable[[int], Any],
    see: Callable[[Batch, Any], Any],
) -> list[Any]:
    """Takes steps again, and looks at the last two of them as if they had been due.

    Args:
        way: Their batches.
        take: Takes a step with a batch.
        look: Looks at the variables before a step.
        see: From a batch and that look to what is known of the step, behind it.

    Returns:
        What `see` made of each of the last two steps.
    """
    found = []
    for place, batch in enumerate(way):
        seen = look(batch.step) if place >= len(way) - 2 else None
        take(batch.content)
        if seen is not None:
            found.append(see(batch, seen))
    return found
