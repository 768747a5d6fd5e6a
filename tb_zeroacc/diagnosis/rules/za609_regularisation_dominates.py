"""ZA609: a penalty that outweighs the loss of the data."""

from __future__ import annotations

import numpy as np

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
from tb_zeroacc.diagnosis.computed.learning.baseline import HOPELESS
from tb_zeroacc.diagnosis.computed.model.kernels import KERNEL_NAMES
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.needs import CONTRACT, STEP_LOSS, WEIGHTS
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.facts import Layer
from tb_zeroacc.run import Table
from tb_zeroacc.wording import listed, number, percent

OUTWEIGHS = (
    1.0  # penalty ÷ loss of the data in the first samples; a healthy one may be 5 (measured)
)
FIRST = 10  # samples
# Kernel at the end ÷ at first: .00003 and .0009 where the penalty has won, .15 to .9 in health.
SHRUNK = 0.1


@rule(
    "ZA609",
    "regularisation-dominates",
    Tier.STRONG,
    Stage.LOSS,
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
    the data alone ends at nine tenths of its baseline or more. And a kernel that is regularised
    shrank to a tenth or less of its initial size: 3e-5 and 9e-4 in failing programs, .15 and more
    in healthy ones (measured).

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
    regularised = [x for x in context.given(CONTRACT).layers if _kernel_regulariser(x)]
    if not regularised:
        return NotApplicable("no layer regularises its kernel")
    table, weights = context.given(STEP_LOSS), context.given(WEIGHTS)
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
    shrunk = _shrunk(weights, regularised)
    if not shrunk:
        return Passed(f"{said}, but no kernel shrank to a tenth")
    return _flagged(table, weights, regularised, (early, fit), shrunk)


def _kernel_regulariser(layer: Layer) -> str | None:
    """The regulariser of a layer's kernel, `L2(0.01)`."""
    known = [r for r in layer.regularizers if r.partition("_regularizer")[0].endswith("kernel")]
    return known[0].partition(": ")[2] if known else None


def _shrunk(weights: Table, regularised: list[Layer]) -> dict[str, float]:
    """The kernels that shrank, and to which share of their size."""
    named = {path for layer in regularised for path in layer.variables}
    rms, found = weights.column("rms"), {}
    for row, name in enumerate(weights.rows):
        known = rms[np.isfinite(rms[:, row]), row]
        if name in named and name.endswith(KERNEL_NAMES) and len(known) and known[0] > 0:
            share = float(known[-1] / known[0])
            if share <= SHRUNK:
                found[name] = share
    return found


def _flagged(
    table: Table,
    weights: Table,
    regularised: list[Layer],
    first: tuple[float, float],
    shrunk: dict[str, float],
) -> Flagged:
    (early, fit), until = first, int(table.steps[min(FIRST, len(table)) - 1])
    layer = next(x for x in regularised if set(x.variables) & set(shrunk))
    kind = _kernel_regulariser(layer) or ""
    return Flagged(
        summary=f"The penalty of the regularisers is {number(early / fit)} times the loss of the "
        f"data: it shrinks {listed(list(shrunk))} to nothing.",
        context=f"`{layer.name}` has {kind}." if kind else "",
        evidence=(
            Evidence.of_table("penalty ÷ loss of the data, first samples", table, early / fit,
                              at_most(OUTWEIGHS), since=0, until=until),
            *(
                Evidence.of_table(f"size of `{name}` at the end ÷ at first", weights, share,
                                  at_least(SHRUNK), layer=name)
                for name, share in list(shrunk.items())[:4]
            ),
        ),
        since=BEFORE_TRAINING,
        fix=_weaker(kind),
    )  # fmt: skip


def _weaker(kind: str) -> Fix | None:
    """The same regulariser, a thousandth as strong; None where its strength is not known."""
    name, _, strength = kind.removesuffix(")").partition("(")
    try:
        weak = float(strength) / 1000.0
    except ValueError:
        return None
    call = f"kernel_regularizer=keras.regularizers.{name}"
    return Fix(
        f"Weaken the regularisers: {name}({weak:g}) to begin with.",
        f"- {call}({strength}),\n+ {call}({weak:g}),",
    )
