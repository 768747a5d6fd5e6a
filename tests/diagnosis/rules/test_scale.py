"""ZA103 and ZA104 on planted runs."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import (
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
from tb_zeroacc.run import Role, Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import answer, flagged

CONTRACT = a_contract(loss="binary_crossentropy", activation="sigmoid", units=1)
EVEN = a_table("label_counts", {"y": {"0": 500.0, "1": 500.0}})
STUCK = (EVEN, a_curve([139.0, 6.4]), a_curve([0.5, 0.6], Role.ACCURACY))
BEATS = (EVEN, a_curve([139.0, 0.01]), a_curve([0.5, 0.99], Role.ACCURACY))
LOUD = 5 * math.log(2)


def scales(*rms: Any, steps: int = 40) -> Any:
    """Features of these root mean squares, half of it offset."""
    rows = {f"x[{i}]": {"mean": 0.6 * r, "std": 0.8 * r} for i, r in enumerate(rms)}
    return a_table("inputs", rows, steps=list(range(steps)))


def losses(first: float, *, at: int = 0, steps: int = 40) -> Any:
    values = [0.7] * steps
    values[at] = first
    return a_table("loss", {"loss": {"loss": values}}, steps=list(range(steps)))


def front(kind: str) -> Any:
    return a_contract(
        Layer("front", kind), Layer("dense", "Dense", "relu", 8, variables=("dense/kernel",)),
        loss="binary_crossentropy", activation="sigmoid", units=1,
    )  # fmt: skip


ZA103: dict[str, tuple[Run, type[Answer]]] = {
    "large and loud": (a_run(scales(577, 577), losses(139), CONTRACT, *STUCK), Flagged),
    "on both limits": (a_run(scales(10, 10), losses(LOUD), CONTRACT, *STUCK), Flagged),
    "just under the scale": (a_run(scales(9.9, 9.9), losses(139), CONTRACT, *STUCK), Passed),
    "just under the loss": (a_run(scales(10, 10), losses(3.4), CONTRACT, *STUCK), Passed),
    "loud from the eleventh step": (
        a_run(scales(577), losses(139, at=10), CONTRACT, *STUCK), Passed),
    "loud at the tenth step": (a_run(scales(577), losses(139, at=9), CONTRACT, *STUCK), Flagged),
    "a loss that broke": (
        a_run(scales(577), losses(float("inf")), CONTRACT, *STUCK), Flagged),
    "raw digits": (a_run(scales(7.5, 7.5, 7.5, 0), losses(20), CONTRACT, *STUCK), Passed),
    "raw diabetes": (a_run(scales(51), losses(1.2), CONTRACT, *STUCK), Passed),
    "it beats its prior": (a_run(scales(577), losses(139), CONTRACT, *BEATS), Passed),
    "a few large ones": (a_run(scales(1, 1, 900), losses(139), CONTRACT, *STUCK), Passed),
    "no prior": (a_run(scales(577), losses(139), a_curve([139.0])), CannotTell),
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


ZA104: dict[str, tuple[Run, type[Answer]]] = {
    "a raw table": (a_run(scales(0.2, 0.2, 874), CONTRACT, *STUCK), Flagged),
    "on the limit": (a_run(scales(0.5, 0.5, 50), CONTRACT, *STUCK), Flagged),
    "just under": (a_run(scales(0.5, 0.5, 49.9), CONTRACT, *STUCK), Passed),
    "apart but small": (a_run(scales(0.01, 0.01, 9.9), CONTRACT, *STUCK), Passed),
    "tiny and empty border pixels": (
        a_run(scales(0.002, 0, 0.4, 0.5, 0.6, 0.8, 0.7), CONTRACT, *STUCK), Passed),
    "border pixels of raw digits": (
        a_run(scales(0.02, 0.03, 7, 8, 9, 10.9), CONTRACT, *STUCK), Passed),
    "all large: the other rule": (a_run(scales(10, 10, 5000), CONTRACT, *STUCK), Passed),
    "mostly zeros": (a_run(scales(0, 0, 0, 0.1, 0.1, 20), CONTRACT, *STUCK), Flagged),
    "it beats its prior": (a_run(scales(0.2, 0.2, 874), CONTRACT, *BEATS), Passed),
    "one feature": (a_run(scales(874), CONTRACT, *STUCK), NotApplicable),
    "normalised in the model": (
        a_run(scales(0.2, 0.2, 874), front("Normalization"), *STUCK), NotApplicable),
    "not recorded": (a_run(CONTRACT, *STUCK), CannotTell),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), ZA104.values(), ids=ZA104.keys())
def test_feature_scales_differ(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA104", run), want)


def test_the_two_exclude_each_other() -> None:
    for rms in ((577, 577, 577), (0.2, 0.2, 874), (10, 10, 5000), (9, 9, 900)):
        run = a_run(scales(*rms), losses(139), CONTRACT, *STUCK)
        both = [isinstance(answer(code, run), Flagged) for code in ("ZA103", "ZA104")]
        assert sum(both) == 1, rms


def test_without_a_prior_it_is_a_smell() -> None:
    found = flagged("ZA104", a_run(scales(0.2, 0.2, 874), a_curve([400.0, 0.7])))
    assert tier_of(RULES["ZA104"], found) is Tier.SMELL


def test_what_the_first_steps_break_folds_under_it() -> None:
    shares = {"mean": 0.0, "rms": 0.0, "dead_unit_share": [0.4, 0.6, 1.0, 1.0]}
    dead = a_table("activations", {"dense": shares})
    run = a_run(scales(0.2, 0.2, 874), losses(8240), CONTRACT, *STUCK, dead)
    told = diagnose(run, CATALOGUE, strict=True)
    assert told.findings[0].code == "ZA104"
    assert "ZA504" in {c.code for c in told.findings[0].explains}
