"""One case of the demo: two programs and what the verdict on them must say.

What a case says of itself is read from its source: listing and judging cases load no Keras.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from demo import cases

MENDED = "_mended"  # ends the name of a mended twin's training


@dataclass(frozen=True, slots=True)
class Case:
    """A faulty program with its mended twin.

    Attributes:
        name: Its module's name, and the name of its training in the log directory.
        text: What really happens, in words: the module's docstring.
        first: Codes that may stand first.
        also: Codes that must stand as causes of their own.
        rivals: Codes that the data cannot tell from the first cause.
        never: Codes that must not be flagged.
        raises: Name of the exception that ends the faulty program; None where it runs to its end.
        learns_in_some_seeds: Whether the faulty program now and then learns all the same.
    """

    name: str
    text: str
    first: tuple[str, ...]
    also: tuple[str, ...] = ()
    rivals: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    raises: str | None = None
    learns_in_some_seeds: bool = False


def names() -> list[str]:
    """All cases by name."""
    return sorted(module.name for module in pkgutil.iter_modules(cases.__path__))


def load(name: str) -> Case:
    """What the case of a name says of itself.

    Raises:
        FileNotFoundError: There is no such case.
    """
    source = Path(cases.__path__[0], f"{name}.py").read_text(encoding="utf-8")
    module = ast.parse(source)
    said = {
        target.id.lower(): ast.literal_eval(node.value)
        for node in module.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return Case(name, ast.get_docstring(module) or "", **said)


def program_of(program: str) -> Callable[[str, int], None]:
    """The program of a name, `<case>` or `<case>_mended`; loads Keras.

    It takes the directory to log into and a seed.
    """
    module = importlib.import_module(f"demo.cases.{program.removesuffix(MENDED)}")
    trains: Callable[[str, int], None]
    trains = module.mended if program.endswith(MENDED) else module.faulty
    return trains
