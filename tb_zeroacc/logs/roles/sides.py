"""Which side of a curve is the better one, as far as its role and its name tell."""

from __future__ import annotations

import re

from tb_zeroacc.logs.roles.vocabulary import (
    BOUND,
    HIGHER_IS_BETTER,
    LOWER_IS_BETTER,
    PLAYERS,
    TURNED,
    joined,
)
from tb_zeroacc.run import Role

_LETTERS = re.compile("[a-z]+")


def is_players(role: Role, name: str, tag: str) -> bool:
    """Whether a loss is that of one of several networks that train against one another."""
    words = {*name.lower().split("_"), *_LETTERS.findall(tag.lower())}
    is_loss = role is Role.LOSS or (role in (Role.METRIC, Role.OTHER) and "loss" in words)
    return is_loss and bool(words & PLAYERS)


def side_of(role: Role, name: str, tag: str) -> int:
    """1 where higher is better, -1 where lower is, 0 where that is not known.

    Args:
        role: What the curve tells.
        name: What is measured, as `Meaning.name`.
        tag: The whole tag.
    """
    words = set(joined(name).lower().split("_"))
    if role is Role.LOSS:
        is_bound = BOUND in words and not words & TURNED
        return 0 if is_bound or is_players(role, name, tag) else -1
    if role in (Role.ACCURACY, Role.REWARD):
        return 1
    if role is not Role.METRIC or is_players(role, name, tag):
        return 0
    words |= {word.rstrip("0123456789") for word in words}
    return int(bool(words & HIGHER_IS_BETTER)) - int(bool(words & LOWER_IS_BETTER))
