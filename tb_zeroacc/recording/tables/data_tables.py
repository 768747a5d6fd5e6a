"""The tables of data and outputs of one sample; `model_tables` has those of the model's inside.

Every function returns tables of float32 tensors of fixed shape, whose names are known while the
step is traced. `backend` computes them: that of the library whose tensors are given.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tb_zeroacc import facts
from tb_zeroacc.recording.guard import Guard
from tb_zeroacc.recording.statistics.backend import Backend, Tensor
from tb_zeroacc.recording.statistics.shared_statistics import (
    above,
    ids_of_one_hot,
    label_statistics,
    largest_units,
    output_statistics,
    pool,
    weight_statistics,
)
from tb_zeroacc.recording.statistics.tensors import is_dense, is_numeric, rank_of
from tb_zeroacc.recording.tables.structures import with_paths
from tb_zeroacc.recording.tables.targets import Target
from tb_zeroacc.records import Layout

MAX_FEATURES = 256
MAX_LABEL_COLUMNS = 32
Named = list[tuple[str, Any]]  # tensors with their names


@dataclass(slots=True)
class ComputedTable:
    """A table: names of rows and columns, and values, float32 of shape (rows, columns)."""

    layout: Layout
    values: Tensor


def table(kind: str, rows: Sequence[str], values: Tensor, pooled: int = 0) -> ComputedTable:
    """A table with the columns of its kind."""
    return ComputedTable(Layout(kind, tuple(rows), facts.COLUMNS[kind], pooled), values)


def named(structure: Any, default: str) -> Named:
    """The tensors of a nested structure, named `x`, `x[1]` or by the key of a dictionary."""
    if structure is None:
        return []
    found = [(path, leaf) for path, leaf in with_paths(structure)
             if leaf is not None]
    if len(found) == 1 and not isinstance(structure, dict):
        return [(default, found[0][1])]
    return [
        ("/".join(str(p) for p in path) if isinstance(path[0], str) else
         default + "".join(f"[{p}]" for p in path), leaf)
        for path, leaf in found
    ]


def evenly(count: int, most: int) -> list[int]:
    """At most `most` of the indices 0 .. count-1, evenly spaced."""
    if count <= most:
        return list(range(count))
    return [int(i) for i in np.linspace(0, count - 1, most).round()]


@functools.lru_cache(maxsize=64)
def _features(name: str, width: int, quota: int) -> tuple[tuple[str, ...], list[int], list[int]]:
    """Row names of an input; indices of features with a row of their own, and of those pooled."""
    kept = evenly(width, quota)
    rest = sorted(set(range(width)) - set(kept))
    rows = [f"{name}[{i}]" for i in kept] + ([f"{name}[rest]"] if rest else [])
    return tuple(rows), kept, rest


def of_data(
    data: Named, targets: list[Target], guard: Guard, backend: Backend
) -> list[ComputedTable]:
    """The tables of a batch, its outputs and their association; arguments as of `of_batch`."""
    found = of_batch(data, targets, guard, backend)
    found += guard.run("the outputs", outputs, targets, backend) or []
    found += guard.run("the association", association, data, targets, backend) or []
    return found


def of_batch(
    data: Named, targets: list[Target], guard: Guard, backend: Backend
) -> list[ComputedTable]:
    """The tables of a batch: inputs, fingerprints, labels, sample weights.

    Args:
        data: Inputs with their names.
        targets: Outputs with their labels.
        guard: Turns off what fails.
        backend: Computes the statistics.
    """
    run = guard.run
    found: list[ComputedTable] = []
    found += run("the inputs", inputs, data, backend) or []
    found += run("the batches' fingerprints", batch, data, backend) or []
    found += run("the labels", labels, targets, backend) or []
    found += run("the sample weights", sample_weights, targets, backend) or []
    return found


def inputs(tensors: Named, backend: Backend) -> list[ComputedTable]:
    """`inputs`: a row per feature (last axis: channels of images), others pooled in one."""
    rows: list[str] = []
    values: list[Any] = []
    pooled = 0
    numeric = [(name, t) for name, t in tensors if is_numeric(t)]
    quota = max(1, MAX_FEATURES // max(1, len(numeric)))
    for name, tensor in numeric[:MAX_FEATURES]:
        columns = backend.column_statistics(backend.as_rows(tensor))
        width = columns.shape[0]
        features, kept, rest = _features(name, width, quota)
        rows += [name] if width == 1 and (rank_of(tensor) or 0) < 2 else features
        if not rest:
            values.append(columns)
            continue
        pooled += len(rest)
        own, others = (backend.take(columns, places, axis=0) for places in (kept, rest))
        values += [own, pool(others, backend)]
    return [table("inputs", rows, backend.concat(values, 0), pooled)] if values else []


def batch(tensors: Named, backend: Backend) -> list[ComputedTable]:
    """`batch`: the fingerprint of each input's batch."""
    rows, values = [], []
    for name, tensor in tensors[:MAX_FEATURES]:
        if is_numeric(tensor):
            # Stored values of sparse and ragged batches belong to no one example.
            width = _per_example(tensor) if is_dense(tensor) else 1
            rows.append(name)
            values.append(backend.fingerprint(backend.as_rows(tensor, width)))
    return [table("batch", rows, backend.stack(values))] if values else []


