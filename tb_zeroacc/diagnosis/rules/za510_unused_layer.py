"""ZA510: a layer whose output is zero or constant, whatever its input."""

from __future__ import annotations

import numpy as np

from tb_zeroacc.diagnosis.answering.shown_curves import loss_shown
from tb_zeroacc.diagnosis.answers import (
    BEFORE_TRAINING,
    Answer,
    CannotTell,
    Evidence,
    Fix,
    Flagged,
    NotApplicable,
    Passed,
    Stage,
    Tier,
    unlike,
)
from tb_zeroacc.diagnosis.computed.model.layers import hidden_rows, layer_of, layer_position
from tb_zeroacc.diagnosis.computed.model.samples import ROUNDING
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import ACTIVATIONS, CONTRACT
from tb_zeroacc.diagnosis.rule import Muted, rule
from tb_zeroacc.facts import Layer
from tb_zeroacc.run import Run, Table
from tb_zeroacc.wording import count, number

FEWEST_SAMPLES = 10  # a branch that starts at zero changes with its first updates



@rule(
    "ZA510",
    "unused-layer",
    Tier.DEFINITE,
    Stage.ACTIVATIONS,
    motif=Motif.LAYER_SIZES,
    healthy="The output of every layer varies",
    needs=((ACTIVATIONS, CONTRACT),),
    explains=("ZA206", "ZA403", "ZA404", "ZA503", "ZA504", "ZA509", "ZA702", "ZA704", "ZA705"),
    muted_when=Muted.BASELINE_IS_BEATEN,
    fix=Fix(
        "Use a scale other than 0, or remove the layer.",
        "- keras.layers.Rescaling(0.0)\n+ keras.layers.Rescaling(1 / 255)",
    ),
)
def unused_layer(context: RunContext) -> Answer:
    """A layer's output is zero, or one constant, whatever its input.

    ## What it means
    The layer ignores its input: it multiplies by 0, or overwrites it. The simplest case is a
    Rescaling layer whose scale is 0 (an integer division, a forgotten setting).

    ## Why accuracy suffers
    It passes nothing of the input on. If everything runs through it, the layers after it can only
    learn one output for all examples.

    ## How it is detected
    Definite: the contract says that a Rescaling layer's scale is 0. Otherwise by the activations of
    hidden layers: in every sample, at least ten, all values of the layer are 0 (strong), or all are
    one other constant (a smell): its mean, root mean square and largest absolute value are the
    same, within 1e-6. The first such layer is reported, unless it is a ReLU, which is up to ZA504.
    A branch that starts at 0 changes with its first updates and passes. Muted once the run beats
    its baseline; a scale of 0 is then a smell.

    ## How to fix it
    ```python
    keras.layers.Rescaling(1 / 255)  # not 1 // 255, which is 0
    ```

    ## Easily confused with
    ZA109 pipeline-stage-destroys-data, ZA102 input-all-zero: there the zeros come from outside the
    model. ZA504 dead-relu-units: a ReLU that nothing activates. ZA601 zero-initialisation: there
    the weights are constant.

    ## Sources
    keras.io/api/layers/preprocessing_layers/image_preprocessing/rescaling (`inputs * scale +
    offset`); docs.aws.amazon.com/sagemaker (Debugger's UnchangedTensor). Measured on Keras 3.15:
    behind Rescaling(0) all values are exactly 0.
    """
    layers = context.run.contract.layers if context.run.contract else ()
    silent = next((layer for layer in layers if _is_silent(layer)), None)
    if silent is not None:
        return _scaled_by_zero(context, silent)
    table = context.run.table("activations")
    if table is None:
        return CannotTell("no Rescaling layer has a scale of 0; activations are not recorded",
                          (ACTIVATIONS.missing,))  # fmt: skip
    rows = hidden_rows(context.run, table)
    if not rows:
        return NotApplicable("no hidden layer is recorded")
    return _by_activations(context, table, rows)


def _is_silent(layer: Layer) -> bool:
    scale = layer.settings.get("scale")
    number = isinstance(scale, int | float) and not isinstance(scale, bool)
    return layer.class_name == "Rescaling" and number and scale == 0


def _scaled_by_zero(context: RunContext, layer: Layer) -> Flagged:
    offset = layer.settings.get("offset") or 0
    constant = number(float(offset)) if isinstance(offset, int | float) else "its offset"
    return Flagged(
        f"`{layer.name}` multiplies its input by 0: its output is always {constant}.",
        context="It is a Rescaling layer whose scale is 0.",
        evidence=(
            Evidence.of_number(f"scale of `{layer.name}`", 0, unlike(0), layer=layer.name),
            *loss_shown(context.run),
        ),
        tier=Tier.SMELL if context.beats else None,
        is_mutable=False,
        since=BEFORE_TRAINING,
        layers=(layer.name,),
    )


def _by_activations(context: RunContext, table: Table, rows: list[int]) -> Answer:
    run = context.run
    still = [row for row in rows if _never_varies(table, row)]
    still.sort(key=lambda row: layer_position(run, layer_of(run, table.rows[row])))
    if not still:
        return Passed(f"the output of {count(len(rows), 'hidden layer')} varies")
    first = table.rows[still[0]]
    if np.isfinite(table.column("dead_unit_share")[:, still[0]]).any():
        return Passed(f"`{first}`, the first constant layer, is a ReLU: its units are dead")
    if len(table) < FEWEST_SAMPLES:
        return CannotTell(f"`{first}` is constant in {count(len(table), 'sample')}, "
                          f"too few (at least {FEWEST_SAMPLES})", is_suspicion=True)  # fmt: skip
    return _constant(run, table, still)


def _never_varies(table: Table, row: int) -> bool:
    """Whether every sample of a layer holds one constant only, and the same in all."""
    mean, rms, top = (table.column(name)[:, row] for name in ("mean", "rms", "abs_max"))
    known = np.isfinite(mean) & np.isfinite(rms) & np.isfinite(top)
    if not known.all():
        return False
    room = ROUNDING * np.maximum(top, 0.0)
    alike = (np.abs(np.abs(mean) - top) <= room) & (np.abs(rms - top) <= room)
    return bool(alike.all()) and float(np.ptp(mean)) <= ROUNDING * float(top.max())


def _constant(run: Run, table: Table, still: list[int]) -> Flagged:
    name = table.rows[still[0]]
    value = float(table.column("mean")[-1, still[0]])
    largest = float(table.column("abs_max")[:, still[0]].max())
    behind = len(still) - 1
    steps = int(table.steps[0]), int(table.steps[-1])
    return Flagged(
        f"The output of `{name}` is {number(value)} for every input, in all {len(table)} samples.",
        context=f"{count(behind, 'layer')} after it {'is' if behind == 1 else 'are'} constant too."
        if behind else "",
        evidence=(
            Evidence.of_table(f"largest absolute output of `{name}`", table, largest,
                              unlike(abs(value), room=2 * ROUNDING * largest), layer=name,
                              since=steps[0], until=steps[1]),
            *loss_shown(run),
        ),
        tier=Tier.STRONG if value == 0 else Tier.SMELL,
        since=steps[0],
        layers=(layer_of(run, name),),
        fix=Fix(
            f"Check the input of `{name}`, and what the layer does with it.",
            f"x = model.get_layer({layer_of(run, name)!r}).input\nprint(x)",
        ),
    )  # fmt: skip
