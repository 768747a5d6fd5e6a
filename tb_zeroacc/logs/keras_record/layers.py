"""The layers of a record, those of models within it too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tb_zeroacc.facts import Layer, Scalar
from tb_zeroacc.logs.keras_record.connections import (
    MAX_DEPTH,
    MAX_LAYERS,
    is_model,
    name_of,
    output_names,
)
from tb_zeroacc.logs.keras_record.untrusted_json import (
    Json,
    as_int,
    as_list,
    as_mapping,
    as_text,
    configured,
    serialised_name,
)

# Layers that are nothing but an activation, by class.
ACTIVATIONS = {"Softmax": "softmax", "ReLU": "relu", "LeakyReLU": "leaky_relu", "ELU": "elu"}
# Settings that have a field of their own or say nothing.
_KNOWN_SETTINGS = ("name", "trainable", "dtype", "units", "activation", "filters", "seed")


def layers_of(model: Json, outputs: frozenset[str], depth: int) -> Iterator[Layer]:
    """The layers of a model in their order.

    Args:
        model: Its entry in the record.
        outputs: Names of the layers that make the outputs.
        depth: How many models this one lies within.
    """
    entries = as_list(as_mapping(as_mapping(model).get("config")).get("layers"))
    if depth > MAX_DEPTH:
        return
    for position, entry in enumerate(entries[:MAX_LAYERS]):
        entry = as_mapping(entry)
        config = as_mapping(entry.get("config"))
        class_name = as_text(entry.get("class_name")) or "Layer"
        name = name_of(entry) or f"layer_{position}"
        is_output = name in outputs
        if is_model(entry):
            inner = output_names(entry) if is_output else frozenset[str]()
            yield from layers_of(entry, inner, depth + 1)
        elif class_name != "InputLayer":
            yield _layer(name, class_name, config, is_output)


def _layer(name: str, class_name: str, config: Mapping[str, Json], is_output: bool) -> Layer:
    wrapped = as_mapping(as_mapping(config.get("layer")).get("config"))  # as of TimeDistributed
    inner = {**wrapped, **config} if wrapped else config
    units = as_int(inner.get("units"))
    if units is None:
        units = as_int(inner.get("filters"))
    regularizers = (
        f"{key}: {named}"
        for key, value in inner.items()
        if key.endswith("_regularizer") and (named := configured(value)) is not None
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
        kernel_initializer=configured(inner.get("kernel_initializer")),
        bias_initializer=configured(inner.get("bias_initializer")),
        regularizers=tuple(regularizers),
        trainable=config.get("trainable") is not False,
        is_output=is_output,
        settings=settings,
    )


def _activation(class_name: str, config: Mapping[str, Json]) -> str | None:
    if class_name in ACTIVATIONS:
        return ACTIVATIONS[class_name]
    named = serialised_name(config.get("activation"))
    return named if named is None else ACTIVATIONS.get(named, named)
