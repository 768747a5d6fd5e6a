"""The stages of an input pipeline: the data at one tap, and at the next."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tb_zeroacc.facts import Tapped
from tb_zeroacc.run import Run, Table

FEWEST_VALUES = 32  # fewer that are alike may be a coincidence
BATCHED = 0.9  # of the elements before: a batch holds two at least, but epochs may be cut


@dataclass(frozen=True, slots=True)
class Seen:
    """What passed one tap of one tensor, from its last row in the log.

    Attributes:
        tensor: Its names, shape and dtype.
        elements, bad: Elements that passed, and those with a value that is not finite; exact.
        values: How many values the rest is of.
        std, low, high: Over the finite values, in the tensor's unit.
        zeros, integers: Shares of the finite values.
        least, largest: Share of the values at the least and the largest of their own element.
    """

    tensor: Tapped
    elements: float
    bad: float
    values: float
    std: float
    low: float
    high: float
    zeros: float
    integers: float
    least: float
    largest: float

    @property
    def range(self) -> float:
        """Largest less least value."""
        return self.high - self.low

    @property
    def varies(self) -> bool:
        """Whether its values are known to differ."""
        return self.values >= FEWEST_VALUES and self.high > self.low

    @property
    def is_constant(self) -> bool:
        """Whether all of its values are known to be the same."""
        return self.values >= FEWEST_VALUES and self.high == self.low


@dataclass(frozen=True, slots=True)
class PipelineStage:
    """What is between two taps, for one tensor; `end` is that tensor at its last tap."""

    before: Seen
    after: Seen
    end: Seen


def seen_at_taps(run: Run) -> dict[str, Seen]:
    """Every input tensor at every tap, by row, in the pipeline's order; labels are left out."""
    table = run.table("pipeline")
    if table is None:
        return {}
    named = run.pipeline.tensors if run.pipeline else ()
    known = {tensor.row: tensor for tensor in named}
    tensors = [known.get(row, Tapped(row, row)) for row in table.rows]
    return {
        tensor.row: _seen(table, place, tensor)
        for place, tensor in enumerate(tensors)
        if not tensor.part or tensor.part[0] not in "yw"
    }


# The column of each number of `Seen`.
_COLUMNS = {
    "elements": "elements", "bad": "non_finite_elements", "values": "values", "std": "std",
    "low": "min", "high": "max", "zeros": "zero_share", "integers": "integer_share",
    "least": "least_share", "largest": "largest_share",
}  # fmt: skip


def _seen(table: Table, place: int, tensor: Tapped) -> Seen:
    known = {name: float(table.column(name)[-1, place]) for name in table.columns}
    return Seen(tensor, **{name: known.get(of, math.nan) for name, of in _COLUMNS.items()})


def stages_of(seen: Mapping[str, Seen]) -> Iterator[PipelineStage]:
    """Every stage that has a tap on both sides."""
    behind = {each.tensor.before: each for each in seen.values() if each.tensor.before}
    for after in seen.values():
        before = seen.get(after.tensor.before or "")
        if before is None:
            continue
        end, passed = after, {after.tensor.row}
        while (later := behind.get(end.tensor.row)) and later.tensor.row not in passed:
            end = later
            passed.add(later.tensor.row)
        yield PipelineStage(before, after, end)


def keeps_shape(stage: PipelineStage) -> bool:
    """Whether a value before is one value after it: elementwise, or batched."""
    before, after = stage.before.tensor.shape, stage.after.tensor.shape
    if before is None or after is None:
        return False
    grown = len(after) - len(before)
    if grown == 1 and stage.after.elements > BATCHED * stage.before.elements:
        return False  # one-hot: a new axis, and as many elements
    inner = after[1:] if grown == 1 else after
    return grown in (0, 1) and all(
        a == b or a is None or b is None for a, b in zip(before, inner, strict=True)
    )


def cuts_out(stage: PipelineStage) -> bool:
    """Whether a value after it is one of those before it, of which there are more: it crops."""
    before, after = stage.before.tensor.shape, stage.after.tensor.shape
    if before is None or after is None or None in before:
        return False
    inner = after[len(after) - len(before) :]  # without the batch
    if len(after) - len(before) not in (0, 1) or None in inner:
        return False
    pairs = [(a, b) for a, b in zip(before, inner, strict=True) if a is not None and b is not None]
    return before != inner and all(b <= a for a, b in pairs)
