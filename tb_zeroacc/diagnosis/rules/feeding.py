"""ZA106 and ZA107: batches that never change, and inputs of a type that nothing scaled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.diagnosis.answers import (
    Answer,
    CannotTell,
    Evidence,
    Flagged,
    Mend,
    NotApplicable,
    Passed,
    Stage,
    Tier,
)
from tb_zeroacc.diagnosis.fed import hidden_entry, listed, loss_shown, prepared_by
from tb_zeroacc.diagnosis.inside import fact
from tb_zeroacc.diagnosis.needs import BATCH, CONTRACT, PROGRESS, SHAPES
from tb_zeroacc.diagnosis.prior import Case
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.diagnosis.trend import counted_epochs
from tb_zeroacc.facts import Tensor
from tb_zeroacc.run import Run, Table
from tb_zeroacc.wording import count, number, percent

ALIKE = 1e-6  # relative difference of two fingerprints; float32 sums of one batch agree to 1e-7
IN_A_ROW = 3  # two equal batches may be chance in tiny data, three are not
MOSTLY = 0.9  # of all consecutive samples: a generator that is stuck repeats itself throughout
# Largest minus smallest value: pixels span 255, standardised data under 25, class numbers and
# counts of a few dozen are no harm.
WIDE = 100.0
TEXT = ("string", "object", "str", "bytes")


@rule(
    "ZA106",
    "repeated-batch",
    Tier.STRONG,
    Stage.INPUT,
    needs=(BATCH, PROGRESS),
    explains=("ZA404", "ZA605", "ZA704", "ZA705"),
    mend=Mend(
        "Let the generator draw a new batch each time, and begin anew only when all were used.",
        "- batch = next(iter(dataset))\n"
        "- while True:\n"
        "-     yield batch\n"
        "+ while True:\n"
        "+     yield from dataset",
    ),
)
def repeated_batch(case: Case) -> Answer:
    """The generator yields the same batch again and again.

    ## What it means
    `next(iter(dataset))` inside a loop starts from the beginning each time, and an index that is
    never advanced does the same: step after step brings the same examples.

    ## Why accuracy suffers
    The model sees one batch of the whole data set. It learns that by heart, or the little it
    tells, and knows nothing of the rest.

    ## How it is detected
    Two sums over each sampled batch, weighted by position, are its fingerprint. The first 20 steps
    are all sampled; only samples one step apart and in the same epoch are compared. Three batches
    in a row must agree to 1e-6 of their size, and nine of ten of all such neighbours: one batch
    shown twice is no fault. Full-batch training has one batch an epoch, so no neighbours. Muted
    once the run beats its prior, as when one batch is overfitted on purpose.

    ## How to mend it
    ```python
    while True:
        yield from dataset
    ```

    ## Easily confused with
    ZA102 input-all-zero: such batches are equal too. ZA605 overfits: it follows here. ZA705
    stopped-too-early: the loss of an only batch can fall for long.

    ## Sources
    karpathy.github.io/2019/04/25/recipe ("overfit one batch": on purpose);
    stackoverflow.com/q/46136553. The threshold is the rounding of float32 sums, 1e-7 relative.
    """
    table = case.run.table("batch")
    assert table is not None
    if _one_batch_an_epoch(case.run):
        return NotApplicable("an epoch is one batch, the whole data or not")
    pairs, same = _neighbours(table)
    if not pairs.any():
        return CannotTell("no two consecutive batches of one epoch were sampled")
    streak = _longest(same) + 1
    share = float(same.sum() / pairs.sum())
    said = f"{percent(share)} of {int(pairs.sum())} neighbouring batches are equal"
    if streak < IN_A_ROW or share < MOSTLY:
        return Passed(said)
    if case.beats:
        return Passed(f"muted: the run beats its prior; {said}")
    first = int(np.flatnonzero(same)[0])
    since, until = int(table.steps[first]), int(table.steps[np.flatnonzero(same)[-1] + 1])
    return Flagged(
        summary=f"The same batch came {streak} times in a row.",
        context=f"{said[0].upper()}{said[1:]}: the model sees no other examples.",
        evidence=(
            fact(case.run, "equal batches in a row", streak, IN_A_ROW,
                 "above" if streak > IN_A_ROW else "equal", unit="batches", since=since,
                 until=until),
            fact(case.run, "neighbouring batches that are equal", share, MOSTLY,
                 "above" if share > MOSTLY else "equal", unit="share", since=since, until=until),
            *loss_shown(case.run, since),
        ),
        since=since,
    )  # fmt: skip


def _one_batch_an_epoch(run: Run) -> bool:
    table = run.table("progress")
    known = table.column("steps_per_epoch")[:, 0] if table else np.array([])
    known = known[np.isfinite(known)]
    ended = [batches for _, batches in counted_epochs(run)]
    return bool(len(known) and (known <= 1).all()) or bool(ended and max(ended) <= 1)


def _neighbours(table: Table) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which samples are followed by their next step of the same epoch, and by an equal batch."""
    pairs = (np.diff(table.steps) == 1) & (np.diff(table.epochs) == 0) & (table.epochs[1:] >= 0)
    prints = np.stack([table.column("fingerprint_1"), table.column("fingerprint_2")])
    size = np.abs(prints).max(axis=0)  # (samples, rows): one of the two may cancel to nearly 0
    gap = np.abs(np.diff(prints, axis=1)).max(axis=0)
    equal = gap <= ALIKE * np.maximum(size[1:], size[:-1])
    alike = equal & (np.diff(table.column("examples"), axis=0) == 0)
    return pairs, pairs & alike.all(axis=1)


