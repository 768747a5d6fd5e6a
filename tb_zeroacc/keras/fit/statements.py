"""What is stated about the model of a recording: its contract, and the shapes in a step."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from tb_zeroacc import facts
from tb_zeroacc.keras.contract import model_contract as contracts
from tb_zeroacc.keras.contract.traced_shapes import shapes_of
from tb_zeroacc.keras.observe.optimizers import Optimizers
from tb_zeroacc.recording.guard import Guard
from tb_zeroacc.recording.session import RecordingSession
from tb_zeroacc.recording.tables.observation import Observation


@dataclass(eq=False)
class Statements:
    """Writes what is known about a model, whenever it changes.

    Attributes:
        model: The model.
        session: Where to write.
        guard: Turns failing parts off.
    """

    model: Any
    session: RecordingSession
    guard: Guard
    _fit: facts.Fit = field(default_factory=facts.Fit, init=False)
    _traced: tuple[facts.Contract, facts.Shapes] | None = field(default=None, init=False)
    _changes: int = field(default=0, init=False)  # of the optimizers, when last stated

    def begin(self, steps: int, fit: facts.Fit) -> None:
        """A `fit` begins.

        Args:
            steps: Training steps taken before.
            fit: How it was asked for.
        """
        self._fit = fit
        self.session.state(steps, self._described(None, None))

    def note(self, seen: Observation, optimizers: Optimizers) -> None:
        """Takes note of what a step showed; to be written behind it."""
        found = self._described(seen, optimizers)
        shapes = self.guard.run("the shapes", shapes_of, seen)
        self._traced = found or self.session.contract, shapes or facts.Shapes()

    def _described(
        self, seen: Observation | None, optimizers: Optimizers | None
    ) -> facts.Contract | None:
        return self.guard.run(
            "the contract", contracts.describe, self.model, self._fit, seen, None, optimizers
        )

    def write(self, steps: int) -> bool:
        """Writes what was noted; whether anything was."""
        traced, self._traced = self._traced, None
        if traced is not None:
            self.session.state(steps, traced[0])
            self.session.shapes(steps, traced[1])
        return traced is not None

    def update(self, steps: int, optimizers: Optimizers) -> None:
        """An eager step, or a function within one, may show an optimizer later than others."""
        if optimizers.changes != self._changes:
            self._changes = optimizers.changes
            found = contracts.trained_by(optimizers, seen=True)
            self.session.state(steps, replace(self.session.contract, **found))
