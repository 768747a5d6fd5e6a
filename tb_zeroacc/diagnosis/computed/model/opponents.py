"""Networks that train against one another."""

from __future__ import annotations

import re

from tb_zeroacc.diagnosis.computed.per_run import per_run
from tb_zeroacc.run import Role, Run

_LETTERS = re.compile("[a-z]+")
# Of the names of models, layers and variables, where a single letter means nothing.
NAMED = frozenset({"generator", "discriminator", "critic", "adversary"})


@per_run
def has_opponent(run: Run) -> bool:
    """Whether curves, model or layers are named after networks that train against one another.

    A discriminator near ln 2 is the goal of a healthy game, not a model that learned nothing.
    """
    outputs = run.contract.outputs if run.contract else ()
    of_outputs = {f"{output.name}_loss" for output in outputs}  # an output may be called `d`
    losses = [curve for curve in run.curves_of(Role.LOSS) if curve.name not in of_outputs]
    return any(loss.is_players for loss in losses) or not NAMED.isdisjoint(_names(run))


def _names(run: Run) -> set[str]:
    if run.contract is None:
        return set()
    named = [run.contract.model or "", *(output.name for output in run.contract.outputs)]
    for layer in run.contract.layers:
        named += [layer.name, *layer.variables]
    return {word for name in named for word in _LETTERS.findall(name.lower())}
