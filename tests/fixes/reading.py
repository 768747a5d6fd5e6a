"""The code of a fix, read as edits: layers, arguments and statements."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, zip_longest


@dataclass(frozen=True, slots=True)
class LayerEdit:
    """One layer instead of another.

    Attributes:
        before: The call that makes the layer which is replaced, or None for a new one.
        after: The call that makes the layer in its place, or None where it is left out.
    """

    before: ast.Call | None
    after: ast.Call | None


@dataclass(frozen=True, slots=True)
class ArgumentEdit:
    """Another value of a named argument: `loss="mse",`.

    Attributes:
        name: The argument.
        before: Its value as the fix supposes it, where it says.
        after: Its value from now on.
    """

    name: str
    before: ast.expr | None
    after: ast.expr


@dataclass(frozen=True, slots=True)
class Statement:
    """A line to run."""

    node: ast.stmt


Edit = LayerEdit | ArgumentEdit | Statement


def edits_of(code: str) -> Iterator[Edit]:
    """The edits that the code of a fix asks for, in its order.

    Lines with `-` are taken away; lines with `+`, and those without a mark, stand from now on.

    Raises:
        SyntaxError: What shall stand is no Python.
    """
    before: list[ast.stmt] = []
    for is_removed, lines in groupby(code.splitlines(), lambda line: line.startswith("- ")):
        text = "\n".join(line[2:] if line[:2] in ("- ", "+ ") else line for line in lines)
        if is_removed:
            yield from _edits(before, [])
            before = _parsed_or_nothing(text)
        else:
            yield from _edits(before, ast.parse(text).body)
            before = []
    yield from _edits(before, [])


def _parsed_or_nothing(text: str) -> list[ast.stmt]:
    try:
        return ast.parse(text).body
    except SyntaxError:  # a part of the user's code, as it may stand in a function
        return []


def _edits(before: list[ast.stmt], after: list[ast.stmt]) -> Iterator[Edit]:
    removed = {name: value for node in before for name, value in _argument(node)}
    layers = zip_longest(*([c for node in part for c in _layer(node)] for part in (before, after)))
    yield from (LayerEdit(*pair) for pair in layers)
    for node in after:
        yield from (ArgumentEdit(name, removed.get(name), value) for name, value in _argument(node))
        if not list(_argument(node)) and not list(_layer(node)):
            yield Statement(node)


def _layer(node: ast.stmt) -> Iterator[ast.Call]:
    """A layer alone on its line, a comma behind it or not."""
    value = node.value if isinstance(node, ast.Expr) else None
    call = value.elts[0] if isinstance(value, ast.Tuple) else value
    if isinstance(call, ast.Call) and ast.unparse(call).startswith("keras.layers."):
        yield call


def _argument(node: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    """An argument, `name=value,`: a statement has blanks around its sign."""
    if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
        return
    name, value = node.targets[0], node.value
    is_tight = name.end_col_offset is not None and value.col_offset - name.end_col_offset == 1
    if isinstance(value, ast.Tuple) and len(value.elts) == 1:
        yield name.id, value.elts[0]
    elif is_tight:
        yield name.id, value
