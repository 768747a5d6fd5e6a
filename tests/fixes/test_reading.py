"""What the code of a fix asks for."""

from __future__ import annotations

import ast
from collections.abc import Sequence

import pytest

from tests.fixes.reading import ArgumentEdit, Edit, LayerEdit, edits_of


def words(edit: Edit) -> str:
    """An edit in a line."""
    if isinstance(edit, LayerEdit):
        before, after = (ast.unparse(c) if c else "-" for c in (edit.before, edit.after))
        return f"layer {before} -> {after}"
    if isinstance(edit, ArgumentEdit):
        before = ast.unparse(edit.before) if edit.before else "-"
        return f"argument {edit.name}: {before} -> {ast.unparse(edit.after)}"
    return f"statement {ast.unparse(edit.node)}"


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        (
            '- keras.layers.Dense(1)\n+ keras.layers.Dense(3, activation="softmax")\n'
            '- loss="mse",\n+ loss="sparse_categorical_crossentropy",',
            ["layer keras.layers.Dense(1) -> keras.layers.Dense(3, activation='softmax')",
             "argument loss: 'mse' -> 'sparse_categorical_crossentropy'"],
        ),
        ("- keras.layers.Softmax()", ["layer keras.layers.Softmax() -> -"]),
        ("keras.layers.Dense(64)", ["layer - -> keras.layers.Dense(64)"]),
        ('+ metrics={"dark": ["mae"]},', ["argument metrics: - -> {'dark': ['mae']}"]),
        (
            "- kernel_regularizer=keras.regularizers.L2(5),\n"
            "+ kernel_regularizer=keras.regularizers.L2(0.005),",
            ["argument kernel_regularizer: keras.regularizers.L2(5) -> "
             "keras.regularizers.L2(0.005)"],
        ),
        (
            "+ mean = x.mean()\n- model.fit(x, y)\n+ model.fit(x - mean, y)",
            ["statement mean = x.mean()", "statement model.fit(x - mean, y)"],
        ),
        ("- while True:\n-     yield batch\n+ x = 1", ["statement x = 1"]),
        ("print(y)\n+ y = y - 1  # from 0", ["statement print(y)", "statement y = y - 1"]),
    ],
)  # fmt: skip
def test_edits(code: str, wanted: Sequence[str]) -> None:
    assert [words(edit) for edit in edits_of(code)] == list(wanted)


def test_what_shall_stand_must_be_python() -> None:
    with pytest.raises(SyntaxError):
        list(edits_of("+ model.fit(x,"))
