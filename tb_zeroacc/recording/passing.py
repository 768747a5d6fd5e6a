"""Whose fault an error is: ours, or that of what we stand in front of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_OURS = __name__.partition(".")[0]


def passed(original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Calls what stood in a place of ours before; its errors are not ours."""
    return original(*args, **kwargs)


def is_ours(fault: BaseException) -> bool:
    """Whether an error began in this package, and not in what it called by `passed`."""
    trace, innermost = fault.__traceback__, None
    while trace is not None:
        frame = trace.tb_frame
        if frame.f_globals.get("__name__", "").partition(".")[0] == _OURS:
            innermost = frame.f_code
        trace = trace.tb_next
    return innermost is not None and innermost is not passed.__code__
