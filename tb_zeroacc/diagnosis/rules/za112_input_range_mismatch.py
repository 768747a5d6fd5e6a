"""ZA112: inputs of a range that the front of the model was not made for."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tb_zeroacc.diagnosis.answers import (
    Answer,
    CannotTell,
    Evidence,
    Fix,
    Flagged,
    NotApplicable,
    Passed,
    Stage,
    Tier,
    at_least,
    at_most,
)
from tb_zeroacc.diagnosis.computed.data.backbones import Backbone, frozen_backbone
from tb_zeroacc.diagnosis.computed.data.inputs import (
    entry,
    has_constant_input,
    hidden_entry,
    prepared_by,
    rms_by_feature,
    scaling_operations,
)
from tb_zeroacc.diagnosis.computed.learning.failing_validation import held_out
from tb_zeroacc.diagnosis.computed.model.samples import ROUNDING
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import CONTRACT, INPUTS
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.facts import Layer
from tb_zeroacc.run import Run, Table
from tb_zeroacc.wording import number

EXPECTS_BYTES = 1.0 / 32.0  # a scale of 1/255 or 1/127.5, and nothing larger, is for bytes
# Standard deviation behind a layer that rescales bytes: .0015 to .005 where they were rescaled
# before, .38 in digits that were not (measured).
SQUEEZED = 0.02
# Largest feature's root mean square. Pixels that were divided by 255 twice: .002; tables that train
# well as they ship: .048 (diabetes).
FAINT = 0.01
ONCE = Fix(
    "Leave the scaling to the model: give it inputs of 0 to 255.",
    "- model.fit(x / 255, y)\n+ model.fit(x, y)",
)
CONSEQUENCES = (
    "ZA206", "ZA403", "ZA404", "ZA503", "ZA504", "ZA505", "ZA509", "ZA602", "ZA605", "ZA608",
    "ZA613", "ZA702", "ZA704", "ZA705", "ZA706",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Mismatch:
    """What does not fit: in words, the number that shows it, and what to do."""

    what: str
    shown: Evidence
    fix: Fix
    layers: tuple[str, ...] = ()


@rule(
    "ZA112",
    "input-range-mismatch",
    Tier.STRONG,
    Stage.INPUT,
    motif=Motif.DATA_PATH,
    healthy="The range of the inputs suits the model",
    needs=(INPUTS, CONTRACT),
    explains=CONSEQUENCES,
    fix=Fix(
        "Scale the inputs once: in the pipeline or in the model.",
        "- model.fit(x / 255, y)\n+ model.fit(x, y)",
    ),
)
def input_range_mismatch(context: RunContext) -> Answer:
    """The inputs are scaled twice, or not to the range that the model was made for.

    ## What it means
    Pictures are divided by 255 although the model does so itself (`Rescaling`, or a backbone such
    as EfficientNet that has one built in), or twice on their way to it; or a pretrained backbone
    gets another range than the one that it was trained on.

    ## Why accuracy suffers
    All pictures look alike to the first layer: what distinguishes them is some thousandths. Its
    outputs hardly differ, and neither do the predictions. A frozen backbone answers such pictures
    with the same features for all of them.

    ## How it is detected
    Any of three. (1) A `Rescaling` with a scale of 1/32 or less stands in front of the first
    kernel, or operations such as `x / 255` of a functional model multiply the inputs by as little,
    and what comes out has a standard deviation under .02 in all samples: .0015 to .005 for pictures
    that were rescaled before, .38 for digits that were not. (2) No layer scales
    the inputs, and the largest root mean square of a feature is under .01 (.002 for pixels divided
    twice; raw diabetes data, which train well, have .048). (3) A backbone of `keras.applications`,
    known by its first layers, is frozen and comes first in the model, and the inputs exceed 10
    although it was trained on -1 to 1 or on standardised pixels, or never exceed 2 although it was
    trained on the range of bytes. A run that beats its baseline, and whose validation does not
    fail, gets a smell for the first, and passes the others.

    ## How to fix it
    ```python
    model.fit(x, y)  # 0 to 255, as keras.layers.Rescaling(1 / 255) expects
    ```
    For a backbone use its own function, `keras.applications.mobilenet_v2.preprocess_input`.

    ## Easily confused with
    ZA109 pipeline-stage-destroys-data: it names the stage, where there are taps. ZA103
    input-not-normalised: there the inputs are too large. ZA509 constant-output: it follows.

    ## Sources
    keras.io/api/applications (each model expects its own range). Margins measured on Keras 3.15.
    """
    run, table = context.run, context.given(INPUTS)
    if not np.isfinite(table.column("max")).any():
        return CannotTell("no sample of the inputs is finite")
    if has_constant_input(run):
        return NotApplicable("an input is constant")
    squeezed = _squeezed(run, table)
    mismatch = squeezed or _foreign(run, table) or _faint(run, table)
    if mismatch is None:
        return _fitting(run, table)
    held = held_out(run, context.final_loss, context.baseline.loss)
    learned = bool(context.beats) and not (held is not None and held.fails)
    if learned and squeezed is None:
        return Passed(f"the run beats its baseline, although {mismatch.what}")
    first, last = int(table.steps[0]), int(table.steps[-1])
    low, high = _range(table)
    return Flagged(
        summary=f"{mismatch.what[0].upper()}{mismatch.what[1:]}.",
        evidence=(
            mismatch.shown,
            Evidence.of_table("smallest input", table, low, since=first, until=last),
            Evidence.of_table("largest input", table, high, since=first, until=last),
        ),
        tier=Tier.SMELL if learned else None,
        since=first,
        layers=mismatch.layers,
        fix=mismatch.fix,
    )


def _range(table: Table) -> tuple[float, float]:
    low, high = table.column("min"), table.column("max")
    return float(np.min(low[np.isfinite(low)])), float(np.max(high[np.isfinite(high)]))


def _fitting(run: Run, table: Table) -> Answer:
    low, high = _range(table)
    if hidden_entry(run) is not None and prepared_by(run) is None:
        return CannotTell("a layer in front has an unknown effect on the inputs")
    return Passed(f"inputs of {number(low)} to {number(high)} suit the front of the model")


def _squeezed(run: Run, inputs: Table) -> _Mismatch | None:
    """A layer that rescales bytes, and gets what was rescaled before."""
    for layer in entry(run):
        scale = layer.settings.get("scale")
        known = layer.class_name == "Rescaling" and isinstance(scale, float)
        if known and 0 < float(scale or 0) <= EXPECTS_BYTES:
            std = _spread_behind(run, layer)
            if std is not None and std < SQUEEZED:
                return _rescaled(run, inputs, layer, std)
    return _divided(run, inputs)


def _divided(run: Run, inputs: Table) -> _Mismatch | None:
    """Operations that rescale bytes, and get what was rescaled before."""
    operations, batch = scaling_operations(run), run.table("batch")
    factor = math.prod(x.factor for x in operations if x.factor is not None)
    if not 0 < factor <= EXPECTS_BYTES or (batch is not None and len(batch.rows) > 1):
        return None  # of several inputs it is not known which one is multiplied
    mean, std = inputs.column("mean"), inputs.column("std")
    # Over all features together, (samples,).
    spread = np.sqrt(np.mean(std**2, axis=1) + np.var(mean, axis=1))
    if not np.isfinite(spread).any() or factor * float(np.nanmax(spread)) >= SQUEEZED:
        return None
    low, high = _range(inputs)
    return _Mismatch(
        f"the model itself multiplies its inputs by {number(factor)}, but they are {number(low)} "
        f"to {number(high)}: they are scaled twice",
        Evidence.of_table("standard deviation of the inputs × that factor, largest of all samples",
                          inputs, factor * float(np.nanmax(spread)), at_least(SQUEEZED)),
        ONCE,
    )  # fmt: skip


def _spread_behind(run: Run, layer: Layer) -> float | None:
    """The largest standard deviation of a layer's output in any sample; None if unknown."""
    table = run.table("activations")
    if table is None or layer.name not in table.rows:
        return None
    row = table.rows.index(layer.name)
    mean, rms = table.column("mean")[:, row], table.column("rms")[:, row]
    std = np.sqrt(np.maximum(rms**2 - mean**2, 0.0))
    return float(np.nanmax(std)) if np.isfinite(std).any() else None


