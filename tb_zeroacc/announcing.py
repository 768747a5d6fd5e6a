"""What the console is told while a training is recorded: the first cause, in two lines."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable

from tb_zeroacc.arguments import absolute

# At these moments the cursor stands at the beginning of a line, not behind a progress bar.
BETWEEN_LINES = frozenset({"contract", "epoch", "end"})


class Announcer:
    """Tells each cause once: what is beyond doubt at once, the rest when training has ended.

    Args:
        named: The directory of the training as the user wrote it.
        log_dir: The same from everywhere; the advice names it where `named` leads elsewhere by now.
        affords: Whether so many seconds fit into the budget; asked with the seconds that the last
            verdict took, and those since training began.
    """

    def __init__(
        self, named: str, log_dir: str, affords: Callable[[float, float], bool]
    ) -> None:
        self._named, self._log_dir = named, log_dir
        self._affords = affords
        self._told: set[str] = set()
        self._judging = 0.0  # seconds that the last verdict took
        self.resume()

    def resume(self) -> None:
        """Training begins, again or for the first time."""
        self._began = time.perf_counter()

    def tell(self, directory: str, session: str, moment: str) -> None:
        """Reads the record back and prints the first cause, if there is anything new.

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
            code = main.code if main is not None else ""
            is_definite = main is not None and main.tier.label == "definite"
            if code in self._told or not (is_definite or moment == "end"):
                continue
            self._told.add(code)
            gap = "" if moment in BETWEEN_LINES else "\n"
            name = f"{code} " if code else ""
            print(f"{gap}Zero Accuracy: {name}{verdict.headline}")
            still_there = absolute(self._named) == self._log_dir
            where = shlex.quote(self._named if still_there else self._log_dir)
            print(f"  more: zeroacc diagnose {where}  or  tensorboard --logdir {where}", flush=True)
