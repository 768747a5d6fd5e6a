"""ZA108: validation inputs on another scale than those of training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
from tb_zeroacc.diagnosis.computed.data.labels import class_counts, labels_of
from tb_zeroacc.diagnosis.computed.learning.failing_validation import ABOVE, HeldOut, held_out
from tb_zeroacc.diagnosis.computed.model.outputs import trained_outputs
from tb_zeroacc.diagnosis.computed.model.samples import ROUNDING
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import INPUTS, VALIDATION_INPUTS
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.run import Run, Table
from tb_zeroacc.wording import number

# Root mean square of validation ÷ training, or the other way round: 255 where one of them is not
# rescaled, 1.2 where training is augmented (measured).
APART = 4.0
# Shift of the mean ÷ standard deviation in training: 1.9 for pixels of -1 to 1 against 0 to 1, 2.5
# for a raw table against a standardised one, .03 where training is augmented (measured).
SHIFTED = 1.5
# Times that no split of one data set differs by, sorted or not: a step of the preprocessing does.
BY_SCALING = 16.0
OTHER_LABELS = 0.5  # of the class shares differ: such a split differs in its inputs, too


@dataclass(frozen=True, slots=True)
class _Scale:
    """One input in training and in validation, medians over its features that vary.

    Attributes:
        name: `x`, or its key.
        rms: Root mean square in training, and in validation.
        low, high: Smallest and largest value in training, then in validation.
        shift: Of the mean, in standard deviations of training.
    """

    name: str
    rms: tuple[float, float]
    low: tuple[float, float]
    high: tuple[float, float]
    shift: float

    @property
    def times(self) -> float:
        """How many times as large the larger of the two is; 1 or more."""
        return max(self.rms) / min(self.rms) if min(self.rms) > 0 else np.inf

    @property
    def ranges(self) -> str:
        """Both ranges in words."""
        training, validation = (
            f"{number(low)} to {number(high)}"
            for low, high in zip(self.low, self.high, strict=True)
        )
        return f"{training} in training, {validation} in validation"


@rule(
    "ZA108",
    "train-validation-input-shift",
    Tier.STRONG,
    Stage.INPUT,
    motif=Motif.VALIDATION_INPUTS,
    healthy="Validation inputs are on the scale of the training inputs",
    needs=(INPUTS, VALIDATION_INPUTS),
    explains=("ZA403", "ZA404", "ZA605", "ZA607", "ZA608", "ZA613", "ZA703", "ZA706"),
    fix=Fix(
        "Prepare both with one function, with the statistics of the training data.",
        "def prepare(x):\n    return (x - mean) / std\n\n"
        "model.fit(prepare(x_train), y_train, validation_data=(prepare(x_val), y_val))",
    ),
)
def train_validation_input_shift(context: RunContext) -> Answer:
    """The validation inputs are on another scale than the training inputs.

    ## What it means
    A step of the preprocessing is applied to one of the two only: `rescale=1/255` stands in the
    generator of the training pictures, a scaler is fitted and used on the training table.

    ## Why accuracy suffers
    The model is asked about inputs of a size that it never saw. Training looks healthy, while
    validation loss is huge and validation accuracy no better than chance.

    ## How it is detected
    Per input, the median over the features that vary in training: the root mean squares of
    training and validation differ by a factor of 4 or more; or the mean is shifted by 1.5 standard
    deviations of training or more, and the labels of both are distributed alike (class shares that
    differ by half, or a mean of the targets that is shifted by a standard deviation, are a sorted
    split, whose inputs differ with the labels). And validation must fail where training does not:
    its loss ends at twice the training loss or more (three times, where no baseline is known) and
    does not beat its baseline, half of what a constant prediction scores. Where it does, or none
    is on record, the finding is a smell; where it is as good as that of training, no fault. Where
    neither beats its baseline, validation has nothing to lose: a factor of 4 is then a smell, too.
    From a factor of 16 on it stands beside ZA205: no order of the examples brings that about.
    Measured: factors of 255 and shifts of 1.9 to 2.5 where preprocessing differs; 1.2 and .03 where
    training is augmented.

    ## How to fix it
    ```python
    def prepare(x):
        return (x - mean) / std

    model.fit(prepare(x_train), y_train, validation_data=(prepare(x_val), y_val))
    ```
    or put the step into the model: `keras.layers.Rescaling(1 / 255)`, or `Normalization()`.

    ## Easily confused with
    ZA605 overfits: validation is good at first, and the inputs are alike. ZA205
    validation-classes-unseen: the inputs differ because the examples are sorted. ZA608
    train-and-inference-differ: the inputs are alike, but layers treat them otherwise.

    ## Sources
    stackoverflow.com/q/59007484 and 46239839; developers.google.com/machine-learning
    (training-serving skew). Margins measured on Keras 3.15.
    """
    scales = _scales(context.given(INPUTS), context.given(VALIDATION_INPUTS))
    if not scales:
        return NotApplicable("no feature varies in training and is finite in both")
    scale = max(scales, key=lambda each: (each.times >= APART, each.shift, each.times))
    far = scale.times >= APART * (1.0 - ROUNDING)
    said = f"the inputs are {scale.ranges}"
    if not far and scale.shift < SHIFTED * (1.0 - ROUNDING):
        return Passed(said)
    if not far and _labels_differ(context.run):
        return CannotTell(f"{said}, but the labels differ as well: the split may be sorted")
    held = held_out(context.run, context.final_loss, context.baseline.loss)
    nothing_to_lose = far and context.beats is False and held is not None and not held.beats
    if held is not None and not held.is_worse and not nothing_to_lose:
        return Passed(f"{said}, but validation does not suffer from it")
    return _flagged(context, scale, held, far=far)


def _scales(training: Table, validation: Table) -> list[_Scale]:
    """Every input that both tables hold."""
    rows = [row for row in training.rows if row in validation.rows]
    groups: dict[str, list[str]] = {}
    for row in rows:
        groups.setdefault(row.rpartition("[")[0] or row, []).append(row)
    found = (_scale(name, members, training, validation) for name, members in groups.items())
    return [scale for scale in found if scale is not None]


def _scale(name: str, rows: list[str], training: Table, validation: Table) -> _Scale | None:
    mean, std = _moments(training, rows)
    held_mean, held_std = _moments(validation, rows)
    varies = (std > 0) & np.isfinite(held_mean) & np.isfinite(held_std)
    if not varies.any():
        return None
    mean, std, held_mean, held_std = (v[varies] for v in (mean, std, held_mean, held_std))
    ends = [
        tuple(float(choose(_of(table, rows, column))) for table in (training, validation))
        for column, choose in (("min", np.nanmin), ("max", np.nanmax))
    ]
    return _Scale(
        name,
        (float(np.median(np.hypot(mean, std))), float(np.median(np.hypot(held_mean, held_std)))),
        (ends[0][0], ends[0][1]),
        (ends[1][0], ends[1][1]),
        float(np.median(np.abs(held_mean - mean) / std)),
    )


def _of(table: Table, rows: list[str], column: str) -> NDArray[np.float64]:
    return table.column(column)[:, [table.rows.index(row) for row in rows]]


def _moments(table: Table, rows: list[str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation of each row over all samples, (rows,) each; NaN where unknown."""
    means, stds = _of(table, rows, "mean"), _of(table, rows, "std")
    means[~np.isfinite(means)] = np.nan
    stds[~np.isfinite(stds)] = np.nan
    known = np.isfinite(means).any(axis=0)
    mean, std = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    mean[known] = np.nanmean(means[:, known], axis=0)
    square = np.nanmean(stds[:, known] ** 2 + means[:, known] ** 2, axis=0)
    std[known] = np.sqrt(np.maximum(square - mean[known] ** 2, 0.0))
    return mean, std


