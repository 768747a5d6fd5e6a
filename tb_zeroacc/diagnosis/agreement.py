"""What output, loss, metric and labels agreed on: look-ups for rules that judge the contract."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tb_zeroacc.diagnosis.answers import Evidence, Tier
from tb_zeroacc.diagnosis.prior import CROSS_ENTROPIES
from tb_zeroacc.facts import Output, Tensor
from tb_zeroacc.run import Role, Run

BINARY = frozenset({"binary_crossentropy", "binary_focal_crossentropy"})
# Losses that take shares of classes, or logits, and labels between 0 and 1 or class numbers.
CLASS_LOSSES = CROSS_ENTROPIES | BINARY | {"categorical_focal_crossentropy"}
REGRESSION = frozenset(
    {
        "mean_squared_error", "mean_absolute_error", "mean_absolute_percentage_error",
        "mean_squared_logarithmic_error", "huber", "log_cosh",
    }
)  # fmt: skip
RESOLVED_ACCURACIES = frozenset(
    {"Accuracy", "BinaryAccuracy", "CategoricalAccuracy", "SparseCategoricalAccuracy"}
)
# As users write them; a recorded contract holds what Keras made of them.
WRITTEN_ACCURACIES = RESOLVED_ACCURACIES | {
    "accuracy", "acc", "binary_accuracy", "categorical_accuracy", "sparse_categorical_accuracy",
}
ROUNDING = 2.0**-10  # float16's step at 1: labels that pass a bound by no more were rounded


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels of one output over all samples.

    Attributes:
        low, high: The smallest and largest value, NaN where none is finite.
        fractional: Share of the finite values that are no whole numbers, 0 to 1.
        rows_are_shares: Every row sums to 1 and nothing is negative, over two columns or more.
        units: Columns a row; 1 for class numbers.
        examples: How many were looked at.
        mean: Of all values.
        member: TensorBoard's run that holds them.
    """

    low: float
    high: float
    fractional: float
    rows_are_shares: bool
    units: int
    examples: int
    mean: float
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
    def leave_unit_range(self) -> bool:
        """Whether some lie outside 0 to 1."""
        return self.low < -ROUNDING or self.high > 1.0 + ROUNDING


def labels_of(run: Run, output: Output) -> Labels | None:
    """What is on record of an output's labels; None without any."""
    table = run.table("labels")
    if table is None or (output.name not in table.rows and len(table.rows) != 1):
        return None
    row = table.rows.index(output.name) if output.name in table.rows else 0

    def column(name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return table.column(name)[:, row]

    low, high = column("min"), column("max")
    if not np.isfinite(low).any() or not np.isfinite(high).any():
        return None
    values = np.nan_to_num(column("count"), nan=1.0)
    bad = np.nan_to_num(column("non_finite_count"), nan=0.0)  # a NaN is no whole number either
    broken = np.nan_to_num((1.0 - column("integer_share")) * values - bad, nan=0.0)
    fractional = float(np.where(broken > 0.5, broken, 0.0).sum() / max(values.sum(), 1.0))
    sums = np.concatenate([column("row_sum_min"), column("row_sum_max")])
    widths, means = column("units"), column("mean")
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
        mean=float(np.nanmean(means)) if np.isfinite(means).any() else float("nan"),
        member=table.member,
    )


def trained_outputs(run: Run) -> tuple[Output, ...]:
    """Outputs with a loss; all of them where the model computes its loss itself."""
    outputs = run.contract.outputs if run.contract else ()
    return tuple(o for o in outputs if o.loss) or outputs


def tier_by_source(run: Run) -> Tier | None:
    """The rule's own tier for a recorded contract; Keras' own record is strong at most."""
    recorded = run.contract is not None and run.contract.source == "recorder"
    return None if recorded else Tier.STRONG


def accuracy_of(run: Run, output: Output) -> str | None:
    """The first accuracy among an output's metrics, as the contract names it."""
    recorded = run.contract is not None and run.contract.source == "recorder"
    known = RESOLVED_ACCURACIES if recorded else WRITTEN_ACCURACIES
    return next((metric for metric in output.metrics if metric in known), None)


def tensor_of(tensors: tuple[Tensor, ...], run: Run, output: Output) -> Tensor | None:
    """The tensor of an output, by its name, else by its place."""
    named = next((t for t in tensors if t.name == output.name), None)
    outputs = run.contract.outputs if run.contract else ()
    place = outputs.index(output) if output in outputs else 0
    return named or (tensors[place] if len(tensors) == len(outputs) else None)


def curve_shown(run: Run, *roles: Role) -> tuple[Evidence, ...]:
    """The first headline curve of these roles with its last value, for the page to draw."""
    for role in roles:
        curve = run.headline(role)
        if curve is not None and len(curve.series):
            return (
                Evidence(
                    f"{curve.name} at the end", curve.series.last.value, member=curve.member,
                    tag=curve.tag, axis=curve.axis, first_step=curve.series.first.step,
                    last_step=curve.series.last.step,
                ),
            )  # fmt: skip
    return ()
