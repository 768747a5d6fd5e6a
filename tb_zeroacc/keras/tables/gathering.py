"""Collects the tensors of a traced step for it to return, and puts the step together again."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from tb_zeroacc.keras.observe.step_data import is_visible
from tb_zeroacc.keras.tables import layer_tables
from tb_zeroacc.recording.statistics.tensors import is_numeric
from tb_zeroacc.recording.tables.observation import LayerCall, Observation


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of a tensor among those that the step returns."""

    index: int


class Unseen:
    """Stands for a tensor that the step cannot return, or that holds no numbers."""


UNSEEN = Unseen()


@dataclass(frozen=True, slots=True)
class Gathered:
    """The tensors of a step, and where each belongs.

    Attributes:
        tensors: Each once; composite ones (ragged, sparse, indexed) as they are.
        pattern: The observation with a `Slot` in place of each tensor.
    """

    tensors: tuple[Any, ...]
    pattern: Observation


def gather(seen: Observation) -> Gathered:
    """Collects the tensors of an observation whose statistics are wanted."""
    slots: dict[int, Slot] = {}
    tensors: list[Any] = []

    def slot_of(leaf: Any) -> Any:
        if leaf is None or isinstance(leaf, bool | int | float):
            return leaf
        if not (is_visible(leaf) and tf.is_tensor(leaf) and is_numeric(leaf)):
            return UNSEEN
        if id(leaf) not in slots:
            slots[id(leaf)] = Slot(len(tensors))
            tensors.append(leaf)
        return slots[id(leaf)]

    pattern = replaced(seen, slot_of, lambda call: layer_tables.first_tensor(call.output))
    return Gathered(tuple(tensors), pattern)


def rebuild(
    pattern: Observation, tensors: Mapping[int, Any], *, with_data: bool = True
) -> Observation:
    """The observation again, from tensors that a step returned, by slot; the others stay unseen.

    Args:
        pattern: With a slot in place of each tensor.
        tensors: By slot.
        with_data: Whether inputs, labels and outputs are wanted, too.
    """

    def tensor_of(leaf: Any) -> Any:
        return tensors.get(leaf.index, UNSEEN) if isinstance(leaf, Slot) else leaf

    return replaced(pattern, tensor_of, lambda call: call.output, with_data=with_data)


def specs_of(tensors: Sequence[Any]) -> tuple[Any, ...]:
    """The signature of a function that takes such tensors, without their names."""
    return tuple(
        tf.TensorSpec(t.shape, t.dtype) if isinstance(t, tf.Tensor) else tf.type_spec_from_value(t)
        for t in tensors
    )


def replaced(
    seen: Observation,
    leaf: Callable[[Any], Any],
    output: Callable[[LayerCall], Any],
    *,
    with_data: bool = True,
) -> Observation:
    """A copy of an observation with other things in place of its tensors.

    Args:
        seen: The observation.
        leaf: From a tensor, or what stands for it, to what is to stand for it.
        output: From the call of a layer to its tensor.
        with_data: Whether inputs, labels and outputs are wanted, too.
    """

    def each(structure: Any) -> Any:
        return keras.tree.map_structure(leaf, structure) if with_data else None

    reported = seen.result.get("loss") if isinstance(seen.result, dict) else None
    return Observation(
        seen.model,
        each(seen.data),
        x=each(seen.x),
        y=each(seen.y),
        y_pred=each(seen.y_pred),
        sample_weight=each(seen.sample_weight),
        loss_called=seen.loss_called,
        loss_reached=seen.loss_reached,
        loss=None if seen.loss is None else leaf(seen.loss),
        data_loss=None if seen.data_loss is None else leaf(seen.data_loss),
        output_losses={name: leaf(value) for name, value in seen.output_losses.items()},
        penalties=[leaf(term) for term in seen.penalties],
        calls=[
            LayerCall(c.layer, leaf(output(c)), layer_tables.activation_in(c))
            for c in seen.calls
        ],
        updates=[
            dataclasses.replace(
                u,
                gradients=[leaf(g) for g in u.gradients],
                before=leaf(u.before),
                weights=layer_tables.weights_of(u),
            )
            for u in seen.updates
        ],
        result=None if reported is None else {"loss": leaf(reported)},
    )
