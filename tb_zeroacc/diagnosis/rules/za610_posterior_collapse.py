"""ZA610: a variational autoencoder whose latent variables say nothing."""

from __future__ import annotations

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
)
from tb_zeroacc.diagnosis.computed.learning.trend import training_step
from tb_zeroacc.diagnosis.computed.model.reconstruction import (
    EMPTY,
    divergence_curve,
    empty_codes,
    gives_back_its_input,
    typical_spread,
)
from tb_zeroacc.diagnosis.computed.model.samples import second_half
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import A_LOG
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.run import Curve, Role, Run
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
    motif=Motif.LOSS_TERM,
    healthy="The latent variables carry information",
    needs=(A_LOG,),
    explains=("ZA504", "ZA509", "ZA702", "ZA704", "ZA705"),
    yields_to=("ZA101", "ZA102", "ZA106", "ZA501"),
    fix=Fix(
        "Weigh the divergence less, or raise its weight from 0 over the first epochs. Sum the "
        "reconstruction's error over the features if the divergence is a sum over the latent ones.",
        "error = keras.ops.sum(keras.ops.square(x - decoded), axis=-1)  # a sum, not a mean\n"
        "loss = keras.ops.mean(error + weight * divergence)  # weight from 0 to 1",
        in_torch="error = ((x - decoded) ** 2).sum(dim=-1)  # a sum, not a mean\n"
        "loss = (error + weight * divergence).mean()  # weight from 0 to 1",
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
    Of a model whose one input and one label (without labels: output) have the same shape, and which
    logs a divergence beside a reconstruction's loss, or adds a loss of its own without having a
    regulariser: over the second half of the steps, of 100 or more, the median of that is under 1 %
    of its largest value, and the spread of the outputs over a batch under a tenth of that of the
    inputs. Measured: .06 where it collapsed, .6 in health. Instead of the outputs the code itself
    may show it: a linear layer inside (of a loss that is only added, two of equal size: mean and
    variance) whose outputs have an rms under .1. Measured: .001 where it collapsed, .9 in health.
    From curves alone it is a smell: a divergence of 8 points or more that is under 1 % of its
    largest value and under .01 over the whole second half. It begins where the divergence is
    largest: from there on it falls.

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
    found = (None if curve is None else _logged(run, curve)) or _added(run)
    if found is None:
        return NotApplicable("no divergence is logged, nor a loss that the model adds")
    share = _share_of_spread(run)
    shown = _alike_outputs(run, share, found) or _empty_code(run, found)
    if found.left < GONE and shown is not None:
        if _steps(run) < FEWEST_STEPS:
            return CannotTell(f"fewer than {FEWEST_STEPS} steps", is_suspicion=True)
        return _collapsed(found, *shown)
    if found.is_gone:
        return _faded(found)
    said = f"{percent(found.left)} of {found.named} is left"
    if share is not None:
        said += f", and the outputs have {percent(share)} of the spread of the inputs"
    elif not found.is_logged:
        return NotApplicable("the outputs are not known to give back the inputs")
    return Passed(said)


@dataclass(frozen=True, slots=True)
class _Divergence:
    """A divergence, or a loss that the model adds and that may be one.

    Attributes:
        named: What it is, within a sentence.
        largest, late: Its largest value, and the median over the second half.
        is_logged: Whether a curve is called a divergence.
        is_gone: Whether such a one is next to nothing over the whole second half.
        since: Training step at which it is largest.
        evidence: What is left of it, as a number of the log.
    """

    named: str
    largest: float
    late: float
    is_logged: bool
    is_gone: bool
    since: int
    evidence: Evidence

    @property
    def left(self) -> float:
        """What is left of it, as a share."""
        return self.late / self.largest


def _logged(run: Run, curve: Curve) -> _Divergence | None:
    """The divergence of a curve; None of one that is too short, never updated, or below 0."""
    steps, values = curve.series.finite()
    if len(values) < FEWEST_POINTS or values.min() < 0 or not values.max() > 0:
        return None
    largest, half = float(values.max()), len(values) // 2
    limit = min(NATS, GONE * largest)
    since = int(steps[values.argmax()])
    return _Divergence(
        f"the divergence `{curve.name}`", largest, float(np.median(values[half:])),
        True, bool(values[half:].max() < limit), training_step(run, curve, since),
        Evidence.of_curve("divergence at the end", curve, None, at_least(limit), since=since),
    )  # fmt: skip


def _added(run: Run) -> _Divergence | None:
    """The loss that the model adds to that of its data; None with regularisers, whose it may be."""
    table, layers = run.table("loss"), run.contract.layers if run.contract else ()
    if table is None or any(layer.regularizers for layer in layers):
        return None
    added = table.column("penalty")[:, 0]
    late, known = second_half(added, table.steps), added[np.isfinite(added)]
    if not len(late) or not known.max() > 0 or known.min() < 0:
        return None
    largest, median = float(known.max()), float(np.median(late))
    since = int(table.steps[np.nanargmax(added)])
    return _Divergence(
        "the loss that the model adds", largest, median, False, False, since,
        Evidence.of_table("loss that the model adds ÷ its largest, second half", table,
                          median / largest, at_least(GONE), since=since),
    )  # fmt: skip


def _share_of_spread(run: Run) -> float | None:
    """The late spread of an autoencoder's outputs, as a share of that of its inputs."""
    outputs, inputs = run.table("outputs"), run.table("inputs")
    if outputs is None or inputs is None or not gives_back_its_input(run):
        return None
    late = second_half(outputs.column("spread")[:, 0], outputs.steps)
    wanted = typical_spread(inputs)
    return float(np.median(late)) / wanted if len(late) and wanted > 0 else None


def _alike_outputs(
    run: Run, share: float | None, found: _Divergence
) -> tuple[str, Evidence] | None:
    """That all outputs are alike, as a clause and a number; None where they are not."""
    if share is None or share >= ALIKE:
        return None
    table, wanted = run.tables["outputs"], typical_spread(run.tables["inputs"])
    return f"the outputs have {percent(share)} of the spread of the inputs", Evidence.of_table(
        "spread of the outputs over a batch, second half", table, share * wanted,
        at_least(ALIKE * wanted), layer=table.rows[0], since=found.since,
    )  # fmt: skip


def _empty_code(run: Run, found: _Divergence) -> tuple[str, Evidence] | None:
    """That the code is 0 for every example, as a clause and a number; None where it is not."""
    codes = empty_codes(run)
    if not found.is_logged:
        sizes = [layer.units for layer, _ in codes]
        codes = [code for code in codes if sizes.count(code[0].units) > 1]
    if not codes or not (found.is_logged or gives_back_its_input(run)):
        return None
    layer, rms = max(codes, key=lambda code: code[1])
    return f"the rms of the outputs of `{layer.name}` is {number(rms)}", Evidence.of_table(
        f"rms of the outputs of `{layer.name}`, second half", run.tables["activations"], rms,
        at_least(EMPTY), layer=layer.name, since=found.since,
    )  # fmt: skip


def _steps(run: Run) -> int:
    """How many steps the tables span."""
    known = [t.steps for kind in ("outputs", "activations") if (t := run.table(kind)) is not None]
    return max(int(steps[-1] - steps[0]) for steps in known)


def _begun(named: str) -> str:
    return f"{named[0].upper()}{named[1:]}"


def _faded(found: _Divergence) -> Flagged:
    return Flagged(
        summary=f"{_begun(found.named)} went from {number(found.largest)} to "
        f"{number(found.late)}: the latent variables say nothing of the input.",
        evidence=(found.evidence,),
        tier=Tier.SMELL,
        since=found.since,
    )


def _collapsed(found: _Divergence, clause: str, shown: Evidence) -> Flagged:
    return Flagged(
        summary=f"{_begun(found.named)} fell to {percent(found.left)} of its largest value, and "
        f"{clause}: the latent variables say nothing.",
        context="If it is the divergence from a prior, it outweighs the reconstruction.",
        evidence=(shown, found.evidence),
        since=found.since,
    )
