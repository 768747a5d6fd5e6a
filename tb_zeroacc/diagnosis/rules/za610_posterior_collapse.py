"""ZA610: a variational autoencoder whose latent variables say nothing."""

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
)
from tb_zeroacc.diagnosis.computed.learning.trend import training_step
from tb_zeroacc.diagnosis.computed.model.reconstruction import (
    divergence_curve,
    gives_back_its_input,
    typical_spread,
)
from tb_zeroacc.diagnosis.computed.model.samples import second_half
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.needs import A_LOG
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.run import Curve, Role, Run, Table
from tb_zeroacc.wording import number, percent

GONE = 0.01  # of the largest divergence that there was
ALIKE = 0.1  # spread of the outputs ÷ that of the inputs: collapsed .06, healthy .6 (measured)
FEWEST_POINTS = 8
NATS = 0.01  # of a divergence that is logged by itself
FEWEST_STEPS = 100  # a divergence falls at first in health as well, before the decoder uses it


@rule(
    "ZA610",
    "posterior-collapse",
    Tier.STRONG,
    Stage.OUTPUT,
    needs=(A_LOG,),
    yields_to=("ZA101", "ZA102", "ZA106", "ZA501"),
    preview=True,
    fix=Fix(
        "Weigh the divergence less, or raise its weight from 0 over the first epochs. Sum the "
        "reconstruction's error over the features if the divergence is a sum over the latent ones.",
        "error = keras.ops.sum(keras.ops.square(x - decoded), axis=-1)  # a sum, not a mean\n"
        "loss = keras.ops.mean(error + weight * divergence)  # weight from 0 to 1",
    ),
)
def posterior_collapse(context: RunContext) -> Answer:
    """The divergence of a variational autoencoder is 0: its latent variables say nothing.

    ## What it means
    The encoder gives the prior for every example. The decoder gets noise, and answers with the
    average of the data.

    ## Why accuracy suffers
    All examples are reconstructed alike. The loss falls all the same: first the divergence goes,
    then the average is learned.

    ## How it is detected
    Of a model whose one input and one label have the same shape, and which adds a loss of its own
    without having a regulariser: over the second half of the steps, of 100 or more, the median of
    that loss is under 1 % of its largest value, and the spread of the outputs over a batch under a
    tenth of that of the inputs. Measured: .06 where it collapsed, .6 in health. From curves alone
    it is a smell: a divergence beside a reconstruction's loss, of 8 points or more, that is under
    1 % of its largest value and under .01 over the whole second half.

    ## How to fix it
    ```python
    error = keras.ops.sum(keras.ops.square(x - decoded), axis=-1)
    loss = keras.ops.mean(error + weight * divergence)
    ```

    ## Easily confused with
    ZA609 regularisation-dominates: there the penalty is one on the weights. ZA509 constant-output:
    there the labels are not the inputs. A divergence that is logged but never updated is 0 from the
    first point on; that shows nothing. Distillation wants its divergence to go to 0.

    ## Sources
    Bowman et al. 2016, Generating sentences from a continuous space; He et al. 2019, Lagging
    inference networks and posterior collapse; Higgins et al. 2017, beta-VAE. The limits are this
    rule's own.
    """
    run = context.run
    if run.curves_of(Role.REWARD):
        return NotApplicable("reinforcement learning: its divergence is that of a policy")
    curve = divergence_curve(run)
    if curve is not None and (found := _by_curve(run, curve)) is not None:
        return found
    loss, outputs, inputs = (run.table(kind) for kind in ("loss", "outputs", "inputs"))
    if loss is None or outputs is None or inputs is None or not gives_back_its_input(run):
        said = "no divergence is logged beside a reconstruction" if curve is None else (
            f"`{curve.name}` does not vanish"
        )  # fmt: skip
        return NotApplicable(said) if curve is None else Passed(said)
    return _by_outputs(run, loss, outputs, inputs)


def _by_curve(run: Run, curve: Curve) -> Flagged | None:
    steps, values = curve.series.finite()
    half = len(values) // 2
    if len(values) < FEWEST_POINTS or values.min() < 0:
        return None
    limit = min(NATS, GONE * float(values.max()))
    if not values[half:].max() < limit:
        return None
    return Flagged(
        summary=f"The divergence `{curve.name}` went from {number(float(values.max()))} to "
        f"{number(float(values[-1]))}: the latent variables say nothing of the input.",
        evidence=(
            Evidence.of_curve("divergence at the end", curve, None, at_least(limit),
                              since=int(steps[half])),
        ),
        tier=Tier.SMELL,
        since=training_step(run, curve, int(steps[half])),
    )  # fmt: skip


def _by_outputs(run: Run, loss: Table, outputs: Table, inputs: Table) -> Answer:
    layers = run.contract.layers if run.contract else ()
    if any(layer.regularizers for layer in layers):
        return NotApplicable("regularisers are part of the loss that the model adds")
    added = loss.column("penalty")[:, 0]
    known = added[np.isfinite(added)]
    if not len(known) or not known.max() > 0 or known.min() < 0:
        return NotApplicable("the model adds no loss of its own")
    late = second_half(added, loss.steps)
    spreads = second_half(outputs.column("spread")[:, 0], outputs.steps)
    wanted = typical_spread(inputs)
    if not len(late) or not len(spreads) or not wanted > 0:
        return CannotTell("the spread of inputs or outputs is not recorded")
    left = float(np.median(late)) / float(known.max())
    spread = float(np.median(spreads))
    if not left < GONE or not spread < ALIKE * wanted:
        return Passed(f"{percent(left)} of the added loss is left, and the outputs have "
                      f"{percent(spread / wanted)} of the spread of the inputs")  # fmt: skip
    if loss.steps[-1] - loss.steps[0] < FEWEST_STEPS:
        return CannotTell(f"fewer than {FEWEST_STEPS} steps", is_suspicion=True)
    since = int(loss.steps[2 * loss.steps >= loss.steps[0] + loss.steps[-1]][0])
    return Flagged(
        summary=f"The loss that the model adds fell to {percent(left)} of its largest value, and "
        f"the outputs have {percent(spread / wanted)} of the spread of the inputs: the latent "
        "variables say nothing of them.",
        context="If it is the divergence from a prior, it outweighs the reconstruction.",
        evidence=(
            Evidence.of_table("spread of the outputs over a batch, second half", outputs, spread,
                              at_least(ALIKE * wanted), layer=outputs.rows[0], since=since),
            Evidence.of_table("loss that the model adds ÷ its largest, second half", loss, left,
                              at_least(GONE), since=since),
        ),
        since=since,
    )  # fmt: skip
