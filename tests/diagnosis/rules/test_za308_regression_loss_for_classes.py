"""ZA308 regression-loss-for-classes."""

from __future__ import annotations

from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import (
    Answer,
    CannotTell,
    NotApplicable,
    Passed,
    Tier,
)
from tb_zeroacc.run import Run, Table
from tests.diagnosis.planted import a_curve, a_run, a_table
from tests.diagnosis.rules.asking import check, flagged
from tests.diagnosis.rules.planted.losses import MAE, MSE, RECORD, SCCE, head, labels, rows, scores

ACC: dict[str, Any] = {"metrics": ("BinaryAccuracy",), "metric_names": ("accuracy",)}
DIGITS = a_table("label_counts", {"y": {str(k): 100.0 for k in range(10)}})



def of(*counts: float) -> Table:
    """How often each class from 0 on occurs."""
    return a_table("label_counts", {"y": {str(k): float(n) for k, n in enumerate(counts)}})


# --- ZA308 --------------------------------------------------------------------------------------
ZA308: dict[str, tuple[Run, type[Answer] | Tier]] = {
    "digits as amounts": (
        a_run(head(MSE, **ACC), labels(0, 9), DIGITS, scores(0.14)), Tier.STRONG
    ),
    "nearly three times the share of a class": (
        a_run(head(MSE, 10, "softmax", **ACC), labels(0, 9, std=2.9), DIGITS, scores(0.29)),
        Tier.STRONG,
    ),
    "three times": (
        a_run(head(MSE, 10, "softmax", **ACC), labels(0, 9, std=2.9), DIGITS, scores(0.31)),
        Tier.SMELL,
    ),
    "digits as amounts, counts unknown": (
        a_run(head(MSE, **ACC), labels(0, 9), scores(0.14)), Tier.STRONG
    ),
    "yes and no that learn": (
        a_run(head(MSE, 1, "sigmoid", **ACC), labels(0, 1), scores(0.95)), Tier.SMELL
    ),
    "yes and no that do not": (
        a_run(head(MSE, 1, "sigmoid", **ACC), labels(0, 1, mean=0.9), scores(0.91)), Tier.STRONG
    ),
    "one-hot rows that do not learn": (
        a_run(head(MSE, 3, "softmax", **ACC), rows(), scores(0.4)), Tier.STRONG
    ),
    "no accuracy compiled": (a_run(head(MAE), labels(0, 9)), Tier.SMELL),
    "no accuracy, as frequent, and not learned": (
        a_run(head(MSE), labels(0, 9, std=2.87), DIGITS, a_curve([20.0, 8.0])), Tier.STRONG),
    "no accuracy, as frequent, learned in part": (
        a_run(head(MSE), labels(0, 9, std=2.87), DIGITS, a_curve([20.0, 6.0])), Tier.SMELL),
    "no accuracy, the most frequent twice as often": (
        a_run(head(MSE), labels(0, 2, std=0.7), of(50, 100, 50), a_curve([9.0, 8.0])), Tier.STRONG),
    "no accuracy, more than twice": (
        a_run(head(MSE), labels(0, 2, std=0.7), of(50, 101, 50), a_curve([9.0, 8.0])), Tier.SMELL),
    "no accuracy, a value between that is never there": (
        a_run(head(MSE), labels(0, 2, std=0.7), of(50, 0, 50), a_curve([9.0, 8.0])), Tier.SMELL),
    "no accuracy, two values": (
        a_run(head(MSE), labels(0, 1, std=0.5), of(50, 50), a_curve([9.0, 8.0])), Tier.SMELL),
    "as many values as there are classes": (
        a_run(head(MSE, **ACC), labels(1, 1000), scores(0.0)), Tier.STRONG
    ),
    "one value more": (a_run(head(MSE, **ACC), labels(0, 1000), scores(0.0)), Passed),
    "whole amounts, no accuracy": (a_run(head(MSE), labels(25, 346)), Passed),
    "continuous targets": (a_run(head(MSE, **ACC), labels(0, 9, 0.5), scores(0)), Passed),
    "several labels a row": (a_run(head(MSE, 3, **ACC), rows(2), scores(0.5)), Passed),
    "a softmax, labels unknown": (a_run(head(MSE, 10, "softmax", **RECORD)), Tier.SMELL),
    "labels unknown": (a_run(head(MSE, 1, **RECORD)), CannotTell),
    "cross-entropy": (a_run(head(SCCE, 10, "softmax"), labels(0, 9)), NotApplicable),
    "no contract": (a_run(a_curve([1.0])), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), ZA308.values(), ids=ZA308.keys())
def test_regression_loss_for_classes(run: Run, want: type[Answer] | Tier) -> None:
    check("ZA308", run, want)


def test_it_gives_each_class_a_unit() -> None:
    fix = flagged("ZA308", ZA308["digits as amounts"][0]).fix
    assert fix is not None
    assert '+ keras.layers.Dense(10, activation="softmax")' in fix.code
    assert f'- loss="{MSE}"' in fix.code
    assert f'+ loss="{SCCE}"' in fix.code
