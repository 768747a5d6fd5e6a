"""The loss of each step, from Keras' running mean, and whether it leaps."""

from __future__ import annotations

import math

WINDOW = 32.0  # steps over which centre and scatter are averaged, exponentially
SETTLED = 16  # steps before anything can be called a leap
# A leap is this many mean absolute deviations above the centre (10 of a Gaussian's standard
# deviations are 12.5 of them); after each alarm twice as many, for a loss may leap in health.
FIRST_ALARM = 12.5
SMALLEST = 1e-3  # of the centre: a loss that hardly moves leaps for no rounding


class LossWatch:
    """Follows the losses of single steps of one `fit`.

    Keras tells the mean over the epoch so far; the difference of two such means, each times its
    steps, is the loss of the steps between them.
    """

    def __init__(self) -> None:
        self._mean, self._steps, self._begin = 0.0, 0, -1
        self._centre = self._scatter = 0.0
        self._seen = 0
        self._factor = FIRST_ALARM

    def own_loss(self, begin: int, steps: int, mean: float) -> float:
        """The mean loss of the steps since the last call.

        Args:
            begin: Training steps taken before this epoch.
            steps: Those taken in it, at least 1.
            mean: Keras' mean over them.
        """
        if begin != self._begin or steps <= self._steps:  # an epoch begins with a mean of its own
            self._begin, self._mean, self._steps = begin, 0.0, 0
        before = self._mean * self._steps
        own = (mean * steps - before) / (steps - self._steps)
        self._mean, self._steps = mean, steps
        return own

    def leaps(self, loss: float) -> bool:
        """Whether a step's loss lies far above the scatter of those before it."""
        away = abs(loss - self._centre)
        bound = self._factor * max(self._scatter, SMALLEST * abs(self._centre))
        if self._seen >= SETTLED and (loss - self._centre > bound or not math.isfinite(loss)):
            self._factor *= 2
            return True
        self._seen += 1
        weight = max(1.0 / self._seen, 1.0 / WINDOW)
        self._centre += weight * (loss - self._centre)
        if self._seen > 1:
            self._scatter += weight * (away - self._scatter)
        return False
