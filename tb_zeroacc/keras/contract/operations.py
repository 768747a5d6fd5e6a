"""The operations between the layers of a functional model: arithmetic, activations as functions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import keras

from tb_zeroacc import facts
from tb_zeroacc.keras.compat import is_a, is_as_keras_made_it, is_keras_2

_SCALING = ("Multiply", "Divide", "TrueDivide")


class _UnknownError(Exception):
    """A model within, whose `call` says what happens and not its graph."""


def operations_of(model: Any) -> tuple[facts.Operation, ...] | None:
    """What a model computes between its layers; None where its graph does not say that.

    Keras 2 makes layers of its operations: `TFOpLambda`, in the list of layers.
    """
    if is_keras_2(model):
        return None
    try:
        return tuple(_of_graph(model, is_first=True))
    except _UnknownError:
        return None


def _of_graph(model: Any, *, is_first: bool) -> Iterator[facts.Operation]:
    """The operations of a model and of the models within it.

    Args:
        model: A model.
        is_first: Whether its inputs are those of the whole model.
    """
    if not is_as_keras_made_it(model, "call"):
        raise _UnknownError
    if is_a(model, "Sequential"):
        for position, layer in enumerate(model.layers):
            if is_a(layer, "Model"):
                yield from _of_graph(layer, is_first=is_first and position == 0)
        return
    raw = {id(tensor) for tensor in model.inputs}  # no layer stands between these and the inputs
    for operation in model.operations:
        node = operation._inbound_nodes[0]
        given = node.arguments.keras_tensors
        on_inputs = is_first and all(id(tensor) in raw for tensor in given)
        if is_a(operation, "Model"):
            yield from _of_graph(operation, is_first=on_inputs)
        elif not is_a(operation, "Layer"):
            if on_inputs:
                raw |= {id(tensor) for tensor in node.output_tensors}
            yield _described(operation, node.arguments.args, len(given), on_inputs=on_inputs)


def _described(
    operation: Any, operands: Sequence[Any], tensors: int, *, on_inputs: bool
) -> facts.Operation:
    name, factor = type(operation).__name__, None
    if name in _SCALING and tensors == 1 and len(operands) == 2:
        left, right = operands
        number = left if isinstance(right, keras.KerasTensor) else right
        if isinstance(number, int | float):
            factor = float(number) if name == "Multiply" else 1.0 / number if number else None
        if name != "Multiply" and number is left:
            name, factor = "Reciprocal", None
    return facts.Operation(name, tensors, on_inputs, factor)
