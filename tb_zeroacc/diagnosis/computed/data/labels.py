"""The labels of an output over all samples: their values, and how often each class occurs."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.diagnosis.computed.model.outputs import output_row
from tb_zeroacc.diagnosis.computed.per_run import per_run
from tb_zeroacc.facts import Output
from tb_zeroacc.run import Run

ROUNDING = 2.0**-10  # float16's step at 1: labels that pass a bound by no more were rounded

# Labels that data sets reserve for what the loss should ignore: Keras' `ignore_class`, the void of
# segmentation masks, the -100 of masked language models.
IGNORED = (-1.0, -100.0, 255.0)


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels of one output over all samples.

    Attributes:
        low, high: The smallest and largest value, NaN where none is finite.
        fractional: Share of the finite values that are not whole numbers, 0 to 1.
        rows_are_shares: Every row sums to 1 and nothing is negative, over two columns or more.
        units: Columns a row; 1 for class numbers.
        examples: How many were sampled.
        mean, std: Of all values.
        largest_row_sum: The largest sum over the columns of a row.
        first_step, last_step: Training steps of the first and the last sample.
        member: TensorBoard's run that holds them.
    """

    low: float
    high: float
    fractional: float
    rows_are_shares: bool
    units: int
    examples: int
    mean: float
    std: float
    largest_row_sum: float
    first_step: int
    last_step: int
    member: str

    @property
    def whole(self) -> bool:
        """Whether all are whole numbers."""
        return self.fractional == 0.0

    @property
    def one_hot(self) -> bool:
        """Whether every row names one class."""
        return self.whole and self.rows_are_shares

    @property
    def several_at_once(self) -> bool:
        """Whether they are rows of yes and no, some of which say yes more than once."""
        are_rows = self.units > 1 and self.whole and self.low >= 0.0 and self.high <= 1.0
        return are_rows and self.largest_row_sum >= 2.0

    @property
    def leave_unit_range(self) -> bool:
        """Whether some lie outside 0 to 1."""
        return self.low < -ROUNDING or self.high > 1.0 + ROUNDING


@per_run
def labels_of(run: Run, output: Output) -> Labels | None:
    """What is on record of an output's labels; None without any.

    Where a step raised before it was recorded, those that TensorFlow names in its error.
    """
    table = run.table("labels")
    row = output_row(table, output.name)
    if table is None or row is None:
        return _refused(run) if (output.loss or "").startswith("sparse") else None

    def column(name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return table.column(name)[:, row]

    low, high = column("min"), column("max")
    if not np.isfinite(low).any() or not np.isfinite(high).any():
        return None
    values = np.nan_to_num(column("count"), nan=1.0)
    bad = np.nan_to_num(column("non_finite_count"), nan=0.0)  # NaN is not a whole number either
    broken = np.nan_to_num((1.0 - column("integer_share")) * values - bad, nan=0.0)
    fractional = float(np.where(broken > 0.5, broken, 0.0).sum() / max(values.sum(), 1.0))
    sums = np.concatenate([column("row_sum_min"), column("row_sum_max")])
    widths = column("units")
    mean, std = _mean_and_std(column("mean"), column("std"), values)
    units = int(np.nanmax(widths)) if np.isfinite(widths).any() else 1
    return Labels(
        low=float(np.nanmin(low)),
        high=float(np.nanmax(high)),
        fractional=fractional,
        rows_are_shares=bool(
            units > 1 and np.nanmin(low) >= 0.0 and (np.abs(sums - 1.0) < ROUNDING).all()
        ),
        units=units,
        examples=int(np.nansum(column("examples"))),
        mean=mean,
        std=std,
        largest_row_sum=float(np.nanmax(sums)) if np.isfinite(sums).any() else float("nan"),
        first_step=int(table.steps[0]),
        last_step=int(table.steps[-1]),
        member=table.member,
    )


# How TensorFlow refuses class numbers without a unit, on a CPU.
_REFUSAL = re.compile(r"Received a label value of (-?\d+) which is outside the valid range")
_ALL_OF_THEM = re.compile(r"Label values: ((?:-?\d+ ?)+)")


def _refused(run: Run) -> Labels | None:
    """The class numbers of the batch whose error ended the training."""
    text = (run.end.text or "") if run.end is not None else ""
    one, all_of_them = _REFUSAL.search(text), _ALL_OF_THEM.search(text)
    if one is None:
        return None
    values = np.array([int(one[1]), *(map(int, all_of_them[1].split()) if all_of_them else ())])
    step = (run.end.step or 0) if run.end is not None else 0
    return Labels(
        low=float(values.min()), high=float(values.max()), fractional=0.0, rows_are_shares=False,
        units=1, examples=max(1, len(values) - 1), mean=float(values.mean()),
        std=float(values.std()), largest_row_sum=float("nan"), first_step=step, last_step=step,
        member=run.recorder_member or "",
    )  # fmt: skip


def _mean_and_std(
    means: NDArray[np.float64], stds: NDArray[np.float64], sizes: NDArray[np.float64]
) -> tuple[float, float]:
    """Mean and standard deviation over all samples, from those of each; NaN where unknown."""
    good = np.isfinite(means) & (sizes > 0)
    if not good.any():
        return float("nan"), float("nan")
    mean = float(np.average(means[good], weights=sizes[good]))
    square = float(np.average(stds[good] ** 2 + means[good] ** 2, weights=sizes[good]))
    return mean, float(np.sqrt(max(square - mean**2, 0.0)))


@per_run
def class_counts(run: Run, output: str, kind: str = "label_counts") -> NDArray[np.float64] | None:
    """Counts of each class over all kept samples, float64 of shape (classes,); None if unknown.

    A class that the loss leaves out counts 0.
    """
    table = run.table(kind)
    row = output_row(table, output)
    if table is None or row is None:
        return None
    counts = np.nansum(table.values[:, row, :].astype(np.float64), axis=0)
    kept = [i for i, name in enumerate(table.columns) if name != "other"]
    found = counts[kept]
    known = run.contract.outputs if run.contract else ()
    ignored = next((o.ignore_class for o in known if o.name == output or len(known) == 1), None)
    if ignored is not None and 0 <= ignored < len(found):
        found[ignored] = 0.0
    return found if counts.sum() > 0 else None


def uncounted(run: Run, output: str, kind: str = "label_counts") -> float:
    """How many labels are whole numbers beyond the classes that are counted."""
    table = run.table(kind)
    row = output_row(table, output)
    if table is None or row is None or "other" not in table.columns:
        return 0.0
    return float(np.nansum(table.values[:, row, table.columns.index("other")]))


def outside_classes(run: Run, output: str) -> float:
    """Share of the labels that are none of the output's classes, 0 to 1."""
    other = uncounted(run, output)
    counted = class_counts(run, output)
    whole = other + (0.0 if counted is None else float(counted.sum()))
    return other / whole if whole > 0 else 0.0