def _longest(same: NDArray[np.bool_]) -> int:
    best = run = 0
    for value in same:
        run = run + 1 if value else 0
        best = max(best, run)
    return best


@rule(
    "ZA107",
    "wrong-input-dtype",
    Tier.STRONG,
    Stage.INPUT,
    needs=(SHAPES, CONTRACT),
    explains=(
        "ZA403", "ZA404", "ZA502", "ZA503", "ZA504", "ZA505", "ZA509", "ZA602", "ZA701", "ZA704",
        "ZA705",
    ),
    mend=Mend(
        "Turn the inputs into floats around 1, in the pipeline or by the model's first layer.",
        '- x_train = images\n+ x_train = images.astype("float32") / 255',
    ),
)  # fmt: skip
def wrong_input_dtype(case: Case) -> Answer:
    """Integers or text go straight into layers that expect scaled floats.

    ## What it means
    Images were loaded as uint8, 0 to 255, or a table holds codes or words, and no layer of the
    model turns them into numbers around 1.

    ## Why accuracy suffers
    The first layer multiplies what it gets. Raw pixels are a hundred times too large for its
    initial weights, and codes have an order that means nothing.

    ## How it is detected
    The type of an input is an integer and its values span 100 or more (pixels span 255), or it is
    text; no Rescaling, Normalization, Embedding, lookup or encoding layer stands before the first
    kernel; and the run does not beat its prior. float64 is no fault, Keras casts it. Small whole
    numbers, such as one-hot columns and counts, are none either. The span of 100 lies between
    standardised data (under 25) and pixels.

    ## How to mend it
    ```python
    x_train = images.astype("float32") / 255
    keras.layers.Rescaling(1 / 255)  # or as the model's first layer
    ```
    For words and codes: `keras.layers.StringLookup`, then `keras.layers.Embedding`.

    ## Easily confused with
    ZA103 input-not-normalised: the same harm with floats; it explains this one where the loss
    shows it from the first steps. ZA109 pipeline-stage-destroys-data: pixels divided as integers.

    ## Sources
    tensorflow.org/tutorials/load_data/images (standardize the data); keras.io/api/layers
    (preprocessing layers); stackoverflow.com/q/46995209. Tried on Keras 3.15.
    """
    run = case.run
    assert run.shapes is not None
    tensors = [t for t in run.shapes.inputs if _is_integer(t) or _is_text(t)]
    if not run.shapes.inputs:
        return CannotTell("the inputs' types are not on record")
    if not tensors:
        types = ", ".join(sorted({t.dtype for t in run.shapes.inputs}))
        return Passed(f"the inputs are {types}")
    if (layer := prepared_by(run)) is not None:
        return Passed(f"`{layer.name}` takes {tensors[0].dtype}")
    if (layer := hidden_entry(run)) is not None:
        return CannotTell(f"what `{layer.name}` does to the inputs is not on record")
    if case.beats:
        return Passed(f"muted: the run beats its prior, with inputs of {tensors[0].dtype}")
    return _judge(run, tensors, known=case.beats is not None)


def _is_integer(tensor: Tensor) -> bool:
    return tensor.dtype.startswith(("int", "uint"))


def _is_text(tensor: Tensor) -> bool:
    return tensor.dtype.startswith(TEXT)


def _judge(run: Run, tensors: list[Tensor], *, known: bool) -> Answer:
    text = [t for t in tensors if _is_text(t)]
    if text:
        names = listed([t.name for t in text])
        return _flagged(run, f"Text goes into the model as it is: {names} of {text[0].dtype}.",
                        (), smell=False)  # fmt: skip
    spans = {t.name: span for t in tensors if (span := _span(run, t)) is not None}
    if not spans:
        return CannotTell("the values of the integer inputs are not on record")
    name = max(spans, key=lambda n: spans[n])
    kind = next(t.dtype for t in tensors if t.name == name)
    if spans[name] < WIDE:
        return Passed(f"`{name}` is {kind} but spans only {number(spans[name])}")
    shown = fact(run, f"largest minus smallest value of `{name}`", spans[name], WIDE,
                 "above" if spans[name] > WIDE else "equal", layer=name)  # fmt: skip
    summary = f"Raw {kind} values, {number(spans[name])} apart, go straight into the first layer."
    return _flagged(run, summary, (shown,), smell=not known)


def _flagged(run: Run, summary: str, evidence: tuple[Evidence, ...], *, smell: bool) -> Flagged:
    return Flagged(
        summary=summary,
        context="No layer before the first kernel scales them or looks them up "
        f"({count(len(run.contract.layers) if run.contract else 0, 'layer')} on record).",
        evidence=(*evidence, *loss_shown(run)),
        tier=Tier.SMELL if smell else None,
    )


def _span(run: Run, tensor: Tensor) -> float | None:
    """Largest minus smallest value of an input over all samples."""
    table = run.table("inputs")
    if table is None:
        return None
    mine = [i for i, row in enumerate(table.rows) if row.split("[")[0] == tensor.name]
    mine = mine or (list(range(len(table.rows))) if len(_inputs(run)) == 1 else [])
    low, high = table.column("min")[:, mine], table.column("max")[:, mine]
    if not np.isfinite(low).any() or not np.isfinite(high).any():
        return None
    return float(np.nanmax(high) - np.nanmin(low))


def _inputs(run: Run) -> tuple[Tensor, ...]:
    return run.shapes.inputs if run.shapes else ()
