"""Does to a program what the fix of a finding says, as its text and its code say it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from tb_zeroacc.diagnosis.answers import Fix
from tests.fixes.reading import ArgumentEdit, LayerEdit, Statement, edits_of
from tests.fixes.replacing import NAMES, OutOfReachError, UnfitError, replaced, value_of
from tests.zoo.building import Fitting

COMPILED = ("optimizer", "loss", "loss_weights", "metrics", "weighted_metrics")
HELD_OUT = 0.2  # share of a dataset that `held_out` stands for where the program holds out nothing


def mended(code: str, fitting: Fitting, fix: Fix) -> Fitting:
    """A program after the fix.

    Args:
        code: The rule's.
        fitting: What the program hands to `fit`.
        fix: Of the finding.

    Raises:
        UnfitError: The code of the fix cannot be carried out on this program.
    """
    return MENDING.get(code, as_written)(fitting, fix)


def as_written(fitting: Fitting, fix: Fix) -> Fitting:
    """Replaces the layers, changes the arguments, runs the statements."""
    try:
        edits = list(edits_of(fix.code))
    except SyntaxError as error:
        raise UnfitError(f"its code is no Python: {error.msg}") from error
    program = _Program(fitting)
    for edit in edits:
        if isinstance(edit, ArgumentEdit):
            program.set_argument(edit)
        elif isinstance(edit, Statement):
            program.run(edit.node)
    layers = [edit for edit in edits if isinstance(edit, LayerEdit)]
    return program.fitting(layers)


def undivided(fitting: Fitting, fix: Fix) -> Fitting:
    """Multiplies by what the program shall no longer divide by."""
    scale = {"x": 1.0, "y": 1.0}
    for sign, line in re.findall(r"^([-+]) (.*)$", fix.code, re.M):
        for name, factor in re.findall(r"\b(x|y)((?: / [\d.]+)+)", line):
            for part in factor.split(" / ")[1:]:
                scale[name] *= float(part) ** (1 if sign == "-" else -1)
    if scale == {"x": 1.0, "y": 1.0}:
        return as_written(fitting, fix)
    if isinstance(fitting.x, tf.data.Dataset):
        data = fitting.x.map(lambda x, y: (x * scale["x"], y * scale["y"]))
        return Fitting(fitting.model, data, None, fitting.arguments)
    if fitting.y is None:
        raise OutOfReachError("it is fed by a generator")
    x, y = fitting.x * scale["x"], fitting.y
    y = (y * scale["y"]).round() if scale["y"] != 1.0 else y
    return Fitting(fitting.model, x, y, fitting.arguments)


def split_anew(fitting: Fitting, fix: Fix) -> Fitting:
    """Puts a dataset and what was held out of it together, for the fix to split them."""
    held_out = fitting.arguments.get("validation_data")
    if not isinstance(fitting.x, tf.data.Dataset) or not isinstance(held_out, tf.data.Dataset):
        return as_written(fitting, fix)
    arguments = {k: v for k, v in fitting.arguments.items() if k != "validation_data"}
    whole = fitting.x.unbatch().concatenate(held_out.unbatch())
    counted = {**arguments, "count": sum(1 for _ in held_out.unbatch())}
    mended_one = as_written(Fitting(fitting.model, whole, None, counted), fix)
    batches = mended_one.x.shuffle(10_000).batch(32)
    kept = {
        **mended_one.arguments,
        "validation_data": mended_one.arguments["validation_data"].batch(32),
    }
    del kept["count"]
    return Fitting(mended_one.model, batches, None, kept)


MENDING: dict[str, Callable[[Fitting, Fix], Fitting]] = {
    "ZA103": undivided,
    "ZA112": undivided,
    "ZA204": undivided,
    "ZA205": split_anew,
}
"""What is not done as its code is written: it tells what the user's code does before `fit`."""


