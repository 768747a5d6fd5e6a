"""ZA107: inputs of a dtype that needs scaling or encoding."""

from __future__ import annotations

import numpy as np

from tb_zeroacc.diagnosis.answering.fixes.data_code import standardising
from tb_zeroacc.diagnosis.answering.fixes.keras_code import is_fed_by_dataset
from tb_zeroacc.diagnosis.answering.shown_curves import loss_shown
from tb_zeroacc.diagnosis.answers import (
    Answer,
    CannotTell,
    Evidence,
    Fix,
    Flagged,
    Passed,
    Stage,
    Tier,
    at_most,
)
from tb_zeroacc.diagnosis.computed.data.inputs import hidden_entry, prepared_by
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import CONTRACT, SHAPES
from tb_zeroacc.diagnosis.rule import Muted, rule
from tb_zeroacc.facts import Tensor
from tb_zeroacc.run import Run
from tb_zeroacc.wording import count, listed, number

# Largest minus smallest value: pixels span 255, standardised data under 25, class numbers and
# counts of a few dozen are no harm.
WIDE = 100.0
SCALE = "Scale the inputs to floats around 1, in the pipeline or in the model's first layer."
TEXT = ("string", "object", "str", "bytes")


@rule(
    "ZA107",
    "wrong-input-dtype",
    Tier.STRONG,
    Stage.INPUT,
    motif=Motif.DATA_PATH,
    healthy="Inputs are of a type that their layers expect",
    needs=(SHAPES, CONTRACT),
    explains=(
        "ZA403", "ZA404", "ZA502", "ZA503", "ZA504", "ZA505", "ZA509", "ZA602", "ZA701", "ZA704",
        "ZA705",
    ),
    muted_when=Muted.BASELINE_IS_BEATEN,
    fix=Fix(
        SCALE,
        '- x_train = images\n+ x_train = images.astype("float32") / 255',
    ),
)  # fmt: skip
def wrong_input_dtype(context: RunContext) -> Answer:
    """Integers or text go straight into layers that expect scaled floats.

    ## What it means
    Images were loaded as uint8, 0 to 255, or a table holds codes or words, and no layer of the
    model turns them into numbers around 1.

    ## Why accuracy suffers
    Raw pixels are a hundred times too large for the initial weights of the first layer, and the
    order of codes has no meaning.

    ## How it is detected
    The dtype of an input is an integer and its values have a range of 100 or more (pixels: 255), or
    it is text; no Rescaling, Normalization, Embedding, lookup or encoding layer stands before the
    first kernel; and the run does not beat its baseline. float64 is no fault, Keras casts it; nor
    are small whole numbers such as one-hot columns and counts. A range of 100 lies between
    standardised data (under 25) and pixels.

    ## How to fix it
    ```python
    x_train = images.astype("float32") / 255
    keras.layers.Rescaling(1 / 255)  # or as the model's first layer
    ```
    For words and codes: `keras.layers.StringLookup`, then `keras.layers.Embedding`.

    ## Easily confused with
    ZA103 input-not-normalised: the same effect with floats; it explains this one where the loss
    shows it from the first steps. ZA109 pipeline-stage-destroys-data: pixels divided as integers.

    ## Sources
    tensorflow.org/tutorials/load_data/images (standardize the data); keras.io/api/layers
    (preprocessing layers); stackoverflow.com/q/46995209. Tried on Keras 3.15.
    """
    run = context.run
    inputs = context.given(SHAPES).inputs
    tensors = [t for t in inputs if _is_integer(t) or _is_text(t)]
    if not inputs:
        return CannotTell("the dtypes of the inputs are not recorded")
    if not tensors:
        types = ", ".join(sorted({t.dtype for t in inputs}))
        return Passed(f"the inputs are {types}")
    if (layer := prepared_by(run)) is not None:
        return Passed(f"`{layer.name}` accepts {tensors[0].dtype} inputs")
    if (layer := hidden_entry(run)) is not None:
        return CannotTell(f"what `{layer.name}` does to the inputs is not recorded")
    return _judge(run, tensors, known=context.beats is not None)


def _is_integer(tensor: Tensor) -> bool:
    return tensor.dtype.startswith(("int", "uint"))


def _is_text(tensor: Tensor) -> bool:
    return tensor.dtype.startswith(TEXT)


def _judge(run: Run, tensors: list[Tensor], *, known: bool) -> Answer:
    text = [t for t in tensors if _is_text(t)]
    if text:
        names = listed([t.name for t in text])
        return _flagged(run, f"Text goes straight into the model: {names} of {text[0].dtype}.",
                        (), smell=False)  # fmt: skip
    spans = {t.name: span for t in tensors if (span := _span(run, t)) is not None}
    if not spans:
        return CannotTell("the values of the integer inputs are not recorded")
    name = max(spans, key=lambda n: spans[n])
    kind = next(t.dtype for t in tensors if t.name == name)
    if spans[name] < WIDE:
        return Passed(f"`{name}` is {kind}, but with a range of {number(spans[name])} only")
    shown = Evidence.of_number(
        f"largest minus smallest value of `{name}`", spans[name], at_most(WIDE),
        layer=name, axis="step",
    )  # fmt: skip
    summary = f"Raw {kind} values with a range of {number(spans[name])} go straight into the model."
    fix = _from_bytes(run) if kind == "uint8" else standardising(SCALE, run)
    return _flagged(run, summary, (shown,), smell=not known, fix=fix)


def _from_bytes(run: Run) -> Fix:
    if is_fed_by_dataset(run):
        return Fix(
            SCALE, "+ dataset = dataset.map(lambda x, *y: (tf.cast(x, tf.float32) / 255, *y))"
        )
    return Fix(SCALE, '- model.fit(x, y)\n+ model.fit(x.astype("float32") / 255, y)')


def _flagged(
    run: Run,
    summary: str,
    evidence: tuple[Evidence, ...],
    *,
    smell: bool,
    fix: Fix | None = None,
) -> Flagged:
    return Flagged(
        summary=summary,
        context="No layer before the first kernel scales, embeds or encodes them "
        f"({count(len(run.contract.layers) if run.contract else 0, 'layer')} recorded).",
        evidence=(*evidence, *loss_shown(run)),
        tier=Tier.SMELL if smell else None,
        fix=fix,
    )


def _span(run: Run, tensor: Tensor) -> float | None:
    """Largest minus smallest value of an input over all samples."""
    table = run.table("inputs")
    if table is None:
        return None
    mine = [i for i, row in enumerate(table.rows) if row.split("[")[0] == tensor.name]
    if not mine and run.shapes and len(run.shapes.inputs) == 1:
        mine = list(range(len(table.rows)))
    low, high = table.column("min")[:, mine], table.column("max")[:, mine]
    if not np.isfinite(low).any() or not np.isfinite(high).any():
        return None
    return float(np.nanmax(high) - np.nanmin(low))
