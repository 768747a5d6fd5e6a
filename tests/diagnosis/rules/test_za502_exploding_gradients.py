"""ZA502 exploding-gradients."""

from __future__ import annotations

from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.run import Role, Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import check, flagged

COUNTS = a_table("label_counts", {"y": {str(k): 50.0 for k in range(10)}})
STUCK = (a_contract(), COUNTS, a_curve([2.3] * 10), a_curve([0.1] * 10, Role.ACCURACY))
BEATS = (a_contract(), COUNTS, a_curve([2.3, 0.1]), a_curve([0.1, 0.98], Role.ACCURACY))
NAN = float("nan")


def tables(gradient: Any, *, weight: float = 0.1, bias: float = 0.1, steps: Any = None) -> Any:
    """The gradient of a kernel of this size, and that of a bias of 0."""
    return (
        a_table("gradients", {"dense/kernel": {"present": 1.0, "rms": gradient},
                              "dense/bias": {"present": 1.0, "rms": bias}}, steps=steps),
        a_table("weights", {"dense/kernel": {"rms": weight}, "dense/bias": {"rms": 0.0}},
                steps=range(3)),
    )  # fmt: skip


def thrice(value: float) -> list[float]:
    return [value] * 3


ZA502: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "far above the weights": (a_run(*tables(thrice(1e7)), *STUCK), None),
    "on the limit": (a_run(*tables(thrice(300.1)), *STUCK), None),
    "just under": (a_run(*tables(thrice(299.9)), *STUCK), Passed),
    "not finite in the end": (a_run(*tables([0.1, 0.1, NAN]), *STUCK), CannotTell),
    "not finite once, and it learns": (a_run(*tables([NAN, 0.1, 0.1]), *BEATS), Passed),
    "one of three": (a_run(*tables([1e7, 0.1, 0.1]), *STUCK), Passed),
    "a bias of 0 has any ratio": (a_run(*tables(thrice(0.1), bias=1e9), *STUCK), Passed),
    "a kernel of 0 has any ratio": (a_run(*tables(thrice(0.1), weight=0.0), *STUCK), CannotTell),
    "it learns all the same": (a_run(*tables(thrice(1e7)), *BEATS), Passed),
    "none is finite": (a_run(*tables(thrice(NAN)), *STUCK), CannotTell),
    "other steps": (a_run(*tables(thrice(1e7), steps=[7, 8, 9]), *STUCK), CannotTell),
    "the scale of the loss is unknown": (
        a_run(*tables(thrice(1e7)), a_contract(loss="my_loss"), a_curve([9.0] * 9)), CannotTell),
    "not recorded": (a_run(*STUCK), CannotTell),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), ZA502.values(), ids=ZA502.keys())
def test_exploding_gradients(run: Run, want: type[Answer] | Tier | None) -> None:
    check("ZA502", run, want)


@pytest.mark.parametrize(("gradient", "want"), [(29_990.0, Passed), (30_010.0, None)])
def test_targets_as_they_ship_have_gradients_of_their_size(
    gradient: float, want: type[Answer] | None
) -> None:
    far = {"mean": 80.0, "std": 60.0, "min": 1.0, "max": 300.0, "integer_share": 0.5}
    counts = {"count": 99.0, "examples": 99.0, "units": 1.0, "non_finite_count": 0.0}
    targets = a_table("labels", {"y": {**far, **counts}})
    whole = a_table("label_counts", {"y": {"80": 50.0, "81": 50.0}})  # as prices and ages are
    model = a_contract(loss="mean_squared_error", activation="linear", units=1)
    run = a_run(*tables(thrice(gradient)), model, targets, whole, a_curve([9000.0] * 10))
    check("ZA502", run, want)


def test_it_names_the_kernel() -> None:
    found = flagged("ZA502", a_run(*tables(thrice(1e7)), *STUCK))
    assert found.layers == ("dense",)
    assert found.evidence[0].value == pytest.approx(1e8)


def test_it_folds_under_initial_weights_that_are_too_wide() -> None:
    loud = a_table("loss", {"loss": {"loss": 188.0}}, steps=[0])
    told = diagnose(a_run(*tables(thrice(1e7)), loud, *STUCK), CATALOGUE, strict=True)
    assert told.findings[0].code == "ZA602"
    assert "ZA502" in {c.code for c in told.findings[0].explains}
