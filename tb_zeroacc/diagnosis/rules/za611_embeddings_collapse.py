"""ZA611: embeddings that are all alike."""

from __future__ import annotations

import numpy as np

from tb_zeroacc.diagnosis.answering.shown_curves import loss_shown
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
    at_least,
)
from tb_zeroacc.diagnosis.computed.model.embeddings import embedding_of
from tb_zeroacc.diagnosis.computed.model.outputs import output_row
from tb_zeroacc.diagnosis.computed.model.samples import lasting_since, second_half
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import CONTRACT, OUTPUTS, SHAPES
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.wording import number, percent

ALIKE = 0.01  # of the widest spread that there was; healthy ones kept nine tenths or more
FALLEN = 0.5  # of the widest spread, for good: where the fall to one point begins
FEWEST_SAMPLES = 5
FEWEST_STEPS = 20


@rule(
    "ZA611",
    "embeddings-collapse",
    Tier.STRONG,
    Stage.OUTPUT,
    motif=Motif.OUTPUT_SPREADS,
    healthy="Embeddings differ from one another",
    needs=(CONTRACT, SHAPES, OUTPUTS),
    explains=("ZA403", "ZA404", "ZA503", "ZA504", "ZA509", "ZA702", "ZA704", "ZA705"),
    yields_to=("ZA101", "ZA102", "ZA106", "ZA501"),
    fix=Fix(
        "Let what is unlike cost something: a margin, and negatives in every batch. Take "
        "semi-hard ones first, a lower learning rate, and embeddings of length 1.",
        "model.add(keras.layers.UnitNormalization())\n"
        "loss = keras.ops.relu(near - far + 0.2)  # a margin above 0, and both distances in it",
    ),
)
def embeddings_collapse(context: RunContext) -> Answer:
    """All embeddings are alike: the trivial solution of a triplet or contrastive loss.

    ## What it means
    A loss that compares outputs with one another has a solution in which the inputs play no part:
    everything lies at one point. Then all distances are 0, and a triplet loss stands at its margin;
    without a margin, or without negatives, it even stands at 0.

    ## Why accuracy suffers
    Nothing can be told apart by embeddings that are equal: the nearest neighbour is any neighbour.

    ## How it is detected
    Of an output of two units or more with which no label is compared: the labels lack two of its
    axes or are all alike, its layer scales to length 1, or its loss is called triplet, contrastive
    or the like; or there are no labels, and it is the only output, of another shape than the
    inputs, and neither of a game nor of a policy. Over the second half of the steps, of 20 or more,
    its spread over a batch is under 1 % of the widest that there was at every sample; of healthy
    ones it was nine tenths or more. The fall begins where it is under half of that for good.

    ## How to fix it
    ```python
    loss = keras.ops.relu(near - far + 0.2)
    ```
    See that each batch holds pairs that are unlike, and do not begin with the hardest of them.

    ## Easily confused with
    ZA509 constant-output: there labels say what the outputs should be. ZA504 dead-relu-units: units
    that nothing needs die behind the fall; where they were dead before it, they stand first.

    ## Sources
    Schroff et al. 2015, FaceNet (section 3.2: the hardest negatives lead to a collapsed model);
    Hermans et al. 2017, In defense of the triplet loss (the loss stands at its margin). The limit
    is this rule's own.
    """
    run, table = context.run, context.given(OUTPUTS)
    output = embedding_of(run)
    row = None if output is None else output_row(table, output.name)
    if output is None or row is None:
        return NotApplicable("no output is known to be an embedding")
    spread = table.column("spread")[:, row]
    known = spread[np.isfinite(spread)]
    if len(known) < FEWEST_SAMPLES or not known.max() > 0:
        return CannotTell("the spread of the embeddings is not recorded")
    widest = float(known.max())
    late = second_half(spread, table.steps)
    if not len(late):
        return CannotTell("the spread of the embeddings is not recorded in the second half")
    last = float(late.max())
    share = last / widest
    if not share < ALIKE:
        return Passed(f"the embeddings keep {percent(share)} of their widest spread")
    if table.steps[-1] - table.steps[0] < FEWEST_STEPS:
        return CannotTell(f"fewer than {FEWEST_STEPS} steps", is_suspicion=True)
    onset = lasting_since(np.nan_to_num(spread, nan=np.inf) < FALLEN * widest)
    since = int(table.steps[-1 if onset is None else onset])
    return Flagged(
        summary=f"All outputs of `{output.name}` are alike: their spread fell from "
        f"{number(widest)} to {number(last)}.",
        context="A loss that compares outputs with one another has this trivial solution.",
        evidence=(
            Evidence.of_table("largest spread of the embeddings over a batch, second half", table,
                              last, at_least(ALIKE * widest), layer=table.rows[row], since=since,
                              until=int(table.steps[-1])),
            *loss_shown(run, since),
        ),
        since=since,
    )  # fmt: skip
