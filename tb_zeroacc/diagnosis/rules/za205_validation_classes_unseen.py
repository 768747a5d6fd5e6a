"""ZA205: classes that only the validation data hold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.diagnosis.answering.fixes.keras_code import is_fed_by_dataset
from tb_zeroacc.diagnosis.answering.shown_curves import last_shown
from tb_zeroacc.diagnosis.answers import (
    BEFORE_TRAINING,
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
from tb_zeroacc.diagnosis.computed.data.labels import class_counts
from tb_zeroacc.diagnosis.computed.model.loss_kinds import CLASS_LOSSES
from tb_zeroacc.diagnosis.computed.model.outputs import output_row, trained_outputs
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import CONTRACT, LABEL_COUNTS
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.facts import Output
from tb_zeroacc.run import Run
from tb_zeroacc.wording import count, listed, percent

# Of the validation examples looked at: a rare class may lie in one part by chance.
LEAST_SHARE = 0.1
# Examples of a class that the training samples would hold if it were as frequent there; the chance
# to miss all of them is e^-20.
LEAST_EXPECTED = 20.0
# Distinct classes in a sampled batch, of those that it has room for: batches of sorted data hold
# one or two classes each, and the samples may miss some of them altogether.
MIXED = 0.5

TEXT = "Shuffle the examples before they are split."
SHUFFLE_DATASET = Fix(
    TEXT,
    "+ dataset = dataset.shuffle(10_000, reshuffle_each_iteration=False)\n"
    "held_out, dataset = dataset.take(count), dataset.skip(count)\n"
    "model.fit(dataset, validation_data=held_out)",
)


@rule(
    "ZA205",
    "validation-classes-unseen",
    Tier.DEFINITE,
    Stage.INPUT,
    motif=Motif.VALIDATION_CLASSES,
    healthy="Training holds the classes of the validation",
    needs=(CONTRACT, LABEL_COUNTS),
    explains=("ZA108", "ZA202", "ZA203", "ZA404", "ZA605"),
    outcome=Outcome.NOT_LEARNING,
    fix=Fix(
        TEXT,
        "+ order = np.random.permutation(len(x))\n+ x, y = x[order], y[order]\n"
        "model.fit(x, y, validation_split=0.2)",
    ),
)
def validation_classes_unseen(context: RunContext) -> Answer:
    """The validation data hold classes that the training data lack.

    ## What it means
    `validation_split` takes the last examples as they lie, before any shuffling. Of data that are
    sorted by class these are the last classes, and training never sees one of them.

    ## Why accuracy suffers
    Validation accuracy stays at 0 or nearly so, and the validation loss rises from the first epoch
    on, however well training goes: no model can name a class that it has never seen.

    ## How it is detected
    Class counts of the sampled training batches, and of the first batches of the validation: a
    class without a single training example that makes up a tenth or more of the validation examples
    looked at, once an epoch has ended and so many examples were sampled that at least 20 of the
    class were to be expected. Not where the training batches themselves are sorted (a batch holds
    less than half of the classes that it has room for): samples of those may miss a class.

    ## How to fix it
    ```python
    order = np.random.permutation(len(x))
    model.fit(x[order], y[order], validation_split=0.2)
    ```

    ## Easily confused with
    ZA605 overfits: there validation is good at first. ZA108 train-validation-input-shift: there the
    inputs differ. ZA202 constant-labels: what sorted data leave to training where there are two
    classes.

    ## Sources
    keras.io/api/models/model_training_apis (validation_split takes the last samples, before
    shuffling). The limits are this rule's own.
    """
    run = context.run
    outputs = [o for o in trained_outputs(run) if o.loss in CLASS_LOSSES]
    if not outputs:
        return NotApplicable("no output is trained on cross-entropy")
    if run.table("validation_label_counts") is None:
        return NotApplicable("no labels of a validation are on record")
    answers = [_answer(run, output) for output in outputs]
    for kind in (Flagged, CannotTell, Passed):
        for answer in answers:
            if isinstance(answer, kind):
                return answer
    return answers[0]


def _answer(run: Run, output: Output) -> Answer:
    train = class_counts(run, output.name)
    held = class_counts(run, output.name, "validation_label_counts")
    if train is None or held is None:
        return CannotTell("the classes of training or validation are not counted")
    size = min(len(train), len(held))
    train, held = train[:size], held[:size]
    shares = held / max(held.sum(), 1.0)
    unseen = (train == 0) & (held > 0)
    if not unseen.any():
        return Passed("training holds every class that the validation holds")
    share = float(shares[unseen].sum())
    if share < LEAST_SHARE:
        return Passed(f"{percent(share)} of the validation examples are of classes that no sample "
                      "of training holds")  # fmt: skip
    if not run.epochs:
        return CannotTell("other classes may come before the first epoch ends")
    if share * float(train.sum()) < LEAST_EXPECTED:
        return CannotTell(f"{count(int(train.sum()), 'training example')} were sampled, too few to "
                          "miss a class")  # fmt: skip
    if not _are_mixed(run, output):
        return CannotTell("the training batches are sorted: their samples may miss a class")
    return _flagged(run, output, int(train.sum()), np.flatnonzero(unseen), share)


def _are_mixed(run: Run, output: Output) -> bool:
    """Whether a sampled batch usually holds several of the classes that occur."""
    table = run.table("label_counts")
    row = output_row(table, output.name)
    if table is None or row is None:
        return False
    counts = np.nan_to_num(table.values[:, row, :])
    occur = int((counts.sum(axis=0) > 0).sum())
    room = np.minimum(counts.sum(axis=1), occur)
    full = room > 0
    distinct = (counts > 0).sum(axis=1)
    return bool(full.any()) and float(np.median(distinct[full] / room[full])) >= MIXED


def _flagged(
    run: Run, output: Output, examples: int, unseen: NDArray[np.intp], share: float
) -> Flagged:
    named = listed([str(k) for k in unseen])
    classes = "class" if len(unseen) == 1 else "classes"
    return Flagged(
        summary=f"{percent(share)} of the validation examples of `{output.name}` are of {classes} "
        f"{named}, of which training has none.",
        context=f"None in {count(examples, 'sampled training example')}: the data seem to "
        "be sorted, and split without shuffling.",
        evidence=(
            Evidence.of_number("share of validation examples of unseen classes", share,
                               at_most(LEAST_SHARE), unit="share", layer=output.name),
            *last_shown(run, "zeroacc/epoch/val_accuracy", "validation accuracy at the end"),
        ),
        since=BEFORE_TRAINING,
        fix=SHUFFLE_DATASET if is_fed_by_dataset(run) else None,
    )  # fmt: skip
