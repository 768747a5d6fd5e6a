"""Values of untrusted JSON: whatever has another shape than expected counts as absent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

Json: TypeAlias = Any  # what `json.loads` returns: every use checks the type that it needs

LONGEST = 500  # characters of a text


def as_mapping(value: Json) -> Mapping[str, Json]:
    """A mapping; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def as_list(value: Json) -> list[Json]:
    """A list; an empty one for anything else."""
    return value if isinstance(value, list) else []


def as_text(value: Json) -> str | None:
    """Text, its beginning where it is long; None for anything else."""
    return value[:LONGEST] if isinstance(value, str) else None


def as_bool(value: Json) -> bool | None:
    """True or False; None for anything else."""
    return value if isinstance(value, bool) else None


def as_int(value: Json) -> int | None:
    """A whole number; None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def as_float(value: Json) -> float | None:
    """A number; None for anything else, and for what no float can hold."""
    fits = isinstance(value, int | float) and not isinstance(value, bool)
    try:
        return float(value) if fits else None
    except OverflowError:
        return None


def serialised_name(value: Json) -> str | None:
    """The name of something serialised: `"relu"`, or `{"class_name": "ReLU", ...}`."""
    if isinstance(value, str):
        return value[:LONGEST]
    entry = as_mapping(value)
    name = as_text(entry.get("class_name"))
    if name == "function":
        return as_text(entry.get("config"))
    return name


def configured(value: Json) -> str | None:
    """A class with the number that matters: `Constant(0.0)`, `L2(0.01)`; a bare name otherwise."""
    named = serialised_name(value)
    config = as_mapping(as_mapping(value).get("config"))
    numbers = [
        f"{config[key]:g}" if key != "value" else f"{float(config[key])}"
        for key in ("value", "l1", "l2", "stddev", "factor", "scale")
        if as_float(config.get(key)) is not None
    ]
    if named is None or not numbers or named not in ("Constant", "L1", "L2", "L1L2", "L1_L2"):
        return named
    return f"{named}({', '.join(numbers)})"
