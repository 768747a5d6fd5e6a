"""ZA103 input-not-normalised."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, NotApplicable, Passed, Tier
from tb_zeroacc.facts import Fit
from tb_zeroacc.run import Role, Run, Table
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import answer, check, flagged
from tests.diagnosis.rules.planted.scale import (
    BEATS,
    CONTRACT,
    EVEN,
    STUCK,
    front,
    losses,
    scales,
)

LOUD = 5 * math.log(2)

def saturated(*shares: float, at: int = 0) -> Table:
    """Layers of which so many activations are saturated from a step on."""
    rows = {f"layer_{n}": {"saturated_share": share} for n, share in enumerate(shares)}
    return a_table("activations", rows, steps=[at, at + 1])


ZA103: dict[str, tuple[Run, type[Answer]]] = {
    "large and loud": (a_run(scales(577, 577), losses(139), CONTRACT, *STUCK), Flagged),
    "on both limits": (a_run(scales(10, 10), losses(LOUD), CONTRACT, *STUCK), Flagged),
    "just under the scale": (a_run(scales(9.9, 9.9), losses(139), CONTRACT, *STUCK), Passed),
    "just under the loss": (a_run(scales(10, 10), losses(3.4), CONTRACT, *STUCK), Passed),
    "quiet, behind a saturated layer": (
        a_run(scales(10, 10), losses(0.8), saturated(0.9), CONTRACT, *STUCK), Flagged),
    "behind one that hardly is": (
        a_run(scales(10, 10), losses(0.8), saturated(0.89), CONTRACT, *STUCK), Passed),
    "behind one that became so": (
        a_run(scales(10, 10), losses(0.8), saturated(1.0, at=1), CONTRACT, *STUCK), Passed),
    "behind a second layer that is": (
        a_run(scales(10, 10), losses(0.8), saturated(0.1, 1.0), CONTRACT, *STUCK), Passed),
    "loud from the eleventh step": (
        a_run(scales(577), losses(139, at=10), CONTRACT, *STUCK), Passed),
    "loud at the tenth step": (a_run(scales(577), losses(139, at=9), CONTRACT, *STUCK), Flagged),
    "a loss that broke": (
        a_run(scales(577), losses(float("inf")), CONTRACT, *STUCK), Flagged),
    "raw digits": (a_run(scales(7.5, 7.5, 7.5, 0), losses(20), CONTRACT, *STUCK), Passed),
    "raw diabetes": (a_run(scales(51), losses(1.2), CONTRACT, *STUCK), Passed),
    "it beats its baseline": (a_run(scales(577), losses(139), CONTRACT, *BEATS), Passed),
    "a few large ones": (a_run(scales(1, 1, 900), losses(139), CONTRACT, *STUCK), Passed),
    "no baseline": (a_run(scales(577), losses(139), a_curve([139.0])), CannotTell),
    "scaled in the model": (
        a_run(scales(577), losses(139), front("Rescaling"), *STUCK), NotApplicable),
    "ids": (a_run(scales(577), losses(139), front("Embedding"), *STUCK), NotApplicable),
    "not finite": (a_run(scales(float("nan")), losses(1), CONTRACT, *STUCK), CannotTell),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), ZA103.values(), ids=ZA103.keys())
def test_input_not_normalised(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA103", run), want)


def test_targets_far_from_zero_start_at_their_mean_square() -> None:
    labels = a_table("labels", {"y": {"mean": 10.0, "std": 1.0, "count": 32.0}})
    contract = a_contract(loss="mean_squared_error", activation="linear", units=1)
    run = a_run(scales(20), losses(101), contract, labels, a_curve([101.0, 50.0]))
    assert isinstance(answer("ZA103", run), Passed)


def test_it_shows_its_curve_and_names_the_rival() -> None:
    rms = a_curve([577.0], Role.OTHER, tag="zeroacc/input_rms", axis="step")
    found = flagged("ZA103", a_run(scales(577), losses(139), CONTRACT, *STUCK, rms))
    assert found.evidence[0].tag == "zeroacc/input_rms"
    assert found.evidence[0].threshold == 10.0
    assert found.rivals[0][0] == "ZA206"
    assert "577" in found.summary


def small(largest: float, *parts: Any) -> Run:
    """Inputs from 0 to so much."""
    row = {"mean": 0.4 * largest, "std": 0.3 * largest, "min": 0.0, "max": largest}
    inputs = a_table("inputs", {"x[0]": row, "x[1]": {**row, "max": largest / 2}})
    return a_run(inputs, losses(0.7), *(parts or (CONTRACT, *AT_CHANCE)))


AT_CHANCE = (EVEN, a_curve([0.7, 0.69]), a_curve([0.5, 0.5], Role.ACCURACY))
ON_ITS_WAY = (EVEN, a_curve([0.7, 0.55]), a_curve([0.5, 0.7], Role.ACCURACY))
SMALL: dict[str, tuple[Run, type[Answer] | Tier]] = {
    "divided by 255 twice": (small(0.00392), Tier.STRONG),
    "on the limit": (small(0.01), Tier.STRONG),
    "beyond it": (small(0.0101), Passed),
    "nothing but zeros": (small(0.0), Passed),
    "it goes down all the same": (small(0.00392, CONTRACT, *ON_ITS_WAY), Tier.SMELL),
    "it beats its baseline": (small(0.00392, CONTRACT, *BEATS), Passed),
    "normalised in the model": (
        small(0.00392, front("BatchNormalization"), *AT_CHANCE), NotApplicable),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), SMALL.values(), ids=SMALL.keys())
def test_inputs_that_are_too_small(run: Run, want: type[Answer] | Tier) -> None:
    check("ZA103", run, want)


@pytest.mark.parametrize(("largest", "is_twice"), [(1 / 255, True), (0.0029, False)])
def test_it_names_the_number_and_the_second_division(largest: float, is_twice: bool) -> None:
    found = flagged("ZA103", small(largest))
    assert f"{largest:.2g}"[:5] in found.summary
    assert ("255 twice" in found.context) is is_twice
    assert found.fix is not None
    assert ("x / 255" in found.fix.code) is is_twice


QUIET = (scales(10, 10), losses(0.8), saturated(0.9))
TINY = {"mean": 0.0, "std": 0.001, "min": -0.0029, "max": 0.0029}


@pytest.mark.parametrize(
    "parts",
    [
        (scales(577, 577), losses(139)),
        QUIET,
        (a_table("inputs", {"x[0]": TINY, "x[1]": TINY}), losses(0.7)),
    ],
    ids=["loud", "quiet", "small"],
)
@pytest.mark.parametrize("from_arrays", [True, False])
def test_the_fix_scales_the_data_as_they_came(parts: tuple[Table, ...], from_arrays: bool) -> None:
    contract = replace(CONTRACT, fit=Fit(epochs=10, from_arrays=from_arrays))
    fix = flagged("ZA103", a_run(*parts, contract, *STUCK)).fix
    assert fix is not None
    assert ("dataset.map(" in fix.code) is not from_arrays
