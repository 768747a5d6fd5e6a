"""Keras' own record of a model: the JSON that its TensorBoard callback writes when `fit` begins.

Keras 3 writes the model's configuration with its `compile_config`; Keras 2 only the configuration.
The text is untrusted: whatever has another shape than expected is left out, entry by entry.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

from tb_zeroacc.facts import Contract, Layer, Optimizer, Output, Scalar, aligned

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
# Layers that pass on what the layer before them made: its activation, and its units.
_PASSING = ("Reshape", "Flatten", "Dropout")
_KEEPING_UNITS = ("Activation", "Dropout", *_ACTIVATIONS)
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
        outputs=_outputs(layers, _ends(record, 0), _sources(record, 0), compiled),
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
        name = _name_of(entry) or f"layer_{position}"
        is_output = name in outputs
        if _is_model(entry):
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
    named = _named(config.get("activation"))
    return named if named is None else _ACTIVATIONS.get(named, named)


# --- how they are connected ---------------------------------------------------------------------


class _End(NamedTuple):
    """One output of a model: the name by which losses are given, and the layer that makes it."""

    name: str
    layer: str


def _ends(model: Json, depth: int) -> list[_End]:
    """The outputs of a model in their order; those of a model within it under its own name."""
    config = _mapping(_mapping(model).get("config"))
    inner = {_name_of(entry): entry for entry in _list(config.get("layers"))}
    found = []
    for key, name in _listed_ends(config):
        entry = inner.get(name)
        below = _ends(entry, depth + 1) if entry and depth < MAX_DEPTH and _is_model(entry) else []
        found += [_End(key, end.layer) for end in below] or [_End(key, name)]
    return found


def _listed_ends(config: Mapping[str, Json]) -> list[tuple[str, str]]:
    """Key and layer name of each output; a list has the layers' names for keys."""
    listed = config.get("output_layers")
    if listed is None:
        names = [_name_of(entry) for entry in _list(config.get("layers"))[-1:]]
        return [(name, name) for name in names if name]
    if isinstance(listed, dict):
        return [
            (str(key), name)
            for key, value in listed.items()
            for name in _tensor_layers(value, 0)
        ]
    return [(name, name) for name in dict.fromkeys(_tensor_layers(listed, 0))]


def _sources(model: Json, depth: int) -> dict[str, str]:
    """The one layer that each layer takes its input from, where it is one."""
    entries = _list(_mapping(_mapping(model).get("config")).get("layers"))[:MAX_LAYERS]
    found: dict[str, str] = {}
    before = ""
    for entry in entries:
        name, nodes = _name_of(entry), _mapping(entry).get("inbound_nodes")
        if depth < MAX_DEPTH and _is_model(entry):
            found |= _sources(entry, depth + 1)
        sources = [before] if nodes is None else list(dict.fromkeys(_inbound(nodes, 0)))
        if len(sources) == 1 and sources[0]:
            found[name] = sources[0]
        before = name
    return found


def _inbound(node: Json, depth: int) -> Iterator[str]:
    """Names of layers in Keras 3's `keras_history`, or in Keras 2's lists `["dense", 0, 0, {}]`."""
    if depth > MAX_DEPTH:
        return
    if isinstance(node, dict):
        history = _list(node.get("keras_history"))
        if history and isinstance(history[0], str):
            yield history[0]
            return
        for value in node.values():
            yield from _inbound(value, depth + 1)
    elif isinstance(node, list):
        if len(node) >= 3 and isinstance(node[0], str) and isinstance(node[1], int):
            yield node[0]
            return
        for value in node:
            yield from _inbound(value, depth + 1)


def _name_of(entry: Json) -> str:
    entry = _mapping(entry)
    return _text(_mapping(entry.get("config")).get("name")) or _text(entry.get("name")) or ""


def _is_model(entry: Json) -> bool:
    entry = _mapping(entry)
    return entry.get("class_name") in _MODELS and "layers" in _mapping(entry.get("config"))


