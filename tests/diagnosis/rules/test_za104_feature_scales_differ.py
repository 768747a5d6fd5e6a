"""ZA104 feature-scales-differ."""

from __future__ import annotations

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, NotApplicable, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE, RULES
from tb_zeroacc.diagnosis.engine import diagnose, tier_of
from tb_zeroacc.run import Run
from tests.diagnosis.planted import a_curve, a_run, a_table
from tests.diagnosis.rules.asking import answer, flagged
from tests.diagnosis.rules.planted.scale import BEATS, CONTRACT, STUCK, front, losses, scales

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
    "it beats its baseline": (a_run(scales(0.2, 0.2, 874), CONTRACT, *BEATS), Passed),
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


def test_without_a_baseline_it_is_a_smell() -> None:
    found = flagged("ZA104", a_run(scales(0.2, 0.2, 874), a_curve([400.0, 0.7])))
    assert tier_of(RULES["ZA104"], found) is Tier.SMELL


def test_what_the_first_steps_break_folds_under_it() -> None:
    shares = {"mean": 0.0, "rms": 0.0, "dead_unit_share": [0.4, 0.6, 1.0, 1.0]}
    dead = a_table("activations", {"dense": shares})
    run = a_run(scales(0.2, 0.2, 874), losses(8240), CONTRACT, *STUCK, dead)
    told = diagnose(run, CATALOGUE, strict=True)
    assert told.findings[0].code == "ZA104"
    assert "ZA504" in {c.code for c in told.findings[0].explains}


@pytest.mark.parametrize(
    ("rms", "said"),
    [((874, 500), "1 more feature reaches 10, too."), ((874, 500, 400), "2 more features reach")],
)
def test_it_counts_the_others_that_are_as_large(rms: tuple[float, ...], said: str) -> None:
    found = flagged("ZA104", a_run(scales(*[0.01] * 4, *rms), CONTRACT, *STUCK))
    assert said in found.context
