"""The answer on hidden layers whose units are dead or saturated."""

from __future__ import annotations

from dataclasses import dataclass

from tb_zeroacc.diagnosis.answering.fixes.keras_code import ACTIVATION_LAYERS, layer_call
from tb_zeroacc.diagnosis.answers import (
    Answer,
    Evidence,
    Fix,
    Flagged,
    NotApplicable,
    Passed,
    below,
)
from tb_zeroacc.diagnosis.computed.model.layers import layer_named, layer_of
from tb_zeroacc.diagnosis.computed.model.samples import ROUNDING
from tb_zeroacc.diagnosis.computed.model.silent_units import high_since, reaches, settled_shares
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.needs import ACTIVATIONS
from tb_zeroacc.facts import Layer
from tb_zeroacc.run import Run
from tb_zeroacc.wording import count, percent


@dataclass(frozen=True, slots=True)
class SilentUnits:
    """What a rule on silent units looks at, and its words.

    Attributes:
        column: Of the table of activations: the share of silent units.
        layers: The layers that have it.
        members: What a share of them is: `units`, `activations`.
        what: What such units are.
        shown: Name of the share in the evidence.
        tag: The scalar that shows it, without the layer.
        initializer: A kernel initialiser that suits these layers.
        shows_bias: Whether the fix shows the bias initialiser, which may be the cause.
        instead: What to use instead of a layer that is nothing but such an activation.
    """

    column: str
    layers: str
    members: str
    what: str
    shown: str
    tag: str
    initializer: str
    shows_bias: bool = False
    instead: str = ""


def answer_on(context: RunContext, units: SilentUnits, threshold: float) -> Answer:
    """The answer on a share of each hidden layer's units that should end below a threshold."""
    table = context.given(ACTIVATIONS)
    shares = settled_shares(context.run, table, units.column)
    if not shares:
        return NotApplicable(f"no hidden {units.layers} layer is recorded")
    beyond = {row: share for row, share in shares.items() if reaches(share, threshold)}
    if beyond:
        return _flagged(context, units, beyond, threshold)
    worst = max(shares, key=lambda row: shares[row] if shares[row] >= 0 else -1.0)  # NaN is least
    return Passed(f"at most {percent(shares[worst])} {units.what} at the end, in "
                  f"`{table.rows[worst]}` (limit {percent(threshold)})")  # fmt: skip


def _flagged(
    context: RunContext, units: SilentUnits, beyond: dict[int, float], threshold: float
) -> Flagged:
    run, table = context.run, context.given(ACTIVATIONS)
    since = {row: high_since(table, units.column, row, threshold) for row in beyond}
    names = {row: layer_of(run, table.rows[row]) for row in beyond}
    first_of: dict[str, int] = {}  # of each layer: calls of a shared one count once
    for row in sorted(beyond, key=lambda row: since[row]):
        first_of.setdefault(names[row], row)
    rows = list(first_of.values())
    first = rows[0]
    from_start = since[first] <= int(table.steps[0])
    when = "from the first step on" if from_start else f"since step {since[first]}"
    whence = (
        "They are so before the first update: initialisation or inputs are the cause."
        if from_start
        else "They were not at first: updates are the cause."
    )
    share = f"{percent(beyond[first])} of the {units.members} of `{names[first]}`"
    return Flagged(
        summary=f"{share} are {units.what} {when}{_others([since[row] for row in rows])}.",
        context=f"Such units pass no gradient back. {whence}",
        evidence=tuple(
            Evidence.of_table(
                f"{units.shown} of `{names[row]}`, last samples", table, beyond[row],
                below(threshold, room=ROUNDING), unit="share", layer=names[row],
                since=since[row], until=int(table.steps[-1]),
                shown_by=run.curve(f"{units.tag}/{names[row]}"),
            )
            for row in rows
        ),
        since=since[first],
        layers=tuple(first_of),
        fix=_fix(run, names[first], units) if from_start else None,
    )  # fmt: skip


def _others(onsets: list[int]) -> str:
    """The words on the layers after the first one."""
    later = sum(since > onsets[0] for since in onsets)
    equal = len(onsets) - 1 - later
    others = f", also in {count(equal, 'more layer')}" if equal else ""
    return others + (f"; {count(later, 'more layer')} followed later" if later else "")


def _fix(run: Run, name: str, units: SilentUnits) -> Fix | None:
    layer = layer_named(run, name)
    if layer is None:
        return None
    if layer.class_name in ACTIVATION_LAYERS:
        return _other_activation(layer, units.instead) if units.instead else None
    before = layer_call(
        layer, activation=layer.activation, kernel=layer.kernel_initializer,
        bias=layer.bias_initializer if units.shows_bias else None,
    )  # fmt: skip
    after = layer_call(layer, activation=layer.activation, kernel=units.initializer)
    return Fix(
        f"Use a standard initialisation for `{name}`, and standardised inputs.",
        f"- {before}\n+ {after}",
    )


def _other_activation(layer: Layer, instead: str) -> Fix:
    given = f'"{layer.activation}"' if layer.class_name == "Activation" else ""
    return Fix(
        f"Use one that passes a gradient everywhere instead of `{layer.name}`, or see that what "
        "it gets is not below 0 throughout.",
        f"- keras.layers.{layer.class_name}({given})\n+ keras.layers.{instead}()",
    )
