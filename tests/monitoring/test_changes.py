"""What is a change, what is news, and that both are told once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

import pytest

from tb_zeroacc.diagnosis.answers import Fix, Tier
from tb_zeroacc.diagnosis.diagnosis import Diagnosis, Finding, Outcome
from tb_zeroacc.monitoring.changes import Changes
from tb_zeroacc.places import Place
from tb_zeroacc.plugin.reading import View
from tb_zeroacc.plugin.shown_training import ShownTraining
from tb_zeroacc.run import Run, State
from tb_zeroacc.verdict import Reading

BROKEN, LEARNING = Outcome.BROKEN, Outcome.LEARNING


def shown(
    outcome: Outcome,
    *findings: tuple[str, Tier],
    name: str = "a",
    state: State = "live",
    session: int = 1,
    headline: str = "So it is.",
) -> ShownTraining:
    found = tuple(
        Finding(rank, code, code.lower(), tier, headline, "", (), (), (), Fix("Mend it."))
        for rank, (code, tier) in enumerate(findings, 1)
    )
    run = Run(name, state=state, sessions=session)
    verdict = Diagnosis(name, outcome, headline, findings=found)
    return ShownTraining(name, Place("logs"), Reading(run, verdict), 1)


def view(*trainings: ShownTraining) -> View:
    ranked = tuple(sorted(trainings, key=lambda one: one.rank))
    return View(1, True, MappingProxyType({one.name: one for one in trainings}), (), ranked)


NAN = ("ZA501", Tier.DEFINITE)
RATE = ("ZA701", Tier.STRONG)
SMELL = ("ZA709", Tier.SMELL)
Looks = Sequence[ShownTraining]
# What is seen look by look; what is told of each: the event and the news.
COURSES: dict[str, tuple[Looks, list[tuple[str, tuple[str, ...]] | None]]] = {
    "other numbers are no change": (
        [shown(LEARNING, headline="2.3"), shown(LEARNING, headline="2.2")],
        [("verdict", ()), None],
    ),
    "a finding comes, goes and comes back": (
        [shown(LEARNING), shown(BROKEN, NAN), shown(LEARNING), shown(BROKEN, NAN)],
        [("verdict", ()), ("verdict", ("ZA501",)), ("verdict", ()), ("verdict", ())],
    ),
    "a second one is news, the first no more": (
        [shown(BROKEN, NAN), shown(BROKEN, NAN, RATE)],
        [("verdict", ("ZA501",)), ("verdict", ("ZA701",))],
    ),
    "a smell is a change, and no news": (
        [shown(LEARNING), shown(LEARNING, SMELL)],
        [("verdict", ()), ("verdict", ())],
    ),
    "it ends": (
        [shown(LEARNING), shown(LEARNING, state="ended")],
        [("verdict", ()), ("state", ())],
    ),
    "another training in the directory has news of its own": (
        [shown(BROKEN, NAN), shown(BROKEN, NAN, session=2)],
        [("verdict", ("ZA501",)), ("verdict", ("ZA501",))],
    ),
    "a smell that comes beside another finding is no change": (
        [shown(BROKEN, NAN), shown(BROKEN, NAN, SMELL)],
        [("verdict", ("ZA501",)), None],
    ),
    "what does not learn yet, without a finding, is news when it ends": (
        [shown(Outcome.NOT_LEARNING), shown(Outcome.NOT_LEARNING, state="ended")],
        [("verdict", ()), ("state", ("not_learning",))],
    ),
    "a bad outcome without a finding": (
        [shown(BROKEN), shown(BROKEN, NAN)],
        [("verdict", ("broken",)), ("verdict", ("ZA501",))],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("looks", "told"), COURSES.values(), ids=COURSES)
def test_courses(looks: Looks, told: list[tuple[str, tuple[str, ...]] | None]) -> None:
    changes = Changes()
    for seen, expected in zip(looks, told, strict=True):
        found = [(change.event, change.news) for change in changes.since(view(seen))]
        assert found == ([] if expected is None else [expected])
        assert not list(changes.since(view(seen))), "the same state again is no change"


@pytest.mark.parametrize(("least", "news"), [(Tier.DEFINITE, 1), (Tier.STRONG, 2), (Tier.SMELL, 3)])
def test_the_weakest_tier_that_is_news(least: Tier, news: int) -> None:
    (change,) = Changes(least).since(view(shown(BROKEN, NAN, RATE, SMELL)))
    assert len(change.news) == news


def test_what_could_not_be_read_for_a_while_is_no_change() -> None:
    changes = Changes()
    before = shown(BROKEN, NAN)
    assert len(list(changes.since(view(before)))) == 1
    assert not list(changes.since(view()))
    back = replace(before, since=3)  # read anew
    assert not list(changes.since(view(back)))


def test_the_worst_comes_first() -> None:
    both = view(shown(LEARNING, name="a"), shown(BROKEN, NAN, name="b"))
    assert [change.shown.name for change in Changes().since(both)] == ["b", "a"]
