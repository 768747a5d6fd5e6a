"""Keras' own record of a model: the JSON that its TensorBoard callback writes when `fit` begins.

Keras 3 writes the model's configuration with its `compile_config`; Keras 2 only the configuration.
The text is untrusted: whatever has another shape than expected is left out, entry by entry.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from tb_zeroacc.facts import Contract, Layer, Optimizer, Output, Scalar

Json: TypeAlias = Any  # what `json.loads` returns: every use checks the type that it needs

# Models with more layers than this are read to here; nesting deeper than this is no model.
MAX_LAYERS = 5_000
MAX_DEPTH = 12

_ALIASES = {
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
    "bce": "binary_crossentropy",
    "cce": "categorical_crossentropy",
    "scce": "sparse_categorical_crossentropy",
    "kld": "kl_divergence",
    "kullback_leibler_divergence": "kl_divergence",
    "logcosh": "log_cosh",
    "huber_loss": "huber",
}
_CROSS_ENTROPIES = (
    "binary_crossentropy",
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
)
# Layers that are nothing but an activation, by class.
_ACTIVATIONS = {"Softmax": "softmax", "ReLU": "relu", "LeakyReLU": "leaky_relu", "ELU": "elu"}
_MODELS = ("Sequential", "Functional", "Model")
# Settings that have a field of their own or say nothing.
_KNOWN_SETTINGS = ("name", "trainable", "dtype", "units", "activation", "filters", "seed")
_KNOWN_OPTIMIZER = (
    "name", "learning_rate", "lr", "clipnorm", "clipvalue", "global_clipnorm",
    "gradient_accumulation_steps",
)  # fmt: skip


def contract_of(text: bytes) -> Contract | None:
    """The contract that a record states, None where it is no model."""
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict):
        return None
    compiled = _mapping(record.get("compile_config"))
    model = _text(record.get("class_name"))
    layers = tuple(_layers(record, _output_names(record), 0))[:MAX_LAYERS]
    if not layers and not compiled:
        return None
    version = _text(record.get("keras_version"))
    return Contract(
        source="keras_record",
        model=model,
        layers=layers,
        outputs=_outputs(record, layers, compiled),
        optimizer=_optimizer(compiled.get("optimizer")),
        dtype_policy=_policy(_mapping(record.get("config")).get("dtype")),
        jit_compile=_bool(compiled.get("jit_compile")),
        run_eagerly=_bool(compiled.get("run_eagerly")),
        steps_per_execution=_int(compiled.get("steps_per_execution")),
        versions={} if version is None else {"keras": version},
    )


# --- layers -------------------------------------------------------------------------------------


def _layers(model: Json, outputs: frozenset[str], depth: int) -> Iterator[Layer]:
    entries = _list(_mapping(_mapping(model).get("config")).get("layers"))
    if depth > MAX_DEPTH:
        return
    for position, entry in enumerate(entries[:MAX_LAYERS]):
        entry = _mapping(entry)
        config = _mapping(entry.get("config"))
        class_name = _text(entry.get("class_name")) or "Layer"
        name = _text(config.get("name")) or _text(entry.get("name")) or f"layer_{position}"
        is_output = name in outputs
        if class_name in _MODELS and "layers" in config:
            inner = _output_names(entry) if is_output else frozenset[str]()
            yield from _layers(entry, inner, depth + 1)
        elif class_name != "InputLayer":
            yield _layer(name, class_name, config, is_output)


def _layer(name: str, class_name: str, config: Mapping[str, Json], is_output: bool) -> Layer:
    wrapped = _mapping(_mapping(config.get("layer")).get("config"))  # TimeDistributed and the like
    inner = {**wrapped, **config} if wrapped else config
    units = _int(inner.get("units"))
    if units is None:
        units = _int(inner.get("filters"))
    regularizers = (
        f"{key}: {named}"
        for key, value in inner.items()
        if key.endswith("_regularizer") and (named := _configured(value)) is not None
    )
    settings: dict[str, Scalar] = {
        key: value
        for key, value in inner.items()
        if key not in _KNOWN_SETTINGS and isinstance(value, str | int | float | bool)
    }
    return Layer(
        name=name,
        class_name=class_name,
        activation=_activation(class_name, inner),
        units=units,
        kernel_initializer=_configured(inner.get("kernel_initializer")),
        bias_initializer=_configured(inner.get("bias_initializer")),
        regularizers=tuple(regularizers),
        trainable=config.get("trainable") is not False,
        is_output=is_output,
        settings=settings,
    )


def _activation(class_name: str, config: Mapping[str, Json]) -> str | None:
    if class_name in _ACTIVATIONS:
        return _ACTIVATIONS[class_name]
    return _named(config.get("activation"))


def _output_names(model: Json) -> frozenset[str]:
    """Names of the layers that make a model's outputs."""
    config = _mapping(_mapping(model).get("config"))
    listed = config.get("output_layers")
    if listed is None:
        last = _mapping((_list(config.get("layers")) or [None])[-1])
        name = _text(_mapping(last.get("config")).get("name"))
        return frozenset() if name is None else frozenset([name])
    return frozenset(_tensor_layers(listed, 0))


