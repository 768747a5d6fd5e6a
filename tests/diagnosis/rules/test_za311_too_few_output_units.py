"""ZA311 too-few-output-units."""

from __future__ import annotations

from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, NotApplicable, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.facts import End, Shapes, Tensor
from tb_zeroacc.run import Run
from tests.diagnosis.planted import a_curve, a_run
from tests.diagnosis.rules.asking import check, flagged
from tests.diagnosis.rules.planted.contracts import BCE, CCE, LEARNS, SCCE, head, labels
from tests.diagnosis.rules.planted.labels import counts

RAISED = End("exception", 0, exception="InvalidArgumentError", text="outside the valid range")


def numbers(
    low: float, high: float, *seen: float, units: int = 4, other: float = 9, **more: Any
) -> Run:
    """Class numbers of a sparse loss, counted for the classes with a unit, and for the others."""
    parts = (head(SCCE, "softmax", units), labels(low, high), counts(*seen, other=other))
    return a_run(*parts, **more)


def columns(labels: int | None, made: int | None, loss: str = CCE) -> Run:
    shapes = Shapes(labels=(Tensor("y", (None, labels), "float32"),),
                    outputs=(Tensor("y", (None, made), "float32"),))  # fmt: skip
    return a_run(head(loss, "softmax", made), shapes=shapes)


ZA311: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "a fifth class": (numbers(0, 4, 9, 9, 9, 9, end=RAISED), None),
    "twice as many": (numbers(0, 7, 9, 9, 9, 9), None),
    "from 1 to 9": (numbers(1, 9, 0, 9, 9, 9), None),
    "half of the classes occur": (numbers(0, 7, 9, 9, 0, 0), None),
    "the last is ignored": (
        a_run(head(SCCE, "softmax", 4), labels(0, 4), counts(9, 9, 9, 9, other=9), *LEARNS),
        Tier.SMELL),
    "an error after a while": (
        a_run(head(SCCE, "softmax", 4), labels(0, 4), counts(9, 9, 9, 9, other=9), *LEARNS,
              end=RAISED), None),
    "no number any more": (
        a_run(head(SCCE, "softmax", 4), labels(0, 4), counts(9, 9, 9, 9, other=9),
              a_curve([1.3, float("nan")])), None),
    "one class occurs": (numbers(0, 7, 9, 0, 0, 0), Passed),
    "a third occurs": (numbers(0, 7, 9, 9, 0, 0, 0, 0, units=6), Passed),
    "few examples of many classes": (
        a_run(head(SCCE, "softmax", 100), labels(0, 120),
              counts(*[1] * 20, *[0] * 80, samples=1, other=3)), None),
    "a mask of 0 and 128": (numbers(0, 128, 9, 0, units=2), Passed),
    "numbered from 1": (numbers(1, 4, 0, 9, 9, 9), Passed),
    "255 is ignored": (numbers(0, 255, 9, 9, 9, 9), Passed),
    "fractions": (
        a_run(head(SCCE, "softmax", 4), labels(0, 7, 0.5), counts(9, 9, 9, 9, other=9)), Passed),
    "negative": (numbers(-3, 7, 9, 9, 9, 9), Passed),
    "all have a unit": (numbers(0, 3, 9, 9, 9, 9, other=0), Passed),
    "one-hot, a column more": (columns(5, 4), None),
    "one-hot, as many": (columns(4, 4), Passed),
    "one-hot, fewer": (columns(3, 4), Passed),
    "columns unknown": (columns(None, 4), CannotTell),
    "one-hot for a sparse loss": (columns(5, 4, SCCE), CannotTell),
    "one unit": (a_run(head(SCCE, "softmax", 1), labels(0, 1)), NotApplicable),
    "binary": (a_run(head(BCE, "sigmoid", 4)), NotApplicable),
    "labels unknown": (a_run(head(SCCE, "softmax", 4)), CannotTell),
    "no contract": (a_run(), CannotTell),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), ZA311.values(), ids=ZA311.keys())
def test_too_few_output_units(run: Run, want: type[Answer] | Tier | None) -> None:
    check("ZA311", run, want)


def test_it_counts_the_classes() -> None:
    found = flagged("ZA311", ZA311["a fifth class"][0])
    assert found.summary == "`y` has 4 units for at least 5 classes."
    assert found.fix is not None
    assert found.fix.code == (
        '- keras.layers.Dense(4, activation="softmax")\n'
        '+ keras.layers.Dense(5, activation="softmax")'
    )


def test_the_labels_are_right_and_the_model_lacks_a_class() -> None:
    told = diagnose(ZA311["a fifth class"][0], CATALOGUE, strict=True)
    assert told.findings[0].code == "ZA311"
    assert "ZA201" in {consequence.code for consequence in told.findings[0].explains}
