"""Whether a training came to its end, and how much of it is recorded."""

from __future__ import annotations

from typing import Any

import pytest

from tb_zeroacc.diagnosis.computed.learning.ending import breaks_off, done, is_unfinished, planned
from tb_zeroacc.facts import End, Epoch, Fit, Start
from tb_zeroacc.run import Run
from tests.diagnosis.planted import a_contract, a_run

START = Start("session", 0.0)


def recorded(epochs: int, asked: int | None = 4, initial: int = 0, **fields: Any) -> Run:
    fit = Fit(epochs=asked, initial_epoch=initial)
    ends = tuple(Epoch(k, 10 * (k + 1), 10) for k in range(epochs))
    return a_run(a_contract(fit=fit), epochs=ends, **{"start": START, **fields})


@pytest.mark.parametrize(
    ("run", "broken", "unfinished"),
    [
        (recorded(2), True, True),
        (recorded(4), False, False),
        (recorded(2, asked=None), True, True),  # nobody knows how many were to come
        (recorded(2, asked=6, initial=4), False, False),
        (recorded(2, end=End("stopped", 20)), False, False),
        (recorded(2, state="live"), False, True),
        (recorded(2, start=None), False, False),  # a log of another writer has no end
    ],
)
def test_what_breaks_off(run: Run, broken: bool, unfinished: bool) -> None:
    assert (breaks_off(run), is_unfinished(run)) == (broken, unfinished)


def test_epochs_of_several_fits_are_no_plan() -> None:
    assert (done(recorded(3)), planned(recorded(3))) == (3, 4)
    assert planned(recorded(5)) is None
    assert planned(a_run()) is None
