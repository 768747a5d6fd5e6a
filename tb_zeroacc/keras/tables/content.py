"""Every table of a step, each part guarded by itself."""

from __future__ import annotations

from typing import Any

from tb_zeroacc import facts
from tb_zeroacc.keras.observe.step_data import is_visible
from tb_zeroacc.keras.tables import graph_data_statistics, graph_statistics, layer_tables
from tb_zeroacc.keras.tables.batch_parts import data_and_targets
from tb_zeroacc.recording.guard import Guard
from tb_zeroacc.recording.tables import data_tables
from tb_zeroacc.recording.tables.observation import Observation


def tables_of(
    seen: Observation, guard: Guard, outputs: tuple[facts.Output, ...] | None = None
) -> list[data_tables.ComputedTable]:
    """Every table of a step.

    Args:
        seen: The step; its updates know the weights from before.
        guard: Turns failing parts off.
        outputs: What is known about the outputs, where the step does not show them.
    """
    data = data_and_targets(seen, outputs)
    return [
        *tables_of_inside(seen, guard),
        *data_tables.of_data(*data, guard, graph_data_statistics),
    ]


def tables_of_inside(
    seen: Observation, guard: Guard, now: list[list[Any]] | None = None, st: Any = graph_statistics
) -> list[data_tables.ComputedTable]:
    """The tables of the model's inside: loss, activations, gradients, weights.

    Args:
        seen: The step; its updates know the weights from before.
        guard: Turns failing parts off.
        now: The weights behind the step, of each update; they are read where they are not given.
        st: `graph_statistics`, or `numpy_statistics` where the step is given as arrays.
    """
    run = guard.run
    updates = [u for u in seen.updates if u.before is not None]
    calls = [c for c in seen.calls if is_visible(layer_tables.first_tensor(c.output))]
    gradients, norm = run("the gradients", layer_tables.gradients, updates, st) or (
        [],
        float("nan"),
    )
    found = list(run("the loss", layer_tables.loss, seen, norm, is_visible, st) or [])
    found += run("the learning rates", layer_tables.learning_rates, updates, st) or []
    found += run("the activations", layer_tables.activations, calls, st) or []
    found += gradients
    found += run("the weights", layer_tables.weights, updates, now, st) or []
    return found
