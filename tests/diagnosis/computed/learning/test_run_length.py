"""Which loss a run is judged by, and whether it is long enough."""

from __future__ import annotations

import pytest

from tb_zeroacc.diagnosis.computed.learning.run_length import is_short, longest_loss
from tb_zeroacc.diagnosis.computed.learning.step_loss import STEP_LOSS_TAG
from tb_zeroacc.run import Curve, Role, Split
from tests.diagnosis.planted import a_curve, a_run

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


def test_single_steps_do_not_judge_a_run_that_goes_on_nor_its_validation() -> None:
    live = a_run(epochs(3), steps(400), state="live")
    assert is_short(live, longest_loss(live))
    assert longest_loss(live, Split.VALIDATION) is None
    assert is_short(live, None)
