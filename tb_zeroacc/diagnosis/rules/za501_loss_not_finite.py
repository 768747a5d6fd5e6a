"""ZA501: NaN or Inf in the loss, and the first tensor with such a value."""

from __future__ import annotations

import numpy as np

from tb_zeroacc.diagnosis.answering.fixes.keras_code import rate_diff
from tb_zeroacc.diagnosis.answering.fixes.torch_code import CLIPPED, LOWER_AND_CLIP
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
from tb_zeroacc.diagnosis.computed.learning.step_loss import STEP_LOSS_TAG
from tb_zeroacc.diagnosis.computed.learning.trend import training_step
from tb_zeroacc.diagnosis.computed.model.histograms import Kernel, kernel_histograms
from tb_zeroacc.diagnosis.computed.model.layers import layer_of
from tb_zeroacc.diagnosis.computed.model.non_finite import (
    BrokenLoss,
    BrokenTensor,
    broken_stretch,
    broken_validation_loss,
    ended_broken,
    first_broken_loss,
    first_broken_tensor,
    first_broken_term,
    recovered,
)
from tb_zeroacc.diagnosis.computed.model.replays import replayed
from tb_zeroacc.diagnosis.computed.optimizer.learning_rate import lower_rate
from tb_zeroacc.diagnosis.computed.optimizer.optimizer import optimizer_of
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import LOSS, SOME_LOSS, STEP_LOSS, VALIDATION_LOSS
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.diagnosis.steps import Step
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
    motif=Motif.FIRST_BROKEN,
    healthy="The loss is finite",
    step=Step.LOSS,
    needs=((LOSS, STEP_LOSS, SOME_LOSS, VALIDATION_LOSS),),
    explains=(
        "ZA403", "ZA404", "ZA502", "ZA503", "ZA504", "ZA505", "ZA507", "ZA509", "ZA702",
        "ZA703", "ZA704", "ZA706", "ZA708",
    ),
    outcome=Outcome.BROKEN,
    fix=Fix(
        "Find the first step whose loss is not finite and look at its batch; then lower the rate "
        "or clip the gradient.",
        "optimizer=keras.optimizers.Adam(learning_rate=1e-4, clipnorm=1.0),",
        in_torch=LOWER_AND_CLIP,
        in_lightning=CLIPPED,
    ),
)
def loss_not_finite(context: RunContext) -> Answer:
    """The loss becomes NaN or infinite, and nothing is learned after that.

    ## What it means
    One NaN spreads: a NaN in the loss makes every gradient NaN, and the update that follows makes
    every weight NaN. From that step on the model predicts NaN.

    ## Why accuracy suffers
    A NaN is never the largest of the outputs nor equal to any label, so accuracy falls to the share
    of whichever class the comparison happens to give, often to 0.

    ## How it is detected
    The first step whose loss is NaN or Inf; exact, since the recorder watches every step and the
    reader keeps every such point. No threshold. Then every tensor of that step is searched in the
    order in which it is computed (inputs, labels, weights before the update, activations layer by
    layer, outputs, loss, gradients from the output back): the first with a NaN or Inf is the
    origin. The weights before a step that was not sampled are gone: the steps up to it are repeated
    beside training, or it is repeated with its own batch and earlier weights, and the finding says
    so. Values before the first finite one (a loss that is logged before learning starts) do not
    count; a loss that has been finite again for 3 points is a smell. Losses that stand for nothing
    (of a policy, single terms) count where all of them end with 3 such points or more; of an
    accuracy, a gradient norm, a learning rate or a reward that is a smell. The loss may stay finite
    although weights are NaN: a ReLU that TensorFlow fuses with the preceding product turns NaN into
    0 (measured: oneDNN, the default on CPUs). Weights that end with a NaN or Inf are the same
    fault. A validation loss that is NaN or Inf for its last 3 points or more while that of training
    is finite is a smell: training goes on. Without the recorder, histograms of the weights that end
    with one tell the kernel and the step, beside the loss; where the loss is finite that is strong
    at most.

    ## How to fix it
    If the input was first, clean the data:
    ```python
    x = x[np.isfinite(x).all(axis=1)]
    ```
    If weights or gradients were first, lower the learning rate:
    ```python
    optimizer=keras.optimizers.Adam(learning_rate=1e-4, clipnorm=1.0)
    ```
    If gradients were first, beside a finite loss and after gradients of a usual size (under 1e4), a
    derivative is infinite: of a square root, a norm, a quotient or a power at 0. Clipping and lower
    rates leave it so.
    ```python
    distance = keras.ops.sqrt(keras.ops.maximum(squares, 1e-7))
    ```
    If the loss was first, compute it from logits (`from_logits=True`) or add an epsilon inside the
    logarithm or the quotient.

    ## Easily confused with
    ZA101 input-not-finite: there the input of the same step already holds the NaN. ZA506
    unstable-loss: it names the formula where nothing had grown before. ZA701
    learning-rate-too-high: there the loss grows by orders of magnitude first. Metrics such as
    explained variance or the precision of an absent class are NaN in healthy runs: they do not
    count.

    ## Sources
    stackoverflow.com/q/40050397 (causes of NaN in training);
    keras.io/api/callbacks/terminate_on_nan;
    tensorflow.org/tensorboard/debugger_v2 (the first tensor with NaN or infinity).
    """
    if context.run.headline(Role.REWARD) is not None and not context.run.recorded:
        if (term := first_broken_term(context.run)) is not None:
            return _flagged(context, term, None, "")
        return NotApplicable("reinforcement learning logs a loss of NaN until learning starts")
    bad = first_broken_loss(context.run)
    if bad is None:
        run = context.run
        lost = (
            _by_weights(run) or _by_histograms(run) or _in_validation(run) or _by_other_curves(run)
        )
        return lost or Passed("every recorded loss is finite")
    if bad.curve is not None and recovered(bad.curve):
        series = bad.curve.series
        points = f"{series.non_finite_count} of {count(series.count, 'point')} are NaN or Inf"
        reason = f"{points}, and the last is {number(series.values[-1])}"
        if series.first_non_finite_step == series.first.step:
            return Passed(f"NaN or Inf only at first: {reason}")
        return _flagged(context, bad, Tier.SMELL, f"Later it was finite again: {reason}.")
    return _flagged(context, bad, None, "")


