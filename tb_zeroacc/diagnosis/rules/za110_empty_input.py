"""ZA110: no batch at all, or data that ran out."""

from __future__ import annotations

from tb_zeroacc.diagnosis.answering.fixes.as_trained import has_own_loop
from tb_zeroacc.diagnosis.answering.unrecorded import unknown_counts
from tb_zeroacc.diagnosis.answers import (
    Answer,
    CannotTell,
    Evidence,
    Fix,
    Flagged,
    Passed,
    Stage,
    Tier,
    at_least,
)
from tb_zeroacc.diagnosis.computed.learning.steps_taken import counted_epochs
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import EPOCHS
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.facts import Epoch
from tb_zeroacc.run import Role, Run

# Of the first epoch's batches. Data that ran out leave a few (2 of 57 and of 10, measured); in
# every other program all epochs have the same number.
HALF = 0.5


@rule(
    "ZA110",
    "empty-input",
    Tier.DEFINITE,
    Stage.INPUT,
    motif=Motif.EPOCH_BATCHES,
    healthy="Every epoch has batches to train on",
    needs=(EPOCHS,),
    explains=("ZA003", "ZA403", "ZA404", "ZA704", "ZA705", "ZA706", "ZA801"),
    outcome=Outcome.BROKEN,
    fix=Fix(
        "Count the batches that the dataset yields, and check its filters.",
        "print(sum(1 for _ in dataset))  # 0: the filter or the file pattern matches nothing",
    ),
)
def empty_input(context: RunContext) -> Answer:
    """The dataset yields no batch, or ran out, so that later epochs trained on almost nothing.

    ## What it means
    A filter lets nothing through, a file pattern matches no file, or a Python generator was made
    for one epoch and is asked for five.

    ## Why accuracy suffers
    Without data nothing is learned. Keras does not raise: the progress bar shows "0/Unknown" and an
    ETA of 0, and for an exhausted generator it logs whatever batches were left.

    ## How it is detected
    The batches of each epoch, counted exactly; epochs without a count are left out, and so are
    those of 0 batches that have samples or changing losses. The fault is an epoch with none, or
    with fewer than half of the first one's: 2 of 57 and 2 of 10 where generators ran out, equal
    everywhere else (measured). An epoch that was cut short by a callback, TerminateOnNaN or an
    exception does not count. Where `fit` was called several times a smaller epoch may be intended:
    a smell. Where the run beats its baseline all the same: strong. A loop of one's own takes as
    many steps as it likes, fewer where episodes get shorter, none while a buffer fills: there the
    fault is that no epoch has a step, or (strong) that at least half of them, up to the last, have
    none although the first had some.

    ## How to fix it
    ```python
    dataset = tf.data.Dataset.from_generator(batches, output_signature=...)  # restarts itself
    model.fit(dataset.repeat(), steps_per_epoch=steps, epochs=5)
    ```
    For an empty dataset print `sum(1 for _ in dataset)` before and after each filter.

    ## Easily confused with
    ZA801 eta-always-zero: how the progress bar shows it. ZA705 stopped-too-early: there the epochs
    are whole, only few. ZA003 no-training-signal: nothing is logged because nothing ran.

    ## Sources
    keras.io/api/models/model_training_apis (steps_per_epoch); github.com/keras-team/keras-io issue
    285; stackoverflow.com/q/59864408. Measured on Keras 3.15.
    """
    epochs = counted_epochs(context.run)
    if not epochs:
        return CannotTell(unknown_counts(context.run))
    batches = [epoch.batches or 0 for epoch in epochs]
    first = batches[0]
    if has_own_loop(context.run):
        short = _dry_tail(epochs)
        said = f"the epochs have {min(batches)} to {max(batches)} steps, as the loop takes them"
    else:
        low = zip(epochs, batches, strict=True)
        short = [epoch for epoch, held in low if held < HALF * first or not held]
        said = f"every epoch has at least {min(batches)} of {first} batches"
    return _flagged(context, epochs, short) if short else Passed(said)


def _dry_tail(epochs: list[Epoch]) -> list[Epoch]:
    """The epochs without a step with which a loop ends, if they are all, or half after a first."""
    whole = max((at for at, epoch in enumerate(epochs, start=1) if epoch.batches), default=0)
    dry = epochs[whole:]
    began = bool(epochs[0].batches) or not whole
    return dry if began and len(dry) >= HALF * len(epochs) else []


def _flagged(context: RunContext, epochs: list[Epoch], short: list[Epoch]) -> Flagged:
    run, least = context.run, min(epoch.batches or 0 for epoch in short)
    empty = [epoch for epoch in short if not epoch.batches]
    first, held = epochs[0].batches or 0, short[0].batches or 0
    is_empty = len(empty) == len(epochs)
    if is_empty:
        summary = "The dataset yields no batch: every epoch trained on nothing."
    else:
        summary = (f"The data ran out: epoch {short[0].epoch + 1} trained on {held} "
                   f"of {first} batches.")  # fmt: skip
    limit = HALF * first if first else 1.0
    return Flagged(
        summary=summary,
        context=f"{len(short)} of {len(epochs)} epochs have "
        + (f"fewer than half of the {first} batches of the first." if first else "no batch."),
        evidence=(
            Evidence.of_number("batches in the smallest epoch", least, at_least(limit),
                               unit="batches", axis="epoch", since=short[0].epoch,
                               until=short[-1].epoch),
            *_loss(run, short[0]),
        ),
        tier=_tier(context, empty, all_of_them=is_empty),
        since=short[0].step - held,
        fix=None if is_empty else _repeat(run, first),
    )  # fmt: skip


def _tier(context: RunContext, empty: list[Epoch], *, all_of_them: bool) -> Tier | None:
    if has_own_loop(context.run) and not all_of_them:
        return Tier.STRONG
    if empty:
        return None
    asked = context.run.contract.fit.epochs if context.run.contract else None
    if asked is not None and context.run.epochs[-1].epoch >= asked:
        return Tier.SMELL  # more epochs than one `fit` was asked for: each may have its own data
    return Tier.STRONG if context.beats else None


def _loss(run: Run, epoch: Epoch) -> tuple[Evidence, ...]:
    """The loss since the data ran out, for the page to draw."""
    curve = run.headline(Role.LOSS)
    if curve is None or not len(curve.series) or curve.axis != "epoch":
        return ()
    since = min(epoch.epoch, curve.series.last.step)
    return (Evidence.of_curve("loss at the end", curve, since=since),)


def _repeat(run: Run, batches: int) -> Fix:
    if has_own_loop(run):
        text = "Create the iterator anew for each epoch: a generator yields its batches once."
    else:
        text = "Repeat the data, or create a new generator for each epoch."
    return Fix(
        text,
        f"- model.fit(generator, epochs=5)\n"
        f"+ model.fit(dataset.repeat(), steps_per_epoch={batches}, epochs=5)",
        "- for x, y in generator:\n+ for x, y in batches():\n+     train_step(x, y)",
    )
