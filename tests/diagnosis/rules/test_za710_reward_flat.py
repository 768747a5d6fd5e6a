"""ZA710 reward-flat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, NotApplicable, Passed, Tier
from tb_zeroacc.run import Axis, Role, Run, Split
from tests.diagnosis.planted import a_curve, a_run
from tests.diagnosis.rules.asking import answer, flagged

NOISE = np.random.default_rng(0).normal(size=60)


def rewarded(*rewards: Sequence[float], **more: Any) -> Run:
    splits = (Split.TRAIN, Split.VALIDATION)
    return a_run(
        *(a_curve(list(values), Role.REWARD, split) for values, split in zip(rewards, splits,
                                                                               strict=False)),
        **more,
    )  # fmt: skip


CASES: dict[str, tuple[Run, type[Answer]]] = {
    "it rises": (rewarded(np.linspace(-100, 200, 60) + 10 * NOISE), Passed),
    "it stays where it was": (rewarded([-7.0, -11.0] * 30), Flagged),
    "it gets worse": (rewarded(np.linspace(0, -6, 60) + NOISE), Flagged),
    "evaluation alone rises": (
        rewarded(-9 + 2 * NOISE, np.linspace(-9, 20, 60) + NOISE), Passed,
    ),
    "always the same": (rewarded([-97.0, -98.0, *[-100.0] * 40]), Flagged),
    "it rose and was lost": (
        rewarded([*np.linspace(-8000, -5000, 30), *[-7950.0] * 30] + 30 * NOISE), Flagged,
    ),
    "a third of the gain is lost": (
        rewarded([*np.linspace(-8000, -5000, 30), *[-6000.0] * 30] + 30 * NOISE), Passed,
    ),
    "nine points": (rewarded(-9 + NOISE[:9]), CannotTell),
    "fourteen points": (rewarded(-9 + 2 * NOISE[:14]), Passed),
    "still running": (rewarded(-9 + 2 * NOISE, state="live"), NotApplicable),
    "no reward": (a_run(a_curve([1.0] * 60)), NotApplicable),
}  # fmt: skip


@pytest.mark.parametrize(("last", "want"), [(49, Flagged), (50, Passed)])
def test_a_reward_that_is_no_longer_logged(last: int, want: type[Answer]) -> None:
    steps = np.linspace(0, last, 40).astype(int).tolist()
    reward = a_curve(list(np.linspace(-9, 20, 40)), Role.REWARD, steps=steps, axis="step")
    other = a_curve([1.0] * 101, Role.OTHER, tag="time/fps", axis="step")
    found = answer("ZA710", a_run(reward, other))
    assert isinstance(found, want)
    if isinstance(found, Flagged):
        assert found.tier is Tier.SMELL
        assert "last time at step 49, of 100 steps" in found.summary


@pytest.mark.parametrize(("run", "want"), CASES.values(), ids=CASES.keys())
def test_reward_flat(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA710", run), want)


def test_what_was_gained_and_lost_is_told() -> None:
    found = flagged("ZA710", rewarded([*np.linspace(0, 100, 30), *[4.0] * 30]))
    assert found.summary == "The reward rose from 8.62 to 96.6 and fell back to 4."


@pytest.mark.parametrize(("axis", "is_told"), [("epoch", True), ("step", False)])
def test_the_last_reward_is_compared_on_its_own_axis(axis: Axis, is_told: bool) -> None:
    """Rewards of 60 episodes end long before a loss of 2 000 steps does."""
    reward = a_curve(np.linspace(-100, 200, 60) + 10 * NOISE, Role.REWARD)
    loss = a_curve([1.0] * 20, axis=axis, steps=range(100, 2100, 100))
    assert isinstance(answer("ZA710", a_run(reward, loss)), Flagged) is is_told
