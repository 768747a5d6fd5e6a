"""ZA503 vanishing-gradients."""

from __future__ import annotations

from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, NotApplicable, Passed
from tb_zeroacc.facts import Layer
from tb_zeroacc.run import Curve, Run, Table
from tests.diagnosis.planted import a_contract, a_run, a_table
from tests.diagnosis.rules.asking import answer, flagged
from tests.diagnosis.rules.planted.numbers import BEATS, STUCK


# --- ZA503 ------------------------------------------------------------------------------------
def deep(
    first: float, *, layers: int = 4, moved: float = 1e-9, parts: tuple[Any, ...] = STUCK
) -> Run:
    """Kernels whose gradient grows from `first` to 1 towards the output."""
    names = [f"d{i}" for i in range(layers)]
    stack = [Layer(n, "Dense", "sigmoid", 8, variables=(f"{n}/kernel",)) for n in names]
    gradients = {
        f"{n}/kernel": {"rms": [first ** (1 - i / (layers - 1))] * 20}
        for i, n in enumerate(names)
    }
    weights = {
        f"{n}/kernel": {"rms": 0.1, "unit_spread": 0.1, "update_ratio": [moved] * 20}
        for n in names
    }
    others = [p for p in parts if isinstance(p, Table | Curve)]
    return a_run(
        a_table("gradients", gradients), a_table("weights", weights), a_contract(*stack), *others
    )


ZA503: dict[str, tuple[Run, type[Answer]]] = {
    "faded": (deep(1e-8), Flagged),
    "on the threshold": (deep(1.001e-4), Passed),
    "under the threshold": (deep(0.99e-4), Flagged),
    "exactly none is no fading": (deep(0.0), Passed),
    "the first layer moves all the same": (deep(1e-8, moved=1e-3), Passed),
    "stands still, on the threshold": (deep(1e-8, moved=1.001e-6), Passed),
    "three layers": (deep(1e-8, layers=3), NotApplicable),
    "muted": (deep(1e-8, parts=BEATS), Passed),
    "nothing recorded": (a_run(*STUCK), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), ZA503.values(), ids=ZA503.keys())
def test_vanishing_gradients(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA503", run), want)


def test_no_gradient_at_the_output_cannot_tell() -> None:
    run = deep(1e-8)
    run.tables["gradients"].values[:] = 0
    assert isinstance(answer("ZA503", run), CannotTell)


def test_vanishing_names_its_layers_and_number() -> None:
    found = flagged("ZA503", deep(1.6e-8))
    assert "`d0` gets 1.6e-8 of the last layer's gradient" in found.summary
    assert found.layers == ("d0", "d1")
    assert found.since == 0
    assert found.fix is not None
    assert "sigmoid" in found.fix.code
