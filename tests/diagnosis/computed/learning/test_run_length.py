"""Which loss a run is judged by, and whether it is long enough."""

from __future__ import annotations

import pytest

from tb_zeroacc.diagnosis.computed.learning.run_length import hardly_moved, is_short, longest_loss
from tb_zeroacc.diagnosis.computed.learning.step_loss import STEP_LOSS_TAG
from tb_zeroacc.facts import Epoch
from tb_zeroacc.run import Curve, Role, Split
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table

NAN = float("nan")


def epochs(count: int) -> Curve:
    return a_curve([1.0] * count)


def steps(count: int) -> Curve:
    return a_curve([1.0] * count, Role.OTHER, tag=STEP_LOSS_TAG, axis="step", headline=False)


@pytest.mark.parametrize(
    ("curves", "tag", "short"),
    [
        ((epochs(4), steps(400)), "zeroacc/epoch/loss", False),
        ((epochs(3), steps(20)), STEP_LOSS_TAG, False),
        ((epochs(3), steps(19)), STEP_LOSS_TAG, True),
        ((epochs(3),), "zeroacc/epoch/loss", True),
        ((a_curve([1.0, 1.0, 1.0, NAN]), steps(20)), STEP_LOSS_TAG, False),
    ],
)
def test_epochs_come_before_steps(curves: tuple[Curve, ...], tag: str, short: bool) -> None:
    run = a_run(*curves)
    curve = longest_loss(run)
    assert curve is not None
    assert (curve.tag, is_short(run, curve)) == (tag, short)


@pytest.mark.parametrize(
    ("ratio", "count", "moved"),
    [
        (0.0009, 3, 0.09), (0.0011, 3, None), (0.0, 3, None), (NAN, 3, None), (0.0009, 4, None),
    ],
)  # fmt: skip
def test_steps_that_hardly_move_the_weights_judge_no_run(
    ratio: float, count: int, moved: float | None
) -> None:
    row = {"update_ratio": [ratio] * 100, "rms": 0.1, "unit_spread": 0.1}
    weights = a_table("weights", {"dense/kernel": row})
    told = tuple(Epoch(e, 100, 25) for e in range(count))
    run = a_run(a_contract(), epochs(3), steps(100), weights, epochs=told)
    assert hardly_moved(run) == (None if moved is None else pytest.approx(moved))
    assert is_short(run, longest_loss(run)) is (moved is not None)


def test_single_steps_do_not_judge_a_run_that_goes_on_nor_its_validation() -> None:
    live = a_run(epochs(3), steps(400), state="live")
    assert is_short(live, longest_loss(live))
    assert longest_loss(live, Split.VALIDATION) is None
    assert is_short(live, None)