def labels(targets: list[Target], backend: Backend) -> list[ComputedTable]:
    """`labels` and `label_counts`."""
    known = [t for t in targets if is_numeric(t.labels)]
    if not known:
        return []
    values = [label_statistics(t.labels, t.label_units, backend) for t in known]
    counted = [
        (t.name, backend.class_counts(_label_ids(t, backend), t.classes))
        for t in known
        if t.classes
    ]
    found = table("labels", [t.name for t in known], backend.stack(values))
    return [found, *_counts("label_counts", counted, backend)]


def sample_weights(targets: list[Target], backend: Backend) -> list[ComputedTable]:
    """`sample_weights`, if there are any."""
    known = [t for t in targets if is_numeric(t.weights)]
    if not known:
        return []
    values = [weight_statistics(t.weights, backend) for t in known]
    return [table("sample_weights", [t.name for t in known], backend.stack(values))]


def outputs(targets: list[Target], backend: Backend) -> list[ComputedTable]:
    """`outputs` and `prediction_counts`."""
    rows, values = [], []
    counted: Named = []
    for target in targets:
        if not is_numeric(target.predictions):
            continue
        flat = backend.as_rows(target.predictions)
        rows.append(target.name)
        values.append(output_statistics(flat, target.output.activation, backend))
        if target.encoding in ("ids", "rows"):
            ids = largest_units(flat, backend)
        elif target.encoding == "binary":
            ids = above(flat, 0.0 if target.output.from_logits else 0.5, backend)
        else:
            continue
        counted.append((target.name, backend.class_counts(ids, target.classes or 1)))
    if not values:
        return []
    found = table("outputs", rows, backend.stack(values))
    return [found, *_counts("prediction_counts", counted, backend)]


def association(tensors: Named, targets: list[Target], backend: Backend) -> list[ComputedTable]:
    """The moments of this batch that `RunningAssociation` joins: one row, not written as it is."""
    columns, names = _input_columns(tensors, backend)
    label_columns, label_names = _label_columns(targets, backend)
    if not columns or not label_columns:
        return []
    layout = Layout(facts.ASSOCIATION_TABLE, tuple(names), tuple(label_names))
    return [ComputedTable(layout, backend.joint_moments(columns, label_columns)[None])]


def _per_example(tensor: Any) -> int:
    sizes = tensor.shape[1:] if rank_of(tensor) else []
    return int(np.prod([s or 1 for s in sizes])) if len(sizes) else 1


def _has_columns(tensor: Any) -> bool:
    """Whether all examples have the same columns: not where the size of an axis varies."""
    if not is_dense(tensor) or not is_numeric(tensor) or rank_of(tensor) is None:
        return False
    return None not in tensor.shape[1:]


def _columns(rows: Any, kept: list[int], backend: Backend) -> Any:
    """Some columns; `rows` itself where they are all of them."""
    return rows if len(kept) == rows.shape[1] else backend.take(rows, kept, axis=1)


def _input_columns(tensors: Named, backend: Backend) -> tuple[list[Any], list[str]]:
    columns: list[Any] = []
    names: list[str] = []
    numeric = [(n, t) for n, t in tensors if is_dense(t) and is_numeric(t)]
    for name, tensor in numeric[:MAX_FEATURES]:
        if not _has_columns(tensor):
            continue
        width, quota = _per_example(tensor), max(1, MAX_FEATURES // len(numeric))
        features, kept, _ = _features(name, width, quota)
        columns.append(_columns(backend.as_rows(tensor, width), kept, backend))
        names += features[: len(kept)]
    return columns, names


def _label_columns(targets: list[Target], backend: Backend) -> tuple[list[Any], list[str]]:
    columns: list[Any] = []
    names: list[str] = []
    for target in targets:
        if not _has_columns(target.labels):
            continue
        width = _per_example(target.labels)
        flat = backend.as_rows(target.labels, width)
        if target.encoding == "ids" and width == 1:
            kept = list(range(min(target.units, MAX_LABEL_COLUMNS)))
            flat = backend.as_float(flat == np.arange(len(kept), dtype=np.float32))
        else:
            kept = evenly(width, MAX_LABEL_COLUMNS)
            flat = _columns(flat, kept, backend)
        room = MAX_LABEL_COLUMNS - len(names)
        if room > 0:
            columns.append(flat[:, :room])
            names += [f"{target.name}[{i}]" for i in kept][:room]
    return columns, names


def _label_ids(target: Target, backend: Backend) -> Any:
    """Class ids as float32, (examples,); all NaN where rows are not one-hot."""
    flat = backend.as_rows(target.labels, target.label_units)
    if target.encoding != "rows":
        return flat[:, 0]
    return ids_of_one_hot(flat, backend, certain=target.certain)


def _counts(kind: str, counted: Named, backend: Backend) -> list[ComputedTable]:
    """Joins class counts of several outputs; NaN where an output has fewer classes."""
    if not counted:
        return []
    most = max(int(c.shape[0]) for _, c in counted)
    layout = Layout(kind, tuple(n for n, _ in counted), _classes(most - 1))
    rows = [_widened(c, most, backend) for _, c in counted]
    return [ComputedTable(layout, backend.stack(rows))]


def _widened(counts: Tensor, columns: int, backend: Backend) -> Tensor:
    """Class counts with NaN for classes that an output lacks; all others stay at the end."""
    lacking = columns - int(counts.shape[0])
    if not lacking:
        return counts
    return backend.concat([counts[:-1], backend.unknown([lacking]), counts[-1:]], 0)


@functools.lru_cache(maxsize=8)
def _classes(count: int) -> tuple[str, ...]:
    return (*map(str, range(count)), "other")
