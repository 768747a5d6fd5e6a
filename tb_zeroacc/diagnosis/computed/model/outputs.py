"""The outputs that are trained: which they are, their metrics, tensors and rows in a table."""

from __future__ import annotations

import numpy as np

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
