"""ZA501: numbers that are none, and which tensor was the first to break."""

from __future__ import annotations

import numpy as np

from tb_zeroacc.diagnosis.answering.keras_code import rate_diff
from tb_zeroacc.diagnosis.answers import (
    Answer,
    Evidence,
    Fix,
    Flagged,
    NotApplicable,
    Passed,
    Stage,
    Tier,
    at_most,
)
from tb_zeroacc.diagnosis.computed.model.layers import layer_of
from tb_zeroacc.diagnosis.computed.model.non_finite import (
    BrokenLoss,
    BrokenTensor,
    broken_stretch,
    first_broken_loss,
    first_broken_tensor,
    recovered,
)
from tb_zeroacc.diagnosis.computed.model.replays import replayed
from tb_zeroacc.diagnosis.computed.optimizer.learning_rate import lower_rate
from tb_zeroacc.diagnosis.computed.optimizer.optimizer import optimizer_of
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.needs import LOSS, STEP_LOSS
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.run import Role, Run
from tb_zeroacc.wording import count, number

WORDS = {
    "inputs": "the input `{}`",
    "labels": "the labels `{}`",
    "weights": "the weights `{}`",
    "activations": "the activations of `{}`",
    "outputs": "the output `{}`",
    "gradients": "the gradient of `{}`",
}


@rule(
    "ZA501",
    "loss-not-finite",
    Tier.DEFINITE,
    Stage.LOSS,
    needs=((LOSS, STEP_LOSS),),
    explains=(
        "ZA403", "ZA404", "ZA502", "ZA503", "ZA504", "ZA505", "ZA506", "ZA507", "ZA509", "ZA702",
        "ZA703", "ZA704", "ZA706", "ZA708",
    ),
    outcome=Outcome.BROKEN,
    fix=Fix(
        "Find the first step whose loss is not finite and look at its batch; then lower the rate "
        "or clip the gradient.",
        "optimizer=keras.optimizers.Adam(learning_rate=1e-4, clipnorm=1.0),",
    ),
)
def loss_not_finite(context: RunContext) -> Answer:
    """The loss becomes NaN or infinite, and nothing is learned after that.

    ## What it means
    One NaN spreads: a NaN in the loss makes every gradient NaN, and the update that follows makes
    every weight NaN. From that step on the model answers NaN to everything.

    ## Why accuracy suffers
    A NaN is never the largest of the outputs nor equal to any label, so accuracy falls to the share
    of whichever class the comparison happens to give, often to 0.

    ## How it is detected
    The first step whose loss is not finite; exact, for the recorder watches every step and the
    reader loses no such point. No threshold. Then every tensor of that step is searched in the
    order in which it is computed (inputs, labels, weights before the update, activations layer by
    layer, outputs, loss, gradients from the output back): the first with a non-finite value is
    where it began. Of a step that nobody had looked at the weights are lost: the steps up to it are
    taken again beside training, or it is computed once more with its own batch from earlier
    weights, and the finding says so. Values before the first finite one (a loss that is logged
    before learning starts) do not count; a loss that has been finite again for 3 points is a smell.
    A loss may stay finite while weights are lost: a ReLU that TensorFlow fuses with the product
    before it turns NaN into 0 (measured: oneDNN on CPUs, its default). Weights that end with a
    non-finite value are the same fault.

    ## How to fix it
    Where the input was first, clean the data:
    ```python
    x = x[np.isfinite(x).all(axis=1)]
    ```
    Where weights or gradients were first, take smaller steps:
    ```python
    optimizer=keras.optimizers.Adam(learning_rate=1e-4, clipnorm=1.0)
    ```
    Where the loss was first, let it work on logits (`from_logits=True`) or add an epsilon inside
    the logarithm or the quotient.

    ## Easily confused with
    ZA101 input-not-finite: there the input of the same step already holds the NaN. ZA701
    learning-rate-too-high: there the loss grows by orders of magnitude first. Metrics such as
    explained variance or the precision of an absent class are NaN in health: only losses count.

    ## Sources
    stackoverflow.com/q/40050397 (causes of NaN in training);
    keras.io/api/callbacks/terminate_on_nan;
    tensorflow.org/tensorboard/debugger_v2 (the first tensor with NaN or infinity).
    """
    if context.run.headline(Role.REWARD) is not None and not context.run.recorded:
        return NotApplicable("reinforcement learning logs a loss of NaN until learning starts")
    bad = first_broken_loss(context.run)
    if bad is None:
        return _by_weights(context.run) or Passed("every loss on record is finite")
    if bad.curve is not None and recovered(bad.curve):
        series = bad.curve.series
        points = f"{count(series.non_finite_count, 'point')} of {series.count} not finite"
        reason = f"{points}, the last at {number(series.values[-1])}"
        if series.first_non_finite_step == series.first.step:
            return Passed(f"not finite only at first: {reason}")
        return _flagged(context, bad, Tier.SMELL, f"Later it was finite again: {reason}.")
    return _flagged(context, bad, None, "")


