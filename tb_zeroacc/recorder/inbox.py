"""Takes the samples that records within a `tf.function` hand to Python, while that runs.

Nothing may come out of here: TensorFlow would raise it from the user's function.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.recorder import content
from tb_zeroacc.recorder.content import Sample
from tb_zeroacc.recorder.due import NEVER
from tb_zeroacc.recorder.guard import Guard
from tb_zeroacc.recorder.ledger import Ledger
from tb_zeroacc.recorder.shown import joined
from tb_zeroacc.records import Layout

Flat = NDArray[np.float32]


@dataclass(slots=True)
class Plan:
    """One record that was traced.

    Attributes:
        has_loss: Whether it shows a loss.
        layouts: Of its tables.
        parts: The layouts of each part that follows, when an update was applied.
    """

    has_loss: bool
    layouts: tuple[Layout, ...] = ()
    parts: list[tuple[Layout, ...]] = field(default_factory=list)


class Inbox:
    """Puts samples together and writes them.

    Args:
        ledger: Counts steps and writes samples.
        guard: Turns failing parts off.

    Attributes:
        plans: The records that were traced, by their number.
        is_open: Whether anything is taken.
    """

    def __init__(self, ledger: Ledger, guard: Guard) -> None:
        self.plans: list[Plan] = []
        self.is_open = False
        self._ledger = ledger
        self._guard = guard
        self._pending: tuple[Sample, int] | None = None  # with the number of parts to come
        self._parts: dict[int, list[tuple[Layout, Flat]]] = {}
        self._beside = 0.0  # seconds that went into parts since the last sample

    def flush(self) -> None:
        """Writes the sample that waits for its update, whether that came or not."""
        pending, self._pending = self._pending, None
        parts, self._parts = self._parts, {}
        if pending is not None:
            sample = pending[0]
            for part in sorted(parts):  # each holds the ones before it, too
                sample = joined(sample, parts[part])
            self._ledger.write(sample)

    def receive(self, index: Any, place: Any, began: Any, flat: Flat) -> Any:
        """From a step that is due.

        Args:
            index: The number of its plan.
            place: int64: the step as given, its offset, the step, whether its loss is the first
                that is not finite.
            began: Wall clock before its tables were computed, seconds.
            flat: float32, its tables end to end.

        Returns:
            int64: the next step that is due.
        """
        due = self._guard.run("samples", self._received, int(index), place, float(began), flat)
        return np.int64(NEVER if due is None else due)

    def complete(self, index: Any, part: Any, began: Any, flat: Flat) -> Any:
        """From a step that is due, when an update was applied.

        Args:
            index: The number of its plan.
            part: Which of its parts.
            began: Wall clock before its tables were computed, seconds.
            flat: float32, the tables that the update changed, end to end.
        """
        self._guard.run("updates", self._completed, int(index), int(part), float(began), flat)
        return np.int64(0)

    def _received(self, index: int, place: Any, began: float, flat: Flat) -> int:
        start, ledger, plan = time.perf_counter(), self._ledger, self.plans[index]
        if not self.is_open:
            return NEVER
        given, offset, step, is_bad = (int(n) for n in place)
        before = max(0.0, time.time() - began)
        ledger.pace(step, sampling=before)
        ledger.reach(given, offset, step)
        self.flush()
        tables = content.split(flat, plan.layouts)
        sample = Sample(step, bool(is_bad), float("nan"), plan.has_loss, tables)
        ledger.plan(sample, before + self._beside + time.perf_counter() - start)
        self._beside = 0.0
        self._pending = (sample, len(plan.parts))
        if not plan.parts:
            self.flush()
        ledger.outside += time.perf_counter() - start
        return ledger.next_due

    def _completed(self, index: int, part: int, began: float, flat: Flat) -> None:
        if self._pending is None:
            return
        # TensorFlow does not say in which order updates that do not touch each other come here.
        self._parts[part] = content.split(flat, self.plans[index].parts[part])
        if len(self._parts) >= self._pending[1]:
            self.flush()
        seconds = max(0.0, time.time() - began)
        self._beside += seconds
        self._ledger.outside += seconds
