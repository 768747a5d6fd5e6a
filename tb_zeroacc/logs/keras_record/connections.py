"""How the layers of a record are connected: its outputs, and whence each layer takes its input."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from tb_zeroacc.logs.keras_record.untrusted_json import Json, as_list, as_mapping, as_text

# Models with more layers than this are read to here; nesting deeper than this is no model.
MAX_LAYERS = 5_000
MAX_DEPTH = 12

_MODELS = ("Sequential", "Functional", "Model")


class End(NamedTuple):
    """One output of a model: the name by which losses are given, and the layer that makes it."""

    name: str
    layer: str


def ends_of(model: Json, depth: int) -> list[End]:
    """The outputs of a model in their order; those of a model within it under its own name."""
    config = as_mapping(as_mapping(model).get("config"))
    inner = {name_of(entry): entry for entry in as_list(config.get("layers"))}
    below: dict[str, list[End]] = {}  # each model within it is looked through once
    found: list[End] = []
    for key, name in _listed_ends(config)[:MAX_LAYERS]:
        entry = inner.get(name)
        if entry and name not in below:
            is_within = depth < MAX_DEPTH and is_model(entry)
            below[name] = ends_of(entry, depth + 1) if is_within else []
        found += [End(key, end.layer) for end in below.get(name, ())] or [End(key, name)]
        if len(found) > MAX_LAYERS:  # no model: one that names another many times over
            return found[:MAX_LAYERS]
    return found


def _listed_ends(config: Mapping[str, Json]) -> list[tuple[str, str]]:
    """Key and layer name of each output; a list has the layers' names for keys."""
    listed = config.get("output_layers")
    if listed is None:
        names = [name_of(entry) for entry in as_list(config.get("layers"))[-1:]]
        return [(name, name) for name in names if name]
    if isinstance(listed, dict):
        return [
            (str(key), name)
            for key, value in listed.items()
            for name in _tensor_layers(value, 0)
        ]
    return [(name, name) for name in dict.fromkeys(_tensor_layers(listed, 0))]


def sources_of(model: Json, depth: int) -> dict[str, str]:
    """The one layer that each layer takes its input from, where it is one."""
    entries = as_list(as_mapping(as_mapping(model).get("config")).get("layers"))[:MAX_LAYERS]
    found: dict[str, str] = {}
    before = ""
    for entry in entries:
        name, nodes = name_of(entry), as_mapping(entry).get("inbound_nodes")
        if depth < MAX_DEPTH and is_model(entry):
            found |= sources_of(entry, depth + 1)
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
        history = as_list(node.get("keras_history"))
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


def name_of(entry: Json) -> str:
    """A layer's name; empty where it has none."""
    entry = as_mapping(entry)
    return as_text(as_mapping(entry.get("config")).get("name")) or as_text(entry.get("name")) or ""


def is_model(entry: Json) -> bool:
    """Whether an entry among the layers is a model with layers of its own."""
    entry = as_mapping(entry)
    return entry.get("class_name") in _MODELS and "layers" in as_mapping(entry.get("config"))


def output_names(model: Json) -> frozenset[str]:
    """Names of the layers that make a model's outputs."""
    return frozenset(name for _, name in _listed_ends(as_mapping(as_mapping(model).get("config"))))


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
