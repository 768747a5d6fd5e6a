"""Replaces one attribute of one object, and puts it back without a trace.

Patches stack: two recorders may patch the same object and end in any order. One that is not on top
when it ends becomes inert, and goes when the one above it does.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeAlias

from tb_zeroacc.keras.compat import (
    call_name,
    converting,
    is_as_keras_made_it,
    is_converted,
    is_keras_2,
    unconverted,
)
from tb_zeroacc.keras.observe.layers import layers_of

_MARK = "_zeroacc_patch"
Hook: TypeAlias = "Callable[[Callable[..., Any], Patch], Callable[..., Any]]"


class Patch:
    """A function put in the place of `target.name`, on the instance alone.

    Args:
        target: The object; it is patched past its own `__setattr__`, so that Keras tracks nothing.
        name: The attribute to replace.
        make: A `Hook`: builds the replacement from the original and this patch; while `active` is
            False it must do nothing but pass calls on.

    Attributes:
        active: Whether it has not ended.
        original: What it replaces.
        was_own: Whether that stood on the instance itself.
    """

    def __init__(self, target: Any, name: str, make: Hook) -> None:
        self.target = target
        self.name = name
        self.active = True
        self.original = getattr(target, name)
        self.was_own = name in vars(target)
        replacement = make(self.original, self)
        setattr(replacement, _MARK, self)
        object.__setattr__(target, name, replacement)

    def remove(self) -> None:
        """Ends the patch, and clears away inert ones that lay below it."""
        self.active = False
        while True:
            top = getattr(vars(self.target).get(self.name), _MARK, None)
            if top is None or top.active:
                return
            if top.was_own:
                object.__setattr__(self.target, self.name, top.original)
            else:
                object.__delattr__(self.target, self.name)


class Patches:
    """The patches on one model and on what belongs to it, until `remove`."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._patches: list[Patch] = []
        self._targets: set[int] = set()

    def put(self, target: Any, name: str, make: Hook) -> None:
        """Replaces an attribute; AutoGraph converts what stood there if it did so before."""
        if is_keras_2(self._model):
            converts = is_converted(self._model, name)
            make = functools.partial(_through_autograph, make, converts)
        self._patches.append(Patch(target, name, make))

    def put_once(self, target: Any, name: str, make: Hook) -> None:
        """Replaces an attribute of an object, unless one was already."""
        if id(target) not in self._targets:
            self._targets.add(id(target))
            self.put(target, name, make)

    def put_on_layers(self, make: Callable[[Any], Hook]) -> None:
        """Replaces what computes the output of each layer that is new.

        To be asked again at each step: a subclassed model may make layers in its first call.
        """
        for layer in layers_of(self._model):
            self.put_once(layer, call_name(layer), make(layer))

    def remove(self) -> None:
        """Takes every patch off."""
        for patch in reversed(self._patches):
            patch.remove()
        self._patches.clear()


def _through_autograph(
    make: Hook, converts: bool, original: Callable[..., Any], patch: Patch
) -> Any:
    return unconverted(make(converting(original) if converts else original, patch))


def is_patched(target: Any, name: str) -> bool:
    """Whether a patch of any recorder lies on an attribute."""
    return getattr(vars(target).get(name), _MARK, None) is not None


def is_keras_own(model: Any, name: str) -> bool:
    """Whether a method is Keras' own: neither the user's class nor the user put another there."""
    standing = vars(model).get(name)
    while (patch := getattr(standing, _MARK, None)) is not None:
        standing = patch.original if patch.was_own else None
    return standing is None and is_as_keras_made_it(model, name)
