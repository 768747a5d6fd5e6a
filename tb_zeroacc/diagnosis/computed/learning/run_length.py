"""Whether a run is long enough to be judged by its loss."""

from __future__ import annotations

from tb_zeroacc.diagnosis.computed.learning.ending import is_unfinished
from tb_zeroacc.diagnosis.computed.learning.step_loss import STEP_LOSS_TAG
from tb_zeroacc.diagnosis.computed.learning.steps_taken import steps_taken
from tb_zeroacc.diagnosis.computed.model.kernels import kernel_ratios
from tb_zeroacc.diagnosis.computed.model.samples import typical
from tb_zeroacc.diagnosis.computed.per_run import per_run
from tb_zeroacc.run import Curve, Role, Run, Split

FEWEST_EPOCHS = 4  # points of a loss: fewer have no last quarter
FEWEST_STEPS = 20  # single batches, where there are no epochs
# Of the weights, all steps of a run together: .02 and .04 in two that were stopped after 2 and 3
# epochs, .26 and more in healthy ones of the zoo; .07 where a backbone is only tuned.
LEAST_MOVED = 0.1
LAZY = 1e-4  # update ÷ weights; smaller steps are a fault of their own, as in ZA702


@per_run
def longest_loss(run: Run, split: Split = Split.TRAIN) -> Curve | None:
    """The loss by epochs where there are enough of them, else by steps."""
    headline = run.headline(Role.LOSS, split)
    if headline is not None and len(headline.series.finite()[0]) >= FEWEST_EPOCHS:
        return headline
    steps = run.curve(STEP_LOSS_TAG) if split is Split.TRAIN else None
    return steps or headline


def fewest_points(curve: Curve) -> int:
    """How many points of this curve it takes to judge a run."""
    return FEWEST_STEPS if curve.tag == STEP_LOSS_TAG else FEWEST_EPOCHS


def is_short(run: Run, curve: Curve | None) -> bool:
    """Whether a loss has too few points to judge a run.

    In the first epochs of a run that continues, or was to, every healthy loss is near its baseline.
    """
    if curve is None or len(curve.series.finite()[0]) < fewest_points(curve):
        return True
    by_steps = curve.tag == STEP_LOSS_TAG
    return by_steps and (is_unfinished(run) or hardly_moved(run) is not None)


@per_run
def distance_moved(run: Run) -> float | None:
    """How far all steps together could move the kernels, as a share of their size.

    None where it is unknown, and where nothing moves at all, which is a fault of its own. Of the
    kernel that moves most, and as if all steps went one way.
    """
    weights = run.table("weights")
    if weights is None:
        return None
    moved = typical(kernel_ratios(run, weights), weights.steps) * steps_taken(run)
    return moved if moved > 0.0 else None


@per_run
def had_no_time(run: Run) -> float | None:
    """How far steps of a healthy size moved the kernels, where that is too little to learn."""
    moved = distance_moved(run)
    is_little = moved is not None and LAZY * steps_taken(run) <= moved < LEAST_MOVED
    return moved if is_little else None


@per_run
def hardly_moved(run: Run) -> float | None:
    """How far a run of few epochs moved its kernels, where that is too little to judge them."""
    moved = distance_moved(run)
    is_little = moved is not None and moved < LEAST_MOVED and len(run.epochs) < FEWEST_EPOCHS
    return moved if is_little else None
