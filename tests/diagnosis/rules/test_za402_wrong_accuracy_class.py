"""ZA402 wrong-accuracy-class."""

from __future__ import annotations

import math

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, Passed
from tb_zeroacc.run import Role, Run
from tests.diagnosis.planted import a_curve, a_run
from tests.diagnosis.rules.asking import answer, flagged


def began(loss: float, accuracy: float, scale: float = 1.0) -> Run:
    right = [accuracy, accuracy + 0.02 / scale, accuracy + 0.04 / scale]
    return a_run(
        a_curve([loss, loss * 0.7, loss * 0.5]), a_curve(right, Role.ACCURACY, scale=scale)
    )


CASES: dict[str, tuple[Run, type[Answer]]] = {
    "ten one-hot classes": (began(2.35, 0.9), Flagged),
    "in percent": (began(2.35, 90.0, 0.01), Flagged),
    "a hundred": (began(math.log(100), 0.99), Flagged),
    "a proper accuracy": (began(2.35, 0.11), Passed),
    "right in .9 of the cases": (began(0.35, 0.9), Passed),
    "three classes, by accident": (began(1.1, 0.667), Passed),
    "between the levels": (began(2.35, 0.87), Passed),
    "no accuracy": (a_run(a_curve([2.3, 2.0])), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), CASES.values(), ids=CASES.keys())
def test_wrong_accuracy_class(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA402", run), want)


def test_the_number_of_classes_is_told() -> None:
    found = flagged("ZA402", began(2.35, 0.9))
    assert "that of guessing among 10 classes" in found.summary
