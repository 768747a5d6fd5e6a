"""ZA707 schedule-ends-learning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, NotApplicable, Passed
from tb_zeroacc.facts import Epoch, Optimizer
from tb_zeroacc.run import Axis, Role, Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import answer, flagged

FALLING = list(np.linspace(2.3, 1.3, 20))
STOPPED = [*FALLING, *[1.3] * 30]
CUT = [1e-3] * 20 + [1e-8] * 30


def scheduled(
    loss: Sequence[float], rate: Sequence[float], axis: Axis = "epoch", **more: Any
) -> Run:
    rates = a_curve(list(rate), Role.LEARNING_RATE, tag="lr", axis=axis)
    return a_run(a_curve(list(loss)), rates, **more)


EVEN = a_table("label_counts", {"y": {str(k): 100.0 for k in range(10)}})
EPOCHS = tuple(Epoch(e, 10 * e + 10, 10) for e in range(50))
GONE = [1e-3] * 9 + [1e-8] * 41  # in the first fifth of the run


SLOW = [2.3, *[2.2] * 49]  # of ten classes it learned little, in the first epoch


def at_chance(loss: Sequence[float], rate: Sequence[float]) -> Run:
    """Ten classes, of which the loss knows nothing at 2.3."""
    rates = a_curve(list(rate), Role.LEARNING_RATE, tag="lr")
    return a_run(a_contract(), EVEN, a_curve(list(loss)), rates)


def by_steps(loss: Sequence[float], rate: Sequence[float], **more: Any) -> Run:
    """A rate that is logged at the end of each epoch, by training step."""
    at = [10 * e + 10 for e in range(len(rate))]
    rates = a_curve(list(rate), Role.LEARNING_RATE, tag="lr", axis="step", steps=at)
    return a_run(a_curve(list(loss)), rates, **more)


def sampled(decay: float, *, loss: Sequence[float] = SLOW, offset: int = 0) -> Run:
    """A rate that falls by a factor a step, of which few steps are on record."""
    at = [0, 1, 2, 19, 300, 499]
    rates = [0.1 * decay ** (step + offset) for step in at]
    keras = {"initial_learning_rate": 0.1, "decay_steps": 1, "decay_rate": decay,
             "staircase": False}  # fmt: skip
    settings: dict[str, Any] = {f"schedule_{key}": value for key, value in keras.items()}
    adam = Optimizer("Adam", 0.1, schedule="ExponentialDecay", settings=settings)
    curve = a_curve(rates, Role.LEARNING_RATE, tag="lr", axis="step", steps=at)
    return a_run(a_contract(optimizer=adam), EVEN, a_curve(list(loss)), curve, epochs=EPOCHS)


CASES: dict[str, tuple[Run, type[Answer]]] = {
    "cut off on its way": (scheduled(STOPPED, CUT), Flagged),
    "settled before": (scheduled([*np.linspace(2.3, 0.1, 8), *[0.1] * 42], CUT), Passed),
    "went on all the same": (scheduled(np.linspace(2.3, 0.5, 50), CUT), Passed),
    "near the end": (scheduled(STOPPED, [1e-3] * 40 + [1e-8] * 10), Passed),
    "not gone": (scheduled(STOPPED, [1e-3] * 20 + [5e-5] * 30), Passed),
    "gone and back": (scheduled(STOPPED, [*CUT[:-1], 1e-3]), Passed),
    "gone at once": (scheduled(STOPPED, [1e-3] * 4 + [1e-8] * 46), CannotTell),
    "gone in the first fifth, at chance": (at_chance([2.3] * 50, GONE), Flagged),
    "gone after it, at chance": (at_chance([2.3] * 50, [1e-3] * 10 + [1e-8] * 40), Passed),
    "gone in the first fifth, and it goes on": (
        at_chance(np.linspace(2.3, 2.0, 50), GONE), Passed),
    "gone in the first fifth of a run that learned": (
        at_chance([2.3, 1.0, *[0.2] * 48], GONE), Passed),
    "by steps, of known epochs": (by_steps(STOPPED, CUT, epochs=EPOCHS), Flagged),
    "by steps, of unknown epochs": (by_steps(STOPPED, CUT), CannotTell),
    "it went between two samples": (sampled(0.9), Flagged),
    "by a schedule that counts from elsewhere": (sampled(0.9, offset=9), Passed),
    "and the loss fell on": (sampled(0.9, loss=np.linspace(2.3, 2.0, 50)), Passed),
    "another axis": (scheduled(STOPPED, CUT, axis="step"), CannotTell),
    "still running": (scheduled(STOPPED, CUT, state="live"), NotApplicable),
    "no rate": (a_run(a_curve(STOPPED)), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), CASES.values(), ids=CASES.keys())
def test_schedule_ends_learning(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA707", run), want)


def test_the_step_at_which_it_went() -> None:
    found = flagged("ZA707", scheduled(STOPPED, CUT))
    assert "by step 20 the learning rate had fallen to next to nothing" in found.summary
    assert found.since == 20


def test_the_schedule_tells_the_step_between_two_samples() -> None:
    found = flagged("ZA707", sampled(0.9))
    assert "by step 44 the learning rate" in found.summary  # .9 ** 44 is .0097