def _output_names(model: Json) -> frozenset[str]:
    """Names of the layers that make a model's outputs."""
    return frozenset(name for _, name in _listed_ends(_mapping(_mapping(model).get("config"))))


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
    layers: tuple[Layer, ...],
    ends: list[_End],
    sources: Mapping[str, str],
    compiled: Mapping[str, Json],
) -> tuple[Output, ...]:
    known = {layer.name: layer for layer in layers}
    found = [(end.name, known[end.layer]) for end in ends if end.layer in known]
    if not found and compiled:
        found = [("output", Layer(name="output", class_name=""))]  # a subclassed end
    count = len(found)
    made = []
    for index, (key, layer) in enumerate(found):
        # Keras takes losses by the names of outputs; users of old versions by those of layers.
        names = (key, layer.name)
        name, class_name, settings = _loss(_entry(compiled.get("loss"), names, index, count))
        metrics = _metrics(compiled, names, index, count)
        weight = _entry(compiled.get("loss_weights"), names, index, count)
        from_logits = _bool(settings.get("from_logits"))
        if from_logits is None and name in _CROSS_ENTROPIES:
            from_logits = False  # the default of the loss that a name stands for
        made.append(
            Output(
                name=layer.name,
                layer=layer.name if layer.class_name else None,
                activation=_behind(layer, _PASSING, known, sources, Layer("", "")).activation,
                units=_behind(layer, _KEEPING_UNITS, known, sources, Layer("", "")).units,
                loss=name,
                loss_class=class_name,
                from_logits=from_logits,
                reduction=_text(settings.get("reduction")),
                label_smoothing=_float(settings.get("label_smoothing")) or 0.0,
                weight=_float(weight),
                metrics=tuple(class_or_name for class_or_name, _, _ in metrics),
                metric_names=tuple(shown for _, shown, _ in metrics),
                metric_thresholds=aligned([threshold for _, _, threshold in metrics]),
                ignore_class=_int(settings.get("ignore_class")),
            )
        )
    return tuple(made)


def _behind(
    layer: Layer,
    passing: tuple[str, ...],
    known: Mapping[str, Layer],
    sources: Mapping[str, str],
    unknown: Layer,
) -> Layer:
    """The layer whose output this one passes on; `unknown` where the way to it is not known."""
    for _ in range(MAX_LAYERS):
        if layer.class_name not in passing:
            return layer
        layer = known.get(sources.get(layer.name, ""), unknown)
    return unknown


def _entry(value: Json, names: tuple[str, str], index: int, count: int) -> Json:
    """What a loss, metric or weight argument says of one output, which may have two names."""
    if isinstance(value, dict) and "class_name" not in value:
        return next((value[name] for name in names if name in value), None)
    if isinstance(value, list):
        if count == 1 and len(value) == 1:
            return value[0]
        return value[index] if len(value) == count else None
    return value


def _metrics(
    compiled: Mapping[str, Json], names: tuple[str, str], index: int, count: int
) -> list[tuple[str, str, float | None]]:
    found: list[tuple[str, str, float | None]] = []
    for key in ("metrics", "weighted_metrics"):
        value = compiled.get(key)
        if isinstance(value, dict) and "class_name" not in value:
            value = next((value[name] for name in names if name in value), None)
        elif count > 1 and isinstance(value, list) and len(value) == count:
            value = value[index]
        for metric in value if isinstance(value, list) else [value]:
            shown = _text(_mapping(_mapping(metric).get("config")).get("name"))
            named = _named(metric)
            if named is not None:
                found.append((named, shown or named, _threshold(named, metric)))
    return found


# Metrics that cut at .5 by default, as users write them; `accuracy` does for a single unit.
_CUT_AT_HALF = frozenset(
    {
        "binary_accuracy", "BinaryAccuracy", "Precision", "Recall", "BinaryIoU",
        "TruePositives", "FalsePositives", "TrueNegatives", "FalseNegatives",
    }
)  # fmt: skip


def _threshold(named: str, metric: Json) -> float | None:
    """Where a metric cuts outputs: as configured, else by default."""
    config = _mapping(_mapping(metric).get("config"))
    given = config.get("threshold", config.get("thresholds"))
    if isinstance(given, list):
        given = given[0] if len(given) == 1 else float("nan")
    if given is None and config.get("top_k") is None and named in _CUT_AT_HALF:
        return 0.5
    known = _float(given)
    return known if known is not None and math.isfinite(known) else None


def _loss(value: Json) -> tuple[str | None, str | None, Mapping[str, Json]]:
    """Canonical name, class and settings of a loss."""
    named = _named(value)
    if named is None:
        return None, None, {}
    settings = _mapping(_mapping(value).get("config"))
    snake = _snake(named)
    is_class = named[:1].isupper() and not named.isupper()  # `MSE` is a function's name
    return _ALIASES.get(snake, snake), named if is_class else None, settings


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
