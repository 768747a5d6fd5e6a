"""What curves of training look like: levels and noise, from which families put logs together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.logs.curves import curves_of
from tb_zeroacc.logs.grouping import parts_of
from tb_zeroacc.logs.stretches.member_curves import MemberCurves
from tb_zeroacc.run import Run
from tb_zeroacc.series import Series

Values: TypeAlias = NDArray[np.float64]
# By directory and tag: the values, at steps 0, 1, 2, ...; or (steps, values).
Log: TypeAlias = Mapping[str, Mapping[str, Values | tuple[Sequence[int], Values]]]


def falling(points: int, start: float, end: float, speed: float = 5.0) -> Values:
    """An exponential fall that has come down to `end` by its last point."""
    way = 1.0 - np.exp(-speed * np.linspace(0.0, 1.0, points))
    return start + (end - start) * way / way[-1]


def held(points: int, level: float) -> Values:
    """The same level all along."""
    return np.full(points, level)


def noisy(rng: np.random.Generator, values: Values, share: float) -> Values:
    """With noise of a share of each value, as the loss of single batches has it."""
    return np.asarray(values * np.exp(share * rng.normal(size=len(values))))


def shares(rng: np.random.Generator, values: Values, examples: int = 500) -> Values:
    """Accuracies as counted over so many examples."""
    return np.asarray(rng.binomial(examples, np.clip(values, 0.0, 1.0)) / examples)


def chance(rng: np.random.Generator, points: int, classes: int) -> tuple[Values, Values]:
    """Loss and accuracy of a classifier that guesses."""
    loss = math.log(classes) * (1.0 + 0.003 * rng.normal(size=points))
    return loss, shares(rng, held(points, 1.0 / classes), 2000)


def run_of(log: Log, name: str = "planted") -> Run:
    """The run that a reader would build of a log: roles come from the tags alone."""
    members = []
    parts = parts_of(log, "runs", {member: list(tags) for member, tags in log.items()})
    for member, tags in log.items():
        series = {}
        for tag, held_values in tags.items():
            steps, values = (
                held_values if isinstance(held_values, tuple)
                else (range(len(held_values)), held_values)
            )  # fmt: skip
            series[tag] = Series.of(steps, values)
        members.append(MemberCurves(member, parts[member], series))
    return Run(name, members=tuple(log), curves=curves_of(members))
