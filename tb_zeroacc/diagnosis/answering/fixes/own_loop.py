"""What to do and what to log, for a training loop of the user's own.

`Monitor` records it: there is no `fit` and no `compile` that arguments could be given to.
"""

from __future__ import annotations

from dataclasses import replace

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Fix
from tb_zeroacc.run import Run

CALLS = ("model.fit(", "model.compile(")


def has_own_loop(run: Run) -> bool:
    """Whether a loop of the user's own trains, as far as is known."""
    return run.contract is not None and run.contract.is_own_loop


def fix_for(run: Run, fix: Fix) -> Fix:
    """A fix with the code that fits how the model is trained; without code where none does."""
    if not has_own_loop(run):
        return fix
    fits = not any(call in fix.code for call in CALLS)
    return replace(fix, code=fix.in_a_loop or (fix.code if fits else ""))


def told_for(run: Run, answer: Answer) -> Answer:
    """An answer that asks for lines of code which can be written where the model is trained."""
    if not isinstance(answer, CannotTell) or not has_own_loop(run):
        return answer
    needs = tuple(
        replace(need, how_to_log=need.in_a_loop or need.how_to_log) for need in answer.needs
    )
    return replace(answer, needs=needs)