class _Model:
    """What the code of a fix knows as `model`: keeps what it is told."""

    def __init__(self, program: _Program) -> None:
        object.__setattr__(self, "_program", program)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._program.model, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._program.model, name, value)

    def compile(self, optimizer: Any = ..., loss: Any = ..., **more: Any) -> None:
        named = {"optimizer": optimizer, "loss": loss, **more}
        self._program.compiled |= {k: v for k, v in named.items() if v is not Ellipsis}

    def fit(self, x: Any = ..., y: Any = None, **more: Any) -> None:
        self._program.fit(x, y, more)

    def predict(self, x: Any) -> Any:
        return 0.0  # what a fix does with predictions is not looked at


class _Program:
    """A program that is being edited."""

    def __init__(self, fitting: Fitting) -> None:
        if type(fitting.model).compile is not keras.Model.compile:
            raise OutOfReachError("it is compiled in a way of its own")
        self.model = fitting.model
        self.x, self.y = fitting.x, fitting.y
        self.arguments = dict(fitting.arguments)
        self.compiled = dict(fitting.model._compile_config.config)
        self.layer_arguments: list[ArgumentEdit] = []
        self.names = {**NAMES, "model": _Model(self), "print": lambda *_: None, **self._data()}

    def _data(self) -> dict[str, Any]:
        """The names by which a fix may call what this program has."""
        known = {k: self.compiled[k] for k in COMPILED[:2]}
        known |= {"held_out": HELD_OUT, **self.arguments}
        if self.y is None:
            return known | {"dataset" if isinstance(self.x, tf.data.Dataset) else "data": self.x}
        return known | {"x": self.x, "y": self.y, "x_train": self.x, "y_train": self.y}

    def set_argument(self, edit: ArgumentEdit) -> None:
        if edit.name in COMPILED:
            value = value_of(edit.after, self.names)
            if isinstance(value, dict):  # of one output of several
                value = {**self._by_output(self.compiled[edit.name]), **value}
            self.compiled[edit.name] = value
        else:
            self.layer_arguments.append(edit)

    def _by_output(self, known: Any) -> dict[str, Any]:
        if isinstance(known, dict):
            return known
        return dict(zip(self.model.output_names, known or (), strict=False))

    def run(self, node: ast.stmt) -> None:
        before = dict(self.names)
        try:
            exec(compile(ast.Module([node], []), "<fix>", "exec"), self.names)
        except NameError as error:
            if "data" in self.names:
                raise OutOfReachError("it is fed by a generator") from error
            raise UnfitError(f"its code uses what the program has not: {error}") from error
        for name in ("x", "x_train", "dataset"):
            self.x = self.names[name] if self.names.get(name) is not before.get(name) else self.x
        for name in ("y", "y_train"):
            self.y = self.names[name] if self.names.get(name) is not before.get(name) else self.y

    def fit(self, x: Any, y: Any, more: dict[str, Any]) -> None:
        if x is not Ellipsis:
            self.x, self.y = x, y
        callbacks = [*self.arguments.get("callbacks", ()), *more.get("callbacks", ())]
        if isinstance(more.get("validation_data"), float) or "validation_split" in more:
            if self.arguments.keys() & {"validation_data", "validation_split"}:
                more = {k: v for k, v in more.items() if not k.startswith("validation")}
            elif "validation_data" in more:
                more = {**more, "validation_data": self._hold_out()}
        self.arguments |= {**more, "callbacks": callbacks}

    def _hold_out(self) -> Any:
        if not isinstance(self.x, tf.data.Dataset):
            raise OutOfReachError("it is fed by a generator")
        count = max(int(HELD_OUT * int(self.x.cardinality())), 1)
        held_out, self.x = self.x.take(count), self.x.skip(count)
        return held_out

    def fitting(self, layers: list[LayerEdit]) -> Fitting:
        """The program after its edits, compiled anew."""
        model = replaced(self.model, layers, self.layer_arguments)
        model.compile(**self.compiled)
        return Fitting(model, self.x, self.y, self.arguments)
