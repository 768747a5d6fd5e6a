"""Outcomes as bytes, which the next scan of the same output begins with.

They are data: whoever may write to the output could change verdicts, and do nothing else. Each is a
record of its own, framed as those of event files are, followed by one for each verdict.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from tb_zeroacc.fleet.judging import Judged, Outcome
from tb_zeroacc.logs.storage import Listed, Segment
from tb_zeroacc.logs.trainings.belonging import Signs
from tb_zeroacc.run import Hyperparameters
from tb_zeroacc.tfrecord import HEAD, TAIL, framed, payload_is_sound, payload_length


def packed(outcome: Outcome) -> bytes:
    """An outcome as bytes; of several these may stand one after the other."""
    told = json.dumps(_told(outcome), separators=(",", ":")).encode()
    verdicts = (each.verdict for each in outcome.trainings)
    return b"".join(map(framed, (zlib.compress(told, 1), *verdicts)))


def unpacked(content: bytes) -> Iterator[Outcome]:
    """The outcomes of such bytes, up to the first that is not whole."""
    payloads = _payloads(content)
    try:
        for told in payloads:
            yield _outcome(json.loads(zlib.decompress(told)), payloads)
    except (zlib.error, ValueError, TypeError, KeyError, RuntimeError):
        return  # `RuntimeError`: a verdict is missing


def _payloads(content: bytes) -> Iterator[bytes]:
    at = 0
    while len(head := content[at : at + HEAD]) == HEAD:
        length, at = payload_length(head), at + HEAD
        if length is None:
            return
        payload, tail = content[at : at + length], content[at + length : at + length + TAIL]
        if not payload_is_sound(payload, tail):
            return
        yield payload
        at += length + TAIL


def _told(outcome: Outcome) -> list[Any]:
    signs = [
        [
            *_listed_told(each.listed), each.kind, list(each.tags), each.is_recorded, each.counts,
            each.holds_log, each.last_step, each.lost,
            None if each.settings is None else asdict(each.settings),
        ]
        for each in outcome.signs
    ]
    where = outcome.fingerprint, outcome.url, outcome.label, outcome.now
    return [*where, signs, [(*each[:3], None, *each[4:]) for each in outcome.trainings]]


def _outcome(told: list[Any], verdicts: Iterator[bytes]) -> Outcome:
    fingerprint, url, label, now, signs, trainings = told
    return Outcome(
        fingerprint, url, label, now,
        tuple(_signs(each) for each in signs),
        tuple(Judged(*each)._replace(verdict=next(verdicts)) for each in trainings),
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
