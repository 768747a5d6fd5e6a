"""How `fit` was asked: its arguments and the callbacks beside ours."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import Any

import tensorflow as tf

from tb_zeroacc import facts
from tb_zeroacc.keras.compat import is_a
from tb_zeroacc.keras.contract.model_contract import plain_attributes, whole

_KERAS_OWN = ("History", "ProgbarLogger")


def describe_fit(model: Any, params: dict[str, Any], own: Any) -> facts.Fit:
    """How training was asked for. Call it from within `fit`.

    Keras hands a callback `epochs` and `steps` alone; the rest stands in `fit`'s own frame, which
    is read and let go. Where it is not found, those fields stay None.

    Args:
        model: The model that is trained.
        params: The callback's `params`.
        own: Our callback, which is not listed.
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
        callbacks=tuple(
            {"class_name": type(c).__name__, **dict(plain_attributes(c))}
            for c in others
            if c is not own and not is_a(c, *_KERAS_OWN)
        ),
    )


def callback_list_of(model: Any) -> Any:
    """Keras' list of the callbacks of the `fit` that is running, our own among them; or None."""
    return _arguments(model).get("callbacks")


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


def _arguments(model: Any) -> dict[str, Any]:
    frame: FrameType | None = sys._getframe(1)
    wanted = (
        "initial_epoch", "batch_size", "class_weight", "validation_data", "callbacks",
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
