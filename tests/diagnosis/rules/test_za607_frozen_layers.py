"""ZA607 frozen-layers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, NotApplicable, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE, RULES
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.facts import Contract, End, Fit, Layer, Optimizer
from tb_zeroacc.run import Role, Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import check, flagged

FROZEN = Layer("dense", "Dense", "relu", 8, trainable=False, parameters=72)
HEAD = Layer("head", "Dense", "softmax", 10, trainable=False, parameters=90, is_output=True)
FREE = replace(HEAD, trainable=True, variables=("head/kernel",))
DROPOUT = Layer("dropout", "Dropout", parameters=0)
MOVES = a_table("weights", {"scale": {"rms": 1.0, "update_rms": 0.1}})


def frozen(
    *layers: Layer, optimizer: Optimizer | None = None, source: str = "recorder"
) -> Contract:
    return replace(a_contract(*(layers or (FROZEN, HEAD)), source=source), optimizer=optimizer)


def after(steps: int, *parts: Any) -> Run:
    return a_run(*parts, end=End("finished", steps))


BASE = 2.302585  # ln 10
COUNTS = a_table("label_counts", {"y": {str(k): 50.0 for k in range(10)}})


def ends_at(share: float) -> tuple[Any, ...]:
    """A loss that ends at this share of its baseline."""
    loss = BASE * share
    return COUNTS, a_curve([BASE] * 5 + [loss] * 5), a_curve([0.1] * 10, Role.ACCURACY)


STUCK = ends_at(0.99)


def partly(trunk: int, head: int, **more: Any) -> Contract:
    """A frozen trunk and a head that is trained, with so many parameters, in `fit`."""
    fit = more.pop("fit", Fit(epochs=10))
    layers = replace(FROZEN, name="trunk", parameters=trunk), replace(FREE, parameters=head)
    return a_contract(*layers, fit=fit, **more)


ZA607: dict[str, tuple[Run, type[Answer] | Tier]] = {
    "all is frozen": (after(5, frozen()), Tier.DEFINITE),
    "four steps": (after(4, frozen()), CannotTell),
    "beside layers without parameters": (after(50, frozen(FROZEN, DROPOUT, HEAD)), Tier.DEFINITE),
    "frozen after its step was traced": (after(50, frozen(optimizer=Optimizer("Adam"))), Passed),
    "a variable of the model itself": (after(50, frozen(), MOVES), Passed),
    "a frozen backbone": (after(50, frozen(FROZEN, FREE)), Passed),
    "a frozen trunk, and it is stuck": (a_run(partly(51, 49), *STUCK), Tier.SMELL),
    "half of it": (a_run(partly(50, 50), *STUCK), Passed),
    "in a loop of one's own": (a_run(partly(51, 49, fit=Fit()), *STUCK), Passed),
    "a frozen trunk, and it learns": (a_run(partly(90, 10), *ends_at(0.2)), Passed),
    "loss on the limit": (a_run(partly(90, 10), *ends_at(0.9001)), Tier.SMELL),
    "loss just under": (a_run(partly(90, 10), *ends_at(0.8999)), Passed),
    "no baseline": (a_run(partly(90, 10, loss="my_loss"), a_curve([3.0, 3.0])), Passed),
    "not built": (after(50, frozen(replace(FROZEN, parameters=None), HEAD)), CannotTell),
    "no parameters": (after(50, frozen(DROPOUT)), NotApplicable),
    "Keras' own record": (after(50, frozen(source="keras_record")), CannotTell),
    "no contract": (after(50), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), ZA607.values(), ids=ZA607.keys())
def test_frozen_layers(run: Run, want: type[Answer] | Tier) -> None:
    check("ZA607", run, want)


def test_a_loss_that_stands_folds_under_it() -> None:
    told = diagnose(after(50, frozen(), COUNTS, a_curve([2.3] * 5)), CATALOGUE, strict=True)
    assert told.findings[0].code == "ZA607"
    assert "ZA704" in {consequence.code for consequence in told.findings[0].explains}


def test_the_fix_names_what_is_frozen() -> None:
    found = flagged("ZA607", a_run(partly(90, 10), *STUCK))
    assert found.fix is not None
    assert found.fix.text.startswith("Thaw `trunk`, unless")


def test_the_fix_thaws_layers_that_were_frozen_one_by_one() -> None:
    """`model.trainable` is True then, and setting it once more changes nothing in Keras."""
    first, second, *_ = RULES["ZA607"].fix.code.splitlines()
    assert (first.split("  #")[0], second) == ("model.trainable = False", "model.trainable = True")
