"""Every table of a step, each part guarded by itself."""

from __future__ import annotations

from typing import Any

from tb_zeroacc import facts
from tb_zeroacc.recorder import data_statistics, inside, statistics, tables
from tb_zeroacc.recorder.guard import Guard
from tb_zeroacc.recorder.observation import Observation
from tb_zeroacc.recorder.parts import is_visible, parts_of
from tb_zeroacc.recorder.targets import Target


def tables_of(
    seen: Observation, guard: Guard, outputs: tuple[facts.Output, ...] | None = None
) -> list[tables.Table]:
    """Every table of a step.

    Args:
        seen: The step; its updates know the weights from before.
        guard: Turns failing parts off.
        outputs: What is known about the outputs, where the step does not show them.
    """
    return [*tables_of_inside(seen, guard), *tables_of_data(*parts_of(seen, outputs), guard)]


def tables_of_data(
    data: list[tuple[str, Any]],
    targets: list[Target],
    guard: Guard,
    st: Any = data_statistics,
) -> list[tables.Table]:
    """The tables of what went in and came out: those of the batch, outputs, association.

    The arguments are those of `tables_of_batch`.
    """
    found = tables_of_batch(data, targets, guard, st)
    found += guard.run("the outputs", tables.outputs, targets, st) or []
    found += guard.run("the association", tables.association, data, targets, st) or []
    return found


def tables_of_batch(
    data: list[tuple[str, Any]],
    targets: list[Target],
    guard: Guard,
    st: Any = data_statistics,
) -> list[tables.Table]:
    """The tables of what went in: inputs, fingerprints, labels, sample weights.

    Args:
        data: Inputs with their names.
        targets: Outputs with their labels.
        guard: Turns failing parts off.
        st: `data_statistics`, or `host_data` where the tensors are arrays of this machine.
    """
    run = guard.run
    found: list[tables.Table] = []
    found += run("the inputs", tables.inputs, data, st) or []
    found += run("the batches' fingerprints", tables.batch, data, st) or []
    found += run("the labels", tables.labels, targets, st) or []
    found += run("the sample weights", tables.sample_weights, targets, st) or []
    return found


def tables_of_inside(
    seen: Observation, guard: Guard, now: list[list[Any]] | None = None, st: Any = statistics
) -> list[tables.Table]:
    """The tables of the model's inside: loss, activations, gradients, weights.

    Args:
        seen: The step; its updates know the weights from before.
        guard: Turns failing parts off.
        now: The weights behind the step, of each update; they are read where they are not given.
        st: `statistics`, or `host` where the step is given as arrays.
    """
    run = guard.run
    updates = [u for u in seen.updates if u.before is not None]
    calls = [c for c in seen.calls if is_visible(inside.first_tensor(c.output))]
    gradients, norm = run("the gradients", inside.gradients, updates, st) or ([], float("nan"))
    found = list(run("the loss", inside.loss, seen, norm, is_visible, st) or [])
    found += run("the learning rates", inside.learning_rates, updates, st) or []
    found += run("the activations", inside.activations, calls, st) or []
    found += gradients
    found += run("the weights", inside.weights, updates, now, st) or []
    return found
