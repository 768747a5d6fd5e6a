"""What every way of sampling `fit` answers to."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any

from tb_zeroacc.recording.guard import Guard
from tb_zeroacc.recording.sample import Sample
from tb_zeroacc.recording.schedule import DueSteps
from tb_zeroacc.recording.tables.observation import Observation, Update

PART = "samples"  # in the words of the guard's warning


class Sampler:
    """Takes the samples of one model; made for one `fit`. This one takes none.

    Args:
        guard: Turns failing parts off.
        due: Which steps to sample.
        on_trace: Called with each observation that was traced, and with the first of eager steps.

    Attributes:
        due: As above.
        is_watching: Whether the latest step was seen at all.
        outside: Seconds spent on samples beside the steps, since they were last asked for.
    """

    def __init__(
        self, guard: Guard, due: DueSteps, on_trace: Callable[[Observation], None]
    ) -> None:
        self._guard = guard
        self.due = due
        self._on_trace = on_trace
        self.is_watching = False
        self.outside = 0.0
        self._samples: list[Sample] = []

    # --- from the hooks ---------------------------------------------------------------------

    def before_step(self, seen: Observation) -> None:
        """A step has its data."""

    def before_apply(self, seen: Observation, update: Update) -> None:
        """An optimizer is about to change the weights."""

    def after_step(self, seen: Observation) -> Any:
        """The end of a step; what the step is to return beside its logs."""

    # --- around a step ----------------------------------------------------------------------

    def wants_single_steps(self, count: int) -> bool:
        """Whether one of the next so many steps has to be taken by itself."""
        return False

    def before_call(self, function: Any, iterator: Any) -> None:
        """A step is about to run; what the user's model raises while it is traced passes on.

        Args:
            function: The `StepFunction` around it.
            iterator: What its batch will be drawn from.
        """

    def after_call(self, taken: Any) -> None:
        """A step has run, or several; `taken` is a `stepping.Taken`."""

    @contextlib.contextmanager
    def _beside(self) -> Iterator[None]:
        """Adds what happens inside to `outside`."""
        start = time.perf_counter()
        yield
        self.outside += time.perf_counter() - start

    # --- for the recording ------------------------------------------------------------------

    def step(self) -> int | None:
        """Training steps taken so far; None where it cannot count them."""
        return self.due.step

    def fetch(self, steps: int, begin: int, loss: Any) -> list[Sample]:
        """The samples since the last call, oldest first.

        Args:
            steps: Training steps taken, as far as Keras tells.
            begin: Those taken before this epoch.
            loss: Keras' running mean of the loss over this epoch; None where it has none.
        """
        return self.take()

    def take(self) -> list[Sample]:
        """As `fetch`, whatever it costs."""
        found, self._samples = self._samples, []
        return found

    def respace(self, step: int, spacing: int) -> None:
        """After a sample at `step`: wishes for another number of steps between samples."""
        self.due.respace(step, spacing)
