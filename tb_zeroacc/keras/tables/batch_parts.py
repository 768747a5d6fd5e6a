"""The inputs of a step with their names, and its outputs with their labels."""

from __future__ import annotations

from typing import Any

import keras

from tb_zeroacc import facts
from tb_zeroacc.keras.contract.losses import describe_outputs
from tb_zeroacc.keras.observe.step_data import data_of, is_visible
from tb_zeroacc.recording.tables import data_tables
from tb_zeroacc.recording.tables.observation import Observation
from tb_zeroacc.recording.tables.targets import Target


def data_and_targets(
    seen: Observation, outputs: tuple[facts.Output, ...] | None = None
) -> tuple[list[tuple[str, Any]], list[Target]]:
    """Inputs with names, and outputs with their labels.

    Args:
        seen: The step.
        outputs: The model's outputs, where the step does not show them.
    """
    _, y, weight = data_of(seen)
    outputs = outputs or describe_outputs(seen.model, seen, [])
    predictions = keras.tree.flatten(seen.y_pred) if seen.y_pred is not None else []
    predictions += [None] * (len(outputs) - len(predictions))
    labels = _aligned(y, [o.name for o in outputs])
    weights = _aligned(weight, [o.name for o in outputs], repeat=True)
    targets = [
        Target(output, *(t if t is not None and is_visible(t) else None for t in tensors))
        for output, *tensors in zip(outputs, labels, predictions, weights, strict=True)
    ]
    return inputs_of(seen), targets


def inputs_of(seen: Observation) -> list[tuple[str, Any]]:
    """The input tensors of a step that can be used here, with names."""
    x, _, _ = data_of(seen)
    return [(name, tensor) for name, tensor in data_tables.named(x, "x") if is_visible(tensor)]


def _aligned(structure: Any, names: list[str], *, repeat: bool = False) -> list[Any]:
    """Labels or sample weights in the order of the outputs; None for an output without."""
    if structure is None:
        return [None] * len(names)
    if isinstance(structure, dict):
        return [structure.get(name) for name in names]
    flat: list[Any] = keras.tree.flatten(structure)
    if repeat and len(flat) == 1:
        return flat * len(names)
    return (flat + [None] * len(names))[: len(names)]
