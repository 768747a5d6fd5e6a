"""Where TensorBoard's logs lie, and how it names the runs below each place."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

_HALVES = re.compile("[\ud800-\udfff]")  # of characters: undecodable file names have them
_URL = re.compile(r"[a-zA-Z][0-9a-zA-Z.+]*://")


class Place(NamedTuple):
    """One log directory; `name` stands before the names of its runs, empty for no such name."""

    path: str
    name: str = ""

    @property
    def is_remote(self) -> bool:
        """Whether it is a URL: what answers it may take its time."""
        return _URL.match(self.path) is not None

    def training(self, name: str) -> str:
        """The name under which a training of this place is shown."""
        if not self.name:
            return name
        return self.name if name == "." else f"{self.name}/{name}"

    def member(self, name: str) -> str:
        """TensorBoard's name of a run of this place."""
        return f"{self.name}/{name}" if self.name else name


def wellformed(name: str) -> str:
    """The name as a browser gives it back: halves of characters are replaced."""
    return _HALVES.sub("\N{REPLACEMENT CHARACTER}", name)


def places_of(logdir: str | None, logdir_spec: str | None) -> tuple[Place, ...]:
    """The places that TensorBoard was started with, read as it reads its own arguments.

    Args:
        logdir: The raw `--logdir`; a `~` in it is the user's home directory.
        logdir_spec: The raw `--logdir_spec`: `name:path` or `path`, separated by commas.
    """
    if logdir:
        return (Place(_local(logdir)),)
    specs = [spec.strip() for spec in (logdir_spec or "").split(",")]
    return tuple(_place(spec) for spec in specs if spec)


def places_below(path: str) -> tuple[Place, ...]:
    """The places that a path on the command line names: itself, or several with their names.

    What exists under that very name is meant, whatever is in it.
    """
    whole = Place(_local(path))
    if _URL.match(path) or not {":", ","} & set(path) or Path(whole.path).exists():
        return (whole,)
    places = places_of(None, path)
    is_any = any(_URL.match(place.path) or Path(place.path).exists() for place in places)
    return places if is_any else (whole,)


def named_places(paths: Sequence[str]) -> tuple[Place, ...]:
    """The places of several paths: where there are more, each stands before its trainings."""
    places = [place for path in paths for place in places_below(path)]
    if len(places) == 1:
        return tuple(places)
    return tuple(Place(place.path, place.name or place.path.rstrip("/")) for place in places)


def places_from(context: Any) -> tuple[Place, ...]:
    """The places in TensorBoard's context, every field of which may be None."""
    spec = getattr(context.flags, "logdir_spec", None)
    return places_of(context.logdir, spec)


def _place(spec: str) -> Place:
    named = not (_URL.match(spec) or spec.startswith("/") or os.path.splitdrive(spec)[0])
    if named and ":" in spec:
        name, _, path = spec.partition(":")
        return Place(_local(path), name)
    return Place(_local(spec))


def _local(path: str) -> str:
    return path if _URL.match(path) else str(Path(path).expanduser())
