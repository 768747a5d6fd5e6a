"""ZA612 one-player-only."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, NotApplicable, Passed
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.run import Curve, Role, Run
from tests.diagnosis.planted import a_curve, a_run
from tests.diagnosis.rules.asking import answer, flagged


def loss_of(name: str, values: Sequence[float], role: Role = Role.LOSS) -> Curve:
    return a_curve(values, role, tag=f"train/{name}", name=name, headline=False)


def game(
    makes: Sequence[float], judges: Sequence[float], *more: Curve, names: str = "g_loss d_loss"
) -> Run:
    maker, judge = names.split()
    return a_run(loss_of(maker, makes), loss_of(judge, judges), *more, recorded=False)


LOSES, ZERO = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 6.5, 7.0], [0.7, 0.3, 0.1, 0.05, *[0.01] * 4]
GOAL = [0.7 + 0.2 * math.sin(i) for i in range(20)]
LATE = "generator_loss critic_loss"
CASES: dict[str, tuple[Run, type[Answer]]] = {
    "the discriminator wins": (game(LOSES, ZERO), Flagged),
    "the generator wins": (game(ZERO, LOSES), Flagged),
    "by other names": (game(LOSES, ZERO, names=LATE), Flagged),
    "a critic that is a metric": (
        a_run(loss_of("generator_loss", LOSES), loss_of("critic_loss", ZERO, Role.METRIC),
              recorded=False), Flagged),
    "just beyond the limits": (game([3.01] * 8, [0.0999] * 8), Flagged),
    "the loser on its limit": (game([3.0] * 8, [0.0999] * 8), Passed),
    "the winner on its limit": (game([3.01] * 8, [0.1] * 8), Passed),
    "the generator wins, and the other's loss is a mean": (game(ZERO, [1.51] * 8), Flagged),
    "a fooled one on its limit": (game(ZERO, [1.5] * 8), Passed),
    "a generator at that level": (game([1.51] * 8, ZERO), Passed),
    "a healthy game near ln 2": (game(GOAL, GOAL[::-1]), Passed),
    "a healthy game that the generator does not win": (game([2.5] * 8, [0.3] * 8), Passed),
    "won for a while": (game(LOSES, [*[0.01] * 7, 0.4]), Passed),
    "distances of a critic": (game(LOSES, [-1.0] * 8), NotApplicable),
    "a generator with targets": (game(LOSES, ZERO, loss_of("g_l1", LOSES)), NotApplicable),
    "an actor and its critic": (game(LOSES, ZERO, names="actor_loss critic_loss"), NotApplicable),
    "rewards": (game(LOSES, ZERO, a_curve([1.0, 2.0], Role.REWARD)), NotApplicable),
    "few points": (game(LOSES[:6], ZERO[:6]), CannotTell),
    "one loss": (a_run(loss_of("g_loss", LOSES), recorded=False), NotApplicable),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), CASES.values(), ids=CASES.keys())
def test_one_player_only(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA612", run), want)


def test_it_names_both_losses() -> None:
    found = flagged("ZA612", game(LOSES, ZERO))
    assert found.summary.startswith("`d_loss` stands at 0.01 and `g_loss` at 6.25")
    assert found.since == 4


def test_the_outcome_of_a_game_is_no_matter_of_its_losses() -> None:
    """A loss of a critic that reads as a metric shows no more than one that reads as a loss."""
    falls = [0.9 * 0.8**i + 0.3 for i in range(20)]
    for role in (Role.LOSS, Role.METRIC):
        run = game(GOAL, falls, loss_of("critic_loss", falls, role), names="generator_loss d_loss")
        assert diagnose(run, CATALOGUE, strict=True).outcome is Outcome.CANNOT_TELL
    beside = a_curve(falls, tag="train/loss", name="loss")
    assert diagnose(a_run(beside, *run.curves, recorded=False), CATALOGUE).outcome is (
        Outcome.CANNOT_TELL
    )
    assert diagnose(a_run(beside, recorded=False), CATALOGUE).outcome is Outcome.LEARNING
