"""Watching never breaks training: a part that fails is turned off, and training goes on."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def warn(text: str, *, stacklevel: int) -> None:
    """Warns; where the user has made warnings errors, ours must not end the training.

    Args:
        text: What it says.
        stacklevel: Whose line it names: 2 is the caller's, 3 the one that called it, ...
    """
    with contextlib.suppress(Exception):
        warnings.warn(text, RuntimeWarning, stacklevel=stacklevel)


class Guard:
    """Runs the parts of a recorder.

    Attributes:
        off: The parts that failed, by name, each with its first fault.
    """

    def __init__(self) -> None:
        self.off: dict[str, Exception] = {}

    def run(
        self, part: str, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T | None:
        """Runs one part; after its first fault it is off and None comes back.

        Args:
            part: What the part records, in words for the warning: `the gradients`.
            work: The part itself.
            *args: Passed on to `work`.
            **kwargs: Passed on to `work`.
        """
        if part in self.off:
            return None
        try:
            return work(*args, **kwargs)
        except Exception as fault:  # noqa: BLE001 - the promise above; KeyboardInterrupt passes
            self.turn_off(part, fault)
            return None

    def turn_off(self, part: str, fault: Exception) -> None:
        """Turns a part off and says so, once."""
        if part in self.off:
            return
        self.off[part] = fault
        reason = str(fault).strip().splitlines()
        text = f"{type(fault).__name__}: {reason[0][:300]}" if reason else type(fault).__name__
        warn(f"Zero Accuracy no longer records {part}; training goes on. ({text})", stacklevel=4)
