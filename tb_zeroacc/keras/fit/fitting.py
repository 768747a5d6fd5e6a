"""How `fit` was asked: its arguments and the callbacks beside ours."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import FrameType
from typing import Any

import tensorflow as tf

from tb_zeroacc import facts
from tb_zeroacc.keras.compat import is_a
from tb_zeroacc.keras.contract.model_contract import plain_attributes, whole
from tb_zeroacc.keras.observe.patches import Patch

_KERAS_OWN = ("History", "ProgbarLogger")
# Calls of Keras' list of callbacks within a `fit`, but the one in which a recording begins.
_CALLS = (
    "on_epoch_begin", "on_epoch_end", "on_train_batch_begin", "on_train_batch_end",
    "on_test_begin", "on_test_end", "on_test_batch_begin", "on_test_batch_end", "on_train_end",
)  # fmt: skip


def describe_fit(model: Any, params: dict[str, Any], own: Any) -> facts.Fit:
    """How training was asked for. Call it from within `fit`.

    Keras hands a callback `epochs` and `steps` alone; the rest stands in `fit`'s own frame, which
    is read and released. Where it is not found, those fields stay None.

    Args:
        model: The model that is trained.
        params: The callback's `params`.
        own: Our callback, which is left out.
    """
    asked = _arguments(model)
    callbacks = asked.get("callbacks")
    others = getattr(callbacks, "callbacks", ())
    known = bool(asked)
    return facts.Fit(
        epochs=whole(params.get("epochs")),
        initial_epoch=int(asked.get("initial_epoch") or 0),
        steps_per_epoch=whole(params.get("steps")),
        batch_size=whole(asked.get("batch_size")),
        class_weight=asked.get("class_weight") is not None if known else None,
        validation=asked.get("validation_data") is not None if known else None,
        from_arrays=_are_arrays(asked.get("x")) if known else None,
        callbacks=tuple(
            {"class_name": type(c).__name__, **dict(plain_attributes(c))}
            for c in others
            if c is not own and not is_a(c, *_KERAS_OWN)
        ),
    )


def _are_arrays(data: Any) -> bool:
    """Whether `fit` was given arrays, or a structure of them; not what yields batches by itself."""
    return isinstance(data, dict | list | tuple) or hasattr(data, "__array__")


def callback_list_of(model: Any) -> Any:
    """Keras' list of the callbacks of the `fit` that is running, our own among them; or None."""
    return _arguments(model).get("callbacks")


def watch_calls(listed: Any, failed: Callable[[BaseException], None]) -> list[Patch]:
    """Watches the calls of all callbacks: an error of another one ends the `fit`.

    Args:
        listed: Keras' list of them.
        failed: Called with such an error, which passes on.
    """

    def listen(original: Callable[..., Any], patch: Patch) -> Callable[..., Any]:
        @functools.wraps(original)
        def call(*args: Any, **kwargs: Any) -> Any:
            try:
                return original(*args, **kwargs)
            except BaseException as fault:
                if patch.active:
                    failed(fault)
                raise

        return call

    return [Patch(listed, name, listen) for name in _CALLS if hasattr(listed, name)]


def is_running(model: Any, callback: Any) -> bool:
    """Whether a `fit` of this model with this callback is under way, maybe around another one."""
    return any(
        callback in getattr(names.get("callbacks"), "callbacks", ())
        for names in _fits(model, sys._getframe(1))
    )


def is_fitted(model: Any) -> bool:
    """Whether any `fit` of this model is under way."""
    return any(True for _ in _fits(model, sys._getframe(1)))


def passed_through(fault: BaseException, model: Any) -> bool:
    """Whether an error came out of a `fit` of this model."""
    trace = fault.__traceback__
    while trace is not None:
        if _is_fit(trace.tb_frame, model):
            return True
        trace = trace.tb_next
    return False


def epoch_data(model: Any) -> Any:
    """The dataset that the running `fit` iterates over, an epoch a pass; None if not found."""
    asked = _arguments(model)
    dataset = getattr(asked.get("epoch_iterator"), "_distributed_dataset", None)
    if dataset is None:  # Keras 2
        dataset = getattr(asked.get("data_handler"), "_dataset", None)
    return dataset if isinstance(dataset, tf.data.Dataset) else None


def stopped_by(callbacks: Sequence[Any], *, on_nan: bool) -> str | None:
    """The callback that stopped a `fit` early, by its class; None where none says so.

    Args:
        callbacks: Those of the `fit`.
        on_nan: Whether a loss was not finite.
    """
    by = None
    for callback in callbacks:
        stopped = getattr(callback, "stopped_epoch", 0)
        ended_it = isinstance(stopped, int) and stopped > 0
        if ended_it or (on_nan and is_a(callback, "TerminateOnNaN")):
            by = type(callback).__name__
    return by


def _arguments(model: Any) -> dict[str, Any]:
    frame: FrameType | None = sys._getframe(1)
    wanted = (
        "x", "initial_epoch", "batch_size", "class_weight", "validation_data", "callbacks",
        "epoch_iterator", "data_handler",
    )  # fmt: skip
    try:
        for names in _fits(model, frame):
            return {name: names.get(name) for name in wanted}
        return {}
    finally:
        del frame  # a frame that is held would keep the training data alive


def _fits(model: Any, frame: FrameType | None) -> Iterator[Mapping[str, Any]]:
    """The variables of every `fit` of this model around a frame, the innermost first."""
    while frame is not None:
        if _is_fit(frame, model):
            yield frame.f_locals
        frame = frame.f_back


def _is_fit(frame: FrameType, model: Any) -> bool:
    if frame.f_code.co_name != "fit":
        return False
    names = frame.f_locals
    return names.get("self") is model and "initial_epoch" in names
