"""Outcomes as lines of JSON, which the next scan of the same output begins with.

They are data: whoever may write to the output could change verdicts, and do nothing else.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from tb_zeroacc.fleet.judging import Judged, Outcome
from tb_zeroacc.logs.storage import Listed, Segment
from tb_zeroacc.logs.trainings.belonging import Signs
from tb_zeroacc.run import Hyperparameters


def packed(outcomes: Iterable[Outcome]) -> bytes:
    """Outcomes as lines, compressed."""
    lines = (json.dumps(_told(outcome), separators=(",", ":")) + "\n" for outcome in outcomes)
    return gzip.compress("".join(lines).encode(), 1)


def unpacked(content: bytes) -> Iterator[Outcome]:
    """The outcomes of such bytes; what is no such line, or was cut off, is left out."""
    try:
        lines = gzip.decompress(content).splitlines()
    except (OSError, EOFError):
        return
    for line in lines:
        try:
            yield _outcome(json.loads(line))
        except (ValueError, TypeError, KeyError):
            continue


def _told(outcome: Outcome) -> list[Any]:
    signs = [
        [
            *_listed_told(each.listed), each.kind, list(each.tags), each.is_recorded, each.counts,
            each.holds_log, each.last_step, each.lost,
            None if each.settings is None else asdict(each.settings),
        ]
        for each in outcome.signs
    ]
    trainings = [[t.name, t.key, t.holds_data, t.verdict, t.is_live] for t in outcome.trainings]
    return [outcome.fingerprint, outcome.url, outcome.label, outcome.now, signs, trainings]


def _outcome(told: list[Any]) -> Outcome:
    fingerprint, url, label, now, signs, trainings = told
    return Outcome(
        fingerprint, url, label, now,
        tuple(_signs(each) for each in signs), tuple(Judged(*each) for each in trainings),
    )  # fmt: skip


def _listed_told(file: Listed) -> list[Any]:
    return [
        file.member, file.name, file.location, file.size, file.is_root, file.modified,
        file.identity, file.version, file.segments,
    ]  # fmt: skip


def _signs(told: list[Any]) -> Signs:
    member, name, location, size, is_root, modified, identity, version, segments = told[:9]
    file = None if identity is None else (int(identity[0]), int(identity[1]))
    joined = tuple(Segment(*each) for each in segments)
    listed = Listed(member, name, location, size, is_root, modified, file, version, joined)
    kind, tags, is_recorded, counts, holds_log, last_step, lost, settings = told[9:]
    known = None if settings is None else Hyperparameters(**settings)
    held = is_recorded, counts, holds_log, last_step, lost, known
    return Signs(listed, kind, tuple(tags), *held)
