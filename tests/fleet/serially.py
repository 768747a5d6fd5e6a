"""A scan without Beam: the same steps in the same order, one after the other."""

from __future__ import annotations

import json
import zlib
from typing import Any

from tb_zeroacc.fleet import judging, placing
from tb_zeroacc.fleet.judging import Outcome
from tb_zeroacc.fleet.resuming import packed, unpacked
from tb_zeroacc.fleet.work import single_files, work_below
from tb_zeroacc.verdict import Reader


def outcomes_of(url: str, now: float | None, *, by_file: bool = False) -> list[Outcome]:
    """What came of every unit, by workers that read files one by one or not."""
    found: list[Outcome] = []
    for work in work_below(url, now).units:
        if not by_file:
            found.append(judging.outcome_of(work))
            continue
        parts = [judging.read(single) for single in single_files(work)]
        found.append(judging.judge(work, {at: file for part in parts for at, file in part.items()}))
    return found


def scanned(outcomes: list[Outcome]) -> tuple[dict[str, str], list[str], int]:
    """Verdicts by name, sentences on what could not be read, and how many were read again."""
    outcomes = [*unpacked(b"".join(map(packed, outcomes)))]  # as a later scan finds them
    placed = placing.placed(map(placing.slip_of, outcomes))
    stand = [one for each in outcomes for one in placing.standing(each, placed)]
    for work in placed.again:
        again = judging.outcome_of(work)
        assert not again.error
        stand += placing.standing(again, placed)
    told = [zlib.decompress(one.verdict).decode() for one in stand]
    verdicts = {json.loads(verdict)["run"]: verdict for verdict in told}
    assert len(verdicts) == len(told), "a training was told twice"
    return verdicts, [sentence for _, sentence in placed.lost], len(placed.again)


def diagnosed(url: str, now: float | None) -> tuple[dict[str, str], list[str]]:
    """The same by `diagnose`."""
    from tb_zeroacc.encoding import runs_json

    reader = Reader(url)
    reader.refresh(now)
    told: Any = runs_json(reader.state(now))
    return {each["run"]: json.dumps(each) for each in told["runs"]}, reader.unread
