"""The reading behind the tab: done in the background, shown as its last whole state.

A request takes the last `View` and never waits. It is requests, too, that have the logs read again:
nothing runs while nobody looks.
"""

from __future__ import annotations

import itertools
import logging
import math
import secrets
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import is_
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol, TypeAlias

from tb_zeroacc.errors import UnreachablePathError, ZeroAccuracyError
from tb_zeroacc.metrics.effort import Effort
from tb_zeroacc.places import Place, wellformed

if TYPE_CHECKING:
    from tb_zeroacc import verdict
    from tb_zeroacc.logs.followed_file import Amount
    from tb_zeroacc.plugin.shown_training import ShownTraining

logger = logging.getLogger(__name__)

Found: TypeAlias = "list[tuple[Place, Sequence[verdict.Reading]]]"

# While the first reading is under way its state is shown anew after so many seconds, or so many
# times those that it took to show.
SHOWN, LEISURE = 0.5, 10.0
PAUSE = 3.0  # seconds at least between the end of a reading and the next one
NO_PLACE = (
    "TensorBoard was started without a log directory that can be read as files: "
    "start it with --logdir."
)


class PlaceReader(Protocol):
    """Reads and judges one place: `verdict.Reader`."""

    def refreshing(self, now: float | None) -> Iterator[Sequence[verdict.Reading]]:
        """Reads what was appended; meanwhile verdicts come, though not all of them."""

    @property
    def expected(self) -> int:
        """How many trainings there seem to be, known once `refreshing` has begun."""

    def state(self, now: float | None) -> Sequence[verdict.Reading]:
        """Judges what is there."""

    @property
    def unread(self) -> Sequence[str]:
        """Sentences on what could not be read, as of `state`."""

    @property
    def amount(self) -> Amount:
        """How much was read so far."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A whole state of what was read.

    Attributes:
        number: Counts the states that brought something new; 0 before the first.
        complete: False while the first reading is under way.
        trainings: By the name under which each is shown, in the order of the log directories.
        errors: Sentences on what could not be read.
        ranked: The same trainings, the worst first.
        expected: How many there will be, as names of directories tell; None where all are there, or
            not all log directories were looked at yet.
        away: Paths of places that could not be read at all, or not now.
        lost_at: Number of the last state that lacked a training which the one before it had.
    """

    number: int = 0
    complete: bool = False
    trainings: Mapping[str, ShownTraining] = field(default_factory=lambda: MappingProxyType({}))
    errors: tuple[str, ...] = ()
    ranked: tuple[ShownTraining, ...] = ()
    expected: int | None = None
    away: tuple[str, ...] = ()
    lost_at: int = 0


