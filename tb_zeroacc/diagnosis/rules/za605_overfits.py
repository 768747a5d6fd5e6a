"""ZA605: training improves, validation turns."""

from __future__ import annotations

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
from tb_zeroacc.diagnosis.computed.learning.first_pass import NEVER_AS_GOOD, first_pass_loss
from tb_zeroacc.diagnosis.computed.learning.trend import training_step, trend_of
from tb_zeroacc.diagnosis.computed.learning.validation import (
    LEAST_LOUD_DROP,
    RISE,
    Drop,
    Turn,
    drop_of,
    turn_of,
)
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import LOSS, VALIDATION_LOSS
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.diagnosis.steps import Step
from tb_zeroacc.run import Role, Split
from tb_zeroacc.wording import number, percent, times

TRAINING_FALL = 0.1  # the training loss must still improve while validation turns
# Models that memorise: validation accuracy never left its start while that of training rose by .3
# or more, and the validation loss ended above 1.5 times its first value.
HEART_TRAINING = 0.3
HEART_VALIDATION = 0.1
HEART_LOSS = 1.5
DOUBLED = 2.0  # times the minimum: no healthy public log of 34 authors rises that far
LEARNED = 0.8  # of the baseline: random targets are memorised to .43 to .59 (measured)


@rule(
    "ZA605",
    "overfits",
    Tier.STRONG,
    Stage.UPDATE,
    motif=Motif.BOTH_LOSSES,
    healthy="Validation goes along with training",
    step=Step.SIMPLICITY,
    needs=((LOSS, VALIDATION_LOSS),),
    outcome=Outcome.LEARNING,
    fix=Fix(
        "Stop at the best epoch and keep its weights; then regularise or get more data.",
        'keras.callbacks.EarlyStopping(monitor="val_loss", patience=5, restore_best_weights=True)',
        in_torch="if validation_loss < best:\n"
        '    best = validation_loss\n    torch.save(model.state_dict(), "best.pt")',
        in_lightning='stopping = EarlyStopping("val_loss", patience=5)\n'
        'trainer = Trainer(callbacks=[stopping, ModelCheckpoint(monitor="val_loss")])',
    ),
)
def overfits(context: RunContext) -> Answer:
    """Training keeps improving while validation gets worse.

    ## What it means
    The model has begun to memorise its training examples. What it learns from there on holds for
    them alone.

    ## Why accuracy suffers
    On new data the model becomes sure of wrong answers; the loss shows it first, accuracy later.

    ## How it is detected
    The validation loss, smoothed over a twentieth of its points, ends more than 15 % above its
    minimum, the minimum lies before the last quarter, and the training loss fell by 10 % or
    more over the run. Measured: rises of 14 to 52 % where models overfit, still falling in
    healthy ones. All points together must show that this is no scatter: the Mann-Kendall z since
    the minimum is above 4; or above 2, and the last third lies 7 standard deviations of a point
    above it (3 where the whole curve rises); or accuracy lost .05 and does not rise; or every
    point since then is higher than the one before. Of 20 000 planted curves that scatter by 5 to
    20 % and have spikes 6 pass. It is a smell, since the loss may rise while the metric improves;
    strong when the validation accuracy also falls from its best by more than three times its
    own scatter, and by .05 at least (.02 where the loss ends at 1.5 times its minimum or more:
    accuracy over a hundred examples scatters by .05); or when it stayed within .1 of its start
    while training accuracy rose by .3, and the validation loss ends above 1.5 times its first
    value; or, for a regression, when it ends above the loss of always predicting the mean, and
    the training loss under .8 of that; or when it ends above twice its minimum and accuracy
    does not keep its best. The only loss of a log, where no name tells its data, is taken for
    that of validation where it rises to 1.3 times its minimum and more while all metrics hold
    .85 of their best: those of training would fall. The gap between training and validation is
    no evidence. Nor is it overfitting where validation at its best is above 1.25 times what
    training scored on the last batches of its first epoch: these were new to it as well. Not
    applicable to a run that is still training.

    ## How to fix it
    ```python
    keras.callbacks.EarlyStopping(monitor="val_loss", patience=5, restore_best_weights=True)
    ```
    Then add dropout, weight decay, augmentation or data.

    ## Easily confused with
    ZA108 train-validation-input-shift: there validation is bad from the first epoch. ZA206
    labels-independent-of-inputs: there validation never beats the best constant prediction.

    ## Sources
    Prechelt 1998, Early stopping - but when?; Google's Tuning Playbook;
    docs.aws.amazon.com/sagemaker (Debugger's Overfit). Margins measured on Keras 3.15.
    """
    if context.run.state == "live":
        return NotApplicable("still running")
    turn = turn_of(context.run)
    if turn is None:
        if context.run.headline(Role.LOSS, Split.VALIDATION) is None:
            return CannotTell(f"not in the log: {VALIDATION_LOSS.missing.what}",
                              (VALIDATION_LOSS.missing,))  # fmt: skip
        return CannotTell("fewer than four points of the validation loss")
    train = context.run.headline(Role.LOSS)
    trend = trend_of(train.series) if train else None
    if not turn.turned:
        return Passed(
            f"the validation loss ends at {number(turn.end)}, {_against(turn)}"
        )
    if turn.curve is train:
        return _flagged(context, turn, drop_of(context.run))
    if trend is None:
        return CannotTell("no training loss: whether training still improved is not known")
    if trend.relative_fall < TRAINING_FALL:
        return Passed(f"the training loss fell by {percent(trend.relative_fall)} only")
    new = first_pass_loss(context.run)
    if new is not None and turn.low >= NEVER_AS_GOOD * new > 0:
        return Passed(
            f"validation was at {number(turn.low)} at best, and training at {number(new)} on "
            "batches that it had not seen: memory does not explain that"
        )
    return _flagged(context, turn, drop_of(context.run))


