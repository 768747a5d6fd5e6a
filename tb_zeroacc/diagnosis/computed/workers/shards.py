"""Whether the workers of a job are given the same kind of data: each has a shard of it.

Shards that were drawn at random have the same distribution. Batches within a shard tell how far two
of them may lie apart by chance: Welch's t of the statistics of their batches, for each feature.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.diagnosis.computed.workers.odd_ones import odd_ones, with_fault
from tb_zeroacc.facts import COLUMNS
from tb_zeroacc.run import Lane, Table

FEWEST = 8  # samples of each worker
# Welch's t. The statistics of some dozen batches with 256 features of 8 workers are compared:
# chance alone reaches 5.5 on normal data and 6.3 on log-normal ones (measured on 2 000 jobs).
SURE = 8.0
MOVED = 1.0  # standard deviations of a feature by which its mean differs
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
    assert {"mean", "std"} <= set(COLUMNS[kind])
    shards = [s for s in shards_of(lanes, kind, "mean", "std") if len(s.table) >= FEWEST]
    batches = {id(shard): _batches(shard) for shard in shards}

    def differs(one: Shard, others: Sequence[Shard]) -> float:
        # How far, too: of three all differ from the mean of the others where one does.
        share, by = _moved(batches[id(one)], [batches[id(other)] for other in others])
        return share * by

    odd = odd_ones(shards, differs)
    still = [shard for shard in odd if not (shard.table.column("std") > 0).any()]
    # Of two the one that holds a single value is the odd one.
    return still if len(odd) == len(shards) == 2 and len(still) == 1 else odd


def share_moved(shard: Shard, others: Sequence[Shard]) -> float:
    """Share of the features of a shard that are distributed otherwise."""
    return _moved(_batches(shard), [_batches(other) for other in others])[0]


@dataclass(frozen=True, slots=True)
class _Batches:
    """Mean and standard deviation of each batch, float64 of shape (samples, features)."""

    means: NDArray[np.float64]
    stds: NDArray[np.float64]


def _batches(shard: Shard) -> _Batches:
    return _Batches(shard.table.column("mean"), shard.table.column("std"))


@np.errstate(all="ignore")
def _moved(one: _Batches, others: Sequence[_Batches]) -> tuple[float, float]:
    """Share of the features that differ, and by how much; 0 where they are too few to say so.

    How much is in standard deviations, or the logarithm of their ratio: on average over these.
    """
    scale = np.sqrt(np.nanmean(one.stds**2, axis=0))
    peers = np.nanmedian([np.sqrt(np.nanmean(o.stds**2, axis=0)) for o in others], axis=0)
    moved_by, error = _welch([one.means, *(o.means for o in others)])
    scale = np.maximum(scale, peers)
    is_moved = (moved_by > SURE * error) & (moved_by >= MOVED * scale) & (moved_by > 0)
    logs = [np.log(o.stds) for o in (one, *others)]
    scaled_by, error = _welch(logs)
    varies = [np.isfinite(log).all(axis=0) for log in logs]
    is_scaled = np.all(varies, axis=0) & (scaled_by > SURE * error) & (scaled_by >= SCALED)
    stands_still = (one.stds == 0).all(axis=0) & np.all(varies[1:], axis=0)
    differ = is_moved | is_scaled | stands_still
    known = np.isfinite(scale)
    share = float(differ[known].mean()) if known.any() else 0.0
    if share < SOME:
        return 0.0, 0.0
    by = np.fmax(np.where(scale > 0, moved_by / scale, FAR), np.where(stands_still, FAR, scaled_by))
    return share, float(np.clip(by[differ], 0.0, FAR).mean())


def _welch(
    groups: Sequence[NDArray[np.float64]],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How far the mean of the first group is from that of the others, and its standard error."""
    means = [np.nanmean(group, axis=0) for group in groups]
    errors = [np.nanvar(group, axis=0, ddof=1) / len(group) for group in groups]
    by = np.abs(means[0] - np.mean(means[1:], axis=0))
    error = np.sqrt(errors[0] + np.sum(errors[1:], axis=0) / (len(groups) - 1) ** 2)
    return by, error


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
