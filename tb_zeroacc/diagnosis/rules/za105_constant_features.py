"""ZA105: input features that never vary."""

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
    at_most,
    unlike,
)
from tb_zeroacc.diagnosis.computed.chance.baseline import HOPELESS
from tb_zeroacc.diagnosis.computed.chance.weak_signal import shown_signal
from tb_zeroacc.diagnosis.computed.data.association import explains_little, shows_none
from tb_zeroacc.diagnosis.computed.data.inputs import (
    EQUAL,
    examples_are_equal,
    prepared_by,
)
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import INPUTS
from tb_zeroacc.diagnosis.rule import Muted, rule
from tb_zeroacc.wording import count, listed, percent

MOST = 0.5  # share of the features; 3 of the 64 pixels of healthy digits never vary
# Share of zeros in the features that do vary. In bags of words (.99) a rare word is in no sample.
SPARSE = 0.9
# Where so few columns vary they hold no more than the best of them shows.
NEARLY_ALL = 0.9
FEWEST_VALUES = 64  # of a feature: in fewer a rare value may be missing by chance


@rule(
    "ZA105",
    "constant-features",
    Tier.STRONG,
    Stage.INPUT,
    motif=Motif.FEATURE_SPREADS,
    healthy="Features vary",
    needs=(INPUTS,),
    explains=("ZA106", "ZA206", "ZA403", "ZA404", "ZA509", "ZA704", "ZA705"),
    muted_when=Muted.BASELINE_IS_BEATEN,
    fix=Fix(
        "Find out why these columns hold one value; leave out those that always do.",
        "print(x.columns[x.std() == 0])\nx = x.loc[:, x.std() > 0]",
    ),
)
def constant_features(context: RunContext) -> Answer:
    """Most of the input features never vary.

    ## What it means
    Columns hold one value in all examples: a field that was never filled, a join that found
    nothing, a sensor that is off.

    ## Why accuracy suffers
    What is the same for all examples tells none of them apart. The columns that were meant to tell
    them apart may be among those that are missing.

    ## How it is detected
    Smallest and largest value of a feature over all samples are equal, for more than half of the
    features, each with 64 values or more. Not in sparse data, such as bags of words: where the
    other features are 0 in nine values of ten, many are 0 in all sampled batches by chance. Muted
    once the run beats its baseline; not applicable where a layer looks its inputs up or scales
    them. Strong where the loss ends at nine tenths of its baseline or more, and no column that
    varies is correlated with a label (p above 1e-4); or nine tenths of the columns never vary, none
    of the others explains more than a tenth of a label's variance, and validation is no better than
    chance. Else a smell. Measured: 5 % in healthy digits, 90 % in a table whose join had failed.

    Or all examples have the same inputs: the batches of one size are equal (their fingerprints, to
    1e-6), their labels are not, and the outputs do not differ within a batch from the first one
    on.

    ## How to fix it
    ```python
    print(x.columns[x.std() == 0])
    ```

    ## Easily confused with
    ZA102 input-all-zero: there no feature varies, within a batch or between batches. ZA109
    pipeline-stage-destroys-data: it names the stage that makes them constant.

    ## Sources
    scikit-learn.org (VarianceThreshold); pair-code.github.io/facets. The limit is this rule's own.
    """
    if examples_are_equal(context.run):
        return _equal(context)
    if (layer := prepared_by(context.run)) is not None:
        return NotApplicable(f"`{layer.name}` scales or encodes the inputs inside the model")
    table = context.given(INPUTS)
    low, high = table.column("min"), table.column("max")
    finite = np.isfinite(low).all(axis=0) & np.isfinite(high).all(axis=0)
    enough = np.nansum(table.column("count"), axis=0) >= FEWEST_VALUES
    known = finite & enough
    if known.sum() < 2:
        return CannotTell(f"fewer than two features with {FEWEST_VALUES} values are on record")
    still = known & (low.min(axis=0) == high.max(axis=0))
    share = float(still.sum() / known.sum())
    said = f"{percent(share)} of the features never vary"
    if share <= MOST:
        return Passed(f"{said} (limit {percent(MOST)})")
    varying = known & ~still
    if not varying.any():
        return NotApplicable("no feature varies at all")
    zeros = float(np.nanmedian(table.column("zero_share")[:, varying]))
    if zeros >= SPARSE:
        return Passed(f"{said} in the samples, but the data are sparse")
    names = [row for row, same in zip(table.rows, still, strict=True) if same]
    return Flagged(
        summary=f"{said[0].upper()}{said[1:]}.",
        context=f"Always the same: {listed(names)}, out of {count(int(known.sum()), 'feature')}.",
        evidence=(
            Evidence.of_table("share of features that never vary", table, share, at_most(MOST),
                              unit="share"),
        ),
        tier=Tier.STRONG if _explains_it(context, share) else Tier.SMELL,
        since=int(table.steps[0]),
    )  # fmt: skip


def _explains_it(context: RunContext, share: float) -> bool:
    """Whether what never varies is why the run is stuck: what varies says next to nothing."""
    run = context.run
    if (context.loss_ratio or 0.0) < HOPELESS:
        return False
    if shows_none(run):
        return True
    says_little = share >= NEARLY_ALL and explains_little(run, 1.0 - HOPELESS)
    return says_little and shown_signal(run) is None


def _equal(context: RunContext) -> Flagged:
    outputs = context.run.table("outputs")
    assert outputs is not None  # it showed that they are
    return Flagged(
        summary="All examples have the same inputs, although their labels differ.",
        context="Every batch of one size is equal, and before any update the model says the same "
        "of all examples in it.",
        evidence=(
            Evidence.of_table("spread of the outputs within the first batch", outputs,
                              float(outputs.column("spread")[0].max()),
                              unlike(0.0, room=EQUAL),
                              since=int(outputs.steps[0]), until=int(outputs.steps[-1])),
        ),
        since=int(outputs.steps[0]),
        fix=Fix("Look at several examples where they are read: is it the same file, or the same "
                "row, each time?", "print([float(each.mean()) for each in x[:10]])"),
    )  # fmt: skip
