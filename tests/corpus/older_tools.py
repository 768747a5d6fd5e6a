"""Published thresholds of older tools, as far as they judge curves alone.

Each check takes a run and says whether that tool would flag it. Sources: the parameters of
SageMaker Debugger's built-in rules (docs.aws.amazon.com/sagemaker); Zhang et al. 2021, AUTOTRAINER;
Schoop et al. 2021, UMLAUT; Wardat et al. 2022, DeepDiagnosis.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.run import Role, Run, Split

Check = Callable[[Run], bool]
Values = NDArray[np.float64]


def _values(run: Run, role: Role, split: Split = Split.TRAIN) -> Values:
    curve = run.headline(role, split)
    return np.empty(0) if curve is None else curve.series.finite()[1] * curve.scale


def never_beats_chance(run: Run) -> bool:
    """The loss ends above .9 of its first value, and accuracy gained less than .05."""
    loss, right = _values(run, Role.LOSS), _values(run, Role.ACCURACY)
    stands = len(loss) > 1 and loss[-1] > 0.9 * loss[0]
    return bool(stands and not (len(right) > 1 and right[-1] - right[0] > 0.05))


def loss_not_decreasing(run: Run) -> bool:
    """SageMaker: over 10 logged steps the loss did not decrease."""
    loss = _values(run, Role.LOSS)
    return len(loss) > 10 and bool((loss[10:] >= loss[:-10]).any())


def overfit(run: Run) -> bool:
    """SageMaker: (validation - training) / training above .1 at the end."""
    train, held = _values(run, Role.LOSS), _values(run, Role.LOSS, Split.VALIDATION)
    return bool(len(train) and len(held) and held[-1] - train[-1] > 0.1 * abs(train[-1]))


def slow_convergence(run: Run) -> bool:
    """AUTOTRAINER: after 30 % of the epochs accuracy is under .6 and no epoch gained .01."""
    right = _values(run, Role.ACCURACY)
    early = right[: max(2, int(0.3 * len(right)))]
    return len(right) > 3 and bool(early.max() < 0.6 and np.diff(early).max() < 0.01)


def oscillating(run: Run) -> bool:
    """AUTOTRAINER: accuracy swings by .03 or more in a fifth of the epochs or more."""
    steps = np.diff(_values(run, Role.ACCURACY))
    swings = (steps[1:] * steps[:-1] < 0) & (np.abs(steps[1:]) >= 0.03)
    return len(steps) > 1 and bool(swings.mean() >= 0.2)


def exploding(run: Run) -> bool:
    """AUTOTRAINER: a loss of 1000 or more counts as NaN."""
    loss = _values(run, Role.LOSS)
    curve = run.headline(Role.LOSS)
    broken = curve is not None and curve.series.non_finite_count > 0
    return broken or (len(loss) > 0 and bool(loss.max() >= 1e3))


def validation_rose_once(run: Run) -> bool:
    """UMLAUT: the validation loss rose in an epoch in which that of training fell."""
    train, held = _values(run, Role.LOSS), _values(run, Role.LOSS, Split.VALIDATION)
    n = min(len(train), len(held))
    return n > 1 and bool(((np.diff(held[:n]) > 0) & (np.diff(train[:n]) < 0)).any())


def validation_too_good(run: Run) -> bool:
    """UMLAUT: validation accuracy above .95 after the third epoch, or .05 above training's."""
    right, held = _values(run, Role.ACCURACY), _values(run, Role.ACCURACY, Split.VALIDATION)
    high = len(held) > 3 and bool((held[3:] > 0.95).any())
    return high or (len(held) > 0 and len(right) > 0 and bool(held[-1] - right[-1] > 0.05))


def accuracy_stands(run: Run) -> bool:
    """DeepDiagnosis: accuracy identical over 20 epochs, or 0."""
    right = _values(run, Role.ACCURACY)
    alike = any(np.ptp(right[i : i + 20]) == 0 for i in range(max(0, len(right) - 19)))
    return alike or (len(right) > 0 and bool((right == 0).any()))


def loss_in_windows(run: Run) -> bool:
    """DeepDiagnosis: of five equal parts none has a lower loss than the one before."""
    loss = _values(run, Role.LOSS)
    if len(loss) < 5:
        return False
    means = np.array([part.mean() for part in np.array_split(loss, 5)])
    return bool((np.diff(means) >= 0).any())


SAGEMAKER: tuple[Check, ...] = (loss_not_decreasing, overfit)
AUTOTRAINER: tuple[Check, ...] = (slow_convergence, oscillating, exploding)
UMLAUT: tuple[Check, ...] = (validation_rose_once, validation_too_good)
DEEPDIAGNOSIS: tuple[Check, ...] = (accuracy_stands, loss_in_windows)
