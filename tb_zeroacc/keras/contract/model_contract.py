"""The contract of a compiled Keras model: its layers, its optimizer, and how they run.

`losses` adds what each output is trained on, `fitting` the arguments of `fit`. Nothing is called
that could change the model.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tb_zeroacc import __version__, facts
from tb_zeroacc.keras.compat import (
    is_a,
    learning_rate,
    path_of,
    steps_per_execution,
    value_of,
    version_of,
)
from tb_zeroacc.keras.contract.activations import activation_of
from tb_zeroacc.keras.contract.loss_graph import with_loss_graph
from tb_zeroacc.keras.contract.losses import Asked, describe_outputs
from tb_zeroacc.keras.contract.operations import operations_of
from tb_zeroacc.keras.observe.optimizers import Known, Optimizers, optimizers_of_model

# Entries of a layer's configuration that have a field of their own, or do not affect learning.
_OWN_FIELD = frozenset(
    {
        "name", "trainable", "dtype", "units", "activation", "kernel_initializer",
        "bias_initializer", "build_config", "data_format", "batch_shape", "module",
        "registered_name", "sparse", "ragged", "batch_input_shape",
    }
)  # fmt: skip


def describe(
    model: Any,
    fit: facts.Fit,
    seen: Any = None,
    asked: Asked | None = None,
    optimizers: Optimizers | None = None,
) -> facts.Contract:
    """The contract of a model as it is now.

    Args:
        model: A Keras model, compiled unless `asked` is given.
        fit: The arguments of `fit`.
        seen: The `Observation` of a traced step, for the order of calls and the outputs.
        asked: What a loop of the user's own trains with, whatever `compile` was given.
        optimizers: The optimizers that may train the model.
    """
    called = _in_call_order(model, seen)
    outputs = describe_outputs(model, seen, called, asked)
    if seen is not None:
        outputs = with_loss_graph(outputs, seen)
    makers = {output.layer for output in outputs if output.layer}
    compiled = model if asked is None else None
    jit = getattr(compiled, "jit_compile", None)
    if optimizers is None:
        optimizers = Optimizers(optimizers_of_model(model)) if asked is None else asked.optimizers
    strategy = getattr(model, "_distribute_strategy", None)
    return facts.Contract(
        source="recorder",
        model=type(model).__name__,
        layers=tuple(_layer(layer, layer.name in makers) for layer in called),
        outputs=outputs,
        **trained_by(optimizers, seen=seen is not None),
        fit=fit,
        dtype_policy=getattr(getattr(model, "dtype_policy", None), "name", None),
        jit_compile=jit if isinstance(jit, bool) else None,
        run_eagerly=None if asked else bool(getattr(compiled, "run_eagerly", False)),
        steps_per_execution=None if asked else steps_per_execution(model),
        strategy=type(strategy).__name__ if strategy is not None else None,
        versions={
            "tb_zeroacc": __version__,
            "keras": version_of(model),
            "tensorflow": tf.__version__,
            "backend": keras.backend.backend(),
            "python": ".".join(map(str, sys.version_info[:3])),
        },
        operations=operations_of(model),
        replicas=int(getattr(strategy, "num_replicas_in_sync", 1)),
    )


def trained_by(optimizers: Optimizers, *, seen: bool) -> dict[str, Any]:
    """The fields `optimizer` and `optimizers` of a contract.

    Args:
        optimizers: The optimizers that may train the model.
        seen: Whether a step was traced.
    """
    training = tuple(_optimizer(known) for known in optimizers.training(seen=seen))
    return {
        "optimizer": training[0] if training else None,
        "optimizers": training if len(training) > 1 else (),
    }


def _in_call_order(model: Any, seen: Any) -> list[Any]:
    """The model's layers in the order of their calls, others after the layer listed before."""
    listed = [
        layer
        for layer in model._flatten_layers(include_self=False)
        if not is_a(layer, "InputLayer", "Model", "Metric")
    ]
    order: dict[int, int] = {}
    for position, call in enumerate(seen.calls if seen is not None else ()):
        order.setdefault(id(call.layer), position)
    if not order:
        return listed
    # A layer whose call was not noted (Flatten, Dropout) stays after the one listed before it.
    keys, last = {}, -1
    for layer in listed:
        last = order.get(id(layer), last)
        keys[id(layer)] = last
    return sorted(listed, key=lambda layer: keys[id(layer)])


def _layer(layer: Any, is_output: bool) -> facts.Layer:
    config = _config(layer)
    kernel = config.get("kernel_initializer", config.get("embeddings_initializer"))
    return facts.Layer(
        name=layer.name,
        class_name=type(layer).__name__,
        activation=activation_of(layer),
        units=_units(layer, config),
        kernel_initializer=_object_name(kernel),
        bias_initializer=_object_name(config.get("bias_initializer")),
        regularizers=_named(config, "regularizer"),
        trainable=bool(layer.trainable),
        parameters=int(layer.count_params()) if layer.built else None,
        is_output=is_output,
        variables=tuple(path_of(v) for v in _own(layer)),
        settings={
            key: value
            for key, value in config.items()
            if key not in _OWN_FIELD and value is not None and _is_plain(value)
        },
        constraints=_named(config, "constraint"),
    )


