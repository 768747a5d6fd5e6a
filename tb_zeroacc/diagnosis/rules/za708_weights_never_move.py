"""ZA708: variables that get a gradient and never change."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.diagnosis.answering.several_optimizers import for_each_optimizer
from tb_zeroacc.diagnosis.answering.shown_curves import curve_shown, last_shown
from tb_zeroacc.diagnosis.answering.unrecorded import not_recorded
from tb_zeroacc.diagnosis.answers import (
    BEFORE_TRAINING,
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
    unlike,
)
from tb_zeroacc.diagnosis.computed.chance.baseline import HOPELESS
from tb_zeroacc.diagnosis.computed.learning.improvement import improvements_of
from tb_zeroacc.diagnosis.computed.learning.trend import trend_of
from tb_zeroacc.diagnosis.computed.model.histograms import (
    FEWEST,
    Kernel,
    changing,
    kernel_histograms,
    unmoved_kernels,
)
from tb_zeroacc.diagnosis.computed.model.layers import layer_named, layer_of
from tb_zeroacc.diagnosis.computed.model.samples import known_median
from tb_zeroacc.diagnosis.computed.optimizer.learning_rate import LOW_RATE, peak_rate, typical_rate
from tb_zeroacc.diagnosis.computed.optimizer.optimizer import Group, optimizer_of
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import GRADIENTS, HISTOGRAMS, LEARNING_RATE, WEIGHTS
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.facts import Optimizer
from tb_zeroacc.run import Curve, Role, Run, Table
from tb_zeroacc.wording import number, percent

FEWEST_STEPS = 15  # from the first sample on; a scaled loss may skip the first ten updates
FEWEST_SAMPLES = 5  # a scaled loss may skip the first updates (float16), not five
# rate x gradient ÷ weights. Under 6e-8 float32 rounds the update away; the plain product is the
# least by which any of Keras' optimizers would change a weight.
FELT = 1e-6
CHANGED = 0.1  # of the loss at the start: weights that do not move leave it where it is
RIGHT = 0.9  # accuracy: a model that is done has no gradient left
SPARSE = "embeddings"  # a step changes only the rows that it looked up

UNFREEZE = Fix(
    "Set `trainable` of the layers that shall learn, and compile again.",
    "model.trainable = False  # or the next line may change nothing\n"
    "model.trainable = True\nmodel.compile(optimizer, loss)",
)
LOOK = Fix(
    "See that the loss has a gradient, and that the optimizer gets the variables of this model.",
    "print([variable.path for variable in model.trainable_variables])",
)
REVIVE = Fix(
    "Use an activation whose gradient is never 0, and start the biases at 0.",
    'keras.layers.Dense(64, activation="leaky_relu")',
)


@rule(
    "ZA708",
    "weights-never-move",
    Tier.DEFINITE,
    Stage.UPDATE,
    motif=Motif.UPDATES,
    healthy="The weights move",
    needs=((WEIGHTS, HISTOGRAMS),),
    explains=("ZA404", "ZA702", "ZA704", "ZA705"),
    fix=Fix(
        "Apply the gradients to the variables they were computed for.",
        "optimizer.apply_gradients(zip(gradients, model.trainable_variables))",
        in_torch="optimizer = torch.optim.Adam(model.parameters())  # of this very model",
    ),
)
def weights_never_move(context: RunContext) -> Answer:
    """Variables get gradients but never change.

    ## What it means
    The gradient is computed and large enough to have an effect, but no update reaches the variable:
    the optimizer is never applied, is applied to other variables, or something resets them.

    ## Why accuracy suffers
    Variables that do not change do not learn.

    ## How it is detected
    Per variable, exact: the change is 0 and the root mean square the same at every sample, while
    the median gradient is above 0 and rate times gradient is above a millionth of the weights (in
    float32 an update of less than 6e-8 of a weight is lost to rounding). At least 5 samples, times
    the steps of gradient accumulation. Each optimizer is judged by its own rate. Embeddings are
    left out: a step changes only the rows that it looked up. A learning rate of 0 is up to ZA702.
    Where no update was seen, as in a step that forgets to apply them: all variables have the same
    size, to the last digit, at 5 samples or more over 15 steps, and the loss stays at its baseline.

    Without the recorder, from histograms of the weights (`histogram_freq=1` of Keras' TensorBoard
    callback, PyTorch's `add_histogram`): all kernels have the same histogram, bucket for bucket, at
    three steps or more, while the loss changes by less than a tenth and nothing on record gets
    better, accuracy being under .9; strong at most. A frozen part of a model is no fault: one
    variable that moves is enough to pass; the averages of batch normalisation do not count, nor
    does a bias while others stand still, as behind dead units.

    ## How to fix it
    ```python
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    ```
    And build the optimizer after the model, for the variables that are trained.

    ## Easily confused with
    ZA314 no-gradient and ZA607 frozen-layers: there is no gradient at all. ZA503
    vanishing-gradients: there it is too small to have an effect. ZA702 learning-rate-too-low: there
    the rate is.

    ## Sources
    docs.aws.amazon.com/sagemaker (Debugger's UnchangedTensor); TrainCheck (invariants of
    optimizer.step). The threshold is the resolution of float32 with a factor of 16.
    """
    weights, gradients = context.run.table("weights"), context.run.table("gradients")
    if weights is None:
        return _from_histograms(context)
    if gradients is None:
        found: Answer = not_recorded(context.run, GRADIENTS)
    else:
        found = for_each_optimizer(
            context.run, weights, lambda group: _judged(context.run, weights, gradients, group),
            "weights", "gradients",
        )  # fmt: skip
    stands = _identical(context, weights) if isinstance(found, CannotTell) else None
    return found if stands is None else stands


def _identical(context: RunContext, weights: Table) -> Flagged | None:
    """Where no update was seen: weights that are the same at every sample, to the last digit."""
    run, rms = context.run, weights.column("rms")
    optimizer = optimizer_of(run)
    first, last = int(weights.steps[0]), int(weights.steps[-1])
    least = FEWEST_STEPS * _steps_an_update(optimizer)
    is_short = len(weights) < FEWEST_SAMPLES or last - first < least
    if is_short or not np.isfinite(rms).any():
        return None
    if np.nanmax(weights.column("non_finite_count"), initial=0.0) > 0:
        return None  # what broke has changed, though NaN differs from nothing
    rate = peak_rate(run, optimizer)
    if _moves(weights)[1].any() or (rate is not None and rate <= LOW_RATE):
        return None
    if (context.loss_ratio or 1.0) < HOPELESS:
        return None
    return Flagged(
        summary=f"No weight ever changes: from step {first} to step {last} all are identical.",
        context="No optimizer was seen to be applied to these variables.",
        evidence=(
            Evidence.of_table("variables that change", weights, 0, at_least(1), unit="variables",
                              since=first, until=last),
            *curve_shown(run, Role.LOSS),
        ),
        since=first,
    )  # fmt: skip


def _steps_an_update(optimizer: Optimizer | None) -> int:
    """Steps whose gradients an optimizer gathers for one update."""
    return max(1, (optimizer.gradient_accumulation_steps or 1) if optimizer else 1)


def _judged(run: Run, weights: Table, gradients: Table, group: Group) -> Answer:
    """The answer on the variables of one optimizer."""
    optimizer = group.optimizer
    least = FEWEST_SAMPLES * _steps_an_update(optimizer)
    if len(weights) < least:
        return CannotTell(f"fewer than {least} samples")
    rate = typical_rate(run, optimizer)
    if rate is None:
        return CannotTell("the learning rate is not recorded", (LEARNING_RATE.missing,))
    if not rate > 0:
        return NotApplicable(f"the learning rate{group.whose} is 0")
    felt = _felt(weights, gradients, rate, group)
    if not felt.any():
        return NotApplicable(f"no variable{group.whose} has a gradient large enough for an effect")
    known, moved = _moves(weights)
    still = felt & known & ~moved
    if still.any():
        return _flagged(run, weights, gradients, group, np.flatnonzero(still), int(felt.sum()))
    unknown = felt & ~known & ~moved
    if unknown.any():
        return CannotTell(f"the updates of {int(unknown.sum())} of {int(felt.sum())} variables "
                          "with a gradient are not recorded")  # fmt: skip
    return Passed(f"every variable{group.whose} with a large enough gradient changes "
                  f"({int(felt.sum())})")  # fmt: skip


def _felt(
    weights: Table, gradients: Table, rate: float, group: Group
) -> NDArray[np.bool_]:
    """Which variables get a gradient large enough for an effect; (rows of `weights`,)."""
    felt = np.zeros(len(weights.rows), bool)
    rms = gradients.column("rms")
    for row in group.rows:
        name = weights.rows[row]
        if name not in gradients.rows or name.endswith(SPARSE):
            continue
        seen = rms[:, gradients.row_index(name)]
        if np.isfinite(seen).any():
            size = known_median(weights.column("rms")[:, row])
            gradient = known_median(seen)
            felt[row] = gradient > 0 and rate * gradient > FELT * size
    return felt


def _moves(weights: Table) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Of which variables the change is known at every sample, and which changed; (rows,) each.

    They changed at a sample, or between samples.
    """
    rms, change = weights.column("rms"), weights.column("update_rms")
    looked = ~np.isnan(rms)  # a step that was sampled out of turn has no row
    highest = np.where(looked, rms, -np.inf).max(axis=0)
    lowest = np.where(looked, rms, np.inf).min(axis=0)
    moved = (change > 0).any(axis=0) | (lowest < highest)
    known = looked.any(axis=0) & (np.isfinite(change) | ~looked).all(axis=0)
    return np.asarray(known), np.asarray(moved)


def _flagged(
    run: Run, weights: Table, gradients: Table, group: Group, rows: NDArray[np.intp], of: int
) -> Flagged:
    names = [weights.rows[row] for row in rows]
    layers = tuple(dict.fromkeys(layer_of(run, name) for name in names))
    first, last = int(weights.steps[0]), int(weights.steps[-1])
    which, shown = f"`{names[0]}` never changes", curve_shown(run, Role.LOSS)
    if len(names) == of:
        which = f"No variable{group.whose} ever changes"
        if not group.whose:
            shown = last_shown(run, "zeroacc/update_ratio", "largest update ÷ weights") or shown
    elif len(names) > 1:
        which = f"{len(names)} of {of} variables{group.whose} never change"
    seen = gradients.column("rms")
    typical = {name: known_median(seen[:, gradients.row_index(name)]) for name in names}
    return Flagged(
        summary=f"{which}, although its gradient is {number(typical[names[0]])}."
        if len(names) == 1
        else f"{which}, although gradients reach {number(max(typical.values()))}.",
        context=f"From step {first} to step {last} the weights are identical.",
        evidence=(
            *(
                Evidence.of_table(
                    f"change of `{name}` per step, with a gradient of {number(typical[name])}",
                    weights, 0, unlike(0), layer=layer_of(run, name), since=first, until=last,
                )
                for name in names[:8]
            ),
            *shown,
        ),
        since=first,
        layers=() if len(names) == of and not group.whose else layers,
    )


def _from_histograms(context: RunContext) -> Answer:
    """Without samples: kernels whose histograms are the same at every step."""
    run = context.run
    still = unmoved_kernels(run)
    if not still or changing(run).others:
        return _not_unmoved(run)
    curve = run.headline(Role.LOSS)
    trend = trend_of(curve.series) if curve else None
    if curve is None or trend is None or trend.points < FEWEST:
        return CannotTell(f"the histograms of all kernels are the same, but fewer than {FEWEST} "
                          "points of a loss show training")  # fmt: skip
    if improvements_of(run) or not abs(trend.relative_fall) < CHANGED:
        return Passed("the curves change although the kernels' histograms do not")
    if context.beats or (context.final_accuracy or 0.0) >= RIGHT or not trend.end:
        return Passed("the model has learned already what it is trained for")
    rate = peak_rate(run, optimizer_of(run))
    if rate is not None and rate <= LOW_RATE:
        return NotApplicable(f"the learning rate never exceeds {number(rate)}")
    return _unmoved(run, curve, still, trend.relative_fall)


def _not_unmoved(run: Run) -> Answer:
    kernels = kernel_histograms(run)
    if min(kernel.seen.count for kernel in kernels) < FEWEST:
        return CannotTell(f"fewer than {FEWEST} histograms of a kernel")
    if moving := changing(run).others:
        return Passed(f"`{moving[0]}` changes")
    return NotApplicable("weights of a single value, or with NaN, are another fault")


def _unmoved(run: Run, curve: Curve, still: tuple[Kernel, ...], fall: float) -> Flagged:
    first, last = still[0].seen.first_step, still[0].seen.last_step
    layers = [layer_named(run, layer_of(run, kernel.name)) for kernel in still]
    frozen = all(layer is not None and not layer.trainable for layer in layers)
    said, fix = f"The loss changed by {percent(abs(fall))} in total.", LOOK
    if frozen:
        said, fix = "All their layers are frozen: `trainable` is False.", UNFREEZE
    elif changing(run).biases:
        said, fix = "Only biases change: no gradient reaches the kernels, as of dead units.", REVIVE
    return Flagged(
        summary=f"The weights never move: from step {first} to step {last} the histogram of every "
        "kernel is the same.",
        context=said,
        evidence=(
            *(
                Evidence.of_number(
                    f"distinct histograms of `{kernel.name}`, out of {kernel.seen.count}", 1,
                    unlike(1), member=kernel.seen.member, layer=layer_of(run, kernel.name),
                    since=kernel.seen.first_step, until=kernel.seen.last_step,
                )
                for kernel in still[:8]
            ),
            Evidence.of_curve("loss at the end", curve),
        ),
        tier=Tier.STRONG,
        since=BEFORE_TRAINING,
        fix=fix,
    )
