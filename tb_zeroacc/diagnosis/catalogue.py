"""The catalogue: every rule, in the order of suspicion.

Rules are collected from the modules of `rules/`, one rule a module; nothing lists them by hand.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from types import ModuleType

from tb_zeroacc.diagnosis import rules
from tb_zeroacc.diagnosis.answers import Stage, Tier
from tb_zeroacc.diagnosis.rule import Family, Rule

SUSPICION = tuple(Family)


def modules_of(package: ModuleType) -> list[ModuleType]:
    """Every module of a package, from a folder as well as from a zip archive."""
    names = [found.name for found in pkgutil.iter_modules(package.__path__)]
    return [importlib.import_module(f"{package.__name__}.{name}") for name in names]


def rule_of(module: ModuleType) -> Rule:
    """The one rule of a module.

    Raises:
        ValueError: It holds none or several, or is not named after its rule.
    """
    found = [value for value in vars(module).values() if isinstance(value, Rule)]
    if len(found) != 1:
        raise ValueError(f"{module.__name__} holds {len(found)} rules, and should hold one")
    stem = module.__name__.rpartition(".")[2]
    if stem != found[0].module_name:
        raise ValueError(f"{module.__name__} should be called {found[0].module_name}")
    return found[0]


def in_order_of_suspicion(found: Iterable[Rule]) -> tuple[Rule, ...]:
    """Families in the order of `Family`, and the code within each."""
    return tuple(sorted(found, key=lambda rule: (SUSPICION.index(rule.family), rule.code)))


def collect(package: ModuleType) -> tuple[Rule, ...]:
    """The rules of a package, in the order of suspicion.

    Raises:
        ValueError: Two rules share a code, or a module does not hold exactly its one rule.
    """
    found = in_order_of_suspicion(rule_of(module) for module in modules_of(package))
    codes = [rule.code for rule in found]
    if twice := sorted({code for code in codes if codes.count(code) > 1}):
        raise ValueError(f"two rules share the code {', '.join(twice)}")
    return found


CATALOGUE: tuple[Rule, ...] = collect(rules)
RULES: dict[str, Rule] = {rule.code: rule for rule in CATALOGUE}


_WATCHED = (Family.LOG, Family.OPTIMISATION, Family.PROGRESS)  # these judge how training went


def _shows_before_training(rule: Rule) -> bool:
    """Whether a few batches through an untrained model can show a fault.

    What such a model predicts says nothing yet, unless it is wrong beyond doubt.
    """
    last = Stage.GRADIENTS if rule.tier is Tier.DEFINITE else Stage.ACTIVATIONS
    return rule.family not in _WATCHED and rule.stage <= last


BEFORE_TRAINING: tuple[Rule, ...] = tuple(filter(_shows_before_training, CATALOGUE))
