"""Whether the workers of a job stay in step: their losses, gradients and weights at the same steps.

Steps are compared and not times, for clocks of several machines differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.diagnosis.computed.learning.step_loss import STEP_LOSS_TAG
from tb_zeroacc.diagnosis.computed.workers.odd_ones import (
    common_steps,
    is_steady,
    odd_ones,
    with_fault,
)
from tb_zeroacc.run import Curve, Lane, Role, Run, Table

# Of the loss at the first steps, by which the loss of a worker differs throughout; and the least
# ratio: what is left of a loss that was learned differs from shard to shard.
LOSS_APART, LOSS_RATIO = 0.2, 1.5
GRADIENT_RATIO = 10.0  # of gradient norms; healthy jobs: 1.07 (measured)
# Weights that take the same updates are equal to the bit, and so are their recorded sizes: within
# the rounding of float32 where machines add up in another order.
SAME, APART = 1e-5, 1e-3
FEWEST = 3  # steps at which the weights of all were looked at


class Level(NamedTuple):
    """A statistic of one worker, at the steps that all have."""

    lane: Lane
    values: NDArray[np.float64]  # (steps,)


def of_one_start(lanes: Sequence[Lane]) -> list[Lane]:
    """The workers that were started as often as the first one: others count other steps."""
    return [lane for lane in lanes if lane.run.sessions == lanes[0].run.sessions]


def loss_curve(run: Run) -> Curve | None:
    """The training loss by steps; None where there is none."""
    found = run.curve(STEP_LOSS_TAG) or run.headline(Role.LOSS)
    return found if found is not None and len(found.series) else None


def broken_losses(lanes: Sequence[Lane]) -> dict[Lane, int]:
    """The workers whose loss is NaN or infinite where the others' is not, with the first step.

    Through the reduction the others' become so a step later.
    """
    curves = {lane: curve for lane in lanes if (curve := loss_curve(lane.run)) is not None}
    broke = {lane: curve.series.first_non_finite_step for lane, curve in curves.items()}
    first = min((step for step in broke.values() if step is not None), default=None)
    odd = with_fault(lanes, {lane: step == first for lane, step in broke.items()})
    return {} if first is None else dict.fromkeys(odd, first)


def loss_levels(lanes: Sequence[Lane]) -> list[Level]:
    """The losses of the workers at the steps that all have."""
    curves = [(lane, curve) for lane in lanes if (curve := loss_curve(lane.run)) is not None]
    if len(curves) < 2 or len({curve.tag for _, curve in curves}) > 1:
        return []
    steps = common_steps([curve.series.steps for _, curve in curves])
    return [Level(lane, _at(steps, curve)) for lane, curve in curves] if len(steps) else []


def losses_apart(levels: Sequence[Level]) -> list[Level]:
    """The workers whose loss is on another level than the others', throughout."""
    if len(levels) < 2:
        return []
    steps = levels[0].values
    start = float(np.median([level.values[: max(1, len(steps) // 10)].mean() for level in levels]))

    def differs(one: Level, others: Sequence[Level]) -> float:
        peers = np.median([other.values for other in others], axis=0)
        by = one.values - peers
        sizes = np.abs(one.values) + np.abs(peers)
        steady = is_steady(by / np.where(sizes > 0, sizes, 1.0))
        if not steady or abs(by.mean()) < LOSS_APART * abs(start):
            return 0.0
        low, high = sorted((abs(one.values.mean()), abs(peers.mean())))
        return float(abs(by.mean())) if high >= LOSS_RATIO * low else 0.0

    return odd_ones(levels, differs)


def _at(steps: NDArray[np.int64], curve: Curve) -> NDArray[np.float64]:
    """A curve's last value at each of some steps that it has."""
    return curve.series.values[np.searchsorted(curve.series.steps, steps, side="right") - 1]


def gradient_norms(lanes: Sequence[Lane]) -> list[Level]:
    """The gradient norms of the workers at the steps that all have, where all are finite."""
    tables = [
        (lane, table)
        for lane in lanes
        if (table := lane.run.table("loss", "gradient_norm")) is not None
    ]
    if len(tables) < 2:
        return []
    steps = common_steps([table.steps for _, table in tables])
    norms = [
        Level(lane, table.column("gradient_norm")[np.isin(table.steps, steps), 0])
        for lane, table in tables
    ]
    return [level for level in norms if len(steps) and np.isfinite(level.values).all()]


def gradients_apart(norms: Sequence[Level]) -> list[Level]:
    """The workers whose gradients, where they are recorded before the reduction, have another size.

    Gradients of exactly 0, too.
    """
    none = {level.lane: len(level.values) >= FEWEST and not level.values.any() for level in norms}
    if stuck := with_fault([level.lane for level in norms], none):
        return [level for level in norms if level.lane in stuck]

    @np.errstate(all="ignore")
    def differs(one: Level, others: Sequence[Level]) -> float:
        by = np.log(one.values) - np.median([np.log(other.values) for other in others], axis=0)
        apart = abs(float(by.mean())) if is_steady(by) else 0.0
        return apart if apart >= np.log(GRADIENT_RATIO) else 0.0

    return odd_ones(norms, differs)


# --- weights ------------------------------------------------------------------------------------


class Drift(NamedTuple):
    """Workers whose weights are others than their peers'.

    Attributes:
        lanes: Which.
        since: The first step at which they are.
        variable: The one that differs most at the last step.
        by: How much its size differs there, relative.
        from_the_start: Whether they began with other weights, and take the same updates.
    """

    lanes: list[Lane]
    since: int
    variable: str
    by: float
    from_the_start: bool


def weights_apart(lanes: Sequence[Lane]) -> Drift | None:
    """The workers whose weights do not stay equal; None where they do, or train on their own.

    They have to have been equal after an update, or to be said to train together by the record.
    Workers of a parameter server take other steps at other times: no two need to be equal.
    """
    tables = [
        (lane, table)
        for lane in lanes
        if (table := lane.run.table("weights", "rms", "update_rms")) is not None
    ]
    tables = [(lane, table) for lane, table in tables if table.rows == tables[0][1].rows]
    if len(tables) < 2:
        return None
    steps = common_steps([table.steps for _, table in tables])
    if len(steps) < FEWEST:
        return None
    sizes = np.stack([_sizes(table, steps, "rms") for _, table in tables])
    moves = np.stack([_sizes(table, steps, "update_rms") for _, table in tables])
    apart = _apart(sizes)  # (workers, steps, variables)
    worst = np.fmax.reduce(apart, axis=(0, 2))
    lasting = worst[len(steps) // 2 :]
    if not np.all(lasting > APART):
        return None
    equal_moves = np.fmax.reduce(_apart(moves)[:, :FEWEST], axis=None) <= SAME
    began_apart = worst[0] > SAME
    if began_apart and not (equal_moves and np.fmax.reduce(moves, axis=None) > 0):
        return None  # each trains on its own
    together = any(lane.run.start and lane.run.start.worker is not None for lane, _ in tables)
    if not began_apart and not together and worst[1] > SAME:
        return None
    last = np.fmax.reduce(apart[:, -1], axis=1)
    odd = [lane for (lane, _), by in zip(tables, last, strict=True) if by > APART]
    if 2 * len(odd) > len(tables) or len(tables) == 2:
        odd = [lane for lane, _ in tables]
    variable = int(np.nanargmax(np.fmax.reduce(apart[:, -1], axis=0)))
    return Drift(
        lanes=odd,
        since=int(steps[int(np.argmax(worst > APART))]),
        variable=tables[0][1].rows[variable],
        by=float(np.fmax.reduce(last)),
        from_the_start=began_apart,
    )


def _sizes(table: Table, steps: NDArray[np.int64], column: str) -> NDArray[np.float64]:
    return table.column(column)[np.isin(table.steps, steps)]


@np.errstate(all="ignore")
def _apart(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far each worker's values are from those in the middle, relative: same shape."""
    middle = np.median(values, axis=0) if len(values) > 2 else values[0]
    return np.where(values == middle, 0.0, np.abs(values - middle) / np.abs(middle))
