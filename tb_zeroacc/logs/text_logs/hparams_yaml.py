"""Reads the `hparams.yaml` that Lightning's loggers write beside a log.

It is read as a tree of texts: nothing is constructed of it, whatever Python objects its tags name,
and an anchor is one node however often it is referred to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tb_zeroacc.logs.contents import FileContents
from tb_zeroacc.logs.decoding import Fault
from tb_zeroacc.logs.following import Read, read_up_to
from tb_zeroacc.logs.hyperparameters import MAX_NAMES, hyperparameters_of

if TYPE_CHECKING:
    import yaml

NAME = "hparams.yaml"
MAX_SIZE = 128 * 2**10  # bytes; parsing takes about a second
MAX_DEPTH = 3  # of mappings within mappings
_OBJECT = "tag:yaml.org,2002:python/"


@dataclass(slots=True)
class HparamsFollower:
    """One such file, which is written as a whole when training begins.

    Attributes:
        contents: Its hyperparameters, or a sentence on why there are none.
        changes: Rises whenever it was read.
    """

    contents: FileContents = field(default_factory=FileContents)
    changes: int = 0

    def advance(self, read: Read, size: int) -> None:
        """Reads it anew; `size` is the file's present size in bytes."""
        self.changes += 1
        self.contents = FileContents()
        if size > MAX_SIZE:
            self._fault(f"is larger than {MAX_SIZE >> 10} KiB")
            return
        import yaml  # slow, and most logs have no such file

        try:
            root = yaml.compose(read_up_to(read, size), Loader=yaml.SafeLoader)
        # Bytes that are no text, text that is no YAML, and nesting without end.
        except (yaml.YAMLError, ValueError, RecursionError):
            self._fault("is no YAML that can be read")
            return
        self.contents.hyperparameters = hyperparameters_of(_named(root), NAME)

    def _fault(self, why: str) -> None:
        self.contents.fault(Fault(f"`{NAME}` {why}; its hyperparameters were left out."))

    @property
    def holds_log(self) -> bool:
        """Never: it has no curve."""
        return False

    def unread(self, name: str) -> str | None:
        """That it is no log by itself."""
        return f"{name} is no log of a training: it holds hyperparameters alone."

    def damage(self, name: str) -> Iterator[str]:
        """Nothing: what it lacks is no part of the log."""
        yield from ()

    def unfinished(self, name: str) -> Iterator[str]:
        """Nothing, as above."""
        yield from ()


def _named(root: yaml.Node | None) -> list[tuple[str, object]]:
    """Names and texts of the scalars in nested mappings, those of Python objects aside."""
    import yaml

    found: list[tuple[str, object]] = []
    waiting = [(root, 1)]
    while waiting and len(found) < MAX_NAMES:
        node, depth = waiting.pop(0)
        if not isinstance(node, yaml.MappingNode) or node.tag.startswith(_OBJECT):
            continue
        for key, value in node.value[:MAX_NAMES]:
            if isinstance(key, yaml.ScalarNode) and isinstance(value, yaml.ScalarNode):
                found.append((key.value, value.value))
            elif depth < MAX_DEPTH and len(waiting) < MAX_NAMES:
                waiting.append((value, depth + 1))
    return found
