"""ZA505 saturated-activations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tb_zeroacc.diagnosis.answers import Answer, NotApplicable, Passed, Tier
from tb_zeroacc.facts import Layer
from tb_zeroacc.run import Role, Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import answer, check, flagged
from tests.diagnosis.rules.planted.numbers import hidden

COUNTS = a_table("label_counts", {"y": {str(k): 50.0 for k in range(10)}})
BASE = 2.302585  # ln 10
STUCK = (COUNTS, a_curve([2.3] * 10), a_curve([0.1] * 10, Role.ACCURACY))


def test_an_output_is_no_hidden_layer() -> None:
    assert isinstance(answer("ZA505", hidden("saturated_share", [0.2] * 20)), Passed)


def learned(share: float) -> tuple[Any, ...]:
    """A run that beats its baseline, with a loss of such a share of it."""
    return (COUNTS, a_curve([2.3, share * BASE]), a_curve([0.1, 0.8], Role.ACCURACY))


def saturated(*shares: float, scored: tuple[Any, ...]) -> Run:
    contract = a_contract(Layer("dense", "Dense", "tanh", 16), Layer("head", "Dense", "softmax", 10,
                                                                     is_output=True))  # fmt: skip
    return a_run(contract, a_table("activations", {"dense": {"saturated_share": shares}}), *scored)


SLOWED: dict[str, tuple[Run, type[Answer] | Tier]] = {
    "from the first step on": (saturated(*[0.9] * 8, scored=learned(0.251)), Tier.SMELL),
    "it has learned": (saturated(*[0.9] * 8, scored=learned(0.249)), Passed),
    "later": (saturated(0.1, 0.1, *[0.9] * 20, scored=learned(0.4)), Passed),
}


@pytest.mark.parametrize(("run", "want"), SLOWED.values(), ids=SLOWED.keys())
def test_a_run_that_learns_slowly(run: Run, want: type[Answer] | Tier) -> None:
    check("ZA505", run, want)


def behind(
    low: float, slope: float, *, kind: str = "Cooled", top: float = 1.0, mean: float | None = None,
    first: float | None = None, present: float = 1.0, scored: tuple[Any, ...] = STUCK,
    is_first: bool = False,
) -> Run:
    """A layer of an unknown formula whose outputs have such a mean slope, from `low` to 1."""
    middle = (1.0 + low) / 2.0 if mean is None else mean
    slopes = np.array([slope if first is None else first, *[slope] * 7])
    squares = middle - slopes / 4.0 if low == 0.0 else 1.0 - slopes
    dense = Layer("dense", "Dense", "linear", 16, variables=("dense/kernel",))
    mine = Layer("mine", kind)
    head = Layer("head", "Dense", "softmax", 10, is_output=True, variables=("head/kernel",))
    stack = (mine, dense, head) if is_first else (dense, mine, head)
    sizes = {"mean": middle, "rms": list(np.sqrt(squares)), "abs_max": top}
    row = {"rms": 0.1, "unit_spread": 0.1}
    grown = {"present": present, "rms": 0.0}
    return a_run(
        a_contract(*stack), a_table("activations", {"mine": sizes}),
        a_table("weights", {"dense/kernel": row, "head/kernel": row}, steps=range(8)),
        a_table("gradients", {"dense/kernel": grown, "head/kernel": grown}, steps=range(8)),
        *scored,
    )  # fmt: skip


FLAT: dict[str, tuple[Run, type[Answer] | Tier]] = {
    "a tanh": (behind(-1.0, 0.019), Tier.SMELL),
    "with some slope": (behind(-1.0, 0.021), NotApplicable),
    "a sigmoid": (behind(0.0, 0.019), Tier.SMELL),
    "a sigmoid with some slope": (behind(0.0, 0.021), NotApplicable),
    "a lambda": (behind(0.0, 0.001, kind="Lambda"), Tier.SMELL),
    "a layer of Keras, which says what it does": (
        behind(0.0, 0.001, kind="UnitNormalization"), NotApplicable),
    "later": (behind(0.0, 0.001, first=0.5), NotApplicable),
    "a constant": (behind(0.0, 0.001, mean=0.999), NotApplicable),
    "larger numbers": (behind(0.0, 0.001, top=1.5), NotApplicable),
    "rounded: no gradient passes": (behind(0.0, 0.001, present=0.0), NotApplicable),
    "codes in front of all kernels": (behind(0.0, 0.001, is_first=True), NotApplicable),
    "it learns": (behind(0.0, 0.001, scored=learned(0.1)), Passed),
}


@pytest.mark.parametrize(("run", "want"), FLAT.values(), ids=FLAT.keys())
def test_a_layer_whose_formula_is_not_known(run: Run, want: type[Answer] | Tier) -> None:
    check("ZA505", run, want)


def test_it_says_between_which_ends() -> None:
    assert "`mine` are -1 and 1" in flagged("ZA505", behind(-1.0, 0.001)).summary
    assert "`mine` are 0 and 1" in flagged("ZA505", behind(0.0, 0.001)).summary
