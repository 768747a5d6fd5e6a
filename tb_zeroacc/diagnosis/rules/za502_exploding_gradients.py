"""ZA502: gradients that are larger than the weights by orders of magnitude."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.diagnosis.answering.shown_curves import last_shown
from tb_zeroacc.diagnosis.answers import (
    Answer,
    CannotTell,
    Evidence,
    Fix,
    Flagged,
    Passed,
    Stage,
    Tier,
    at_most,
)
from tb_zeroacc.diagnosis.computed.model.kernels import NO_WEIGHT, kernel_rows
from tb_zeroacc.diagnosis.computed.model.layers import layer_of
from tb_zeroacc.diagnosis.computed.model.loss_kinds import CROSS_ENTROPIES
from tb_zeroacc.diagnosis.computed.model.outputs import trained_outputs
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import GRADIENTS, WEIGHTS
from tb_zeroacc.diagnosis.rule import Family, Muted, rule
from tb_zeroacc.run import Run, Table
from tb_zeroacc.wording import number

# Gradient ÷ weights of a kernel, root mean squares, median over samples, less the scale of the
# targets. Faulty 5e3 to 1e8; healthy .003 to 120 (measured).
LARGE = 3000.0


@rule(
    "ZA502",
    "exploding-gradients",
    Tier.SMELL,
    Stage.ACTIVATIONS,  # as gradients that vanish: the stack is at fault before any is there
    motif=Motif.GRADIENTS_GROW,
    healthy="Gradients are of a usual size",
    needs=(GRADIENTS, WEIGHTS),
    explains=("ZA508", "ZA606", "ZA709"),
    yields_to=(
        Family.INPUTS, Family.LABELS, Family.OUTPUT_AND_LOSS, "ZA501",
    ),
    muted_when=Muted.BASELINE_IS_BEATEN,
    fix=Fix(
        "Clip the gradients by their norm; in a recurrent layer initialise it orthogonally.",
        "keras.optimizers.Adam(learning_rate=1e-3, global_clipnorm=1.0)",
    ),
)  # fmt: skip
def exploding_gradients(context: RunContext) -> Answer:
    """Gradients explode: they are larger than the weights by orders of magnitude.

    ## What it means
    On its way back each layer, and each time step of a recurrent one, multiplies the gradient by
    its weights. Where these are a little too large the product grows without bound.

    ## Why accuracy suffers
    A step of plain gradient descent throws the weights far away; one that is scaled to the size of
    the gradient (Adam, clipping) follows the few examples whose gradient is largest.

    ## How it is detected
    Per kernel the root mean square of its gradient divided by that of its weights, the median over
    the samples with a finite gradient. The largest over kernels is 3000 or more: 5e3 to 1e8 in
    failing programs, up to 120 in healthy ones. Gradients of a squared error are as large as the
    targets, so for targets above 1 the limit is that many times higher (their root mean square).
    Muted once the run beats its baseline. Steps back behind faults of inputs, labels, output and
    loss, whose size a gradient takes over. A smell: a regression on raw columns that was only
    stopped too early reached 1200 times its targets. Where weights are at fault ZA602 heads it.

    ## How to fix it
    ```python
    keras.optimizers.Adam(learning_rate=1e-3, global_clipnorm=1.0)
    ```
    And find the layer that makes them large: a wide initialisation, a recurrent kernel that is not
    orthogonal, a sum over time where a mean was meant.

    ## Easily confused with
    ZA208 target-not-normalised: gradients are as large as the targets. ZA701
    learning-rate-too-high: gradients are healthy at first, updates are not. ZA602
    initial-scale-off: signals grow on their way forwards, too.

    ## Sources
    Pascanu et al. 2013, On the difficulty of training recurrent neural networks;
    docs.aws.amazon.com/sagemaker (Debugger's ExplodingTensor). Margins measured on Keras 3.15.
    """
    run = context.run
    gradients, weights = context.given(GRADIENTS), context.given(WEIGHTS)
    if context.baseline.initial_loss is None:
        return CannotTell("the scale of the loss is not known, nor that of its gradients")
    classes = all(output.loss in CROSS_ENTROPIES for output in trained_outputs(run))
    scale = 1.0 if classes else math.sqrt(context.baseline.initial_loss)
    limit = LARGE * max(1.0, scale)
    names, ratios = _ratios(run, gradients, weights)
    if not len(names):
        return CannotTell("no kernel has a finite gradient on record")
    worst = int(np.argmax(ratios))
    ratio, name = float(ratios[worst]), names[worst]
    if ratio < limit:
        said = f"gradients are up to {number(ratio)} of the weights, in `{name}`"
        broken = _first_not_finite(gradients, names)
        if broken is not None:
            return CannotTell(f"{said}, and not finite at step {broken}", is_suspicion=True)
        return Passed(said)
    first = int(gradients.steps[0])
    return Flagged(
        summary=f"Gradients explode: that of `{name}` is {number(ratio)} times its weights.",
        evidence=(
            Evidence.of_table(f"gradient ÷ weights of `{name}`, median over samples", gradients,
                              ratio, at_most(limit), layer=layer_of(run, name), since=first),
            *last_shown(run, "zeroacc/gradient_norm", "norm of the last sampled gradient", first),
        ),
        since=first,
        layers=(layer_of(run, name),),
    )  # fmt: skip


def _first_not_finite(gradients: Table, names: Sequence[str]) -> int | None:
    """The first sampled step at which the gradient of a kernel is not finite."""
    rows = [gradients.row_index(name) for name in names]
    broken = ~np.isfinite(gradients.column("rms")[:, rows]).all(axis=1)
    return int(gradients.steps[broken.argmax()]) if broken.any() else None


def _ratios(run: Run, gradients: Table, weights: Table) -> tuple[list[str], NDArray[np.float64]]:
    """Kernels, and gradient ÷ weights of each, (kernels,), the median over samples."""
    names, found = [], []
    steps, at_gradients, at_weights = np.intersect1d(
        gradients.steps, weights.steps, return_indices=True
    )
    for row in kernel_rows(run, weights) if len(steps) else ():
        name = weights.rows[row]
        if name not in gradients.rows:
            continue
        size = weights.column("rms")[at_weights, row]
        gradient = gradients.column("rms")[at_gradients, gradients.row_index(name)]
        known = np.isfinite(gradient) & (size >= NO_WEIGHT)
        if known.any():
            names.append(name)
            found.append(float(np.median(gradient[known] / size[known])))
    return names, np.array(found)
