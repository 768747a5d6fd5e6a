"""ZA301 and ZA303 on planted runs."""

from __future__ import annotations

from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import (
    BEFORE_TRAINING,
    Answer,
    CannotTell,
    Flagged,
    NotApplicable,
    Passed,
    Tier,
)
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.facts import Contract, Layer
from tb_zeroacc.run import Role, Run, Table
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import answer, flagged

BCE, CCE = "binary_crossentropy", "categorical_crossentropy"
SCCE, MSE = "sparse_categorical_crossentropy", "mean_squared_error"
RECORD = {"source": "keras_record"}


def head(
    activation: str | None, units: int | None, loss: str | None = BCE, **more: Any
) -> Contract:
    if loss in (BCE, CCE, SCCE):
        more.setdefault("from_logits", False)
    return a_contract(activation=activation, units=units, loss=loss, **more)


def said(low: float, high: float) -> Table:
    row = {"min": low, "max": high, "examples": 32.0, "spread": (high - low) / 4}
    return a_table("outputs", {"y": row}, steps=[0, 40])


def labelled(low: float, high: float, whole: float = 1.0, bad: float = 0.0) -> Table:
    row = {"min": low, "max": high, "integer_share": whole, "count": 32.0, "examples": 32.0,
           "units": 1.0, "non_finite_count": bad, "mean": 0.5}
    return a_table("labels", {"y": row})


OVER_TIME = a_contract(
    Layer("weigh", "Softmax", "softmax", settings={"axis": 1}, is_output=True),
    activation="softmax", units=1, loss=BCE, **RECORD,
)

ZA301: dict[str, tuple[Run, type[Answer]]] = {
    "one unit": (a_run(head("softmax", 1)), Flagged),
    "one unit, whatever the loss": (a_run(head("softmax", 1, MSE)), Flagged),
    "one unit, a loss of its own": (a_run(head("softmax", 1, None)), Flagged),
    "one unit that was recorded": (a_run(head("softmax", 1), said(1, 1)), Flagged),
    "outputs that were not finite": (
        a_run(head("softmax", 1), said(float("nan"), float("nan"))), Flagged
    ),
    "two units": (a_run(head("softmax", 2)), Passed),
    "a sigmoid": (a_run(head("sigmoid", 1)), Passed),
    "an open last axis": (a_run(head("softmax", None)), Passed),
    "over another axis, by its values": (a_run(head("softmax", 1), said(0.1, 0.9)), Passed),
    "over another axis, by its settings": (a_run(OVER_TIME, recorded=False), Passed),
    "activation unknown": (a_run(head(None, 1)), CannotTell),
    "no contract": (a_run(a_curve([1.0])), CannotTell),
}  # fmt: skip

ZA303: dict[str, tuple[Run, type[Answer]]] = {
    "ten linear units": (a_run(head("linear", 10, SCCE)), Flagged),
    "one linear unit": (a_run(head("linear", 1)), Flagged),
    "class numbers": (a_run(head("linear", 10, SCCE), labelled(0, 9)), Flagged),
    "soft labels": (a_run(head("linear", 10, CCE), labelled(0, 1, 0.5)), Flagged),
    "class numbers and a NaN": (
        a_run(head("linear", 10, SCCE), labelled(0, 9, 31 / 32, 1)), Flagged
    ),
    "continuous targets": (a_run(head("linear", 1), labelled(0, 20, 0.1)), NotApplicable),
    "no cross-entropy": (a_run(head("linear", 1, MSE)), NotApplicable),
    "from_logits is True": (a_run(head("linear", 10, SCCE, from_logits=True)), Passed),
    "a softmax layer behind a linear one": (a_run(head("softmax", 10, SCCE)), Passed),
    "one unit under a categorical loss": (a_run(head("linear", 1, CCE)), Passed),
    "activation unknown": (a_run(head(None, 10, SCCE)), CannotTell),
    "from_logits unknown": (a_run(head("linear", 10, SCCE, from_logits=None)), CannotTell),
    "no contract": (a_run(a_curve([1.0])), CannotTell),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), ZA301.values(), ids=ZA301.keys())
def test_softmax_on_one_unit(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA301", run), want)


@pytest.mark.parametrize(("run", "want"), ZA303.values(), ids=ZA303.keys())
def test_linear_output_without_from_logits(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA303", run), want)


@pytest.mark.parametrize("code", ["ZA301", "ZA303"])
def test_it_is_a_fact_from_our_record_and_strong_from_keras_own(code: str) -> None:
    activation, units = ("softmax", 1) if code == "ZA301" else ("linear", 10)
    found = flagged(code, a_run(head(activation, units)))
    assert found.tier is None
    assert found.since == BEFORE_TRAINING
    assert found.layers == ("head",)
    assert flagged(code, a_run(head(activation, units, **RECORD))).tier is Tier.STRONG


def test_a_falling_loss_does_not_mute_it() -> None:
    counts = a_table("label_counts", {"y": {"0": 212.0, "1": 357.0}})
    accuracy = a_curve([0.627] * 6, Role.ACCURACY)
    run = a_run(head("softmax", 1), counts, said(1, 1), accuracy,
                a_curve([0.76, 0.5, 0.3, 0.2, 0.1, 0.08]))
    verdict = diagnose(run, CATALOGUE, strict=True)
    assert [f.code for f in verdict.findings] == ["ZA301"]
    assert {c.code for c in verdict.findings[0].explains} == {"ZA403", "ZA404", "ZA509"}
    assert verdict.outcome is Outcome.BROKEN
    shown = [e for e in verdict.findings[0].evidence if e.tag]
    assert [(e.tag, e.value) for e in shown] == [("zeroacc/epoch/accuracy", 0.627)]


def test_it_mends_the_users_own_layer() -> None:
    mend = flagged("ZA301", a_run(head("softmax", 1))).mend
    assert mend is not None
    assert mend.code == (
        '- keras.layers.Dense(1, activation="softmax")\n'
        '+ keras.layers.Dense(1, activation="sigmoid")'
    )
    many = flagged("ZA303", a_run(head("linear", 10, SCCE))).mend
    assert many is not None
    assert "SparseCategoricalCrossentropy(from_logits=True)" in many.code
    one = flagged("ZA303", a_run(head("linear", 1))).mend
    assert one is not None
    assert '+ keras.layers.Dense(1, activation="sigmoid")' in one.code


def test_it_names_the_recorded_range() -> None:
    found = flagged("ZA303", a_run(head("linear", 10, SCCE), said(-7.3, 9.1)))
    assert found.summary == "Cross-entropy takes outputs of -7.3 to 9.1 for probabilities."
    calm = flagged("ZA303", a_run(head("linear", 10, SCCE), said(0.2, 0.8)))
    assert "10 linear units" in calm.summary
