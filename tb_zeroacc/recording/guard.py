"""Watching never breaks training: a part that fails is turned off, and training goes on."""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Guard:
    """Runs the parts of a recorder.

    Args:
        around: What each part runs within: a framework may have debuggers to keep away.

    Attributes:
        off: The parts that failed, by name, each with its first fault.
        on_fault: Is told of each part that is turned off.
    """

    def __init__(
        self, around: Callable[[], AbstractContextManager[object]] = contextlib.nullcontext
    ) -> None:
        self._around = around
        self.off: dict[str, Exception] = {}
        self.on_fault: Callable[[str, Exception], None] | None = None

    @property
    def turned_off(self) -> dict[str, str]:
        """The same in words."""
        return {part: told(fault) for part, fault in self.off.items()}

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
            with self._around():
                return work(*args, **kwargs)
        except Exception as fault:  # noqa: BLE001 - the promise above; KeyboardInterrupt passes
            self.turn_off(part, fault)
            return None

    def turn_off(self, part: str, fault: Exception) -> None:
        """Turns a part off and says so, once."""
        if part in self.off:
            return
        self.off[part] = fault
        text = f"Zero Accuracy no longer records {part}; training goes on. ({told(fault)})"
        warn(text, stacklevel=4)
        if self.on_fault is not None:
            with contextlib.suppress(Exception):  # the log itself may be what failed
                self.on_fault(part, fault)


def told(fault: Exception) -> str:
    """Type and first line of an error, at most 300 characters of it."""
    reason = str(fault).strip().splitlines()
    return f"{type(fault).__name__}: {reason[0][:300]}" if reason else type(fault).__name__


def warn(text: str, stacklevel: int) -> None:
    """Warns of something, and raises nothing where the user has made warnings errors.

    Args:
        text: What to say.
        stacklevel: As of `warnings.warn`, counted from here.
    """
    try:
        warnings.warn(text, RuntimeWarning, stacklevel=stacklevel)
    except Exception:  # noqa: BLE001 - or it would come out of training
        print(f"RuntimeWarning: {text}", file=sys.stderr, flush=True)
