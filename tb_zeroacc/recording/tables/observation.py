"""What one training step showed, as the hooks saw it: outputs of layers, losses, updates."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

# Of a layer that is called in a Python loop (a cell of an unrolled RNN, TimeDistributed) only so
# many calls are noted.
MAX_CALLS = 4


@dataclass(slots=True)
class LayerCall:
    """One call of a layer, and its output."""

    layer: Any
    output: Any
    activation: str | None = None  # its name, noted once looked up, which takes long


@dataclass(slots=True)
class Update:
    """One `apply` of an optimizer: what it was given, and the weights before it."""

    optimizer: Any
    gradients: list[Any]
    variables: list[Any]
    fresh: bool  # the optimizer had no variables yet: Keras discards this trace
    before: Any = None  # the `Snapshot` of the weights, if they were read
    weights: Any = None  # the variables that have a row, noted once known
    is_unscaled: bool = False  # the gradients are given without the loss scale
    is_hidden: bool = False  # it was not seen: only what the step changes is known
    name: str = ""  # of the optimizer, as the contract has it
    replicas: int = 1  # those whose gradients are summed, each of its share of the loss
    reduction: Any = None  # who watches them being summed, if anybody
    reduced: list[Any] | None = None  # the sums, in the order of the variables, where seen
    waited: Any = None  # seconds until they were there; unknown in a step that is not due


@dataclass(slots=True)
class Observation:
    """What one training step showed; attributes are empty until their hook has fired.

    Attributes:
        data: The argument of `train_step`: inputs, labels and weights as Keras packs them.
        x, y, y_pred, sample_weight: As the loss saw them.
        loss_called, loss_reached: Whether the loss was asked for, and whether it returned.
        loss: The value of `compute_loss`.
        output_losses: With several outputs, each one's by name, before its weight.
        data_loss: The loss without penalties, where a Keras before 3.7 does not show those.
        penalties: Terms that were added to the loss of the data (regularisers, `add_loss`).
        calls: Calls of layers, in the order in which they ended.
        updates: One for each `apply` of an optimizer.
        result: What `train_step` returned.
        data_ready: When the step had its data, as the receiver noted it.
        state: For the receiver's own notes.
        graph: The graph in which the step began.
        replicas: Those among which its losses are divided, so that they can be summed.
    """

    model: Any
    data: Any
    x: Any = None
    y: Any = None
    y_pred: Any = None
    sample_weight: Any = None
    loss_called: bool = False
    loss_reached: bool = False
    loss: Any = None
    data_loss: Any = None
    output_losses: dict[str, Any] = field(default_factory=dict)
    penalties: list[Any] = field(default_factory=list)
    calls: list[LayerCall] = field(default_factory=list)
    updates: list[Update] = field(default_factory=list)
    result: Any = None
    data_ready: Any = None
    state: Any = None
    graph: Any = None
    replicas: int = 1
    _counts: dict[int, int] = field(default_factory=dict)

    def note_call(self, layer: Any, output: Any) -> None:
        """Remembers a layer's call, the first few of each layer."""
        index = self._counts.get(id(layer), 0)
        self._counts[id(layer)] = index + 1
        if index < MAX_CALLS:
            self.calls.append(LayerCall(layer, output))
