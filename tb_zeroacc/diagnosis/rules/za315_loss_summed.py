"""ZA315: a loss that is summed over the batch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tb_zeroacc.diagnosis.answering.fixes.keras_code import argument_diff, loss_call
from tb_zeroacc.diagnosis.answering.shown_curves import curve_shown
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
    at_most,
)
from tb_zeroacc.diagnosis.computed.chance.baseline import HOPELESS
from tb_zeroacc.diagnosis.computed.model.outputs import output_row, trained_outputs
from tb_zeroacc.diagnosis.computed.optimizer.instability import JUMP, jump_of
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import CONTRACT
from tb_zeroacc.diagnosis.rule import Muted, rule
from tb_zeroacc.facts import Output
from tb_zeroacc.run import Role, Run
from tb_zeroacc.wording import number

OF_FUNCTIONS = (None, "LossFunctionWrapper")  # classes of losses that a function is made into


@rule(
    "ZA315",
    "loss-summed",
    Tier.STRONG,
    Stage.CONTRACT,
    motif=Motif.OUTPUT_LOSS,
    healthy="The loss is a mean over the batch",
    needs=(CONTRACT,),
    explains=("ZA404", "ZA501", "ZA502", "ZA504", "ZA509", "ZA701", "ZA703", "ZA704", "ZA706"),
    muted_when=Muted.BASELINE_IS_BEATEN,
    fix=Fix(
        "Average the loss over the batch, or divide the learning rate by its size.",
        '- loss=keras.losses.MeanSquaredError(reduction="sum"),\n'
        "+ loss=keras.losses.MeanSquaredError(),",
    ),
)
def loss_summed(context: RunContext) -> Answer:
    """The loss is the sum over the batch, so it and its gradients grow with the batch's size.

    ## What it means
    Keras averages a loss over the examples of a batch. With `reduction="sum"` it adds them up.

    ## Why accuracy suffers
    Gradients are as many times larger as there are examples in a batch. Plain descent at a usual
    rate takes steps that are too large, and a last batch that is smaller counts less. Adam divides
    by the gradients' size and hardly notices.

    ## How it is detected
    From the contract: the reduction of a trained output's loss is `sum`, or the graph of a traced
    step shows that a loss of one's own adds up the examples and divides by nothing; and its batches
    hold more than one example. Strong with plain descent (SGD) whose loss ends at nine tenths of
    its baseline or more, or breaks; where no baseline is known, if a batch's loss rises to 5 times
    the first within 100 steps; else a smell, for a rate may have been chosen for it. Muted
    once the run beats its baseline.

    ## How to fix it
    ```python
    loss = keras.losses.MeanSquaredError()  # reduction="sum_over_batch_size"
    ```

    ## Easily confused with
    ZA701 learning-rate-too-high: what a sum leads to. ZA208 target-not-normalised: there the loss
    is large because the targets are.

    ## Sources
    keras.io/api/losses (reduction); Goyal et al. 2017, "Accurate, Large Minibatch SGD" (the rate
    goes with the scale of the loss).
    """
    run = context.run
    known = [o for o in trained_outputs(run) if o.reduction]
    if not known:
        return CannotTell("the contract does not tell how the loss is reduced")
    for output in known:
        if output.reduction == "sum" and (size := _batch_size(run, output)) != 1:
            tier = Tier.STRONG if _has_failed(context) else Tier.SMELL
            return replace(_flagged(run, output, size), tier=tier)
    return Passed(f"reduction is {', '.join(dict.fromkeys(o.reduction or '' for o in known))}")


def _has_failed(context: RunContext) -> bool:
    """Whether plain descent, whose steps grow with the loss, got nowhere."""
    contract, loss = context.given(CONTRACT), context.final_loss
    is_plain = contract.optimizer is not None and contract.optimizer.class_name == "SGD"
    if not is_plain or loss is None:
        return False
    if not np.isfinite(loss):
        return True
    if context.loss_ratio is not None:
        return context.loss_ratio >= HOPELESS
    jump = jump_of(context.run, None)  # of a loss of one's own no baseline is known
    return jump is not None and jump.times >= JUMP


def _batch_size(run: Run, output: Output) -> float | None:
    """Examples in a usual batch; None if unknown."""
    table = run.table("labels")
    row = output_row(table, output.name)
    if table is None or row is None:
        return run.contract.fit.batch_size if run.contract else None
    sizes = table.column("examples")[:, row]
    return float(np.nanmedian(sizes)) if np.isfinite(sizes).any() else None


def _flagged(run: Run, output: Output, size: float | None) -> Flagged:
    is_own = output.loss_class in OF_FUNCTIONS
    named = "" if is_own else f" ({output.loss})"
    grow = f"are {number(size)} times those of a mean" if size else "grow with its size"
    known = (Evidence.of_number("examples in a batch", size, at_most(1)),) if size else ()
    return Flagged(
        summary=f"The loss of `{output.name}`{named} is summed over the batch: its gradients "
        f"{grow}.",
        context="A learning rate that suits a mean is too high for a sum.",
        evidence=(
            Evidence("the loss adds up its examples" if is_own else "reduction is sum",
                     layer=output.layer),
            *known,
            *curve_shown(run, Role.LOSS),
        ),
        since=BEFORE_TRAINING,
        fix=_fix(run, output),
    )  # fmt: skip


def _fix(run: Run, output: Output) -> Fix:
    """Another reduction of a loss of Keras, another last line of a function."""
    if output.loss_class in OF_FUNCTIONS:
        code = "- return keras.ops.sum(errors)\n+ return keras.ops.mean(errors)"
    else:
        logits = "from_logits=True" if output.from_logits else ""
        call = loss_call(output.loss or "loss", logits)
        before = call.replace(")", f'{", " if logits else ""}reduction="sum")')
        code = argument_diff(run, output, "loss", before, call)
    return Fix("Average the loss over the batch, or divide the learning rate by its size.", code)
