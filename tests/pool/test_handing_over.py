"""What one process hands to another: all that was read, of which little is unpacked."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

import pytest

from tb_zeroacc.logs.reader import LogReader
from tb_zeroacc.packing import packing
from tb_zeroacc.packing.pickling import pickled
from tb_zeroacc.pool import handing_over
from tb_zeroacc.pool.handing_over import FEW, ReadShare, packed
from tb_zeroacc.pool.handing_over import unpacked as unpacked_share
from tb_zeroacc.pool.reading import ReadAndJudge, read_share
from tb_zeroacc.pool.shares import units_of
from tb_zeroacc.verdict import judged
from tests.logs.awkward import NOW, awkward
from tests.logs.written import curve, write
from tests.recording.numpy_job import BEGIN as JOB_BEGIN
from tests.recording.numpy_job import train_job


@pytest.fixture
def unpacked(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The bodies that are unpacked from now on."""
    found: list[bytes] = []
    real = packing.unpack_body

    def noted(content: bytes) -> Any:
        found.append(content)
        return real(content)

    monkeypatch.setattr(packing, "unpack_body", noted)
    return found


def read(path: Path, now: float | None) -> ReadShare:
    """All that lies below a path, as one share."""
    listed = LogReader(str(path)).look()
    units = units_of(listed, {file.member for file in listed}, path.name)
    return read_share(ReadAndJudge(str(path), path.name, None, now, judged), tuple(units))


def handed_over(share: ReadShare) -> ReadShare:
    return unpacked_share(pickle.loads(pickled(packed(share))))


@pytest.mark.parametrize("now", [None, NOW])
def test_all_of_it_comes_and_nothing_is_unpacked(
    now: float | None, tmp_path: Path, unpacked: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handing_over, "FEW", 0)
    share = read(awkward(tmp_path / "logs"), now)
    came = handed_over(share)
    assert came.part.files.keys() == share.part.files.keys()
    assert came.part.trainings.keys() == share.part.trainings.keys()
    assert came.part.told.keys() == share.part.told.keys()
    assert came.verdicts.keys() == share.verdicts.keys()
    for name, training in came.part.trainings.items():
        for one in training.files:
            assert came.part.files[one.file.listed.location] is one.file, "one file became two"
        if name in came.part.told:
            assert came.part.told[name].built is training.built, "it would be judged again"
    assert unpacked == []
    for name, told in came.part.told.items():
        assert [c.tag for c in told.run.curves] == [c.tag for c in share.part.told[name].run.curves]
        assert came.verdicts[name].checks.keys() == share.verdicts[name].checks.keys()
    live = [name for name, told in share.part.told.items() if told.run.state == "live"]
    assert len(live) == (now is not None)
    assert len(unpacked) == len(share.part.told) - len(live), "one that runs comes whole"


def test_a_job_comes_whole(tmp_path: Path, unpacked: list[bytes]) -> None:
    train_job([str(tmp_path / "logs")] * 2, steps=10)
    share = read(tmp_path / "logs", JOB_BEGIN + 1e5)
    (told,) = handed_over(share).part.told.values()
    curves = {id(curve.series) for lane in told.run.lanes for curve in lane.run.curves}
    own = [id(curve.series) for curve in told.run.curves]
    assert own
    assert curves.issuperset(own), "curves that run and lane share became two"
    assert unpacked == []


@pytest.mark.parametrize("points", [3, FEW])
def test_what_holds_little_comes_whole(
    points: int, tmp_path: Path, unpacked: list[bytes]
) -> None:
    write(tmp_path / "logs" / "a", curve("loss", [5.0 / (n + 1) for n in range(points)]))
    (told,) = handed_over(read(tmp_path / "logs", None)).part.told.values()
    assert len(told.run.curves) == 1
    assert len(unpacked) == (points == FEW)


@pytest.mark.parametrize("few", [0, FEW])
def test_what_ends_midway_is_said(
    few: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handing_over, "FEW", few)
    sent = pickled(packed(read(awkward(tmp_path / "logs"), NOW)))
    for length in range(0, len(sent), 997):
        with pytest.raises((EOFError, pickle.UnpicklingError)):
            pickle.load(io.BytesIO(sent[:length]))
