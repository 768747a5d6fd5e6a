"""Questions of the tab and the replies to them: plain data that can go to another process."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Literal, Protocol, TypeAlias

SOON = 1  # seconds after which to ask again while something is under way
LONGEST_QUOTE = 200  # characters of an argument that are repeated in an error

Argument: TypeAlias = "str | int | tuple[str, ...]"
Route: TypeAlias = Literal[
    "runs", "summaries", "run", "trainings", "rule", "curves", "layers", "histograms", "metrics",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked.

    Attributes:
        route: Name of the route.
        arguments: Its checked arguments.
        held: Tags of the answers that the asker holds already.
    """

    route: Route
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    held: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Content:
    """An answer.

    Attributes:
        tag: Tells it from any other answer to the same question.
        body: Its JSON, or metrics; None where the asker holds it already.
        again_in: Seconds after which to ask again, because something newer is under way.
    """

    tag: str
    body: bytes | None
    again_in: int | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """There is nothing of that name, in a sentence."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Unavailable:
    """Nobody can answer now, in a sentence; it is worth asking again.

    Attributes:
        sentence: Why.
        again_in: Seconds after which to ask again.
    """

    sentence: str
    again_in: int = SOON


Reply: TypeAlias = Content | Missing | Unavailable


class Answering(Protocol):
    """Whoever answers questions, in this process or in another."""

    def begin(self) -> None:
        """Has the reading begin: questions follow."""

    def answer(self, question: Question) -> Reply:
        """The reply to a question."""


def serialise(content: Any) -> bytes:
    """JSON in ASCII: whatever a name holds, it can be sent."""
    return json.dumps(content, allow_nan=False).encode("ascii")


def digest(content: bytes) -> str:
    """A short name of the content, for an ETag."""
    return blake2b(content, digest_size=12).hexdigest()


def quoted(text: str) -> str:
    """Text of the request as it is repeated in an error."""
    return repr(text[:LONGEST_QUOTE])
