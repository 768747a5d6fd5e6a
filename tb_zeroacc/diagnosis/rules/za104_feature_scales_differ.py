"""ZA104: features whose scales differ by orders of magnitude."""

from __future__ import annotations

import numpy as np

from tb_zeroacc.diagnosis.answering.fixes.data_code import standardising
from tb_zeroacc.diagnosis.answering.input_scale import CONSEQUENCES, LARGE
from tb_zeroacc.diagnosis.answering.shown_curves import last_shown, loss_shown
from tb_zeroacc.diagnosis.answers import (
    Answer,
    Evidence,
    Flagged,
    Limit,
    NotApplicable,
    Passed,
    Stage,
    Tier,
    below,
)
from tb_zeroacc.diagnosis.computed.data.inputs import prepared_by, rms_by_feature
from tb_zeroacc.diagnosis.computed.model.samples import ROUNDING
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import INPUTS
from tb_zeroacc.diagnosis.rule import Muted, rule
from tb_zeroacc.wording import count, number, times

# Largest ÷ median over features. Raw tables 313 and 4 370, images 1.7, healthy 3.8 at most.
# Not largest ÷ smallest: border pixels make that 545 in healthy digits.
APART = 100.0
OF_MEDIAN = f"{number(APART)} times the median"
INPUT_ABS_MAX_TAG = "zeroacc/input_abs_max"
TEXT = "Standardise each feature on its own."


@rule(
    "ZA104",
    "feature-scales-differ",
    Tier.STRONG,
    Stage.INPUT,
    motif=Motif.FEATURE_SIZES,
    healthy="Features are on similar scales",
    needs=(INPUTS,),
    explains=CONSEQUENCES,
    muted_when=Muted.BASELINE_IS_BEATEN,
    fix=standardising(TEXT),
)
def feature_scales_differ(context: RunContext) -> Answer:
    """A few features are hundreds of times larger than the others.

    ## What it means
    The columns of a table are used as they are: an area of 900 beside a share of .01.

    ## Why accuracy suffers
    The large columns dominate outputs and gradients. One step on them moves the weights so far that
    ReLUs die; the small columns, which may separate the classes, have no influence.

    ## How it is detected
    The root mean square of each feature, sqrt(mean² + std²), the median over samples. The largest
    is 100 times the median over features (those that are always 0 left out) or more, and itself 10
    or more. Largest ÷ smallest would misfire on images, whose border pixels hardly vary: 545 in
    healthy digits, where this ratio is 1.7. Measured: 4 370 and 313 in raw tables, at most 3.8 in
    healthy programs. Where the median feature itself is 10 or more, ZA103 applies instead. Muted
    once the run beats its baseline, a smell where no baseline is known.

    ## How to fix it
    ```python
    mean, std = x_train.mean(axis=0), x_train.std(axis=0)
    model.fit((x_train - mean) / (std + 1e-8), y_train)
    ```
    For values that span many orders of magnitude apply `np.log1p` first.

    ## Easily confused with
    ZA103 input-not-normalised: there all features are large. ZA504 dead-relu-units and ZA701
    learning-rate-too-high: what the first steps on such features look like.

    ## Sources
    LeCun et al. 1998, Efficient BackProp, section 4.3; developers.google.com/machine-learning
    (normalization). Margins measured on scikit-learn's tables and digits with Keras 3.15.
    """
    run = context.run
    if (layer := prepared_by(run)) is not None:
        return NotApplicable(f"`{layer.name}` scales or encodes the inputs inside the model")
    table = context.given(INPUTS)
    rms = rms_by_feature(table)
    alive = np.flatnonzero(rms > 0)  # NaN is not
    if len(alive) < 2:
        return NotApplicable("fewer than two features that are not 0")
    if float(np.nanmedian(rms)) >= LARGE * (1.0 - ROUNDING):
        return Passed("the typical feature is large itself, so none stands out by its scale")
    top = int(alive[np.argmax(rms[alive])])
    middle = float(np.median(rms[alive]))
    ratio, limit = float(rms[top]) / middle, _deciding(middle)
    if limit.admits(float(rms[top])):
        said = f"the largest feature, `{table.rows[top]}`, is {times(ratio, 'the median one')}"
        return Passed(f"{said}, with a root mean square of {number(float(rms[top]))}")
    first, last = int(table.steps[0]), int(table.steps[-1])
    others = sum(limit.admits(size) is False for size in rms[alive].tolist()) - 1
    reach = "reaches" if others == 1 else "reach"
    also = f" {count(others, 'more feature')} {reach} {number(limit.value)}, too." if others else ""
    against = f", against {OF_MEDIAN}" if limit.name else ""
    return Flagged(
        summary=f"Feature `{table.rows[top]}` is {number(ratio)} times as large as the median one.",
        context=f"Its root mean square is {number(float(rms[top]))}, the median over features "
        f"{number(middle)}: this feature dominates the model.{also}",
        evidence=(
            Evidence.of_table("root mean square of the largest feature ÷ the median one", table,
                              ratio, _below(APART), layer=table.rows[top], since=first,
                              until=last),
            Evidence.of_table(f"root mean square of the largest feature{against}", table,
                              float(rms[top]), limit, layer=table.rows[top], since=first,
                              until=last),
            *last_shown(run, INPUT_ABS_MAX_TAG, "largest input of the last sampled batch", first),
            *loss_shown(run, first),
        ),
        tier=Tier.SMELL if context.beats is None else None,
        since=first,
        fix=standardising(TEXT, run),
    )  # fmt: skip


def _deciding(middle: float) -> Limit:
    """What sizes have to stay below: of the two limits the one that is reached last."""
    apart = APART * middle
    return _below(apart, f"{OF_MEDIAN} is") if apart > LARGE else _below(LARGE)


def _below(limit: float, name: str = "") -> Limit:
    """A limit for sizes from the tables: what rounding took from them does not count."""
    return below(limit, room=limit * ROUNDING, name=name)
