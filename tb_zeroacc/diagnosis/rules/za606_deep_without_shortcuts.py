"""ZA606: many layers in a row, with neither normalisation nor a way around them."""

from __future__ import annotations

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
from tb_zeroacc.diagnosis.computed.model.holding_back import is_in_a_row
from tb_zeroacc.diagnosis.computed.model.kernels import kernel_rows
from tb_zeroacc.diagnosis.computed.model.layers import hidden_rows
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import ACTIVATIONS, CONTRACT, WEIGHTS
from tb_zeroacc.diagnosis.rule import Family, Muted, rule
from tb_zeroacc.facts import Contract
from tb_zeroacc.run import Run, Table
from tb_zeroacc.wording import count, number

DEEP = 10  # layers with kernels: He et al. 2015 found 20 plain ones harder to train than 18
# Last hidden layer ÷ first, root mean squares at step 0; or the first kernel's gradient ÷ the last
# one's. Stuck programs 3e-8 and 1e-6, healthy ones of 7 layers and more .1 to 34 (measured).
FADED = 1e-3
USUAL = ("Glorot", "He", "Lecun", "Orthogonal", "VarianceScaling")  # how initialisers begin


@rule(
    "ZA606",
    "deep-without-shortcuts",
    Tier.SMELL,
    Stage.ACTIVATIONS,  # as gradients that vanish, which it may bring about
    motif=Motif.LAYER_SIZES,
    healthy="Signals and gradients reach all layers",
    needs=(CONTRACT, WEIGHTS, ACTIVATIONS),
    yields_to=(Family.INPUTS, Family.LABELS, Family.OUTPUT_AND_LOSS, "ZA601", "ZA609", "ZA701"),
    muted_when=Muted.BASELINE_IS_BEATEN,
    fix=Fix(
        "Try to lead a way around every two or three layers, and normalise between them.",
        "y = keras.layers.LayerNormalization()(x)\n"
        'y = keras.layers.Dense(64, activation="relu", kernel_initializer="he_normal")(y)\n'
        "x = keras.layers.Add()([x, y])",
    ),
)
def deep_without_shortcuts(context: RunContext) -> Answer:
    """Many layers stand in a row, with neither normalisation nor a way around them.

    ## What it means
    Each layer multiplies what it is given by its weights, on the way back as on the way there. A
    factor of .6 a layer is harmless in three of them and leaves a billionth in forty.

    ## Why accuracy suffers
    The last layers see the same for every input, or the first ones get no gradient. More layers
    make it worse.

    ## How it is detected
    From the contract: 10 or more layers with kernels, each of which is all that the next one sees,
    without normalisation among them. And either the root mean square of the last hidden layer is a
    thousandth of that of the first at step 0 (or a thousand times), or the first kernel gets a
    thousandth of the last one's gradient in the first sample. Muted once the run beats its
    baseline. Not asked where several optimizers train. Where all kernels begin as usual (Glorot,
    He, LeCun, orthogonal) it stands beside ZA602: depth, not the initialiser, fades the signals.

    ## How to fix it
    ```python
    y = keras.layers.LayerNormalization()(x)
    y = keras.layers.Dense(64, activation="relu", kernel_initializer="he_normal")(y)
    x = keras.layers.Add()([x, y])
    ```
    Or take fewer layers: four learn most of what forty would.

    ## Easily confused with
    ZA503 vanishing-gradients: what follows, in any model. ZA602 initial-scale-off: the same signals
    through a few layers with weights of the user's own.

    ## Sources
    He et al. 2016, Deep residual learning; Ioffe and Szegedy 2015, Batch normalization; Srivastava
    et al. 2015, Highway networks. The limits are this rule's own.
    """
    run, contract = context.run, context.given(CONTRACT)
    if contract.optimizers:
        return NotApplicable("several optimizers train parts of it")
    depth = len(kernel_rows(run, context.given(WEIGHTS)))
    if depth < DEEP:
        return NotApplicable(f"{count(depth, 'layer')} with kernels (limit {DEEP})")
    normed = next((x for x in contract.layers if "Normalization" in x.class_name), None)
    if normed is not None:
        return Passed(f"`{normed.name}` normalises between {depth} layers")
    if not is_in_a_row(contract):
        if contract.operations is None:
            return CannotTell("a model with a `call` of its own: there may be a way around layers")
        return Passed(f"{depth} layers do not stand in a row")
    faded = _signal(run, context.given(ACTIVATIONS)) or _gradient(run, context.given(WEIGHTS))
    if faded is None:
        return Passed(f"neither signals nor gradients fade in {depth} layers")
    return _flagged(contract, depth, faded)


def _signal(run: Run, table: Table) -> Evidence | None:
    """Last hidden layer ÷ first at step 0, where that is off."""
    rows = hidden_rows(run, table)
    if table.steps[0] != 0 or len(rows) < DEEP - 1:
        return None
    first, last = (float(table.column("rms")[0, row]) for row in (rows[0], rows[-1]))
    ratio = last / first if first > 0 else float("nan")
    if not np.isfinite(ratio) or FADED < ratio < 1.0 / FADED:
        return None
    limit = at_least(FADED) if ratio < 1.0 else at_most(1.0 / FADED)
    name = table.rows[rows[-1]]
    return Evidence.of_table(f"size of `{name}` ÷ `{table.rows[rows[0]]}` at step 0", table, ratio,
                             limit, layer=name, since=0, until=0)  # fmt: skip


def _gradient(run: Run, weights: Table) -> Evidence | None:
    """The first kernel's gradient ÷ the last one's in the first sample, where that is off."""
    table, rows = run.table("gradients"), kernel_rows(run, weights)
    names = [weights.rows[row] for row in (rows[0], rows[-1])]
    if table is None or not set(names) <= set(table.rows):
        return None
    first, last = (float(table.column("rms")[0, table.row_index(name)]) for name in names)
    ratio = first / last if last > 0 else float("nan")
    if not np.isfinite(ratio) or ratio > FADED:
        return None
    step = int(table.steps[0])
    return Evidence.of_table("gradient, first ÷ last kernel", table, ratio, at_least(FADED),
                             since=step, until=step)  # fmt: skip


def _flagged(contract: Contract, depth: int, faded: Evidence) -> Flagged:
    begun = [x.kernel_initializer for x in contract.layers if x.kernel_initializer]
    is_usual = bool(begun) and all(name.startswith(USUAL) for name in begun)
    return Flagged(
        summary=f"{depth} layers stand in a row, with neither normalisation nor a way around them.",
        context=f"What passes through all of them fades or grows: {faded.text} is "
        f"{number(faded.value or 0.0)}.",
        evidence=(
            Evidence.of_number("layers with kernels in a row", depth, at_most(DEEP - 1)), faded,
        ),
        since=faded.first_step or 0,
        apart_from=("ZA602",) if is_usual else (),
    )  # fmt: skip
