"""Whether the workers of a job are given the same kind of data: each has a shard of it.

Shards that were drawn at random have the same distribution. Batches within a shard tell how far two
of them may lie apart by chance: Welch's t of the statistics of their batches, for each feature.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.diagnosis.computed.per_run import per_run
from tb_zeroacc.diagnosis.computed.workers.odd_ones import odd_ones, with_fault
from tb_zeroacc.run import Lane, Run, Table

FEWEST = 8  # samples of each worker
# Welch's t. Chance alone reaches 6.7 with up to 256 features and 8 workers (measured on 2 000 jobs
# of normal, log-normal and sparse features).
SURE = 8.0
MOVED = 1.0  # standard deviations of a feature by which its mean differs; chance: .25
SCALED = float(np.log(3.0))  # by which the logarithm of its standard deviation differs
SOME = 0.1  # share of the features
FAR = 1e6  # by which a feature differs at most, where one of the two stands still
# Total variation of the class shares, beyond what chance brings between two samples of a size.
OTHER_CLASSES = 0.4
CHANCE = 20.0  # nats: a shard of one class has a chance of exp(-20)


class Shard(NamedTuple):
    """What one worker's samples show of a table."""

    lane: Lane
    table: Table


def shards_of(lanes: Sequence[Lane], kind: str, *columns: str) -> list[Shard]:
    """The table of each worker that has it, those alike in their rows."""
    found = [
        Shard(lane, table)
        for lane in lanes
        if (table := lane.run.table(kind, *columns)) is not None
    ]
    return [shard for shard in found if shard.table.rows == found[0].table.rows]


def not_finite(lanes: Sequence[Lane], kind: str) -> list[Shard]:
    """The workers whose batches hold NaN or infinities, where the others' hold none."""
    shards = shards_of(lanes, kind, "non_finite_count")
    has = {
        shard.lane: bool(np.nansum(shard.table.column("non_finite_count")) > 0) for shard in shards
    }
    odd = with_fault([shard.lane for shard in shards], has)
    return [shard for shard in shards if shard.lane in odd]


def moved(lanes: Sequence[Lane], kind: str) -> list[Shard]:
    """The workers whose values are distributed otherwise, `inputs` or `labels`."""
    shards = [s for s in shards_of(lanes, kind, "mean", "std") if len(s.table) >= FEWEST]

    def differs(one: Shard, others: Sequence[Shard]) -> float:
        # How far, too: of three all differ from the mean of the others where one does.
        share, by = _moved(_batches(one), [_batches(other) for other in others])
        return share * by

    odd = odd_ones(shards, differs)
    still = [shard for shard in odd if not (shard.table.column("std") > 0).any()]
    # Of two the one that holds a single value is the odd one.
    return still if len(odd) == len(shards) == 2 and len(still) == 1 else odd


def share_moved(shard: Shard, others: Sequence[Shard]) -> float:
    """Share of the features of a shard that are distributed otherwise."""
    return _moved(_batches(shard), [_batches(other) for other in others])[0]


class _Statistic(NamedTuple):
    """A statistic of the batches of a shard: its mean and squared standard error, (features,)."""

    mean: NDArray[np.float64]
    error: NDArray[np.float64]


class _Batches(NamedTuple):
    """What the batches of a shard show, each of shape (features,).

    Attributes:
        means: Of the mean of each batch.
        logs: Of the logarithm of its standard deviation.
        scale: Standard deviation within batches.
        varies: Whether the feature does in every batch.
        stands_still: Whether it does in none.
    """

    means: _Statistic
    logs: _Statistic
    scale: NDArray[np.float64]
    varies: NDArray[np.bool_]
    stands_still: NDArray[np.bool_]


def _batches(shard: Shard) -> _Batches:
    return _batches_of(shard.lane.run, shard.table.kind)


@per_run  # of a job that goes on, most lanes are as they were
def _batches_of(run: Run, kind: str) -> _Batches:
    means, stds = run.tables[kind].column("mean"), run.tables[kind].column("std")
    with np.errstate(all="ignore"):
        logs = np.log(stds)
        return _Batches(
            _statistic(means), _statistic(logs), np.sqrt(np.mean(stds**2, axis=0)),
            np.all(np.isfinite(logs), axis=0), np.all(stds == 0, axis=0),
        )  # fmt: skip


