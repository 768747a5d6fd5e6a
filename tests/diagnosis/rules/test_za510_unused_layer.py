"""ZA510 unused-layer."""

from __future__ import annotations

import pytest

from tb_zeroacc.diagnosis.answers import (
    BEFORE_TRAINING,
    Answer,
    CannotTell,
    Flagged,
    NotApplicable,
    Passed,
    Tier,
)
from tb_zeroacc.diagnosis.catalogue import CATALOGUE, RULES
from tb_zeroacc.diagnosis.engine import diagnose, tier_of
from tb_zeroacc.facts import Layer
from tb_zeroacc.run import Role, Run, Table
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import answer, flagged

COUNTS = a_table("label_counts", {"y": {str(k): 100.0 for k in range(10)}})
BEATS = (COUNTS, a_curve([2.3, 0.1]), a_curve([0.1, 0.95], Role.ACCURACY))
HEAD = Layer("head", "Dense", "softmax", 10, is_output=True)
NAN = float("nan")


def scaling(scale: object, offset: float = 0.0) -> Layer:
    settings = {"scale": scale, "offset": offset}
    return Layer("rescaling", "Rescaling", settings=settings)  # type: ignore[arg-type]


def activations(samples: int = 12, **layers: tuple[float, float, float]) -> Table:
    """Mean, rms and largest absolute value of each layer, the same in all samples."""
    return a_table(
        "activations",
        {
            name: {"mean": [m] * samples, "rms": r, "abs_max": a, "dead_unit_share": NAN}
            for name, (m, r, a) in {**layers, "head": (0.1, 0.2, 0.9)}.items()
        },
    )


ALIVE = (0.2, 0.5, 3.0)
ZERO = (0.0, 0.0, 0.0)
SEVEN = (7.0, 7.0, 7.0)
MOVES = a_table(
    "activations",
    {"branch": {"mean": [0.0] + [0.1] * 11, "rms": [0.0] + [0.3] * 11, "abs_max": 1.0},
     "head": {"mean": 0.1, "rms": 0.2, "abs_max": 0.9}},
)  # fmt: skip
DEAD = a_table(
    "activations",
    {"dense": {"mean": [0.0] * 12, "rms": 0.0, "abs_max": 0.0, "dead_unit_share": 1.0},
     "pooling": {"mean": [0.0] * 12, "rms": 0.0, "abs_max": 0.0},
     "head": {"mean": 0.1, "rms": 0.2, "abs_max": 0.9}},
)  # fmt: skip

ZA510: dict[str, tuple[Run, type[Answer]]] = {
    "a scale of 0": (a_run(a_contract(scaling(0.0), HEAD)), Flagged),
    "a scale of 0 as a whole number": (a_run(a_contract(scaling(0), HEAD)), Flagged),
    "zero in every sample": (a_run(activations(cut=ZERO)), Flagged),
    "one constant": (a_run(activations(cut=SEVEN)), Flagged),
    "a sound scale": (a_run(a_contract(scaling(1 / 255), HEAD), activations(rescaling=ALIVE)),
                      Passed),
    "a scale that was not read": (a_run(a_contract(scaling(None), HEAD), activations(a=ALIVE)),
                                  Passed),
    "layers that vary": (a_run(activations(dense=ALIVE)), Passed),
    "zero, but the run learned": (a_run(a_contract(), activations(cut=ZERO), *BEATS), Passed),
    "a branch that starts at zero": (a_run(MOVES), Passed),
    "a dead ReLU, and what lies behind it": (a_run(DEAD), Passed),
    "two constants": (a_run(a_table("activations", {
        "cut": {"mean": [1.0, 2.0] * 6, "rms": [1.0, 2.0] * 6, "abs_max": [1.0, 2.0] * 6},
        "head": {"mean": 0.1, "rms": 0.2, "abs_max": 0.9}})), Passed),
    "not finite": (a_run(activations(cut=(NAN, NAN, NAN))), Passed),
    "too few samples": (a_run(activations(9, cut=ZERO)), CannotTell),
    "a sound contract alone": (a_run(a_contract()), CannotTell),
    "an output alone": (a_run(activations()), NotApplicable),
    "nothing": (a_run(a_curve([1.0])), CannotTell),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), ZA510.values(), ids=ZA510.keys())
def test_unused_layer(run: Run, want: type[Answer]) -> None:
    found = answer("ZA510", run)
    assert isinstance(found, want), found


def test_the_contract_is_beyond_doubt_and_names_the_layer() -> None:
    found = flagged("ZA510", a_run(a_contract(scaling(0.0, 0.5), HEAD)))
    assert found.summary == (
        "`rescaling` multiplies its input by 0: its output is always 0.5."
    )
    assert tier_of(RULES["ZA510"], found) is Tier.DEFINITE
    assert found.layers == ("rescaling",)
    assert found.since == BEFORE_TRAINING


@pytest.mark.parametrize(("values", "tier"), [(ZERO, Tier.STRONG), (SEVEN, Tier.SMELL)])
def test_activations_are_weaker(values: tuple[float, float, float], tier: Tier) -> None:
    found = flagged("ZA510", a_run(activations(cut=values)))
    assert tier_of(RULES["ZA510"], found) is tier


def test_a_scale_of_zero_in_a_run_that_learns_is_a_smell() -> None:
    found = flagged("ZA510", a_run(a_contract(scaling(0.0), HEAD), *BEATS))
    assert tier_of(RULES["ZA510"], found) is Tier.SMELL


def test_dead_units_behind_it_fold_under_it() -> None:
    relu = Layer("dense", "Dense", "relu", 64)
    table = a_table(
        "activations",
        {"rescaling": {"mean": [0.0] * 12, "rms": 0.0, "abs_max": 0.0},
         "dense": {"mean": [0.0] * 12, "rms": 0.0, "abs_max": 0.0, "dead_unit_share": 1.0},
         "head": {"mean": 0.1, "rms": 0.1, "abs_max": 0.1}},
    )  # fmt: skip
    run = a_run(a_contract(scaling(0.0), relu, HEAD), table, COUNTS, a_curve([2.3, 2.3]))
    told = diagnose(run, CATALOGUE, strict=True)
    assert [f.code for f in told.findings] == ["ZA510"]
    assert "ZA504" in {c.code for c in told.findings[0].explains}
