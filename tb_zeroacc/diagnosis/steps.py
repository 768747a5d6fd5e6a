"""The six steps in which a training that does not learn is looked through, first things first."""

from __future__ import annotations

from enum import Enum


class Step(Enum):
    """One step, in its order; the value is the question that it answers."""

    LOSS = "Do loss, output and metric fit the labels?"
    DATA = "Do inputs and labels hold something to learn?"
    GRADIENTS = "Do gradients and updates have a healthy size?"
    ARCHITECTURE = "Can this architecture learn the task?"
    SANITY = "Is it better than guessing, and on record to its end?"
    SIMPLICITY = "Is it free of extras that stand in its way?"

    @property
    def title(self) -> str:
        """Its name as a reader would say it."""
        return self.name.capitalize()
