"""Hooks around the updates of an optimizer."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, TypeVar

import tensorflow as tf

from tb_zeroacc.keras.compat import is_keras_2
from tb_zeroacc.keras.observe.optimizers import learned, makes_variables
from tb_zeroacc.keras.observe.patches import Patch, Patches
from tb_zeroacc.keras.observe.replicas import replicas_here
from tb_zeroacc.recording.passing import passed
from tb_zeroacc.recording.tables.observation import Update

# What sums gradients over replicas: in Keras 3, in Keras 2, and in the legacy optimizers of that.
_REDUCTIONS = ("_all_reduce_sum_gradients", "aggregate_gradients", "_aggregate_gradients")

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
    applying = threading.local()  # the update that a replica's thread is in

    def applied(update: Update, apply: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        applying.update = update
        try:
            return passed(apply, *args, **kwargs)
        finally:
            applying.update = None

    def reduce_of(original: Callable[..., Any], patch: Patch) -> Callable[..., Any]:
        @functools.wraps(original)
        def reduce(*args: Any, **kwargs: Any) -> Any:
            update = getattr(applying, "update", None)
            if not patch.active or update is None or update.reduction is None:
                return passed(original, *args, **kwargs)
            update.reduction.before(update)
            found = passed(original, *args, **kwargs)
            update.reduction.after(update, found)
            return found

        return reduce

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
            given_to, here = learned(gradients, variables), replicas_here()
            update = Update(optimizer, *given_to, fresh, replicas=here)
            with around(patch, update):
                return applied(update, original, gradients, given)

        return apply

    def apply_gradients_of(original: Callable[..., Any], patch: Patch) -> Callable[..., Any]:
        @functools.wraps(original)
        def apply_gradients(grads_and_vars: Any, *args: Any, **kwargs: Any) -> Any:
            if not is_watched(patch):
                return passed(original, grads_and_vars, *args, **kwargs)
            pairs = list(grads_and_vars)
            gradients, variables = [list(part) for part in zip(*pairs, strict=True)] or ([], [])
            # Keras 2 makes variables outside of the trace, which it keeps.
            update = Update(
                optimizer, gradients, variables, fresh=False, is_unscaled=True,
                replicas=replicas_here(),
            )  # fmt: skip
            with around(patch, update):
                return applied(update, original, pairs, *args, **kwargs)

        return apply_gradients

    if is_keras_2(optimizer):
        patches.put(optimizer, "apply_gradients", apply_gradients_of)
    else:
        patches.put(optimizer, "apply", apply_of)
    strategy = getattr(optimizer, "_distribution_strategy", None)
    is_replicated = getattr(strategy, "num_replicas_in_sync", 1) > 1
    for name in _REDUCTIONS:
        if is_replicated and hasattr(optimizer, name):
            patches.put(optimizer, name, reduce_of)
