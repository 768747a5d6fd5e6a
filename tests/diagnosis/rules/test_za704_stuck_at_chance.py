"""ZA704 stuck-at-chance."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, NotApplicable, Passed, Tier
from tb_zeroacc.facts import Epoch
from tb_zeroacc.run import Curve, Hyperparameters, Role, Run, Split
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import answer, flagged
from tests.diagnosis.rules.planted.optimisation import (
    GOOD,
    LEARNED,
    LN10,
    STUCK,
    foreign,
    moved,
    trained,
)


def of_classes(classes: int, *curves: list[float]) -> Run:
    """A log whose hyperparameters say how many classes there are."""
    return replace(foreign(*curves), hyperparameters=Hyperparameters(classes=classes))


FLAT = [2.303, 2.302, 2.303, 2.302, 2.303]
ZA704: dict[str, tuple[Run, type[Answer]]] = {
    "stuck": (trained(loss=STUCK, accuracy=[0.1] * 4), Flagged),
    "on the threshold": (trained(loss=[0.9001 * LN10] * 4, accuracy=[0.1] * 4), Flagged),
    "under the threshold": (trained(loss=[0.899 * LN10] * 4, accuracy=[0.1] * 4), Passed),
    "accuracy on the threshold": (trained(loss=STUCK, accuracy=[0.15] * 4), Flagged),
    "accuracy above the threshold": (trained(loss=STUCK, accuracy=[0.16] * 4), Passed),
    "muted": (trained(loss=LEARNED, accuracy=GOOD), Passed),
    "still falling": (trained(loss=[6.0, 5.0, 4.0, 3.0]), Passed),
    "it has only just left chance": (
        trained(loss=[2.6, 2.29, 2.26, 2.23, 2.20, 2.17], accuracy=[0.1] * 6), CannotTell,
    ),
    "it left chance and stands": (
        trained(loss=[2.6, 2.29, 2.19, 2.18, 2.178, 2.177], accuracy=[0.1] * 6), Flagged,
    ),
    "it has just come to chance": (
        trained(loss=[9.0, 2.29, 2.31, 2.305, 2.3, 2.299], accuracy=[0.1] * 6), Flagged,
    ),
    "it learned and lost it": (trained(loss=[2.3, 0.5, 0.5, 2.3, 2.3, 2.3, 2.3, 2.3]), Flagged),
    "it blew up at the very end": (trained(loss=[2.3, *[0.5] * 18, 2.3]), Passed),
    "a loss that never moves": (foreign([7.8185] * 10), Flagged),
    "a loss that never moves, for seven points": (foreign([7.8185] * 7), CannotTell),
    "a loss that moves in the fifth digit": (foreign([7.8185] * 9 + [7.8195]), Flagged),
    "a flat loss, and an accuracy that rises": (
        foreign([7.8] * 20, list(np.linspace(0.1, 0.7, 20))), Passed,
    ),
    "a flat loss beside a good accuracy": (foreign([0.3] * 20, [0.95] * 20), Passed),
    "a loss that rose": (foreign(list(np.linspace(7.0, 8.0, 20))), CannotTell),
    "a loss of nothing": (foreign([0.0] * 20), CannotTell),
    "not finite": (trained(loss=[2.3, 2.3, 2.3, 2.3, math.nan]), NotApplicable),
    "too few steps to have moved": (moved(1e-3, 99), CannotTell),
    "just enough": (moved(1e-3, 101), Flagged),
    "steps too small to be learning": (moved(9e-5, 99), Flagged),
    "three epochs": (trained(loss=[2.3, 2.3, 2.3]), CannotTell),
    "rewards": (a_run(a_curve(STUCK), a_curve([0.0], Role.REWARD)), NotApplicable),
    "a foreign log at ln 10 and 1/10": (foreign(FLAT, [0.1] * 5), Flagged),
    "the same in percent": (foreign(FLAT, [10.1] * 5), Flagged),
    "a first plateau that ends": (foreign([0.69, 0.69, 0.5, 0.3, 0.3], [0.5, 0.5, 0.8, 0.9, 0.9]),
                                  Passed),
    "an accuracy of .10 with 100 classes": (foreign([4.60] * 5, [0.10] * 5), Passed),
    "ln 2 by accident": (foreign([0.69] * 5, [0.9] * 5), Passed),
    "a game of two players": (foreign([0.69] * 5, [0.5] * 5, tag="disc_loss"), CannotTell),
    "a flat loss without an accuracy": (foreign(FLAT), CannotTell),
    "with ten classes by its hyperparameters": (of_classes(10, FLAT), Flagged),
    "on the threshold of ten classes": (of_classes(10, [1.0199 * LN10] * 5), Flagged),
    "above the threshold of ten classes": (of_classes(10, [1.0201 * LN10] * 5), CannotTell),
    "with seven classes by its hyperparameters": (of_classes(7, FLAT), CannotTell),
    "it came down to ln 10 by accident": (of_classes(10, [4.0, 3.4, 3.0, 2.6, *FLAT]), Passed),
    "ten classes, and an accuracy": (of_classes(10, FLAT, [0.5] * 5), Passed),
    "no loss": (a_run(a_curve([0.1] * 5, Role.ACCURACY)), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), ZA704.values(), ids=ZA704.keys())
def test_stuck_at_chance(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA704", run), want)


def test_a_regression_is_held_against_the_mean() -> None:
    labels = a_table("labels", {"y": {"mean": 0.5, "std": 0.3, "count": 32.0}})
    contract = a_contract(loss="mean_squared_error", activation="linear", units=1)
    found = flagged("ZA704", a_run(labels, contract, a_curve([0.09] * 5)))
    assert found.context.startswith("Predicting the mean of the targets scores 0.09")


@pytest.mark.parametrize("held", [True, False])
def test_a_validation_that_is_there_is_not_asked_for(held: bool) -> None:
    run = trained(loss=STUCK, accuracy=[0.1] * 4)
    if held:
        run = replace(run, curves=(*run.curves, a_curve(STUCK, split=Split.VALIDATION)))
    ((rival, separates),) = flagged("ZA704", run).rivals
    assert rival == "ZA206"
    assert ("validation split" in separates) is not held


def test_it_begins_where_it_got_stuck() -> None:
    run = trained(
        loss=[1.9, 1.8, *[2.3] * 30],
        epochs=tuple(Epoch(e, 10 * (e + 1), 10) for e in range(32)),
    )
    assert flagged("ZA704", run).since == 30


@pytest.mark.parametrize(("points", "tier"), [(14, Tier.SMELL), (15, Tier.STRONG)])
def test_a_flat_loss_of_few_points_is_a_smell(points: int, tier: Tier) -> None:
    scattered = [84.0, 84.3] * 8
    assert flagged("ZA704", foreign(scattered[:points])).tier is tier


@pytest.mark.parametrize(
    ("others", "context"),
    [
        ([], "It stands over 20 epochs, and no other curve tells whether anything was learned."),
        ([a_curve([0.1] * 20, Role.LEARNING_RATE)], "It stands over 20 epochs"),
        ([a_curve([84.0] * 20, split=Split.VALIDATION)], "Nothing else in the log gets better"),
    ],
)
def test_what_the_rest_of_the_log_says(others: list[Curve], context: str) -> None:
    loss = a_curve(list(84.0 + 0.1 * np.cos(np.arange(20))))
    assert flagged("ZA704", a_run(loss, *others)).context.startswith(context)


@pytest.mark.parametrize(
    ("level", "said"),
    [
        (math.log(10), " Guessing among 10 classes scores ln 10 = 2.3."),
        (math.log(10) + 0.009, " Guessing among 10 classes scores ln 10 = 2.3."),
        (math.log(10) + 0.010, ""),  # a tenth of the way to ln 11 is .0095
        (math.log(101), ""),
        (84.0, ""),
    ],
)
def test_a_flat_loss_at_the_level_of_guessing_is_called_so(level: float, said: str) -> None:
    scattered = [level, level + 1e-3 * level] * 8
    context = flagged("ZA704", foreign(scattered)).context
    assert context.partition(".")[2] == said


def test_one_that_scatters_too_much_for_that_is_not() -> None:
    noise = np.random.default_rng(0).normal(size=60)
    context = flagged("ZA704", foreign(list(LN10 * (1.0 + 0.03 * noise)))).context
    assert "Guessing" not in context
