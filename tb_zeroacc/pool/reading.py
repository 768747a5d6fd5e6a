"""The task of reading and judging the files of shares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tb_zeroacc.diagnosis.diagnosis import Diagnosis
from tb_zeroacc.logs.reader import LogReader
from tb_zeroacc.pool.handing_over import PackedShare, ReadShare, packed, unpacked
from tb_zeroacc.pool.shares import Share
from tb_zeroacc.run import Run


@dataclass(frozen=True, slots=True)
class ReadAndJudge:
    """Reading and judging the files of shares, for a reader of the same path.

    Attributes:
        path: The path that is read.
        label: Name of the directory that it is.
        session: The recorder's session to judge; None for the latest.
        now: The clock that decides what still runs; None for no clock.
        judge: The verdict on a run: a function of a module, which the process imports.
    """

    path: str
    label: str
    session: str | None
    now: float | None
    judge: Callable[[Run], Diagnosis]

    def send(self, share: Share) -> PackedShare:
        """Reads and judges a share."""
        return packed(read_share(self, share))

    def received(self, sent: PackedShare) -> ReadShare:
        """The same, where it was sent to."""
        return unpacked(sent)


def read_share(task: ReadAndJudge, share: Share, *, keep: int = 0) -> ReadShare:
    """Reads and judges the files of a share.

    Args:
        task: What is to be done with it.
        share: Its files.
        keep: Of so many trainings that are not expected to go on the contents are kept.
    """
    logs = LogReader(task.path, task.session)
    logs.read([file for unit in share for file in unit], task.label)
    verdicts = {run.name: task.judge(run) for run in logs.runs(task.now)}
    logs.forget_quiet(keep)
    return ReadShare(logs.part(), verdicts)
