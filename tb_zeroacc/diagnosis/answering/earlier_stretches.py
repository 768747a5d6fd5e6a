"""What is said of the earlier stretches of a directory, be they trainings, seeds or folds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from tb_zeroacc.diagnosis.answers import Evidence, at_most
from tb_zeroacc.diagnosis.context import Fault, JudgedStretch
from tb_zeroacc.run import Run
from tb_zeroacc.wording import count, instant

NAMED = 5  # faulty stretches among the evidence

Faulty: TypeAlias = "tuple[Run, Fault]"


def faulty(judged: Sequence[JudgedStretch]) -> list[Faulty]:
    """The stretches that did not learn, the worst first and of equals the latest."""
    found = [(one.stretch.run, one.fault) for one in reversed(judged) if one.fault is not None]
    return sorted(found, key=lambda one: (-one[1].severity, -one[1].tier))


def worst_of(bad: Sequence[Faulty]) -> str:
    """The rest of a sentence on how many there are: what the worst of them shows."""
    fault = bad[0][1]
    return f"; an earlier one did not learn ({fault.code}). {fault.summary}"


def which_one(bad: Sequence[Faulty], judged: Sequence[JudgedStretch]) -> str:
    """Sentences on the worst of them: which it is, and how many others there are."""
    others = (
        f"{len(bad)} of the {len(judged)} earlier ones that are long enough to be judged did not "
        "learn. "
    )
    return (
        f"That was the one with {_place(bad[0][0])}. {others if len(judged) > 1 else ''}"
        "The verdict is on the latest one."
    )


def without_fault(judged: Sequence[JudgedStretch]) -> str:
    """The sentence on stretches none of which failed."""
    if not judged:
        return "The latest is judged; no earlier one is long enough"
    seen = count(len(judged), "earlier one")
    return f"The latest is judged; no failure shows in {seen} of sufficient length"


def stretches_counted(
    what: str, held: int, judged: Sequence[JudgedStretch], run: Run
) -> tuple[Evidence, ...]:
    """How many there are with the latest one, how many were judged, and how many failed.

    Args:
        what: What they are, in the plural.
        held: How many there are.
        judged: The earlier ones that are long enough.
        run: The latest one.
    """
    counts = (
        (f"{what} in this directory", held, at_most(1)),
        ("earlier ones of sufficient length", len(judged), None),
        ("earlier ones that did not learn", len(faulty(judged)), at_most(0)),
    )
    return tuple(
        Evidence.of_number(text, number, limit, unit=what, member=member_of(run))
        for text, number, limit in counts
    )


def stretches_shown(bad: Sequence[Faulty]) -> tuple[Evidence, ...]:
    """The faulty stretches, each with its fault and its place in the log."""
    return tuple(_shown(stretch, fault) for stretch, fault in bad[:NAMED])


def member_of(run: Run) -> str:
    """TensorBoard's run that holds its main curve, or else its first one."""
    main = run.main_curve
    return main.member if main is not None else next(iter(run.members), "")


def _shown(stretch: Run, fault: Fault) -> Evidence:
    text, main = f"{fault.code} {fault.name}, in {_place(stretch)}", stretch.main_curve
    if main is None:
        return Evidence(text)
    first, last = main.series.first.step, main.series.last.step
    return Evidence.of_number(
        text, None, member=main.member, axis=main.axis, since=first, until=last
    )


def _place(stretch: Run) -> str:
    """Its steps, and when it began: `steps 0 to 390, begun at 2026-03-01 12:00:05 UTC`."""
    main, time = stretch.main_curve, stretch.first_time
    if main is None:
        return "no curve"
    unit = "epochs" if main.axis == "epoch" else "steps"
    begun = "" if time is None else f", begun at {instant(time)}"
    return f"{unit} {main.series.first.step} to {main.series.last.step}{begun}"
