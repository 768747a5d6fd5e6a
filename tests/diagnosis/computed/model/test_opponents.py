"""Networks that train against one another."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.computed.model.opponents import has_opponent
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.facts import Layer
from tb_zeroacc.run import Role, Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table

BINARY = a_contract(loss="binary_crossentropy", activation="sigmoid", units=1)
EVEN = a_table("label_counts", {"y": {"0": 500.0, "1": 500.0}})
BALANCE = a_curve([0.64, 0.71, 0.69, 0.69, 0.69, 0.69])


def another(name: str) -> Run:
    curve = a_curve([0.7] * 6, tag=f"zeroacc/epoch/{name}", name=name, headline=False)
    return a_run(BINARY, EVEN, BALANCE, a_curve([0.5] * 6, Role.ACCURACY), curve)


def called(name: str) -> Run:
    layer = Layer("dense", "Dense", "sigmoid", 1, variables=(f"{name}/dense/kernel",))
    contract = a_contract(layer, loss="binary_crossentropy", activation="sigmoid", units=1)
    return a_run(contract, EVEN, BALANCE)


def with_output(name: str) -> Run:
    output = replace(BINARY.outputs[0], name=name)
    curve = a_curve([0.7] * 6, name=f"{name}_loss", headline=False)
    return a_run(replace(BINARY, outputs=(output,)), EVEN, BALANCE, curve)


OPPONENTS = {
    "the other's loss": (another("g_loss"), True),
    "another loss": (another("contrastive_loss"), False),
    "a model of that name": (called("discriminator"), True),
    "any other model": (called("sequential"), False),
    "an output of the name of a player": (with_output("d"), False),
    "no contract": (a_run(BALANCE), False),
}


@pytest.mark.parametrize(("run", "want"), OPPONENTS.values(), ids=OPPONENTS.keys())
def test_has_opponent(run: Run, want: bool) -> None:
    assert has_opponent(run) is want


@pytest.mark.parametrize("run", [another("g_loss"), called("discriminator")])
def test_a_discriminator_near_ln_2_is_not_called_stuck(run: Run) -> None:
    told = diagnose(run, CATALOGUE, strict=True)
    assert told.findings == ()
    assert told.outcome is not Outcome.NOT_LEARNING


def test_one_network_at_ln_2_is() -> None:
    told = diagnose(another("contrastive_loss"), CATALOGUE, strict=True)
    assert {"ZA404", "ZA704"} <= {f.code for f in told.findings} | {
        c.code for f in told.findings for c in f.explains
    }
