"""ZA203 class-imbalance."""

from __future__ import annotations

from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, NotApplicable, Passed, Tier
from tb_zeroacc.facts import Fit
from tb_zeroacc.run import Role, Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import check, flagged
from tests.diagnosis.rules.planted.labels import BCE, counts


def skewed(accuracy: float, *, share: float = 0.99, named: float | None = None, loss: float = 0.06,
           fit: Fit | None = None, samples: int = 4) -> Run:  # fmt: skip
    more = [] if named is None else [counts(1e4 * named, 1e4 * (1 - named),
                                            kind="prediction_counts")]  # fmt: skip
    return a_run(
        a_contract(**BCE, fit=fit), counts(100 * share, 100 * (1 - share), samples=samples),
        a_curve([0.3, loss]), a_curve([0.9, accuracy], Role.ACCURACY), *more,
    )  # fmt: skip


ZA203: dict[str, tuple[Run, type[Answer] | Tier]] = {
    "every prediction is no": (skewed(0.99, named=1.0), Tier.STRONG),
    "by accuracy": (skewed(0.991), Tier.STRONG),
    "accuracy above": (skewed(0.992), Tier.SMELL),
    "accuracy a little below": (skewed(0.941), Tier.STRONG),
    "accuracy below, for others are predicted": (skewed(0.939), Tier.SMELL),
    "predictions at the limit": (skewed(0.995, named=0.999), Tier.STRONG),
    "predictions just under": (skewed(0.995, named=0.9989), Tier.SMELL),
    "nine of ten": (skewed(0.9, share=0.9), Tier.STRONG),
    "a little less": (skewed(0.9, share=0.899), Passed),
    "63 : 37": (skewed(0.63, share=0.63, named=1.0), Passed),
    "weighted": (skewed(0.99, named=1.0, fit=Fit(class_weight=True)), Tier.SMELL),
    "it beats its baseline": (skewed(0.999, named=0.99, loss=0.01), Passed),
    "accuracy alone beats": (skewed(0.999, named=0.99, loss=0.05), Tier.SMELL),
    "two batches": (skewed(0.99, named=1.0, samples=2), CannotTell),
    "one class only": (skewed(1.0, share=1.0), NotApplicable),
}


@pytest.mark.parametrize(("run", "want"), ZA203.values(), ids=ZA203.keys())
def test_class_imbalance(run: Run, want: type[Answer] | Tier) -> None:
    check("ZA203", run, want)


def test_it_weighs_the_classes_by_how_rare_they_are() -> None:
    found = flagged("ZA203", skewed(0.99, named=1.0))
    assert found.fix is not None
    assert "class_weight={0: 1, 1: 99}" in found.fix.code
    assert found.summary == "Class 0 has 99 % of all labels, and the model predicts no other."


def imbalanced(*parts: Any, fit: Fit | None = None, pixels: float = 1.0, units: float = 1) -> Run:
    """99 of 100 labels of one class, `pixels` of them an example."""
    row = {"units": units, "examples": 32.0, "count": 32.0 * pixels * units}
    return a_run(
        a_contract(**BCE, fit=fit), a_table("labels", {"y": {**row, "min": 0.0, "max": 1.0}}),
        counts(99, 1), a_curve([0.3, 0.06]), a_curve([0.9, 0.99], Role.ACCURACY), *parts,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("run", "code"),
    [
        (imbalanced(), "class_weight={0: 1, 1: 99}"),
        (imbalanced(pixels=1600.0), 'np.array([1, 99])[y.astype("int")]'),
        (imbalanced(pixels=1600.0, units=2), "[y.argmax(-1)]"),
        (imbalanced(fit=Fit()), "model.fit(x, y, sample_weight=weights)"),
    ],
    ids=["a label an example", "masks", "one-hot masks", "a loop of one's own"],
)
def test_the_fix_fits_the_shape_of_the_labels(run: Run, code: str) -> None:
    found = flagged("ZA203", run)
    assert found.fix is not None
    assert code in found.fix.code


def test_labels_beyond_the_classes_are_not_left_out_of_the_share() -> None:
    run = a_run(a_contract(**BCE), counts(100, 0, other=9), a_curve([0.3, 0.06]))
    check("ZA203", run, CannotTell)


def test_a_class_that_the_loss_leaves_out_is_none() -> None:
    contract = a_contract(loss="sparse_categorical_crossentropy", units=3, ignore_class=0)
    run = a_run(contract, counts(2000, 50, 50), a_curve([0.7, 0.6]))
    check("ZA203", run, Passed)
