"""Whether the linear association of inputs and labels can be chance: p-values beyond underflow."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tb_zeroacc.diagnosis.computed.model.samples import known_median
from tb_zeroacc.run import Run

# Beyond it erfc underflows; two terms of its asymptotic series are right to 1e-5 there.
LARGE = 20.0
NEARLY_ONE = 1.0 - 1e-7  # Fisher's z of an r of 1 is infinite


# Bonferroni p of the largest correlation. Random labels .03 to .8; learnable 1e-9 (1e-211: digits).
CHANCE = 1e-4

@dataclass(frozen=True, slots=True)
class Association:
    """The strongest linear relation of an input column and a label column.

    Attributes:
        r: Pearson's, of that pair.
        pair: Names of the two columns.
        examples: Number of independent examples it rests on.
        log_p: Natural logarithm of its p-value, times the number of pairs (Bonferroni); 0 at most.
    """

    r: float
    pair: tuple[str, str]
    examples: float
    log_p: float


def log_erfc(x: float) -> float:
    """The natural logarithm of erfc(x), for any x of 0 or more."""
    if x < LARGE:
        return math.log(math.erfc(x))
    return -x * x - math.log(x * math.sqrt(math.pi)) + math.log1p(-1.0 / (2.0 * x * x))


def log_p_of(r: float, examples: float, pairs: int) -> float:
    """Two-sided p of a correlation by Fisher's z, times the number of pairs; its logarithm.

    Args:
        r: Pearson's correlation.
        examples: How many examples it was computed from.
        pairs: How many correlations were compared to find this one.
    """
    if examples <= 3:
        return 0.0
    z = math.atanh(min(abs(r), NEARLY_ONE)) * math.sqrt(examples - 3.0)
    return min(0.0, log_erfc(z / math.sqrt(2.0)) + math.log(pairs))


def association_of(run: Run) -> Association | None:
    """The strongest association on record; None where none was recorded or nothing varies."""
    table, counts = run.table("association"), run.table("association_examples")
    if table is None or counts is None:
        return None
    r = table.values[-1].astype(np.float64)  # (inputs, labels)
    known = np.isfinite(r)
    if not known.any():
        return None
    row, column = np.unravel_index(int(np.argmax(np.where(known, np.abs(r), -1.0))), r.shape)
    drawn = float(counts.values[-1, 0, 0])
    examples = independent(drawn, examples_an_epoch(run), within=_first_epoch(run))
    best = float(r[row, column])
    pair = (table.rows[int(row)], table.columns[int(column)])
    return Association(best, pair, examples, log_p_of(best, examples, int(known.sum())))


def shows_none(run: Run) -> bool:
    """Whether the columns of the inputs tell nothing of the labels, one by one; not if unknown."""
    association = association_of(run)
    return association is not None and association.log_p >= math.log(CHANCE)


def explains_little(run: Run, share: float) -> bool:
    """Whether the best column of the inputs explains no more than a share of a label's variance.

    Args:
        run: The run.
        share: 0 to 1; the square of Pearson's r is compared with it.
    """
    association = association_of(run)
    return association is not None and association.r**2 <= share


def independent(drawn: float, size: float | None, *, within: bool) -> float:
    """The number of independent examples among so many drawn from a data set of this size.

    Within the first epoch each was drawn once. Later some come again: of n draws from N examples
    the mean scatters by 1/n + 1/N, as that of n·N / (n + N) examples does.

    Args:
        drawn: Examples that were counted, repeated ones too.
        size: Examples an epoch; None if unknown.
        within: Whether all were drawn in the first epoch.
    """
    if within or size is None or size <= 0:
        return drawn
    return drawn * size / (drawn + size)


def examples_an_epoch(run: Run) -> float | None:
    """Batches of the largest epoch times the examples of a typical batch; None if unknown."""
    labels = run.table("labels")
    if labels is None:
        return None
    sizes = labels.column("examples")
    if not np.isfinite(sizes).any():
        return None
    batches = [epoch.batches for epoch in run.epochs if epoch.batches is not None]
    progress = run.table("progress")
    if not batches and progress is not None:
        asked = progress.column("steps_per_epoch")
        batches = [int(n) for n in asked[np.isfinite(asked)][-1:]]
    return known_median(sizes) * max(batches) if batches else None


def _first_epoch(run: Run) -> bool:
    labels = run.table("labels")
    return labels is not None and len(run.epochs) <= 1 and bool((labels.epochs <= 0).all())
