"""One question that is asked of several parts has the worst answer of any."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tb_zeroacc.diagnosis.answering.several_optimizers import worst_of
from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, NotApplicable, Passed

FAULT, STANDS = Flagged("It is faulty."), Flagged("It stands.", is_mutable=False)
UNKNOWN, SOUND = CannotTell("not on record"), Passed("sound")
NONE = NotApplicable("no such layer")


@pytest.mark.parametrize(
    ("answers", "want"),
    [
        ([SOUND, UNKNOWN, FAULT], FAULT),
        ([FAULT, STANDS], STANDS),  # whatever the run learned
        ([SOUND, UNKNOWN, NONE], UNKNOWN),
        ([NONE, SOUND], SOUND),
        ([SOUND, Passed("all move"), SOUND], Passed("sound; all move")),
        ([NONE, NONE], NONE),
        ([], NotApplicable("no optimizer updates what is on record")),
    ],
)
def test_the_worst_answer(answers: Sequence[Answer], want: Answer) -> None:
    assert worst_of(answers) == want
