"""What is computed of a run is computed once, for all rules."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import update_wrapper
from typing import Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

import numpy as np

from tb_zeroacc.run import Run

P = ParamSpec("P")
T = TypeVar("T")


def per_run(compute: Callable[Concatenate[Run, P], T]) -> Callable[Concatenate[Run, P], T]:
    """Remembers the results of a pure function of a run, for as long as that run lives.

    A run never changes, so neither does what is computed of it. Arrays are handed out read-only:
    several rules share them.

    Args:
        compute: Its further arguments must be hashable; tables and curves are, by identity.
    """
    known: WeakKeyDictionary[Run, dict[Hashable, T]] = WeakKeyDictionary()

    def remembered(run: Run, /, *args: P.args, **kwargs: P.kwargs) -> T:
        of_run = known.setdefault(run, {})
        asked = args, tuple(sorted(kwargs.items())) if kwargs else ()
        if asked not in of_run:
            result = compute(run, *args, **kwargs)
            if isinstance(result, np.ndarray):
                result.setflags(write=False)
            of_run[asked] = result
        return of_run[asked]

    update_wrapper(remembered, compute)
    return remembered
