"""A look at all variables before a step, from which the step can be computed once more."""

from __future__ import annotations

from dataclasses import dataclass

from tb_zeroacc.keras.sampling.batches import Batch
from tb_zeroacc.keras.sampling.replay import Replay, Values
from tb_zeroacc.keras.tables.plan import Before, SamplePlan
from tb_zeroacc.recording.sample import Sample, Tables


@dataclass(frozen=True, slots=True)
class Look:
    """The variables before a step.

    Attributes:
        step: The step.
        values: Of all variables that a replay needs.
        before: Statistics of the weights.
        replay, plan: How such a step is computed once more, and summarised.
    """

    step: int
    values: Values
    before: Before
    replay: Replay
    plan: SamplePlan

    @classmethod
    def at(cls, step: int, replay: Replay, plan: SamplePlan) -> Look:
        """Looks at the variables as they are now."""
        return cls(step, replay.look(), plan.look(), replay, plan)

    def tables_of(self, batch: Batch, *, is_own: bool = True) -> Tables:
        """The tables of a step: of the one that was looked at, or of another from its variables."""
        tensors = self.replay.run(self.values, batch.content)
        return self.plan.summarise(tensors, self.before if is_own else None)


def sample_of(
    batch: Batch, made: Tables, replayed_from: int | None, *, is_first_bad: bool = False
) -> Sample:
    """A sample of a step that was computed once more.

    Args:
        batch: What the step drew.
        made: Its tables.
        replayed_from: The step whose variables stood in for its own; None for its own.
        is_first_bad: Whether its loss is the first that is not finite.
    """
    reproduced = None if replayed_from is None else True
    ready = float("nan") if batch.ready is None else float(batch.ready)
    return Sample(batch.step, is_first_bad, ready, True, made, replayed_from, reproduced)
