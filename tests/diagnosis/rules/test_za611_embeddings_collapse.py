"""ZA611 embeddings-collapse."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, NotApplicable, Passed
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.facts import Layer, Shapes, Tensor
from tb_zeroacc.run import Curve, Role, Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import answer, flagged

FALLS = [0.3, 0.2, 0.1, 0.05, 0.02]
TRIPLETS, ROWS, PAIRS = (None, 3, 8), (None, 8), (None, 1)


def placed(
    *late: float,
    made: tuple[int | None, ...] = TRIPLETS,
    label: tuple[int | None, ...] = (None,),
    labels: tuple[float, float] = (0.0, 9.0),
    last: int = 600,
    layer: str = "Dense",
    **output: Any,
) -> Run:
    """A model whose outputs had a spread of .3 at first, and these in the second half."""
    asked = {"loss": "loss", "activation": "linear", "units": made[-1], **output}
    count = len(FALLS) + len(late)
    steps = [0, 1, 2, 3, 4, *range(last - len(late) + 1, last + 1)]
    return a_run(
        a_contract(Layer("head", layer, None, 8, is_output=True), **asked),
        a_table("outputs", {"y": {"spread": [*FALLS, *late]}}, steps=steps[:count]),
        a_table("labels", {"y": {"min": labels[0], "max": labels[1]}}),
        a_table("loss", {"loss": {"loss": 0.2}}),
        shapes=Shapes(
            inputs=(Tensor("x", (None, 3, 64), "float32"),),
            labels=(Tensor("y", label, "float32"),),
            outputs=(Tensor("y", made, "float32"),),
        ),
    )


def unlabelled(
    *late: float, made: Any = ROWS, name: str = "head", beside: Curve | None = None, **output: Any
) -> Run:
    """The same with a step of its own, which is given no labels."""
    run = placed(*late, made=made, loss=output.pop("loss", None), **output)
    assert run.contract is not None
    assert run.shapes is not None
    layers = (replace(run.contract.layers[0], name=name),)
    return replace(
        run,
        contract=replace(run.contract, layers=layers),
        shapes=replace(run.shapes, labels=()),
        tables={kind: table for kind, table in run.tables.items() if kind != "labels"},
        curves=(*run.curves, *filter(None, [beside])),
    )


ZA611: dict[str, tuple[Run, type[Answer]]] = {
    "all at one point": (placed(0.0, 0.0), Flagged),
    "just under the limit": (placed(0.00299, 0.002), Flagged),
    "on the limit": (placed(0.00301, 0.002), Passed),
    "a healthy one": (placed(0.3, 0.31), Passed),
    "a healthy one that draws together": (placed(0.1, 0.09), Passed),
    "the first steps": (placed(0.0, 0.0, last=19), CannotTell),
    "labels that are all alike": (placed(0.0, made=ROWS, labels=(0.0, 0.0)), Flagged),
    "labels of the same shape that are all alike": (
        placed(0.0, made=ROWS, label=ROWS, labels=(0.0, 0.0)), NotApplicable),
    "classes, by a loss of one's own": (placed(0.0, made=ROWS), NotApplicable),
    "classes, by a loss with a name": (placed(0.0, made=ROWS, loss="triplet_loss"), Flagged),
    "scaled to length 1": (placed(0.0, made=ROWS, layer="UnitNormalization"), Flagged),
    "one distance": (placed(0.0, made=PAIRS), NotApplicable),
    "shares": (placed(0.0, activation="softmax"), NotApplicable),
    "no labels": (unlabelled(0.0, 0.0), Flagged),
    "no labels, healthy": (unlabelled(0.3, 0.31), Passed),
    "no labels, and one unit": (unlabelled(0.0, made=(None, 1)), NotApplicable),
    "no labels, and shares": (unlabelled(0.0, activation="softmax"), NotApplicable),
    "no labels: a decoder": (unlabelled(0.0, made=(None, 3, 64)), NotApplicable),
    "no labels, and a loss of the output": (unlabelled(0.0, loss="mse"), NotApplicable),
    "no labels: a game": (unlabelled(0.0, name="generator"), NotApplicable),
    "no labels: a policy": (
        unlabelled(0.0, beside=a_curve([1.0, 2.0], Role.REWARD)), NotApplicable),
    "no outputs on record": (a_run(a_contract()), CannotTell),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), ZA611.values(), ids=ZA611.keys())
def test_embeddings_collapse(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA611", run), want)


def test_it_says_since_when() -> None:
    found = flagged("ZA611", placed(0.0, 0.0))
    assert found.since == 2  # under half of .3 for good
    assert found.evidence[0].threshold == pytest.approx(0.003)


@pytest.mark.parametrize(
    ("dead", "causes"), [([0.1] * 6 + [0.95], ["ZA611"]), ([0.95] * 7, ["ZA504", "ZA611"])]
)
def test_units_that_die_behind_the_fall_are_its_consequence(
    dead: list[float], causes: list[str]
) -> None:
    run = placed(0.0, 0.0)
    layer = Layer("hidden", "Dense", "relu", 8)
    assert run.contract is not None
    table = a_table(
        "activations", {"hidden": {"dead_unit_share": dead, "units": [8.0] * 7}},
        steps=run.tables["outputs"].steps.tolist(),
    )  # fmt: skip
    told = replace(
        run,
        contract=replace(run.contract, layers=(layer, *run.contract.layers)),
        tables={**run.tables, "activations": table},
    )
    found = diagnose(told, CATALOGUE, strict=True).findings
    assert [finding.code for finding in found] == causes
