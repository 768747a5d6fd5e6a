"""ZA708: variables that get a gradient and never move."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.diagnosis.answering.several_optimizers import for_each_optimizer
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
    unlike,
)
from tb_zeroacc.diagnosis.computed.model.layers import layer_of
from tb_zeroacc.diagnosis.computed.optimizer.learning_rate import typical_rate
from tb_zeroacc.diagnosis.computed.optimizer.optimizer import Group
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.needs import GRADIENTS, LEARNING_RATE, WEIGHTS
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.run import Run, Table
from tb_zeroacc.wording import number

FEWEST_SAMPLES = 5  # a scaled loss may skip the first updates (float16), not five
# rate x gradient ÷ weights. Under 6e-8 a float32 weight swallows the update whole, and rightly;
# the plain product is the least that any of Keras' optimizers would move by.
FELT = 1e-6
SPARSE = "embeddings"  # a step moves only the rows that it looked up


@rule(
    "ZA708",
    "weights-never-move",
    Tier.DEFINITE,
    Stage.UPDATE,
    needs=(WEIGHTS, GRADIENTS),
    explains=("ZA404", "ZA702", "ZA704", "ZA705"),
    fix=Fix(
        "Apply the gradients to the variables they were computed for.",
        "optimizer.apply_gradients(zip(gradients, model.trainable_variables))",
    ),
)
def weights_never_move(context: RunContext) -> Answer:
    """Variables get gradients, and yet never change.

    ## What it means
    The gradient is computed and large enough to be felt, but no update reaches the variable: the
    optimizer is never applied, is applied to other variables, or something sets them back.

    ## Why accuracy suffers
    What does not move does not learn.

    ## How it is detected
    Per variable, exact: the change is 0 and the root mean square the same at every sample, while
    the median gradient is above 0 and rate times gradient is above a millionth of the weights
    (a float32 weight rightly swallows less than 6e-8 of itself). At least 5 samples; under
    gradient accumulation as many more as steps are gathered. Each optimizer is judged by its
    own rate. Embeddings are left out: a step moves only the rows that it looked up. A learning
    rate of 0 is ZA702's affair.

    ## How to fix it
    ```python
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    ```
    and build the optimizer after the model, on the very variables that are trained.

    ## Easily confused with
    ZA314 no-gradient and ZA607 frozen-layers: there is no gradient at all. ZA503
    vanishing-gradients: there it is too small to be felt. ZA702 learning-rate-too-low: there the
    rate is.

    ## Sources
    docs.aws.amazon.com/sagemaker (Debugger's UnchangedTensor); TrainCheck (invariants of
    optimizer.step). The threshold is the resolution of float32 with a factor of 16.
    """
    weights, gradients = context.table(WEIGHTS), context.table(GRADIENTS)
    return for_each_optimizer(
        context.run, weights, lambda group: _judged(context.run, weights, gradients, group),
        "weights", "gradients",
    )  # fmt: skip


def _judged(run: Run, weights: Table, gradients: Table, group: Group) -> Answer:
    """The answer on the variables of one optimizer."""
    optimizer = group.optimizer
    gathered = (optimizer.gradient_accumulation_steps or 1) if optimizer else 1
    least = FEWEST_SAMPLES * max(1, gathered)
    if len(weights) < least:
        return CannotTell(f"fewer than {least} samples")
    rate = typical_rate(run, optimizer)
    if rate is None:
        return CannotTell("the learning rate is not on record", (LEARNING_RATE.missing,))
    if not rate > 0:
        return NotApplicable(f"the learning rate{group.whose} is 0")
    felt = _felt(weights, gradients, rate, group)
    if not felt.any():
        return NotApplicable(f"no variable{group.whose} has a gradient that a weight would feel")
    known, moved = _moves(weights)
    still = felt & known & ~moved
    if still.any():
        return _flagged(run, weights, gradients, group, np.flatnonzero(still), int(felt.sum()))
    unknown = felt & ~known & ~moved
    if unknown.any():
        return CannotTell(f"what updates change in {int(unknown.sum())} of {int(felt.sum())} "
                          "variables with a gradient is not on record")  # fmt: skip
    return Passed(f"all {int(felt.sum())} variables{group.whose} with a gradient that they would "
                  "feel move")  # fmt: skip


def _felt(
    weights: Table, gradients: Table, rate: float, group: Group
) -> NDArray[np.bool_]:
    """Which variables get a gradient that their weights can feel; (rows of `weights`,)."""
    felt = np.zeros(len(weights.rows), bool)
    rms = gradients.column("rms")
    for row in group.rows:
        name = weights.rows[row]
        if name not in gradients.rows or name.endswith(SPARSE):
            continue
        seen = rms[:, gradients.row_index(name)]
        if np.isfinite(seen).any():
            size = float(np.nanmedian(weights.column("rms")[:, row]))
            gradient = float(np.nanmedian(seen))
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
    which = f"`{names[0]}` never moves"
    if len(names) == of:
        which = f"No variable{group.whose} ever moves"
    elif len(names) > 1:
        which = f"{len(names)} of {of} variables{group.whose} never move"
    seen = gradients.column("rms")
    typical = {name: float(np.nanmedian(seen[:, gradients.row_index(name)])) for name in names}
    return Flagged(
        summary=f"{which}, although its gradient is {number(typical[names[0]])}."
        if len(names) == 1
        else f"{which}, although gradients reach {number(max(typical.values()))}.",
        context=f"From step {first} to step {last} the weights are equal to the last bit.",
        evidence=tuple(
            Evidence.of_table(
                f"change of `{name}` a step, with a gradient of {number(typical[name])}",
                weights, 0, unlike(0), layer=layer_of(run, name), since=first, until=last,
            )
            for name in names[:8]
        ),
        since=first,
        layers=() if len(names) == of and not group.whose else layers,
    )
