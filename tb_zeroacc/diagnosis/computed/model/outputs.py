"""The outputs that are trained: which they are, their metrics, tensors and rows in a table."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.diagnosis.computed.model.samples import SETTLED, known_median, settled
from tb_zeroacc.diagnosis.computed.per_run import per_run
from tb_zeroacc.facts import Output, Tensor
from tb_zeroacc.run import Run, Table

RESOLVED_ACCURACIES = frozenset(
    {"Accuracy", "BinaryAccuracy", "CategoricalAccuracy", "SparseCategoricalAccuracy"}
)
# As users write them; a recorded contract holds what Keras made of them.
WRITTEN_ACCURACIES = RESOLVED_ACCURACIES | {
    "accuracy", "acc", "binary_accuracy", "categorical_accuracy", "sparse_categorical_accuracy",
}

# Spread of the output over a batch ÷ spread of the labels. A healthy model starts at .1 to 1 and a
# useful one must come near 1; a thousandth is what rounding and a vanishing signal leave.
CONSTANT = 1e-3


@per_run
def trained_outputs(run: Run) -> tuple[Output, ...]:
    """Outputs with a loss; all of them where the model computes its loss itself."""
    outputs = run.contract.outputs if run.contract else ()
    return tuple(o for o in outputs if o.loss) or outputs


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


def output_row(table: Table | None, name: str) -> int | None:
    """The row of an output; a table of one row belongs to the one output whatever its name."""
    if table is None:
        return None
    if name in table.rows:
        return table.rows.index(name)
    return 0 if len(table.rows) == 1 else None


def recorded_range(run: Run, output: Output) -> tuple[float, float] | None:
    """The smallest and largest value that an output had in any sample."""
    table = run.table("outputs")
    if table is None or output.name not in table.rows:
        return None
    row = table.rows.index(output.name)
    low, high = table.column("min")[:, row], table.column("max")[:, row]
    if not np.isfinite(low).any() or not np.isfinite(high).any():
        return None
    return float(np.nanmin(low)), float(np.nanmax(high))


def plainest_outputs(run: Run) -> Table | None:
    """The outputs of validation, where there are any: dropout makes those of training differ."""
    held = run.table("validation_outputs")
    if held is not None and np.isfinite(held.column("spread")).any():
        return held
    return run.table("outputs")


def relative_spread(run: Run, table: Table) -> NDArray[np.float64]:
    """Spread of the outputs over a batch, as a share of a useful model's; (samples, rows)."""
    useful = np.array([useful_spread(run, name) for name in table.rows])
    return np.asarray(table.column("spread") / useful)


@per_run
def least_spread(run: Run) -> float | None:
    """Where the relative spread of the most constant output settled; None where it is unknown."""
    table = plainest_outputs(run)
    ends = np.zeros(0) if table is None else settled(relative_spread(run, table))
    return float(np.nanmin(ends)) if np.isfinite(ends).any() else None


def useful_spread(run: Run, output: str) -> float:
    """The spread that the outputs of a useful model would have, in the unit of the output."""
    outputs = run.contract.outputs if run.contract else ()
    only = outputs[0] if len(outputs) == 1 else None
    known = next((o for o in outputs if o.name == output), only)
    if known is not None and known.activation in ("sigmoid", "softmax"):
        share = 1.0 / max(known.units or 2, 2)
        return math.sqrt(share * (1.0 - share))
    labels = run.table("labels")
    row = output_row(labels, output)
    if known is not None and known.from_logits is None and labels is not None and row is not None:
        std = known_median(labels.column("std")[:, row])
        if std > 0:
            return std
    return 1.0


def predicted_share(run: Run, output: Output, label: int) -> float | None:
    """Share of the predictions of a class over the last samples, 0 to 1; None if unknown."""
    table = run.table("prediction_counts")
    row = output_row(table, output.name)
    if table is None or row is None:
        return None
    last = table.values[-max(1, min(SETTLED, len(table) // 4)) :, row, :].astype(np.float64)
    total = float(np.nansum(last))
    if not total or str(label) not in table.columns:
        return None
    return float(np.nansum(last[:, table.columns.index(str(label))]) / total)
