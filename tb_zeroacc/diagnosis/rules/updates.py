"""ZA708: variables that get a gradient and never move."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.diagnosis.answers import (
    Answer,
    CannotTell,
    Flagged,
    Mend,
    NotApplicable,
    Passed,
    Stage,
    Tier,
)
from tb_zeroacc.diagnosis.inside import fact, layer_of
from tb_zeroacc.diagnosis.needs import GRADIENTS, LEARNING_RATE, WEIGHTS
from tb_zeroacc.diagnosis.prior import Case
from tb_zeroacc.diagnosis.rate import optimizer_of
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
    mend=Mend(
        "Apply the gradients to the variables they were computed for.",
        "optimizer.apply_gradients(zip(gradients, model.trainable_variables))",
    ),
)
def weights_never_move(case: Case) -> Answer:
    """Variables get gradients, and yet never change.

    ## What it means
    The gradient is computed and large enough to be felt, but no update reaches the variable: the
    optimizer is never applied, is applied to other variables, or something sets them back.

    ## Why accuracy suffers
    What does not move does not learn.

    ## How it is detected
    Per variable, exact: the change is 0 and the root mean square the same at every sample, while
    the median gradient is above 0 and rate times gradient is above a millionth of the weights (a
    float32 weight rightly swallows less than 6e-8 of itself). At least 5 samples; under gradient
    accumulation as many more as steps are gathered. Embeddings are left out: a step
    moves only the rows that it looked up. A learning rate of 0 is ZA702's affair.

    ## How to mend it
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
    weights, gradients = case.run.table("weights"), case.run.table("gradients")
    assert weights is not None
    assert gradients is not None
    least = FEWEST_SAMPLES * _accumulation(case.run)
    if len(weights) < least:
        return CannotTell(f"fewer than {least} samples")
    rates = _rates(case.run)
    if rates is None:
        return CannotTell("the learning rate is not on record", (LEARNING_RATE.missing,))
    if not rates > 0:
        return NotApplicable("the learning rate is 0")
    felt = _felt(weights, gradients, rates)
    if not felt.any():
        return NotApplicable("no variable has a gradient that a weight would feel")
    still = felt & _unmoved(weights)
    if not still.any():
        return Passed(f"all {int(felt.sum())} variables with a gradient move")
    return _flagged(case.run, weights, gradients, np.flatnonzero(still), int(felt.sum()))


def _accumulation(run: Run) -> int:
    optimizer = optimizer_of(run)
    return max(1, (optimizer.gradient_accumulation_steps or 1) if optimizer else 1)


def _rates(run: Run) -> float | None:
    """The median rate that was applied, else the configured one."""
    table = run.table("loss")
    if table is not None:
        rates = table.column("learning_rate")[:, 0]
        if np.isfinite(rates).any():
            return float(np.nanmedian(rates))
    optimizer = optimizer_of(run)
    return optimizer.learning_rate if optimizer else None


def _felt(weights: Table, gradients: Table, rate: float) -> NDArray[np.bool_]:
    """Which variables get a gradient that their weights can feel; (rows of `weights`,)."""
    felt = np.zeros(len(weights.rows), bool)
    rms = gradients.column("rms")
    for row, name in enumerate(weights.rows):
        if name not in gradients.rows or name.endswith(SPARSE):
            continue
        seen = rms[:, gradients.rows.index(name)]
        if np.isfinite(seen).any():
            size = float(np.nanmedian(weights.column("rms")[:, row]))
            gradient = float(np.nanmedian(seen))
            felt[row] = gradient > 0 and rate * gradient > FELT * size
    return felt


def _unmoved(weights: Table) -> NDArray[np.bool_]:
    """Which variables changed at no sample, nor between samples; (rows,)."""
    rms, change = weights.column("rms"), weights.column("update_rms")
    same = (rms == rms[:1]).all(axis=0)
    return np.asarray(same & (change == 0).all(axis=0))


def _flagged(
    run: Run, weights: Table, gradients: Table, rows: NDArray[np.intp], of: int
) -> Flagged:
    names = [weights.rows[row] for row in rows]
    layers = tuple(dict.fromkeys(layer_of(run, name) for name in names))
    first, last = int(weights.steps[0]), int(weights.steps[-1])
    which = "No variable ever moves" if len(names) == of else f"`{names[0]}` never moves"
    if 1 < len(names) < of:
        which = f"{len(names)} of {of} variables never move"
    seen = gradients.column("rms")
    typical = {name: float(np.nanmedian(seen[:, gradients.rows.index(name)])) for name in names}
    return Flagged(
        summary=f"{which}, although its gradient is {number(typical[names[0]])}."
        if len(names) == 1
        else f"{which}, although gradients reach {number(max(typical.values()))}.",
        context=f"From step {first} to step {last} the weights are equal to the last bit.",
        evidence=tuple(
            fact(run, f"change of `{name}` a step, with a gradient of {number(typical[name])}",
                 0.0, 0.0, "equal", layer=layer_of(run, name), since=first, until=last)
            for name in names[:8]
        ),
        since=first,
        layers=() if len(names) == of else layers,
    )
