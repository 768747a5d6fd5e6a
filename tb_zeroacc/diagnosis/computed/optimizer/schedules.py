"""The rates of Keras' schedules, by their settings in the contract."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.facts import Optimizer, Scalar

PREFIX = "schedule_"  # of their settings among those of the optimizer


def scheduled_rates(optimizer: Optimizer, steps: NDArray[np.int64]) -> NDArray[np.float64] | None:
    """The rates that a schedule says for some steps, of the same shape.

    As in `keras.optimizers.schedules` (Keras 3.15); None for a schedule of the user's own, for one
    that begins anew, and where a setting is not on record.
    """
    settings = {
        key.removeprefix(PREFIX): value
        for key, value in optimizer.settings.items()
        if key.startswith(PREFIX)
    }
    try:
        return _rates(optimizer.schedule or "", settings, steps.astype(np.float64))
    except (KeyError, TypeError, ValueError):
        return None


def _rates(
    name: str, settings: Mapping[str, Scalar], steps: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    def setting(key: str) -> float:
        return float(settings[key] or 0.0)

    first = setting("initial_learning_rate")
    if name == "CosineDecay":
        warm, target = setting("warmup_steps"), setting("warmup_target") or first
        done = np.clip((steps - warm) / setting("decay_steps"), 0.0, 1.0)
        share = (1.0 - setting("alpha")) * (1.0 + np.cos(np.pi * done)) / 2.0 + setting("alpha")
        rising = first + (target - first) * steps / max(warm, 1.0)
        return np.where(steps < warm, rising, target * share)
    done = steps / setting("decay_steps")
    if name == "PolynomialDecay" and not settings["cycle"]:
        last = setting("end_learning_rate")
        return (first - last) * (1.0 - np.minimum(done, 1.0)) ** setting("power") + last
    if name in ("ExponentialDecay", "InverseTimeDecay"):
        done, rate = np.floor(done) if settings["staircase"] else done, setting("decay_rate")
        return first * rate**done if name == "ExponentialDecay" else first / (1.0 + rate * done)
    return None
