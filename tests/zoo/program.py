"""One program of the zoo: what it trains and what must be said of it."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import ModuleType

Train = Callable[[Path], None]


@dataclass(frozen=True, slots=True)
class Program:
    """A small training with the verdict that it deserves.

    Attributes:
        name: Its function's name, and the name of its training in a log directory.
        train: Trains it, recorded, into a directory.
        first: Codes that may stand first; empty for a program that learns.
        also: Codes of its further causes, each of which must stand as a cause of its own.
        beside: Codes that are true of it as well and may be said.
        shows_it: Whether a healthy one's curves can show that it learns; those of a game cannot.
        summary: Its docstring, if it has one.
    """

    name: str
    train: Train
    first: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    shows_it: bool = True
    summary: str = ""

    @property
    def is_faulty(self) -> bool:
        """Whether it has a cause to be found."""
        return bool(self.first)

    @property
    def module(self) -> str:
        """Name of the module that holds it."""
        return self.train.__module__.rpartition(".")[2]

    @property
    def is_held_out(self) -> bool:
        """Whether it belongs to the third on which nothing may be tuned: its name decides."""
        return zlib.crc32(self.name.encode()) % 3 == 0

    @property
    def true_codes(self) -> frozenset[str]:
        """All that may be said of it, strong or definite."""
        return frozenset((*self.first, *self.also, *self.beside))

    @property
    def source(self) -> str:
        """The text of its function, without the codes above it: what its log was trained from."""
        text = inspect.getsource(self.train)
        return text[text.index("def ") :]


def faulty(
    *first: str, also: tuple[str, ...] = (), beside: tuple[str, ...] = ()
) -> Callable[[Train], Program]:
    """Makes a faulty program of the function below it; see `Program` for the codes."""

    def wrap(train: Train) -> Program:
        text = inspect.getdoc(train) or ""
        return Program(train.__name__, train, first, also, beside, summary=text)

    return wrap


def healthy(train: Train) -> Program:
    """Makes a program that learns of the function below it."""
    return Program(train.__name__, train, summary=inspect.getdoc(train) or "")


def untold(train: Train) -> Program:
    """Makes a healthy program of the function below it whose curves cannot show that it learns."""
    return replace(healthy(train), shows_it=False)


@cache
def programs() -> dict[str, Program]:
    """All programs by name, from every module of `cases`; loads Keras.

    Raises:
        ValueError: Two programs have one name.
    """
    from tests.zoo import cases

    found: dict[str, Program] = {}
    for module in _modules_below(cases):
        for value in vars(module).values():
            if isinstance(value, Program):
                if value.name in found:
                    raise ValueError(f"two programs are called {value.name}")
                found[value.name] = value
    return found


def _modules_below(package: ModuleType) -> list[ModuleType]:
    walked = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    return [importlib.import_module(entry.name) for entry in walked]
