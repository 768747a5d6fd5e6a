"""Curves and numbers beside the evidence proper, for the page to draw."""

from __future__ import annotations

from tb_zeroacc.diagnosis.answers import Comparison, Evidence
from tb_zeroacc.diagnosis.computed.step_loss import STEP_LOSS_TAG
from tb_zeroacc.run import Role, Run


def curve_shown(run: Run, *roles: Role) -> tuple[Evidence, ...]:
    """The first headline curve of these roles with its last value, for the page to draw."""
    for role in roles:
        curve = run.headline(role)
        if curve is not None and len(curve.series):
            return (
                Evidence(
                    f"{curve.name} at the end", curve.series.last.value, member=curve.member,
                    tag=curve.tag, axis=curve.axis, first_step=curve.series.first.step,
                    last_step=curve.series.last.step,
                ),
            )  # fmt: skip
    return ()


def loss_shown(run: Run, since: int = 0) -> tuple[Evidence, ...]:
    """The last batch's loss, for the page to draw what the fault did to it; empty without one."""
    return last_shown(run, STEP_LOSS_TAG, "loss of the last sampled batch", since)


def last_shown(run: Run, tag: str, text: str, since: int = 0) -> tuple[Evidence, ...]:
    """The last point of one of the recorder's scalars, for the page to draw; empty without one."""
    curve = run.curve(tag)
    if curve is None or not len(curve.series):
        return ()
    last = curve.series.last
    return (fact(run, text, last.value, tag=tag, since=since, until=last.step),)


def fact(
    run: Run,
    text: str,
    value: float,
    threshold: float | None = None,
    comparison: Comparison | None = None,
    *,
    tag: str | None = None,
    unit: str = "",
    layer: str | None = None,
    since: int | None = None,
    until: int | None = None,
) -> Evidence:
    """A number of the recorder's tables, tied to the scalar `tag` where the log holds that one."""
    curve = run.curve(tag) if tag else None
    return Evidence(
        text=text,
        value=float(value),
        threshold=threshold,
        comparison=comparison,
        unit=unit,
        member=curve.member if curve else run.recorder_member or "",
        tag=curve.tag if curve else None,
        layer=layer,
        axis="step",
        first_step=since,
        last_step=until,
    )
