"""What is ahead of a live training, in words and moments."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tb_zeroacc import telling, wire
from tb_zeroacc.facts import Fit
from tb_zeroacc.run import Curve, Run
from tb_zeroacc.series import Series
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table

BEGIN = 1_000_000.0  # seconds since 1970


def a_loss(values: list[float]) -> Curve:
    """One point a minute."""
    steps = range(len(values))
    series = Series.of(steps, values, [BEGIN + 60 * step for step in steps])
    return replace(a_curve([1.0], axis="step"), series=series)


def live(values: list[float], *callbacks: str, state: str = "live") -> Run:
    planned = Fit(epochs=10, steps_per_epoch=78,
                  callbacks=tuple({"class_name": name} for name in callbacks))  # fmt: skip
    paced = a_table("progress", {"progress": {"seconds_per_step": 60}}, steps=[0, len(values) - 1])
    return a_run(a_contract(fit=planned), a_loss(values), paced, state=state)


def told(run: Run) -> wire.Progress:
    progress = telling.progress(run)
    assert progress is not None
    return progress


def test_it_says_how_far_it_is_and_when_it_ends() -> None:
    progress = told(live([2.0] * 20, "EarlyStopping"))
    assert progress["text"] == "step 20 of 780"
    assert progress["share"] == pytest.approx(20 / 780)
    assert progress["end"]["at"] == pytest.approx(BEGIN + 60 * 19 + 60 * 760)
    assert progress["end"]["note"] == "EarlyStopping may end it sooner"


def test_the_loss_levels_off_later_at_its_own_pace() -> None:
    x = np.arange(50)
    noise = 0.02 * np.random.default_rng(1).standard_normal(50)
    convergence = told(live((0.2 + 2 * np.exp(-x / 20) + noise).tolist()))["convergence"]
    assert convergence["at"] is not None
    assert convergence["earliest"] is not None
    assert convergence["latest"] is not None
    assert convergence["earliest"] <= BEGIN + 60 * 20 * np.log(50) <= convergence["latest"]
    assert convergence["note"].startswith("near 0.")


def test_what_has_levelled_off_did_so_in_the_past() -> None:
    x = np.arange(200)
    noise = 0.02 * np.random.default_rng(1).standard_normal(200)
    run = live((0.2 + 2 * np.exp(-x / 20) + noise).tolist())
    convergence = told(run)["convergence"]
    assert convergence["at"] == convergence["latest"] == BEGIN + 60 * 199
    assert convergence["note"].startswith("near 0.2")


def test_what_may_have_levelled_off_or_not_is_no_moment() -> None:
    x = np.arange(82)
    noise = 0.02 * np.random.default_rng(0).standard_normal(82)
    convergence = told(live((0.2 + 2 * np.exp(-x / 20) + noise).tolist()))["convergence"]
    assert convergence["at"] is None
    assert "or go on falling" in convergence["note"]


@pytest.mark.parametrize(
    ("values", "note"),
    [
        ([2.3] * 40, "the loss does not fall beyond its scatter"),
        ([2.3] * 3, "the loss has fewer than 20 points"),
    ],
)
def test_where_no_moment_can_be_told_it_says_why(values: list[float], note: str) -> None:
    convergence = told(live(values))["convergence"]
    assert convergence["at"] is None
    assert convergence["note"].startswith(note)


def test_only_a_live_training_has_something_ahead() -> None:
    assert telling.progress(live([2.0], state="ended")) is None
    assert telling.progress(live([2.0], state="unknown")) is None
    nothing = told(Run("empty", state="live"))
    assert (nothing["text"], nothing["share"], nothing["end"]["at"]) == ("", None, None)


@pytest.mark.parametrize("state", ["live", "ended", "unknown"])
@pytest.mark.parametrize("values", [[2.0] * 20, [2.0]])
def test_parts_of_it_are_told_alone(values: list[float], state: str) -> None:
    run = live(values, state=state)
    progress = telling.progress(run)
    alone = telling.how_far(run), telling.expected_end(run)
    assert alone == (("", None) if progress is None else (progress["text"], progress["end"]["at"]))
