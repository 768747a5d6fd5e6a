"""What a rule says of a job is what it says of its workers."""

from __future__ import annotations

import pytest

from tb_zeroacc.diagnosis.answering.of_workers import merged, named
from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, Passed, Tier
from tb_zeroacc.workers import Worker

WORKERS = [Worker("worker", n) for n in range(4)]
NAMES = {
    "Worker 3": ([Worker("worker", 3)], 4),
    "Workers 1 and 3": ([Worker("worker", 1), Worker("worker", 3)], 4),
    "Ranks 0, 1 and 2": ([Worker("rank", n) for n in range(3)], 8),
    "Chief and worker 1": ([Worker("chief"), Worker("worker", 1)], 4),
    "5 of 8 workers": ([Worker("rank", n) for n in range(5)], 8),
}
BAD, WORSE = Flagged("All labels are 0.", since=5), Flagged("All labels are 1.", since=2)
HARMLESS = Flagged("It is large.", tier=Tier.SMELL)
FINE, UNKNOWN = Passed("fine"), CannotTell("too short")


@pytest.mark.parametrize("want", NAMES)
def test_workers_are_named(want: str) -> None:
    assert named(*NAMES[want]) == want


def one(*answers: Answer) -> Answer:
    given = {worker: {"ZA1": answer} for worker, answer in zip(WORKERS, answers, strict=False)}
    return merged(given, {"ZA1": Tier.STRONG})["ZA1"]


def test_what_all_have_is_told_as_of_one() -> None:
    assert one(BAD, WORSE, WORSE) is BAD


def test_what_one_has_names_it() -> None:
    found = one(FINE, FINE, BAD, FINE)
    assert isinstance(found, Flagged)
    assert found.summary == "Worker 2 alone: All labels are 0."
    assert found.workers == ("worker 2",)


def test_what_some_have_names_them_and_tells_the_one_that_began_first() -> None:
    found = one(FINE, BAD, WORSE, FINE)
    assert isinstance(found, Flagged)
    assert found.summary == "Workers 1 and 2: All labels are 1."
    assert found.since == 2


def test_of_many_workers_one_always_has_something_harmless() -> None:
    assert one(FINE, HARMLESS, FINE) is FINE
    assert one(HARMLESS, FINE, FINE) is HARMLESS


def test_the_first_one_speaks_where_nothing_is_found() -> None:
    assert one(UNKNOWN, FINE) is UNKNOWN
