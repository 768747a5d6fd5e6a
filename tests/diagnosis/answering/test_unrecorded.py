"""A check that found nothing does not pass where what it rests on is missing."""

from __future__ import annotations

import pytest

from tb_zeroacc.diagnosis.answering.unrecorded import as_far_as_recorded, unknown_counts
from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, NotApplicable, Passed
from tb_zeroacc.facts import Epoch, Unrecorded
from tb_zeroacc.run import Table
from tests.diagnosis.planted import a_run, a_table

LOST = Unrecorded("The weights of `d`", "Nobody saw them.", tables=("weights",), rows=("d/kernel",))
WEIGHTS = a_table("weights", {"a/kernel": {"rms": 1.0}})
BOTH = a_table("weights", {"a/kernel": {"rms": 1.0}, "d/kernel": {"rms": 1.0}})
SOUND = Passed("all units differ")
TOLD = CannotTell(
    "all units differ, as far as recorded; not on record: the weights of `d`. Nobody saw them"
)


@pytest.mark.parametrize(
    ("answer", "table", "kind", "want"),
    [
        (SOUND, WEIGHTS, "weights", TOLD),
        (SOUND, BOTH, "weights", SOUND),  # they came later
        (SOUND, WEIGHTS, "gradients", SOUND),  # the answer does not rest on them
        (Flagged("It is faulty."), WEIGHTS, "weights", Flagged("It is faulty.")),
        (CannotTell("too few"), WEIGHTS, "weights", CannotTell("too few")),
    ],
)
def test_as_far_as_recorded(answer: Answer, table: Table, kind: str, want: Answer) -> None:
    run = a_run(table, unrecorded=(LOST,))
    assert as_far_as_recorded(run, answer, kind) == want


def test_without_the_table_nothing_applies_for_certain() -> None:
    run = a_run(unrecorded=(LOST,))
    assert isinstance(as_far_as_recorded(run, NotApplicable("no kernel"), "weights"), CannotTell)


def test_why_batches_are_not_counted() -> None:
    uncounted = (Epoch(0, 0, None),)
    why = Unrecorded("Progress", "A loop ran in C.", tables=("progress",))
    assert unknown_counts(a_run(epochs=uncounted, unrecorded=(why,))) == (
        "the batches of the epochs were not counted. A loop ran in C"
    )
    assert unknown_counts(a_run(epochs=uncounted)) == "the batches of the epochs were not counted"
    assert unknown_counts(a_run()) == "no epoch has ended normally"
