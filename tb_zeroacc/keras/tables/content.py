"""Every table of a step; one that fails is turned off alone."""

from __future__ import annotations

from typing import Any

from tb_zeroacc import facts
from tb_zeroacc.keras.observe.step_data import is_visible
from tb_zeroacc.keras.tables import graph_backend, layer_tables
from tb_zeroacc.keras.tables.batch_parts import data_and_targets
from tb_zeroacc.recording.guard import Guard
from tb_zeroacc.recording.statistics.backend import NAN, Backend
from tb_zeroacc.recording.tables import data_tables, model_tables
from tb_zeroacc.recording.tables.data_tables import ComputedTable
from tb_zeroacc.recording.tables.observation import Observation, Update


def tables_of(
    seen: Observation, guard: Guard, outputs: tuple[facts.Output, ...] | None = None
) -> list[ComputedTable]:
    """Every table of a step.

    Args:
        seen: The step; its updates have snapshots of the weights before them.
        guard: Turns off what fails.
        outputs: The model's outputs, where the step does not show them.
    """
    data = data_and_targets(seen, outputs)
    return [*tables_of_inside(seen, guard), *data_tables.of_data(*data, guard, graph_backend)]


def tables_of_inside(
    seen: Observation,
    guard: Guard,
    now: list[list[Any]] | None = None,
    backend: Backend = graph_backend,
) -> list[ComputedTable]:
    """The tables of the model's inside: loss, activations, gradients, weights.

    Args:
        seen: The step; its updates have snapshots of the weights before them.
        guard: Turns off what fails.
        now: The weights of each update after it; they are read where they are not given.
        backend: Computes the statistics; `numpy_backend` where the step is given as arrays.
    """
    run = guard.run
    updates = layer_tables.looked_at(seen.updates)
    gradients, norm = run("the gradients", model_tables.gradients, updates, backend) or ([], NAN)
    return [
        *(run("the loss", loss, seen, norm, backend) or []),
        *(run("the learning rates", model_tables.learning_rates, updates, backend) or []),
        *(run("the activations", activations, seen, backend) or []),
        *gradients,
        *(run("the reduced gradients", reduced, updates, backend) or []),
        *(run("the weights", weights, updates, now, backend) or []),
    ]


def loss(seen: Observation, norm: Any, backend: Backend = graph_backend) -> list[ComputedTable]:
    """`loss`, with the global norm of the gradients."""
    return model_tables.loss(layer_tables.losses_of(seen), norm, backend)


def reduced(updates: list[Update], backend: Backend = graph_backend) -> list[ComputedTable]:
    """`reduced_gradients`, of the updates whose reduction can be used here."""
    shown = [
        update for update in updates
        if update.reduced is not None and all(g is None or is_visible(g) for g in update.reduced)
    ]  # fmt: skip
    return model_tables.reduced_gradients(shown, backend)


def activations(seen: Observation, backend: Backend) -> list[ComputedTable]:
    """`activations`, of the calls whose outputs can be used here."""
    return model_tables.activations(layer_tables.layer_outputs(seen.calls), backend)


def weights(
    updates: list[Update], now: list[list[Any]] | None = None, backend: Backend = graph_backend
) -> list[ComputedTable]:
    """`weights`; their values after the updates, `now`, are read where they are not given."""
    now = now or [layer_tables.values_of(update.weights) for update in updates]
    return model_tables.weights(updates, now, backend)