def _rescaled(run: Run, inputs: Table, layer: Layer, std: float) -> _Mismatch:
    low, high = _range(inputs)
    table = run.tables["activations"]
    return _Mismatch(
        f"`{layer.name}` rescales bytes, but the inputs are {number(low)} to {number(high)}: they "
        "are scaled twice",
        Evidence.of_table(f"standard deviation behind `{layer.name}`, largest of all samples",
                          table, std, at_least(SQUEEZED), layer=layer.name),
        ONCE,
        (layer.name,),
    )  # fmt: skip


def _faint(run: Run, table: Table) -> _Mismatch | None:
    """Inputs that are too small for the first kernel to feel."""
    if prepared_by(run) is not None or hidden_entry(run) is not None:
        return None
    sizes = rms_by_feature(table)
    if not np.isfinite(sizes).any():
        return None
    largest = float(np.nanmax(sizes))
    if not 0.0 < largest < FAINT * (1.0 - ROUNDING):
        return None
    _, high = _range(table)
    return _Mismatch(
        f"the inputs are tiny, {number(high)} at most, as if they were scaled twice",
        Evidence.of_table("root mean square of the largest feature", table, largest,
                          at_least(FAINT)),
        Fix("Scale the inputs once, to a size of about 1.",
            "- model.fit(x / 255 / 255, y)\n+ model.fit(x / 255, y)"),
    )  # fmt: skip


def _foreign(run: Run, table: Table) -> _Mismatch | None:
    """A frozen backbone that gets another range than it was trained on."""
    backbone, (low, high) = frozen_backbone(run), _range(table)
    size = max(abs(low), abs(high))
    if backbone is None or backbone.least <= size <= backbone.most:
        return None
    limit = at_most(backbone.most) if size > backbone.most else at_least(backbone.least)
    return _Mismatch(
        f"the frozen {backbone.name} was trained on {backbone.wants}, but the inputs are "
        f"{number(low)} to {number(high)}",
        Evidence.of_table("largest input, by its size", table, size, limit),
        _preprocessed(backbone),
    )


def _preprocessed(backbone: Backbone) -> Fix:
    module = f"keras.applications.{backbone.module}"
    return Fix(
        f"Give it pictures of 0 to 255 that went through its own function: {backbone.wants}.",
        f"+ model.fit({module}.preprocess_input(x), y)",
    )
