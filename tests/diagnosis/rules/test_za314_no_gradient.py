"""ZA314 no-gradient."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.facts import End, Unrecorded
from tb_zeroacc.run import Role, Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import check, flagged

NAN = float("nan")
COUNTS = a_table("label_counts", {"y": {str(k): 50.0 for k in range(10)}})
STUCK = (a_contract(), COUNTS, a_curve([2.3] * 10), a_curve([0.1] * 10, Role.ACCURACY))
BEATS = (a_contract(), COUNTS, a_curve([2.3, 0.1]), a_curve([0.1, 0.98], Role.ACCURACY))
THERE, GONE = [1.0, 1.0, 1.0], [0.0, 0.0, 0.0]
NAMES = ("dense/kernel", "dense/bias", "head/kernel", "head/bias")


def gradients(*present: list[float]) -> Any:
    rows = {name: {"present": p} for name, p in zip(NAMES, present, strict=False)}
    return a_table("gradients", rows)


HALF = gradients(GONE, GONE, THERE, THERE)
REFUSED = End("exception", 0, exception="ValueError", text="No gradients provided for any variable")
HIDDEN = Unrecorded("The others", "They are out of sight.", tables=("gradients",), rows=("x",))

ZA314: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "the layers in front": (a_run(HALF, *STUCK), None),
    "none at all": (a_run(gradients(GONE, GONE, GONE, GONE), *STUCK), None),
    "one bias": (a_run(gradients(THERE, GONE, THERE, THERE), *STUCK), None),
    "a head that is not used": (a_run(HALF, *BEATS), Tier.SMELL),
    "no baseline, half of the kernels": (a_run(HALF, a_curve([3.0, 3.0])), Tier.STRONG),
    "no baseline, a bias": (
        a_run(gradients(THERE, GONE, THERE, THERE), a_curve([3.0, 3.0])), Tier.SMELL),
    "only in some samples": (a_run(gradients([0.0, 1.0, 0.0], THERE), *STUCK), Passed),
    "unknown in some samples": (a_run(gradients([NAN, 1.0, NAN], THERE), *STUCK), Passed),
    "all are there": (a_run(gradients(THERE, THERE), *STUCK), Passed),
    "some rows are not on record": (
        a_run(gradients(THERE, THERE), *STUCK, unrecorded=(HIDDEN,)), CannotTell),
    "not recorded": (a_run(*STUCK), CannotTell),
    "Keras takes no step": (a_run(a_contract(), end=REFUSED), None),
    "Keras 2 names the variables": (
        a_run(a_contract(), end=replace(REFUSED, text=f"{REFUSED.text}: (['kernel:0'])")), None),
    "behind the lines of a traced step": (
        a_run(a_contract(), end=replace(REFUSED, text=f"in user code:\n  {REFUSED.text}.")), None),
    "out of sight, and no exception": (
        a_run(a_contract(), end=End("finished", 9), unrecorded=(HIDDEN,)), CannotTell),
    "another exception": (
        a_run(a_contract(), end=replace(REFUSED, text="Shapes do not fit.")), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), ZA314.values(), ids=ZA314.keys())
def test_no_gradient(run: Run, want: type[Answer] | Tier | None) -> None:
    check("ZA314", run, want)


def test_it_names_the_layers() -> None:
    found = flagged("ZA314", a_run(HALF, *STUCK))
    assert found.summary.startswith("2 of 4 variables get no gradient, in `dense`")
    assert found.layers == ("dense",)


def test_what_follows_folds_under_it() -> None:
    told = diagnose(a_run(HALF, *STUCK), CATALOGUE, strict=True)
    assert [f.code for f in told.findings if f.tier >= Tier.STRONG] == ["ZA314"]
    assert "ZA704" in {c.code for c in told.findings[0].explains}
