"""What training scored on batches that were new to it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from tb_zeroacc.diagnosis.computed.learning.first_pass import first_pass_loss
from tb_zeroacc.run import Table
from tests.diagnosis.planted import a_contract, a_run, a_table

CLASSES = a_table("label_counts", {"y": {str(k): 50.0 for k in range(10)}})  # ln 10 = 2.3


def losses(values: Sequence[float], epochs: Sequence[int]) -> Table:
    return a_table("loss", {"loss": {"loss": values}}, epochs=epochs)


@pytest.mark.parametrize(
    ("values", "epochs", "want"),
    [
        ([2.25, 1.5, 1.0, 0.75, 0.5], [0, 0, 0, 0, 1], 1.0),  # the last three of the first epoch
        ([2.25, 1.5, 1.0, math.inf, 0.5], [0, 0, 0, 0, 1], 1.5),
        ([2.25, 1.5, 0.5], [0, 0, 1], None),  # too few batches
        ([1.125, 1.0, 1.0, 1.0], [0, 0, 0, 0], None),  # it had been trained before
        ([1.25, 1.0, 1.0, 1.0], [0, 0, 0, 0], 1.0),
        ([2.25, 1.5, 1.0, 0.75], [3, 3, 3, 3], None),  # goes on with a later epoch
        ([2.25, 1.5, 1.0, 0.75], [-1, -1, -1, -1], None),  # epochs are not known
    ],
)
def test_the_last_batches_of_the_first_epoch(
    values: Sequence[float], epochs: Sequence[int], want: float | None
) -> None:
    assert first_pass_loss(a_run(a_contract(), CLASSES, losses(values, epochs))) == want


def test_weights_of_examples_scale_a_loss() -> None:
    weights = a_table("sample_weights", {"y": {"mean": 1.0}})
    known = losses([2.25, 1.5, 1.0, 0.75], [0] * 4)
    assert first_pass_loss(a_run(a_contract(), CLASSES, known, weights)) is None
