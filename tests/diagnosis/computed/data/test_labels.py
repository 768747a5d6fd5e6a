"""What is known of an output's labels, and how often each class occurs."""

from __future__ import annotations

import numpy as np
import pytest

from tb_zeroacc.diagnosis.computed.data.labels import Labels, class_counts, labels_of
from tests.diagnosis.planted import a_contract, a_run, a_table

NAN = float("nan")
NUMBERS = {"min": 0.0, "max": 9.0, "mean": 4.5, "count": 100.0, "integer_share": 1.0, "units": 1.0,
           "examples": 100.0, "non_finite_count": 0.0}  # fmt: skip
ROWS = {**NUMBERS, "max": 1.0, "units": 3.0, "row_sum_min": 1.0, "row_sum_max": 1.0}


def known(**columns: float) -> Labels:
    contract = a_contract()
    found = labels_of(a_run(contract, a_table("labels", {"y": columns})), contract.outputs[0])
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("columns", "whole", "one_hot", "leave"),
    [
        (NUMBERS, True, False, True),
        (NUMBERS | {"max": 1.0}, True, False, False),
        (NUMBERS | {"max": 1.0005}, True, False, False),  # float16's rounding
        (NUMBERS | {"max": 1.002}, True, False, True),
        (NUMBERS | {"integer_share": 0.99}, False, False, True),
        (NUMBERS | {"integer_share": 0.99, "non_finite_count": 1.0}, True, False, True),
        (ROWS, True, True, False),
        (ROWS | {"integer_share": 0.5}, False, False, False),  # soft classes
        (ROWS | {"row_sum_max": 2.0}, True, False, False),  # several labels a row
        (ROWS | {"min": -1.0}, True, False, True),
    ],
)
def test_kinds_of_labels(
    columns: dict[str, float], whole: bool, one_hot: bool, leave: bool
) -> None:
    found = known(**columns)
    assert (found.whole, found.one_hot, found.leave_unit_range) == (whole, one_hot, leave)


def test_the_range_is_that_of_all_samples() -> None:
    contract = a_contract()
    table = a_table("labels", {"y": {"min": [1.0, NAN, 0.0], "max": [2.0, NAN, 5.0],
                                     "examples": 32.0}}, steps=[3, 4, 9])  # fmt: skip
    found = labels_of(a_run(contract, table), contract.outputs[0])
    assert found is not None
    assert (found.low, found.high, found.examples) == (0.0, 5.0, 96)
    assert (found.first_step, found.last_step) == (3, 9)


def test_classes_are_counted_over_all_samples_without_the_rest() -> None:
    table = a_table("label_counts", {"y": {"0": [3.0, 1.0], "1": [NAN, 2.0], "other": [5.0, 5.0]}})
    counts = class_counts(a_run(table), "y")
    assert counts is not None
    np.testing.assert_array_equal(counts, [4.0, 2.0])
    assert class_counts(a_run(a_table("label_counts", {"y": {"0": 0.0}})), "y") is None
    assert class_counts(a_run(), "y") is None
