"""The optimizer in words, and the lines that change it."""

from __future__ import annotations

import math

from tb_zeroacc.facts import Optimizer
from tb_zeroacc.run import Role, Run
from tb_zeroacc.wording import number

# Optimizers that divide the gradient by its own size: an update is about the rate itself.
ADAPTIVE = frozenset({"Adam", "AdamW", "Adamax", "Nadam", "Lion", "RMSprop", "Lamb", "Adafactor"})
USUAL_RATE = {"SGD": 0.01, "Adagrad": 0.01, "Lion": 1e-4}
USUAL_ADAPTIVE_RATE = 1e-3  # Keras' default of Adam and its kin
HEALTHY_RATIO = 1e-3  # update ÷ weights of a net that learns (the rule of thumb of CS231n)


def optimizer_of(run: Run) -> Optimizer | None:
    """The optimizer of the contract."""
    return run.contract.optimizer if run.contract else None


def is_adaptive(run: Run) -> bool:
    """Whether an update is about as large as the rate, whatever the gradient."""
    optimizer = optimizer_of(run)
    return optimizer is not None and optimizer.class_name in ADAPTIVE


def peak_rate(run: Run) -> float | None:
    """The largest rate on record: from its curve, else from the contract."""
    curve = run.headline(Role.LEARNING_RATE)
    if curve is not None and curve.series.maximum is not None:
        return curve.series.maximum.value
    optimizer = optimizer_of(run)
    return optimizer.learning_rate if optimizer else None


def optimizer_words(run: Run) -> str:
    """`Adam with learning_rate = 10`; `The optimizer` where nothing is known of it."""
    optimizer = optimizer_of(run)
    if optimizer is None:
        return "The optimizer"
    if optimizer.learning_rate is None:
        return optimizer.class_name
    return f"{optimizer.class_name} with learning_rate = {number(optimizer.learning_rate)}"


def lower_rate(run: Run, ratio: float | None = None) -> float:
    """A rate to try instead of one whose update was `ratio` times the weights: a power of ten."""
    optimizer = optimizer_of(run)
    rate = peak_rate(run)
    usual = USUAL_ADAPTIVE_RATE
    if optimizer is not None:
        usual = USUAL_RATE.get(optimizer.class_name, USUAL_ADAPTIVE_RATE)
    if rate is None or rate <= 0:
        return usual
    if not is_adaptive(run) and ratio is not None and ratio > 0:
        wanted = 10.0 ** math.floor(math.log10(rate * HEALTHY_RATIO / ratio))
        return min(usual, wanted)
    return usual if rate > usual else 10.0 ** math.floor(math.log10(rate / 10.0))


def higher_rate(run: Run) -> float:
    """A rate to try instead of one that is too low."""
    optimizer = optimizer_of(run)
    rate = peak_rate(run)
    name = optimizer.class_name if optimizer else ""
    usual = USUAL_RATE.get(name, USUAL_ADAPTIVE_RATE)
    return usual if rate is None or rate < usual else rate * 10.0


def rate_diff(run: Run, rate: float, extra: str = "") -> str:
    """The optimizer's line, before and after; `extra` is appended to its arguments."""
    optimizer = optimizer_of(run)
    name = optimizer.class_name if optimizer else "Adam"
    after = f"+ optimizer=keras.optimizers.{name}(learning_rate={rate:g}{extra}),"
    known = optimizer.learning_rate if optimizer else None
    if known is None:
        return after
    return f"- optimizer=keras.optimizers.{name}(learning_rate={known:g}),\n{after}"
