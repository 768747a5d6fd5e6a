"""ZA602 initial-scale-off."""

from __future__ import annotations

from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.run import Role, Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import check, flagged

BASE = 2.302585  # ln 10
COUNTS = a_table("label_counts", {"y": {str(k): 50.0 for k in range(10)}})
STUCK = (a_contract(), COUNTS, a_curve([2.3] * 10), a_curve([0.1] * 10, Role.ACCURACY))
BEATS = (a_contract(), COUNTS, a_curve([2.3, 0.1]), a_curve([0.1, 0.98], Role.ACCURACY))
NAN = float("nan")


def first_loss(value: float, *, data: float = NAN, at: int = 0) -> Any:
    losses = {"loss": [value, 2.0], "data_loss": [data, 2.0]}
    return a_table("loss", {"loss": losses}, steps=[at, at + 1])


def sizes(*rms: float, at: int = 0) -> Any:
    """Root mean squares of the hidden layers, and an output behind them."""
    rows = {f"hidden_{i}": {"rms": size} for i, size in enumerate(rms)}
    return a_table("activations", {**rows, "head": {"rms": 0.3}}, steps=[at])


ZA602: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "sure and wrong": (a_run(first_loss(188), *STUCK), None),
    "loss on the limit": (a_run(first_loss(23.03), *STUCK), None),
    "loss just under": (a_run(first_loss(23.02), *STUCK), Passed),
    "a penalty is no part of it": (a_run(first_loss(80, data=2.3), *STUCK), Passed),
    "digits of 0 to 16": (a_run(first_loss(4.6 * BASE), *STUCK), Passed),
    "it learns all the same": (a_run(first_loss(188), *BEATS), Passed),
    "the first step is not on record": (a_run(first_loss(188, at=5), *STUCK), CannotTell),
    "signals fade": (a_run(sizes(1, 0.1, 0.01, 1e-4), *STUCK), None),
    "signals grow": (a_run(sizes(1, 10, 100, 7000), *STUCK), None),
    "fade on the limit": (a_run(sizes(1, 0.1, 0.01, 0.000999), *STUCK), None),
    "fade just above": (a_run(sizes(1, 0.1, 0.01, 0.00101), *STUCK), Passed),
    "growth on the limit": (a_run(sizes(1, 10, 100, 1000), *STUCK), None),
    "growth just under": (a_run(sizes(1, 10, 100, 999), *STUCK), Passed),
    "through three layers": (a_run(sizes(1, 0.01, 1e-4), *STUCK), CannotTell),
    "a dead layer": (a_run(sizes(1, 0.1, 0, 0), *STUCK), CannotTell),
    "after some steps": (a_run(sizes(1, 10, 100, 7000, at=40), *STUCK), CannotTell),
    "the output is no hidden layer": (a_run(sizes(1000, 900, 800, 700), *STUCK), Passed),
    "not recorded": (a_run(*STUCK), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), ZA602.values(), ids=ZA602.keys())
def test_initial_scale_off(run: Run, want: type[Answer] | Tier | None) -> None:
    check("ZA602", run, want)


def test_targets_far_from_0_start_at_their_mean_square() -> None:
    """What a model starts at that says 0, a hundred times the variance, in health."""
    far = {"mean": 10.0, "std": 1.0, "min": 7.0, "max": 13.0, "count": 99.0, "integer_share": 0.0}
    model = a_contract(loss="mean_squared_error", activation="linear", units=1)
    parts = (model, a_table("labels", {"y": {**far, "examples": 99.0, "units": 1.0}}))
    check("ZA602", a_run(first_loss(101 * 9.9), *parts, a_curve([900.0] * 10)), Passed)
    check("ZA602", a_run(first_loss(101 * 10.1), *parts, a_curve([900.0] * 10)), None)


def test_it_says_where_signals_fade() -> None:
    found = flagged("ZA602", a_run(sizes(1, 0.1, 0.01, 1e-4), *STUCK))
    assert "from 1 in `hidden_0` to 1e-4 in `hidden_3`" in found.summary


def test_it_steps_back_behind_large_inputs_and_explains_what_it_breaks() -> None:
    large = {"mean": 0.0, "std": 500.0, "min": -900.0, "max": 900.0, "zero_share": 0.0}
    unscaled = a_table("inputs", {"x": large})
    told = diagnose(a_run(first_loss(188), unscaled, *STUCK), CATALOGUE, strict=True)
    assert told.findings[0].code == "ZA103"
    assert isinstance(told.checks["ZA602"], CannotTell)
    told = diagnose(a_run(first_loss(188), *STUCK), CATALOGUE, strict=True)
    assert [f.code for f in told.findings if f.tier >= Tier.STRONG] == ["ZA602"]
