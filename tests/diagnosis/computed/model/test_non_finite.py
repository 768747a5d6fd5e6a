"""The first loss and the first tensor that are not finite."""

from __future__ import annotations

import pytest

from tb_zeroacc.diagnosis.computed.model.non_finite import (
    BrokenTensor,
    broken_stretch,
    first_broken_loss,
    first_broken_tensor,
    recovered,
)
from tb_zeroacc.facts import Epoch
from tb_zeroacc.run import Role, Run, Table
from tests.diagnosis.planted import a_curve, a_run, a_table

NAN, INF = float("nan"), float("inf")


def single(*losses: float) -> Table:
    return a_table("loss", {"loss": {"loss": losses}}, steps=[10 * k for k in range(len(losses))])


EPOCHS = tuple(Epoch(k, 50 * (k + 1), 50) for k in range(3))
STEPS = a_curve([1.0, NAN, NAN], Role.OTHER, tag="zeroacc/loss", axis="step", headline=False)
FIRST_LOSS: dict[str, tuple[Run, int | None]] = {
    "single steps are exact": (a_run(STEPS, single(1.0, 1.0, NAN)), 1),
    "samples": (a_run(single(1.0, INF, NAN)), 10),
    "samples without any loss": (a_run(single(NAN, NAN)), None),
    "an epoch stands for its last step": (a_run(a_curve([1.0, NAN]), epochs=EPOCHS), 100),
    "finite": (a_run(a_curve([1.0, 0.5]), single(1.0, 0.5)), None),
    "another loss that ends so": (
        a_run(a_curve([1.0] * 5), a_curve([1.0, 1.0, NAN, NAN, NAN], tag="b", headline=False)), 2,
    ),
    "another loss that does not": (
        a_run(a_curve([1.0] * 5), a_curve([1.0, NAN, NAN, NAN, 1.0], tag="b", headline=False)),
        None,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("run", "step"), FIRST_LOSS.values(), ids=FIRST_LOSS.keys())
def test_the_first_broken_loss(run: Run, step: int | None) -> None:
    found = first_broken_loss(run)
    assert (found.step if found else None) == step


@pytest.mark.parametrize(
    ("losses", "again"),
    [([NAN, 1.0, 1.0, 1.0], True), ([NAN, 1.0, 1.0], False), ([1.0, 1.0, 1.0, NAN], False)],
)
def test_a_loss_that_recovered(losses: list[float], again: bool) -> None:
    assert recovered(a_curve(losses)) is again


def bad(kind: str, *counts: float, **rows: float) -> Table:
    return a_table(kind, {name: {"non_finite_count": [factor * c for c in counts]}
                          for name, factor in (rows or {"x": 1.0}).items()})  # fmt: skip


def test_a_stretch_that_is_over_is_no_cause() -> None:
    table = bad("weights", 0, 2, 0, 3, 3)
    assert broken_stretch(table, "weights", 4) == BrokenTensor("weights", "x", 3, 3.0)
    assert broken_stretch(table, "weights", 2) is None
    assert broken_stretch(table, "weights", -1) is None


def test_within_a_step_the_order_of_computing_counts_and_gradients_run_backwards() -> None:
    both = {"a": 1.0, "b": 1.0}
    tables = (bad("gradients", 0, 1, **both), bad("activations", 0, 1, **both))
    assert first_broken_tensor(a_run(*tables), 1) == BrokenTensor("activations", "a", 1, 1.0)
    assert first_broken_tensor(a_run(tables[0]), 1) == BrokenTensor("gradients", "b", 1, 1.0)
    earlier = bad("gradients", 1, 1)
    first = BrokenTensor("gradients", "x", 0, 1.0)
    assert first_broken_tensor(a_run(earlier, tables[1]), 1) == first
    data = bad("inputs", 4, 0)
    assert first_broken_tensor(a_run(earlier, data), 1) == BrokenTensor("inputs", "x", 0, 4.0)
    assert first_broken_tensor(a_run(), 1) is None
