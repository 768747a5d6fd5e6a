"""What the traced graph of a loss does with an output, whatever the loss is called."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import keras

from tb_zeroacc import facts
from tb_zeroacc.keras.contract.activations import PASSING

# Looked at behind a loss, nearest first; Keras' own losses take 5 to 40 operations.
MOST_OPERATIONS = 400
LAST_GRADIENTS = 2  # a kernel and a bias: the nearest to the loss
_SQUASHING = ("Softmax", "Sigmoid")
# Operations that apply softmax to their first input.
_APPLIES_SOFTMAX = (
    "SoftmaxCrossEntropyWithLogits", "SparseSoftmaxCrossEntropyWithLogits", "LogSoftmax",
    "Softmax",
)  # fmt: skip
# What a part of an output, or another view of it, is made by.
_VIEWS = PASSING | {"StridedSlice", "Slice", "GatherV2", "Transpose"}
# Operations that keep a scalar's scale, and those whose result may be a sum of shares of 1.
_KEEPING = ("Identity", "Cast", "Neg", "AddV2", "AddN", "Mean", "Sum")
_WEIGHING = ("Mul", "RealDiv", "DivNoNan")


def with_loss_graph(outputs: tuple[facts.Output, ...], seen: Any) -> tuple[facts.Output, ...]:
    """The outputs with what the graph of the loss shows of each; as they are without a graph.

    Args:
        outputs: The outputs, in the order of `keras.tree.flatten`.
        seen: The `Observation` of a step that was traced.
    """
    predictions = keras.tree.flatten(seen.y_pred) if seen.y_pred is not None else []
    if len(predictions) != len(outputs) or not all(map(_is_traced, predictions)):
        return outputs
    made = {id(t.op) for t in predictions}
    loss = _loss_of(seen, made)
    behind = _behind_gradients(seen, made) if loss is None else list(_behind([loss], made))
    if not behind:
        return outputs
    crosswise = [_meeting(op, made) for op in behind]
    is_summed = len(outputs) == 1 and loss is not None and _is_summed(loss, predictions[0])
    found = []
    for output, tensor in zip(outputs, predictions, strict=True):
        own = _way_of(tensor)
        found.append(
            replace(
                output,
                activated_twice=_is_twice(behind, own),
                compared_crosswise=any(id(tensor.op) in met for met in crosswise),
                reduction="sum" if is_summed else output.reduction,
            )
        )
    return tuple(found)


def _is_traced(tensor: Any) -> bool:
    return getattr(tensor, "graph", None) is not None


def _loss_of(seen: Any, made: set[int]) -> Any:
    """The loss of a step: that of `compute_loss`, else what a step of the user's own returns.

    The latter only where it is computed from the outputs: a tracker's mean is not. None without.
    """
    if seen.loss is not None:
        return seen.loss if _is_traced(seen.loss) else None
    told = seen.result.get("loss") if isinstance(seen.result, dict) else None
    return told if _is_traced(told) and _sources(told, made) else None


def _behind_gradients(seen: Any, made: set[int]) -> list[Any]:
    """Operations behind the gradients of the last variables, where the loss itself is out of sight.

    They hold those of the loss that its derivative is computed from: differences and logits. Empty
    for a loss that was asked for, and where no gradient comes from the outputs.
    """
    if seen.loss is not None:
        return []
    known = [g for update in seen.updates for g in update.gradients if _is_traced(g)]
    found = list(_behind(known[-LAST_GRADIENTS:], made))
    return found if any(id(operation) in made for operation in found) else []


def _behind(tensors: list[Any], ends: set[int]) -> Iterator[Any]:
    """Operations that tensors come from, nearest first, up to those that make the outputs."""
    ahead = [tensor.op for tensor in tensors]
    known = set(map(id, ahead))
    for _ in range(MOST_OPERATIONS):
        if not ahead:
            return
        operation = ahead.pop(0)
        yield operation
        if id(operation) in ends:
            continue
        for tensor in operation.inputs:
            if id(tensor.op) not in known:
                known.add(id(tensor.op))
                ahead.append(tensor.op)


def _way_of(tensor: Any) -> set[int]:
    """The operations that make an output, back to what its softmax or sigmoid is applied to."""
    operation, own = tensor.op, {id(tensor.op)}
    squashed = 0
    for _ in range(12):
        squashed += operation.type in _SQUASHING
        if operation.type not in (*_VIEWS, *_SQUASHING) or squashed > 2 or not operation.inputs:
            break
        operation = operation.inputs[0].op
        own.add(id(operation))
    return own


def _is_twice(behind: list[Any], own: set[int]) -> bool | None:
    """Whether a loss applies softmax or sigmoid to an output that went through it before.

    None where it applies neither to the output: it takes probabilities, or is none of these.
    """
    applied = [
        maker
        for operation in behind
        for tensor in _logits_of(operation)
        if id(maker := _through_views(tensor)) in own and id(operation) not in own
    ]
    if not applied:
        return None
    return any(maker.type in _SQUASHING for maker in applied)


def _logits_of(operation: Any) -> tuple[Any, ...]:
    """What an operation takes for logits; Keras and TensorFlow write a sigmoid's loss out."""
    if operation.type in _APPLIES_SOFTMAX:
        return (operation.inputs[0],)
    if operation.type != "Log1p" or operation.inputs[0].op.type != "Exp":
        return ()
    chosen = operation.inputs[0].op.inputs[0].op  # of a logit and its negative
    return tuple(chosen.inputs)[1:] if chosen.type in ("Select", "SelectV2") else ()


