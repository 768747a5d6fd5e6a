"""The loop of a watch, on readings that a test decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from threading import Event
from typing import Any, Self

import pytest

from tb_zeroacc.diagnosis.answers import Tier
from tb_zeroacc.errors import UnreachablePathError
from tb_zeroacc.logs.followed_file import Amount
from tb_zeroacc.monitoring import watching
from tb_zeroacc.monitoring.changes import Change, Changes
from tb_zeroacc.monitoring.hooks import Hooks
from tb_zeroacc.monitoring.watching import End, Watch
from tb_zeroacc.places import Place
from tb_zeroacc.plugin.reading import BackgroundReading, View
from tb_zeroacc.verdict import Reading
from tests.monitoring.test_changes import BROKEN, NAN, shown


class Seen:
    """A screen that keeps what it is shown."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.changes: list[tuple[str, str]] = []
        self.hears: Any = lambda sentence: None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def show(self, view: View, changes: Sequence[Change], now: float) -> None:
        self.changes += [(change.event, change.shown.name) for change in changes]

    def say(self, sentence: str) -> None:
        self.said.append(sentence)
        self.hears(sentence)


class Scripted:
    """A place of which each look reads the next entry: verdicts, or a fault."""

    unread: tuple[str, ...] = ()
    amount, expected = Amount(), 0

    def __init__(self, *looks: Any, known: Sequence[Reading] = ()) -> None:
        self._looks = list(looks)
        self._now = list(known)

    def refreshing(self, now: float | None) -> Iterator[list[Reading]]:
        look = self._looks.pop(0) if len(self._looks) > 1 else self._looks[0]
        if isinstance(look, Event):
            look.wait(30)
        elif isinstance(look, Exception):
            raise look
        else:
            self._now = look
        yield []

    def state(self, now: float | None) -> list[Reading]:
        return self._now


def followed(
    *looks: Any, known: Sequence[Reading] = (), hears: Any = None, **options: Any
) -> tuple[End, Seen]:
    screen, source = Seen(), Scripted(*looks, known=known)
    screen.hears = hears or screen.hears
    reading = BackgroundReading([Place("s3://logs")], lambda _: source, pause=0.0)
    hooks = Hooks([], dry_run=False, say=screen.say)
    return Watch(reading, screen, hooks, Changes(), 0.01, **options).follow(), screen


LIVE, ENDED = shown(BROKEN).reading, shown(BROKEN, state="ended").reading
HOPELESS = shown(BROKEN, NAN).reading
AWAY = UnreachablePathError("The machine gives no answer.")


def test_what_cannot_be_reached_is_not_finished() -> None:
    end, screen = followed(AWAY, AWAY, [ENDED], known=[ENDED], until_finished=True)
    assert (end, screen.changes) == (End.FINISHED, [("verdict", "a")])
    assert screen.said == [
        "Waiting: The machine gives no answer.", "All can be read again.", "Ends: 1 training "
        "finished.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("tier", "findings", "ends"),
    [
        (Tier.DEFINITE, (("ZA701", Tier.STRONG),), False),
        (Tier.STRONG, (("ZA701", Tier.STRONG),), True),
        (Tier.DEFINITE, (NAN,), True),
    ],
)
def test_only_a_finding_of_the_tier_ends_it(
    tier: Tier, findings: tuple[tuple[str, Tier], ...], ends: bool
) -> None:
    seen = shown(BROKEN, *findings).reading
    over = shown(BROKEN, *findings, state="ended").reading
    end, screen = followed([seen], [over], until_finished=True, exit_on=tier)
    assert end is (End.HOPELESS if ends else End.FINISHED)
    assert screen.said[-1].startswith(f"Ends: {findings[0][0]}" if ends else "Ends: 1 training")


def test_a_reading_that_does_not_end_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "SLOW", 0.5)
    answers = Event()

    def hears(sentence: str) -> None:
        if "a reading does not end" in sentence:
            answers.set()

    end, screen = followed([LIVE], answers, [HOPELESS], hears=hears, exit_on=Tier.DEFINITE)
    assert end is End.HOPELESS
    assert sum("does not end" in sentence for sentence in screen.said) == 1
