"""Planted runs: builders for what a log would hold, so that a rule's table stays readable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tb_zeroacc.facts import (
    ASSOCIATION_TABLE,
    CLASS_TABLES,
    COLUMNS,
    Contract,
    Fit,
    Layer,
    Optimizer,
    Output,
)
from tb_zeroacc.logs.roles.sides import is_players, side_of
from tb_zeroacc.run import Axis, Curve, Histograms, Lane, Role, Run, Split, Table
from tb_zeroacc.series import Series
from tb_zeroacc.workers import Worker

MEMBER = "zeroacc"


def a_table(
    kind: str,
    rows: Mapping[str, Mapping[str, float | Sequence[float]]],
    *,
    steps: Sequence[int] | None = None,
    epochs: Sequence[int] | None = None,
    columns: Sequence[str] | None = None,
) -> Table:
    """A table from `{row: {column: value or values over samples}}`; what is not given is NaN."""
    statistic = kind.removeprefix("validation_")
    free = statistic in (*CLASS_TABLES, ASSOCIATION_TABLE)
    names = tuple(columns or (next(iter(rows.values())) if free else COLUMNS[statistic]))
    lengths = [np.size(v) for row in rows.values() for v in row.values()]
    samples = len(steps) if steps is not None else max(lengths, default=1)
    values = np.full((samples, len(rows), len(names)), np.nan, np.float32)
    for r, row in enumerate(rows.values()):
        for column, value in row.items():
            values[:, r, names.index(column)] = value
    at = np.arange(samples) if steps is None else np.asarray(steps)
    when = np.zeros(samples) if epochs is None else np.asarray(epochs)
    return Table(
        kind, MEMBER, tuple(rows), names, at.astype(np.int64), when.astype(np.int64), values
    )


def a_curve(
    values: Sequence[float],
    role: Role = Role.LOSS,
    split: Split = Split.TRAIN,
    *,
    tag: str | None = None,
    name: str | None = None,
    axis: Axis = "epoch",
    steps: Sequence[int] | None = None,
    headline: bool = True,
    scale: float = 1.0,
    member: str = MEMBER,
) -> Curve:
    """One curve, with steps 0, 1, 2, ... unless given."""
    prefix = "val_" if split is Split.VALIDATION else ""
    tag = tag or f"zeroacc/epoch/{prefix}{role.value}"
    name = name or role.value
    series = Series.of(range(len(values)) if steps is None else steps, values)
    return Curve(
        member, tag, name, role, split, axis, series, headline, scale,
        side=side_of(role, name, tag), is_players=is_players(role, name, tag),
    )  # fmt: skip


def some_histograms(
    tag: str,
    count: int = 4,
    *,
    ends: tuple[float, float] = (-0.2, 0.2),
    varies: bool = False,
    bad_since: int | None = None,
) -> Histograms:
    """The histograms of one tag at steps 0, 1, 2, ..., all alike unless they vary."""
    return Histograms("train", tag, count, 0, count - 1, *ends, varies, bad_since)


def a_contract(
    *layers: Layer,
    loss: str | None = "sparse_categorical_crossentropy",
    activation: str | None = "softmax",
    units: int | None = 10,
    optimizer: Optimizer | None = None,
    fit: Fit | None = None,
    source: str = "recorder",
    **output: Any,
) -> Contract:
    """A contract with one output `y`; a hidden ReLU layer before it unless layers are given."""
    stack = layers or (
        Layer("dense", "Dense", "relu", 64, variables=("dense/kernel", "dense/bias")),
        Layer("head", "Dense", activation, units, is_output=True,
              variables=("head/kernel", "head/bias")),
    )
    head = Output("y", stack[-1].name, activation, units, loss, **output)
    return Contract(
        source=source,  # type: ignore[arg-type]
        model="Sequential",
        layers=tuple(stack),
        outputs=(head,),
        optimizer=optimizer or Optimizer("Adam", 1e-3),
        fit=fit or Fit(epochs=10),
    )


def a_run(
    *parts: Table | Curve | Contract | Histograms,
    name: str = "planted",
    recorded: bool = True,
    **fields: Any,
) -> Run:
    """A run of tables, curves, histograms and a contract, in any order."""
    contract = next((p for p in parts if isinstance(p, Contract)), None)
    return Run(
        name=name,
        members=(MEMBER,),
        contract=contract,
        tables={p.kind: p for p in parts if isinstance(p, Table)},
        curves=tuple(p for p in parts if isinstance(p, Curve)),
        histograms=tuple(p for p in parts if isinstance(p, Histograms)),
        recorded=recorded,
        **fields,
    )


def a_job(*runs: Run, task: str = "worker", **fields: Any) -> Run:
    """A job of runs, one a worker, which are its workers 0, 1, 2, ..."""
    lanes = tuple(Lane(Worker(task, number), run) for number, run in enumerate(runs))
    return replace(runs[0], lanes=lanes, **fields)
