"""ZA603 no-nonlinearity."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, NotApplicable, Passed, Tier
from tb_zeroacc.facts import Layer, Operation
from tb_zeroacc.run import Role, Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import check, flagged

COUNTS = a_table("label_counts", {"y": {str(k): 50.0 for k in range(10)}})
STUCK = (COUNTS, a_curve([2.3] * 10), a_curve([0.1] * 10, Role.ACCURACY))
BEATS = (COUNTS, a_curve([2.3, 0.1]), a_curve([0.1, 0.98], Role.ACCURACY))
HEAD = Layer("head", "Dense", "softmax", 10, is_output=True)
LINE = Layer("line", "Dense", "linear", 32)
BENT = Layer("bent", "Dense", "relu", 32)


def model(*layers: Layer, kind: str = "Sequential", **more: Any) -> Any:
    return replace(a_contract(*layers, HEAD, **more), model=kind)


def graph(*between: Operation) -> Any:
    """A functional model of straight layers, with these operations between them."""
    return replace(model(LINE, kind="Functional"), operations=between)


def association(r: float) -> tuple[Any, Any]:
    """The largest correlation of an input column and a label column, of 1000 examples."""
    return (
        a_table("association", {"x[0]": {"y": r}}),
        a_table("association_examples", {"examples": {"examples": 1000.0}}, columns=("examples",)),
    )


def ends_at(share: float) -> tuple[Any, ...]:
    """A loss that ends at this share of ln 10."""
    return COUNTS, a_curve([2.3] * 5 + [2.302585 * share] * 5), a_curve([0.1] * 10, Role.ACCURACY)


NOTHING, SOMETHING = association(0.02), association(0.3)

ZA603: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "two in a row": (a_run(model(LINE), *STUCK), Tier.SMELL),
    "straight lines have nothing to find": (a_run(model(LINE), *STUCK, *NOTHING), None),
    "they have": (a_run(model(LINE), *STUCK, *SOMETHING), Tier.SMELL),
    "p just above the limit": (a_run(model(LINE), *STUCK, *association(0.122)), None),
    "p just under": (a_run(model(LINE), *STUCK, *association(0.1232)), Tier.SMELL),
    "loss on the limit": (a_run(model(LINE), *ends_at(0.9001), *NOTHING), None),
    "loss just under": (a_run(model(LINE), *ends_at(0.8999), *NOTHING), Tier.SMELL),
    "with normalisation and dropout": (
        a_run(model(LINE, Layer("n", "BatchNormalization"), Layer("d", "Dropout"), LINE), *STUCK),
        Tier.SMELL),
    "one of them bends": (a_run(model(LINE, BENT), *STUCK), Passed),
    "an activation of its own": (a_run(model(LINE, Layer("r", "ReLU", "relu")), *STUCK), Passed),
    "a maximum bends": (a_run(model(LINE, Layer("p", "MaxPooling2D")), *STUCK), Passed),
    "a layer of the user's own": (a_run(model(LINE, Layer("o", "Mine")), *STUCK), Passed),
    "one layer": (a_run(model(), *STUCK), NotApplicable),
    "an operation may stand between": (
        a_run(model(LINE, kind="Functional"), *STUCK), NotApplicable),
    "no operation stands between": (a_run(graph(), *STUCK, *NOTHING), None),
    "operations that bend nothing": (
        a_run(graph(Operation("TrueDivide", 1, factor=0.1), Operation("Add", 2)), *STUCK, *NOTHING),
        None),
    "an activation as a function": (a_run(graph(Operation("Relu", 1)), *STUCK), Passed),
    "a product of two tensors": (a_run(graph(Operation("Multiply", 2)), *STUCK), Passed),
    "a constant divided by a tensor": (a_run(graph(Operation("Reciprocal", 1)), *STUCK), Passed),
    "it learns all the same": (a_run(model(LINE), *BEATS), Passed),
    "Keras' own record": (a_run(model(LINE, source="keras_record"), *STUCK), NotApplicable),
    "no contract": (a_run(*STUCK), CannotTell),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), ZA603.values(), ids=ZA603.keys())
def test_no_nonlinearity(run: Run, want: type[Answer] | Tier | None) -> None:
    check("ZA603", run, want)


def test_the_fix_is_for_the_first_hidden_layer() -> None:
    found = flagged("ZA603", a_run(model(LINE), *STUCK))
    assert found.fix is not None
    assert '+ keras.layers.Dense(32, activation="relu")' in found.fix.code
    assert found.evidence[0].value == 2
    assert found.rivals[0][0] == "ZA206"
