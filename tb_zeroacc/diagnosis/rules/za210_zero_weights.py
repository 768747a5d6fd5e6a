"""ZA210: weights that silence the loss."""

from __future__ import annotations

import numpy as np

from tb_zeroacc.diagnosis.answering.shown_curves import curve_shown
from tb_zeroacc.diagnosis.answers import (
    BEFORE_TRAINING,
    Answer,
    Evidence,
    Fix,
    Flagged,
    Passed,
    Stage,
    Tier,
    at_most,
    unlike,
)
from tb_zeroacc.diagnosis.computed.model.outputs import output_row, trained_outputs
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import CONTRACT
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.facts import Output
from tb_zeroacc.run import Role, Run, Table
from tb_zeroacc.wording import count, percent

# Before all weights are called 0: padding or a rare class may leave out whole batches.
FEWEST_BATCHES = 3
NEARLY_ALL = 0.99


@rule(
    "ZA210",
    "zero-weights",
    Tier.DEFINITE,
    Stage.INPUT,
    motif=Motif.EXAMPLE_WEIGHTS,
    healthy="Examples and losses have weights above 0",
    needs=(CONTRACT,),
    explains=(
        "ZA403", "ZA404", "ZA405", "ZA406", "ZA503", "ZA509", "ZA601", "ZA607", "ZA702", "ZA704",
        "ZA705", "ZA708",
    ),
    outcome=Outcome.BROKEN,
    fix=Fix(
        "Look at the weights that training is given.",
        "print(np.unique(sample_weight, return_counts=True))\n"
        "print(class_weight, loss_weights)",
    ),
)  # fmt: skip
def zero_weights(context: RunContext) -> Answer:
    """The weights of examples, classes or losses are 0, so that nothing is trained.

    ## What it means
    The loss of an example is multiplied by its sample weight, by the weight of its class and by the
    weight of the output's loss. Where one of them is 0 the example does not count.

    ## Why accuracy suffers
    The loss is 0 from the first step on, and so are all gradients.

    ## How it is detected
    The weights as the loss saw them, class weights included: all 0 in every sample, of which there
    are at least 3; a smell where 99 % are or more. And the weights of the losses in the contract:
    the only one, or all of them, 0. One of several losses with a weight of 0 is common (an output
    that is only watched) and not flagged; nor are padded positions, which have weights of 0 in
    health.

    ## How to fix it
    ```python
    model.fit(x, y, class_weight={0: 1.0, 1: 5.0})  # every class that should count
    ```

    ## Easily confused with
    ZA708 weights-never-move: there gradients exist. ZA302 categorical-loss-with-one-unit: there the
    loss is 0 because of the output.

    ## Sources
    keras.io/api/models/model_training_apis (sample_weight, class_weight, loss_weights).
    """
    run = context.run
    outputs = trained_outputs(run)
    if outputs and all(output.weight == 0 for output in outputs):
        return _loss_weight(run, outputs)
    table = run.table("sample_weights")
    if table is None:
        return Passed("no weights were given")
    silent = [(o, share) for o in outputs if (share := _zero_share(table, o)) is not None]
    for output, share in silent:
        if share == 1.0 and len(table) >= FEWEST_BATCHES and len(outputs) == 1:
            return _sample_weights(run, output, table, share, None)
    for output, share in silent:
        if share >= NEARLY_ALL:
            return _sample_weights(run, output, table, share, Tier.SMELL)
    shown = [f"{percent(share)} of the weights are 0" for _, share in silent]
    return Passed(", ".join(dict.fromkeys(shown)) or "no weights were given")


def _zero_share(table: Table, output: Output) -> float | None:
    """Share of an output's weights that are 0, over all samples; None if unknown."""
    row = output_row(table, output.name)
    if row is None:
        return None
    shares, sizes = table.column("zero_share")[:, row], table.column("count")[:, row]
    good = np.isfinite(shares) & (sizes > 0)
    return float(np.average(shares[good], weights=sizes[good])) if good.any() else None


def _loss_weight(run: Run, outputs: tuple[Output, ...]) -> Flagged:
    return Flagged(
        summary="The weight of the loss is 0: nothing is trained."
        if len(outputs) == 1
        else f"The weights of all {len(outputs)} losses are 0: nothing is trained.",
        context="Every gradient is multiplied by it.",
        evidence=(
            *(Evidence.of_number(f"weight of the loss of `{o.name}`", 0, unlike(0), layer=o.layer)
              for o in outputs),
            *curve_shown(run, Role.LOSS),
        ),
        since=BEFORE_TRAINING,
        fix=Fix("Give the losses weights above 0.", "model.compile(..., loss_weights=None)"),
    )  # fmt: skip


def _sample_weights(
    run: Run, output: Output, table: Table, share: float, tier: Tier | None
) -> Flagged:
    all_of_them = "All weights" if share == 1.0 else f"{percent(share)} of the weights"
    by_class = run.contract is not None and run.contract.fit.class_weight
    return Flagged(
        summary=f"{all_of_them} of the examples of `{output.name}` are 0: the loss does not see "
        "them.",
        context="`class_weight` was given: it may lack the classes that occur."
        if by_class
        else f"Seen in {count(len(table), 'sampled batch')}.",
        evidence=(
            Evidence.of_table("share of weights that are 0", table, share, at_most(NEARLY_ALL),
                              unit="share", layer=output.name, since=int(table.steps[0]),
                              until=int(table.steps[-1])),
            *curve_shown(run, Role.LOSS),
        ),
        tier=tier,
        since=int(table.steps[0]),
    )  # fmt: skip
