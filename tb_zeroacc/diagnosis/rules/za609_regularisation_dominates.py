"""ZA609: a penalty that outweighs the loss of the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tb_zeroacc.diagnosis.answering.fixes.regularizers import weaker_regularizer
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
    at_most,
)
from tb_zeroacc.diagnosis.computed.chance.baseline import HOPELESS
from tb_zeroacc.diagnosis.computed.model.holding_back import regularizer_of
from tb_zeroacc.diagnosis.computed.model.kernels import KERNEL_NAMES, kernel_rows
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import CONTRACT, STEP_LOSS, WEIGHTS
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.diagnosis.steps import Step
from tb_zeroacc.facts import Layer
from tb_zeroacc.run import Table
from tb_zeroacc.wording import listed, number, percent

OUTWEIGHS = 1.0  # penalty ÷ loss of the data in the first samples; a healthy one may be 5
# Kernels, and samples, in which the gradient is one and the same multiple of the weights: no loss
# of data does that, and a penalty on squares always. It varies by .5 % where one has won, healthy
# gradients by factors of 3 and more from sample to sample (measured).
FEWEST_KERNELS, FEWEST_SAMPLES, ONE_MULTIPLE, HALVED = 2, 10, 1.05, 0.5
DECAYS = 0.01  # of a weight, a step: usual settings take .0001 and less (.001 · .1, .1 · .0005)
FIRST = 10  # samples
PENALISED = ("kernel", "activity")
# Kernel at the end ÷ at first: .00003 and .0009 where the penalty has won, .15 to .9 in health.
SHRUNK = 0.1


@rule(
    "ZA609",
    "regularisation-dominates",
    Tier.STRONG,
    Stage.LOSS,
    motif=Motif.LOSS_PARTS,
    healthy="The loss of the data outweighs the penalties",
    step=Step.SIMPLICITY,
    needs=(CONTRACT, STEP_LOSS, WEIGHTS),
    explains=(
        "ZA403", "ZA404", "ZA503", "ZA504", "ZA509", "ZA510", "ZA604", "ZA702", "ZA704", "ZA705",
        "ZA706",
    ),
    fix=Fix(
        "Weaken the regularisers by a factor of a hundred, and strengthen them step by step.",
        "keras.layers.Dense(64, kernel_regularizer=keras.regularizers.L2(1e-4))",
    ),
)  # fmt: skip
def regularisation_dominates(context: RunContext) -> Answer:
    """The penalty of the regularisers outweighs the loss of the data.

    ## What it means
    The optimizer minimises the sum of both. Where the penalty is the larger part by far, the
    cheapest way down is to make all weights 0.

    ## Why accuracy suffers
    Kernels of 0 pass nothing of the inputs on: the model predicts how frequent each class is, while
    the total loss falls splendidly.

    ## How it is detected
    Three must hold. The penalty is at least as large as the loss of the data in the first ten
    samples (their median); a healthy run may begin at five times that and still learn. The loss of
    the data alone ends at nine tenths of its baseline or more. And a kernel (or the output of a
    layer) that is regularised shrank to a tenth or less of its initial size: 3e-5 and 9e-4 in
    failing programs, .15 and more in healthy ones (measured). Without regularisers: the optimizer's
    weight decay times the learning rate is .01 or more, a hundred times what is usual, and the
    last two hold. Or, for a penalty inside of a loss of the user's own: in 10 samples or more the
    gradient of every kernel, 2 at least, is one multiple of its weights, within 5 % over kernels
    and samples, and all of them shrank to half or less; muted once the run beats its baseline.

    ## How to fix it
    ```python
    keras.layers.Dense(64, kernel_regularizer=keras.regularizers.L2(1e-4))
    ```

    ## Easily confused with
    ZA509 constant-output and ZA404 predicts-one-class: they follow. ZA706 died-after-learning: how
    the accuracy looks while the kernels shrink.

    ## Sources
    stackoverflow.com/q/51028324 and 39052558; Goodfellow et al. 2016, Deep Learning, section 7.1.
    Margins measured on Keras 3.15.
    """
    regularised = [x for x in context.given(CONTRACT).layers if regularizer_of(x, *PENALISED)]
    if not regularised:
        return (None if context.beats else _by_gradient(context)) or _by_decay(context)
    table = context.given(STEP_LOSS)
    penalty, data = table.column("penalty")[:, 0], table.column("data_loss")[:, 0]
    first = (penalty[:FIRST], data[:FIRST])
    if not all(np.isfinite(values).any() for values in first):
        return CannotTell("the penalty is not on record")
    early, fit = (float(np.nanmedian(values)) for values in first)
    said = f"the penalty begins at {number(early)}, the loss of the data at {number(fit)}"
    if early < OUTWEIGHS * fit:
        return Passed(said)
    if context.loss_ratio is None:
        return CannotTell(f"{said}, but the baseline of the loss is not known")
    if context.loss_ratio < HOPELESS:
        share = percent(context.loss_ratio)
        return Passed(f"{said}, but the loss of the data falls to {share} of its baseline")
    shrunk = _shrunk(context, regularised)
    if not shrunk:
        return Passed(f"{said}, but nothing that is regularised shrank to a tenth")
    return _flagged(table, regularised, (early, fit), shrunk)


def _by_gradient(context: RunContext) -> Flagged | None:
    """The finding on a penalty within the loss: gradients that are a multiple of the weights."""
    run, weights, gradients = context.run, context.given(WEIGHTS), context.run.table("gradients")
    rows = kernel_rows(run, weights)
    names = [weights.rows[row] for row in rows]
    if gradients is None or len(rows) < FEWEST_KERNELS or not set(names) <= set(gradients.rows):
        return None
    steps, at, of = np.intersect1d(weights.steps, gradients.steps, return_indices=True)
    size = weights.column("rms")[at][:, rows]
    pull = gradients.column("rms")[of][:, [gradients.row_index(name) for name in names]] / size
    known = len(steps) >= FEWEST_SAMPLES and np.isfinite(pull).all() and (pull > 0).all()
    if not known or pull.max() > ONE_MULTIPLE * pull.min() or (size[-1] > HALVED * size[0]).any():
        return None
    multiple, spread = float(np.median(pull)), float(pull.max() / pull.min())
    return Flagged(
        summary=f"A penalty within the loss outweighs the data: every kernel's gradient is "
        f"{number(multiple)} times its weights.",
        context="That of the squared weights is such a multiple, and nothing of the data shows in "
        "it: all kernels shrink alike.",
        evidence=(
            Evidence.of_table("gradient ÷ weights, largest ÷ smallest over kernels and samples",
                              gradients, spread, at_least(ONE_MULTIPLE)),
            *_sizes({name: (weights, float(size[-1, i] / size[0, i]))
                     for i, name in enumerate(names)}, HALVED),
        ),
        since=int(steps[0]),
        fix=Fix(
            "Try to weaken the penalty within your loss by a factor of a thousand, and strengthen "
            "it step by step.",
            f"+ penalty_weight = {multiple / 2000:.1g}",
        ),
    )  # fmt: skip


def _by_decay(context: RunContext) -> Answer:
    """Weights that the optimizer itself shrinks at every step."""
    contract = context.given(CONTRACT)
    optimizer = contract.optimizer
    decay = None if optimizer is None else optimizer.settings.get("weight_decay")
    if optimizer is None or not isinstance(decay, int | float) or not optimizer.learning_rate:
        return NotApplicable("no layer is regularised, and no weight decays")
    taken = float(decay) * optimizer.learning_rate
    said = f"a step takes {percent(taken)} of each weight"
    if taken < DECAYS:
        return Passed(said)
    if context.loss_ratio is None:
        return CannotTell(f"{said}, but the baseline of the loss is not known")
    if context.loss_ratio < HOPELESS:
        ratio = percent(context.loss_ratio)
        return Passed(f"{said}, but the loss falls to {ratio} of its baseline")
    shrunk = _shrunk(context, contract.layers)
    if not shrunk:
        return Passed(f"{said}, but no kernel shrank to a tenth")
    return Flagged(
        summary=f"The weight decay takes {percent(taken)} of each weight at every step: it shrinks "
        f"{_named(shrunk)} to nothing.",
        context=f"Of {optimizer.class_name} with weight_decay={decay:g} at a learning rate of "
        f"{number(optimizer.learning_rate)}.",
        evidence=(
            Evidence.of_number("share of a weight that a step takes", taken, at_most(DECAYS),
                               unit="share"),
            *_sizes(shrunk),
        ),
        since=BEFORE_TRAINING,
        fix=Fix(
            "Let a step take a ten-thousandth of a weight at most.",
            f"- weight_decay={decay:g},\n+ weight_decay={1e-4 / optimizer.learning_rate:.1g},",
        ),
    )  # fmt: skip


def _shrunk(context: RunContext, layers: Sequence[Layer]) -> dict[str, tuple[Table, float]]:
    """The kernels and outputs that shrank, where they are on record, and to which share."""
    outputs = {x.name for x in layers if any("activity" in r for r in x.regularizers)}
    of_kernels = (x for x in layers if x.name not in outputs)
    kernels = {v for layer in of_kernels for v in layer.variables if v.endswith(KERNEL_NAMES)}
    tables = ((context.given(WEIGHTS), kernels), (context.run.table("activations"), outputs))
    found: dict[str, tuple[Table, float]] = {}
    for table, named in tables:
        for row, name in enumerate(table.rows if table is not None else ()):
            if table is None or name not in named:
                continue
            rms = table.column("rms")[:, row]
            known = rms[np.isfinite(rms)]
            if len(known) and known[0] > 0 and known[-1] <= SHRUNK * known[0]:
                found[name] = table, float(known[-1] / known[0])
    return found


def _named(shrunk: Mapping[str, tuple[Table, float]]) -> str:
    names = listed(list(shrunk))
    are_kernels = all(table.kind == "weights" for table, _ in shrunk.values())
    return names if are_kernels else f"what {names} puts out"


def _sizes(
    shrunk: Mapping[str, tuple[Table, float]], limit: float = SHRUNK
) -> list[Evidence]:
    return [
        Evidence.of_table(f"size of `{name}` at the end ÷ at first", table, share,
                          at_least(limit), layer=name)
        for name, (table, share) in list(shrunk.items())[:4]
    ]  # fmt: skip


def _flagged(
    table: Table,
    regularised: list[Layer],
    first: tuple[float, float],
    shrunk: Mapping[str, tuple[Table, float]],
) -> Flagged:
    (early, fit), until = first, int(table.steps[min(FIRST, len(table)) - 1])
    layer = next(x for x in regularised if {x.name, *x.variables} & set(shrunk))
    what = "activity" if layer.name in shrunk else "kernel"
    kind = regularizer_of(layer, *PENALISED) or ""
    return Flagged(
        summary=f"The penalty of the regularisers is {number(early / fit)} times the loss of the "
        f"data: it shrinks {_named(shrunk)} to nothing.",
        context=f"`{layer.name}` has {kind}." if kind else "",
        evidence=(
            Evidence.of_table("penalty ÷ loss of the data, first samples", table, early / fit,
                              at_most(OUTWEIGHS), since=0, until=until),
            *_sizes(shrunk),
        ),
        since=BEFORE_TRAINING,
        fix=weaker_regularizer(what, kind),
    )  # fmt: skip
