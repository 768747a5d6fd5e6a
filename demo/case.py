"""One case of the demo: two programs and what the verdict on them must say."""

from __future__ import annotations

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
        text: What really happens, in words.
        faulty: Trains the faulty program: (log_dir, seed).
        mended: Trains its twin, which learns.
        first: Codes that may stand first.
        also: Codes that must stand as causes of their own.
        never: Codes that must not be flagged.
        raises: The exception that ends the faulty program; None where it runs to its end.
        sometimes_learns: True where the faulty program learns all the same in some seeds.
    """

    name: str
    text: str
    faulty: Callable[[str, int], None]
    mended: Callable[[str, int], None]
    first: tuple[str, ...]
    also: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    raises: type[Exception] | None = None
    sometimes_learns: bool = False


def names() -> list[str]:
    """All cases by name."""
    return sorted(module.name for module in pkgutil.iter_modules(cases.__path__))


def load(name: str) -> Case:
    """The case of a name; loading it loads Keras.

    Raises:
        KeyError: There is no such case.
    """
    if name not in names():
        raise KeyError(name)
    module = importlib.import_module(f"demo.cases.{name}")
    return Case(
        name=name,
        text=(module.__doc__ or "").strip(),
        faulty=module.faulty,
        mended=module.mended,
        first=module.FIRST,
        also=getattr(module, "ALSO", ()),
        never=getattr(module, "NEVER", ()),
        raises=getattr(module, "RAISES", None),
        sometimes_learns=getattr(module, "LEARNS_IN_SOME_SEEDS", False),
    )


def train(name: str, directory: Path, seed: int, *, mended: bool) -> str | None:
    """Trains one program into `directory`/<name> (or <name>_mended).

    Returns:
        The sentence of the exception that was expected to end it, None where none was.
    """
    import keras

    case = load(name)
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    log_dir = str(directory / (name + MENDED if mended else name))
    if mended:
        case.mended(log_dir, seed)
        return None
    if case.raises is None:
        case.faulty(log_dir, seed)
        return None
    try:
        case.faulty(log_dir, seed)
    except case.raises as error:
        return f"{type(error).__name__}: {str(error).splitlines()[0]}"
    raise AssertionError(f"{name} was expected to end with {case.raises.__name__}")
