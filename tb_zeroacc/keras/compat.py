"""Keras 3 and Keras 2 (`tf_keras`): the one module that knows what they call differently.

Keras 2 need not be installed: classes are known by their names, and nothing of it is imported.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import keras
import tensorflow as tf

_KERAS_2 = "tf_keras"
# Of these, where they are Keras' own, AutoGraph is not asked what it makes of them.
_PLAIN = frozenset({"call", "build", "update_state"})

Function = TypeVar("Function", bound=Callable[..., Any])


def is_keras_2(thing: Any) -> bool:
    """Whether a model, a layer or an optimizer is one of Keras 2, or derived from one."""
    return any(_package(cls) == _KERAS_2 for cls in type(thing).__mro__)


def is_a(thing: Any, *names: str) -> bool:
    """Whether something is an instance of a class of Keras, of either generation.

    Args:
        thing: Anything.
        *names: Names of Keras' public classes, `Dense` say; derived ones count.
    """
    return any(
        cls.__name__ in names and _package(cls) in ("keras", _KERAS_2)
        for cls in type(thing).__mro__
    )


def is_as_keras_made_it(model: Any, name: str) -> bool:
    """Whether a model's method is Keras' own, and not one of the user's class."""
    owner = next((cls for cls in type(model).__mro__ if name in vars(cls)), None)
    return owner is not None and _package(owner) in ("keras", _KERAS_2)


def call_name(layer: Any) -> str:
    """The method that computes a layer's output: quantised ones have one of their own."""
    is_quantised = getattr(layer, "quantization_mode", None) is not None
    return "quantized_call" if is_quantised and hasattr(layer, "quantized_call") else "call"


def version_of(model: Any) -> str:
    """The version of the Keras that a model is made with."""
    module = sys.modules[_KERAS_2] if is_keras_2(model) else keras
    return str(module.__version__)


def steps_per_execution(model: Any) -> int:
    """Steps that are taken at one call; 1 for a model that is not compiled."""
    name = "_steps_per_execution" if is_keras_2(model) else "steps_per_execution"
    found = getattr(model, name, 1)
    if isinstance(found, tf.Variable):
        with tf.init_scope():  # also asked while a step is traced
            found = found.numpy()
    return int(found or 1)


def takes_single_steps(model: Any) -> bool:
    """Whether every execution is one step, and stays so."""
    tuned = bool(getattr(model, "autotune_steps_per_execution", False))  # of Keras 2
    return steps_per_execution(model) == 1 and not tuned


# --- variables and optimizers -------------------------------------------------------------------


def path_of(variable: Any) -> str:
    """A variable's name with the layers around it: `dense/kernel`."""
    path = getattr(variable, "path", None)
    return str(path if path is not None else variable.name.removesuffix(":0"))


def value_of(variable: Any) -> Any:
    """A variable's value as a tensor."""
    is_keras_3 = isinstance(variable, keras.Variable)
    return tf.convert_to_tensor(variable.value if is_keras_3 else variable)


def learning_rate(optimizer: Any) -> Any:
    """The rate of the next update; None for a user's own function, which is not called."""
    optimizer = getattr(optimizer, "inner_optimizer", None) or optimizer
    rate = getattr(optimizer, "_learning_rate", None)
    if is_a(rate, "LearningRateSchedule"):
        # Keras 2 keeps the rate of the update before.
        schedule: Any = rate
        of_next = is_keras_2(optimizer)
        return schedule(optimizer.iterations) if of_next else optimizer.learning_rate
    if rate is None or (callable(rate) and not hasattr(rate, "numpy")):
        return None
    return optimizer.learning_rate


def has_loss_scale(optimizer: Any) -> bool:
    """Whether an optimizer is a `LossScaleOptimizer`."""
    return hasattr(optimizer, "initial_scale")


def loss_scale(optimizer: Any) -> Any:
    """What a `LossScaleOptimizer` multiplies the loss with, before an update changes that."""
    if is_keras_2(optimizer):
        return optimizer.loss_scale
    return optimizer.dynamic_scale if optimizer.built else optimizer.initial_scale


# --- AutoGraph, which Keras 2 lets convert the step and Keras 3 does not ------------------------


def unconverted(function: Function) -> Function:
    """Has AutoGraph leave a function as it is, but not those that it calls."""
    function.autograph_info__ = None  # type: ignore[attr-defined]
    return function


def is_converted(model: Any, name: str) -> bool:
    """Whether Keras 2 has AutoGraph convert a method of a model, or of what belongs to it.

    A layer's `call` always, the step where XLA compiles it, and what a converted step calls.
    """
    if name == "call":
        return True
    if name == "compute_loss" and is_as_keras_made_it(model, "train_step"):
        return False
    return name in ("train_step", "test_step", "compute_loss") and bool(model.jit_compile)


def converting(function: Callable[..., Any]) -> Callable[..., Any]:
    """What AutoGraph would make of a function of Keras 2 that one of ours stands in front of."""
    own = (getattr(function, "__module__", None) or "").partition(".")[0] == _KERAS_2
    if own and function.__name__ in _PLAIN:
        return function

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if not tf.inside_function():
            return function(*args, **kwargs)
        autograph = tf.__internal__.autograph
        converted = autograph.tf_convert(function, autograph.control_status_ctx())
        return converted(*args, **kwargs)

    return unconverted(call)


def _package(cls: type) -> str:
    return cls.__module__.partition(".")[0]
