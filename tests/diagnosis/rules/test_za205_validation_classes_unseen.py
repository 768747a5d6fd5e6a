"""ZA205 validation-classes-unseen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, NotApplicable, Passed
from tb_zeroacc.facts import Epoch, Fit
from tb_zeroacc.run import Run
from tests.diagnosis.planted import a_run, a_table
from tests.diagnosis.rules.asking import check, flagged
from tests.diagnosis.rules.planted.contracts import MSE, SCCE, head
from tests.diagnosis.rules.planted.labels import counts

EPOCHS = (Epoch(0, 4, 4),)


def split(train: Any, *held: float, epochs: Any = EPOCHS, loss: str = SCCE) -> Run:
    """Training counts as a table, or of each of 4 batches; counts of the validation."""
    table = counts(*train) if isinstance(train, tuple) else train
    seen = counts(*held, samples=1, kind="validation_label_counts")
    return a_run(head(loss, "softmax", len(held)), table, seen, epochs=epochs)


SORTED = a_table("label_counts", {"y": {
    "0": [32, 0, 0, 0], "1": [0, 32, 0, 0], "2": [0, 0, 32, 0], "3": [0, 0, 0, 32], "4": 0.0,
    "other": 0.0}})  # fmt: skip
ZA205: dict[str, tuple[Run, type[Answer] | None]] = {
    "the last class": (split((11, 11, 10, 0), 0, 0, 30, 98), None),
    "two classes": (split((32, 0), 100, 28), None),
    "a tenth of them": (split((50, 50, 0), 40, 50, 10), None),
    "less": (split((50, 50, 0), 41, 50, 9), Passed),
    "20 to be expected": (split((5, 5, 0), 25, 25, 50), None),
    "fewer": (split((5, 4, 0), 25, 25, 50), CannotTell),
    "the first epoch": (split((11, 11, 10, 0), 0, 0, 30, 98, epochs=()), CannotTell),
    "sorted batches": (split(SORTED, 0, 0, 0, 20, 80), CannotTell),
    "training has them all": (split((10, 10, 10, 2), 0, 0, 0, 128), Passed),
    "validation lacks one": (split((10, 10, 12), 64, 64, 0), Passed),
    "no validation": (a_run(head(SCCE, "softmax", 2), counts(32, 0), epochs=EPOCHS), NotApplicable),
    "squared error": (split((32, 0), 100, 28, loss=MSE), NotApplicable),
    "nothing counted": (split((0, 0), 0, 0), CannotTell),
    "no labels": (a_run(head(SCCE, "softmax", 2)), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), ZA205.values(), ids=ZA205.keys())
def test_validation_classes_unseen(run: Run, want: type[Answer] | None) -> None:
    check("ZA205", run, want)


def test_it_names_the_classes() -> None:
    found = flagged("ZA205", split((16, 16, 0, 0), 0, 0, 64, 64))
    assert found.summary == (
        "100 % of the validation examples of `y` are of classes `2` and `3`, of which training has "
        "none."
    )


@pytest.mark.parametrize("from_arrays", [True, False])
def test_a_dataset_is_shuffled_before_it_is_split(from_arrays: bool) -> None:
    fit = Fit(epochs=10, from_arrays=from_arrays)
    run = split((50, 50, 0), 40, 50, 10)
    assert run.contract is not None
    fix = flagged("ZA205", replace(run, contract=replace(run.contract, fit=fit))).fix
    assert (fix is None) is from_arrays
