"""Whether a model whose loss hardly beats a constant prediction tells more than chance.

Much of what people predict (clicks, returns, relapses) is noise: a healthy model ends at .95 of the
baseline there. What shows that it learned is a number that no constant prediction can have.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.diagnosis.computed.chance.held_out import held_out_baseline
from tb_zeroacc.diagnosis.computed.data.labels import class_counts
from tb_zeroacc.diagnosis.computed.learning.course import Course, course_of
from tb_zeroacc.diagnosis.computed.model.outputs import trained_outputs
from tb_zeroacc.diagnosis.computed.per_run import per_run
from tb_zeroacc.run import Curve, Role, Run, Split
from tb_zeroacc.wording import number

RANKING = frozenset({"auc", "auroc"})  # areas under the ROC curve: chance scores .5
OTHER_AREAS = frozenset({"pr", "prc", "precision", "recall"})  # chance scores the positives' share
# Above chance. Of the labels on record, a part of the data, 2.5 standard errors are exceeded by
# chance in one run of 160; .05 where they are many.
ABOVE, ERRORS = 0.05, 2.5
UNKNOWN_ERROR = 0.04  # of an area over 50 examples of either class
FEWEST_POINTS = 3
FEWEST_LOSSES = 4  # before the lowest of them says that none was better


@per_run
def shown_signal(run: Run) -> str | None:
    """A clause on what shows that outputs depend on the inputs in the right way; None without."""
    split = Split.VALIDATION if _has_validation(run) else Split.TRAIN
    return _area(run, split) or (
        _accuracy(run) or _loss(run) if split is Split.VALIDATION else None
    )


@per_run
def best_at_chance(run: Run) -> tuple[float, float] | None:
    """The lowest validation loss and what chance scores, where it was never clearly better.

    None without enough of a validation loss, where any validation metric shows a signal, and where
    training is weighted: a model that weighs rare classes up says more of them than there are.
    """
    curve, held = run.headline(Role.LOSS, Split.VALIDATION), held_out_baseline(run)
    low = None if curve is None else curve.series.minimum
    if curve is None or held is None or low is None or len(curve.series) < FEWEST_LOSSES:
        return None
    if run.table("sample_weights") is not None:
        return None
    if low.value < held.clear or shown_signal(run) is not None:
        return None
    return low.value, held.low


def _has_validation(run: Run) -> bool:
    return run.headline(Role.LOSS, Split.VALIDATION) is not None


def _area(run: Run, split: Split) -> str | None:
    for curve in run.curves_of(Role.METRIC, split):
        words = {word.rstrip("0123456789") for word in curve.name.lower().split("_")}
        if not words & RANKING or words & OTHER_AREAS:
            continue
        course, counts = course_of(run, curve), _counts(run, split)
        if course is None or course.points < FEWEST_POINTS:
            continue
        chance, error = 0.5, UNKNOWN_ERROR
        if counts is not None and len(counts) == 2 and counts.min() > 0:
            # Keras' `AUC` may be that of precision and recall, whatever its name.
            chance = max(chance, float(counts[1] / counts.sum()))
            error = math.sqrt((counts.sum() + 1.0) / (12.0 * counts.prod()))
        if course.end > chance + max(ABOVE, ERRORS * error):
            return _said(course, chance)
    return None


def _accuracy(run: Run) -> str | None:
    """The validation accuracy against the largest class of either data."""
    curve = run.headline(Role.ACCURACY, Split.VALIDATION)
    course = None if curve is None else course_of(run, curve)
    known = [c for s in (Split.TRAIN, Split.VALIDATION) if (c := _counts(run, s)) is not None]
    if course is None or course.points < FEWEST_POINTS or not known:
        return None
    share = max(float(counts.max() / counts.sum()) for counts in known)
    error = math.sqrt(share * (1.0 - share) / min(counts.sum() for counts in known))
    return _said(course, share) if course.end > share + max(ABOVE, ERRORS * error) else None


def _loss(run: Run) -> str | None:
    """The validation loss of classes against what a constant prediction may score there."""
    curve, held = run.headline(Role.LOSS, Split.VALIDATION), held_out_baseline(run)
    course = None if curve is None else course_of(run, curve)
    if course is None or held is None or course.points < FEWEST_POINTS:
        return None
    return _said(course, held.low) if 0.0 <= course.end < held.clear else None


def _said(course: Course, chance: float) -> str:
    return f"{_named(course.curve)} is {number(course.end)}; chance scores {number(chance)}"


def _named(curve: Curve) -> str:
    return f"`{curve.tag}`"


def _counts(run: Run, split: Split) -> NDArray[np.float64] | None:
    """Class counts of the only output over the examples on record; pixels of one are no sample."""
    outputs, prefix = trained_outputs(run), "validation_" if split is Split.VALIDATION else ""
    labels = run.table(f"{prefix}labels")
    if len(outputs) != 1 or labels is None:
        return None
    counts = class_counts(run, outputs[0].name, f"{prefix}label_counts")
    examples = np.nansum(labels.column("examples"), axis=1)
    # In every epoch validation begins with the same batches.
    size = examples.max() if split is Split.VALIDATION else examples.sum()
    return None if counts is None else counts * (float(size) / float(counts.sum()))
