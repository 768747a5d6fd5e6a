"""Takes the samples that records within a `tf.function` hand to Python, while that runs.

Nothing may come out of here: TensorFlow would raise it from the user's function.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tb_zeroacc.recording.guard import Guard
from tb_zeroacc.recording.loop_progress import LoopProgress
from tb_zeroacc.recording.sample import Sample, Tables, Values, has_non_finite, joined, split
from tb_zeroacc.recording.schedule import NEVER
from tb_zeroacc.records import Layout

# Tables that are computed with the weights.
COMPUTED = frozenset({"activations", "outputs", "prediction_counts", "gradients"})


@dataclass(slots=True)
class TracedRecord:
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
        progress: Counts steps and writes samples.
        guard: Turns failing parts off.

    Attributes:
        plans: The records that were traced, by their number.
        is_open: Whether anything is taken.
    """

    def __init__(self, progress: LoopProgress, guard: Guard) -> None:
        self.plans: list[TracedRecord] = []
        self.is_open = False
        self._progress = progress
        self._guard = guard
        self._pending: tuple[Sample, int] | None = None  # with the number of parts to come
        self._parts: dict[int, Tables] = {}
        self._latest_own: int | None = None

    def flush(self) -> None:
        """Writes the sample that waits for its update, whether that came or not."""
        pending, self._pending = self._pending, None
        parts, self._parts = self._parts, {}
        if pending is not None:
            sample = pending[0]
            for part in sorted(parts):  # each holds the ones before it, too
                sample = joined(sample, parts[part])
            if sample.replayed_from is not None:
                sample = _of_other_weights(sample)
            self._progress.write(sample)

    def receive(self, index: Any, place: Any, began: Any, flat: Values) -> Any:
        """From a step that is due.

        Args:
            index: The number of its plan.
            place: int64: the step as given, its offset, the step, whether its loss is the first
                that is not finite, and whether its outputs are of its own weights, and not of those
                of the latest step of which that holds.
            began: Wall clock before its tables were computed, seconds.
            flat: float32, its tables end to end.

        Returns:
            int64: the next step that is due.
        """
        due = self._guard.run("samples", self._received, int(index), place, float(began), flat)
        return np.int64(NEVER if due is None else due)

    def complete(self, index: Any, part: Any, began: Any, flat: Values) -> Any:
        """From a step that is due, when an update was applied.

        Args:
            index: The number of its plan.
            part: Which of its parts.
            began: Wall clock before its tables were computed, seconds.
            flat: float32, the tables that the update changed, end to end.
        """
        self._guard.run("updates", self._completed, int(index), int(part), float(began), flat)
        return np.int64(0)

    def _received(self, index: int, place: Any, began: float, flat: Values) -> int:
        start, progress, plan = time.perf_counter(), self._progress, self.plans[index]
        if not self.is_open:
            return NEVER
        given, offset, step, is_bad, is_own = (int(n) for n in place)
        before = max(0.0, time.time() - began)
        progress.pace(step, sampling=before)
        progress.reach(given, offset, step)
        self.flush()
        tables = split(flat, plan.layouts)
        sample = Sample(step, bool(is_bad), float("nan"), plan.has_loss, tables)
        if is_own:
            self._latest_own = step
        else:
            sample = replace(sample, replayed_from=self._latest_own)
        progress.plan(sample, before + time.perf_counter() - start)
        self._pending = (sample, len(plan.parts))
        if not plan.parts:
            self.flush()
        progress.book(time.perf_counter() - start)
        return progress.next_due

    def _completed(self, index: int, part: int, began: float, flat: Values) -> None:
        if self._pending is None:
            return
        # TensorFlow does not say in which order updates that do not touch each other come here.
        self._parts[part] = split(flat, self.plans[index].parts[part])
        if len(self._parts) >= self._pending[1]:
            self.flush()
        self._progress.book(max(0.0, time.time() - began), beside=True)


def _of_other_weights(sample: Sample) -> Sample:
    """A sample whose outputs were computed from the weights before another step.

    Where they do not show what broke they are left out: they are not those of the step.
    """
    if any(has_non_finite(sample.tables, kind) for kind in COMPUTED - {"prediction_counts"}):
        return replace(sample, reproduced=True)
    kept = [
        (layout, _without_norm(layout, values))
        for layout, values in sample.tables
        if layout.kind not in COMPUTED
    ]
    return replace(sample, tables=kept, reproduced=False)


def _without_norm(layout: Layout, values: Values) -> Values:
    if layout.kind != "loss":
        return values
    return np.where(np.array(layout.columns) == "gradient_norm", np.float32(np.nan), values)
