"""ZA509 constant-output."""

from __future__ import annotations

from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, NotApplicable, Passed
from tb_zeroacc.run import Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import answer
from tests.diagnosis.rules.planted.numbers import BEATS, NAN, STUCK


# --- ZA509 ------------------------------------------------------------------------------------
def spread(value: float, *parts: Any, samples: int = 20, examples: float = 32) -> Run:
    row = {"spread": [value] * samples, "examples": examples, "mean": 0.1, "units": 10}
    return a_run(a_table("outputs", {"y": row}), *(parts or STUCK))


def held(value: float, training: float = 0.3, examples: float = 128) -> Run:
    """Outputs of validation beside those of training, which dropout makes differ."""
    row = {"spread": [value] * 4, "examples": examples, "mean": 0.1, "units": 10}
    ends = a_table("validation_outputs", {"y": row}, steps=[20, 41, 62, 83])
    return spread(training, ends, *STUCK)


def labelled(*stds: float) -> Run:
    """Outputs without a spread, beside labels that have one in some batches."""
    labels = a_table("labels", {"y": {"std": list(stds)}})
    return spread(0.0, labels, *STUCK, samples=len(stds))


def behind_weights(*broken: float) -> Run:
    """Outputs that differ in the first half; with so many broken weights in each half."""
    row = {"spread": [0.1] * 20 + [0.0] * 20, "examples": 32.0, "mean": 0.1, "units": 10}
    counts = [count for count in broken for _ in range(20)]
    weights = a_table("weights", {"dense/kernel": {"non_finite_count": counts}})
    return a_run(a_table("outputs", {"y": row}), weights, *STUCK)


SCALE = 0.3  # standard deviation of a share of one in ten
ZA509: dict[str, tuple[Run, type[Answer]]] = {
    "the same": (spread(0.0), Flagged),
    "nearly the same": (spread(0.99e-3 * SCALE), Flagged),
    "above the threshold": (spread(1.01e-3 * SCALE), Passed),
    "muted": (spread(0.0, *BEATS), Passed),
    "one example a batch": (spread(0.0, examples=1), NotApplicable),
    "first steps": (spread(0.0, samples=10), CannotTell),
    "alike without dropout alone": (held(1e-8), Flagged),
    "different without dropout": (held(0.1), Passed),
    "unlike in validation alone": (held(0.1, training=0.0), Passed),
    "validation without a spread": (held(NAN, training=0.0), Flagged),
    "labels are alike as well": (labelled(*[0.0] * 20), CannotTell),
    "labels differ in one batch of the last": (labelled(*[0.0] * 18, 1.5, 0.0), Flagged),
    "unknown": (spread(NAN), CannotTell),
    "the same behind whole weights": (behind_weights(0.0, 0.0), Flagged),
    "behind weights that are NaN": (behind_weights(0.0, 3.0), CannotTell),
    "nothing recorded": (a_run(*STUCK), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), ZA509.values(), ids=ZA509.keys())
def test_constant_output(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA509", run), want)


def test_a_regression_is_held_against_its_targets() -> None:
    """Targets of tiny scale: outputs of that scale are no constant."""
    contract = a_contract(loss="mean_squared_error", activation="linear", units=1)
    labels = a_table("labels", {"y": {"mean": 0.0, "std": 1e-5, "count": 32.0}})
    outputs = {"y": {"spread": [5e-6] * 20, "examples": 32.0, "mean": 0.0}}
    run = a_run(contract, labels, a_table("outputs", outputs), a_curve([1.0] * 4))
    assert isinstance(answer("ZA509", run), Passed)
