"""ZA113: sequences that are padding for the most part, and no mask."""

from __future__ import annotations

from tb_zeroacc.diagnosis.answering.fixes.keras_code import layer_call
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
    at_most,
)
from tb_zeroacc.diagnosis.computed.chance.baseline import HOPELESS
from tb_zeroacc.diagnosis.computed.data.padding import (
    CROWDED,
    IdleMask,
    Padding,
    idle_mask,
    is_recurrent,
    masks,
    may_mask_itself,
    padding_of,
    reader_of_steps,
)
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import CONTRACT, INPUTS, SHAPES
from tb_zeroacc.diagnosis.rule import Muted, rule
from tb_zeroacc.facts import Layer
from tb_zeroacc.run import Run
from tb_zeroacc.wording import number, percent

MOST = 0.5  # share of all values that are padding: below it the data have the majority
# Where a mean over the steps shrinks what tells examples apart to a fifth. Stuck programs hold .83
# and more (measured).
NEARLY_ALL = 0.8


@rule(
    "ZA113",
    "padding-not-masked",
    Tier.STRONG,
    Stage.INPUT,
    motif=Motif.NUMBERS,
    healthy="Padding is rare or masked",
    needs=(INPUTS, CONTRACT, SHAPES),
    explains=("ZA403", "ZA404", "ZA503", "ZA509", "ZA602", "ZA702", "ZA704", "ZA705"),
    muted_when=Muted.BASELINE_IS_BEATEN,
    fix=Fix(
        "Mask the padding, and cut sequences to a length that most of them need.",
        "- keras.layers.Embedding(10000, 64)\n"
        "+ keras.layers.Embedding(10000, 64, mask_zero=True)",
    ),
)
def padding_not_masked(context: RunContext) -> Answer:
    """Most of each sequence is padding, and no layer masks it.

    ## What it means
    Sequences are filled up to the length of the longest one. A layer without a mask reads the
    filling like data.

    ## Why accuracy suffers
    A recurrent layer ends with what it read last: hundreds of equal steps, behind which all
    examples look alike. A mean over the steps is, for the most part, the mean of the padding.

    ## How it is detected
    In a model of one input whose steps are folded into one by a recurrent layer, by attention or
    by a mean over the steps. Sequences of numbers: step by step, the share of one value rises or
    falls (by no more than .1 in the other direction), and more than half of all values are padding.
    Sequences of vectors: in every batch all channels hold 0 equally often, which takes whole steps
    of zeros; or one number is the smallest, or the largest, value of all channels in every batch,
    and more than half of the values must lie nearer to it than to the other end (by the mean and
    Markov's inequality). No `Embedding` with `mask_zero` hides it, which hides 0 alone, and no
    `Masking` of this value. Strong where the loss ends at .9 of its baseline or more, .8 of the
    values are padding, and whole steps hold it, which one channel alone does not show; else a
    smell. Muted once the run beats its baseline. No fault: padding in front of what a recurrent
    layer reads forwards, and the largest value over the steps. Cannot tell: a model with a `call`
    of its own, models within the model, and comparisons among its operations: any may mask. Where
    padding lies among the values of the data, so that its share is not known: a `Masking` right
    behind the inputs, of a value that one channel never holds, beside channels that all have the
    same mean and are crowded about it (their range is 12 standard deviations or more; 8 for a
    normal distribution). Such a mask hides nothing; told only where the run is stuck.
    Measured: .83 to .98 in programs that are stuck.

    ## How to fix it
    ```python
    keras.layers.Embedding(10000, 64, mask_zero=True)
    keras.layers.Masking(mask_value=-10.0)  # for vectors that are padded with -10
    ```
    Or group examples of similar lengths: `bucket_by_sequence_length`.

    ## Easily confused with
    ZA102 input-all-zero: there no step holds data. ZA105 constant-features: columns of a table
    that never vary. ZA503 vanishing-gradients: its consequence in a recurrent layer.

    ## Sources
    keras.io/guides/understanding_masking_and_padding; tensorflow.org/api_docs/python/tf/keras
    (`mask_zero`). The limits are this rule's own.
    """
    run = context.run
    padding, reader = padding_of(run), reader_of_steps(run)
    if padding is None and reader is not None and (idle := idle_mask(run)) is not None:
        return _idle(context, idle)
    if padding is None:
        return NotApplicable("the input is no sequence, or none of its values looks like padding")
    if reader is None:
        return NotApplicable("no layer reads the steps one after the other, or takes their mean")
    value, share = number(padding.value), percent(padding.share)
    said = f"{share} of the values of `{padding.name}` are padding of {value}"
    if padding.share <= MOST:
        return Passed(f"{said} (limit {percent(MOST)})")
    layers = run.contract.layers if run.contract else ()
    if any(masks(layer, padding) for layer in layers):
        return Passed(f"{said}, which is masked")
    if (unknown := may_mask_itself(run)) is not None:
        return CannotTell(f"{said}; {unknown} may mask it")
    if padding.is_behind is False and _reads_forwards(reader):
        return Passed(f"{said}, in front of the data: `{reader.name}` reads these last")
    return _flagged(context, padding, reader)


