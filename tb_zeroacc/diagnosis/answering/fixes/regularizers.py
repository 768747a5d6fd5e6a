"""The code of a fix that weakens a regulariser."""

from __future__ import annotations

from tb_zeroacc.diagnosis.answers import Fix

WEAKER = 1000.0  # times: what dominates is far from what helps


def weaker_regularizer(what: str, kind: str) -> Fix | None:
    """The same regulariser, a thousandth as strong; None where its strength is not known.

    Args:
        what: What it is of, `kernel` or `activity`.
        kind: As the contract writes it, `L2(0.01)`.
    """
    name, _, strength = kind.removesuffix(")").partition("(")
    try:
        weak = float(strength) / WEAKER
    except ValueError:
        return None
    call = f"{what}_regularizer=keras.regularizers.{name}"
    return Fix(
        f"Weaken the regularisers: {name}({weak:g}) to begin with.",
        f"- {call}({strength}),\n+ {call}({weak:g}),",
    )
