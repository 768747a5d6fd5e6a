"""Hooks around the updates of an optimizer."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, TypeVar

import tensorflow as tf

from tb_zeroacc.keras.compat import is_keras_2
from tb_zeroacc.keras.observe.optimizers import learned, makes_variables
from tb_zeroacc.keras.observe.patches import Patch, Patches
from tb_zeroacc.recording.passing import passed
from tb_zeroacc.recording.tables.observation import Update

Function = TypeVar("Function", bound=Callable[..., Any])
do_not_convert: Callable[[Function], Function] = tf.autograph.experimental.do_not_convert
Around = Callable[[Patch, Update], AbstractContextManager[None]]


def hook_updates(
    optimizer: Any, patches: Patches, is_watched: Callable[[Patch], bool], around: Around
) -> None:
    """Hooks an optimizer, of either generation of Keras.

    Args:
        optimizer: The optimizer.
        patches: Holds the hook.
        is_watched: Whether a call of it is to be looked at.
        around: What an update is applied within.
    """

    def apply_of(original: Callable[..., Any], patch: Patch) -> Callable[..., Any]:
        @do_not_convert  # a `tf.function` of the user's own would have AutoGraph convert it
        @functools.wraps(original)
        def apply(grads: Any, trainable_variables: Any = None) -> Any:
            if not is_watched(patch):
                return passed(original, grads, trainable_variables)
            gradients = list(grads)  # `zip` and `filter` can be gone through only once
            given = None if trainable_variables is None else list(trainable_variables)
            variables = list(optimizer._trainable_variables) if given is None else given
            fresh = not optimizer.built and makes_variables(optimizer)
            with around(patch, Update(optimizer, *learned(gradients, variables), fresh)):
                return passed(original, gradients, given)

        return apply

    def apply_gradients_of(original: Callable[..., Any], patch: Patch) -> Callable[..., Any]:
        @functools.wraps(original)
        def apply_gradients(grads_and_vars: Any, *args: Any, **kwargs: Any) -> Any:
            if not is_watched(patch):
                return passed(original, grads_and_vars, *args, **kwargs)
            pairs = list(grads_and_vars)
            gradients, variables = [list(part) for part in zip(*pairs, strict=True)] or ([], [])
            # Keras 2 makes variables outside of the trace, which it keeps.
            update = Update(optimizer, gradients, variables, fresh=False, is_unscaled=True)
            with around(patch, update):
                return passed(original, pairs, *args, **kwargs)

        return apply_gradients

    if is_keras_2(optimizer):
        patches.put(optimizer, "apply_gradients", apply_gradients_of)
    else:
        patches.put(optimizer, "apply", apply_of)
