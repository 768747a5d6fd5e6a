"""What to do and what to log, in the code of whoever trained the model.

In a loop of the user's own `Monitor` records: there is no `fit` and no `compile` that arguments
could be given to. A log of PyTorch's is written by a `SummaryWriter`. Where the log does not tell
what trained the model, code says what it is for; where no code would fit, words alone are given.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import NamedTuple

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Fix, Missing, is_diff
from tb_zeroacc.diagnosis.computed.model.frameworks import (
    Framework,
    can_be_recorded,
    framework_of,
    is_regression,
)
from tb_zeroacc.diagnosis.computed.per_run import per_run
from tb_zeroacc.diagnosis.needs import ACCURACY, CALLBACK, VALIDATION_ACCURACY
from tb_zeroacc.run import Run

CALLS = re.compile(r"\bmodel\.(fit|compile)\(")
OF_KERAS = re.compile(
    r"\bkeras\b|\btf\.|\btb_zeroacc\b|\bapply_gradients\b"
    r"|\bmodel\.(fit|compile|predict|evaluate|add|layers|trainable)"
)
OF_RECORDER = re.compile(r"\btb_zeroacc\b")
OF_TORCH = (Framework.TORCH, Framework.LIGHTNING)
WITHOUT_LOOP = (Framework.TENSORFLOW_1, Framework.BOOSTING)  # that a user would write
SHARES = (ACCURACY.missing, VALIDATION_ACCURACY.missing)


def has_own_loop(run: Run) -> bool:
    """Whether a loop of the user's own trains, as far as is known."""
    return run.contract is not None and run.contract.is_own_loop


def fix_for(run: Run, fix: Fix) -> Fix:
    """A fix with the code that fits how the model is trained; without code where none does."""
    if has_own_loop(run):
        return replace(fix, code=fix.in_a_loop or _without(CALLS, fix.code))
    framework = framework_of(run)
    if framework is not Framework.KERAS:
        return replace(fix, code=_code_in(framework, fix))
    return fix if can_be_recorded(run) else replace(fix, code=_without(OF_RECORDER, fix.code))


def _without(pattern: re.Pattern[str], code: str) -> str:
    return "" if pattern.search(code) else code


def _code_in(framework: Framework, fix: Fix) -> str:
    """The code of a fix for a log that Keras did not write; what is not for all says for whom."""
    in_a_loop = "" if framework in WITHOUT_LOOP else fix.in_a_loop
    if framework not in OF_TORCH or not fix.in_torch:
        for code in (fix.code, in_a_loop):
            if code and not OF_KERAS.search(code):
                return code
    match framework:
        case Framework.LIGHTNING if fix.in_lightning:
            known = {Framework.LIGHTNING: fix.in_lightning}
        case Framework.LIGHTNING | Framework.TORCH:
            known = {Framework.TORCH: fix.in_torch}
        case Framework.TENSORFLOW:  # Keras' layers and optimizers, in a loop of one's own
            known = {Framework.KERAS: in_a_loop or _without(CALLS, fix.code)}
        case Framework.UNKNOWN:
            known = {Framework.KERAS: fix.code, Framework.TORCH: fix.in_torch}
        case _:
            known = {}
    return _labelled({framework: code for framework, code in known.items() if code})


def _labelled(known: Mapping[Framework, str]) -> str:
    """Code for one framework below the other, each under its name; a diff where one of them is."""
    margin = "  " if any(map(is_diff, known.values())) else ""  # of a line that is no change
    lines = []
    for framework, code in known.items():
        lines.append(f"{margin}# in {framework.value}")
        inner = "" if is_diff(code) else margin
        lines += [f"{inner}{line}" for line in code.splitlines()]
    return "\n".join(lines)


def told_for(run: Run, answer: Answer) -> Answer:
    """An answer that asks for lines of code which can be written where the model is trained."""
    if not isinstance(answer, CannotTell) or not answer.needs:
        return answer
    return told_in(way_of(run), answer)


class Way(NamedTuple):
    """How a model is trained, as far as it decides what can be logged."""

    is_own_loop: bool
    framework: Framework
    can_be_recorded: bool
    is_regression: bool
    is_recorded: bool


@per_run
def way_of(run: Run) -> Way:
    """How the model of a run is trained."""
    return Way(
        has_own_loop(run), framework_of(run), can_be_recorded(run), is_regression(run), run.recorded
    )


def told_in(way: Way, answer: CannotTell) -> CannotTell:
    """The answer in the code of one way to train."""
    return replace(answer, needs=_told(answer.needs, way))


@cache  # the needs are those that rules declare, so there are few
def _told(needs: tuple[Missing, ...], way: Way) -> tuple[Missing, ...]:
    told = (_told_one(need, way) for need in needs)
    return tuple(need for need in told if need is not None)


def _told_one(need: Missing, way: Way) -> Missing | None:
    """What to log, as the model is trained; None for what would be no use, or has no line."""
    if need in SHARES and way.is_regression:
        return None
    if way.is_recorded and need.how_to_log == CALLBACK:
        return replace(need, how_to_log="")  # it was there: what it lacks did not happen
    if way.is_own_loop:
        return replace(need, how_to_log=need.in_a_loop or need.how_to_log)
    if need.is_recorders and not way.can_be_recorded:
        return replace(need, how_to_log="")
    in_keras = need.how_to_log
    lines = {
        Framework.KERAS: in_keras if way.can_be_recorded else _without(OF_RECORDER, in_keras),
        Framework.LIGHTNING: need.in_lightning,
        Framework.TORCH: need.in_torch,
        Framework.TENSORFLOW: need.in_tensorflow,
    }
    line = lines.get(way.framework, "")
    return replace(need, how_to_log=line) if line else None
