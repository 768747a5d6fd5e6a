"""What a user hands to `record`, made tensors: arrays, variables, data frames, plain numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tb_zeroacc.keras.compat import value_of
from tb_zeroacc.keras.loop.per_replica import Join, end_to_end, is_per_replica, joined, loss_of
from tb_zeroacc.recording.guard import Guard

_NUMBERS = (bool, int, float, np.generic, str, bytes)
_FAULTS = (ValueError, TypeError, OverflowError, tf.errors.OpError)


def taken(guard: Guard, name: str, given: Any) -> Any:
    """An argument of `record` as tensors; None where it is None or cannot be made any.

    Args:
        guard: Says so, once, where it cannot.
        name: The argument's.
        given: A tensor, what can be made one, or a structure of them.
    """
    if given is None or isinstance(given, tf.Tensor):
        return given
    return guard.run(f"the `{name}` of `record`", tensors_of, name, given, end_to_end)


def taken_loss(guard: Guard, given: Any, replicas: int) -> Any:
    """The loss of `record` as one tensor; None where it is None or cannot be made one.

    Args:
        guard: Says so, once, where it cannot.
        given: The loss, or one of each replica.
        replicas: Those among which it is divided then.
    """
    return guard.run("the `loss` of `record`", _loss, given, loss_of(replicas))


def taken_step(guard: Guard, given: Any) -> Any:
    """The step of `record`, an int or int64 of shape (); None where it is to be counted."""
    return guard.run("the `step` of `record`", _step, given)


def tensors_of(name: str, given: Any, join: Join) -> Any:
    """A structure with tensors as its leaves; nested lists of nothing but numbers are one tensor.

    Args:
        name: The argument's.
        given: What was handed over.
        join: Makes one tensor of those of several replicas.

    Raises:
        ValueError: It holds something else.
    """
    sentence = f"`{name}` must be tensors, arrays or numbers, in lists of equal lengths"
    return _made(sentence, lambda g: _tensors(g, join), given)


def _loss(given: Any, join: Join) -> Any:
    if given is None:
        return None
    sentence = "`loss` must be one number, or a tensor of them"
    return _made(sentence, lambda g: _numbers(g, join), given)


def _step(given: Any) -> Any:
    if given is None or isinstance(given, int):
        return given
    return _made("`step` must be a whole number or an integer tensor of shape ()", _whole, given)


def _made(sentence: str, make: Callable[[Any], Any], given: Any) -> Any:
    try:
        return make(given)
    except _FAULTS as fault:
        raise ValueError(f"{sentence}. Received: {_in_words(given)}.") from fault


def _numbers(given: Any, join: Join) -> Any:
    tensor = _tensors(given, join)
    if not isinstance(tensor, tf.Tensor) or not (
        tensor.dtype.is_floating or tensor.dtype.is_integer
    ):
        raise TypeError("no tensor of numbers")
    return tensor


def _whole(given: Any) -> Any:
    step = _numbers(given, end_to_end)
    known = tf.get_static_value(step)
    if known is not None and not np.all(known == np.floor(known)):
        raise ValueError("no whole number")
    return tf.cast(tf.reshape(step, []), tf.int64)


def _tensors(given: Any, join: Join) -> Any:
    if isinstance(given, keras.Variable | tf.Variable):
        return value_of(given)
    if is_per_replica(given):
        return joined(given, join)
    if given is None or tf.is_tensor(given):
        return given
    if isinstance(given, Mapping):
        return {key: _tensors(part, join) for key, part in given.items()}
    if isinstance(given, list | tuple) and not _is_of_numbers(given):
        parts = [_tensors(part, join) for part in given]
        return parts if isinstance(given, list) else tuple(parts)
    return tf.convert_to_tensor(np.asarray(given) if hasattr(given, "__array__") else given)


def _is_of_numbers(given: Any) -> bool:
    """Whether nested lists hold numbers alone, at least one."""
    if isinstance(given, list | tuple):
        return bool(given) and all(map(_is_of_numbers, given))
    return isinstance(given, _NUMBERS)


def _in_words(given: Any) -> str:
    return f"{str(given)[:60]!r} of type {type(given).__name__}"