class BackgroundReading:
    """Reads in the background when asked, and hands out its last whole state.

    Args:
        places: What to read.
        open_source: Makes the reader of a path; called in the background.
        clock: Seconds since 1970.
        pause: Seconds at least between the end of a reading and the next one; None for `PAUSE`.
    """

    def __init__(
        self,
        places: Iterable[Place],
        open_source: Callable[[str], PlaceReader] | None = None,
        clock: Callable[[], float] = time.time,
        pause: float | None = None,
    ) -> None:
        self.token = secrets.token_hex(4)  # tells this process' states from those of another
        self._places = tuple(places)
        self._open = open_source or _reader
        self._clock = clock
        self._pause_between = pause
        self._sources: dict[Place, PlaceReader] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._ended = -math.inf
        self._effort = Effort()
        self._view = View()
        self._found: Found = []
        self._away: list[str] = []
        self._number = 0
        self._shown_at = self._pause = 0.0

    @property
    def places(self) -> tuple[Place, ...]:
        """What is read."""
        return self._places

    def view(self) -> View:
        """The last whole state; at once. A reading begins if the last one is some time ago."""
        return self.look()[0]

    def look(self) -> tuple[View, bool]:
        """The same, and whether a newer state is on its way."""
        self._begin()
        refreshing = self.refreshing  # asked first: what ends in between is in the view already
        return self._view, refreshing

    @property
    def refreshing(self) -> bool:
        """Whether a reading is under way."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def effort(self) -> Effort:
        """What reading took, as of the last reading that ended."""
        return self._effort

    def wait(self, seconds: float | None = 60.0) -> View:
        """The state after the reading that is under way, if any; None waits without end."""
        thread = self._thread
        if thread is not None:
            thread.join(seconds)
        return self._view

    def _begin(self) -> None:
        pause = PAUSE if self._pause_between is None else self._pause_between
        with self._lock:
            if self.refreshing or time.monotonic() - self._ended < pause:
                return
            self._thread = threading.Thread(
                target=self._read, name="zero-accuracy-reading", daemon=True
            )
            self._thread.start()

    def _read(self) -> None:
        self._number, began = self._view.number + 1, time.monotonic()
        found: Found = []
        errors: list[str] = [] if self._places else [NO_PLACE]
        self._away = []
        # A server that does not answer keeps no file of this machine waiting.
        for place in sorted(self._places, key=lambda place: place.is_remote):
            try:
                found.append((place, self._read_place(place, found, errors)))
                errors += self._sources[place].unread
            except ZeroAccuracyError as error:
                errors.append(str(error))
                self._away.append(place.path)
            except Exception as error:
                logger.exception("Reading %s failed", place.path)
                errors.append(
                    f"Reading {place.path} failed by a fault of Zero Accuracy's own "
                    f"({type(error).__name__}); TensorBoard's output says where."
                )
            self._show_so_far(found, errors)
        if not self._is_known(found, errors):
            self._view = self._viewed(found, errors, complete=True)
            self._found = found
        self._ended = time.monotonic()
        amounts = [source.amount for source in self._sources.values()]
        self._effort = Effort(
            self._effort.refreshes + 1,
            self._effort.failures + bool(errors),
            self._ended - began,
            self._clock(),
            sum(amount.bytes for amount in amounts),
            sum(amount.events for amount in amounts),
        )

    def _show_so_far(self, found: Found, errors: Sequence[str]) -> None:
        """Shows what is there of the first reading while the rest is read."""
        if not self._view.complete:
            view = self._viewed(found, errors, complete=False)
            self._view = replace(view, expected=self._expected(found))

    def _expected(self, found: Found) -> int | None:
        """How many trainings there will be; None before all places were looked at."""
        if len(self._sources) < len(self._places):
            return None
        read = {place: len(readings) for place, readings in found}
        return sum(max(read.get(at, 0), one.expected) for at, one in self._sources.items())

    def _viewed(self, found: Found, errors: Sequence[str], *, complete: bool) -> View:
        ordered = sorted(found, key=lambda one: self._places.index(one[0]))
        view = _view_of(self._view, self._number, ordered, errors, complete=complete)
        return replace(view, away=tuple(self._away))

    def _is_known(self, found: Found, errors: Sequence[str]) -> bool:
        """Whether all is as it was: then the state stays the very same, and so does its ETag."""
        if not self._view.complete or list(self._view.errors) != list(errors):
            return False
        pairs = list(zip(found, self._found, strict=False))
        return len(found) == len(self._found) and all(
            len(new) == len(old) and all(map(is_, new, old)) for (_, new), (_, old) in pairs
        )

    def _read_place(
        self, place: Place, found: Found, errors: list[str]
    ) -> Sequence[verdict.Reading]:
        """What is known of a place; where it cannot be reached now, what was known before."""
        if place not in self._sources:
            self._sources[place] = self._open(place.path)
        source = self._sources[place]
        now = self._clock()
        so_far: list[verdict.Reading] = []
        try:
            for readings in source.refreshing(now):
                so_far += readings
                self._show_while_reading(place, so_far, found, errors)
        except UnreachablePathError as error:
            errors.append(str(error))
            self._away.append(place.path)
        return tuple(source.state(now))

    def _show_while_reading(
        self, place: Place, so_far: list[verdict.Reading], found: Found, errors: Sequence[str]
    ) -> None:
        """Shows what came of the first reading, but never for long."""
        began = time.monotonic()
        if not so_far:  # it is known how much there is
            self._show_so_far([*found, (place, so_far)], errors)
            self._number += 1
            return
        if not self._view.complete and began - self._shown_at > self._pause:
            so_far.sort(key=lambda reading: reading.run.name)
            self._show_so_far([*found, (place, so_far)], errors)
            self._number += 1
            self._shown_at = time.monotonic()
            self._pause = max(SHOWN, LEISURE * (self._shown_at - began))


def _reader(path: str) -> PlaceReader:
    from tb_zeroacc.verdict import Reader  # here: TensorBoard should not pay for it at its start

    return Reader(path, stores=True)


def _view_of(
    before: View,
    number: int,
    found: Found,
    errors: Sequence[str],
    *,
    complete: bool,
) -> View:
    """The state after a reading; what was not read anew is taken over from the one before."""
    from tb_zeroacc.plugin.shown_training import ShownTraining

    trainings: dict[str, ShownTraining] = {}
    for place, reading in ((place, reading) for place, some in found for reading in some):
        name = _unused(place.training(reading.run.name), trainings)
        known = before.trainings.get(name)
        if known is None or known.place != place or known.reading is not reading:
            known = ShownTraining(name, place, reading, number)
        trainings[name] = known
    ranked = sorted(trainings.values(), key=lambda shown: shown.rank)
    lost_at = before.lost_at if before.trainings.keys() <= trainings.keys() else number
    return View(
        number, complete, MappingProxyType(trainings), tuple(errors), tuple(ranked), lost_at=lost_at
    )


def _unused(name: str, taken: Collection[str]) -> str:
    """The name, with a number behind it where another place holds a training of that name."""
    name = wellformed(name)
    numbered = (f"{name} ({number})" for number in itertools.count(2))
    return next(free for free in itertools.chain([name], numbered) if free not in taken)