def _idle(context: RunContext, idle: IdleMask) -> Answer:
    """The answer on a mask that hides nothing."""
    table = context.given(INPUTS)
    said = f"`{idle.layer.name}` masks steps of {number(idle.value)}, which the inputs never hold"
    if (context.loss_ratio or 0.0) < HOPELESS:
        return Passed(f"{said}, but the model is not stuck")
    padded = f"{idle.center:.2g}"
    return Flagged(
        summary=f"{said}: no padding is hidden.",
        context=f"Most values of all channels lie about {padded}, as padding does.",
        evidence=(
            Evidence.of_table("range of the inputs ÷ their standard deviation, least of all "
                              "channels", table, idle.crowded, at_most(CROWDED),
                              since=int(table.steps[0]), until=int(table.steps[-1])),
        ),
        since=int(table.steps[0]),
        fix=Fix(
            "Mask the value that the sequences are padded with.",
            f"- keras.layers.Masking(mask_value={idle.value:g})\n"
            f"+ keras.layers.Masking(mask_value=...)  # about {padded}",
        ),
    )  # fmt: skip


def _reads_forwards(layer: Layer) -> bool:
    return is_recurrent(layer) and not layer.settings.get("go_backwards")


def _flagged(context: RunContext, padding: Padding, reader: Layer) -> Flagged:
    run, table = context.run, context.given(INPUTS)
    is_stuck = (context.loss_ratio or 0.0) >= HOPELESS
    is_strong = is_stuck and padding.is_certain and padding.share >= NEARLY_ALL
    does = "ends with it" if is_recurrent(reader) else "counts it like data"
    steps = "" if padding.steps is None else f" of {padding.steps} steps each"
    return Flagged(
        summary=f"{percent(padding.share)} of the sequences{steps} are padding, and no layer masks "
        "it.",
        context=f"The padding is {number(padding.value)}; `{reader.name}` {does}.",
        evidence=(
            Evidence.of_table(f"share of padding in `{padding.name}`, at least", table,
                              padding.share, at_most(MOST), unit="share",
                              since=int(table.steps[0]), until=int(table.steps[-1])),
        ),
        tier=None if is_strong else Tier.SMELL,
        since=int(table.steps[0]),
        fix=_fix(run, padding, reader),
    )  # fmt: skip


def _fix(run: Run, padding: Padding, reader: Layer) -> Fix:
    layers = run.contract.layers if run.contract else ()
    masking = next((x for x in layers if x.class_name == "Masking"), None)
    embedding = next((x for x in layers if x.class_name == "Embedding"), None)
    if masking is not None:
        before, after = masking.settings.get("mask_value"), f"{padding.value:g}"
        return Fix(
            "Mask the value that the sequences are padded with.",
            f"- keras.layers.Masking(mask_value={before})\n"
            f"+ keras.layers.Masking(mask_value={after})",
        )
    if embedding is not None and padding.is_looked_up:
        call = f"keras.layers.Embedding({embedding.settings.get('input_dim')}, {embedding.units}"
        text = "Mask the padding."
        if padding.value != 0.0:
            text = "Pad with 0, number the words from 1, and mask: `mask_zero` hides 0 alone."
        return Fix(text, f"- {call})\n+ {call}, mask_zero=True)")
    return Fix(
        f"Mask the padding before `{reader.name}` reads it.",
        f"+ keras.layers.Masking(mask_value={padding.value:g})\n{layer_call(reader)}",
    )