def _by_weights(run: Run) -> Flagged | None:
    """Weights that are lost although every loss is finite; None where they are not."""
    table = run.table("weights")
    until = int(table.steps[-1]) if table is not None and len(table) else -1
    lost = None if table is None else broken_stretch(table, "weights", until)
    if table is None or lost is None:
        return None
    earlier = table.steps[table.steps < lost.step]
    bad = np.nan_to_num(table.column("non_finite_count")[-1])  # (rows,)
    where = f"Weights of `{layer_of(run, lost.row)}`"
    return Flagged(
        summary=f"{where} are not finite at step {lost.step} and for good; the loss hides it.",
        context=f"{count(int(bad.sum()), 'value')} in {count(int((bad > 0).sum()), 'variable')} "
        "at the end: a ReLU that turns NaN into 0 keeps the loss finite, and nothing is learned.",
        evidence=_tensor_evidence(lost),
        since=int(earlier[-1]) + 1 if len(earlier) else lost.step,
        fix=_fix(run, lost),
    )


def _flagged(context: RunContext, bad: BrokenLoss, tier: Tier | None, remark: str) -> Flagged:
    tensor = first_broken_tensor(context.run, bad.step)
    if tensor is not None and tensor.kind == "gradients" and tensor.step == bad.step:
        tensor = None  # they are computed from the loss of their step
    where = WORDS[tensor.kind].format(tensor.row) if tensor else None
    axis = "step" if bad.curve is None else bad.curve.axis
    unit = "epoch" if axis == "epoch" else "step"
    word = "NaN" if np.isnan(bad.value) else "infinite"
    summary = f"The loss is {word} from {unit} {bad.at} on"
    if where is not None:
        summary += f"; {where} broke first"
    elif _only_the_loss(context.run, bad.step):
        summary += "; the loss itself broke first"
    run = context.run
    sentence = remark or (_context(run, tensor) if tensor else _not_seen(run, bad))
    sentence = sentence or _last_finite(bad)
    return Flagged(
        summary=f"{summary}.",
        evidence=(_loss_evidence(bad), *_tensor_evidence(tensor)),
        tier=tier,
        # No layers: whichever broke first, the update that follows breaks all of them.
        since=bad.step,
        context=sentence,
        fix=_fix(context.run, tensor, bad.step),
    )


def _only_the_loss(run: Run, step: int) -> bool:
    """Whether every tensor of a step is on record, so that none but its loss was broken."""
    known = replayed(run, step)
    looked_at = run.recorded and run.table("activations") is not None
    return looked_at and (known is None or known.reproduced)


def _not_seen(run: Run, bad: BrokenLoss) -> str:
    """Why nothing is known of what broke first; empty where something is."""
    known = replayed(run, bad.step)
    if known is None or known.reproduced:
        return ""
    if known.since is None:
        return "Nobody had looked at that step; `every=1` would show what breaks first."
    return (
        f"Nobody had looked at that step. Computed once more with its own batch from the weights "
        f"before step {known.since} it does not break, so the weights since then or a state of "
        "the model are to blame; `every=1` would show which."
    )


