"""Curves beside the evidence proper, for the page to draw."""

from __future__ import annotations

from tb_zeroacc.diagnosis.answers import Evidence, Limit, at_least, below
from tb_zeroacc.diagnosis.computed.chance.baseline import HOPELESS
from tb_zeroacc.diagnosis.computed.learning.step_loss import STEP_LOSS_TAG
from tb_zeroacc.run import Curve, Role, Run
from tb_zeroacc.wording import count


def curve_shown(run: Run, *roles: Role) -> tuple[Evidence, ...]:
    """The first headline curve of these roles with its last value, for the page to draw."""
    for role in roles:
        curve = run.headline(role)
        if curve is not None and len(curve.series):
            return (Evidence.of_curve(f"{curve.name} at the end", curve),)
    return ()


def loss_shown(run: Run, since: int = 0) -> tuple[Evidence, ...]:
    """The last batch's loss, for the page to draw what the fault did to it; empty without one."""
    return last_shown(run, STEP_LOSS_TAG, "loss of the last sampled batch", since)


def last_shown(run: Run, tag: str, text: str, since: int = 0) -> tuple[Evidence, ...]:
    """The last point of one of the recorder's scalars, for the page to draw; empty without one."""
    curve = run.curve(tag)
    if curve is None or not len(curve.series):
        return ()
    return (Evidence.of_curve(text, curve, since=since),)


def accuracy_against(
    run: Run, what: str, least: float, since: int | None = None
) -> tuple[Evidence, ...]:
    """The last training accuracy against the least that is healthy, 0 to 1; empty without one."""
    curve = run.headline(Role.ACCURACY)
    if curve is None or not len(curve.series):
        return ()
    text, limit = f"accuracy at the end, against {what}", at_least(least / curve.scale)
    return (Evidence.of_curve(text, curve, limit=limit, since=since),)


def below_chance(score: float, *, of_classes: bool, hopeless: float = HOPELESS) -> Limit:
    """What a loss must clearly stay below to show that something was learned.

    Args:
        score: The loss of the best constant prediction.
        of_classes: Whether that one guesses a class.
        hopeless: Share of that loss from which on it shows nothing.
    """
    name = "guessing scores" if of_classes else "a constant scores"
    return below(score, room=(1.0 - hopeless) * abs(score), name=name)


def points_of(curve: Curve, quantity: int) -> str:
    """So many points of a curve in words: `4 epochs`, `200 points`."""
    return count(quantity, "epoch" if curve.axis == "epoch" else "point")
