"""Follows trainings until they have ended, or until one is hopeless."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from tb_zeroacc.diagnosis.answers import Tier
from tb_zeroacc.monitoring.changes import Changes
from tb_zeroacc.monitoring.lines import line_of, title_of
from tb_zeroacc.wording import count

if TYPE_CHECKING:
    from tb_zeroacc.monitoring.hooks import Hooks
    from tb_zeroacc.monitoring.screens import Screen
    from tb_zeroacc.plugin.reading import BackgroundReading, View

SLOW = 60.0  # seconds of a reading that is not the first, after which a sentence says so
MOST_SENTENCES = 5  # of one look, on what cannot be read


class End(Enum):
    """Why a watch ended."""

    FINISHED = "finished"
    HOPELESS = "hopeless"


@dataclass(slots=True)
class Watch:
    """One watch.

    Attributes:
        reading: What is followed: it pauses for `interval` between readings.
        screen: Shows what changed.
        hooks: Are told what is news.
        interval: Seconds between looks.
        until_finished: Whether it ends when no training goes on.
        exit_on: It ends when a training has a finding of this tier or above; None for never.
        clock: Seconds since 1970.
    """

    reading: BackgroundReading
    screen: Screen
    hooks: Hooks
    changes: Changes
    interval: float
    until_finished: bool = False
    exit_on: Tier | None = None
    clock: Callable[[], float] = time.time
    _began: float = field(init=False, default_factory=time.monotonic)
    _is_slow: bool = field(init=False, default=False)

    def follow(self) -> End:
        """Looks again and again, until there is a reason to end."""
        known: tuple[str, ...] = ()
        while True:
            self.reading.view()
            # What comes of a long reading is shown meanwhile.
            view = self.reading.wait(max(self.interval, 1.0))
            self._tell_of_silence(view)
            known = self._look(view, known)
            if self.exit_on is not None and self._is_hopeless(view, self.exit_on):
                return End.HOPELESS
            if self.until_finished and self._has_finished(view):
                return End.FINISHED
            if not self.reading.refreshing:
                time.sleep(self.interval)

    def _look(self, view: View, known: tuple[str, ...]) -> tuple[str, ...]:
        """Shows a look, and hands out its news; the sentences on what cannot be read."""
        now = self.clock()
        changes = list(self.changes.since(view))
        if view.errors != known:
            self._tell([error for error in view.errors if error not in known])
            if known and not view.errors:
                self.screen.say("All can be read again.")
        self.screen.show(view, changes, now)
        self.hooks.hand_out([line_of(change, now) for change in changes if change.news])
        return view.errors

    def _tell_of_silence(self, view: View) -> None:
        """Says once that a reading does not end: some file systems never answer."""
        if not (self.reading.refreshing and view.complete):
            self._began, self._is_slow = time.monotonic(), False
        elif not self._is_slow and time.monotonic() - self._began > SLOW:
            self._is_slow = True
            self.screen.say("Waiting: a reading does not end; a file system may give no answer.")

    def _tell(self, errors: Sequence[str]) -> None:
        for error in errors[:MOST_SENTENCES]:
            self.screen.say(f"Waiting: {error}")
        if len(errors) > MOST_SENTENCES:
            self.screen.say(f"and {len(errors) - MOST_SENTENCES} more that cannot be read.")

    def _is_hopeless(self, view: View, tier: Tier) -> bool:
        for shown in view.ranked:
            for finding in shown.reading.diagnosis.findings:
                if finding.tier >= tier:
                    self.screen.say(
                        f"Ends: {finding.code} {finding.name} ({finding.tier.label}) in "
                        f"{title_of(shown)}."
                    )
                    return True
        return False

    def _has_finished(self, view: View) -> bool:
        """Whether all that is there was read, and none of it goes on."""
        is_known = view.complete and not view.away and bool(view.ranked)
        if not is_known or any(shown.run.state == "live" for shown in view.ranked):
            return False
        self.screen.say(f"Ends: {count(len(view.ranked), 'training')} finished.")
        return True
