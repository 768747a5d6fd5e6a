"""ZA502 exploding-gradients."""

from __future__ import annotations

from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.run import Role, Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import check, flagged

COUNTS = a_table("label_counts", {"y": {str(k): 50.0 for k in range(10)}})
STUCK = (a_contract(), COUNTS, a_curve([2.3] * 10), a_curve([0.1] * 10, Role.ACCURACY))
BEATS = (a_contract(), COUNTS, a_curve([2.3, 0.1]), a_curve([0.1, 0.98], Role.ACCURACY))
NAN = float("nan")


def tables(gradient: Any, *, weight: float = 0.1, bias: float = 0.1, steps: Any = None) -> Any:
    """The gradient of a kernel of this size, and that of a bias of 0."""
    return (
        a_table("gradients", {"dense/kernel": {"present": 1.0, "rms": gradient},
                              "dense/bias": {"present": 1.0, "rms": bias}}, steps=steps),
        a_table("weights", {"dense/kernel": {"rms": weight}, "dense/bias": {"rms": 0.0}},
                steps=range(3)),
    )  # fmt: skip


def thrice(value: float) -> list[float]:
    return [value] * 3


ZA502: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "far above the weights": (a_run(*tables(thrice(1e7)), *STUCK), None),
    "on the limit": (a_run(*tables(thrice(100.1)), *STUCK), None),
    "just under": (a_run(*tables(thrice(99.9)), *STUCK), Passed),
    "one of three": (a_run(*tables([1e7, 0.1, 0.1]), *STUCK), Passed),
    "a bias of 0 has any ratio": (a_run(*tables(thrice(0.1), bias=1e9), *STUCK), Passed),
    "a kernel of 0 has any ratio": (a_run(*tables(thrice(0.1), weight=0.0), *STUCK), CannotTell),
    "it learns all the same": (a_run(*tables(thrice(1e7)), *BEATS), Passed),
    "none is finite": (a_run(*tables(thrice(NAN)), *STUCK), CannotTell),
    "other steps": (a_run(*tables(thrice(1e7), steps=[7, 8, 9]), *STUCK), CannotTell),
    "not recorded": (a_run(*STUCK), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), ZA502.values(), ids=ZA502.keys())
def test_exploding_gradients(run: Run, want: type[Answer] | Tier | None) -> None:
    check("ZA502", run, want)


def test_it_names_the_kernel() -> None:
    found = flagged("ZA502", a_run(*tables(thrice(1e7)), *STUCK))
    assert found.layers == ("dense",)
    assert found.evidence[0].value == pytest.approx(1e8)


def test_what_is_stuck_for_it_folds_under_it() -> None:
    told = diagnose(a_run(*tables(thrice(1e7)), *STUCK), CATALOGUE, strict=True)
    assert [f.code for f in told.findings if f.tier >= Tier.STRONG] == ["ZA502"]
