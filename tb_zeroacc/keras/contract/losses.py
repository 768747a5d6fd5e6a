"""What each output is trained on: loss, activation and metrics, as Keras resolved them."""

from __future__ import annotations

import functools
import inspect
import re
from dataclasses import dataclass, field
from typing import Any

import keras

from tb_zeroacc import facts
from tb_zeroacc.keras.compat import is_a, is_keras_2
from tb_zeroacc.keras.contract.activations import (
    NAMELESS,
    TRANSPARENT,
    activation_of,
    by_operation,
)
from tb_zeroacc.keras.contract.metrics import metrics_of
from tb_zeroacc.keras.observe.optimizers import Optimizers
from tb_zeroacc.recording.tables.structures import with_paths

# Short names of Keras' losses, and older ones.
_ALIASES = {
    "mse": "mean_squared_error", "mae": "mean_absolute_error", "bce": "binary_crossentropy",
    "mape": "mean_absolute_percentage_error", "msle": "mean_squared_logarithmic_error",
    "kld": "kl_divergence", "kullback_leibler_divergence": "kl_divergence", "logcosh": "log_cosh",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """What a training loop of the user's own trains with.

    Attributes:
        loss: As for `compile`: a name, a function, a Loss, or a structure of them by output.
        optimizers: Keras optimizers; empty if weights are updated otherwise.
    """

    loss: Any = None
    optimizers: Optimizers = field(default_factory=lambda: Optimizers({}))


def describe_outputs(
    model: Any, seen: Any, layers: list[Any], asked: Asked | None = None
) -> tuple[facts.Output, ...]:
    """Every output with its loss and metrics.

    Args:
        model: A Keras model.
        seen: The `Observation` of a step, or None.
        layers: The model's layers in the order of their calls.
        asked: What a loop of the user's own trains with; None for a compiled model.
    """
    predictions = None if seen is None else seen.y_pred
    names = output_names(model, predictions)
    tensors = keras.tree.flatten(predictions) if predictions is not None else [None] * len(names)
    paths = _paths(predictions, names)
    makers = [_maker(model, seen, layers, i, t) for i, t in enumerate(tensors)]
    metrics = metrics_of(model if asked is None else None, len(names))
    found = []
    for i, name in enumerate(names):
        layer, activation = makers[i]
        if asked is not None:
            loss, weight = _entry(asked.loss, i, name), None
        else:
            loss, weight = _loss(model, i, name, paths[i], len(names))
        found.append(
            facts.Output(
                name=name,
                layer=layer.name if layer is not None else None,
                activation=activation,
                units=_units(tensors[i], model, i),
                loss=canonical_name(loss),
                loss_class=_loss_class(loss),
                from_logits=_argument(loss, "from_logits"),
                reduction=_reduction(loss),
                label_smoothing=float(_argument(loss, "label_smoothing") or 0.0),
                weight=None if weight is None else float(weight),
                metrics=tuple(metric.kind for metric in metrics[i]),
                metric_names=tuple(metric.shown for metric in metrics[i]),
                metric_thresholds=facts.aligned([metric.threshold for metric in metrics[i]]),
                ignore_class=_ignored(loss),
            )
        )
    return tuple(found)


def output_names(model: Any, predictions: Any = None) -> list[str]:
    """Names of the outputs in the order of `keras.tree.flatten`."""
    known = list(getattr(model, "output_names", None) or ())
    if predictions is None:
        if not known and is_a(model, "Sequential") and model.layers:
            return [model.layers[-1].name]
        return known or ["output"]
    flat = with_paths(predictions)
    if flat and all(path and isinstance(path[0], str) for path, _ in flat):
        return ["/".join(map(str, path)) for path, _ in flat]
    if len(known) == len(flat):
        return known
    if len(flat) == 1:
        is_chain = is_a(model, "Sequential") and model.layers
        return [model.layers[-1].name] if is_chain else ["output"]
    return [f"output_{i}" for i in range(len(flat))]


def canonical_name(loss: Any) -> str | None:
    """The canonical name of a loss, such as `mean_squared_error`, given in any form."""
    if loss is None:
        return None
    if isinstance(loss, str):
        name = loss
    else:
        function = getattr(loss, "fn", None)
        if function is None and (inspect.isfunction(loss) or isinstance(loss, functools.partial)):
            function = loss
        function = getattr(function, "func", function)  # of a functools.partial
        name = getattr(function, "__name__", type(loss).__name__)
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().strip("<>")
    return _ALIASES.get(name, name)


def _loss_class(loss: Any) -> str | None:
    if loss is None or isinstance(loss, str) or inspect.isfunction(loss):
        return None
    return type(loss).__name__


def _reduction(loss: Any) -> str | None:
    usual = "sum_over_batch_size"
    if loss is None:
        return None
    found = getattr(loss, "reduction", usual)
    return usual if found == "auto" else found  # what Keras 2 makes of it within `fit`


def _argument(loss: Any, name: str) -> Any:
    """The value of a loss function's argument; None if it has no such argument."""
    if loss is None:
        return None
    if isinstance(loss, str):
        try:
            loss = keras.losses.get(loss)
        except ValueError:
            return None
    given = getattr(loss, "_fn_kwargs", None)
    if isinstance(given, dict) and name in given:
        return given[name]
    if hasattr(loss, name):
        return getattr(loss, name)
    function = getattr(loss, "fn", loss)
    if not callable(function):
        return None
    try:
        parameter = inspect.signature(function).parameters.get(name)
    except (TypeError, ValueError):
        return None
    if parameter is None or parameter.default is inspect.Parameter.empty:
        return None
    return parameter.default


def _loss(
    model: Any, index: int, name: str, path: tuple[Any, ...], count: int
) -> tuple[Any, float | None]:
    """An output's loss and its weight: as Keras resolved them, else as `compile` was given them."""
    if is_keras_2(model):
        return _loss_in_keras_2(getattr(model, "compiled_loss", None), index, name)
    compiled = getattr(model, "_compile_loss", None)
    if compiled is None:
        return None, None
    if compiled.built and getattr(compiled, "_flat_losses", None) is not None:
        for found in compiled._flat_losses:
            if tuple(found.path) == path or found.name == name or count == 1:
                return found.loss, found.loss_weights
        return None, None
    if compiled.built and getattr(compiled, "flat_losses", None) is not None:
        # Before Keras 3.7 they are in the order of the outputs.
        resolved = zip(compiled.flat_losses, compiled.flat_loss_weights, strict=False)
        return dict(enumerate(resolved)).get(index, (None, None))
    weights = compiled._user_loss_weights
    return _entry(compiled._user_loss, index, name), _entry(weights, index, name)


def _loss_in_keras_2(compiled: Any, index: int, name: str) -> tuple[Any, float | None]:
    if compiled is None:
        return None, None
    if compiled.built:
        return compiled._losses[index], compiled._loss_weights[index]
    weights = compiled._user_loss_weights
    return _entry(compiled._user_losses, index, name), _entry(weights, index, name)


def _entry(given: Any, index: int, name: str) -> Any:
    if isinstance(given, dict):
        return given.get(name)
    if isinstance(given, list | tuple):
        return given[index] if index < len(given) else None
    return given


def _ignored(loss: Any) -> int | None:
    given = _argument(loss, "ignore_class")
    return int(given) if isinstance(given, int | float) else None


def _paths(predictions: Any, names: list[str]) -> list[tuple[Any, ...]]:
    if predictions is None:
        return [(i,) for i in range(len(names))]
    return [tuple(path) for path, _ in with_paths(predictions)]


def _units(tensor: Any, model: Any, index: int) -> int | None:
    shape: Any = getattr(tensor, "shape", None)
    if shape is None:
        symbolic = getattr(model, "outputs", None) if getattr(model, "built", False) else None
        shape = symbolic[index].shape if symbolic and index < len(symbolic) else None
    if shape is None or getattr(shape, "rank", 0) is None or len(shape) < 2:
        return None
    units: int | None = shape[-1]
    return units


def _maker(
    model: Any, seen: Any, layers: list[Any], index: int, tensor: Any
) -> tuple[Any, str | None]:
    """The layer that computes an output, and the activation that reaches the loss."""
    chain = _layers_behind(model, index)
    if not chain and seen is not None and tensor is not None:
        chain = [c.layer for c in seen.calls if _makes(c.output, tensor)][-1:]
    if chain:
        maker = chain[0]
        activation = activation_of(chain[-1])
        told = activation not in (None, NAMELESS)
        return maker, activation if told else by_operation(tensor) or activation
    return None, by_operation(tensor)


def _layers_behind(model: Any, index: int) -> list[Any]:
    """The layers from an output backwards, up to the first that changes values."""
    chain: list[Any] = []
    if is_a(model, "Sequential"):
        for layer in reversed(model.layers):
            if is_a(layer, "Sequential"):
                return chain + _layers_behind(layer, 0)
            chain.append(layer)
            if not is_a(layer, *TRANSPARENT):
                break
        return chain
    outputs = getattr(model, "outputs", None)
    if not outputs or index >= len(outputs):
        return []
    tensor = outputs[index]
    while True:
        history: Any = getattr(tensor, "_keras_history", None)
        operation: Any = getattr(history, "operation", None) or getattr(history, "layer", None)
        if not is_a(operation, "Layer"):
            return chain
        if is_a(operation, "Model"):
            return chain + _layers_behind(operation, 0)
        chain.append(operation)
        inputs = operation._inbound_nodes[history.node_index].input_tensors
        inputs = keras.tree.flatten(inputs)  # Keras 2 has one tensor by itself
        if not is_a(operation, *TRANSPARENT) or len(inputs) != 1:
            return chain
        tensor = inputs[0]


def _makes(output: Any, tensor: Any) -> bool:
    return any(leaf is tensor for leaf in keras.tree.flatten(output))
