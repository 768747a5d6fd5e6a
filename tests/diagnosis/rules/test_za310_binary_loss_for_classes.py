"""ZA310 binary-loss-for-classes."""

from __future__ import annotations

from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, NotApplicable, Passed, Tier
from tb_zeroacc.facts import Shapes, Tensor
from tb_zeroacc.run import Run
from tests.diagnosis.planted import a_curve, a_run, a_table
from tests.diagnosis.rules.asking import check, flagged
from tests.diagnosis.rules.planted.losses import BCE, RECORD, SCCE, head, labels, rows, scores

IDS = Shapes(labels=(Tensor("y", (None,), "int64"),), loss_reached=False)
COLUMN = Shapes(labels=(Tensor("y", (None, 1), "int32"),))
FLOATS = Shapes(labels=(Tensor("y", (None, 3), "float32"),))
THIRDS = a_table("label_counts", {"y": {"0": 40.0, "1": 30.0, "2": 30.0}})


def sigmoids(*parts: Any, units: int = 3, **more: Any) -> Run:
    shapes = more.pop("shapes", None)
    activation = more.pop("activation", "sigmoid")
    return a_run(head(BCE, units, activation, **more), *parts, shapes=shapes)


ZA310: dict[str, tuple[Run, type[Answer] | Tier]] = {
    "class numbers": (sigmoids(labels(0, 2)), Tier.STRONG),
    "class numbers, by their shape": (sigmoids(shapes=IDS), Tier.STRONG),
    "class numbers, a column of them": (sigmoids(shapes=COLUMN), Tier.STRONG),
    "one-hot rows that do not learn": (sigmoids(rows(), THIRDS, scores(0.45)), Tier.STRONG),
    "one-hot rows that learn": (sigmoids(rows(), THIRDS, scores(0.95)), Passed),
    "one-hot rows that learn slowly": (
        sigmoids(rows(), THIRDS, scores(0.95), a_curve([0.7, 0.5])), Tier.SMELL),
    "one-hot rows that have learned": (
        sigmoids(rows(), THIRDS, scores(0.95), a_curve([0.7, 0.1])), Passed),
    "one-hot rows, no accuracy": (sigmoids(rows(), THIRDS), Tier.SMELL),
    "64 rows": (sigmoids(rows(examples=64), THIRDS, scores(0.45)), Tier.STRONG),
    "63 rows": (sigmoids(rows(examples=63), THIRDS, scores(0.45)), CannotTell),
    "several labels a row": (sigmoids(rows(2)), Passed),
    "no label in some row": (sigmoids(rows(row_sum_min=0.0)), Passed),
    "soft rows": (sigmoids(rows(integer_share=0.1)), Passed),
    "yes and no": (sigmoids(labels(0, 1)), Passed),
    "one unit": (sigmoids(labels(0, 1), units=1), NotApplicable),
    "categorical loss": (a_run(head(SCCE, 3, "softmax"), labels(0, 2)), NotApplicable),
    "a softmax, labels unknown": (sigmoids(activation="softmax", **RECORD), Tier.SMELL),
    "labels unknown": (sigmoids(**RECORD), CannotTell),
    "floats of the right shape": (sigmoids(shapes=FLOATS), CannotTell),
    "no contract": (a_run(a_curve([1.0])), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), ZA310.values(), ids=ZA310.keys())
def test_binary_loss_for_classes(run: Run, want: type[Answer] | Tier) -> None:
    check("ZA310", run, want)


def test_rows_and_numbers_get_the_loss_that_takes_them() -> None:
    found = flagged("ZA310", sigmoids(rows(), THIRDS, scores(0.45)))
    assert found.layers == ("head",)
    by_rows = found.fix
    numbers = flagged("ZA310", sigmoids(labels(0, 2))).fix
    assert by_rows is not None
    assert numbers is not None
    assert '+ loss="categorical_crossentropy"' in by_rows.code
    assert f'+ loss="{SCCE}"' in numbers.code
    assert '+ keras.layers.Dense(3, activation="softmax")' in numbers.code
