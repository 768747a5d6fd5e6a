"""ZA602: initial weights of a wrong scale."""

from __future__ import annotations

import numpy as np

from tb_zeroacc.diagnosis.answering.fixes.initial_weights import initialising
from tb_zeroacc.diagnosis.answers import (
    BEFORE_TRAINING,
    Answer,
    CannotTell,
    Evidence,
    Fix,
    Flagged,
    Passed,
    Stage,
    Tier,
    at_least,
    at_most,
)
from tb_zeroacc.diagnosis.computed.learning.step_loss import STEP_LOSS_TAG
from tb_zeroacc.diagnosis.computed.model.layers import hidden_rows
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import ACTIVATIONS, STEP_LOSS
from tb_zeroacc.diagnosis.rule import Family, Muted, rule
from tb_zeroacc.run import Run, Table
from tb_zeroacc.wording import number, times

TEXT = "Try He initialisation before ReLU and Glorot's elsewhere, with biases of 0."
# First loss ÷ what a sensibly initialised model starts at: ln k, or the targets' mean square.
# Faulty 80 to 6000, healthy up to 4.6 (digits of 0 to 16); large weights that learn 47 and 72.
LOUD = 10.0
# Last hidden layer ÷ first, root mean squares at step 0. Faulty 9e-10 and 7000, healthy .07 to 35.
GROWN = 1000.0
FEWEST_LAYERS = 4  # in fewer there is too little to grow or fade through


@rule(
    "ZA602",
    "initial-scale-off",
    Tier.STRONG,
    Stage.WEIGHTS,
    motif=Motif.LAYER_SIZES,
    healthy="The initial weights are of a suitable scale",
    needs=((STEP_LOSS, ACTIVATIONS),),
    explains=(
        "ZA403", "ZA404", "ZA501", "ZA502", "ZA503", "ZA504", "ZA508", "ZA509", "ZA606", "ZA701",
        "ZA702", "ZA703", "ZA704", "ZA705",
    ),
    yields_to=(
        Family.INPUTS, Family.LABELS, Family.OUTPUT_AND_LOSS, "ZA505", "ZA601", "ZA609",
    ),
    muted_when=Muted.BASELINE_IS_BEATEN,
    fix=Fix(
        TEXT,
        'keras.layers.Dense(64, activation="relu", kernel_initializer="he_normal",\n'
        '                   bias_initializer="zeros")',
    ),
)  # fmt: skip
def initial_scale_off(context: RunContext) -> Answer:
    """The initial weights are of a wrong scale: too large for the loss, or layer by layer.

    ## What it means
    Initialisation has to keep signals at about the same size from layer to layer, and the first
    predictions undecided. A standard deviation of the user's own, or large biases, do neither.

    ## Why accuracy suffers
    Signals that grow make the first predictions sure and wrong: training is spent on taking that
    back, units die meanwhile. Signals that fade leave nothing of the inputs for the last layer, and
    no gradient for the first one.

    ## How it is detected
    Either of two, at the first step. The loss is 10 times or more what a sensible model starts at,
    ln k for k classes or the mean square of the targets (80 to 6000 times in failing programs, up
    to 4.6 in healthy ones). Or the root mean square of the last hidden layer is 1000 times that of
    the first, or a thousandth, with at least 4 of them (9e-10 and 7000 against .07 to 35). Muted
    once the run beats its baseline. Steps back behind faults of inputs, labels, output and loss,
    which make the first loss large as well, and behind ZA505, which names the layer.

    ## How to fix it
    ```python
    keras.layers.Dense(64, activation="relu", kernel_initializer="he_normal",
                       bias_initializer="zeros")
    ```
    Very deep models need `BatchNormalization` or skip connections beside it.

    ## Easily confused with
    ZA103 input-not-normalised: the inputs are large, the weights as they should be. ZA505
    saturated-activations: what wide weights do to sigmoid and tanh. ZA601
    zero-initialisation: there all units are alike. ZA503 vanishing-gradients: with a good scale at
    step 0 it is the activation that makes them vanish.

    ## Sources
    Glorot and Bengio 2010; He et al. 2015, Delving deep into rectifiers;
    karpathy.github.io/2019/04/25/recipe ("verify loss @ init"). Margins measured on Keras 3.15.
    """
    loud, faded = _loud(context), _faded(context.run)
    if loud is None and faded is None:
        return CannotTell("neither the loss nor the activations of the first step are on record")
    if loud is not None and loud[0] / loud[1] >= LOUD:
        return _flagged_loss(context, *loud)
    if faded is not None and not 1.0 / GROWN < faded < GROWN:
        return _flagged_depth(context.run, faded)
    said = []
    if loud is not None:
        said.append(f"the first loss is {times(loud[0] / loud[1], 'what is expected')}")
    if faded is not None:
        said.append(f"the last hidden layer is {number(faded)} times as large as the first")
    return Passed("; ".join(said))


