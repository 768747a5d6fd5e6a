"""The learning rates of an optimizer: applied, usual, and to be tried instead."""

from __future__ import annotations

import math

import numpy as np

from tb_zeroacc.diagnosis.computed.model.samples import ROUNDING
from tb_zeroacc.diagnosis.computed.optimizer.optimizer import is_adaptive, optimizers_of
from tb_zeroacc.facts import Optimizer
from tb_zeroacc.run import Role, Run

USUAL_RATE = {"SGD": 0.01, "Adagrad": 0.01, "Lion": 1e-4}
USUAL_ADAPTIVE_RATE = 1e-3  # Keras' default of Adam and its kin
LEAST_RATE = 1e-30  # a power of ten can be made of it
LOW_RATE = 1e-5  # a fifth of what fine-tuning of language models takes
RESTLESS = 0.1  # median update ÷ weights from which on a net is rewritten every ten steps
HEALTHY_RATIO = 1e-3  # update ÷ weights of a net that learns (the rule of thumb of CS231n)


def usual_rate(optimizer: Optimizer | None) -> float:
    """What an optimizer's rate is by default, or about that."""
    name = optimizer.class_name if optimizer else ""
    return USUAL_RATE.get(name, USUAL_ADAPTIVE_RATE)


def peak_rate(run: Run, optimizer: Optimizer | None) -> float | None:
    """The largest rate of an optimizer on record: that was applied, else that was configured.

    Without a contract the hyperparameters of the log may say what was configured.
    """
    if len(optimizers_of(run)) > 1:
        applied = _applied(run, optimizer)
        if applied is not None:
            return float(applied.max())
    elif (curve := run.headline(Role.LEARNING_RATE)) is not None and curve.series.maximum:
        return curve.series.maximum.value
    return optimizer.learning_rate if optimizer else run.hyperparameters.learning_rate


def typical_rate(run: Run, optimizer: Optimizer | None) -> float | None:
    """The median rate that an optimizer applied, else the configured one."""
    applied = _applied(run, optimizer)
    if applied is not None:
        return float(np.median(applied))
    return optimizer.learning_rate if optimizer else None


def _applied(run: Run, optimizer: Optimizer | None) -> np.ndarray | None:
    """The rates of all samples, float64 of shape (samples,); None where there is none."""
    several = len(optimizers_of(run)) > 1
    table = run.table("learning_rates" if several else "loss")
    if table is None:
        return None
    if several:
        if optimizer is None or optimizer.name not in table.rows:
            return None
        rates = table.row(optimizer.name)[:, 0]
    else:
        rates = table.column("learning_rate")[:, 0]
    known = rates[np.isfinite(rates)]
    return known if len(known) else None


def lower_rate(run: Run, optimizer: Optimizer | None, ratio: float | None = None) -> float:
    """A rate to try instead of one whose update was `ratio` times the weights: a power of ten."""
    rate, usual = peak_rate(run, optimizer), usual_rate(optimizer)
    if rate is None or rate <= 0:
        return usual
    if not is_adaptive(optimizer) and ratio is not None and ratio > 0:
        wanted = 10.0 ** math.floor(math.log10(rate * HEALTHY_RATIO / ratio))
        return min(usual, wanted)
    is_unusual = rate > usual * (1.0 + ROUNDING)  # float32 holds .001 as .00100000005
    return usual if is_unusual else 10.0 ** math.floor(math.log10(max(rate / 10.0, LEAST_RATE)))


def higher_rate(run: Run, optimizer: Optimizer | None) -> float:
    """A rate to try instead of one that is too low."""
    rate, usual = peak_rate(run, optimizer), usual_rate(optimizer)
    return usual if rate is None or rate < usual else rate * 10.0
