"""Replaces one attribute of one object, and puts it back without a trace.

Patches stack: two recorders may patch the same object and end in any order. One that is not on top
when it ends becomes inert, and goes when the one above it does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tb_zeroacc.keras.compat import is_as_keras_made_it

_MARK = "_zeroacc_patch"


class Patch:
    """A function put in the place of `target.name`, on the instance alone.

    Args:
        target: The object; it is patched past its own `__setattr__`, so that Keras tracks nothing.
        name: The attribute to replace.
        make: Builds the replacement from the original and this patch; while `active` is False it
            must do nothing but pass calls on.

    Attributes:
        active: Whether it has not ended.
        original: What it replaces.
        was_own: Whether that stood on the instance itself.
    """

    def __init__(
        self, target: Any, name: str, make: Callable[[Any, Patch], Callable[..., Any]]
    ) -> None:
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


def is_patched(target: Any, name: str) -> bool:
    """Whether a patch of any recorder lies on an attribute."""
    return getattr(vars(target).get(name), _MARK, None) is not None


def is_keras_own(model: Any, name: str) -> bool:
    """Whether a method is Keras' own: neither the user's class nor the user put another there."""
    standing = vars(model).get(name)
    while (patch := getattr(standing, _MARK, None)) is not None:
        standing = patch.original if patch.was_own else None
    return standing is None and is_as_keras_made_it(model, name)
