"""ZA708 weights-never-move."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, NotApplicable, Passed, Tier
from tb_zeroacc.facts import Layer, Optimizer
from tb_zeroacc.run import Role, Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table, some_histograms
from tests.diagnosis.rules.asking import answer, flagged
from tests.diagnosis.rules.planted.optimisation import STUCK


# --- ZA708 ------------------------------------------------------------------------------------
def moving(
    change: float,
    *,
    gradient: float = 1.0,
    rate: float = 0.01,
    samples: int = 10,
    optimizer: Optimizer | None = None,
    other: float = 1e-3,
) -> Run:
    """Two kernels: `a` changes by `change` a step and `b` by `other`."""
    at = np.arange(samples)
    weights = {
        f"{n}/kernel": {"rms": list(0.1 + d * at), "update_rms": d, "unit_spread": 0.1}
        for n, d in (("a", change), ("b", other))
    }
    gradients = {"a/kernel": {"rms": gradient}, "b/kernel": {"rms": 1.0}}
    for row in (*weights.values(), *gradients.values()):
        row.update({k: list(np.broadcast_to(v, samples)) for k, v in row.items()})
    loss = a_table("loss", {"loss": {"learning_rate": [rate] * samples}})
    return a_run(
        a_table("weights", weights), a_table("gradients", gradients), loss,
        a_contract(optimizer=optimizer), a_curve(STUCK),
    )


ACCUMULATES = Optimizer("Adam", 1e-3, gradient_accumulation_steps=4)
ZA708: dict[str, tuple[Run, type[Answer]]] = {
    "one variable": (moving(0.0), Flagged),
    "all variables": (moving(0.0, other=0.0), Flagged),
    "the smallest change": (moving(1e-12), Passed),
    "no gradient": (moving(0.0, gradient=0.0), Passed),
    "swallowed by rounding": (moving(0.0, gradient=0.99e-5), Passed),
    "just large enough to be felt": (moving(0.0, gradient=1.01e-5), Flagged),
    "a rate of 0": (moving(0.0, rate=0.0), NotApplicable),
    "four samples": (moving(0.0, samples=4), CannotTell),
    "gathering gradients": (moving(0.0, optimizer=ACCUMULATES), CannotTell),
    "gathered often enough": (moving(0.0, samples=20, optimizer=ACCUMULATES), Flagged),
    "nothing recorded": (a_run(a_curve(STUCK)), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), ZA708.values(), ids=ZA708.keys())
def test_weights_never_move(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA708", run), want)


def test_it_says_which_variables() -> None:
    assert "`a/kernel` never changes" in flagged("ZA708", moving(0.0)).summary
    assert "No variable" in flagged("ZA708", moving(0.0, other=0.0)).summary


def test_an_unknown_rate_cannot_tell() -> None:
    optimizer = Optimizer("Adam", None)
    run = moving(0.0, rate=math.nan, optimizer=optimizer)
    assert isinstance(answer("ZA708", run), CannotTell)


# --- where no update is seen --------------------------------------------------------------------
def unseen(
    *, end: float = 0.1, last: int = 15, loss: float = 2.3, broken: float = 0.0, **more: Any
) -> Run:
    """No update is on record: of ten classes, a loss that ends at `loss` after 20 epochs."""
    row = {"rms": [0.1] * 9 + [end], "unit_spread": 0.1, "non_finite_count": [0.0] * 9 + [broken]}
    weights = {f"{n}/kernel": row for n in "ab"}
    steps = [*range(9), last]
    return a_run(
        a_table("weights", weights, steps=steps), a_contract(**more),
        a_table("label_counts", {"y": {str(k): 50.0 for k in range(10)}}),
        a_curve([2.3] * 10 + [loss] * 10),
    )


GATHERS = Optimizer("Adam", 1e-3, gradient_accumulation_steps=2)
UNSEEN: dict[str, tuple[Run, type[Answer]]] = {
    "all are the same": (unseen(), Flagged),
    "fourteen steps": (unseen(last=14), CannotTell),
    "one differs in its last digit": (unseen(end=0.10000001), CannotTell),
    "they became NaN": (unseen(end=float("nan"), broken=64.0), CannotTell),
    "it learned": (unseen(loss=2.0), CannotTell),
    "gradients that are gathered": (unseen(optimizer=GATHERS), CannotTell),
    "gathered for long": (unseen(last=30, optimizer=GATHERS), Flagged),
    "a rate of 0": (unseen(optimizer=Optimizer("SGD", 0.0)), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), UNSEEN.values(), ids=UNSEEN.keys())
def test_weights_that_no_update_reaches(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA708", run), want)


# --- without samples --------------------------------------------------------------------------
STILL = (some_histograms("m/a/kernel/histogram"), some_histograms("m/b/kernel/histogram"))
MOVES = some_histograms("m/b/kernel/histogram", varies=True)
STANDS = a_curve([2.31, 2.30, 2.32, 2.31])
DONE = a_curve([0.95, 0.95, 0.95, 0.95], Role.ACCURACY)


def foreign(*parts: Any) -> Run:
    return a_run(*parts, recorded=False)


HISTOGRAMS: dict[str, tuple[Run, type[Answer]]] = {
    "all alike": (foreign(*STILL, STANDS), Flagged),
    "a part is frozen": (foreign(STILL[0], MOVES, STANDS), Passed),
    "all change": (foreign(MOVES, STANDS), Passed),
    "two epochs": (foreign(some_histograms("a/kernel", 2), STANDS), CannotTell),
    "another variable changes": (
        foreign(*STILL, some_histograms("m/b/lora_kernel_a", varies=True), STANDS), Passed,
    ),
    "of one value": (foreign(some_histograms("a/kernel", ends=(0, 0)), STANDS), NotApplicable),
    "the loss falls": (foreign(*STILL, a_curve([2.3, 1.9, 1.6, 1.4])), Passed),
    "the loss rises": (foreign(*STILL, a_curve([2.3, 2.4, 2.5, 2.6])), Passed),
    "accuracy is high": (foreign(*STILL, STANDS, DONE), Passed),
    "nothing is left to learn": (foreign(*STILL, a_curve([0.0] * 4)), Passed),
    "a rate of 0": (
        foreign(*STILL, STANDS, a_contract(optimizer=Optimizer("Adam", 0.0))), NotApplicable,
    ),
    "two points of the loss": (foreign(*STILL, a_curve([2.3, 2.3])), CannotTell),
    "no loss": (foreign(*STILL), CannotTell),
    "no kernel": (foreign(some_histograms("outputs"), STANDS), CannotTell),
    "on record, too": (a_run(*STILL, STANDS), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), HISTOGRAMS.values(), ids=HISTOGRAMS.keys())
def test_by_histograms(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA708", run), want)


def test_histograms_are_strong_at_most() -> None:
    found = flagged("ZA708", foreign(*STILL, STANDS))
    assert found.tier is Tier.STRONG
    assert "step 0 to step 3" in found.summary


def test_one_bias_alone_is_no_training() -> None:
    moves = some_histograms("m/b/bias/histogram", varies=True)
    stands = some_histograms("m/a/bias/histogram")
    found = flagged("ZA708", foreign(*STILL, moves, stands, STANDS))
    assert "Only biases" in found.context
    assert isinstance(answer("ZA708", foreign(*STILL, moves, STANDS)), Passed)


def test_frozen_layers_are_the_reason() -> None:
    layers = (Layer("a", "Dense", trainable=False), Layer("b", "Dense", trainable=False))
    found = flagged("ZA708", foreign(*STILL, STANDS, a_contract(*layers)))
    assert "frozen" in found.context
    assert found.fix is not None
    assert "trainable = True" in found.fix.code


def test_it_has_a_picture() -> None:
    """The updates, where all are 0; else the loss."""
    still = moving(0.0, other=0.0)
    ratio = a_curve([0.0] * 10, Role.OTHER, tag="zeroacc/update_ratio", axis="step", headline=False)
    drawn = replace(still, curves=(*still.curves, ratio))
    tags = [flagged("ZA708", run).evidence[-1].tag for run in (drawn, still, moving(0.0))]
    assert tags == ["zeroacc/update_ratio", "zeroacc/epoch/loss", "zeroacc/epoch/loss"]
