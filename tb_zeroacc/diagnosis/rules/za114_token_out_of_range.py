"""ZA114: tokens outside of the embedding's vocabulary."""

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
    at_least,
    at_most,
)
from tb_zeroacc.diagnosis.computed.data.inputs import entry
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import CONTRACT, INPUTS
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.facts import Layer
from tb_zeroacc.run import Run, Table
from tb_zeroacc.wording import number

# Layers that do not change the numbers before they are looked up.
PASSES_ON = ("InputLayer", "Masking", "Flatten", "Reshape", "Identity", "Embedding")


@rule(
    "ZA114",
    "token-out-of-range",
    Tier.DEFINITE,
    Stage.INPUT,
    motif=Motif.DATA_PATH,
    healthy="Tokens lie within the vocabulary",
    needs=(INPUTS, CONTRACT),
    explains=("ZA003", "ZA404", "ZA501", "ZA509", "ZA704", "ZA705"),
    outcome=Outcome.BROKEN,
    fix=Fix(
        "Let the embedding have a row for every token: one more than the largest.",
        "keras.layers.Embedding(int(x.max()) + 1, 64)",
    ),
)
def token_out_of_range(context: RunContext) -> Answer:
    """Tokens lie outside of the embedding's vocabulary.

    ## What it means
    `Embedding(50, 64)` has rows for the tokens 0 to 49. A tokenizer that counts from 1 hands out
    50, too; padding with -1 asks for a row before the first.

    ## Why accuracy suffers
    On a CPU the step fails. On a GPU such tokens are zeros, all the same, without a word; and a
    negative one is counted from the end, so that -1 is the last word of the vocabulary.

    ## How it is detected
    Exact: in a model of one input whose first layer is an embedding, the largest input is
    `input_dim` or more, or the smallest is under 0; all are whole numbers at their ends. With
    several embeddings the largest vocabulary counts, since one of them may be of positions.
    Negative tokens alone are strong, and a smell once the run beats its baseline.

    ## How to fix it
    ```python
    keras.layers.Embedding(int(x.max()) + 1, 64)
    ```
    `mask_zero=True` hides padding of 0: pad with 0 and number the words from 1.

    ## Easily confused with
    ZA201 labels-out-of-range: there the labels exceed the output's units. ZA107 wrong-input-dtype:
    there numbers are meant as amounts.

    ## Sources
    keras.io/api/layers/core_layers/embedding; tensorflow.org/api_docs/python/tf/gather (out of
    range: an error on the CPU, zeros on the GPU).
    """
    run, table = context.run, context.given(INPUTS)
    embedding = _embedding_in_front(run)
    if embedding is None:
        return NotApplicable("the model does not begin with an embedding")
    if len({row.rpartition("[")[0] or row for row in table.rows}) > 1:
        return NotApplicable("the model has several inputs: which of them is looked up is unknown")
    words = int(embedding.settings.get("input_dim") or 0)
    low, high = table.column("min"), table.column("max")
    ends = np.concatenate([low[np.isfinite(low)], high[np.isfinite(high)]])
    if not len(ends):
        return CannotTell("no sample of the inputs is finite")
    if (ends != np.round(ends)).any():
        return NotApplicable("the inputs are no tokens: some are not whole")
    if ends.min() >= 0 and ends.max() < words:
        return Passed(f"tokens of {number(ends.min())} to {number(ends.max())}, of a vocabulary "
                      f"of {number(words)}")  # fmt: skip
    return _flagged(context, table, embedding, words, float(ends.min()), float(ends.max()))


def _embedding_in_front(run: Run) -> Layer | None:
    """The embedding with the largest vocabulary, where the inputs are looked up as they are."""
    front = entry(run)
    first = next((x for x in front if x.class_name not in PASSES_ON), None)
    before = front if first is None else front[: front.index(first)]
    known = [x for x in before if x.class_name == "Embedding" and x.settings.get("input_dim")]
    contract = run.contract
    rest = contract.layers[len(front) :] if contract else ()
    others = [x for x in rest if x.class_name == "Embedding" and x.settings.get("input_dim")]
    if not known:
        return None
    return max((*known, *others), key=lambda layer: int(layer.settings["input_dim"] or 0))


def _flagged(
    context: RunContext, table: Table, embedding: Layer, words: int, low: float, high: float
) -> Flagged:
    beyond = high >= words
    worst = high if beyond else low
    reaching = table.column("max") >= words if beyond else table.column("min") < 0
    since = int(table.steps[int(np.argmax(reaching.any(axis=1)))])
    limit = at_most(words - 1) if beyond else at_least(0)
    tier = Tier.SMELL if context.beats else Tier.STRONG
    return Flagged(
        summary=f"Token {number(worst)} is outside of the vocabulary of `{embedding.name}`: "
        f"0 to {number(words - 1)}.",
        context=_last_words(context.run),
        evidence=(
            Evidence.of_table(f"{'largest' if beyond else 'smallest'} token", table, worst, limit,
                              layer=embedding.name, since=since),
        ),
        tier=None if beyond else tier,
        since=since,
        fix=_fix(embedding, int(high)) if beyond else Fix(
            "Pad with 0, number the words from 1, and mask the padding.",
            f"keras.layers.Embedding({words + 1}, {embedding.units or 64}, mask_zero=True)",
        ),
    )  # fmt: skip


def _fix(embedding: Layer, largest: int) -> Fix:
    call = "{}keras.layers.Embedding({}, {})".format
    units, words = embedding.units or 64, embedding.settings["input_dim"]
    return Fix(
        f"Give the embedding a row for every token: {largest + 1} at least.",
        f"{call('- ', words, units)}\n{call('+ ', largest + 1, units)}",
    )


def _last_words(run: Run) -> str:
    """What a training that broke says of it."""
    if run.end is None or run.end.exception is None:
        return "On a GPU such tokens are looked up as zeros, without an error."
    return f"{run.end.exception} ended the training."
