"""ZA613 validation-at-chance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.run import Role, Run, Split
from tests.diagnosis.planted import a_curve, a_run
from tests.diagnosis.rules.asking import answer, flagged

POINTS = 12
RIGHT = np.linspace(0.1, 0.95, POINTS)
LOSS = np.geomspace(math.log(10), 0.1, POINTS)
GUESSED = 0.1 + 0.005 * np.sin(np.arange(POINTS))


def validated(
    accuracy: Sequence[float] = GUESSED,
    loss: Sequence[float] | None = None,
    *,
    right: Sequence[float] = RIGHT,
    trained: Sequence[float] = LOSS,
    name: str = "accuracy",
    **more: Any,
) -> Run:
    """Loss and accuracy of training, and of validation."""
    held = a_curve(list(accuracy), Role.ACCURACY, Split.VALIDATION, name=name)
    held_loss = [] if loss is None else [a_curve(list(loss), split=Split.VALIDATION)]
    right_curve = a_curve(list(right), Role.ACCURACY)
    return a_run(a_curve(list(trained)), right_curve, held, *held_loss, **more)


LN10 = math.log(10)
LATE = np.linspace(0.5, 0.95, POINTS)  # an accuracy that is good in the first epoch
LATE_LOSS = np.geomspace(1.0, 0.1, POINTS)
FAST = {"right": LATE, "trained": LATE_LOSS}
CASES: dict[str, tuple[Run, type[Answer]]] = {
    "accuracy and loss at chance": (validated(loss=[LN10] * POINTS), Flagged),
    "they are so while training learned at once": (
        validated(loss=[LN10] * POINTS, **FAST), Flagged,
    ),
    "the loss within a twentieth": (
        validated(loss=[LN10 * 1.049, *[LN10] * (POINTS - 1)], **FAST), Flagged,
    ),
    "the loss further away": (
        validated(loss=[LN10 * 1.051, *[LN10] * (POINTS - 1)], **FAST), Passed,
    ),
    "no loss, and training began there": (validated(), Flagged),
    "no loss, and where training began is not seen": (validated(**FAST), Passed),
    "a loss that falls": (validated(loss=np.linspace(3.0, 2.8, POINTS)), Passed),
    "a loss that stands elsewhere": (validated(loss=[8.0] * POINTS), Flagged),
    "an accuracy that rises": (validated(np.linspace(0.085, 0.115, POINTS)), Passed),
    "an accuracy that is learned late": (validated([*[0.1] * 9, 0.3, 0.5, 0.8]), Passed),
    "half, of five classes": (
        validated(0.5 + GUESSED - 0.1, right=LATE, trained=np.geomspace(1.3, 0.1, POINTS)), Passed,
    ),
    "the same to the last digit": (validated([0.37] * POINTS, **FAST), Flagged),
    "the same, of nine points": (
        validated([0.37] * 9, right=LATE[:9], trained=LATE_LOSS[:9]), Passed,
    ),
    "training is not far above": (
        validated(right=np.linspace(0.1, 0.4, POINTS)), Passed,
    ),
    "accuracies of other things": (validated(name="sequence_accuracy"), CannotTell),
    "seven points": (validated(GUESSED[:7]), CannotTell),
    "no validation accuracy": (
        a_run(a_curve(list(LOSS)), a_curve(list(RIGHT), Role.ACCURACY)), CannotTell,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), CASES.values(), ids=CASES.keys())
def test_validation_at_chance(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA613", run), want)


@pytest.mark.parametrize(
    ("run", "context"),
    [
        (validated(loss=[LN10] * POINTS), "Guessing among 10 classes scores 0.1 and a loss of 2.3"),
        (validated(), "Training began there: at a loss of 2.3"),
        (validated([0.37] * POINTS, **FAST), "It is the same in all 12 epochs"),
    ],
)
def test_the_level_is_told(run: Run, context: str) -> None:
    found = flagged("ZA613", run)
    assert found.summary.startswith("Training learns, validation does not: accuracy ended at 0.95")
    assert found.context.startswith(context)


def test_on_a_run_that_goes_on_it_is_a_smell() -> None:
    assert flagged("ZA613", validated(state="live")).tier is Tier.SMELL


def test_a_loss_that_turned_is_told_instead() -> None:
    run = validated(loss=np.linspace(2.3, 9.0, POINTS))
    assert [finding.code for finding in diagnose(run, CATALOGUE, strict=True).findings] == ["ZA605"]
