"""The first line of a CSV file: whether it is a training's log, and what its columns are."""

from __future__ import annotations

import csv
import math
import re
from dataclasses import dataclass

from tb_zeroacc.logs.contents import MAX_TAGS
from tb_zeroacc.logs.decoding import MAX_TAG
from tb_zeroacc.logs.roles.meaning import meaning_of
from tb_zeroacc.run import Axis, Role

DELIMITERS = ",;\t"
MAX_LINE = 2**20  # bytes; a row of `MAX_TAGS` numbers has a tenth of that
MAX_STEP = 2**53  # beyond it a float is no exact count
# As European spreadsheets write it: `0,25`, `1.234,5`, `2,5E-04`.
_DECIMAL_COMMA = re.compile(r"[-+]?(?:\d{1,3}(?:\.\d{3})+|\d+),\d+(?:[eE][-+]?\d+)?", re.ASCII)
_POSITIONS = ("step", "epoch")  # a table with both counts steps: an epoch has several rows


@dataclass(frozen=True, slots=True)
class Columns:
    """What the cells of a row are.

    Attributes:
        delimiter: What stands between two cells.
        names: By column, the tag; None where its cells are no curve.
        step: The column that places a row on the axis.
        epoch: The column of epochs beside a column of steps; None without one.
        axis: What `step` counts.
    """

    delimiter: str
    names: tuple[str | None, ...]
    step: int
    epoch: int | None
    axis: Axis

    def split(self, line: bytes) -> list[str]:
        """The cells of a line; none where it cannot be told apart."""
        return _cells(line, self.delimiter)

    def numbers(self, cells: list[str]) -> dict[str, float]:
        """The numbers of a row by their tags; what is empty or text is left out."""
        return {
            name: number
            for name, cell in zip(self.names, cells, strict=False)
            if name is not None and (number := self.number(cell)) is not None
        }

    def number(self, cell: str) -> float | None:
        """The number in a cell; between `;` and tabs it may have a decimal comma."""
        found = number_of(cell)
        if found is None and self.delimiter != "," and _DECIMAL_COMMA.fullmatch(cell):
            return number_of(cell.replace(".", "").replace(",", "."))
        return found


def columns_of(line: bytes) -> Columns | str:
    """Reads a first line; where it is none of a training's log, half a sentence on why."""
    names = {delimiter: _cells(line, delimiter) for delimiter in DELIMITERS}
    placed = [(delimiter, cells) for delimiter, cells in names.items() if _places(cells)]
    if not placed:
        return "its first line names no column `epoch` or `step`"
    delimiter, cells = placed[0]
    if len(cells) > MAX_TAGS:
        return f"it has {len(cells)} columns"
    places = _places(cells)
    axis: Axis = "step" if "step" in places else "epoch"
    taken = set(places.values())
    tags = [name if 0 < len(name) <= MAX_TAG else None for name in cells]
    named = tuple(None if at in taken else tag for at, tag in enumerate(tags))
    if not any(tag and meaning_of(tag).role is not Role.OTHER for tag in named):
        return f"beside `{axis}` it names no loss, accuracy or other metric that is known"
    beside = places.get("epoch") if axis == "step" else None
    return Columns(delimiter, named, places[axis], beside, axis)


def _places(cells: list[str]) -> dict[str, int]:
    """Where the columns `step` and `epoch` stand, as far as there are any, beside others."""
    lowered = [cell.lower() for cell in cells]
    return {name: lowered.index(name) for name in _POSITIONS if name in lowered and cells[1:]}


def _cells(line: bytes, delimiter: str) -> list[str]:
    text = line.decode("utf-8-sig", "replace").strip("\r\n")
    try:
        return [cell.strip() for cell in next(csv.reader([text], delimiter=delimiter), [])]
    except csv.Error:  # a cell beyond the module's limit
        return []


def number_of(cell: str) -> float | None:
    """The number in a cell, NaN and infinities included; None for anything else."""
    try:
        return float(cell)
    except ValueError:
        return None


def step_of(number: float | None) -> int | None:
    """The step that a number stands for: a share of an epoch belongs to that epoch."""
    if number is None or not math.isfinite(number) or abs(number) > MAX_STEP:
        return None
    return math.floor(number)
