"""Look-ups in the tables of a model's inside: which row is which layer, which are kernels.

Rows of `activations` are layer calls, `dense` and `dense#1`; rows of `gradients` and `weights` are
paths of variables. The contract knows both, and the order of the layers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.diagnosis.answers import (
    Answer,
    CannotTell,
    Comparison,
    Evidence,
    NotApplicable,
    Passed,
    reason_of,
)
from tb_zeroacc.diagnosis.rate import Group, groups_of
from tb_zeroacc.facts import Layer
from tb_zeroacc.run import Run, Table

KERNEL_NAMES = ("kernel", "embeddings")  # a kernel of one unit has no spread that would tell it
# Share of the samples after its onset in which a fault must hold to be called lasting: one batch
# in ten may look otherwise.
LASTING = 0.9
NO_WEIGHT = 1e-6  # below this rms a kernel is zero, and any update a multiple of it
SETTLED = 10  # at most so many of the last samples say how the run ended


def layer_of(run: Run, row: str) -> str:
    """The contract's name of the layer that a row of any table belongs to.

    Without a contract a variable's path names it: `sequential/dense/kernel` is of `dense`.
    """
    for layer in run.contract.layers if run.contract else ():
        if row in layer.variables:
            return layer.name
    if "/" in row:
        return row.split("/")[-2]
    return row.split("#")[0]


def layer_named(run: Run, name: str) -> Layer | None:
    """The contract's entry of a layer."""
    layers = run.contract.layers if run.contract else ()
    return next((layer for layer in layers if layer.name == name), None)


def layer_position(run: Run, name: str) -> int:
    """Where a layer stands between input and output; unknown layers stand last."""
    names = [layer.name for layer in run.contract.layers] if run.contract else []
    return names.index(name) if name in names else len(names)


def output_layers(run: Run) -> frozenset[str]:
    """Names of the layers that make an output."""
    if run.contract is None:
        return frozenset()
    made = {layer.name for layer in run.contract.layers if layer.is_output}
    made.update(output.layer for output in run.contract.outputs if output.layer)
    return frozenset(made)


def kernel_rows(run: Run, weights: Table) -> list[int]:
    """Rows of `weights` that are kernels, in the order from input to output.

    Biases, scales and offsets are left out: they begin at 0, so their first update is any multiple.
    """
    spread = weights.column("unit_spread")
    rows = [
        row
        for row, name in enumerate(weights.rows)
        if name.rsplit("/", 1)[-1].endswith(KERNEL_NAMES) or np.isfinite(spread[:, row]).any()
    ]
    return sorted(rows, key=lambda row: layer_position(run, layer_of(run, weights.rows[row])))


def hidden_rows(run: Run, activations: Table) -> list[int]:
    """Rows of `activations` whose layer makes no output of the model.

    A good classifier's output saturates, so outputs are no hidden layers. Without a contract the
    last row counts as the output.
    """
    outputs = output_layers(run)
    if not outputs:
        return list(range(len(activations.rows) - 1))
    return [r for r, name in enumerate(activations.rows) if layer_of(run, name) not in outputs]


def settled(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The median over the last samples, at most a quarter of all; shape (samples, rows) to (rows,).

    NaN where a row has no value in them.
    """
    last = values[-max(1, min(SETTLED, len(values) // 4)) :]
    known = np.isfinite(last).any(axis=0)
    medians = np.full(last.shape[1:], np.nan)
    medians[known] = np.nanmedian(last[:, known], axis=0)
    return medians


def lasting_since(holds: NDArray[np.bool_]) -> int | None:
    """The first sample where it holds and goes on to hold in nearly all that follow; (samples,)."""
    if not len(holds) or not holds.any():
        return None
    after = np.cumsum(holds[::-1])[::-1] / np.arange(len(holds), 0, -1)
    lasting = np.flatnonzero(holds & (after >= LASTING))
    return int(lasting[0]) if len(lasting) else None


def largest(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The largest finite value of each sample, NaN where there is none; (samples, rows)."""
    finite = np.where(np.isfinite(values), values, -np.inf)
    top = finite.max(axis=1, initial=-np.inf)
    return np.where(np.isfinite(top), top, np.nan)


def kernel_ratios(
    run: Run, weights: Table, group: Group | None = None
) -> NDArray[np.float64]:
    """The largest update ÷ weights over kernels, (samples,); kernels of zeros are left out.

    Args:
        run: The training.
        weights: Its table.
        group: Of one optimizer's kernels; by default of all that an optimizer updates.
    """
    groups = groups_of(run, weights) if group is None else [group]
    updated = {row for one in groups for row in one.rows}
    rows = [row for row in kernel_rows(run, weights) if row in updated]
    ratio = weights.column("update_ratio")[:, rows]
    return largest(np.where(weights.column("rms")[:, rows] >= NO_WEIGHT, ratio, np.nan))


def as_far_as_recorded(run: Run, answer: Answer, *kinds: str) -> Answer:
    """An answer that found nothing, where rows of the tables that it rests on are missing.

    Args:
        run: The training.
        answer: Turned into one that cannot tell; a finding stands.
        *kinds: The tables.
    """
    if not isinstance(answer, Passed | NotApplicable):
        return answer
    for lacking in run.unrecorded:
        for kind in set(kinds) & set(lacking.tables):
            table = run.table(kind)
            if table is None or (lacking.rows and not set(table.rows).issuperset(lacking.rows)):
                return CannotTell(f"{answer.reason}, as far as recorded; {reason_of(lacking)}")
    return answer


def fact(
    run: Run,
    text: str,
    value: float,
    threshold: float | None = None,
    comparison: Comparison | None = None,
    *,
    tag: str | None = None,
    unit: str = "",
    layer: str | None = None,
    since: int | None = None,
    until: int | None = None,
) -> Evidence:
    """A number of the recorder's tables, tied to the scalar `tag` where the log holds that one."""
    curve = run.curve(tag) if tag else None
    return Evidence(
        text=text,
        value=float(value),
        threshold=threshold,
        comparison=comparison,
        unit=unit,
        member=curve.member if curve else run.recorder_member or "",
        tag=curve.tag if curve else None,
        layer=layer,
        axis="step",
        first_step=since,
        last_step=until,
    )