def _named(config: dict[str, Any], kind: str) -> tuple[str, ...]:
    """The objects of a kind in a layer's configuration: `kernel_regularizer: L2(0.01)`."""
    return tuple(
        f"{key}: {_object_name(value)}" for key, value in config.items()
        if key.endswith(kind) and value
    )  # fmt: skip


def _own(layer: Any) -> list[Any]:
    """A layer's own trainable variables, not those of the layers inside it."""
    inner = {
        id(v)
        for child in layer._flatten_layers(include_self=False)
        for v in child.trainable_variables
    }
    return [v for v in layer.trainable_variables if id(v) not in inner]


def _units(layer: Any, config: dict[str, Any]) -> int | None:
    for key in ("units", "filters", "output_dim"):
        if isinstance(config.get(key), int):
            return int(config[key])
    return None


def _optimizer(known: Known) -> facts.Optimizer:
    optimizer = known.optimizer
    settings: dict[str, facts.Scalar] = {}
    inner = getattr(optimizer, "inner_optimizer", None)
    if inner is not None:  # a loss scale around the user's own optimizer
        settings["loss_scale_optimizer"] = True
        settings["initial_scale"] = _plain(getattr(optimizer, "initial_scale", None))
        optimizer = inner
    config = _config(optimizer)
    rate = optimizer._learning_rate if hasattr(optimizer, "_learning_rate") else None
    schedule = None
    if is_a(rate, "LearningRateSchedule"):
        schedule = type(rate).__name__
        settings |= {f"schedule_{k}": v for k, v in _config(rate).items() if _is_plain(v)}
    elif callable(rate) and not hasattr(rate, "numpy"):
        schedule = getattr(rate, "__name__", type(rate).__name__)
    own_field = {
        "learning_rate", "clipnorm", "clipvalue", "global_clipnorm", "gradient_accumulation_steps",
    }  # fmt: skip
    settings |= {k: v for k, v in config.items() if k not in own_field and _is_plain(v)}
    return facts.Optimizer(
        class_name=type(optimizer).__name__,
        learning_rate=learning_rate_of(optimizer),
        schedule=schedule,
        clipnorm=_real(config.get("clipnorm")),
        clipvalue=_real(config.get("clipvalue")),
        global_clipnorm=_real(config.get("global_clipnorm")),
        gradient_accumulation_steps=whole(config.get("gradient_accumulation_steps")),
        settings=settings,
        name=known.name,
        variables=tuple(path_of(variable) for variable in known.variables.values()),
    )


def learning_rate_of(optimizer: Any) -> float | None:
    """The rate of the next update; None for a user's own function, which is not called."""
    with tf.init_scope():  # also asked while a step is traced
        rate = learning_rate(optimizer)
        return None if rate is None else float(value_of(rate))


def _config(thing: Any) -> dict[str, Any]:
    try:
        # An optimizer reads variables, and this may run in a trace. Keras warns of what cannot be
        # loaded again, such as a lambda: nothing is saved here.
        with tf.init_scope(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            config = thing.get_config()
    except Exception:  # noqa: BLE001 - a user's own class may have no configuration
        return {}
    return config if isinstance(config, dict) else {}


# Arguments that define an initialiser, a regulariser or a constraint, each with its prefix in the
# name.
_TELLING = {
    "value": "", "l1": "", "l2": "", "stddev": "stddev=", "minval": "minval=", "maxval": "maxval=",
    "min_value": "min=", "max_value": "",
}  # fmt: skip


def _object_name(value: Any) -> str | None:
    """`Constant(0.0)`, `RandomNormal(stddev=4)`, `L2(0.01)` for a serialised Keras object."""
    if value is None or isinstance(value, str):
        return value
    if not isinstance(value, dict):
        return type(value).__name__
    config = value.get("config")
    config = config if isinstance(config, dict) else {}
    name = str(value.get("class_name", "?"))
    if name == "function":
        return str(value.get("config"))
    told = [
        f"{prefix}{config[key]:g}" if key != "value" else str(config[key])
        for key, prefix in _TELLING.items()
        if isinstance(config.get(key), int | float) and (config[key] or key not in ("l1", "l2"))
    ]
    return f"{name}({', '.join(told)})" if told else name


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | bool)


def _plain(value: Any) -> facts.Scalar:
    return value if _is_plain(value) else str(value)


def plain_attributes(thing: Any, most: int = 20) -> Iterable[tuple[str, facts.Scalar]]:
    """The first `most` public attributes of an object that are strings or numbers."""
    found = 0
    for key, value in vars(thing).items():
        if isinstance(value, np.generic):
            value = value.item()
        if not key.startswith("_") and _is_plain(value) and found < most:
            found += 1
            yield key, value


def whole(value: Any) -> int | None:
    """An integer of Python or NumPy as an int; None for anything else."""
    is_whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    return int(value) if is_whole else None


def _real(value: Any) -> float | None:
    return None if value is None else float(value)