def _statistic(values: NDArray[np.float64]) -> _Statistic:
    return _Statistic(values.mean(axis=0), values.var(axis=0, ddof=1) / len(values))


@np.errstate(all="ignore")
def _moved(one: _Batches, others: Sequence[_Batches]) -> tuple[float, float]:
    """Share of the features that differ, and by how much; 0 where they are too few to say so.

    How much is in standard deviations, or the logarithm of their ratio: on average over these.
    A feature with a batch of NaN tells nothing.
    """
    moved_by, error = _welch(one.means, [other.means for other in others])
    scale = np.maximum(one.scale, np.median([other.scale for other in others], axis=0))
    is_moved = (moved_by > SURE * error) & (moved_by >= MOVED * scale) & (moved_by > 0)
    scaled_by, error = _welch(one.logs, [other.logs for other in others])
    others_vary = np.all([other.varies for other in others], axis=0)
    is_scaled = one.varies & others_vary & (scaled_by > SURE * error) & (scaled_by >= SCALED)
    stands_still = one.stands_still & others_vary
    differ = is_moved | is_scaled | stands_still
    known = np.isfinite(scale)
    share = float(differ[known].mean()) if known.any() else 0.0
    if share < SOME:
        return 0.0, 0.0
    by = np.fmax(np.where(scale > 0, moved_by / scale, FAR), np.where(stands_still, FAR, scaled_by))
    return share, float(np.clip(by[differ & known], 0.0, FAR).mean())


def _welch(
    one: _Statistic, others: Sequence[_Statistic]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How far a mean is from that of others, and its standard error."""
    by = np.abs(one.mean - np.mean([other.mean for other in others], axis=0))
    error = one.error + np.sum([other.error for other in others], axis=0) / len(others) ** 2
    return by, np.sqrt(error)


# --- classes ------------------------------------------------------------------------------------


class Classes(NamedTuple):
    """How often each class was a label in the samples of a worker.

    Attributes:
        shard: Whose.
        counts: By class.
        examples: How many examples stand behind them: labels of one picture are no several.
    """

    shard: Shard
    counts: dict[str, float]
    examples: float

    @property
    def shares(self) -> dict[str, float]:
        """Share of each class, those that are there."""
        total = sum(self.counts.values())
        return {name: n / total for name, n in self.counts.items() if n > 0}


def classes_of(lanes: Sequence[Lane], output: int = 0) -> list[Classes]:
    """The classes of each worker with enough samples.

    Args:
        lanes: Of the workers.
        output: Which output's labels.
    """
    found = []
    for shard in shards_of(lanes, "label_counts"):
        table = shard.table
        if len(table) < FEWEST or output >= len(table.rows):
            continue
        counted = np.nansum(table.values[:, output, :].astype(np.float64), axis=0)
        counts = dict(zip(table.columns, map(float, counted), strict=True))
        labels = shard.lane.run.table("labels", "examples")
        total = float(counted.sum())
        examples = total if labels is None else float(np.nansum(labels.column("examples")[:, 0]))
        if total > 0:
            found.append(Classes(shard, counts, min(total, examples)))
    return found


def other_classes(lanes: Sequence[Lane]) -> list[Classes]:
    """The workers whose labels are of other classes, or of one alone."""
    return odd_ones(classes_of(lanes), classes_differ)


def classes_differ(one: Classes, others: Sequence[Classes]) -> float:
    """Total variation between the classes of one worker and of others; 0 within chance.

    Between two samples of the same classes it is at most about half the square root of classes
    over examples, for each of the two (Cauchy and Schwarz on the expected difference of each).
    """
    mine = one.shares
    names = set(mine).union(*(other.shares for other in others))
    theirs = {
        name: float(np.mean([other.shares.get(name, 0.0) for other in others])) for name in names
    }
    apart = 0.5 * sum(abs(mine.get(name, 0.0) - theirs[name]) for name in names)
    least = min(other.examples for other in others)
    chance = 0.5 * (np.sqrt(len(names) / one.examples) + np.sqrt(len(names) / least))
    if apart >= OTHER_CLASSES + chance:
        return apart
    if len(mine) == 1 and apart > 0:
        share = theirs[next(iter(mine))]
        nats = np.inf if share == 0 else -np.log(share) * one.examples
        return apart if nats >= CHANCE else 0.0
    return 0.0
