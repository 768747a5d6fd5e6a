"""Processes that read units, so that a log takes with it the process that reads it, and no more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from tb_zeroacc.pool.pool import AHEAD, Killer, NotStarted, Pool
from tb_zeroacc.pool.shares import SHARE

Unit = TypeVar("Unit")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class EachUnit(Generic[Unit, Result]):
    """The task of doing the same with each unit of a share.

    Attributes:
        do: A function of a module, which the process imports; it raises nothing.
    """

    do: Callable[[Unit], Result]

    def send(self, share: tuple[Unit, ...]) -> list[Result]:
        """What comes of each unit."""
        return [self.do(unit) for unit in share]

    def received(self, sent: list[Result]) -> list[Result]:
        """The same, where it was sent to."""
        return sent


class Readers(Generic[Unit, Result]):
    """Has processes of this machine read units as they come, and hands out what comes of them.

    Args:
        do: What is done with a unit: a function of a module, which raises nothing.
        killed: What came of a unit that killed its process, by how that ended.
        processes: How many work at once; the first unit starts them.
    """

    def __init__(
        self,
        do: Callable[[Unit], Result],
        killed: Callable[[Unit, str], Result],
        processes: int,
    ) -> None:
        self._task, self._killed, self._processes = EachUnit(do), killed, processes
        self._pool: Pool[Unit, list[Result]] | None = None
        self._share: list[Unit] = []
        self._seconds = 0.0

    def give(self, unit: Unit, seconds: float) -> Iterator[Result]:
        """Hands in a unit.

        Args:
            unit: The unit.
            seconds: Of CPU that it will take, about.

        Yields:
            Whatever came of units that were handed in earlier, by no order: as much as it takes for
            the processes to have no more before them than they need.
        """
        self._share.append(unit)
        self._seconds += seconds
        if self._seconds >= SHARE:
            yield from self._hand_in()

    def rest(self) -> Iterator[Result]:
        """What comes of all units that were not answered yet."""
        if self._share:
            yield from self._hand_in()
        while self._pool is not None and self._pool.unanswered:
            yield from self._answered(self._pool)

    def end(self) -> None:
        """Ends the processes, whatever they do."""
        if self._pool is not None:
            self._pool.end()
        self._pool, self._share, self._seconds = None, [], 0.0

    def _hand_in(self) -> Iterator[Result]:
        pool = self._pool = self._pool or Pool(self._task, self._processes)
        pool.give(tuple(self._share))
        self._share, self._seconds = [], 0.0
        while pool.unanswered > self._processes * (AHEAD + 1):
            yield from self._answered(pool)

    def _answered(self, pool: Pool[Unit, list[Result]]) -> Iterator[Result]:
        answer = pool.answer()
        if isinstance(answer, Killer):
            why = f"the process that read it ended ({answer.how})"
            yield from (self._killed(unit, why) for unit in answer.share)
        elif isinstance(answer, NotStarted):
            yield from self._task.send(answer.share)
        else:
            yield from answer
