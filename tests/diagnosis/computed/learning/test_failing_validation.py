"""Whether validation fails where training does not."""

from __future__ import annotations

import pytest

from tb_zeroacc.diagnosis.computed.learning.failing_validation import held_out
from tb_zeroacc.run import Role, Run, Split
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table

BASE = 2.0


def run(*losses: float) -> Run:
    return a_run(a_curve(losses, Role.LOSS, Split.VALIDATION))


@pytest.mark.parametrize(
    ("end", "training", "worse", "fails", "beats", "at_chance"),
    [
        (0.15, 0.1, False, False, True, False),
        (0.2, 0.1, True, False, True, False),
        (0.99, 0.1, True, False, True, False),
        (1.0, 0.1, True, True, False, False),
        (1.8, 0.1, True, True, False, True),
        (1.8, 0.91, False, False, False, True),
    ],
)
def test_against_training_and_baseline(
    end: float, training: float, worse: bool, fails: bool, beats: bool, at_chance: bool
) -> None:
    held = held_out(run(2.5, 0.1, end), training, BASE)
    assert held is not None
    assert (held.is_worse, held.fails, held.beats, held.is_at_chance) == (
        worse, fails, beats, at_chance,
    )  # fmt: skip
    assert held.best == min(0.1, end)


@pytest.mark.parametrize(("end", "fails"), [(0.74, False), (0.75, True)])
def test_without_a_baseline_it_must_be_thrice_the_training_loss(end: float, fails: bool) -> None:
    held = held_out(run(end), 0.25, None)
    assert held is not None
    assert held.fails is fails
    assert not held.beats
    assert not held.is_at_chance


def test_a_perfect_training_loss_is_no_measure() -> None:
    held = held_out(run(0.001), 0.0, None)
    assert held is not None
    assert not held.fails


def test_the_labels_of_validation_have_a_baseline_of_their_own() -> None:
    even = a_table("validation_labels", {"y": {"mean": 0.5}})
    counts = a_table("validation_label_counts", {"y": {"0": 10.0, "1": 10.0}})
    curve = a_curve([0.7], Role.LOSS, Split.VALIDATION)
    found = held_out(a_run(a_contract(units=2), curve, even, counts), 0.1, BASE)
    assert found is not None
    assert found.baseline == pytest.approx(0.6931, abs=1e-4)


def test_both_must_be_on_record() -> None:
    assert held_out(a_run(), 0.1, BASE) is None
    assert held_out(run(1.0), None, BASE) is None
    assert held_out(run(float("nan")), 0.1, BASE) is None
