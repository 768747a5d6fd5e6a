"""What changed since the last look, and what of it is news: each finding once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from tb_zeroacc import telling
from tb_zeroacc.diagnosis.answers import Tier
from tb_zeroacc.diagnosis.diagnosis import Outcome

if TYPE_CHECKING:
    from tb_zeroacc.diagnosis.diagnosis import Finding
    from tb_zeroacc.plugin.reading import View
    from tb_zeroacc.plugin.shown_training import ShownTraining

Event: TypeAlias = Literal["verdict", "state"]


@dataclass(frozen=True, slots=True)
class Change:
    """One training of which something else is to be said than before.

    Attributes:
        event: `verdict` where its outcome or findings changed, `state` where it only ended, fell
            silent or went on.
        shown: The training as it stands.
        news: Codes of findings that were never news of this training before, or its outcome where
            no finding explains a bad one. Empty where there is nothing to wake anybody for.
    """

    event: Event
    shown: ShownTraining
    news: tuple[str, ...] = ()


@dataclass(slots=True)
class Changes:
    """Compares each state with the one before.

    What cannot be read for a while is remembered: it is no change when it comes back as it was.

    Args:
        least: The weakest tier that is news.
    """

    least: Tier = Tier.STRONG
    _known: dict[str, ShownTraining] = field(default_factory=dict)
    _told: dict[str, tuple[int, set[str]]] = field(default_factory=dict)  # session and news of it

    def since(self, view: View) -> Iterator[Change]:
        """What changed, the worst training first."""
        for shown in view.ranked:
            known = self._known.get(shown.name)
            if known is shown:
                continue
            self._known[shown.name] = shown
            if known is None or _verdict(known) != _verdict(shown):
                yield Change("verdict", shown, self._news(shown))
            elif known.run.state != shown.run.state:
                yield Change("state", shown, self._news(shown))

    def _news(self, shown: ShownTraining) -> tuple[str, ...]:
        session, told = self._told.get(shown.name, (0, set()))
        if session != shown.run.sessions:  # another training, in the same directory
            session, told = shown.run.sessions, set()
        verdict = shown.reading.diagnosis
        codes = [finding.code for finding in verdict.findings if finding.tier >= self.least]
        if not codes and _is_bad(shown):
            codes = [verdict.outcome.value]
        self._told[shown.name] = session, told.union(codes)
        return tuple(code for code in codes if code not in told)


def _is_bad(shown: ShownTraining) -> bool:
    """Whether its outcome is news although no finding explains it.

    A training that goes on may yet begin to learn.
    """
    verdict = shown.reading.diagnosis
    is_over = shown.run.state != "live"
    bad = (Outcome.BROKEN, Outcome.NOT_LEARNING) if is_over else (Outcome.BROKEN,)
    return not verdict.findings and verdict.outcome in bad


def _verdict(shown: ShownTraining) -> tuple[object, ...]:
    """What makes a verdict another one: not the numbers in its sentences, nor a smell beside."""
    verdict = shown.reading.diagnosis
    main = telling.main_finding(verdict)
    sure = {(finding.code, finding.tier) for finding in verdict.findings if is_sure(finding)}
    code = None if main is None else main.code
    return shown.run.sessions, verdict.outcome, shown.severity, code, sure


def is_sure(finding: Finding) -> bool:
    """Whether it is more than a smell."""
    return finding.tier >= Tier.STRONG
