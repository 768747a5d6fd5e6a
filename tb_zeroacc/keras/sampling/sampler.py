"""What every way of sampling `fit` answers to."""

from __future__ import annotations

from typing import Any, Protocol

from tb_zeroacc.recording.due import DueSteps
from tb_zeroacc.recording.sample import Sample
from tb_zeroacc.recording.tables.observation import Observation, Update


class Sampler(Protocol):
    """Takes the samples of one model; made for one `fit`.

    Attributes:
        is_watching: Whether the latest step was seen at all.
        outside: Seconds spent on samples beside the steps, since they were last asked for.
        due: Which steps it samples.
    """

    is_watching: bool
    outside: float
    due: DueSteps

    def before_step(self, seen: Observation) -> None:
        """From the hooks: a step has its data."""

    def before_apply(self, seen: Observation, update: Update) -> None:
        """From the hooks: an optimizer is about to change the weights."""

    def after_step(self, seen: Observation) -> Any:
        """From the hooks: the end of a step; what the step is to return beside its logs."""

    def before_call(self, function: Any, iterator: Any) -> None:
        """A step is about to run."""

    def after_call(self, taken: Any) -> None:
        """A step has run, or several; `taken` is a `stepping.Taken`."""

    def wants_single_steps(self, count: int) -> bool:
        """Whether one of the next so many steps has to be taken by itself."""

    def step(self) -> int | None:
        """Training steps taken so far; None where it cannot count them."""

    def fetch(self, steps: int, begin: int, loss: Any) -> list[Sample]:
        """The samples since the last call, oldest first.

        Args:
            steps: Training steps taken, as far as Keras tells.
            begin: Those taken before this epoch.
            loss: Keras' running mean of the loss over this epoch; None where it has none.
        """

    def take(self) -> list[Sample]:
        """As `fetch`, whatever it costs."""

    def respace(self, step: int, spacing: int) -> None:
        """After a sample at `step`: wishes for another number of steps between samples."""
