"""What to do and what to log, in the code of whoever trained the model.

In a loop of the user's own `Monitor` records: there is no `fit` and no `compile` that arguments
could be given to. A log of PyTorch's is written by a `SummaryWriter`.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import NamedTuple

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Fix, Missing
from tb_zeroacc.diagnosis.computed.model.frameworks import is_regression, is_torch
from tb_zeroacc.diagnosis.computed.per_run import per_run
from tb_zeroacc.diagnosis.needs import ACCURACY, CALLBACK, VALIDATION_ACCURACY
from tb_zeroacc.run import Run

CALLS = ("model.fit(", "model.compile(")
KERAS = (*CALLS, "keras", "tf.", "tb_zeroacc.")
SHARES = (ACCURACY.missing, VALIDATION_ACCURACY.missing)


def has_own_loop(run: Run) -> bool:
    """Whether a loop of the user's own trains, as far as is known."""
    return run.contract is not None and run.contract.is_own_loop


def fix_for(run: Run, fix: Fix) -> Fix:
    """A fix with the code that fits how the model is trained; without code where none does."""
    if has_own_loop(run):
        return replace(fix, code=fix.in_a_loop or _without(CALLS, fix.code))
    if is_torch(run):
        return replace(fix, code=_without(KERAS, fix.in_a_loop) or _without(KERAS, fix.code))
    return fix


def _without(words: tuple[str, ...], code: str) -> str:
    return "" if any(word in code for word in words) else code


def told_for(run: Run, answer: Answer) -> Answer:
    """An answer that asks for lines of code which can be written where the model is trained."""
    if not isinstance(answer, CannotTell) or not answer.needs:
        return answer
    return told_in(way_of(run), answer)


class Way(NamedTuple):
    """How a model is trained, as far as it decides what can be logged."""

    is_own_loop: bool
    is_torch: bool
    is_regression: bool
    is_recorded: bool


@per_run
def way_of(run: Run) -> Way:
    """How the model of a run is trained."""
    return Way(has_own_loop(run), is_torch(run), is_regression(run), run.recorded)


def told_in(way: Way, answer: CannotTell) -> CannotTell:
    """The answer in the code of one way to train."""
    return replace(answer, needs=_told(answer.needs, way))


@cache  # the needs are those that rules declare, so there are few
def _told(needs: tuple[Missing, ...], way: Way) -> tuple[Missing, ...]:
    told = (_told_one(need, way) for need in needs)
    return tuple(need for need in told if need is not None)


def _told_one(need: Missing, way: Way) -> Missing | None:
    """What to log, as the model is trained; None for what would be no use."""
    if need in SHARES and way.is_regression:
        return None
    if way.is_recorded and need.how_to_log == CALLBACK:
        return replace(need, how_to_log="")  # it was there: what it lacks did not happen
    if way.is_own_loop:
        return replace(need, how_to_log=need.in_a_loop or need.how_to_log)
    return replace(need, how_to_log=need.in_torch) if way.is_torch else need