def _loss_evidence(bad: BrokenLoss) -> Evidence:
    text = "loss, first that is not finite"
    if bad.curve is None:
        return Evidence.of_number(text, bad.value, axis="step", since=bad.at, until=bad.last)
    return Evidence.of_curve(text, bad.curve, bad.value, since=bad.at, until=bad.last)


def _tensor_evidence(tensor: BrokenTensor | None) -> tuple[Evidence, ...]:
    if tensor is None:
        return ()
    text = f"non-finite values in {WORDS[tensor.kind].format(tensor.row)}, step {tensor.step}"
    return (
        Evidence.of_number(text, tensor.values, at_most(0), unit="values", layer=tensor.row,
                           axis="step", since=tensor.step, until=tensor.step),
    )  # fmt: skip


def _context(run: Run, tensor: BrokenTensor) -> str:
    where = WORDS[tensor.kind].format(tensor.row)
    values = count(int(tensor.values), "non-finite value")
    said = f"At step {tensor.step} {where} held {values}"
    earlier = {
        "inputs": ", before the model had computed anything",
        "labels": ", before the loss was computed",
        "weights": ", before that step's update: an earlier update broke them",
        "activations": ", from finite inputs and finite weights",
        "outputs": ", from finite activations",
        "gradients": ", while the loss of that step was still computed from finite values",
    }
    seen = replayed(run, tensor.step)
    if seen is not None and seen.since is not None and tensor.kind not in ("inputs", "labels"):
        return (
            f"{said}, when the step was computed once more with its own batch from the weights "
            f"before step {seen.since}: nobody had looked at its own."
        )
    if tensor.kind in ("activations", "outputs", "gradients") and not _weighed(run, tensor.step):
        return (
            f"{said}, from finite inputs; the weights were not looked at in full before that step, "
            "which was not due, but the update before it left no broken one behind."
        )
    return f"{said}{earlier[tensor.kind]}."


def _weighed(run: Run, step: int) -> bool:
    """Whether the weights before a step are on record: not where it was sampled out of turn."""
    table = run.table("weights")
    if table is None:
        return True
    known = table.column("non_finite_count")[table.steps == step]
    return not len(known) or not bool(np.isnan(known).all())


def _last_finite(bad: BrokenLoss) -> str:
    if bad.curve is None:
        return ""
    steps, values = bad.curve.series.finite()
    before = values[steps < bad.at]
    if not len(before):
        return "It was never finite."
    return f"The last finite loss before it was {number(float(before[-1]))}."


def _fix(run: Run, tensor: BrokenTensor | None, step: int | None = None) -> Fix:
    kind = tensor.kind if tensor else "loss"
    if kind in ("inputs", "labels"):
        name = "x" if kind == "inputs" else "y"
        return Fix(
            f"Remove or fill the non-finite {kind} before training.",
            f"keep = np.isfinite({name}).reshape(len({name}), -1).all(axis=1)\n"
            "x, y = x[keep], y[keep]",
        )
    if kind in ("activations", "outputs"):
        return Fix(
            f"Look for a logarithm, quotient or square root in `{tensor.row if tensor else ''}`, "
            "and keep its argument away from 0; else take smaller steps.",
            "- keras.ops.log(x)\n+ keras.ops.log(keras.ops.maximum(x, 1e-7))",
        )
    if kind == "loss" and step is not None and _only_the_loss(run, step):
        return Fix(
            "Compute the loss from logits, or keep its logarithms and quotients away from 0.",
            "- loss=keras.losses.SparseCategoricalCrossentropy(),\n"
            "+ loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),",
        )
    optimizer = optimizer_of(run, tensor.row if tensor else "")
    return Fix(
        "Take smaller steps and clip the gradient.",
        rate_diff(run, optimizer, lower_rate(run, optimizer), ", clipnorm=1.0"),
    )
