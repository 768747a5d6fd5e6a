"""One worker's part: it reads a unit of files and judges the trainings that they make.

Which files make a training is known for certain only when all of them were seen: each result keeps
the signs of its files, by which `placing` finds the few that belong together for other reasons than
their names.
"""

from __future__ import annotations

import hashlib
import json
import logging
import zlib
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from tb_zeroacc.encoding import run_json
from tb_zeroacc.fleet.rows import brief_of
from tb_zeroacc.fleet.work import Work
from tb_zeroacc.logs.followed_file import FollowedFile, given_up
from tb_zeroacc.logs.grouping import Part, parts_of
from tb_zeroacc.logs.jobs.joining import possible_jobs
from tb_zeroacc.logs.reader import LogReader
from tb_zeroacc.logs.trainings.belonging import Signs, signs_of
from tb_zeroacc.logs.trainings.training import ReadPart
from tb_zeroacc.run import Run
from tb_zeroacc.verdict import Reading, judged

log = logging.getLogger(__name__)


class Judged(NamedTuple):
    """One training of a unit.

    Attributes:
        name: Its name.
        key: Tells which files it was made of, and what each was taken for.
        holds_data: Whether it holds more than headers.
        verdict: Its JSON, as in `zeroacc diagnose --format json`, deflated: a fifth of the bytes,
            and they are copied often; empty where it was not judged.
        brief: What tables and summary tell of it, as JSON.
        is_live: Whether it still runs: its verdict may change though its files do not.
    """

    name: str
    key: str
    holds_data: bool
    verdict: bytes = b""
    brief: str = ""
    is_live: bool = False


class Outcome(NamedTuple):
    """What came of a unit.

    Attributes:
        fingerprint: Of the work.
        url: What is scanned.
        label: Name of the directory that it is.
        now: The clock.
        signs: What decides where each of its files belongs.
        trainings: Those that its files alone make.
        error: Why nothing came of it; empty where something did.
        is_final: Whether another attempt would come to the same.
    """

    fingerprint: str
    url: str
    label: str
    now: float | None
    signs: tuple[Signs, ...] = ()
    trainings: tuple[Judged, ...] = ()
    error: str = ""
    is_final: bool = True

    @property
    def holds_later(self) -> bool:
        """Whether it is the same at any later time, while the files are as they are."""
        return self.is_final and not any(each.is_live for each in self.trainings)


def read(work: Work) -> dict[str, FollowedFile]:
    """What the files of a unit hold, by location."""
    logs = LogReader(work.url)
    logs.read(list(work.files), work.label)
    return logs.part().files


def judge(work: Work, files: Mapping[str, FollowedFile]) -> Outcome:
    """The verdicts on the trainings that files make.

    Args:
        work: What is to be done.
        files: What they hold, by location.
    """
    logs = LogReader(work.url)
    logs.read([], work.label)
    ordered = {each.location: files[each.location] for each in work.files if each.location in files}
    logs.take_over(ReadPart(ordered, {}, {}))
    verdicts = {
        run.name: _told(run) for run in logs.runs(work.now) if work.name in ("", run.name)
    }
    trainings = [
        Judged(
            name,
            key_of((one.file.listed.location, one.member, one.part) for one in training.files),
            training.built.holds_data,
            *verdicts.get(name, ()),
        )
        for name, training in logs.part().trainings.items()
        if work.name in ("", name)
    ]
    signs = tuple(signs_of(file) for file in ordered.values())
    if not _may_be_job(work):
        signs = tuple(map(light, signs))
    return Outcome(
        work.fingerprint, work.url, work.label, work.now, signs, tuple(trainings)
    )


def _told(run: Run) -> tuple[bytes, str, bool]:
    verdict = run_json(Reading(run, judged(run)))
    deflated = zlib.compress(json.dumps(verdict).encode(), 1)
    return deflated, json.dumps(brief_of(verdict)), run.state == "live"


def outcome_of(work: Work) -> Outcome:
    """Reads and judges a unit; whatever happens, it is an outcome."""
    try:
        return judge(work, read(work))
    except Exception as fault:  # noqa: BLE001 - promise: a log that fails is a row
        return failed(work, fault)


def file_of(work: Work) -> FollowedFile:
    """What the one file of some work holds; whatever happens, it is told."""
    (listed,) = work.files
    try:
        return read(work)[listed.location]
    except Exception as fault:  # promise: a log that fails is a row
        log.debug("Reading %r failed", listed, exc_info=fault)
        return given_up(listed, type(fault).__name__)


def unreadable(work: Work, why: str) -> Outcome:
    """The outcome of a unit of which no file can be read."""
    outcome = judge(work, {file.location: given_up(file, why) for file in work.files})
    return outcome._replace(is_final=False)


def failed(work: Work, fault: Exception) -> Outcome:
    """The outcome of a unit of which nothing can be told."""
    log.debug("Judging %r failed", work.files[:1], exc_info=fault)
    first = work.files[0]
    where = first.name if first.member == "." else f"{first.member}/{first.name}"
    said = f"`{where}` could not be read or judged: {type(fault).__name__}."
    return Outcome(
        work.fingerprint, work.url, work.label, work.now, error=said, is_final=False
    )


def _may_be_job(work: Work) -> bool:
    """Whether directories of it may be the workers of one job: then all their tags are compared."""
    return bool(possible_jobs(parts_of({file.member for file in work.files}, work.label, {})))


def light(signs: Signs) -> Signs:
    """The signs of a file with no more of them than matter: whether there is one tag alone."""
    return signs._replace(tags=tuple(sorted(signs.tags)[:2]), settings=None)


def key_of(files: Iterable[tuple[str, str, Part]]) -> str:
    """Tells what a training is made of: the location, member and part of each file."""
    told = sorted(
        (location, member, part.training, repr(part.split), part.recorder, repr(part.worker))
        for location, member, part in files
    )
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]
