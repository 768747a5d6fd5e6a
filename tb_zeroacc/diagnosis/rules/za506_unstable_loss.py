"""ZA506: a formula that gives NaN or Inf for values of a usual size."""

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
    at_most,
)
from tb_zeroacc.diagnosis.computed.chance.baseline import HOPELESS
from tb_zeroacc.diagnosis.computed.model.layers import layer_of
from tb_zeroacc.diagnosis.computed.model.non_finite import (
    BrokenTensor,
    first_broken_loss,
    first_broken_tensor,
    largest_until,
)
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import ACTIVATIONS, CONTRACT, GRADIENTS, STEP_LOSS
from tb_zeroacc.diagnosis.rule import Family, rule
from tb_zeroacc.diagnosis.steps import Step
from tb_zeroacc.run import Run
from tb_zeroacc.wording import number

# What overflows float32 (3e38) has grown before. Formulas that broke at once: at most 1 000 of
# inputs and 20 of what is computed from them; losses that ran away 1e12 and more (measured).
USUAL = 1e4
HALF = ("float16", "bfloat16")


@rule(
    "ZA506",
    "unstable-loss",
    Tier.STRONG,
    Stage.ACTIVATIONS,
    motif=Motif.FIRST_BROKEN,
    healthy="Every formula stays within finite numbers",
    step=Step.LOSS,
    needs=(CONTRACT, STEP_LOSS, ACTIVATIONS, GRADIENTS),
    explains=(
        "ZA403", "ZA404", "ZA501", "ZA504", "ZA505", "ZA509", "ZA510", "ZA702", "ZA704", "ZA705",
        "ZA708",
    ),
    yields_to=(Family.INPUTS, Family.LABELS, Family.OUTPUT_AND_LOSS, "ZA701"),
    outcome=Outcome.BROKEN,
    fix=Fix(
        "Try to keep logarithms, quotients and roots off 0, and exponentials off large numbers: "
        "add or clip inside of them, or take the function of Keras that does.",
        "safe_log = keras.ops.log(keras.ops.maximum(x, 1e-7))\n"
        "safe_root = keras.ops.sqrt(keras.ops.maximum(x, 1e-7))\n"
        "safe_quotient = a / keras.ops.maximum(b, 1e-7)",
    ),
)  # fmt: skip
def unstable_loss(context: RunContext) -> Answer:
    """A formula of the model or of its loss gives NaN or Inf for values of a usual size.

    ## What it means
    The logarithm of 0, a quotient by 0, the slope of a root at 0, an exponential or a sum of
    squares beyond what the number's type holds. Nothing has to grow for that: one example will do.

    ## Why accuracy suffers
    One NaN spreads to the loss, to every gradient and with the next update to every weight. An Inf
    that is divided by leaves zeros behind it, and those learn nothing.

    ## How it is detected
    At the first step with a NaN or Inf inputs, labels and weights are finite, and what was computed
    up to it never exceeded 10 000: losses, gradients and activations. That is the first loss that
    is not finite; beside losses that are, the first activation, if weights end so or the run ends
    at .9 of its baseline or more: what a mask leaves out may be infinite in health. So nothing ran
    away, and the formula itself breaks: that of the first layer whose values are not finite; else,
    where all activations and outputs are finite, that of the loss; or that of a derivative, where
    the loss of the step is finite and its gradient is not. Not asked of models in half precision,
    where usual numbers overflow. Steps back behind faults of inputs, labels, output and loss.

    ## How to fix it
    ```python
    safe_log = keras.ops.log(keras.ops.maximum(x, 1e-7))
    safe_root = keras.ops.sqrt(keras.ops.maximum(x, 1e-7))
    safe_quotient = a / keras.ops.maximum(b, 1e-7)
    ```
    `keras.losses` with `from_logits=True` and `keras.ops.softmax` are written so already.

    ## Easily confused with
    ZA501 loss-not-finite: the same, whatever brought it about. ZA701 learning-rate-too-high and
    ZA502 exploding-gradients: there the numbers grow first. ZA507 low-precision-underflow: there
    the type is too small for usual numbers.

    ## Sources
    tensorflow.org/api_docs/python/tf/debugging/enable_check_numerics; stackoverflow.com/q/33712178
    (a cross-entropy by hand). The limit was measured on Keras 3.15.
    """
    run = context.run
    outputs = run.shapes.outputs if run.shapes else ()
    types = [context.given(CONTRACT).dtype_policy or "", *(output.dtype for output in outputs)]
    if any(half in kind for kind in types for half in HALF):
        return NotApplicable("the model computes in half precision")
    loss = first_broken_loss(run)
    until = _first_step(context) if loss is None else loss.step
    if until is None:
        return Passed("no loss is NaN or Inf, nor an activation that does harm")
    tensor = first_broken_tensor(run, until)
    if tensor is not None and tensor.kind in ("inputs", "labels", "weights"):
        return Passed(f"`{tensor.row}` of the {tensor.kind} broke first")
    if loss is not None and (tensor is None or tensor.kind == "gradients"):
        # A gradient that broke with its own loss was computed from it.
        tensor = None if tensor is None or tensor.step == loss.step else tensor
        if tensor is None and loss.step not in context.given(ACTIVATIONS).steps:
            return CannotTell("the step at which the loss broke was not sampled")
    largest = largest_until(run, until if tensor is None else tensor.step)
    if largest > USUAL:
        return Passed(f"numbers had grown to {number(largest)} before they broke")
    return _flagged(run, tensor, until, largest)


