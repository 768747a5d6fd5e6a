"""ZA606 deep-without-shortcuts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, NotApplicable, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.facts import Layer, Operation, Optimizer
from tb_zeroacc.run import Role, Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import check, flagged

COUNTS = a_table("label_counts", {"y": {str(k): 50.0 for k in range(10)}})
STUCK = (COUNTS, a_curve([2.3] * 10), a_curve([0.1] * 10, Role.ACCURACY))
LEARNS = (COUNTS, a_curve([2.3, 0.1]), a_curve([0.1, 0.98], Role.ACCURACY))


def stack(depth: int, *more: Layer, begun: str = "GlorotUniform") -> Any:
    """So many dense layers in a row, the last of which is the output."""
    hidden = [
        Layer(f"dense_{i}", "Dense", "relu", 16, begun, variables=(f"dense_{i}/kernel",))
        for i in range(depth - 1)
    ]
    last = Layer("head", "Dense", "softmax", 10, begun, is_output=True, variables=("head/kernel",))
    return a_contract(*hidden, *more, last)


def tables(depth: int, signal: float = 1.0, gradient: float = 1.0) -> tuple[Any, ...]:
    """What the last hidden layer is of the first, and the first gradient of the last."""
    names = [*(f"dense_{i}" for i in range(depth - 1)), "head"]
    sizes = {name: {"rms": 1.0} for name in names}
    sizes[names[-2]] = {"rms": signal}
    gradients = {f"{name}/kernel": {"rms": 1.0, "present": 1.0} for name in names}
    gradients["dense_0/kernel"] = {"rms": gradient, "present": 1.0}
    weights = {f"{name}/kernel": {"rms": 0.2, "unit_spread": 0.1} for name in names}
    return (
        a_table("activations", sizes), a_table("gradients", gradients),
        a_table("weights", weights),
    )  # fmt: skip


def run(
    depth: int = 12, *, contract: Any = None, more: tuple[Any, ...] = STUCK, **off: float
) -> Run:
    return a_run(contract or stack(depth), *tables(depth, **off), *more)


NORMED = stack(12, Layer("norm", "LayerNormalization"))
OWN = replace(stack(12), model="Net", operations=None)
AROUND = replace(stack(12), model="Functional", operations=(Operation("Add", 2),))
IN_A_ROW = replace(stack(12), model="Functional", operations=())
TWO = replace(stack(12), optimizers=(Optimizer("Adam"), Optimizer("SGD")))

ZA606: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "signals fade": (run(signal=1e-4), None),
    "signals grow": (run(signal=1e4), None),
    "gradients fade": (run(gradient=1e-4), None),
    "gradients at the limit": (run(gradient=0.99e-3), None),
    "neither": (run(signal=1.1e-3, gradient=1.1e-3), Passed),
    "ten layers": (run(10, signal=1e-4), None),
    "nine": (run(9, signal=1e-4), NotApplicable),
    "normalised": (run(contract=NORMED, signal=1e-4), Passed),
    "a way around": (run(contract=AROUND, signal=1e-4), Passed),
    "a graph without one": (run(contract=IN_A_ROW, signal=1e-4), None),
    "a call of its own": (run(contract=OWN, signal=1e-4), CannotTell),
    "two optimizers": (run(contract=TWO, signal=1e-4), NotApplicable),
    "it learns": (run(more=LEARNS, signal=1e-4), Passed),
    "not recorded": (a_run(stack(12), *STUCK), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), ZA606.values(), ids=ZA606.keys())
def test_deep_without_shortcuts(run: Run, want: type[Answer] | Tier | None) -> None:
    check("ZA606", run, want)


def test_usual_initial_weights_did_not_bring_it_about() -> None:
    def told(begun: str) -> list[str]:
        found = run(contract=stack(12, begun=begun), signal=1e-4)
        return [f.code for f in diagnose(found, CATALOGUE, strict=True).findings]

    assert "ZA606" in told("GlorotUniform")
    assert "ZA606" not in told("RandomNormal(stddev=0.01)")


def test_it_folds_under_gradients_that_vanish() -> None:
    still = run(gradient=1e-6)
    weights = still.tables["weights"]
    values = weights.values.copy()
    values[:, :, weights.columns.index("update_ratio")] = 1e-9
    found = replace(still, tables={**still.tables, "weights": replace(weights, values=values)})
    told = diagnose(found, CATALOGUE, strict=True)
    heading = next(f for f in told.findings if f.code == "ZA503")
    assert "ZA606" in {c.code for c in heading.explains}


def test_it_counts_the_layers() -> None:
    assert "12 layers" in flagged("ZA606", run(signal=1e-4)).summary