def _tensor_layers(listed: Json, depth: int) -> Iterator[str]:
    """Layer names in `["out", 0, 0]`, or in lists and dicts of such."""
    if depth > MAX_DEPTH:
        return
    if isinstance(listed, dict):
        for entry in listed.values():
            yield from _tensor_layers(entry, depth + 1)
    elif isinstance(listed, list):
        if listed and isinstance(listed[0], str):
            yield listed[0]
            return
        for entry in listed:
            yield from _tensor_layers(entry, depth + 1)


# --- losses and metrics -------------------------------------------------------------------------


def _outputs(
    record: Mapping[str, Json], layers: tuple[Layer, ...], compiled: Mapping[str, Json]
) -> tuple[Output, ...]:
    ends = [layer for layer in layers if layer.is_output]
    config = _mapping(record.get("config"))
    order = list(dict.fromkeys(_tensor_layers(config.get("output_layers"), 0)))
    ends.sort(key=lambda layer: order.index(layer.name) if layer.name in order else len(order))
    if not ends and compiled:
        ends = [Layer(name="output", class_name="")]  # a nested or subclassed end
    made = []
    for index, layer in enumerate(ends):
        loss = _entry(compiled.get("loss"), layer.name, index, len(ends))
        name, class_name, settings = _loss(loss)
        metrics = _metrics(compiled, layer.name, index, len(ends))
        weight = _entry(compiled.get("loss_weights"), layer.name, index, len(ends))
        from_logits = _bool(settings.get("from_logits"))
        if from_logits is None and name in _CROSS_ENTROPIES:
            from_logits = False  # the default of the loss that a name stands for
        made.append(
            Output(
                name=layer.name,
                layer=layer.name if layer.class_name else None,
                activation=_carried(layers, layer),
                units=_carried_units(layers, layer),
                loss=name,
                loss_class=class_name,
                from_logits=from_logits,
                reduction=_text(settings.get("reduction")),
                label_smoothing=_float(settings.get("label_smoothing")) or 0.0,
                weight=_float(weight),
                metrics=tuple(class_or_name for class_or_name, _ in metrics),
                metric_names=tuple(shown for _, shown in metrics),
            )
        )
    return tuple(made)


def _carried(layers: tuple[Layer, ...], layer: Layer) -> str | None:
    """The activation of a layer's output; `Dense` without one carries `linear`."""
    if layer.class_name in ("Reshape", "Flatten", "Dropout"):  # they pass values on
        position = next(i for i, known in enumerate(layers) if known is layer)
        return _carried(layers[:position], layers[position - 1]) if position else None
    return layer.activation


def _carried_units(layers: tuple[Layer, ...], layer: Layer) -> int | None:
    """Size of the last axis; an activation layer has that of the layer before it."""
    if layer.units is None and layer.class_name in ("Activation", "Dropout", *_ACTIVATIONS):
        position = next(i for i, known in enumerate(layers) if known is layer)
        return _carried_units(layers[:position], layers[position - 1]) if position else None
    return layer.units


