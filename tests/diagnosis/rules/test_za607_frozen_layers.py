"""ZA607 frozen-layers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, NotApplicable, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.facts import Contract, End, Layer, Optimizer
from tb_zeroacc.run import Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import check

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


ZA607: dict[str, tuple[Run, type[Answer] | Tier]] = {
    "all is frozen": (after(5, frozen()), Tier.DEFINITE),
    "four steps": (after(4, frozen()), CannotTell),
    "beside layers without parameters": (after(50, frozen(FROZEN, DROPOUT, HEAD)), Tier.DEFINITE),
    "frozen after its step was traced": (after(50, frozen(optimizer=Optimizer("Adam"))), Passed),
    "a variable of the model itself": (after(50, frozen(), MOVES), Passed),
    "a frozen backbone": (after(50, frozen(FROZEN, FREE)), Passed),
    "not built": (after(50, frozen(replace(FROZEN, parameters=None), HEAD)), CannotTell),
    "no parameters": (after(50, frozen(DROPOUT)), NotApplicable),
    "Keras' own record": (after(50, frozen(source="keras_record")), CannotTell),
    "no contract": (after(50), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), ZA607.values(), ids=ZA607.keys())
def test_frozen_layers(run: Run, want: type[Answer] | Tier) -> None:
    check("ZA607", run, want)


def test_a_loss_that_stands_folds_under_it() -> None:
    counts = a_table("label_counts", {"y": {str(k): 100.0 for k in range(10)}})
    told = diagnose(after(50, frozen(), counts, a_curve([2.3] * 5)), CATALOGUE, strict=True)
    assert told.findings[0].code == "ZA607"
    assert "ZA704" in {consequence.code for consequence in told.findings[0].explains}