def _in_validation(run: Run) -> Flagged | None:
    """A validation loss that is not finite, while that of training is."""
    bad = broken_validation_loss(run)
    if bad is None or bad.curve is None:
        return None
    unit = "epoch" if bad.curve.axis == "epoch" else "step"
    word = "NaN" if np.isnan(bad.value) else "infinite"
    before = _last_finite(bad)
    never = " A mean over no example is NaN, too." if not len(bad.curve.series.finite()[0]) else ""
    return Flagged(
        summary=f"The validation loss is {word} from {unit} {bad.at} on, although that of training "
        "is finite.",
        context=f"{before}{never} The model is trained; what validates it, or its data, is broken.",
        evidence=(_loss_evidence(bad), *_share_evidence(run, bad)),
        tier=Tier.SMELL,
        since=bad.step,
        fix=Fix(
            "Look for NaN and Inf in the validation data, and for a logarithm or quotient of 0 in "
            "what is computed of them.",
            "print(len(x_val), np.isfinite(x_val).all(), np.isfinite(y_val).all())",
        ),
    )


def _by_weights(run: Run) -> Flagged | None:
    """Weights with NaN or Inf although every loss is finite; None where there are none."""
    table = run.table("weights")
    until = int(table.steps[-1]) if table is not None and len(table) else -1
    lost = None if table is None else broken_stretch(table, "weights", until)
    if table is None or lost is None:
        return None
    earlier = table.steps[table.steps < lost.step]
    bad = np.nan_to_num(table.column("non_finite_count")[-1])  # (rows,)
    where = f"Weights of `{layer_of(run, lost.row)}`"
    return Flagged(
        summary=f"{where} are NaN or Inf from step {lost.step} on, although the loss is finite.",
        context=f"{count(int(bad.sum()), 'value')} in {count(int((bad > 0).sum()), 'variable')} "
        "at the end. A ReLU that turns NaN into 0 keeps the loss finite; nothing more is learned.",
        evidence=_tensor_evidence(lost),
        since=int(earlier[-1]) + 1 if len(earlier) else lost.step,
        fix=_fix(run, lost),
    )


