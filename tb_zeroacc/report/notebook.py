"""What `tb_zeroacc.diagnose` gives: verdicts that show themselves, as cards or as text."""

from __future__ import annotations

from collections.abc import Sequence

from tb_zeroacc import verdict
from tb_zeroacc.diagnosis.diagnosis import Diagnosis
from tb_zeroacc.verdict import Reading


class Diagnoses(list[Diagnosis]):
    """Verdicts on trainings, by name.

    A notebook shows them as cards, the worst first; printed they read as `zeroacc diagnose` does.

    Attributes:
        readings: Every training as it was read, with its verdict.
    """

    def __init__(self, readings: Sequence[Reading]) -> None:
        super().__init__(reading.diagnosis for reading in readings)
        self.readings = tuple(readings)

    def __repr__(self) -> str:
        """The verdicts as text."""
        from tb_zeroacc.report.text import text_of

        return text_of(self.readings).rstrip("\n")

    def _repr_html_(self) -> str:
        """The verdicts as cards; Jupyter and Colab call it."""
        from tb_zeroacc.report.card import cards

        return cards(self.readings)


def diagnose(path: str, *, now: float | None = None, session: str | None = None) -> Diagnoses:
    """The verdict on every training below a path.

    Args:
        path: A log directory, one training's directory or one log; any fsspec URL.
        now: The clock in seconds since 1970 that decides what still runs; None for no clock.
        session: The recorder's session to judge, by its token; None for the latest.

    Raises:
        UnreadablePathError: The path is missing, forbidden, or holds no log.
    """
    return Diagnoses(verdict.read(path, now, session))
