"""ZA506 unstable-loss."""

from __future__ import annotations

from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, NotApplicable, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.facts import Shapes, Tensor
from tb_zeroacc.run import Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import check, flagged

NAN, INF = float("nan"), float("inf")
CONTRACT = a_contract(loss="my_loss", activation="linear", units=1)
STEPS = (0, 1, 2)


def inside(kind: str, *bad: float, size: Any = 1.0, row: str = "dense") -> Any:
    """A table of tensors with so many values that are NaN or Inf, sample by sample."""
    columns = {"non_finite_count": list(bad), "abs_max": size, "present": 1.0}
    held = {"inputs": {"min", "max"}, "weights": {"rms"}}.get(kind)
    if held is not None:
        columns = {"non_finite_count": list(bad), **dict.fromkeys(held, 1.0)}
    if kind == "activations":
        columns.pop("present")
    return a_table(kind, {row: columns}, steps=STEPS)


def losses(*values: float, norm: float = 1.0) -> Any:
    return a_table("loss", {"loss": {"loss": list(values), "gradient_norm": norm}}, steps=STEPS)


COUNTS = a_table("label_counts", {"y": {str(k): 50.0 for k in range(10)}})
FINITE = inside("activations", 0, 0, 0)
LAYER = inside("activations", 0, 0, 8)
PASSED_BACK = inside("gradients", 0, 0, 4, row="dense/kernel")
SINGULAR = inside("gradients", 0, 4, 4, row="dense/kernel")
SOUND = inside("gradients", 0, 0, 0, row="dense/kernel")
BREAKS = losses(1.0, 1.0, NAN)
HALF = Shapes(outputs=(Tensor("y", (None, 1), "float16"),))

ZA506: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "the loss": (a_run(CONTRACT, FINITE, PASSED_BACK, BREAKS), None),
    "a layer": (a_run(CONTRACT, LAYER, PASSED_BACK, BREAKS), None),
    "a layer, and the loss stays finite": (
        a_run(CONTRACT, LAYER, SOUND, losses(1.0, 1.0, 1.0)), Passed),
    "beside which weights break": (
        a_run(CONTRACT, inside("activations", 0, 8, 0), inside("weights", 0, 0, 1, row="w/kernel"),
              SOUND, losses(1.0, 1.0, 1.0)), None),
    "beside which nothing is learned": (
        a_run(a_contract(), LAYER, SOUND, losses(2.3, 2.3, 2.3), COUNTS, a_curve([2.3] * 5)), None),
    "which a mask leaves out": (
        a_run(a_contract(), LAYER, SOUND, losses(2.3, 1.0, 0.1), COUNTS, a_curve([2.3, 0.1])),
        Passed),
    "a derivative": (a_run(CONTRACT, FINITE, SINGULAR, BREAKS), None),
    "an infinite loss": (a_run(CONTRACT, FINITE, PASSED_BACK, losses(1.0, 1.0, INF)), None),
    "on the limit of what is usual": (
        a_run(CONTRACT, FINITE, PASSED_BACK, losses(1.0, 1e4, NAN)), None),
    "the loss had grown": (a_run(CONTRACT, FINITE, PASSED_BACK, losses(1.0, 1.1e4, NAN)), Passed),
    "the gradient had grown": (
        a_run(CONTRACT, FINITE, PASSED_BACK, losses(1.0, 1.0, NAN, norm=1e6)), Passed),
    "activations had grown": (
        a_run(CONTRACT, inside("activations", 0, 0, 8, size=[1.0, 1e6, INF]), SOUND, BREAKS),
        Passed),
    "the inputs broke first": (
        a_run(CONTRACT, inside("inputs", 0, 0, 1, row="x[0]"), LAYER, SOUND, BREAKS), Passed),
    "the weights broke first": (
        a_run(CONTRACT, inside("weights", 0, 0, 1, row="dense/kernel"), LAYER, SOUND, BREAKS),
        Passed),
    "nothing broke": (a_run(CONTRACT, FINITE, SOUND, losses(1.0, 1.0, 1.0)), Passed),
    "half precision": (
        a_run(CONTRACT, LAYER, PASSED_BACK, BREAKS, shapes=HALF), NotApplicable),
    "the step was not sampled": (
        a_run(CONTRACT, a_table("activations", {"dense": {"non_finite_count": 0.0}}, steps=(0, 9)),
              SOUND, BREAKS), CannotTell),
    "not recorded": (a_run(), CannotTell),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), ZA506.values(), ids=ZA506.keys())
def test_unstable_loss(run: Run, want: type[Answer] | Tier | None) -> None:
    check("ZA506", run, want)


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ((FINITE, PASSED_BACK), "the loss itself"),
        ((LAYER, PASSED_BACK), "`dense` makes NaN or Inf of finite inputs"),
        ((FINITE, SINGULAR), "the gradient of `dense/kernel`"),
    ],
)
def test_it_says_what_broke(tables: Any, said: str) -> None:
    assert said in flagged("ZA506", a_run(CONTRACT, *tables, BREAKS)).summary


def test_the_loss_that_is_not_finite_is_its_consequence() -> None:
    told = diagnose(a_run(CONTRACT, FINITE, PASSED_BACK, BREAKS), CATALOGUE, strict=True)
    assert told.outcome is Outcome.BROKEN
    assert told.findings[0].code == "ZA506"
    assert "ZA501" in {c.code for c in told.findings[0].explains}
