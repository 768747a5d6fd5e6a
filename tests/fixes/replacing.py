"""Replaces layers of a model as a fix writes them, whichever way the model is built."""

from __future__ import annotations

import ast
import inspect
import math
from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tests.fixes.reading import ArgumentEdit, LayerEdit

NAMES = {"keras": keras, "np": np, "tf": tf}


class UnfitError(Exception):
    """The fix does not fit the program; the sentence says why."""


class OutOfReachError(Exception):
    """No fix can be carried out on the program from outside; the sentence says why."""


def value_of(node: ast.expr, names: dict[str, Any] | None = None) -> Any:
    """The value of an expression of a fix."""
    return eval(compile(ast.Expression(node), "<fix>", "eval"), {**NAMES, **(names or {})})


def replaced(
    model: keras.Model, edits: Sequence[LayerEdit], arguments: Sequence[ArgumentEdit] = ()
) -> keras.Model:
    """The model with other layers.

    Args:
        model: Not trained yet; one of a class of its own is changed in place.
        edits: What is replaced by what.
        arguments: Of layers: every layer with the value before gets the one after.

    Raises:
        UnfitError: The model has no layer that an edit replaces.
    """
    if not edits and not arguments:
        return model
    used: set[int] = set()

    def chosen(layer: Any) -> Any:
        for edit in (*edits, *arguments):
            if isinstance(edit, ArgumentEdit):
                instead = _with_argument(layer, edit)
            elif edit.before is not None and _is_made_by(layer, edit.before):
                instead = _changed(layer, edit.before, edit.after)
            else:
                instead = None
            if instead is not None:
                used.add(id(edit))
                return instead
        return None

    found = _rebuilt(model, chosen)
    for edit in (*edits, *arguments):
        if id(edit) not in used:
            raise UnfitError(f"the model has nothing that this replaces: {_words(edit)}")
    return found


def _words(edit: LayerEdit | ArgumentEdit) -> str:
    if isinstance(edit, ArgumentEdit):
        return f"{edit.name}={ast.unparse(edit.after)}"
    calls = (edit.before, edit.after)
    return " by ".join(ast.unparse(call) if call else "nothing" for call in calls)


def _rebuilt(layer: Any, chosen: Callable[[Any], Any]) -> Any:
    """A copy of a layer, or of a model, with the chosen layers in it."""
    instead = chosen(layer)
    if instead is not None:
        return instead
    if not isinstance(layer, keras.layers.Layer) or isinstance(layer, keras.layers.Lambda):
        return layer
    if isinstance(layer, keras.Sequential) or type(layer).__name__ == "Functional":
        layer.compiled = False  # or cloning compiles it, by names alone
        more = {} if isinstance(layer, keras.Sequential) else {"call_function": _called}
        return keras.models.clone_model(
            layer, clone_function=lambda part: _rebuilt(part, chosen), **more
        )
    if isinstance(layer, keras.Model):
        _rebuild_attributes(layer, chosen)
        return layer
    return type(layer).from_config(layer.get_config())


def _called(layer: Any, *given: Any, **named: Any) -> Any:
    """A layer's call without what only the one before it knew, such as a mask of None."""
    return layer(*given, **{name: value for name, value in named.items() if value is not None})


def _rebuild_attributes(model: keras.Model, chosen: Callable[[Any], Any]) -> None:
    for name, value in list(vars(model).items()):
        if name.startswith("_"):
            continue
        if isinstance(value, keras.layers.Layer):
            setattr(model, name, _rebuilt(value, chosen))
        elif isinstance(value, list) and any(isinstance(v, keras.layers.Layer) for v in value):
            setattr(model, name, [_rebuilt(part, chosen) for part in value])


def _arguments(call: ast.Call) -> tuple[type, dict[str, Any]]:
    """The class that a call makes an object of, and its arguments by name; those `...` aside."""
    made = value_of(call.func)
    args = takewhile(lambda value: value is not Ellipsis, map(value_of, call.args))
    named = {word.arg: value_of(word.value) for word in call.keywords if word.arg}
    bound = inspect.signature(made.__init__).bind_partial(None, *args, **named).arguments
    bound = {**bound, **bound.pop("kwargs", {})}
    return made, {k: v for k, v in bound.items() if k != "self" and v is not Ellipsis}


def _is_made_by(layer: Any, call: ast.Call) -> bool:
    made, wanted = _arguments(call)
    if type(layer).__name__ != made.__name__:
        return False
    known = layer.get_config()
    return all(name in known and _same(name, known[name], v) for name, v in wanted.items())


def _same(name: str, known: Any, wanted: Any) -> bool:
    if name == "activation":
        functions = [keras.activations.get(value) for value in (known, wanted)]
        return len({getattr(f, "__name__", repr(f)) for f in functions}) == 1
    if name.endswith("initializer"):
        return _configured(keras.initializers.get(known)) == _configured(
            keras.initializers.get(wanted)
        )
    if isinstance(wanted, float) and isinstance(known, int | float):
        return math.isclose(known, wanted, rel_tol=1e-4)
    return bool(known == wanted)


def _configured(initializer: Any) -> tuple[str, dict[str, Any]]:
    config = {k: v for k, v in initializer.get_config().items() if k != "seed"}
    rounded = {k: float(f"{v:.4g}") if isinstance(v, float) else v for k, v in config.items()}
    return type(initializer).__name__, rounded


def _changed(layer: Any, before: ast.Call, after: ast.Call | None) -> Any:
    """A layer with what differs between two calls; one that does nothing where none is left."""
    if after is None:
        return keras.layers.Identity(name=layer.name)
    (_, old), (made, new) = _arguments(before), _arguments(after)
    if made is not type(layer):
        return made(**new)
    config = {k: v for k, v in layer.get_config().items() if k not in old or k in new}
    config |= {k: v for k, v in new.items() if k not in old or not _same(k, old[k], v)}
    return made.from_config(config)


def _with_argument(layer: Any, edit: ArgumentEdit) -> Any:
    """The layer with the argument's new value, where it has the old one."""
    if not isinstance(layer, keras.layers.Layer) or isinstance(layer, keras.Model):
        return None
    config = layer.get_config()
    if edit.before is None or not config.get(edit.name):
        return None
    known = keras.saving.deserialize_keras_object(config[edit.name])
    if _configured(known) != _configured(value_of(edit.before)):
        return None
    return type(layer).from_config({**config, edit.name: value_of(edit.after)})