def _by_histograms(run: Run) -> Flagged | None:
    """The same by the kernels' histograms, in a log without samples."""
    kernel = _first_lost_kernel(run)
    if kernel is None:
        return None
    return Flagged(
        summary=f"Weights of `{layer_of(run, kernel.name)}` are NaN or Inf from step "
        f"{kernel.seen.bad_since} on, although the loss is finite.",
        context="A ReLU that turns NaN into 0 keeps the loss finite; nothing more is learned.",
        evidence=_histogram_evidence(run),
        tier=Tier.STRONG,
        since=kernel.seen.bad_since or 0,
        fix=Fix(
            "Look for NaN and Inf in the data; where there are none, lower the learning rate and "
            "clip the gradient.",
            "print(np.isfinite(x).all(), np.isfinite(y).all())",
        ),
    )


# An explained variance, or the precision of an absent class, is NaN in health.
NEVER_NAN = (Role.ACCURACY, Role.GRADIENT_NORM, Role.LEARNING_RATE, Role.REWARD)


def _by_other_curves(run: Run) -> Flagged | None:
    """Curves of other roles that end with NaN or Inf, in a log without samples."""
    watched = [] if run.recorded else [c for role in NEVER_NAN for c in run.curves_of(role)]
    lost = next((curve for curve in watched if ended_broken(curve)), None)
    if lost is None:
        return None
    at = lost.series.first_non_finite_step or 0
    return Flagged(
        summary=f"`{lost.tag}` is NaN or infinite at its end, although the loss is finite.",
        context="A number that is computed beside training broke, or the model's own did.",
        evidence=(
            Evidence.of_curve("points that are NaN or Inf", lost,
                              lost.series.non_finite_count / lost.series.count, at_most(0.0),
                              unit="share", since=at, until=lost.series.last.step, is_drawn=False),
        ),
        tier=Tier.SMELL,
        since=training_step(run, lost, at),
        fix=Fix(
            "Look for NaN and Inf in the data, and in what the number is computed from.",
            "print(np.isfinite(x).all(), np.isfinite(y).all())",
        ),
    )  # fmt: skip


def _first_lost_kernel(run: Run) -> Kernel | None:
    """The kernel whose histograms end with NaN or Inf, and did so first."""
    lost = [kernel for kernel in kernel_histograms(run) if kernel.seen.bad_since is not None]
    return min(lost, key=lambda kernel: kernel.seen.bad_since or 0, default=None)


def _histogram_evidence(run: Run) -> tuple[Evidence, ...]:
    kernel = _first_lost_kernel(run)
    if kernel is None:
        return ()
    seen = kernel.seen
    return (
        Evidence.of_number(f"NaN or Inf in the histogram of `{kernel.name}`, step {seen.bad_since}",
                           None, member=seen.member, layer=layer_of(run, kernel.name),
                           since=seen.bad_since, until=seen.last_step),
    )  # fmt: skip


def _flagged(context: RunContext, bad: BrokenLoss, tier: Tier | None, remark: str) -> Flagged:
    tensor = first_broken_tensor(context.run, bad.step)
    if tensor is not None and tensor.kind == "gradients" and tensor.step == bad.step:
        tensor = None  # they are computed from the loss of their step
    where = WORDS[tensor.kind].format(tensor.row) if tensor else None
    axis = "step" if bad.curve is None else bad.curve.axis
    unit = "epoch" if axis == "epoch" else "step"
    word = "NaN" if np.isnan(bad.value) else "infinite"
    one = bad.curve is not None and not bad.curve.headline and bad.curve.tag != STEP_LOSS_TAG
    name = f"The loss `{bad.curve.tag}`" if one and bad.curve is not None else "The loss"
    summary = f"{name} is {word} from {unit} {bad.at} on"
    if where is not None:
        summary += f"; {where} broke first"
    elif _only_the_loss(context.run, bad.step):
        summary += "; the loss itself broke first"
    run = context.run
    sentence = remark or (_context(run, tensor) if tensor else _not_seen(run, bad))
    sentence = sentence or _last_finite(bad)
    return Flagged(
        summary=f"{summary}.",
        evidence=(
            _loss_evidence(bad), *_share_evidence(run, bad), *_tensor_evidence(tensor),
            *_histogram_evidence(run),
        ),
        tier=tier,
        # No layers: whichever broke first, the update that follows breaks all of them.
        since=min(bad.step, tensor.step) if _is_singular(run, tensor) and tensor else bad.step,
        context=sentence,
        fix=_fix(context.run, tensor, bad.step),
    )


