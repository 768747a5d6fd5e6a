"""What is computed of a step outside it: one plan for each trace of the step.

A plan reads the weights before a step that is due, and turns the tensors that the step returned
into tables after it: with NumPy if they are in this machine's memory, else in a graph on their
device. An error is caught, and the table that caused it is turned off.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tb_zeroacc import facts
from tb_zeroacc.keras.tables import content, graph_backend, layer_tables
from tb_zeroacc.keras.tables.batch_parts import data_and_targets
from tb_zeroacc.keras.tables.gathering import Gathered, Slot, rebuild, specs_of
from tb_zeroacc.keras.tables.graph_call import GraphCall
from tb_zeroacc.recording.guard import Guard
from tb_zeroacc.recording.sample import Tables, arrays_of, split
from tb_zeroacc.recording.statistics import numpy_backend
from tb_zeroacc.recording.statistics.tensors import HostTensor
from tb_zeroacc.recording.tables import data_tables, model_tables
from tb_zeroacc.recording.tables.data_tables import ComputedTable
from tb_zeroacc.recording.tables.model_tables import Snapshot
from tb_zeroacc.recording.tables.observation import Observation
from tb_zeroacc.recording.tables.targets import Target
from tb_zeroacc.records import Layout

Before = list[Snapshot]  # of each update
Tensors = Mapping[int, Any]  # by slot


class Summariser:
    """Makes tables of tensors that a traced step returned.

    Args:
        gathered: The step's tensors.
        outputs: The model's outputs, as the trace showed them.
        guard: Turns off what fails.
    """

    in_caller = False

    def __init__(
        self, gathered: Gathered, outputs: tuple[facts.Output, ...], guard: Guard
    ) -> None:
        self._pattern = gathered.pattern
        self._outputs = outputs
        self._guard = guard
        self._specs = specs_of(gathered.tensors)
        self._functions: dict[str, tuple[GraphCall, list[Layout]]] = {}

    def _seen(
        self, tensors: Tensors, before: Before | None = None, *, with_data: bool = True
    ) -> Observation:
        """The step again, with its snapshots of the weights."""
        seen = rebuild(self._pattern, tensors, with_data=with_data)
        for update, snapshot in zip(seen.updates, before or (), strict=False):
            if update.before is not None:
                snapshot.scale = update.before
                update.before = snapshot
        return seen

    def _in_graph(
        self,
        name: str,
        make: Callable[..., list[ComputedTable]],
        slots: Sequence[int],
        *more: Any,
    ) -> Tables:
        """Tables that a function makes in a graph; eagerly, so part by part, if that fails.

        Args:
            name: The function's name; it is traced once.
            make: The function, of tensors by slot and further arguments.
            slots: The slots of the tensors that it needs.
            *more: All of the step's tensors, then the further arguments.
        """
        tensors, *rest = more
        given = [tensors[slot] for slot in slots]
        try:
            if name not in self._functions:
                self._functions[name] = self._traced(make, slots, rest)
            function, layouts = self._functions[name]
            return split(function(given, *rest)[0].numpy(), tuple(layouts))
        except Exception:  # noqa: BLE001 - `make` finds the part that fails, and turns it off
            self._functions.pop(name, None)
            found = make(dict(zip(slots, given, strict=True)), *rest)
            return arrays_of(found)

    def _traced(
        self,
        make: Callable[..., list[ComputedTable]],
        slots: Sequence[int],
        rest: list[Any],
    ) -> tuple[GraphCall, list[Layout]]:
        layouts: list[Layout] = []

        def flat(tensors: Sequence[Any], *rest: Any) -> Any:
            found = make(dict(zip(slots, tensors, strict=True)), *rest)
            layouts[:] = [t.layout for t in found]
            return tf.concat([tf.reshape(t.values, [-1]) for t in found], 0)

        specs = [self._specs[slot] for slot in slots]
        return GraphCall(flat, specs, *map(specs_of, rest), in_caller=self.in_caller), layouts


class SamplePlan(Summariser, ABC):
    """How the steps of one trace are recorded.

    Args:
        index: The trace's number, which its steps return with their tensors.
        gathered: The step's tensors.
        outputs: The model's outputs, as the trace showed them.
        guard: Turns off what fails.
    """

    def __init__(
        self, index: int, gathered: Gathered, outputs: tuple[facts.Output, ...], guard: Guard
    ) -> None:
        super().__init__(gathered, outputs, guard)
        self.index = index
        self.has_loss = layer_tables.has_loss(gathered.pattern)
        self._updates = gathered.pattern.updates
        self._weights = [layer_tables.weights_of(update) for update in self._updates]

    @abstractmethod
    def look(self) -> Before:
        """Reads the weights before a step."""

    @abstractmethod
    def summarise(self, tensors: Sequence[Any], before: Before | None) -> Tables:
        """The tables of a step that has run.

        Args:
            tensors: What the step returned.
            before: What `look` returned before it; None if it was not called.
        """


class GraphPlan(SamplePlan):
    """Summarises in a graph where the tensors are; only the tables are copied."""

    def look(self) -> Before:
        """Reads the weights before a step."""
        if "look" not in self._functions:
            self._functions["look"] = GraphCall(self._looked), []
        return self._snapshots(self._functions["look"][0]())

    def _looked(self) -> list[Any]:
        return [part for u in self._updates for part in _parts(layer_tables.look(u, 1.0))]

    def summarise(self, tensors: Sequence[Any], before: Before | None) -> Tables:
        """The tables of a step that has run."""
        before = before or [layer_tables.unseen(u, 1.0) for u in self._updates]
        parts = [part for snapshot in before for part in _parts(snapshot)]
        every = range(len(tensors))
        return self._in_graph("tables", self._tables, every, tensors, parts)

    def _tables(self, tensors: Tensors, parts: Sequence[Any]) -> list[ComputedTable]:
        seen = self._seen(tensors, self._snapshots(parts))
        return content.tables_of(seen, self._guard, self._outputs)

    def _snapshots(self, parts: Sequence[Any]) -> Before:
        return [
            Snapshot(parts[3 * i], parts[3 * i + 1], parts[3 * i + 2], 1.0)
            for i in range(len(self._updates))
        ]


class HostPlan(SamplePlan):
    """Summarises in this machine's memory, with NumPy.

    Data that are sparse, ragged or of varying shape are summarised in a graph.
    """

    in_caller = True

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        pattern = self._pattern
        calls = [call.output for call in pattern.calls]
        of_updates = [[u.gradients, u.before] for u in self._updates]
        result = pattern.result or {}
        self._of_inside = _slots_in(
            [
                *(calls, of_updates, pattern.loss, pattern.output_losses, pattern.penalties),
                *(pattern.data_loss, result.get("loss")),
            ]
        )
        self._of_data = _slots_in(
            [pattern.data, pattern.x, pattern.y, pattern.y_pred, pattern.sample_weight]
        )
        self._reading: GraphCall | None = None
        specs = {slot: self._specs[slot] for slot in self._of_data}
        is_here = all(map(_is_of_fixed_shape, specs.values()))
        self._here = {s: HostTensor(spec) for s, spec in specs.items()} if is_here else {}
        self._parts: tuple[list[tuple[str, Any]], list[Target]] | None = None

    def look(self) -> Before:
        """Reads the weights before a step."""
        values, rates = self._read()
        with np.errstate(all="ignore"):
            return [
                model_tables.look(weights, arrays, rate, 1.0, numpy_backend)
                for weights, arrays, rate in zip(self._weights, values, rates, strict=True)
            ]

    def summarise(self, tensors: Sequence[Any], before: Before | None) -> Tables:
        """The tables of a step that has run."""
        with np.errstate(all="ignore"):
            before = before or [
                model_tables.unseen(weights, 1.0, numpy_backend) for weights in self._weights
            ]
            arrays = {slot: numpy_backend.array_of(tensors[slot]) for slot in self._of_inside}
            seen = self._seen(arrays, before, with_data=False)
            for call, planned in zip(seen.calls, self._pattern.calls, strict=True):
                if isinstance(planned.output, Slot):  # the width that the trace knew
                    width = _width(self._specs[planned.output.index].shape)
                    call.output = numpy_backend.as_rows(call.output, width)
            found = content.tables_of_inside(seen, self._guard, self._read()[0], numpy_backend)
            data = {slot: np.asarray(tensors[slot]) for slot in self._here}
            # NumPy has no minimum of an empty array; a graph has.
            is_here = bool(data) and all(array.size for array in data.values())
            found += self._tables_of_data(data) if is_here else []
        made = [(t.layout, t.values) for t in found]
        if not is_here:
            made += self._in_graph("data", self._tables_in_graph, self._of_data, tensors)
        return made

    def _tables_of_data(self, data: Mapping[int, Any]) -> list[ComputedTable]:
        if self._parts is None:
            self._parts = data_and_targets(self._seen(self._here), self._outputs)
        for slot, stand_in in self._here.items():
            stand_in.values = data[slot]
        found = data_tables.of_data(*self._parts, self._guard, numpy_backend)
        for stand_in in self._here.values():
            stand_in.values = None  # frees the tensor
        return found

    def _tables_in_graph(self, tensors: Tensors) -> list[ComputedTable]:
        data = data_and_targets(self._seen(tensors), self._outputs)
        return data_tables.of_data(*data, self._guard, graph_backend)

    def _read(self) -> tuple[list[list[Any]], Any]:
        """The weights of each update, not copied, and its learning rate."""
        if self._reading is None:  # reading each variable by itself takes ten times as long
            self._reading = GraphCall(self._readings, in_caller=True)
        *values, rates = self._reading()
        rest = map(numpy_backend.array_of, values)
        arrays = [[next(rest) for _ in weights] for weights in self._weights]
        return arrays, numpy_backend.array_of(rates)[1:]

    def _readings(self) -> list[Any]:
        rates = [layer_tables.rate_of(update.optimizer) for update in self._updates]
        values = [v for weights in self._weights for v in layer_tables.values_of(weights)]
        return [*values, tf.stack([tf.constant(0.0), *rates])]


def plan_of(
    index: int, gathered: Gathered, outputs: tuple[facts.Output, ...], guard: Guard
) -> SamplePlan:
    """The plan for this machine: with an accelerator tensors stay where they are."""
    here = all(device.device_type == "CPU" for device in tf.config.list_logical_devices())
    return (HostPlan if here else GraphPlan)(index, gathered, outputs, guard)


def _parts(before: Snapshot) -> tuple[Any, Any, Any]:
    return before.statistics, before.visited, before.rate


def _slots_in(structure: Any) -> list[int]:
    return sorted({leaf.index for leaf in keras.tree.flatten(structure) if isinstance(leaf, Slot)})


def _is_of_fixed_shape(spec: Any) -> bool:
    """Whether examples are dense and all have one shape."""
    return (
        isinstance(spec, tf.TensorSpec)
        and spec.shape.rank is not None
        and (None not in spec.shape[1:])
    )


def _width(shape: Any) -> int:
    """Size of the last axis; 1 for vectors and where it is unknown."""
    return (shape[-1] if shape.rank is not None and shape.rank > 1 else 1) or 1
