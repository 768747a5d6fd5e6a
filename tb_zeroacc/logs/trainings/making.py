"""Builds one training of its files: one Run, or of a job a lane for each worker."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from tb_zeroacc.logs.building import Built, BuiltLane, build, unreadable
from tb_zeroacc.logs.contents import FileContents
from tb_zeroacc.logs.followed_file import FollowedFile
from tb_zeroacc.logs.grouping import Part
from tb_zeroacc.logs.jobs.lanes import job_of
from tb_zeroacc.logs.text_logs.hparams_yaml import HparamsFollower
from tb_zeroacc.logs.trainings.belonging import Placed
from tb_zeroacc.logs.trainings.training import Training, version_of
from tb_zeroacc.run import Run
from tb_zeroacc.workers import Worker

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Making:
    """How trainings are built.

    Attributes:
        path: The path that was asked for.
        session: The one session of our recorder that counts; None for the latest of each training.
        is_sampled: Whether points come through a sampling data provider.
        whole: Reads a file again whose contents were forgotten.
    """

    path: str
    session: str | None
    is_sampled: bool
    whole: Callable[[FollowedFile], FollowedFile]

    def training(self, name: str, files: Sequence[Placed], known: Training | None) -> Training:
        """One training.

        Args:
            name: Its directory.
            files: In reading order.
            known: The same before its files changed.
        """
        files = self._with_contents(files) if self.session is not None else list(files)
        lanes = _lanes([placed for placed in files if self._counts(placed.file)])
        if not lanes:
            files = self._with_contents(files)
            built = self._built(name, files, None if known is None else known.built.run)
            return Training(files, version_of(files), built)
        before = {} if known is None else {lane.worker: lane for lane in known.built.lanes}
        read: dict[str, Placed] = {}
        built_lanes = []
        for worker, own in lanes.items():
            lane, held = self._lane(worker, own, before)
            built_lanes.append(lane)
            read.update((placed.file.listed.location, placed) for placed in held)
        files = [read.get(placed.file.listed.location, placed) for placed in files]
        return Training(files, version_of(files), job_of(name, built_lanes))

    def _lane(
        self, worker: Worker, files: Sequence[Placed], before: Mapping[Worker, BuiltLane]
    ) -> tuple[BuiltLane, Sequence[Placed]]:
        """What one worker wrote; as it was, where none of its files has changed."""
        known = before.get(worker)
        if known is not None and known.version == version_of(files):
            return known, files
        files = self._with_contents(files)
        name = f"{files[0].part.training}: {worker.name}"
        built = self._built(name, files, None if known is None else known.built.run)
        return BuiltLane(worker, version_of(files), built), files

    def _with_contents(self, files: Sequence[Placed]) -> list[Placed]:
        return [placed._replace(file=self.whole(placed.file)) for placed in files]

    def _counts(self, file: FollowedFile) -> bool:
        """Whether a file is no other session's than the one that was asked for."""
        if self.session is None:
            return True
        recording = file.follower.contents.recording
        start = None if recording is None else recording.start
        return start is None or start.session == self.session

    def _built(self, name: str, files: Sequence[Placed], known: Run | None) -> Built:
        directories: dict[str, tuple[Part, list[FileContents]]] = {}
        for member, part, file in files:
            is_read = file.follower.holds_log or isinstance(file.follower, HparamsFollower)
            if is_read and self._counts(file):
                _, contents = directories.setdefault(member, (part, []))
                contents.append(file.follower.contents)
        notes = [note for at in files for note in at.file.damage()]
        try:
            built = build(
                name,
                self.path,
                directories,
                notes,
                [note for at in files for note in at.file.unfinished()],
                known,
                [lost for at in files for lost in at.file.losses()],
            )
            if self.is_sampled:
                built = built._replace(run=replace(built.run, sampled=True))
            return built
        except Exception as fault:
            log.debug("Building %r failed", name, exc_info=True)
            return unreadable(name, self.path, {at.member for at in files}, notes, fault)


def _lanes(files: Sequence[Placed]) -> dict[Worker, list[Placed]]:
    """The files of each worker of a job, the first one first; empty of any other training.

    What all share goes with the first worker, and what an evaluator measured as its validation.
    """
    own: dict[Worker, list[Placed]] = defaultdict(list)
    for placed in files:
        if placed.part.worker is not None:
            own[placed.part.worker].append(placed)
    workers = sorted(
        (worker for worker, some in own.items() if any(p.file.follower.holds_log for p in some)),
        key=lambda worker: (not worker.trains, worker.place),
    )
    if len(workers) < 2 or not workers[0].trains:
        return {}
    first = workers[0]
    with_first = [placed for placed in files if _goes_with(placed.part, first)]
    return {worker: with_first if worker is first else own[worker] for worker in workers}


def _goes_with(part: Part, first: Worker) -> bool:
    worker = part.worker
    return worker in (None, first) or (worker is not None and worker.task == "evaluator")
