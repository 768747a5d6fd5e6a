"""What the metrics say of one training: all but the clock, so it is computed once a reading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tb_zeroacc import telling
from tb_zeroacc.diagnosis.answers import Answer, Flagged, Passed
from tb_zeroacc.diagnosis.computed.forecast.remaining import steps_per_second
from tb_zeroacc.run import Role, Run

if TYPE_CHECKING:
    from tb_zeroacc.diagnosis.diagnosis import Diagnosis
    from tb_zeroacc.verdict import Reading

VANISHED = "ZA802"  # the rule that tells which workers write no more
MOST_FINDINGS = 8  # of one training: the first ones are the likeliest


@dataclass(frozen=True, slots=True)
class Figures:
    """One training.

    Attributes:
        outcome: As on the wire: `broken`.
        state: `live`, `ended` or `unknown`.
        findings: Pairs of code and tier, the likeliest first.
        last_time: Wall time of its last record, seconds since 1970.
        ends_at: When it is expected to end, seconds since 1970; of a live one alone.
        steps_per_second: Its recent pace; of a live one alone.
        loss: The last training loss, in its own unit; may be NaN.
        baseline: The loss that a constant prediction scores.
        workers_missing: How many of a job's workers have vanished (ZA802), be it that the others go
            on, broke off or hang; None of any other training, and where that cannot be told.
        is_silent: Whether our recorder watched it, wrote no end, and writes no more.
    """

    outcome: str
    state: str
    findings: tuple[tuple[str, str], ...] = ()
    last_time: float | None = None
    ends_at: float | None = None
    steps_per_second: float | None = None
    loss: float | None = None
    baseline: float | None = None
    workers_missing: int | None = None
    is_silent: bool = False


def figures_of(reading: Reading) -> Figures:
    """The figures of a training that was read."""
    run, verdict = reading
    is_live = run.state == "live"
    loss = run.headline(Role.LOSS)
    return Figures(
        outcome=verdict.outcome.value,
        state=run.state,
        findings=tuple((f.code, f.tier.label) for f in verdict.findings[:MOST_FINDINGS]),
        last_time=run.last_time,
        ends_at=telling.expected_end(run),
        steps_per_second=steps_per_second(run) if is_live else None,
        loss=loss.series.last.value if loss is not None and len(loss.series) else None,
        baseline=_baseline(run, verdict),
        workers_missing=_workers_missing(verdict.checks.get(VANISHED)),
        is_silent=run.recorded and run.clocked and run.state == "unknown",
    )


def _baseline(run: Run, verdict: Diagnosis) -> float | None:
    curve = verdict.curve
    loss = run.headline(Role.LOSS)
    is_loss = curve is not None and loss is not None and curve.tag == loss.tag
    return curve.threshold if curve is not None and is_loss else None


def _workers_missing(answer: Answer | None) -> int | None:
    match answer:
        case Flagged():
            return len(answer.workers)
        case Passed():
            return 0
        case _:
            return None
