"""ZA613: training learns, and validation stays at the level of guessing from its first point on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tb_zeroacc.diagnosis.answering.shown_curves import points_of
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
from tb_zeroacc.diagnosis.computed.chance.levels import (
    LOGARITHMS,
    chance_at_end,
    is_share_of_chance,
    nearest,
)
from tb_zeroacc.diagnosis.computed.learning.course import Course, course_of
from tb_zeroacc.diagnosis.computed.learning.trend import training_step
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import ACCURACY, VALIDATION_ACCURACY
from tb_zeroacc.diagnosis.rule import Family, rule
from tb_zeroacc.diagnosis.steps import Step
from tb_zeroacc.run import Role, Run, Split
from tb_zeroacc.wording import number

FEWEST_POINTS, FEWEST_ALIKE = 8, 10
LEARNED = 0.3  # what training accuracy must be above all of validation's levels
FLAT = 0.05  # of ln k, around a validation loss that stands there
# Training that has not learned yet tells k: its first loss, in shares of ln k, and its first
# accuracy, above 1/k.
FIRST_LOSS, FIRST_ACCURACY = (0.85, 1.1), 0.1
RISING = 2.5  # Mann-Kendall z
FALL = 0.03  # of a validation loss: less is no learning
ALIKE = 1e-6  # accuracies with the same number of right predictions differ by rounding alone


@dataclass(frozen=True, slots=True)
class _Level:
    """What validation stands at: the accuracy, 0 to 1, and what that is in a sentence."""

    accuracy: float
    sentence: str


@rule(
    "ZA613",
    "validation-at-chance",
    Tier.STRONG,
    Stage.OUTPUT,
    motif=Motif.BOTH_LOSSES,
    healthy="Validation beats guessing",
    step=Step.SANITY,
    needs=(ACCURACY, VALIDATION_ACCURACY),
    explains=("ZA705",),
    yields_to=("ZA605", Family.INPUTS, Family.LABELS),
    provisional_while_live=True,
    preview=True,
    fix=Fix(
        "Evaluate the model on its training data. At chance there, too: training and inference "
        "differ (batch normalisation, dropout). Good there: look at how validation data are "
        "prepared, and whether their rows belong to their labels.",
        "print(model.evaluate(x_train, y_train), model.evaluate(x_val, y_val))",
        in_torch="model.eval()\nwith torch.no_grad():\n"
        "    print(loss_fn(model(x_train), y_train), loss_fn(model(x_val), y_val))",
        in_lightning="trainer.validate(model, train_loader)\ntrainer.validate(model, val_loader)",
    ),
)
def validation_at_chance(context: RunContext) -> Answer:
    """Training learns, and validation stays at the level of guessing from its first point on.

    ## What it means
    The model is right on the batches that it is trained on and guesses on validation data. Such a
    gap is there from the start, so it is no overfitting that comes with time: the model behaves
    otherwise in inference (moving averages of batch normalisation that never adapt, dropout that
    stays on), validation data are prepared in another way or hold other classes, their rows do
    not belong to their labels, or nothing can be learned but the training examples themselves.

    ## Why accuracy suffers
    What counts is the accuracy on new data, and that is one in k.

    ## How it is detected
    Accuracy of training ends .3 above every level of validation, which has the same name and 8
    points or more. Validation stands at chance throughout: its accuracy within a quarter of 1/k
    (.02 at least, .08 of two classes), and either its loss within 5 % of ln k, or training began
    there (a first loss of .85 to 1.1 ln k beside a first accuracy of 1/k + .1 at most), its
    accuracy shows no trend (Mann-Kendall z under 2.5) and its loss does not fall. Or its accuracy
    is the same to the last digit in 10 points or more: one class is predicted whatever the input
    is. Where the validation loss rises from a minimum, ZA605 tells.

    ## How to fix it
    ```python
    print(model.evaluate(x_train, y_train), model.evaluate(x_val, y_val))
    ```
    If the first is bad as well, training and inference differ: `momentum=0.9` of
    `BatchNormalization`, more steps, `training=False` where inference is meant. If it is good,
    compare a batch of both data sets: range, mean, order of classes.

    ## Easily confused with
    ZA605 overfits: there validation was better before. ZA704 stuck-at-chance: there training does
    not learn either. ZA206 labels-independent-of-inputs: a cause of it, told by recorded labels.

    ## Sources
    github.com/keras-team/keras/issues/7265 (batch normalisation), 8346 (validation_split of sorted
    data); stackoverflow.com/q/59007484 (other preprocessing). Margins set on planted curves.
    """
    run = context.run
    train = course_of(run, context.given(ACCURACY))
    held = course_of(run, context.given(VALIDATION_ACCURACY))
    if train is None or held is None or held.points < FEWEST_POINTS:
        return CannotTell(f"fewer than {FEWEST_POINTS} points of the validation accuracy")
    if train.curve.name != held.curve.name:
        return CannotTell("the two accuracies may count different things: their names differ")
    best = float(held.levels.max())
    said = f"accuracy ended at {number(train.end)}, that of validation is at most {number(best)}"
    if train.end - best < LEARNED:
        return Passed(said)
    level = _at_chance(run, held) or _where_training_began(run, train, held) or _alike(held)
    return Passed(said) if level is None else _flagged(run, train, held, level)


def _at_chance(run: Run, held: Course) -> _Level | None:
    """Loss and accuracy of validation at the level of guessing, all along."""
    chance = chance_at_end(run, Split.VALIDATION)
    if chance is None or not _is_chance(held, chance.classes):
        return None
    if (np.abs(chance.loss.levels - chance.level) > FLAT * chance.level).any():
        return None
    return _Level(
        1.0 / chance.classes,
        f"Guessing among {chance.classes} classes scores {number(1.0 / chance.classes)} and a loss "
        f"of {number(chance.level)}; the validation loss stands at {number(chance.loss.end)}.",
    )


def _where_training_began(run: Run, train: Course, held: Course) -> _Level | None:
    """An accuracy of validation that stays where training began: at 1/k beside a loss of ln k."""
    losses = [run.headline(Role.LOSS, split) for split in (Split.TRAIN, Split.VALIDATION)]
    loss, held_loss = (None if c is None else course_of(run, c) for c in losses)
    if loss is None or held.trend > RISING:
        return None
    if held_loss is not None and held_loss.gain > FALL * abs(held_loss.start):
        return None
    first, right = float(loss.values[0]), float(train.values[0])
    for classes in nearest(first):
        began = FIRST_LOSS[0] <= first / LOGARITHMS[classes] <= FIRST_LOSS[1]
        if began and right <= 1.0 / classes + FIRST_ACCURACY and _is_chance(held, classes):
            return _Level(
                1.0 / classes,
                f"Training began there: at a loss of {number(first)} and an accuracy of "
                f"{number(right)}, where guessing among {classes} classes stands.",
            )
    return None


def _is_chance(held: Course, classes: int) -> bool:
    return all(is_share_of_chance(float(level), classes) for level in held.levels)


def _alike(held: Course) -> _Level | None:
    if held.points < FEWEST_ALIKE or float(np.ptp(held.values)) > ALIKE:
        return None
    points = points_of(held.curve, held.points)
    return _Level(held.end, f"It is the same in all {points}: one class is predicted throughout.")


def _flagged(run: Run, train: Course, held: Course, level: _Level) -> Flagged:
    return Flagged(
        summary=f"Training learns, validation does not: accuracy ended at {number(train.end)}, "
        f"that of validation has stood at {number(held.end)} from the start.",
        context=level.sentence,
        evidence=(
            Evidence.of_curve("validation accuracy at the end, against its level plus 0.3",
                              held.curve, held.end / held.curve.scale,
                              at_least((level.accuracy + LEARNED) / held.curve.scale)),
            Evidence.of_curve("training accuracy at the end", train.curve,
                              train.end / train.curve.scale),
        ),
        since=training_step(run, held.curve, int(held.steps[0])),
        rivals=(
            (
                "ZA206",
                "whether inputs and labels of the same rows belong together: a model that learns "
                "its examples by heart is good on them in evaluation, too",
            ),
        ),
    )  # fmt: skip