def _through_views(tensor: Any) -> Any:
    operation = tensor.op
    for _ in range(12):
        if operation.type not in _VIEWS or not operation.inputs:
            break
        operation = operation.inputs[0].op
    return operation


def _meeting(operation: Any, made: set[int]) -> set[int]:
    """The outputs whose examples all meet those of another tensor: (n,) against (n, 1)."""
    inputs = list(operation.inputs)
    if len(inputs) != 2 or not _is_crosswise(*inputs):
        return set()
    first, second = (_sources(tensor, made) for tensor in inputs)
    return first | second if bool(first) != bool(second) else set()


def _is_crosswise(first: Any, second: Any) -> bool:
    """Whether one has n numbers and the other n rows of one, so that n x n come of them."""
    if first.shape.rank is None or second.shape.rank is None or first.dtype != second.dtype:
        return False  # of another dtype are shapes and axes
    vector, column = sorted((list(first.shape), list(second.shape)), key=len)
    return len(vector) == 1 and len(column) == 2 and column == [vector[0], 1] and vector != [1]


def _sources(tensor: Any, made: set[int]) -> set[int]:
    """The outputs among those that a tensor comes from."""
    return {id(operation) for operation in _behind([tensor], made)} & made


def _is_summed(loss: Any, output: Any) -> bool:
    """Whether a loss adds up what the examples of a batch came to, and divides it by nothing.

    A sum of products of one number an example is not told: the factors may be shares of 1.
    """
    ahead = [loss]
    for _ in range(MOST_OPERATIONS):
        if not ahead:
            return False
        operation = ahead.pop().op
        if operation.type not in _KEEPING:
            continue
        inputs = operation.inputs[:1] if operation.type in ("Mean", "Sum") else operation.inputs
        ahead += [tensor for tensor in inputs if tensor.shape.rank == 0]
        if operation.type == "Sum" and _is_of_examples(inputs[0], output):
            return True
    return False


def _is_of_examples(summed: Any, output: Any) -> bool:
    """Whether a sum is over the examples of a batch, and of what an output is compared with."""
    if not summed.shape.rank or not output.shape.rank:
        return False
    is_weighed = summed.shape.rank == 1 and summed.op.type in _WEIGHING
    is_batch = summed.shape[0] == output.shape[0]
    return is_batch and not is_weighed and bool(_sources(summed, {id(output.op)}))
