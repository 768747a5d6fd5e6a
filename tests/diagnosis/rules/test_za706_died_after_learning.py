"""ZA706 died-after-learning."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, NotApplicable, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.facts import Epoch
from tb_zeroacc.run import Curve, Role, Run, Split
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import answer, flagged

GOOD = np.geomspace(2.3, 0.2, 20)
RIGHT = np.linspace(0.1, 0.9, 20)


def trained(
    loss: Sequence[float] | None, accuracy: Sequence[float] | None = None, **more: Any
) -> Run:
    parts = [] if loss is None else [a_curve(list(loss))]
    if accuracy is not None:
        parts.append(a_curve(list(accuracy), Role.ACCURACY))
    return a_run(*parts, **more)


def lost_from(start: float, best: float, end: float) -> list[float]:
    """A loss that falls within ten points, stays, and is lost at once."""
    return [start] * 3 + [*np.linspace(start, best, 8), *[best] * 9, *[end] * 10]


def validated(accuracy: Sequence[float]) -> Curve:
    return a_curve(list(accuracy), Role.ACCURACY, Split.VALIDATION)


CASES: dict[str, tuple[Run, type[Answer]]] = {
    "the loss came back": (trained([*GOOD, *[2.2] * 10]), Flagged),
    "accuracy was lost": (trained(None, [*RIGHT, *[0.12] * 10]), Flagged),
    "three quarters of the gain are left": (trained(None, [*RIGHT, *[0.7] * 10]), Passed),
    "the loss ended at ln 3": (
        trained([1.1, *np.linspace(1.1, 0.6, 19), *[math.log(3)] * 10], [1 / 3] * 30), Flagged,
    ),
    "a third of its start, and half of it lost": (trained(lost_from(10.0, 6.0, 8.1)), Flagged),
    "half of it, and no more": (trained(lost_from(10.0, 6.0, 8.0)), Passed),
    "it had not gained three tenths": (trained(lost_from(10.0, 7.0, 9.9)), Passed),
    "half of it, little by little": (
        trained([*np.linspace(10, 5, 20), *np.linspace(5, 8, 20), *[8.0] * 10]), Passed,
    ),
    "validation's accuracy, alone": (a_run(validated([*RIGHT, *[0.12] * 10])), Flagged),
    "validation's, and little of training": (
        a_run(a_curve([2.3, 1.0, 0.5, 0.4, 0.3, 0.2, 0.2]), validated([*RIGHT, *[0.12] * 10])),
        Flagged,
    ),
    "validation's, beside training that holds": (
        a_run(a_curve(list(GOOD)), validated([*RIGHT, *[0.12] * 10])), Passed,
    ),
    "still good": (trained(GOOD, RIGHT), Passed),
    "never good": (trained([2.3] * 30, [0.1] * 30), Passed),
    "one spike": (trained([*GOOD, 90.0, *[0.2] * 9]), Passed),
    "a last point": (trained([*GOOD, *[0.2] * 19, 2.2]), Passed),
    "coming back": (trained([*GOOD, *np.linspace(2.3, 0.9, 20)]), Passed),
    "it grew from the first point on": (trained(np.geomspace(2, 2e4, 20)), Passed),
    "seven points": (trained([2.3, 0.5, 0.1, 2.2, 2.2, 2.2, 2.2]), CannotTell),
    "rewards": (a_run(a_curve(list(GOOD)), a_curve([1.0] * 20, Role.REWARD)), NotApplicable),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), CASES.values(), ids=CASES.keys())
def test_died_after_learning(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA706", run), want)


def test_when_it_died_and_what_happened_there() -> None:
    loss = a_curve([*GOOD, 2688.0, *[2.2] * 9])
    rate = a_curve([0.01] * 30, Role.LEARNING_RATE)
    found = flagged("ZA706", a_run(loss, rate))
    assert found.summary == (
        "The model learned, then lost it: the loss was 0.2 and has stood at 2.2 since epoch 20."
    )
    assert found.context == "At epoch 20 the loss jumped to 2688 and the learning rate was 0.01."
    assert found.since == 19  # the last point at which it still stood


@pytest.mark.parametrize(("dead", "want"), [(8, Passed), (20, Flagged)])
def test_a_run_that_goes_on_may_recover(dead: int, want: type[Answer]) -> None:
    found = answer("ZA706", trained([*GOOD, *[2.2] * dead], state="live"))
    assert isinstance(found, want)
    if isinstance(found, Flagged):
        assert found.tier is Tier.SMELL


FALLEN = [*np.linspace(0.1, 0.5, 11), *[0.5] * 9, *[0.2] * 10]


@pytest.mark.parametrize(
    ("metric", "name", "tier"),
    [
        ([], "", Tier.SMELL),
        (FALLEN, "f1", Tier.STRONG),
        (FALLEN, "whatever", Tier.SMELL),  # neither side of it is known as the better one
        ([*FALLEN[:20], *[0.4] * 10], "f1", Tier.SMELL),  # three quarters of its gain are left
    ],
)
def test_a_loss_that_lost_half_of_its_gain_is_strong_beside_a_metric(
    metric: Sequence[float], name: str, tier: Tier
) -> None:
    beside = [a_curve(list(metric), Role.METRIC, tag=name, name=name)] if metric else []
    found = flagged("ZA706", a_run(a_curve(lost_from(10.0, 4.0, 8.0)), *beside))
    assert found.tier is tier
    assert found.evidence[0].threshold == 7.0


def test_a_term_that_comes_in_later_is_no_collapse() -> None:
    task = np.array([*np.geomspace(10.0, 2.0, 20), *[2.0] * 10])
    total = task + np.where(np.arange(30) < 20, 0.0, 5.0)
    term = a_curve(list(task), tag="task_loss", headline=False)
    assert isinstance(answer("ZA706", a_run(a_curve(list(total)), term)), Passed)
    assert flagged("ZA706", a_run(a_curve(list(total)))).tier is Tier.SMELL


def test_the_data_of_an_accuracy_is_named() -> None:
    found = flagged("ZA706", a_run(validated([*RIGHT, *[0.12] * 10])))
    assert found.summary.startswith("The model learned, then lost it: the validation accuracy was ")


def epochs(count: int, steps: int) -> tuple[Epoch, ...]:
    return tuple(Epoch(i, (i + 1) * steps, steps) for i in range(count))


@pytest.mark.parametrize(
    ("dead_since", "folded"),
    [
        (1000, True),  # the first step after the last good epoch
        (1040, True),
        (999, False),  # its last one: units that died before the loss was lost
        (0, False),
    ],
)
def test_what_died_with_the_model_is_a_consequence(dead_since: int, folded: bool) -> None:
    steps = [0, 500, *range(990, 1500, 1)]
    dead = [float(step >= dead_since) for step in steps]
    units = a_table("activations", {"dense": {"dead_unit_share": dead}}, steps=steps)
    loss = a_curve([*GOOD, *[2.2] * 10])
    run = a_run(a_contract(), units, loss, epochs=epochs(30, 50))
    told = diagnose(run, CATALOGUE, strict=True).findings
    assert [f.code for f in told if f.code in {"ZA504", "ZA706"}] == (
        ["ZA706"] if folded else ["ZA504", "ZA706"]
    )
    died = next(f for f in told if f.code == "ZA706")
    assert ("ZA504" in {c.code for c in died.explains}) is folded
