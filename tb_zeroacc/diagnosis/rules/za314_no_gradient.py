"""ZA314: variables that the loss does not depend on."""

from __future__ import annotations

import numpy as np

from tb_zeroacc.diagnosis.answering.unrecorded import as_far_as_recorded, not_recorded
from tb_zeroacc.diagnosis.answers import (
    BEFORE_TRAINING,
    Answer,
    Evidence,
    Fix,
    Flagged,
    Passed,
    Stage,
    Tier,
    unlike,
)
from tb_zeroacc.diagnosis.computed.model.kernels import KERNEL_NAMES
from tb_zeroacc.diagnosis.computed.model.layers import layer_of
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import END, GRADIENTS
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.diagnosis.steps import Step
from tb_zeroacc.facts import End
from tb_zeroacc.run import Table
from tb_zeroacc.wording import count, listed

MOST_SHOWN = 8  # variables in the evidence
HALF = 0.5  # of the kernels
REFUSAL = "No gradients provided for any variable"  # of Keras 2 and 3


@rule(
    "ZA314",
    "no-gradient",
    Tier.DEFINITE,
    Stage.CONTRACT,
    motif=Motif.LAYER_GRADIENTS,
    healthy="Every variable gets a gradient",
    step=Step.GRADIENTS,
    needs=((GRADIENTS, END),),
    explains=("ZA403", "ZA404", "ZA503", "ZA509", "ZA604", "ZA702", "ZA704", "ZA705", "ZA708"),
    fix=Fix(
        "Keep every step from the variables to the loss differentiable, and inside the tape.",
        "with tf.GradientTape() as tape:\n    loss = loss_fn(y, model(x, training=True))\n"
        "gradients = tape.gradient(loss, model.trainable_variables)\n"
        "print([v.path for v, g in zip(model.trainable_variables, gradients) if g is None])",
    ),
)
def no_gradient(context: RunContext) -> Answer:
    """Variables get no gradient at all: the loss does not depend on them.

    ## What it means
    Between the variables and the loss stands something that has no derivative: `argmax`, `round`,
    a comparison, a cast to integers, `stop_gradient`, NumPy in the middle of the model, a layer
    that is never called, or a forward pass outside of the gradient tape.

    ## Why accuracy suffers
    A variable without a gradient is never updated. The layers in front of the break keep their
    random weights, and those behind it learn from random features.

    ## How it is detected
    Exact, by name: the gradient of a variable is None in every sample. Definite where the run does
    not beat its baseline; a smell where it does, as of a head that is not used. Where no baseline
    is known it is strong if half of the kernels lack a gradient, else a smell. Definite, too, where
    no variable has one and Keras ended the training because of it, before any step.

    ## How to fix it
    ```python
    with tf.GradientTape() as tape:
        loss = loss_fn(y, model(x, training=True))
    gradients = tape.gradient(loss, model.trainable_variables)
    print([v.path for v, g in zip(model.trainable_variables, gradients) if g is None])
    ```

    ## Easily confused with
    ZA503 vanishing-gradients: there are gradients, and they are tiny. ZA607 frozen-layers: the
    variables are not to be trained. ZA708 weights-never-move: there is a gradient, and no update.

    ## Sources
    tensorflow.org/guide/autodiff ("Getting a gradient of None"); stackoverflow.com/q/63874265;
    github.com/keras-team/tf-keras/issues/52.
    """
    end, table = context.run.end, context.run.table("gradients")
    if end is not None and REFUSAL in (end.text or ""):
        return _refused(end)
    if table is None:
        return not_recorded(context.run, GRADIENTS)
    present = table.column("present")
    known = np.isfinite(present).any(axis=0)
    lacking = [row for row in np.flatnonzero(known) if not np.nanmax(present[:, row]) > 0]
    if not lacking:
        answer = Passed(f"all {count(int(known.sum()), 'variable')} get a gradient")
        return as_far_as_recorded(context.run, answer, "gradients")
    return _flagged(context, table, [table.rows[row] for row in lacking], int(known.sum()))


def _refused(end: End) -> Flagged:
    """Keras does not take a step that would change nothing."""
    return Flagged(
        summary="No variable gets a gradient: the loss does not depend on any.",
        context=f"{end.exception} ended the training: it would not have changed anything.",
        evidence=(Evidence(f"{end.exception}: {REFUSAL}"),),
        since=BEFORE_TRAINING,
    )


def _flagged(context: RunContext, table: Table, names: list[str], of: int) -> Flagged:
    run = context.run
    layers = list(dict.fromkeys(layer_of(run, name) for name in names))
    first, last = int(table.steps[0]), int(table.steps[-1])
    whole = len(names) == of
    what = "No variable gets a gradient"
    if not whole:
        what = f"{len(names)} of {count(of, 'variable')} get no gradient, in {listed(layers)}"
    return Flagged(
        summary=f"{what}: the loss does not depend on {'any' if whole else 'them'}.",
        context="They keep their initial values.",
        evidence=tuple(
            Evidence.of_table(f"samples in which `{name}` has a gradient", table, 0, unlike(0),
                              layer=layer_of(run, name), since=first, until=last)
            for name in names[:MOST_SHOWN]
        ),
        tier=_tier(context, names, table),
        since=BEFORE_TRAINING,
        layers=() if whole else tuple(layers),
    )  # fmt: skip


def _tier(context: RunContext, names: list[str], table: Table) -> Tier:
    if context.beats is not None:
        return Tier.SMELL if context.beats else Tier.DEFINITE
    kernels = _kernels(table.rows)
    lacking = len(_kernels(names))
    return Tier.STRONG if lacking and lacking >= HALF * len(kernels) else Tier.SMELL


def _kernels(names: list[str] | tuple[str, ...]) -> list[str]:
    return [name for name in names if name.split("#")[0].endswith(KERNEL_NAMES)]