def _loud(context: RunContext) -> tuple[float, float] | None:
    """The first loss of the data, and the one that is expected; None where either is unknown."""
    table, expected = context.run.table("loss"), context.baseline.initial_loss
    if table is None or not expected or table.steps[0] != 0:
        return None
    first = table.column("data_loss")[0, 0]
    first = table.column("loss")[0, 0] if np.isnan(first) else first
    return (float(first), expected) if np.isfinite(first) else None


def _faded(run: Run) -> float | None:
    """Last hidden layer ÷ first at step 0; None in shallow models, and where a layer is all 0."""
    table = run.table("activations")
    if table is None or table.steps[0] != 0:
        return None
    rows = hidden_rows(run, table)
    rms = table.column("rms")[0, rows] if rows else np.array([])
    if len(rms) < FEWEST_LAYERS or not np.isfinite(rms).all() or not (rms > 0).all():
        return None
    return float(rms[-1] / rms[0])


def _flagged_loss(context: RunContext, first: float, expected: float) -> Flagged:
    run, times = context.run, first / expected
    return Flagged(
        summary=f"The first loss is {number(first)}, {number(times)} times that of a model with "
        "sensible initial weights.",
        context="Before any update the model is sure of predictions that are wrong.",
        evidence=(
            Evidence.of_table("loss of the first step, against 10 times that of an undecided model",
                              run.tables["loss"], first, at_most(LOUD * expected), since=0, until=0,
                              shown_by=run.curve(STEP_LOSS_TAG)),
            *_largest_output(run),
        ),
        since=BEFORE_TRAINING,
        fix=initialising(TEXT, run),
    )  # fmt: skip


def _largest_output(run: Run) -> tuple[Evidence, ...]:
    """How large the largest output of a layer is at step 0; nothing where none is on record."""
    table = run.table("activations")
    if table is None or table.steps[0] != 0:
        return ()
    size = table.column("rms")[0]
    if not np.isfinite(size).any():
        return ()
    row = int(np.argmax(np.where(np.isfinite(size), size, -1.0)))
    name = table.rows[row]
    text = f"size of `{name}`, the largest output of a layer at step 0"
    return (Evidence.of_table(text, table, float(size[row]), layer=name, since=0, until=0),)


def _flagged_depth(run: Run, ratio: float) -> Flagged:
    table: Table = run.tables["activations"]
    rows = hidden_rows(run, table)
    first, last = (table.rows[row] for row in (rows[0], rows[-1]))
    size = table.column("rms")[0]
    verb, limit = ("grow", at_most(GROWN)) if ratio > 1 else ("fade", at_least(1.0 / GROWN))
    return Flagged(
        summary=f"Signals {verb} from layer to layer: from {number(float(size[rows[0]]))} in "
        f"`{first}` to {number(float(size[rows[-1]]))} in `{last}`, before any update.",
        evidence=(
            Evidence.of_table(f"size of `{last}` ÷ `{first}` at step 0", table, ratio, limit,
                              layer=last, since=0, until=0),
        ),
        since=BEFORE_TRAINING,
        fix=initialising(TEXT, run),
    )  # fmt: skip