def _first_step(context: RunContext) -> int | None:
    """The first step with activations that are not finite, where they do harm beside a finite loss.

    What a mask or a condition leaves out may be infinite in health.
    """
    table, weights = context.given(ACTIVATIONS), context.run.table("weights")
    broken = (table.column("non_finite_count") > 0).any(axis=1)
    lost = weights is not None and bool((weights.column("non_finite_count")[-1] > 0).any())
    is_stuck = (context.loss_ratio or 0.0) >= HOPELESS
    return int(table.steps[broken][0]) if broken.any() and (lost or is_stuck) else None


def _flagged(run: Run, tensor: BrokenTensor | None, step: int, largest: float) -> Flagged:
    since = step if tensor is None else tensor.step
    if tensor is None:
        what, place = "the loss itself is NaN or Inf, from finite outputs", "its formula"
    elif tensor.kind == "gradients":
        what = f"the gradient of `{tensor.row}` is NaN or Inf beside a finite loss"
        place = "a derivative behind it"
    else:
        what = f"`{layer_of(run, tensor.row)}` makes NaN or Inf of finite inputs and weights"
        place = "its formula"
    return Flagged(
        summary=f"A formula breaks at step {since}: {what}.",
        context=f"Nothing had grown before: look at {place} for a logarithm, a quotient or a root "
        "of 0, or an exponential.",
        evidence=(
            _broken(run, tensor, since),
            Evidence.of_number("largest finite number up to there", largest, at_most(USUAL),
                               axis="step", since=0, until=since),
        ),
        since=since,
    )  # fmt: skip


def _broken(run: Run, tensor: BrokenTensor | None, since: int) -> Evidence:
    if tensor is None:
        table = run.tables["loss"]
        values = table.column("loss")[table.steps == since, 0]
        value = float(values[0]) if len(values) else float(np.nan)
        return Evidence.of_table("loss of the first step that breaks", table, value, since=since,
                                 until=since)  # fmt: skip
    layer = layer_of(run, tensor.row)
    return Evidence.of_table(
        f"values of `{tensor.row}` that are NaN or Inf", run.tables[tensor.kind], tensor.values,
        at_most(0.0), layer=layer, since=since, until=since,
    )  # fmt: skip
