"""Planted runs that several tests of optimisation share."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from tb_zeroacc.facts import End, Optimizer
from tb_zeroacc.run import Curve, Role, Run, Table
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table

LN10 = math.log(10)
COUNTS = a_table("label_counts", {"y": {str(k): 100.0 for k in range(10)}})


def kernels(ratios: list[float], rms: float = 0.1, bias: float = 0.0) -> Table:
    """Updates of one kernel, and of a bias which must not count."""
    return a_table(
        "weights",
        {
            "dense/kernel": {"update_ratio": ratios, "rms": rms, "unit_spread": 0.1},
            "dense/bias": {"update_ratio": bias, "rms": 0.0},
        },
    )


def by_steps(values: list[float]) -> Curve:
    return a_curve(values, tag="zeroacc/loss", axis="step", headline=False)


def trained(
    *parts: Table | Curve,
    loss: list[float],
    accuracy: list[float] | None = None,
    optimizer: Optimizer | None = None,
    **more: Any,
) -> Run:
    """Ten balanced classes (the baseline is ln 10) with these epochs."""
    curves = [a_curve(loss)]
    if accuracy is not None:
        curves.append(a_curve(accuracy, Role.ACCURACY))
    return a_run(COUNTS, a_contract(optimizer=optimizer), *curves, *parts, **more)


# --- ZA701 ------------------------------------------------------------------------------------
STUCK = [2.31, 2.30, 2.30, 2.30]
LEARNED = [1.0, 0.5, 0.2, 0.1]
GOOD = [0.7, 0.8, 0.9, 0.97]


# --- ZA704 ------------------------------------------------------------------------------------
def foreign(loss: list[float], accuracy: list[float] | None = None, tag: str = "loss") -> Run:
    """A log of somebody else: curves alone."""
    parts = [a_curve(loss, tag=tag)]
    if accuracy is not None:
        parts.append(a_curve(accuracy, Role.ACCURACY, scale=0.01 if max(accuracy) > 1 else 1.0))
    return a_run(*parts, recorded=False)


ENDED = End("finished", 100)


def moved(ratio: float, steps: int) -> Run:
    """It is stuck at ln 10 after so many steps, each of which changes the weights by a share."""
    weights = replace(kernels([ratio] * 30), steps=np.linspace(0, steps - 1, 30).astype(np.int64))
    return trained(weights, loss=STUCK, accuracy=[0.1] * 4)
