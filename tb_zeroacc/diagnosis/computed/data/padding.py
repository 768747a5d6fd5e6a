"""The padding of sequences: which value it is, how much of the input, and what reads it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.diagnosis.computed.data.inputs import NESTED
from tb_zeroacc.diagnosis.computed.per_run import per_run
from tb_zeroacc.facts import Layer
from tb_zeroacc.run import Run, Table

FEWEST_STEPS = 8  # of a sequence: a shorter one is mostly padding by one missing word
ALIKE = 1e-6  # shares of zeros of two channels that are counted over the same steps
# Shares of padding at one step may go against the order of the steps by this: two standard errors
# of a share of one half over 400 examples are .05, and few batches are on record.
DISORDER = 0.1
TWO_VALUES = 0.99  # of the largest variance that a range allows: 1 where all values are at its ends
RECURRENT = ("LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional", "ConvLSTM1D")
AVERAGING = ("GlobalAveragePooling1D", "Attention", "AdditiveAttention", "MultiHeadAttention",
             "GroupedQueryAttention")  # fmt: skip
# Range ÷ standard deviation of a channel that is crowded about one value: 8 for 10 000 values of a
# normal distribution. A padded one 14 to 20 (measured).
CROWDED = 12.0
ONE_MEAN = 0.05  # standard deviations by which the means of padded channels may differ

# Comparisons in a graph of operations, which make masks of one's own.
COMPARING = ("Equal", "Greater", "GreaterEqual", "Less", "LessEqual", "LogicalNot", "NotEqual")


@dataclass(frozen=True, slots=True)
class Padding:
    """What one input is padded with.

    Attributes:
        name: The input, `x`.
        value: The padding value, in the input's own unit.
        share: Of all values of the input, 0 to 1; at least so much.
        steps: Length of the sequences; None where it differs from batch to batch.
        is_behind: Whether the padding follows the data; None where the log does not tell.
        is_certain: Whether whole steps hold it: values of the data may be as frequent otherwise.
        is_looked_up: Whether the input holds the numbers of words, not amounts.
    """

    name: str
    value: float
    share: float
    steps: int | None
    is_behind: bool | None
    is_certain: bool
    is_looked_up: bool


@per_run
def padding_of(run: Run) -> Padding | None:
    """The padding of the only input; None where it is no sequence, or nothing looks like padding.

    Of sequences of numbers, (examples, steps), there is a row of statistics a step: the share of
    the padding value grows, or falls, from step to step. Of sequences of vectors, (examples, steps,
    channels), there is a row a channel: padding fills all channels of a step at once.
    """
    table, shapes = run.table("inputs"), run.shapes
    inputs = shapes.inputs if shapes else ()
    if table is None or len(inputs) != 1 or inputs[0].shape is None:
        return None
    shape = inputs[0].shape
    steps = shape[1] if len(shape) > 1 else None
    rows = [row for row in table.rows if row.endswith("]") and not row.endswith("[rest]")]
    if len(shape) not in (2, 3) or not rows or (steps or FEWEST_STEPS) < FEWEST_STEPS:
        return None
    at = [table.rows.index(row) for row in rows]
    name = rows[0].rpartition("[")[0]
    if len(shape) == 3:
        return _in_all_channels(table, at, name, steps)
    return _step_by_step(table, at, name, steps, is_looked_up="int" in inputs[0].dtype)


def _step_by_step(
    table: Table, at: list[int], name: str, steps: int | None, *, is_looked_up: bool
) -> Padding | None:
    low, high = table.column("min")[:, at], table.column("max")[:, at]  # (samples, steps)
    still = low == high
    if len(at) < FEWEST_STEPS or not still.any():
        return None
    values, counts = np.unique(low[still], return_counts=True)
    value = float(values[counts.argmax()])
    share = (still & (low == value)).mean(axis=0)
    if value == 0.0:
        share = np.nanmean(table.column("zero_share")[:, at], axis=0)
    rises, falls = _in_order(share), _in_order(-share)
    if rises == falls:  # the same at all steps, or in no order: that is no padding
        return None
    return Padding(name, value, float(share.mean()), steps, rises, True, is_looked_up)


def _in_order(shares: NDArray[np.float64]) -> bool:
    return bool((np.maximum.accumulate(shares) - shares).max() <= DISORDER)


def _in_all_channels(
    table: Table, at: list[int], name: str, steps: int | None
) -> Padding | None:
    zeros = table.column("zero_share")[:, at]  # (samples, channels)
    low, high = table.column("min")[:, at], table.column("max")[:, at]
    alike = bool((np.ptp(zeros, axis=1) <= ALIKE).all())
    if not np.isfinite(zeros).all() or not (high > low).any():
        return None
    if alike and zeros.min() > 0:
        share = float(zeros.mean())
        return Padding(name, 0.0, share, steps, None, len(at) > 1, False)
    mean, std = table.column("mean")[:, at], table.column("std")[:, at]
    if (std**2 >= TWO_VALUES * (mean - low) * (high - mean)).all():
        return None  # values are at either end: marks of what was there, and was not
    # The data reach to `other`: by Markov's inequality no less than this share is nearer to `end`.
    for end, other in ((low, high), (high, low)):
        if np.ptp(end) == 0.0 and end.flat[0] != 0.0 and (other != end).all():
            nearer = 1.0 - 2.0 * np.abs(mean - end) / np.abs(other - end)
            share, value = max(0.0, float(nearer.mean())), float(end.flat[0])
            return Padding(name, value, share, steps, None, len(at) > 1, False)
    return None


@dataclass(frozen=True, slots=True)
class IdleMask:
    """A mask of a value that the inputs never hold, before channels that look padded.

    Attributes:
        layer: The `Masking`.
        value: What it masks.
        center: The mean of all channels, about which their values are crowded.
        crowded: Range ÷ standard deviation, the least of all channels and samples.
    """

    layer: Layer
    value: float
    center: float
    crowded: float


@per_run
def idle_mask(run: Run) -> IdleMask | None:
    """The mask right behind the only input, sequences of vectors, that can hide nothing of it."""
    table, shapes, contract = run.table("inputs"), run.shapes, run.contract
    inputs = shapes.inputs if shapes else ()
    layers = [x for x in contract.layers if x.class_name != "InputLayer"] if contract else []
    if table is None or len(inputs) != 1 or len(inputs[0].shape or ()) != 3 or not layers:
        return None
    value = layers[0].settings.get("mask_value")
    if layers[0].class_name != "Masking" or not isinstance(value, int | float):
        return None
    low, high, mean, std = (table.column(c) for c in ("min", "max", "mean", "std"))
    held = table.column("zero_share") > 0 if value == 0 else (low <= value) & (high >= value)
    is_idle = not held.any(axis=0).all()  # a step is masked where every channel holds the value
    if not is_idle or not (std > 0).all():
        return None
    crowded = float(((high - low) / std).min())
    is_one = bool((np.ptp(mean, axis=1) <= ONE_MEAN * std.min(axis=1)).all())
    if crowded < CROWDED or not is_one:
        return None
    return IdleMask(layers[0], float(value), float(mean.mean()), crowded)


@per_run
def reader_of_steps(run: Run) -> Layer | None:
    """The first layer that folds the steps into one another so that padding among them counts."""
    layers = run.contract.layers if run.contract else ()
    return next((x for x in layers if x.class_name in (*RECURRENT, *AVERAGING)), None)


def may_mask_itself(run: Run) -> str | None:
    """What may hide padding in a way that the contract does not show; None where nothing does."""
    contract = run.contract
    if contract is None or contract.model not in ("Functional", "Sequential"):
        return "a model with a `call` of its own"
    known = (layer for layer in contract.layers if layer.class_name in (*COMPARING, *NESTED))
    return next((f"`{layer.name}`" for layer in known), None)


def is_recurrent(layer: Layer) -> bool:
    """Whether a layer reads step after step, and ends with what it read last."""
    return layer.class_name in RECURRENT


def masks(layer: Layer, padding: Padding) -> bool:
    """Whether a layer hides this padding from the layers behind it."""
    if layer.class_name == "Masking":
        return layer.settings.get("mask_value") == padding.value
    return bool(layer.settings.get("mask_zero")) and padding.value == 0.0
