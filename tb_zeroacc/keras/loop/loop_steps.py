"""What sampling a loop of the user's own needs, wherever its records stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tb_zeroacc import facts
from tb_zeroacc.keras.tables import layer_tables
from tb_zeroacc.recording.guard import Guard
from tb_zeroacc.recording.loop_progress import LoopProgress
from tb_zeroacc.recording.tables.model_tables import Snapshot
from tb_zeroacc.recording.tables.observation import Observation, Update


@dataclass(slots=True, kw_only=True)
class RecordedStep:
    """A step that was recorded before its update.

    Attributes:
        seen: What it showed.
        before: The weights before the update.
        has_gradients: Whether the gradients were known already.
        updates: Those that have come, each with the weights before it.
    """

    seen: Observation
    before: Snapshot
    has_gradients: bool
    updates: list[Update] = field(default_factory=list)

    def add(self, update: Update) -> None:
        """Takes an update that was applied."""
        update.before = layer_tables.narrowed(self.before, update.variables)
        self.updates.append(update)


@dataclass(eq=False)
class LoopSteps:
    """Samples the recorded steps of a loop.

    Attributes:
        model: The model.
        optimizers: Its optimizers.
        progress: Counts steps and writes samples.
        guard: Turns failing parts off.
        outputs_of: What is known about the outputs of a step.
    """

    model: Any
    optimizers: list[Any]
    progress: LoopProgress
    guard: Guard
    outputs_of: Callable[[Observation], tuple[facts.Output, ...]]

    @property
    def _optimizer(self) -> Any:
        return self.optimizers[0] if self.optimizers else None

    def _has_all_updates(self, step: RecordedStep) -> bool:
        return len(step.updates) >= len(self.optimizers)
