"""The outputs of a record: what each is trained by, and what is measured on it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from tb_zeroacc.facts import Layer, Output, aligned
from tb_zeroacc.logs.keras_record.connections import MAX_LAYERS, End
from tb_zeroacc.logs.keras_record.layers import ACTIVATIONS
from tb_zeroacc.logs.keras_record.untrusted_json import (
    Json,
    as_bool,
    as_float,
    as_int,
    as_mapping,
    as_text,
    serialised_name,
)

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
# Layers that pass on what the layer before them made: its activation, and its units.
_PASSING = ("Reshape", "Flatten", "Dropout")
_KEEPING_UNITS = ("Activation", "Dropout", *ACTIVATIONS)


def outputs_of(
    layers: tuple[Layer, ...],
    ends: list[End],
    sources: Mapping[str, str],
    compiled: Mapping[str, Json],
) -> tuple[Output, ...]:
    """The outputs of a model.

    Args:
        layers: All layers.
        ends: Names of the outputs, and the layers that make them.
        sources: The one layer that each layer takes its input from, where it is one.
        compiled: What `compile` was given.
    """
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
        from_logits = as_bool(settings.get("from_logits"))
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
                reduction=as_text(settings.get("reduction")),
                label_smoothing=as_float(settings.get("label_smoothing")) or 0.0,
                weight=as_float(weight),
                metrics=tuple(class_or_name for class_or_name, _, _ in metrics),
                metric_names=tuple(shown for _, shown, _ in metrics),
                metric_thresholds=aligned([threshold for _, _, threshold in metrics]),
                ignore_class=as_int(settings.get("ignore_class")),
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
            shown = as_text(as_mapping(as_mapping(metric).get("config")).get("name"))
            named = serialised_name(metric)
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
    config = as_mapping(as_mapping(metric).get("config"))
    given = config.get("threshold", config.get("thresholds"))
    if isinstance(given, list):
        given = given[0] if len(given) == 1 else float("nan")
    if given is None and config.get("top_k") is None and named in _CUT_AT_HALF:
        return 0.5
    known = as_float(given)
    return known if known is not None and math.isfinite(known) else None


def _loss(value: Json) -> tuple[str | None, str | None, Mapping[str, Json]]:
    """Canonical name, class and settings of a loss."""
    named = serialised_name(value)
    if named is None:
        return None, None, {}
    settings = as_mapping(as_mapping(value).get("config"))
    snake = _snake(named)
    is_class = named[:1].isupper() and not named.isupper()  # `MSE` is a function's name
    return _ALIASES.get(snake, snake), named if is_class else None, settings


def _snake(name: str) -> str:
    if name.isupper():
        return name.lower()
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
