"""ZA607 frozen-layers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, NotApplicable, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.facts import Fit, Layer, Optimizer, Unrecorded
from tb_zeroacc.run import Role, Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import check, flagged

COUNTS = a_table("label_counts", {"y": {str(k): 50.0 for k in range(10)}})
BASE = 2.302585  # ln 10


def ends_at(share: float) -> tuple[Any, ...]:
    """A loss that ends at this share of its baseline."""
    loss = BASE * share
    return COUNTS, a_curve([BASE] * 5 + [loss] * 5), a_curve([0.1] * 10, Role.ACCURACY)


STUCK = ends_at(0.99)


def layer(name: str, size: int, *, frozen: bool) -> Layer:
    paths = () if frozen else (f"{name}/kernel", f"{name}/bias")
    return Layer(name, "Dense", "relu", 8, trainable=not frozen, parameters=size, variables=paths)


def model(trunk: int, head: int, *, head_frozen: bool = False, **more: Any) -> Any:
    return a_contract(
        layer("trunk", trunk, frozen=True), layer("head", head, frozen=head_frozen), **more
    )


ALL = model(60, 40, head_frozen=True)
SEEN = a_table("gradients", {"head/kernel": {"present": 1.0, "rms": 0.1}})
LACKS = (Unrecorded("The updates", "They are out of sight.", tables=("weights",)),)

ZA607: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "all are frozen": (a_run(ALL, *STUCK), None),
    "all are, but updates were seen": (a_run(ALL, *STUCK, SEEN), Tier.SMELL),
    "all are, but an optimizer updates variables": (
        a_run(model(60, 40, head_frozen=True,
                    optimizer=Optimizer("Adam", 1e-3, variables=("a",))), *STUCK), Tier.SMELL),
    "all are, but updates cannot be seen": (a_run(ALL, *STUCK, unrecorded=LACKS), Tier.SMELL),
    "a loop of one's own": (a_run(model(60, 40, head_frozen=True, fit=Fit()), *STUCK), CannotTell),
    "a frozen trunk, and it is stuck": (a_run(model(51, 49), *STUCK), Tier.SMELL),
    "half of it": (a_run(model(50, 50), *STUCK), Passed),
    "a frozen trunk, and it learns": (a_run(model(90, 10), *ends_at(0.2)), Passed),
    "loss on the limit": (a_run(model(90, 10), *ends_at(0.9001)), Tier.SMELL),
    "loss just under": (a_run(model(90, 10), *ends_at(0.8999)), Passed),
    "no baseline": (a_run(model(90, 10, loss="my_loss"), a_curve([3.0, 3.0])), Passed),
    "none is frozen": (a_run(a_contract(layer("a", 9, frozen=False)), *STUCK), Passed),
    "layers without parameters": (
        a_run(a_contract(replace(layer("a", 9, frozen=True), parameters=0)), *STUCK),
        NotApplicable),
    "Keras' own record": (
        a_run(model(60, 40, head_frozen=True, source="keras_record"), *STUCK), NotApplicable),
    "no contract": (a_run(*STUCK), CannotTell),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), ZA607.values(), ids=ZA607.keys())
def test_frozen_layers(run: Run, want: type[Answer] | Tier | None) -> None:
    check("ZA607", run, want)


def test_what_is_stuck_for_it_folds_under_it() -> None:
    told = diagnose(a_run(ALL, *STUCK), CATALOGUE, strict=True)
    assert [f.code for f in told.findings if f.tier >= Tier.STRONG] == ["ZA607"]
    assert "ZA704" in {c.code for c in told.findings[0].explains}


def test_the_fix_names_what_is_frozen() -> None:
    found = flagged("ZA607", a_run(model(90, 10), *STUCK))
    assert found.fix is not None
    assert '["trunk"]' in found.fix.code
