"""What a recording keeps of the input pipeline: the taps that saw elements while it ran."""

from __future__ import annotations

import weakref

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc import facts
from tb_zeroacc.recording.pipeline import tapped
from tb_zeroacc.recording.pipeline.tallies import table_of
from tb_zeroacc.records import Layout

MOST_ROWS = 256
Written = tuple[facts.Pipeline, Layout, NDArray[np.float32]]


class PipelineWatch:
    """Reads the taps of one recording: those that see elements meanwhile."""

    def __init__(self) -> None:
        self._before: weakref.WeakKeyDictionary[tapped.Tap, int] = weakref.WeakKeyDictionary()
        self._used: weakref.WeakSet[tapped.Tap] = weakref.WeakSet()
        self._written: list[tuple[int, int]] = []

    def begin(self) -> None:
        """Begins a `fit`: the taps that it uses see elements from now on."""
        self._before.clear()
        self._before.update({tap: tap.elements() for tap in tapped.living()})

    def look(self) -> Written | None:
        """The table of all elements since each tap was made; None if it is no other than before.

        Returns:
            The tensors at the taps, the table's layout, and values, float32 of shape (tensors, 13).
        """
        passed = {tap: tap.elements() for tap in tapped.living()}
        self._used.update(tap for tap, n in passed.items() if n > self._before.get(tap, 0))
        used = [tap for tap in passed if tap in self._used]
        counts = [(tap.number, passed[tap]) for tap in used]
        if counts == self._written:
            return None
        self._written = counts
        found = pipeline_tensors(used)[:MOST_ROWS]
        values = np.concatenate([table_of(tap.held()) for tap in used])[:MOST_ROWS]
        rows = tuple(tensor.row for tensor in found)
        layout = Layout(facts.PIPELINE_TABLE, rows, facts.COLUMNS[facts.PIPELINE_TABLE])
        return facts.Pipeline(tuple(found)), layout, values


def pipeline_tensors(used: list[tapped.Tap]) -> list[facts.Tapped]:
    """The tensors at some taps, each with the row of the same tensor at the tap before."""
    names: dict[tapped.Tap, str] = {}
    for tap in used:
        same = sum(other.name == tap.name for other in names)
        names[tap] = f"{tap.name}#{same}" if same else tap.name
    return [
        facts.Tapped(
            row=_row(names[tap], tensor.part),
            tap=names[tap],
            part=tensor.part,
            before=_before(tap, tensor.part, names),
            shape=tensor.shape,
            dtype=tensor.dtype,
        )
        for tap in used
        for tensor in tap.tensors
    ]


def _row(name: str, part: str) -> str:
    return f"{name}:{part}" if part and part[0] != "[" else f"{name}{part}"


def _before(tap: tapped.Tap, part: str, names: dict[tapped.Tap, str]) -> str | None:
    """The row of the same tensor at the tap before; None where that is not certain."""
    found = set()
    for source in tap.sources:
        if source.tap not in names:
            continue
        for tensor in source.tap.tensors:
            here = f"{source.part}{tensor.part}" if source.part else tensor.part
            # An image that gets a label becomes the inputs of the pair.
            if here == part or (not source.part and {here, part} == {"", "x"}):
                found.add(_row(names[source.tap], tensor.part))
    return found.pop() if len(found) == 1 else None