def _entry(value: Json, name: str, index: int, count: int) -> Json:
    """What a loss, metric or weight argument says of one output."""
    if isinstance(value, dict) and "class_name" not in value:
        return value.get(name)
    if isinstance(value, list):
        if count == 1 and len(value) == 1:
            return value[0]
        return value[index] if len(value) == count else None
    return value


def _metrics(
    compiled: Mapping[str, Json], name: str, index: int, count: int
) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key in ("metrics", "weighted_metrics"):
        value = compiled.get(key)
        if isinstance(value, dict) and "class_name" not in value:
            value = value.get(name)
        elif count > 1 and isinstance(value, list) and len(value) == count:
            value = value[index]
        for metric in value if isinstance(value, list) else [value]:
            shown = _text(_mapping(_mapping(metric).get("config")).get("name"))
            named = _named(metric)
            if named is not None:
                found.append((named, shown or named))
    return found


def _loss(value: Json) -> tuple[str | None, str | None, Mapping[str, Json]]:
    """Canonical name, class and settings of a loss."""
    named = _named(value)
    if named is None:
        return None, None, {}
    settings = _mapping(_mapping(value).get("config"))
    snake = _snake(named)
    return _ALIASES.get(snake, snake), named if named[:1].isupper() else None, settings


def _snake(name: str) -> str:
    if name.isupper():
        return name.lower()
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


# --- optimizer ----------------------------------------------------------------------------------


def _optimizer(value: Json) -> Optimizer | None:
    named = _named(value)
    if named is None:
        return None
    config = _mapping(_mapping(value).get("config"))
    rate = config.get("learning_rate", config.get("lr"))
    schedule = _mapping(rate)
    settings: dict[str, Scalar] = {
        key: setting
        for key, setting in config.items()
        if key not in _KNOWN_OPTIMIZER
        and (setting is None or isinstance(setting, str | int | float | bool))
    }
    if schedule:
        rate = _mapping(schedule.get("config")).get("initial_learning_rate")
    return Optimizer(
        class_name=named,
        learning_rate=_float(rate),
        schedule=_text(schedule.get("class_name")),
        clipnorm=_float(config.get("clipnorm")),
        clipvalue=_float(config.get("clipvalue")),
        global_clipnorm=_float(config.get("global_clipnorm")),
        gradient_accumulation_steps=_int(config.get("gradient_accumulation_steps")),
        settings=settings,
    )


# --- untrusted JSON -----------------------------------------------------------------------------


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _text(value: Json) -> str | None:
    return value[:500] if isinstance(value, str) else None


def _bool(value: Json) -> bool | None:
    return value if isinstance(value, bool) else None


def _int(value: Json) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _float(value: Json) -> float | None:
    fits = isinstance(value, int | float) and not isinstance(value, bool)
    try:
        return float(value) if fits else None
    except OverflowError:
        return None


def _named(value: Json) -> str | None:
    """The name of something serialised: `"relu"`, or `{"class_name": "ReLU", ...}`."""
    if isinstance(value, str):
        return value[:500]
    entry = _mapping(value)
    name = _text(entry.get("class_name"))
    if name == "function":
        return _text(entry.get("config"))
    return name


def _configured(value: Json) -> str | None:
    """A class with the number that matters: `Constant(0.0)`, `L2(0.01)`; a bare name otherwise."""
    named = _named(value)
    config = _mapping(_mapping(value).get("config"))
    numbers = [
        f"{config[key]:g}" if key != "value" else f"{float(config[key])}"
        for key in ("value", "l1", "l2", "stddev", "factor", "scale")
        if _float(config.get(key)) is not None
    ]
    if named is None or not numbers or named not in ("Constant", "L1", "L2", "L1L2", "L1_L2"):
        return named
    return f"{named}({', '.join(numbers)})"


def _policy(value: Json) -> str | None:
    if isinstance(value, str):
        return value
    return _text(_mapping(_mapping(value).get("config")).get("name"))