def _labels_differ(run: Run) -> bool:
    """Whether the labels of validation are distributed otherwise than those of training."""
    for output in trained_outputs(run):
        shares = [class_counts(run, output.name, kind) for kind in _COUNTS]
        if shares[0] is not None and shares[1] is not None:
            size = max(map(len, (shares[0], shares[1])))
            ours, theirs = (
                np.pad(s, (0, size - len(s))) / s.sum() for s in shares if s is not None
            )
            if np.abs(ours - theirs).sum() / 2 >= OTHER_LABELS:
                return True
            continue
        table, held = run.table("labels"), run.table("validation_labels")
        if table is None or held is None or labels_of(run, output) is None:
            continue
        if output.name in table.rows and output.name in held.rows:
            mean, std = _moments(table, [output.name])
            other, _ = _moments(held, [output.name])
            if abs(other[0] - mean[0]) >= std[0]:
                return True
    return False


_COUNTS = ("label_counts", "validation_label_counts")


def _flagged(context: RunContext, scale: _Scale, held: HeldOut | None, *, far: bool) -> Flagged:
    table, validation = context.given(INPUTS), context.given(VALIDATION_INPUTS)
    larger = "larger" if scale.rms[1] > scale.rms[0] else "smaller"
    if far:
        times = f"{number(scale.times)} times {larger}"
        what = f"A typical validation input is {times} than in training"
        shown = Evidence.of_table(
            f"size of `{scale.name}`: the larger ÷ the smaller of training and validation",
            validation, scale.times, at_most(APART, room=APART * ROUNDING),
        )  # fmt: skip
    else:
        what = f"A typical validation input is off by {number(scale.shift)} standard deviations"
        shown = Evidence.of_table(
            f"shift of the mean of `{scale.name}`, in standard deviations", validation,
            scale.shift, at_most(SHIFTED, room=SHIFTED * ROUNDING),
        )  # fmt: skip
    suffers = () if held is None else (
        Evidence.of_curve("validation loss at the end, against twice that of training", held.curve,
                          held.end, at_most(ABOVE * held.training)),
    )  # fmt: skip
    return Flagged(
        summary=f"{what} (the inputs are {scale.ranges}).",
        context="" if held is None else f"The validation loss ends at {number(held.end)}, that of "
        f"training at {number(held.training)}.",
        evidence=(
            shown,
            *(
                Evidence.of_table(f"root mean square of `{scale.name}` in {where}", of, rms)
                for where, of, rms in (
                    ("training", table, scale.rms[0]), ("validation", validation, scale.rms[1]),
                )
            ),
            *suffers,
        ),
        tier=None if held is not None and held.fails else Tier.SMELL,
        apart_from=("ZA205",) if far and scale.times >= BY_SCALING else (),
    )  # fmt: skip
