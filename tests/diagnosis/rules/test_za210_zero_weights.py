"""ZA210 zero-weights."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Passed, Tier
from tb_zeroacc.facts import Fit
from tb_zeroacc.run import Run
from tests.diagnosis.planted import a_run, a_table
from tests.diagnosis.rules.asking import check, flagged
from tests.diagnosis.rules.planted.contracts import SCCE, head

ONE = head(SCCE, "softmax", 10)
PAIR = replace(ONE, outputs=tuple(replace(ONE.outputs[0], name=name) for name in ("y", "z")))


def weights(share: Any, samples: int = 3, row: str = "y") -> Any:
    told = {"zero_share": share, "count": 32.0}
    return a_table("sample_weights", {row: told}, steps=list(range(samples)))


def weighted(*weight: float | None) -> Run:
    outputs = zip(PAIR.outputs, weight, strict=False)
    return a_run(replace(PAIR, outputs=tuple(replace(o, weight=w) for o, w in outputs)))


ZA210: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "all are 0": (a_run(ONE, weights(1.0)), None),
    "in two batches": (a_run(ONE, weights(1.0, 2)), Tier.SMELL),
    "99 in 100": (a_run(ONE, weights(0.99)), Tier.SMELL),
    "fewer": (a_run(ONE, weights(0.98)), Passed),
    "padding": (a_run(ONE, weights([1.0, 0.9, 0.6])), Passed),
    "one of two outputs": (a_run(PAIR, weights(1.0, row="z")), Tier.SMELL),
    "weights that count": (a_run(ONE, weights(0.0)), Passed),
    "the weight of the loss": (weighted(0.0), None),
    "of both losses": (weighted(0.0, 0.0), None),
    "of one of them": (weighted(1.0, 0.0), Passed),
    "none given": (weighted(None, None), Passed),
    "no contract": (a_run(weights(1.0)), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), ZA210.values(), ids=ZA210.keys())
def test_zero_weights(run: Run, want: type[Answer] | Tier | None) -> None:
    check("ZA210", run, want)


def test_it_says_which_weights() -> None:
    by_class = replace(ONE, fit=Fit(class_weight=True))
    assert "class_weight" in flagged("ZA210", a_run(by_class, weights(1.0))).context
    assert "all 2 losses" in flagged("ZA210", ZA210["of both losses"][0]).summary
