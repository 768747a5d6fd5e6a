"""Reads back what a recorder wrote, with TensorFlow's own record reader."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tb_zeroacc import facts, records


class Read(NamedTuple):
    """One table of one sample; `values` is float32 of shape (rows, columns)."""

    step: int
    layout: records.Layout
    values: NDArray[np.float32]

    def __call__(self, row: str, column: str) -> float:
        """One statistic."""
        at = self.layout.rows.index(row), self.layout.columns.index(column)
        return float(self.values[at])

    def row(self, name: str) -> dict[str, float]:
        """All statistics of a row."""
        values = self.values[self.layout.rows.index(name)]
        return dict(zip(self.layout.columns, map(float, values), strict=True))


@dataclass
class Log:
    """Everything below one `zeroacc` directory, in the order of the files."""

    files: list[Path]
    found: list[tuple[int, Any]] = field(default_factory=list)
    tables: dict[str, list[Read]] = field(default_factory=dict)
    scalars: dict[str, list[tuple[int, float]]] = field(default_factory=dict)

    def facts(self, kind: type) -> list[Any]:
        """All facts of a kind."""
        return [fact for _, fact in self.found if isinstance(fact, kind)]

    def contract(self) -> facts.Contract:
        """The last contract."""
        return self.facts(facts.Contract)[-1]

    def end(self) -> facts.End:
        """The last end."""
        return self.facts(facts.End)[-1]

    def steps(self, kind: str = "loss") -> list[int]:
        """Steps at which a table was written."""
        return [read.step for read in self.tables.get(kind, [])]

    def at(self, kind: str, step: int) -> Read:
        """A table at a step."""
        return next(read for read in self.tables[kind] if read.step == step)


def read(log_dir: Path, part: str = "zeroacc") -> Log:
    """Reads `<log_dir>/zeroacc`, or another part."""
    log = Log(sorted((log_dir / part).glob("*tfevents*")))
    layouts: dict[str, records.Layout] = {}
    for path in log.files:
        for raw in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
            event = tf.compat.v1.Event.FromString(raw)
            for value in records.values_of(event):
                if not records.is_record(value.tag):
                    number = float(np.frombuffer(value.tensor.tensor_content, "<f4")[0])
                    log.scalars.setdefault(value.tag, []).append((event.step, number))
                    continue
                match records.decode(value):
                    case records.Layout() as layout:
                        layouts[layout.kind] = layout
                    case records.SampleRecord(kind, values):
                        found = Read(event.step, layouts[kind], values)
                        log.tables.setdefault(kind, []).append(found)
                    case fact:
                        log.found.append((event.step, fact))
    return log
