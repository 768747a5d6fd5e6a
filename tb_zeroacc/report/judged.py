"""What every report is made of: the verdicts, what could not be read, and what counts as failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tb_zeroacc.diagnosis.answers import Tier
from tb_zeroacc.diagnosis.diagnosis import Finding
from tb_zeroacc.report.printable import printable
from tb_zeroacc.run import Run
from tb_zeroacc.verdict import Reading


@dataclass(frozen=True, slots=True)
class Judged:
    """What one command read.

    Attributes:
        readings: The trainings with their verdicts, in the order to report them.
        unread: Sentences on what could not be read.
        fail_on: Findings of this tier and above count as failed.
    """

    readings: Sequence[Reading]
    unread: Sequence[str] = ()
    fail_on: Tier = Tier.DEFINITE

    @property
    def has_failed(self) -> bool:
        """Whether any finding counts as failed."""
        return any(self.fails(f) for reading in self.readings for f in reading.diagnosis.findings)

    def fails(self, finding: Finding) -> bool:
        """Whether a finding counts as failed."""
        return finding.tier >= self.fail_on


def name_of(run: Run) -> str:
    """How a training is called: by its name below the path, or by the path itself."""
    return printable(run.name if run.name != "." else run.path)