# A gradient that overflows has grown before: float32 ends at 3e38, float16 at 65504, where a loss
# scale multiplies it. One that is infinite beside this size comes from a derivative that is.
USUAL_GRADIENT = 1e4


def _is_singular(run: Run, tensor: BrokenTensor | None) -> bool:
    """Whether a gradient broke at once although the loss of its step was finite."""
    table = run.table("gradients")
    if tensor is None or tensor.kind != "gradients" or table is None:
        return False
    seen = table.column("abs_max")[table.steps <= tensor.step]
    return bool(seen[np.isfinite(seen)].max(initial=0.0) < USUAL_GRADIENT)


def _only_the_loss(run: Run, step: int) -> bool:
    """Whether every tensor of a step is recorded, so that only its loss can have broken."""
    known = replayed(run, step)
    looked_at = run.recorded and run.table("activations") is not None
    return looked_at and (known is None or known.reproduced)


def _not_seen(run: Run, bad: BrokenLoss) -> str:
    """Why nothing is known of what broke first; empty where something is."""
    known = replayed(run, bad.step)
    if known is None or known.reproduced:
        return ""
    if known.since is None:
        return "That step was not sampled; `every=1` would show what breaks first."
    return (
        f"That step was not sampled. Repeated with its own batch and the weights before step "
        f"{known.since} it does not break, so later weights or a state of the model are the "
        "cause; `every=1` would show which."
    )


def _loss_evidence(bad: BrokenLoss) -> Evidence:
    text = "first loss that is NaN or Inf"
    if bad.curve is None:
        return Evidence.of_number(text, bad.value, axis="step", since=bad.at, until=bad.last)
    return Evidence.of_curve(text, bad.curve, bad.value, since=bad.at, until=bad.last)


def _share_evidence(run: Run, bad: BrokenLoss) -> tuple[Evidence, ...]:
    """How much of the curve is lost, in a log without samples."""
    if run.recorded or bad.curve is None:
        return ()
    series = bad.curve.series
    return (
        Evidence.of_curve("points of the loss that are NaN or Inf", bad.curve,
                          series.non_finite_count / series.count, at_most(0.0), unit="share",
                          since=bad.at, until=bad.last, is_drawn=False),
    )  # fmt: skip


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
    if _is_singular(run, tensor):
        earlier["gradients"] = (
            "; the loss of that step was finite, its gradient was not: so is the derivative of a "
            "square root, a norm or a quotient at 0"
        )
    seen = replayed(run, tensor.step)
    if seen is not None and seen.since is not None and tensor.kind not in ("inputs", "labels"):
        return (
            f"{said}, when the step was repeated with its own batch and the weights before step "
            f"{seen.since}: it was not sampled itself."
        )
    if tensor.kind in ("activations", "outputs", "gradients") and not _weighed(run, tensor.step):
        return (
            f"{said}, from finite inputs; the weights before that step were not sampled in full, "
            "but the update before it left no NaN or Inf."
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
            "and keep its argument away from 0; otherwise lower the learning rate.",
            "- keras.ops.log(x)\n+ keras.ops.log(keras.ops.maximum(x, 1e-7))",
        )
    if _is_singular(run, tensor):
        return Fix(
            "Keep the argument of square roots, norms and quotients away from 0, in the loss and "
            "in the layers. Clipping does not help: NaN stays NaN.",
            "- keras.ops.sqrt(squares)\n+ keras.ops.sqrt(keras.ops.maximum(squares, 1e-7))",
        )
    if kind == "loss" and step is not None and _only_the_loss(run, step):
        return Fix(
            "Compute the loss from logits, or keep its logarithms and quotients away from 0.",
            "- loss=keras.losses.SparseCategoricalCrossentropy(),\n"
            "+ loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),",
        )
    optimizer = optimizer_of(run, tensor.row if tensor else "")
    return Fix(
        "Lower the learning rate and clip the gradient.",
        rate_diff(run, optimizer, lower_rate(run, optimizer), ", clipnorm=1.0"),
    )
