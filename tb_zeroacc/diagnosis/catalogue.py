"""The catalogue: every rule, in the order of suspicion."""

from __future__ import annotations

from types import ModuleType

from tb_zeroacc.diagnosis.rule import Rule
from tb_zeroacc.diagnosis.rules import (
    architecture,
    association,
    binary_loss,
    chance,
    constant_output,
    creeping,
    cross_entropy,
    data,
    empty_input,
    feeding,
    frozen,
    gradients,
    imbalance,
    labels,
    log,
    loss_tracker,
    metrics,
    numbers,
    one_class,
    optimisation,
    outputs,
    overfitting,
    pipeline,
    progress,
    regression_loss,
    scale,
    stopped,
    targets,
    units,
    unused_layer,
    updates,
)

# The order in which an expert looks: can the log tell at all, the data, the labels, what output,
# loss and metric agreed on, the numbers inside, architecture and initialisation, optimisation.
FAMILIES: tuple[ModuleType, ...] = (
    log, data, scale, feeding, pipeline, empty_input,
    labels, imbalance, association, targets,
    outputs, regression_loss, cross_entropy, binary_loss,
    metrics, frozen, one_class, loss_tracker,
    numbers, gradients, units, constant_output, unused_layer,
    architecture, overfitting,
    optimisation, creeping, chance, stopped, updates,
    progress,
)


def _rules_of(family: ModuleType) -> list[Rule]:
    return [value for value in vars(family).values() if isinstance(value, Rule)]


CATALOGUE: tuple[Rule, ...] = tuple(rule for family in FAMILIES for rule in _rules_of(family))
RULES: dict[str, Rule] = {rule.code: rule for rule in CATALOGUE}
if len(RULES) != len(CATALOGUE):
    raise ValueError("two rules share a code")
