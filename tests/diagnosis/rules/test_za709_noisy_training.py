"""ZA709 noisy-training."""

from __future__ import annotations

from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, NotApplicable, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.facts import Optimizer
from tb_zeroacc.run import Role, Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import check, flagged

COUNTS = a_table("label_counts", {"y": {str(k): 50.0 for k in range(10)}})
STANDS, FALLS = a_curve([2.5, 2.4, 2.4, 2.35]), a_curve([2.9, 2.8, 2.7, 2.3])
LEARNS = (a_curve([2.3, 0.5, 0.1, 0.1]), a_curve([0.1, 0.98], Role.ACCURACY))
CRITIC = a_contract(optimizer=Optimizer("Adam", 0.1, name="d_optimizer"))


def run(
    examples: float = 4.0, update: float = 0.06, swing: float = 0.3, *more: Any, samples: int = 20
) -> Run:
    """Batches of so many examples, their early updates, and how far their losses spread."""
    losses = [2.4 * (1 + swing), 2.4 * (1 - swing)] * (samples // 2)
    rest = more or (a_contract(), COUNTS, STANDS)
    return a_run(
        a_table("batch", {"x": {"examples": [examples] * samples}}),
        a_table("loss", {"loss": {"loss": losses}}),
        a_table("weights", {"dense/kernel": {"rms": 0.1, "update_ratio": [update] * samples}}),
        *rest,
    )


ZA709: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "four examples": (run(), None),
    "eight": (run(8.0), None),
    "nine": (run(9.0), Passed),
    "updates on the limit": (run(4.0, 0.0501), None),
    "just under": (run(4.0, 0.0499), Passed),
    "a loss that swings less": (run(4.0, 0.06, 0.24), Passed),
    "a loss that still falls": (run(4.0, 0.06, 0.3, a_contract(), COUNTS, FALLS), Passed),
    "two epochs": (run(4.0, 0.06, 0.3, a_contract(), COUNTS, a_curve([2.4, 2.4])), Passed),
    "it learns": (run(4.0, 0.06, 0.3, a_contract(), COUNTS, *LEARNS), Passed),
    "few samples": (run(samples=18), CannotTell),
    "the size of batches is unknown": (run(float("nan")), CannotTell),
    "not recorded": (a_run(a_contract(), COUNTS, STANDS), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), ZA709.values(), ids=ZA709.keys())
def test_noisy_training(run: Run, want: type[Answer] | Tier | None) -> None:
    check("ZA709", run, want)


def test_nets_that_train_against_each_other_swing_in_health() -> None:
    losses = [a_curve([0.7] * 4, tag=f"zeroacc/epoch/{n}_loss", name=f"{n}_loss", headline=False)
              for n in ("d", "g")]  # fmt: skip
    found = run(4.0, 0.06, 0.3, a_contract(), COUNTS, STANDS, *losses)
    check("ZA709", found, NotApplicable)


def test_it_stands_beside_a_rate_that_is_too_high() -> None:
    told = diagnose(run(4.0, 0.3, 0.9, samples=40), CATALOGUE, strict=True)
    assert {"ZA701", "ZA709"} <= {finding.code for finding in told.findings}


def test_it_names_the_batch() -> None:
    found = flagged("ZA709", run())
    assert "Batches of 4 examples" in found.summary
    assert "batch_size=4" in (found.fix.code if found.fix else "")
