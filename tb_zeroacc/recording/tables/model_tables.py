"""The tables of a model's inside: activations, gradients, weights and their updates, the loss.

Nothing here belongs to a framework. `backend` computes the statistics: that of the library whose
tensors are given.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tb_zeroacc.recording.statistics.backend import NAN, Backend
from tb_zeroacc.recording.statistics.shared_statistics import saturated_share
from tb_zeroacc.recording.tables.data_tables import ComputedTable, table
from tb_zeroacc.recording.tables.observation import Update

MAX_ROWS = 512  # of activations, and of an optimizer's variables
STATISTICS = 4  # of a variable before its update
ZERO_FLOORED = frozenset({"relu", "relu6"})  # output and derivative are 0 together


@dataclass(frozen=True, slots=True)
class Weight:
    """A variable with a row of its own, and what its shape says.

    Attributes:
        path: Its name in the record.
        size, width: Number of elements, and size of the last axis.
        is_kernel: Whether it has several units, whose weights may be equal.
        stride: Step of the walk that compares elements before and after the update.
        visited: Number of elements that it visits.
    """

    variable: Any
    path: str
    size: int
    width: int
    is_kernel: bool
    stride: int
    visited: int

    @classmethod
    def of(cls, variable: Any, path: str) -> Weight:
        """For a variable of a framework."""
        shape = [int(n) for n in variable.shape]
        size, width = math.prod(shape), shape[-1] if shape else 1
        stride = update_stride(size, width)
        is_kernel = len(shape) > 1 and width > 1
        return cls(variable, path, size, width, is_kernel, stride, -(-size // stride))


def update_stride(size: int, width: int, most: int = 4096) -> int:
    """Step of a walk through a flattened variable that visits all rows and all units.

    Args:
        size: Number of elements.
        width: Size of the last axis; the step shares no factor with it.
        most: About how many elements to visit.
    """
    step = max(1, size // most)
    while step > 1 and math.gcd(step, max(width, 1)) != 1:
        step += 1
    return step


@dataclass(slots=True)
class Snapshot:
    """What is known of the weights before an update; NaN if they were not read.

    Attributes:
        statistics: rms, abs max, spread over units, non-finite count; float32 of shape
            (weights, `STATISTICS`).
        visited: Some elements of each weight, end to end; a float32 vector.
        rate: The learning rate that the update applies.
        scale: The loss scale, with which each gradient was multiplied, too.
        weights: The rows of `statistics`, where they may be more than the update changes.
    """

    statistics: Any
    visited: Any
    rate: Any
    scale: Any
    weights: tuple[Weight, ...] = ()


@dataclass(frozen=True, slots=True)
class LayerOutput:
    """The output of one call of a layer.

    Attributes:
        layer: Anything with a name; the same object for each of its calls.
        values: The output, of any shape.
        activation: Name of the output's activation; empty without one.
    """

    layer: Any
    values: Any
    activation: str


@dataclass(frozen=True, slots=True)
class Losses:
    """The loss of a step, float32 of shape () each; NaN where it is unknown.

    Attributes:
        total: Loss of the data and penalties.
        penalty: Penalties alone, such as regularisation.
        scale: The loss scale.
        rate: The learning rate; NaN if there are several.
        of_outputs: With several outputs the loss of each, before its weight.
    """

    total: Any
    penalty: Any = 0.0
    scale: Any = 1.0
    rate: Any = NAN
    of_outputs: Mapping[str, Any] = field(default_factory=dict)


def look(
    weights: tuple[Weight, ...], values: Sequence[Any], rate: Any, scale: Any, backend: Backend
) -> Snapshot:
    """What is to be known of the weights before an update.

    Args:
        weights: The variables.
        values: Their values.
        rate: The learning rate that the update applies.
        scale: The loss scale.
        backend: Computes the statistics.
    """
    rows = _rows(weights, values, backend)
    visited = backend.concat(_visited(weights, rows, backend), 0)
    return Snapshot(_weigh(rows, weights, backend), visited, rate, scale, weights)


def unseen(weights: Sequence[Weight], scale: Any, backend: Backend) -> Snapshot:
    """A snapshot of weights that were not read."""
    visited = backend.unknown([sum(w.visited for w in weights)])
    statistics = backend.unknown([len(weights), STATISTICS])
    return Snapshot(statistics, visited, backend.unknown([]), scale)


def _weigh(rows: list[Any], weights: Sequence[Weight], backend: Backend) -> Any:
    """`Snapshot.statistics` of the weights as they are now."""
    found = backend.moments(rows)
    kernels = [i for i, weight in enumerate(weights) if weight.is_kernel]
    spreads = backend.vector([NAN])  # at the end, for what is no kernel
    if kernels:
        spreads = backend.concat([backend.unit_spreads([rows[i] for i in kernels]), spreads], 0)
    places = {i: place for place, i in enumerate(kernels)}
    order = [places.get(i, len(kernels)) for i in range(len(weights))]
    spread = backend.take(spreads, order, axis=0)
    return backend.stack([found.rms, found.abs_max, spread, found.non_finite], axis=1)


def weights(
    updates: Sequence[Update], now: Sequence[Sequence[Any]], backend: Backend
) -> list[ComputedTable]:
    """`weights`: the weights before an update, and what the update changed.

    Args:
        updates: The updates of a step, each with its snapshot.
        now: The values of each update's weights after it.
        backend: Computes the statistics.
    """
    rows, values = [], []
    for update, found in zip(updates, now, strict=True):
        before: Snapshot = update.before
        visited = _visited(update.weights, _rows(update.weights, found, backend), backend)
        changed = backend.rms_of_changes(visited, before.visited)
        rms, high, spread, bad = (before.statistics[:, column] for column in range(STATISTICS))
        rows += [weight.path for weight in update.weights]
        values.append(backend.stack([rms, high, spread, changed / rms, changed, bad], axis=1))
    return [table("weights", unique(rows), backend.concat(values, 0))] if values else []


def gradients(updates: Sequence[Update], backend: Backend) -> tuple[list[ComputedTable], Any]:
    """`gradients`, unscaled and before any clipping, and their global norm; NaN of none.

    Of several replicas they are this one's, as if it had trained alone: each has its share of the
    loss, and so of the gradients.
    """
    seen = [update for update in updates if not update.is_hidden]
    scales = [(1.0 if u.is_unscaled else u.before.scale) / u.replicas for u in seen]
    return _gradients("gradients", seen, [u.gradients for u in seen], scales, backend)


def reduced_gradients(updates: Sequence[Update], backend: Backend) -> list[ComputedTable]:
    """`reduced_gradients`: what an update applies, summed over all replicas; and `reduction`."""
    seen = [update for update in updates if update.reduced is not None]
    given = [update.reduced or [] for update in seen]
    found = _gradients("reduced_gradients", seen, given, [1.0] * len(seen), backend)[0]
    waited = [update.waited for update in seen if update.waited is not None]
    if waited:
        found.append(table("reduction", ["reduction"], backend.vector(waited[:1])[None]))
    return found


def _gradients(
    kind: str,
    updates: Sequence[Update],
    gradients_of: Sequence[Sequence[Any]],
    scales: Sequence[Any],
    backend: Backend,
) -> tuple[list[ComputedTable], Any]:
    """A table of gradients, divided by a scale each update, and their global norm."""
    rows, values, squares = [], [], []
    for update, gradients_given, scale in zip(updates, gradients_of, scales, strict=True):
        given = list(zip(update.weights, gradients_given, strict=False))
        present = [(weight, g) for weight, g in given if g is not None]
        rows += [weight.path for weight in update.weights]
        found = backend.vector([0.0] + [NAN] * 4)[None]  # at the end, for those without a gradient
        if present:
            known = _rows([weight for weight, _ in present], [g for _, g in present], backend)
            of = backend.moments(known)
            squares.append(of.squares / (scale * scale))
            columns = [
                backend.vector([1.0] * len(known)), of.rms / scale, of.abs_max / scale,
                of.zero_share, of.non_finite,
            ]  # fmt: skip
            found = backend.concat([backend.stack(columns, axis=1), found], 0)
        places = {weight.path: place for place, (weight, _) in enumerate(present)}
        order = [places.get(w.path, len(present)) for w in update.weights]
        values.append(backend.take(found, order, axis=0))
    if not values:
        return [], NAN
    norm = backend.root(backend.total(backend.concat(squares, 0))) if squares else NAN
    return [table(kind, unique(rows), backend.concat(values, 0))], norm


def activations(outputs: Sequence[LayerOutput], backend: Backend) -> list[ComputedTable]:
    """`activations`: a row per call of a layer."""
    rows: list[str] = []
    found, dead, saturated, units = [], [], [], []
    counts: dict[int, int] = {}
    for output in outputs[:MAX_ROWS]:
        flat, activation = backend.as_rows(output.values), output.activation
        found.append(flat)
        dead.append(backend.dead_share(flat) if activation in ZERO_FLOORED else NAN)
        saturated.append(saturated_share(flat, activation, backend))
        units.append(float(flat.shape[1]))
        index = counts[id(output.layer)] = counts.get(id(output.layer), -1) + 1
        rows.append(f"{output.layer.name}#{index}" if index else output.layer.name)
    if not rows:
        return []
    of = backend.moments(found, with_mean=True)
    columns = [
        of.mean, of.rms, of.abs_max, of.zero_share, backend.vector(dead),
        backend.vector(saturated), of.non_finite, backend.vector(units),
    ]  # fmt: skip
    return [table("activations", unique(rows), backend.stack(columns, axis=1))]


def loss(losses: Losses, norm: Any, backend: Backend) -> list[ComputedTable]:
    """`loss`: a row for the total, and with several outputs one for each.

    Args:
        losses: The loss of the step.
        norm: The global norm of its gradients.
        backend: Computes the statistics.
    """
    data = losses.total - losses.penalty
    row = backend.vector([losses.total, data, losses.penalty, losses.scale, losses.rate, norm])
    rows, values = ["loss"], [row[None]]
    for name, value in losses.of_outputs.items():
        rows.append(name)
        values.append(backend.vector([value, *[NAN] * 5])[None])
    return [table("loss", unique(rows), backend.concat(values, 0))]


def rates_of(updates: Sequence[Update]) -> dict[str, Any]:
    """The learning rate of each optimizer's first update in a step, by the optimizer's name."""
    rates: dict[int, tuple[str, Any]] = {}
    for update in updates:
        if update.optimizer is not None:
            rates.setdefault(id(update.optimizer), (update.name, update.before.rate))
    names = unique([name for name, _ in rates.values()])
    return dict(zip(names, (rate for _, rate in rates.values()), strict=True))


def learning_rates(updates: Sequence[Update], backend: Backend) -> list[ComputedTable]:
    """`learning_rates`: a row per optimizer, if there are several."""
    rates = rates_of(updates)
    if len(rates) < 2:
        return []
    return [table("learning_rates", list(rates), backend.vector(list(rates.values()))[:, None])]


def unique(names: Sequence[str]) -> list[str]:
    """Marks repeated names: `a/kernel`, `a/kernel#1`."""
    seen: dict[str, int] = {}
    marked = []
    for name in names:
        count = seen[name] = seen.get(name, -1) + 1
        marked.append(f"{name}#{count}" if count else name)
    return marked


def _rows(weights: Sequence[Weight], values: Sequence[Any], backend: Backend) -> list[Any]:
    """Values or gradients of weights as (rows, units)."""
    return [backend.as_rows(value, w.width) for w, value in zip(weights, values, strict=True)]


def _visited(weights: Sequence[Weight], rows: Sequence[Any], backend: Backend) -> list[Any]:
    """Some elements of each weight, spread over all rows and units."""
    return [backend.flat(value)[:: w.stride] for w, value in zip(weights, rows, strict=True)]
