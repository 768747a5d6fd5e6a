"""A folder of real logs with a verdict each: `labels.jsonl`, `kinds.json` and `runs/<id>/`.

A line of `labels.jsonl` is one run: id, group (its author), verdict, kind, confidence. Runs of one
author are correlated, so rates are averaged over authors. Labels that are unsure or of low
confidence are left out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LEFT_OUT = ("unsure", "not-a-training-run")
HALVES = ("A", "B")


@dataclass(frozen=True, slots=True)
class Label:
    """One careful reader's verdict on one run."""

    id: str
    group: str
    verdict: str
    kind: str
    confidence: str

    @property
    def counts(self) -> bool:
        """Whether it is sure enough to score by."""
        return self.verdict not in LEFT_OUT and self.confidence != "low"

    @property
    def half(self) -> str:
        """The half of the authors that it belongs to, by a hash of the author alone."""
        return HALVES[int(hashlib.sha1(self.group.encode()).hexdigest(), 16) % 2]


def labels_of(folder: Path) -> list[Label]:
    """The labels that count."""
    lines = (folder / "labels.jsonl").read_text(encoding="utf-8").splitlines()
    entries = [json.loads(line) for line in lines if line.strip()]
    names = ("id", "group", "verdict", "kind", "confidence")
    found = [Label(*(str(entry[name]) for name in names)) for entry in entries]
    return [label for label in found if label.counts]


def kinds_of(folder: Path) -> Mapping[str, Sequence[str]]:
    """By kind of failure the codes that count as telling it."""
    found: Mapping[str, Sequence[str]] = json.loads(
        (folder / "kinds.json").read_text(encoding="utf-8")
    )
    return found
