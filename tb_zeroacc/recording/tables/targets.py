"""What labels mean: class ids, one-hot rows, yes or no, or numbers; by loss and shapes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tb_zeroacc import facts
from tb_zeroacc.recording.statistics.tensors import kind_of, rank_of, width_of

MAX_CLASSES = 1000
# Integer targets of a regression loss may be classes nevertheless: ids below this are counted.
WHOLE_NUMBERS = 100
CROSS_ENTROPIES = frozenset(
    {
        "binary_crossentropy", "binary_focal_crossentropy", "categorical_crossentropy",
        "categorical_focal_crossentropy", "sparse_categorical_crossentropy",
    }
)  # fmt: skip


@dataclass(slots=True)
class Target:
    """One output with its labels; None for tensors that are unknown.

    Attributes:
        output: The output in the contract; its name is the row's name.
        labels, predictions, weights: Tensors.
    """

    output: facts.Output
    labels: Any = None
    predictions: Any = None
    weights: Any = None

    @property
    def name(self) -> str:
        """The row's name in every table."""
        return self.output.name

    @property
    def units(self) -> int:
        """Size of the last axis of the output, 1 for vectors and where it is unknown."""
        return width_of(self.predictions) or self.output.units or 1

    @property
    def label_units(self) -> int:
        """Size of the last axis of the labels; 1 for class ids of any rank."""
        if self.encoding == "ids":
            return 1
        return width_of(self.labels) or 1

    @property
    def encoding(self) -> str:
        """`ids`, `rows` (a column per class), `binary`, `whole` (integers) or `numbers`."""
        loss = self.output.loss or ""
        width = width_of(self.labels) or 1
        if self.units > 1:
            shorter = (rank_of(self.labels) or 0) < (rank_of(self.predictions) or 0)
            if loss.startswith("sparse") or width == 1 or (shorter and width != self.units):
                return "ids" if loss in CROSS_ENTROPIES or self._is_whole else "numbers"
            return "rows" if width == self.units else "numbers"
        if width > 1:
            return "numbers"
        if loss == "sparse_categorical_crossentropy":
            return "whole"
        if loss in CROSS_ENTROPIES or self.output.activation in ("sigmoid", "softmax"):
            return "binary"
        return "whole" if self._is_whole else "numbers"

    @property
    def classes(self) -> int | None:
        """Number of classes that are counted; None if targets are numbers."""
        counts = {"ids": self.units, "rows": self.units, "binary": 2, "whole": WHOLE_NUMBERS}
        found = counts.get(self.encoding)
        return None if found is None else min(found, MAX_CLASSES)

    @property
    def certain(self) -> bool:
        """Whether the loss itself implies that the labels are classes."""
        loss = self.output.loss or ""
        return loss.startswith(("categorical", "sparse"))

    @property
    def _is_whole(self) -> bool:
        return kind_of(self.labels) in ("i", "b")
