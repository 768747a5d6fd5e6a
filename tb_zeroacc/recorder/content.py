"""Every table of a step, each part guarded by itself."""

from __future__ import annotations

from typing import Any

from tb_zeroacc import facts
from tb_zeroacc.recorder import data_statistics, inside, statistics, tables
from tb_zeroacc.recorder.guard import Guard
from tb_zeroacc.recorder.observation import Observation
from tb_zeroacc.recorder.parts import is_visible, parts_of


def tables_of(
    seen: Observation, guard: Guard, outputs: tuple[facts.Output, ...] | None = None
) -> list[tables.Table]:
    """Every table of a step.

    Args:
        seen: The step; its updates know the weights from before.
        guard: Turns failing parts off.
        outputs: What is known about the outputs, where the step does not show them.
    """
    data = parts_of(seen, outputs)
    return [*tables_of_inside(seen, guard), *tables.of_data(*data, guard, data_statistics)]


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
