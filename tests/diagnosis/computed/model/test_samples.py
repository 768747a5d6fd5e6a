"""Where the samples of a table settle, and since when a fault lasts."""

from __future__ import annotations

import numpy as np
import pytest

from tb_zeroacc.diagnosis.computed.model.samples import (
    has_whole_weights,
    largest,
    lasting_since,
    settled,
    typical,
)
from tests.diagnosis.planted import a_run, a_table

NAN = float("nan")


def test_the_last_quarter_says_where_it_settled_ten_samples_at_most() -> None:
    eight = np.array([[0.0]] * 6 + [[4.0], [6.0]])
    assert settled(eight).tolist() == [5.0]
    many = np.array([[0.0]] * 90 + [[1.0]] * 10)
    assert settled(many).tolist() == [1.0]
    assert settled(np.array([[3.0]])).tolist() == [3.0]


@pytest.mark.parametrize(
    ("values", "steps", "want"),
    [
        ([9.0, 9.0, 9.0, 1.0, 1.0], [0, 1, 2, 3, 50], 1.0),  # the first steps are all on record
        ([1.0, 2.0, 3.0], [0, 1, 2], 2.0),
        ([9.0, NAN, 1.0], [0, 1, 60], 1.0),
        ([5.0], [7], 5.0),
        ([NAN], [7], NAN),
        ([], [], NAN),
    ],
)
def test_what_is_typical_is_so_for_most_steps(
    values: list[float], steps: list[int], want: float
) -> None:
    found = typical(np.array(values), np.array(steps, np.int64))
    assert found == want or (np.isnan(found) and np.isnan(want))


def test_a_row_without_a_value_settles_nowhere() -> None:
    found = settled(np.array([[1.0, NAN], [1.0, np.inf], [1.0, NAN], [2.0, NAN]]))
    assert found[0] == 2.0
    assert np.isnan(found[1])


@pytest.mark.parametrize(
    ("holds", "since"),
    [
        ([], None),
        ([0, 0, 0], None),
        ([1, 1, 1], 0),
        ([0, 0, 1, 1], 2),
        ([1, 0, 0, 1], 3),
        ([0, *[1] * 12, 0, *[1] * 9], 1),  # one batch in ten may look otherwise
        ([0, 1, 0, *[1] * 5], 3),
        ([1, 1, 0], None),
    ],
)
def test_since_when_it_lasts(holds: list[int], since: int | None) -> None:
    assert lasting_since(np.array(holds, bool)) == since


def test_the_largest_finite_value_of_each_sample() -> None:
    found = largest(np.array([[1.0, 3.0], [NAN, 2.0], [np.inf, 1.0], [NAN, NAN]]))
    assert found[:3].tolist() == [3.0, 2.0, 1.0]
    assert np.isnan(found[3])


@pytest.mark.parametrize(
    ("broken", "whole"),
    [([0.0, 0.0, 0.0], [True] * 3), ([0.0, 1.0, 0.0], [True, False, False]),
     ([NAN, NAN, NAN], [True] * 3)],
)  # fmt: skip
def test_weights_are_whole_up_to_the_first_that_is_broken(
    broken: list[float], whole: list[bool]
) -> None:
    weights = a_table("weights", {"a/kernel": {"non_finite_count": broken}}, steps=[0, 10, 20])
    outputs = a_table("outputs", {"y": {"spread": [1.0] * 3}}, steps=[0, 10, 20])
    assert has_whole_weights(a_run(weights), outputs).tolist() == whole
    assert has_whole_weights(a_run(), outputs).all()
