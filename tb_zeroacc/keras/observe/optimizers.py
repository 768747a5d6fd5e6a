"""The optimizers that may train a model: where it keeps them, and what each is seen to update.

`compile()` puts an RMSprop on every model, so an optimizer that stands there need not train it. One
that was applied does, and so does one that has counted updates that were not seen.
"""

from __future__ import annotations

import contextlib
import itertools
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import FunctionType, MethodType, ModuleType
from typing import Any

import tensorflow as tf

from tb_zeroacc.keras.compat import is_a
from tb_zeroacc.recording.tables.observation import Observation, Update

# `OptimizerV2` is the base of those that Keras 2 calls legacy.
CLASSES = ("Optimizer", "OptimizerV2", "BaseLossScaleOptimizer")
# How far the search goes: attributes of attributes, entries of a container, objects in all.
MAX_DEPTH, MAX_ENTRIES, MAX_OBJECTS = 4, 100, 10_000
# Objects of these hold no optimizer of the user's own; layers and models are looked into.
_FOREIGN = frozenset(
    {"builtins", "keras", "tf_keras", "tensorflow", "numpy", "threading", "weakref", "tb_zeroacc"}
)


@dataclass(slots=True, eq=False)
class Known:
    """One optimizer.

    Attributes:
        name: Where the model keeps it: `optimizer`, `d_optimizer`, `optimizers['critic']`.
        optimizer: The optimizer itself.
        variables: What it was applied to, by identity.
        hidden: Those of them whose update happened where no hook can look: in a branch, a
            loop or a `tf.function` of the step.
    """

    name: str
    optimizer: Any
    variables: dict[int, Any] = field(default_factory=dict)
    hidden: dict[int, Any] = field(default_factory=dict)

    @property
    def has_counted(self) -> bool:
        """Whether it has made updates, seen or unseen."""
        iterations = getattr(self.optimizer, "iterations", None)
        if iterations is None:
            return False
        with tf.init_scope():  # also asked while a step is traced
            return int(iterations.numpy()) > 0


class Optimizers:
    """The optimizers of one model while it is watched.

    Args:
        named: Optimizers by name.

    Attributes:
        changes: Counts what was learned of them.
    """

    def __init__(self, named: Mapping[str, Any]) -> None:
        self._known = [Known(name, optimizer) for name, optimizer in named.items()]
        self.changes = 0

    def __iter__(self) -> Iterator[Known]:
        return iter(self._known)

    def note(self, optimizer: Any, variables: Iterable[Any], *, hidden: bool) -> str:
        """An optimizer is applied.

        Args:
            optimizer: One of these.
            variables: What it is applied to.
            hidden: Whether that happens where no hook can look.

        Returns:
            Its name.
        """
        known = next(known for known in self._known if known.optimizer is optimizer)
        for variable in variables:
            if id(variable) not in known.variables:
                known.variables[id(variable)] = variable
                self.changes += 1
            if hidden:
                known.hidden[id(variable)] = variable
        return known.name

    def training(self, *, seen: bool) -> list[Known]:
        """Those that train the model.

        Args:
            seen: Whether a step was seen; before the first, all may.
        """
        applied = [known for known in self._known if known.variables]
        if applied or not seen:
            return applied or self._known
        return [known for known in self._known if known.has_counted]

    def unseen_updates(self, seen: Observation) -> list[Update]:
        """Updates of a step for the trainable variables that no visible one has.

        Their gradients are unknown; what changed shows in the weights before and after the step.
        """
        covered = {id(v) for update in seen.updates for v in update.variables}
        found = []

        def add(optimizer: Any, name: str, variables: Iterable[Any]) -> None:
            rest = [v for v in variables if id(v) not in covered]
            covered.update(map(id, rest))
            if rest:
                nothing = [None] * len(rest)
                update = Update(optimizer, nothing, rest, fresh=False, is_hidden=True, name=name)
                found.append(update)

        for known in self._known:
            add(known.optimizer, known.name, known.hidden.values())
        add(None, "", learned([], seen.model.trainable_variables)[1])
        return found


def learned(gradients: Iterable[Any], variables: Iterable[Any]) -> tuple[list[Any], list[Any]]:
    """Gradients and variables without those that an update replaces, such as float8's scales."""
    pairs = itertools.zip_longest(list(gradients), list(variables))
    kept = [(g, v) for g, v in pairs if not getattr(v, "overwrite_with_gradient", False)]
    return [g for g, _ in kept], [v for _, v in kept]


def makes_variables(optimizer: Any) -> bool:
    """Whether the first `apply` makes variables, so that Keras traces the step once more."""
    return not (
        type(optimizer).__name__ == "SGD"
        and is_a(optimizer, "SGD")
        and not optimizer.momentum
        and not optimizer.use_ema
        and not optimizer.gradient_accumulation_steps
    )


def optimizers_of_model(model: Any) -> dict[str, Any]:
    """Every optimizer that a model holds, each once, by where it is found.

    Looked through are the model's attributes, lists, tuples and dictionaries in them, the layers
    and models below it, and other objects of the user's own; no property is called but
    `model.optimizer`.
    """
    found: dict[str, Any] = {}
    met = {id(model)}
    ahead: deque[tuple[str, Any, int]] = deque()
    first = getattr(model, "optimizer", None)
    if is_optimizer(first):
        ahead.append(("optimizer", first, 1))
    ahead.extend((name, value, 1) for name, value in _parts_of(model, ""))
    while ahead and len(met) < MAX_OBJECTS:
        name, thing, depth = ahead.popleft()
        if id(thing) in met:
            continue
        met.add(id(thing))
        if is_optimizer(thing):
            found[name] = thing
        elif depth < MAX_DEPTH:
            with contextlib.suppress(Exception):  # an object of the user's own may do anything
                ahead.extend((path, part, depth + 1) for path, part in _parts_of(thing, name))
    return found


def is_optimizer(thing: Any) -> bool:
    """Whether something is an optimizer of Keras, of either generation."""
    return is_a(thing, *CLASSES)


def _parts_of(thing: Any, name: str) -> list[tuple[str, Any]]:
    """What a thing holds, public attributes first, each with its path."""
    if isinstance(thing, dict):
        entries = itertools.islice(thing.items(), MAX_ENTRIES)
        return [(f"{name}[{key!r}]", value) for key, value in entries]
    if isinstance(thing, list | tuple):
        return [(f"{name}[{i}]", value) for i, value in enumerate(thing[:MAX_ENTRIES])]
    if not _is_looked_into(thing):
        return []
    own = dict(getattr(thing, "__dict__", {}))
    for cls in type(thing).__mro__:
        slots = vars(cls).get("__slots__", ())
        for slot in (slots,) if isinstance(slots, str) else tuple(slots):
            if not slot.startswith("__") and hasattr(thing, slot):
                own.setdefault(slot, getattr(thing, slot))
    names = sorted(own, key=lambda key: str(key).startswith("_"))
    return [(f"{name}.{key}" if name else str(key), own[key]) for key in names]


def _is_looked_into(thing: Any) -> bool:
    if isinstance(thing, type | ModuleType | FunctionType | MethodType):
        return False
    return is_a(thing, "Layer") or type(thing).__module__.partition(".")[0] not in _FOREIGN
