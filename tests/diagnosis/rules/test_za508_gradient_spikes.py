"""ZA508 gradient-spikes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Passed, Tier
from tb_zeroacc.facts import Epoch
from tb_zeroacc.run import Role, Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import answer, check, flagged

COUNTS = a_table("label_counts", {"y": {str(k): 50.0 for k in range(10)}})
STUCK = (a_contract(), COUNTS, a_curve([2.3] * 10), a_curve([0.1] * 10, Role.ACCURACY))
LEARNS = (a_contract(), COUNTS, a_curve([2.3, 0.1]), a_curve([0.1, 0.98], Role.ACCURACY))
QUIET = [2.0, 2.1, 1.9, 2.0]


def tables(
    losses: Sequence[float], norms: Sequence[float], updates: Sequence[float],
    steps: Sequence[int] | None = None,
) -> tuple[Any, ...]:
    """The loss and the gradient of batches, and what their updates change of a kernel."""
    return (
        a_table("loss", {"loss": {"loss": losses, "gradient_norm": norms}}, steps=steps),
        a_table("weights", {"dense/kernel": {"rms": 0.1, "update_ratio": updates}}, steps=steps),
    )


def a_leap(
    loss: float = 20.1, norm: float = 10.1, update: float = 3.0, *, before: float = 2.0,
    calm: float = 0.01, step: int = 4,
) -> tuple[Any, ...]:
    """Four quiet batches, and one that leaps."""
    return tables([*QUIET[:3], before, loss], [1.0] * 4 + [norm],
                  [calm] * 4 + [update], [0, 1, 2, 3, step])  # fmt: skip


def epochs(*losses: float) -> tuple[Epoch, ...]:
    return tuple(Epoch(i, 10 * i + 10, 10, logs={"loss": loss}) for i, loss in enumerate(losses))


def run(parts: tuple[Any, ...], *more: Any, logged: Sequence[float] = (2.0, 2.0, 2.0)) -> Run:
    return a_run(*parts, *(more or STUCK), epochs=epochs(*logged))


EVEN = tables([2.0] * 15, [1.0] * 15, [0.01] * 15)

ZA508: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "a batch leaps": (run(a_leap()), None),
    "its loss is just under the limit": (run(a_leap(19.9)), CannotTell),
    "its gradient is": (run(a_leap(norm=9.9)), CannotTell),
    "its update is": (run(a_leap(update=0.29)), CannotTell),
    "the batch before rises already": (run(a_leap(before=4.2)), CannotTell),
    "earlier updates are large": (run(a_leap(calm=0.11)), CannotTell),
    "steps before it were not seen": (run(a_leap(step=9)), CannotTell),
    "it learns all the same": (run(a_leap(), *LEARNS), Passed),
    "few batches bring most of the loss": (run(EVEN, logged=(6.1, 6.1, 6.1)), None),
    "on the limit": (run(EVEN, logged=(6.0, 6.0, 6.0)), None),
    "just under": (run(EVEN, logged=(5.9, 5.9, 5.9)), Passed),
    "in one epoch of three": (run(EVEN, logged=(2.0, 600.0, 2.0)), Passed),
    "that one learns": (run(EVEN, *LEARNS, logged=(6.1, 6.1, 6.1)), Passed),
    "too few batches": (
        run(tables([2.0] * 14, [1.0] * 14, [0.01] * 14), logged=(9.0, 9.0)), CannotTell),
    "a loss below 0": (
        run(tables([-2.0] * 15, [1.0] * 15, [0.01] * 15), logged=(-9.0,)), CannotTell),
    "not recorded": (a_run(*STUCK), CannotTell),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), ZA508.values(), ids=ZA508.keys())
def test_gradient_spikes(run: Run, want: type[Answer] | Tier | None) -> None:
    check("ZA508", run, want)


def test_it_names_the_batch_and_not_the_rate() -> None:
    leap = run(a_leap())
    assert flagged("ZA508", leap).since == 4
    assert isinstance(answer("ZA701", leap), Passed)
    growing = run(a_leap(calm=0.11))
    flagged("ZA701", growing)
