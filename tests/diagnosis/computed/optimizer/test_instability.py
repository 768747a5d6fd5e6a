"""What too large a first update did to the loss and to the kernels."""

from __future__ import annotations

import pytest

from tb_zeroacc.diagnosis.computed.learning.step_loss import STEP_LOSS_TAG
from tb_zeroacc.diagnosis.computed.optimizer.instability import growth_of, jump_of
from tb_zeroacc.diagnosis.computed.optimizer.optimizer import Group
from tb_zeroacc.run import Role
from tests.diagnosis.planted import a_curve, a_run, a_table

NAN = float("nan")
STEPS = [0, 1, 99, 100]


@pytest.mark.parametrize(
    ("losses", "baseline", "times"),
    [
        ([2.0, 50.0, 3.0, 900.0], None, 25.0),  # what comes after the first steps does not count
        ([2.0, 50.0, 3.0, 1.0], 10.0, 5.0),
        ([NAN, 2.0, 8.0, 1.0], None, 4.0),
        ([2.0, 1.0, 0.5, 0.1], None, 1.0),
    ],
)
def test_how_far_a_loss_jumped(losses: list[float], baseline: float | None, times: float) -> None:
    curve = a_curve(losses, Role.OTHER, tag=STEP_LOSS_TAG, axis="step", steps=STEPS)
    table = a_table("loss", {"loss": {"loss": losses}}, steps=STEPS)
    for run in (a_run(curve), a_run(table)):
        jump = jump_of(run, baseline)
        assert jump is not None
        assert jump.times == pytest.approx(times)


def test_without_a_loss_above_zero_no_jump_is_known() -> None:
    assert jump_of(a_run(), None) is None
    assert jump_of(a_run(a_table("loss", {"loss": {"loss": [-1.0, 5.0]}})), None) is None


def test_the_kernel_that_grew_most() -> None:
    weights = a_table("weights", {
        "a/kernel": {"rms": [1.0, 3.0, 3.0, 900.0], "non_finite_count": 0.0},
        "b/kernel": {"rms": [0.1, 0.1, 2.0, 2.0], "non_finite_count": 0.0},
        "zero/kernel": {"rms": [0.0, 9.0, 9.0, 9.0], "non_finite_count": 0.0},
        "lost/kernel": {"rms": [1.0, 1.0, NAN, NAN], "non_finite_count": [0.0, 0.0, 4.0, 4.0]},
    }, steps=STEPS)  # fmt: skip
    grown = growth_of(a_run(), weights, Group(None, (0, 1, 2)))
    assert grown is not None
    assert (grown.row, grown.times, grown.step) == ("b/kernel", pytest.approx(20.0), 99)
    lost = growth_of(a_run(), weights, Group(None, (0, 3)))
    assert lost is not None
    assert (lost.row, lost.times) == ("lost/kernel", float("inf"))
    assert growth_of(a_run(), weights, Group(None, (2,))) is None
