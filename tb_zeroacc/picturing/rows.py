"""Rows of tables in a picture: their names, and which of many are shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from tb_zeroacc.diagnosis.computed.model.layers import layer_of
from tb_zeroacc.run import Run

Entry = TypeVar("Entry")


def short_names(run: Run, rows: Sequence[str]) -> list[str]:
    """The layer of each row where that tells the rows apart, else the row's own name."""
    layers = [layer_of(run, row) for row in rows]
    return layers if len(set(layers)) == len(layers) else list(rows)


def some_of(entries: Sequence[Entry], most: int, flagged: Sequence[bool]) -> list[Entry]:
    """At most so many of many, in their order: the first flagged ones, and evenly spread others."""
    if len(entries) <= most:
        return list(entries)
    wanted = [n for n, is_flagged in enumerate(flagged) if is_flagged][: most // 2]
    others = [n for n in range(len(entries)) if n not in set(wanted)]
    spread = np.linspace(0, len(others) - 1, most - len(wanted)).astype(int)
    return [entries[n] for n in sorted({*wanted, *(others[n] for n in spread)})]