def _against(turn: Turn) -> str:
    return times(turn.rise, "its minimum") if turn.low > 0 else "above its minimum"


def _flagged(context: RunContext, turn: Turn, drop: Drop | None) -> Flagged:
    clear = drop is not None and drop.is_clear(turn.rise)
    heart = _by_heart(context, turn) or _worse_than_constant(context, turn)
    unit = "epoch" if turn.curve.axis == "epoch" else "step"
    loss = Evidence.of_curve(
        "validation loss at the end, against 1.15 times its minimum", turn.curve, turn.end,
        at_most(RISE * turn.low), since=turn.low_step, until=turn.end_step,
    )  # fmt: skip
    return Flagged(
        summary=f"The model overfits: the {_name(turn)} rose from {number(turn.low)} at {unit} "
        f"{turn.low_step} to {number(turn.end)}.",
        context=heart or _metric_words(drop, clear=clear),
        evidence=(loss, *([_fall(drop)] if drop is not None and clear else [])),
        counter_evidence=() if drop is None or clear else (_fall(drop),),
        tier=Tier.STRONG if clear or heart or _is_doubled(turn, drop) else Tier.SMELL,
        since=training_step(context.run, turn.curve, turn.low_step),
        rivals=(
            (
                "ZA206",
                "whether validation ever beats the best constant prediction, and whether inputs "
                "and labels of the same rows belong together",
            ),
        ),
    )


def _is_doubled(turn: Turn, drop: Drop | None) -> bool:
    """Whether the loss alone says it; not beside an accuracy that keeps its best."""
    holds = drop is not None and drop.best - drop.end < LEAST_LOUD_DROP / 2 / drop.curve.scale
    return turn.rise > DOUBLED and not holds and turn.curve.split is Split.VALIDATION


def _name(turn: Turn) -> str:
    named = turn.curve.split is Split.VALIDATION
    return "validation loss" if named else f"loss `{turn.curve.tag}` (validation's, by its course)"


def _by_heart(context: RunContext, turn: Turn) -> str:
    """What shows that training was memorised from the start; empty where nothing does."""
    train = context.run.headline(Role.ACCURACY)
    held = context.run.headline(Role.ACCURACY, Split.VALIDATION)
    learned = trend_of(train.series) if train else None
    general = trend_of(held.series) if held else None
    if train is None or held is None or learned is None or general is None:
        return ""
    rose = -learned.fall * train.scale
    gained = -general.fall * held.scale
    first = float(turn.curve.series.finite()[1][0])
    if rose < HEART_TRAINING or gained > HEART_VALIDATION or turn.end < HEART_LOSS * first:
        return ""
    return (
        f"Training accuracy rose by {number(rose)} to {number(learned.end * train.scale)}, that of "
        f"validation went from {number(general.start * held.scale)} to "
        f"{number(general.end * held.scale)}."
    )


def _worse_than_constant(context: RunContext, turn: Turn) -> str:
    """The same for a regression: training beats the mean, and validation does not."""
    baseline, ratio = context.baseline.loss, context.loss_ratio
    if baseline is None or ratio is None or context.baseline.classes is not None:
        return ""  # of classes a loss may be high because a few predictions are too confident
    if turn.end <= baseline or ratio > LEARNED:
        return ""
    return (
        f"It ends at {percent(turn.end / baseline)} of the loss of always predicting the mean, the "
        f"training loss at {percent(ratio)}: the training examples were memorised."
    )


def _metric_words(drop: Drop | None, *, clear: bool) -> str:
    if drop is None:
        return "Without a validation accuracy it is not known whether predictions got worse."
    best, end = drop.best * drop.curve.scale, drop.end * drop.curve.scale
    if clear:
        return f"Validation accuracy fell from {number(best)} to {number(end)}."
    return f"Validation accuracy held: {number(end)} at the end, {number(best)} at best."


def _fall(drop: Drop) -> Evidence:
    text = "validation accuracy at the end, against its best"
    return Evidence.of_curve(
        text, drop.curve, drop.end, at_least(drop.best), since=drop.best_step
    )
