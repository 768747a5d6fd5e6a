"""ZA211 labels-not-finite."""

from __future__ import annotations

from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.facts import Fit
from tb_zeroacc.run import Run
from tests.diagnosis.planted import a_run, a_table
from tests.diagnosis.rules.asking import check, flagged
from tests.diagnosis.rules.planted.contracts import MSE, head

NAN = float("nan")


def bad(*counts: float, kind: str = "labels") -> Any:
    row = {"non_finite_count": list(counts), "count": 32.0, "examples": 32.0}
    return a_table(kind, {"y": row}, steps=[10 * i for i in range(len(counts))])


def loss(*values: float) -> Any:
    return a_table("loss", {"loss": {"loss": list(values)}}, steps=[10 * i for i in range(3)])


ZA211: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "one value": (a_run(bad(0, 1, 0), loss(1, NAN, NAN)), None),
    "infinite": (a_run(bad(0, 1, 0), loss(1, float("inf"), NAN)), None),
    "loss not recorded": (a_run(bad(0, 1, 0)), None),
    "none": (a_run(bad(0, 0, 0)), Passed),
    "count unknown": (a_run(bad(NAN, 0, 0)), Passed),
    "left out by the loss": (a_run(bad(3, 4, 2), loss(1, 0.9, 0.8)), Tier.SMELL),
    "of the validation": (
        a_run(bad(0, 0, 0), bad(2, kind="validation_labels")), Tier.SMELL),
    "no labels": (a_run(), CannotTell),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), ZA211.values(), ids=ZA211.keys())
def test_labels_not_finite(run: Run, want: type[Answer] | Tier | None) -> None:
    check("ZA211", run, want)


def test_it_begins_at_the_first_of_them() -> None:
    found = flagged("ZA211", ZA211["one value"][0])
    assert found.since == 10
    assert found.summary == "1 % of the labels of `y` are NaN or Inf, first at step 10."


def test_the_loss_that_follows_folds_under_it() -> None:
    run = a_run(head(MSE, "linear", 1), bad(0, 1, 0), loss(1, NAN, NAN))
    told = diagnose(run, CATALOGUE, strict=True)
    assert told.findings[0].code == "ZA211"
    assert {c.code for c in told.findings[0].explains} >= {"ZA501"}


@pytest.mark.parametrize("from_arrays", [True, False])
def test_a_dataset_is_filtered(from_arrays: bool) -> None:
    contract = head(MSE, "linear", 1, fit=Fit(epochs=10, from_arrays=from_arrays))
    fix = flagged("ZA211", a_run(contract, bad(1.0))).fix
    assert (fix is None) is from_arrays
