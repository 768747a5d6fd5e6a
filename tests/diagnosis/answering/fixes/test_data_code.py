"""Code of fixes that change the data fits how they are given."""

from __future__ import annotations

import pytest

from tb_zeroacc.diagnosis.answering.fixes.data_code import labels_mapped, standardising
from tb_zeroacc.facts import Fit
from tb_zeroacc.run import Run
from tests.diagnosis.planted import a_contract, a_run

ARRAYS = a_run(a_contract(fit=Fit(epochs=10, from_arrays=True)))
DATASET = a_run(a_contract(fit=Fit(epochs=10, from_arrays=False)))


@pytest.mark.parametrize(
    ("run", "wanted", "unwanted"),
    [
        (None, "x_train.mean(axis=0)", "dataset"),
        (ARRAYS, "x_train.mean(axis=0)", "dataset"),
        (DATASET, "+ model.fit(dataset.map(lambda x, *y: (scale(x), *y)))", "x_train"),
    ],
)
def test_inputs_are_standardised_as_they_come(run: Run | None, wanted: str, unwanted: str) -> None:
    fix = standardising("Standardise.", run)
    assert fix.text == "Standardise."
    assert wanted in fix.code
    assert unwanted not in fix.code


def test_labels_are_mapped_as_they_come() -> None:
    assert labels_mapped(ARRAYS, "y - 1") == "+ y = y - 1"
    assert labels_mapped(DATASET, "y - 1") == "+ dataset = dataset.map(lambda x, y: (x, y - 1))"
