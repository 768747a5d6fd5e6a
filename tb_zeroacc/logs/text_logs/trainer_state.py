"""Reads the `trainer_state.json` that Hugging Face's Trainer writes into each checkpoint."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tb_zeroacc.logs.contents import FileContents
from tb_zeroacc.logs.decoding import MAX_TAG
from tb_zeroacc.logs.following import Read, read_up_to
from tb_zeroacc.logs.hyperparameters import hyperparameters_of
from tb_zeroacc.logs.roles.meaning import meaning_of
from tb_zeroacc.logs.text_logs.columns import step_of
from tb_zeroacc.run import Role

NAME = "trainer_state.json"
MAX_SIZE = 64 * 2**20  # bytes


@dataclass(slots=True)
class StateFollower:
    """One such file, which is always written as a whole.

    Attributes:
        contents: What its `log_history` says.
        changes: Rises whenever it was read.
        refusal: Why it is no log of a training, as half a sentence; None where it is one.
        is_broken: Whether it is no JSON at all: a file that is not whole.
        last_step: The largest step in it; -1 where there is none.
    """

    contents: FileContents = field(default_factory=FileContents)
    changes: int = 0
    refusal: str | None = None
    is_broken: bool = False
    last_step: int = -1

    def advance(self, read: Read, size: int) -> None:
        """Reads it anew; `size` is the file's present size in bytes."""
        self.changes += 1
        self.contents, self.refusal = FileContents(counted="step"), None
        self.is_broken, self.last_step = False, -1
        if size > MAX_SIZE:
            self.refusal = f"it is larger than {MAX_SIZE >> 20} MiB"
            return
        try:
            state = json.loads(read_up_to(read, size))
        except (ValueError, RecursionError):  # no JSON, no text, or nested without end
            self.refusal, self.is_broken = "it is no JSON, or not whole", True
            return
        history = state.get("log_history") if isinstance(state, dict) else None
        if not isinstance(history, list):
            self.refusal = "it has no list `log_history`"
            return
        for entry in history:
            if isinstance(entry, dict):
                self._take(entry)
        self.contents.hyperparameters = hyperparameters_of(state.items(), NAME)
        if not any(meaning_of(tag).role is not Role.OTHER for tag in self.contents.tracks):
            self.contents = FileContents(counted="step")
            self.refusal = "its `log_history` holds no loss or metric with a step"

    @property
    def holds_log(self) -> bool:
        """Whether at least one entry was found."""
        return self.contents.events > 0

    def unread(self, name: str) -> str | None:
        """Why nothing could be read of it, as a sentence; None where something was."""
        return None if self.refusal is None else f"{name} is no log of a training: {self.refusal}."

    def damage(self, name: str) -> Iterator[str]:
        """Nothing: it is read as a whole or not at all."""
        yield from ()

    def unfinished(self, name: str) -> Iterator[str]:
        """Nothing, as above."""
        yield from ()

    def _take(self, entry: dict[str, Any]) -> None:
        step = step_of(_number(entry.get("step")))
        if step is None:
            return
        self.last_step = max(self.last_step, step)
        found = {tag: _number(value) for tag, value in entry.items() if len(tag) <= MAX_TAG}
        self.contents.add_numbers(
            step,
            {t: n for t, n in found.items() if n is not None and t not in ("step", "epoch")},
        )


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return None
