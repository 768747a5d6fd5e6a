"""Shapes and dtypes as the loss saw them."""

from __future__ import annotations

from typing import Any

from tb_zeroacc import facts
from tb_zeroacc.keras.contract.losses import output_names
from tb_zeroacc.keras.observe.step_data import data_of
from tb_zeroacc.recording.tables.data_tables import named
from tb_zeroacc.recording.tables.observation import Observation


def shapes_of(seen: Observation) -> facts.Shapes:
    """The shapes of a step up to where it failed, if it did."""
    x, y, weight = data_of(seen)
    names = output_names(seen.model, seen.y_pred)
    return facts.Shapes(
        inputs=tuple(_tensor(name, t) for name, t in named(x, "x")),
        labels=_after_outputs(y, names, "y"),
        outputs=_after_outputs(seen.y_pred, names, "output"),
        sample_weights=_after_outputs(weight, names, "sample_weight"),
        loss_reached=seen.loss_reached or not seen.loss_called,
    )


def _after_outputs(structure: Any, names: list[str], default: str) -> tuple[facts.Tensor, ...]:
    """Named after the outputs, where there are as many; else `y`, `y[1]`, or by key."""
    found = named(structure, default)
    if len(found) == len(names) and not isinstance(structure, dict):
        found = [(name, t) for name, (_, t) in zip(names, found, strict=True)]
    return tuple(_tensor(name, t) for name, t in found)


def _tensor(name: str, tensor: Any) -> facts.Tensor:
    shape: Any = getattr(tensor, "shape", None)
    known = shape is not None and getattr(shape, "rank", len(shape or ())) is not None
    dtype = getattr(tensor, "dtype", type(tensor).__name__)
    return facts.Tensor(
        name=name,
        shape=tuple(None if n is None else int(n) for n in shape) if known else None,
        dtype=str(getattr(dtype, "name", dtype)),
    )
