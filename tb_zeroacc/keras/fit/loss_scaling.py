"""Updates that a dynamic loss scale leaves out: their gradients were too large for float16."""

from __future__ import annotations

from typing import Any

from tb_zeroacc.keras.compat import has_loss_scale


class LeftOut:
    """Counts them over all fits of a model, by the updates that its optimizer has made."""

    def __init__(self) -> None:
        self._optimizer: Any = None
        self._behind = 0  # steps taken, less updates made, less those left out
        self._count = 0

    def begin(self, model: Any, steps: int) -> None:
        """A `fit` begins.

        Args:
            model: The model.
            steps: Training steps taken before.
        """
        optimizer = getattr(model, "optimizer", None)
        self._optimizer = optimizer if has_loss_scale(optimizer) else None
        if self._optimizer is not None:
            self._behind = steps - self._made() - self._count

    def count(self, steps: int, training: Any) -> float:
        """How many were left out in so many steps; NaN without a loss scale.

        Args:
            steps: Training steps taken.
            training: The optimizer that trains; that of `compile` need not.
        """
        if self._optimizer is None or training is not self._optimizer:
            return float("nan")
        self._count = steps - self._made() - self._behind
        return float(self._count)

    def _made(self) -> int:
        inner = self._optimizer.inner_optimizer
        # `iterations` counts rounds of gradient accumulation, this every update.
        return int(getattr(inner, "_iterations", inner.iterations).numpy())
