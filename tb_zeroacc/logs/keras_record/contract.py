"""The contract that a record states.

Keras 3 writes the model's configuration with its `compile_config`; Keras 2 only the configuration.
The text is untrusted: whatever has another shape than expected is left out, entry by entry.
"""

from __future__ import annotations

import json

from tb_zeroacc.facts import Contract, Optimizer, Scalar
from tb_zeroacc.logs.keras_record.connections import (
    MAX_LAYERS,
    ends_of,
    output_names,
    sources_of,
)
from tb_zeroacc.logs.keras_record.layers import layers_of
from tb_zeroacc.logs.keras_record.outputs import outputs_of
from tb_zeroacc.logs.keras_record.untrusted_json import (
    Json,
    as_bool,
    as_float,
    as_int,
    as_mapping,
    as_text,
    serialised_name,
)

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
    compiled = as_mapping(record.get("compile_config"))
    model = as_text(record.get("class_name"))
    layers = tuple(layers_of(record, output_names(record), 0))[:MAX_LAYERS]
    if not layers and not compiled:
        return None
    version = as_text(record.get("keras_version"))
    return Contract(
        source="keras_record",
        model=model,
        layers=layers,
        outputs=outputs_of(layers, ends_of(record, 0), sources_of(record, 0), compiled),
        optimizer=_optimizer(compiled.get("optimizer")),
        dtype_policy=_policy(as_mapping(record.get("config")).get("dtype")),
        jit_compile=as_bool(compiled.get("jit_compile")),
        run_eagerly=as_bool(compiled.get("run_eagerly")),
        steps_per_execution=as_int(compiled.get("steps_per_execution")),
        versions={} if version is None else {"keras": version},
    )


def _optimizer(value: Json) -> Optimizer | None:
    named = serialised_name(value)
    if named is None:
        return None
    config = as_mapping(as_mapping(value).get("config"))
    rate = config.get("learning_rate", config.get("lr"))
    schedule = as_mapping(rate)
    settings: dict[str, Scalar] = {
        key: setting
        for key, setting in config.items()
        if key not in _KNOWN_OPTIMIZER
        and (setting is None or isinstance(setting, str | int | float | bool))
    }
    if schedule:
        rate = as_mapping(schedule.get("config")).get("initial_learning_rate")
    return Optimizer(
        class_name=named,
        learning_rate=as_float(rate),
        schedule=as_text(schedule.get("class_name")),
        clipnorm=as_float(config.get("clipnorm")),
        clipvalue=as_float(config.get("clipvalue")),
        global_clipnorm=as_float(config.get("global_clipnorm")),
        gradient_accumulation_steps=as_int(config.get("gradient_accumulation_steps")),
        settings=settings,
    )


def _policy(value: Json) -> str | None:
    if isinstance(value, str):
        return value
    return as_text(as_mapping(as_mapping(value).get("config")).get("name"))
