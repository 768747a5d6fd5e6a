"""The inputs of the model: their scales, and the layers before the first kernel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.diagnosis.computed.model.kernels import KERNEL_NAMES
from tb_zeroacc.diagnosis.computed.per_run import per_run
from tb_zeroacc.facts import Layer, Operation
from tb_zeroacc.run import Run, Table

FEWEST_BATCHES = 5  # of one size, before they are called equal
# Relative difference of two fingerprints, or of the outputs of two examples: float32 sums of one
# batch agree to 1e-7.
EQUAL = 1e-6


def has_constant_input(run: Run) -> bool | None:
    """Whether an input of the model is constant; None where inputs are not recorded."""
    table = run.table("inputs")
    if table is None:
        return None
    low, high = table.column("min"), table.column("max")
    groups = {row.rpartition("[")[0] or row for row in table.rows}
    for group in groups:
        rows = [r for r, row in enumerate(table.rows) if (row.rpartition("[")[0] or row) == group]
        values = np.concatenate([low[:, rows].ravel(), high[:, rows].ravel()])
        known = values[np.isfinite(values)]
        if len(known) and known.min() == known.max():
            return True
    return False


@per_run
def examples_are_equal(run: Run) -> bool:
    """Whether all examples have the same inputs, whatever their labels.

    The batches are equal although their labels go on; and from the first batch on, before any
    update, outputs do not differ within one. Neither alone would do: a generator may be stuck, and
    a dead layer has constant outputs.
    """
    batch, counts, outputs = (run.table(k) for k in ("batch", "label_counts", "outputs"))
    if batch is None or counts is None or outputs is None:
        return False
    examples = np.nan_to_num(batch.column("examples"))  # (samples, inputs)
    whole = (examples == examples.max()).all(axis=1)
    prints = np.stack([batch.column(f"fingerprint_{i}") for i in (1, 2)])[:, whole]
    if prints.shape[1] < FEWEST_BATCHES or not np.isfinite(prints).all():
        return False
    size = np.abs(prints).max(axis=(0, 1))
    are_equal = bool((np.ptp(prints, axis=1) <= EQUAL * size).all())
    drawn = counts.values[np.isin(counts.steps, batch.steps[whole])]
    differ = len(drawn) > 1 and bool((np.ptp(drawn, axis=0) > 0).any())
    level = np.maximum(np.abs(outputs.column("min")), np.abs(outputs.column("max")))
    flat = (outputs.column("examples") > 1) & (outputs.column("spread") <= EQUAL * level)
    return are_equal and differ and bool(flat.all())


def has_non_finite_input(run: Run) -> bool | None:
    """Whether an input value is NaN or Inf; None where inputs are not recorded."""
    table = run.table("inputs")
    if table is None:
        return None
    return bool((np.nan_to_num(table.column("non_finite_count")) > 0).any())


# Parts of class names of layers that scale their input, or look it up instead of multiplying it.
PREPARING = (
    "Rescaling", "Normalization", "Embedding", "Lookup", "Vectorization", "Hashing",
    "Discretization", "Encoding", "Preprocess",
)  # fmt: skip
# Models within models: their layers, scaling ones too, are not in the contract.
NESTED = ("Functional", "Sequential", "Model", "Lambda", "TFSMLayer")
# Operations that leave every value as it is.
MOVING = (
    "Reshape", "Transpose", "GetItem", "Squeeze", "ExpandDims", "Concatenate", "Stack", "Cast",
)  # fmt: skip


def entry(run: Run) -> tuple[Layer, ...]:
    """The layers before the first one that multiplies its input with a kernel."""
    found = []
    for layer in run.contract.layers if run.contract else ():
        prepares = any(word in layer.class_name for word in PREPARING)
        kernel = any(v.rsplit("/", 1)[-1].endswith(KERNEL_NAMES) for v in layer.variables)
        if kernel and not prepares:
            break
        found.append(layer)
    return tuple(found)


def prepared_by(run: Run) -> Layer | Operation | None:
    """What scales or looks up the inputs before any kernel sees them: a layer, or an operation."""
    for layer in entry(run):
        if any(word in layer.class_name for word in PREPARING):
            return layer
    return next(iter(scaling_operations(run)), None)


def scaling_operations(run: Run) -> list[Operation]:
    """The operations on the inputs, in front of every layer, that may change their values."""
    operations = run.contract.operations if run.contract else None
    return [x for x in operations or () if x.on_inputs and x.class_name not in MOVING]


def hidden_entry(run: Run) -> Layer | None:
    """A layer in front whose effect on the inputs is unknown: a nested model, a Lambda."""
    known = {layer.name for layer in entry(run)}
    layers = run.contract.layers if run.contract else ()
    first = [x for x in layers if x.class_name != "InputLayer" and x.name not in known][:1]
    return next((x for x in (*entry(run), *first) if x.class_name in NESTED), None)


def rms_by_feature(inputs: Table) -> NDArray[np.float64]:
    """Root mean square of each feature, the median over samples; (rows,), NaN where unknown."""
    rms = np.hypot(inputs.column("mean"), inputs.column("std"))
    rms[~np.isfinite(rms)] = np.nan
    known = np.isfinite(rms).any(axis=0)
    found = np.full(rms.shape[1], np.nan)
    found[known] = np.nanmedian(rms[:, known], axis=0)
    return found


def largest_value(inputs: Table) -> float:
    """The largest absolute value of any input in any sample; 0 where none is finite."""
    both = np.abs(np.stack([inputs.column("min"), inputs.column("max")]))
    return float(np.max(both[np.isfinite(both)], initial=0.0))
