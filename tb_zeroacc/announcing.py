"""What is told while a training is recorded: the first cause on the console, in two lines.

Each verdict that differs from the one before it also goes to a function of the user's own.
"""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from tb_zeroacc.arguments import absolute

if TYPE_CHECKING:
    from tb_zeroacc.diagnosis.diagnosis import Diagnosis, Finding

OnVerdict: TypeAlias = "Callable[[Diagnosis], object]"
# At these moments the cursor stands at the beginning of a line, not behind a progress bar.
BETWEEN_LINES = frozenset({"contract", "epoch", "end"})


class Announcer:
    """Tells each cause once: what is beyond doubt at once, the rest when training has ended.

    Args:
        named: The directory of the training as the user wrote it.
        log_dir: The same from everywhere; the advice names it where `named` leads elsewhere by now.
        affords: Whether so many seconds fit into the budget; asked with the seconds that the last
            verdict took, and those since training began.
        prints: Whether the console is told.
        on_verdict: Is called with each verdict that differs from the one before it in its outcome,
            its causes or their tiers; None for nothing.

    Attributes:
        definite: The headline of the first verdict whose main cause was beyond doubt, with the code
            of that cause before it; None so far.
    """

    def __init__(
        self,
        named: str,
        log_dir: str,
        affords: Callable[[float, float], bool],
        *,
        prints: bool = True,
        on_verdict: OnVerdict | None = None,
    ) -> None:
        self._named, self._log_dir = named, log_dir
        self._affords = affords
        self._prints, self._on_verdict = prints, on_verdict
        self._told: set[str] = set()
        self._latest: object = None
        self._judging = 0.0  # seconds that the last verdict took
        self.definite: str | None = None
        self.resume()

    def resume(self) -> None:
        """Training begins, again or for the first time."""
        self._began = time.perf_counter()
        self.definite = None

    def tell(self, directory: str, session: str, moment: str) -> None:
        """Reads the record back and tells what is new.

        Args:
            directory: Of the record.
            session: Its token: others may write into the same directory.
            moment: What just happened, in a word: `contract`, `sample`, `epoch`, `end`, ...
        """
        start = time.perf_counter()
        if moment == "epoch" and not self._affords(self._judging, start - self._began):
            return
        try:
            self._tell(directory, session, moment)
        finally:
            self._judging = time.perf_counter() - start

    def _tell(self, directory: str, session: str, moment: str) -> None:
        from tb_zeroacc.telling import main_finding
        from tb_zeroacc.verdict import diagnose

        for verdict in diagnose(directory, session=session):
            main = main_finding(verdict)
            code = f"{main.code} " if main is not None else ""
            is_definite = main is not None and main.tier.label == "definite"
            if is_definite and self.definite is None:
                self.definite = f"{code}{verdict.headline}"
            if self._prints and (is_definite or moment == "end"):
                self._print(verdict, main, moment)
            self._hand_over(verdict)

    def _print(self, verdict: Diagnosis, main: Finding | None, moment: str) -> None:
        code = main.code if main is not None else ""
        if code in self._told:
            return
        self._told.add(code)
        gap = "" if moment in BETWEEN_LINES else "\n"
        name = f"{code} " if code else ""
        print(f"{gap}Zero Accuracy: {name}{verdict.headline}")
        print(f"  more: {self.where_to_look}", flush=True)

    @property
    def where_to_look(self) -> str:
        """The two commands that show the whole verdict."""
        still_there = absolute(self._named) == self._log_dir
        where = shlex.quote(self._named if still_there else self._log_dir)
        return f"zeroacc diagnose {where}  or  tensorboard --logdir {where}"

    def _hand_over(self, verdict: Diagnosis) -> None:
        said = (verdict.outcome, [(found.code, found.tier) for found in verdict.findings])
        if self._on_verdict is not None and said != self._latest:
            self._latest = said
            self._on_verdict(verdict)
