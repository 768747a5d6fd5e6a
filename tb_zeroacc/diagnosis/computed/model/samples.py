"""Statistics over the samples of a table: where they settle, and since when a fault lasts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.run import Run, Table

# Share of the samples after its onset in which a fault must be present to be lasting: one batch in
# ten may differ.
LASTING = 0.9
ROUNDING = 1e-6  # relative: the tables hold float32
SETTLED = 10  # at most so many of the last samples say how the run ended


def settled(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The median over the last samples, at most a quarter of all; shape (samples, rows) to (rows,).

    NaN where a row has no value in them.
    """
    last = values[-max(1, min(SETTLED, len(values) // 4)) :]
    known = np.isfinite(last).any(axis=0)
    medians = np.full(last.shape[1:], np.nan)
    medians[known] = np.nanmedian(last[:, known], axis=0)
    return medians


def known_median(values: NDArray[np.float64]) -> float:
    """The median of what is known; NaN where nothing is, of which NumPy would warn the user."""
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else float("nan")


def known_mean(values: NDArray[np.float64]) -> float:
    """The mean of what is known; NaN where nothing is."""
    known = values[~np.isnan(values)]
    return float(np.mean(known)) if len(known) else float("nan")


def typical(values: NDArray[np.float64], steps: NDArray[np.int64]) -> float:
    """The median over the steps of a training, of which the samples are a part; NaN without any.

    Each sample stands for the steps up to the next one: the first 20 steps are all on record, and
    later ones are rare.

    Args:
        values: Of shape (samples,); what is not finite is left out, with its steps.
        steps: Of the samples, rising.
    """
    spans = np.diff(steps, append=steps[-1:] + 1) if len(steps) else np.zeros(0)
    if len(steps) > 1:
        spans[-1] = spans[-2]  # as long as the one before: it stands for no less
    known = np.isfinite(values) & (spans > 0)
    if not known.any():
        return float("nan")
    order = np.argsort(values[known])
    below = np.cumsum(spans[known][order])
    return float(values[known][order][np.searchsorted(below, below[-1] / 2.0)])


def has_whole_weights(run: Run, table: Table) -> NDArray[np.bool_]:
    """Whether every weight was finite up to a sample of a table, (samples,).

    What units and outputs do behind a weight that is not, says nothing: ReLU makes 0 of NaN.
    """
    weights = run.table("weights")
    if weights is None:
        return np.ones(len(table), bool)
    broken = (np.nan_to_num(weights.column("non_finite_count")) > 0).any(axis=1)
    first = weights.steps[broken].min(initial=np.iinfo(np.int64).max)
    return np.asarray(table.steps < first)


def lasting_since(holds: NDArray[np.bool_]) -> int | None:
    """The first sample from which on it holds in nearly all; (samples,)."""
    if not len(holds) or not holds.any():
        return None
    after = np.cumsum(holds[::-1])[::-1] / np.arange(len(holds), 0, -1)
    lasting = np.flatnonzero(holds & (after >= LASTING))
    return int(lasting[0]) if len(lasting) else None


def largest(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The largest finite value of each sample, NaN where there is none; (samples, rows)."""
    finite = np.where(np.isfinite(values), values, -np.inf)
    top = finite.max(axis=1, initial=-np.inf)
    return np.where(np.isfinite(top), top, np.nan)


def second_half(values: NDArray[np.float64], steps: NDArray[np.int64]) -> NDArray[np.float64]:
    """What is finite of the samples in the second half of the steps; (samples,) to (some,).

    Most samples are of the first steps: the last ones of all may still lie there.
    """
    if not len(steps):
        return values
    late = values[2 * steps >= steps[0] + steps[-1]]
    return np.asarray(late[np.isfinite(late)])
