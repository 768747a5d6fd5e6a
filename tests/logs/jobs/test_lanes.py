"""A lane for each worker, whatever the clocks say, and however often each was started."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tb_zeroacc.logs import LogReader, read_runs
from tb_zeroacc.run import Run
from tests.recording.numpy_job import BEGIN, Plan, train_job

HOUR = 3600.0


def only(path: Path, now: float | None = None) -> Run:
    (run,) = read_runs(str(path), now=now)
    return run


def states(run: Run) -> list[str]:
    return [lane.run.state for lane in run.lanes]


def test_each_worker_has_a_lane_with_its_own_record(tmp_path: Path) -> None:
    train_job([str(tmp_path)] * 3, steps=20)
    run = only(tmp_path)
    assert [lane.worker.name for lane in run.lanes] == ["worker 0", "worker 1", "worker 2"]
    assert [lane.run.members for lane in run.lanes] == [
        (f"zeroacc/worker_{n}",) for n in range(3)
    ]
    assert run.members == tuple(f"zeroacc/worker_{n}" for n in range(3))
    assert run.state == "ended"
    losses = [lane.run.tables["loss"].values[0, 0, 0] for lane in run.lanes]
    assert len(set(losses)) == 3
    assert run.tables["loss"] is run.lanes[0].run.tables["loss"]
    assert run.curve("zeroacc/loss", "zeroacc/worker_2") in run.lanes[2].run.curves


def test_a_job_of_named_directories_is_one_training(tmp_path: Path) -> None:
    train_job([f"{tmp_path}/job/rank{n}" for n in range(2)], steps=20, is_told=False)
    train_job([f"{tmp_path}/other"], steps=20, is_told=False)
    found = {run.name: run for run in read_runs(str(tmp_path))}
    assert list(found) == ["job", "other"]
    assert [lane.worker.name for lane in found["job"].lanes] == ["rank 0", "rank 1"]
    assert found["other"].lanes == ()


def test_processes_that_know_nothing_of_each_other_are_told_apart(tmp_path: Path) -> None:
    train_job([f"{tmp_path}/{n}" for n in "abc"], steps=20, is_told=False)
    home = tmp_path / "job" / "zeroacc"
    shutil.move(tmp_path / "a" / "zeroacc", home)
    for n, name in enumerate("bc", 1):
        shutil.move(tmp_path / name / "zeroacc", home / f"worker_{n}")
    run = only(tmp_path)
    assert run.name == "job"
    assert [lane.run.members for lane in run.lanes] == [
        ("job/zeroacc",), ("job/zeroacc/worker_1",), ("job/zeroacc/worker_2",),
    ]  # fmt: skip
    reader = LogReader(str(tmp_path))
    reader.refresh()
    (before,) = reader.runs()
    reader.refresh()
    assert reader.runs() == [before]


@pytest.mark.parametrize("ahead", [-HOUR, -180.0, 180.0, HOUR])
def test_a_wrong_clock_does_no_harm(tmp_path: Path, ahead: float) -> None:
    train_job([str(tmp_path)] * 3, {1: Plan(ahead=ahead)}, steps=20, ends=False)
    run = only(tmp_path, now=BEGIN + 10)
    assert states(run) == ["live"] * 3
    (note,) = run.notes
    minutes = f"{abs(ahead) / 60:.0f} minutes {'ahead of' if ahead > 0 else 'behind'}"
    assert note.startswith(f"The first record of worker 1 is {minutes} that of worker 0")
    # Nobody knows which clock is right: past five minutes of silence by all of them.
    assert states(only(tmp_path, now=BEGIN + 420 + abs(ahead))) == ["unknown"] * 3


def test_clocks_that_agree_are_no_news(tmp_path: Path) -> None:
    train_job([str(tmp_path)] * 3, {1: Plan(ahead=20.0)}, steps=20)
    assert only(tmp_path).notes == ()


@pytest.mark.parametrize("ahead", [0.0, -HOUR, HOUR])
def test_a_worker_that_vanished_is_silent_by_its_own_clock(tmp_path: Path, ahead: float) -> None:
    plans = {n: Plan(seconds=10.0, dies_after=20 if n == 1 else None) for n in range(3)}
    plans[1].ahead = ahead
    train_job([str(tmp_path)] * 3, plans, steps=100, ends=False)
    run = only(tmp_path, now=BEGIN + 1010)
    assert states(run) == ["live", "unknown", "live"]
    assert run.state == "live"


def test_a_job_goes_on_when_its_first_worker_vanished(tmp_path: Path) -> None:
    plans = {n: Plan(seconds=10.0, dies_after=20 if n == 0 else None) for n in range(3)}
    train_job([str(tmp_path)] * 3, plans, steps=100, ends=False)
    run = only(tmp_path, now=BEGIN + 1010)
    assert (run.state, states(run)) == ("live", ["unknown", "live", "live"])


def test_restarts_are_sessions_of_one_job(tmp_path: Path) -> None:
    train_job([str(tmp_path)] * 3, steps=20, ends=False)
    train_job([str(tmp_path)] * 3, steps=40, begin=600.0)
    run = only(tmp_path)
    assert run.sessions == 2
    assert [lane.run.sessions for lane in run.lanes] == [2, 2, 2]
    assert run.notes == (
        "1 earlier session in this directory was set aside; the latest is judged.",
    )


def test_one_worker_that_was_restarted_is_named(tmp_path: Path) -> None:
    train_job([str(tmp_path)] * 3, {1: Plan(dies_after=10)}, steps=60)
    train_job([str(tmp_path / "again")] * 3, steps=30, begin=1.0)
    mine = tmp_path / "zeroacc" / "worker_1"
    for file in (tmp_path / "again" / "zeroacc" / "worker_1").iterdir():
        shutil.move(file, mine / file.name)
    shutil.rmtree(tmp_path / "again")
    run = only(tmp_path)
    assert [lane.run.sessions for lane in run.lanes] == [1, 2, 1]
    assert "worker 1 began anew 1 time more than others." in run.notes


@pytest.mark.parametrize("later", [600.0, 5 * HOUR])
def test_a_job_that_restarts_with_fewer_workers_misses_none(tmp_path: Path, later: float) -> None:
    train_job([str(tmp_path)] * 4, steps=20, ends=False)
    train_job([str(tmp_path)] * 2, steps=20, begin=later, ends=False)
    run = only(tmp_path, now=BEGIN + later + 2)
    assert states(run) == ["live", "live"]
    assert "worker 3 took part in an earlier session alone and is set aside." in run.notes


@pytest.mark.parametrize("ahead", [0.0, -HOUR, HOUR])
def test_one_that_did_not_begin_anew_with_the_others_is_missed(
    tmp_path: Path, ahead: float
) -> None:
    plans = {2: Plan(ahead=ahead)}
    train_job([str(tmp_path)] * 4, plans, steps=20, ends=False)
    plans = {n: Plan(ahead=ahead if n == 2 else 0.0, seconds=60.0) for n in range(4)}
    train_job([str(tmp_path / "again")] * 4, plans, steps=20, begin=2 * HOUR, ends=False)
    for worker in (0, 1, 3):
        (file,) = (tmp_path / "again" / "zeroacc" / f"worker_{worker}").iterdir()
        shutil.move(file, tmp_path / "zeroacc" / f"worker_{worker}" / file.name)
    shutil.rmtree(tmp_path / "again")
    run = only(tmp_path, now=BEGIN + 2 * HOUR + 1200)
    assert states(run) == ["live", "live", "unknown", "live"]


def test_one_of_an_earlier_session_has_no_wrong_clock(tmp_path: Path) -> None:
    train_job([str(tmp_path)] * 2, {n: Plan(seconds=60.0) for n in range(2)}, steps=20)
    train_job([str(tmp_path / "again")] * 2, steps=20, begin=2 * HOUR, ends=False)
    (file,) = (tmp_path / "again" / "zeroacc" / "worker_0").iterdir()
    shutil.move(file, tmp_path / "zeroacc" / "worker_0" / file.name)
    shutil.rmtree(tmp_path / "again")
    run = only(tmp_path, now=BEGIN + 2 * HOUR + 10)
    assert states(run) == ["live", "ended"]
    assert run.notes == (
        "1 earlier session in this directory was set aside; the latest is judged.",
        "worker 0 began anew 1 time more than others.",
    )


def test_one_process_after_a_job_is_a_training_by_one(tmp_path: Path) -> None:
    train_job([str(tmp_path)] * 2, steps=20)
    train_job([str(tmp_path)], steps=20, begin=900.0, is_told=False)
    run = only(tmp_path)
    assert run.lanes == ()
    assert run.sessions == 2
    assert run.start is not None
    assert run.start.worker is None


def test_a_worker_of_which_nothing_is_on_record_is_noted(tmp_path: Path) -> None:
    train_job([str(tmp_path)] * 4, steps=20)
    shutil.rmtree(tmp_path / "zeroacc" / "worker_2")
    assert only(tmp_path).notes == (
        "4 workers train together; nothing is on record of number 2.",
    )


def test_a_refresh_builds_the_lanes_that_grew_and_no_others(tmp_path: Path) -> None:
    train_job([str(tmp_path)] * 3, steps=20, ends=False)
    reader = LogReader(str(tmp_path))
    reader.refresh()
    (before,) = reader.runs(BEGIN + 10)
    reader.refresh()
    assert reader.runs(BEGIN + 10) == [before]
    file = next((tmp_path / "zeroacc" / "worker_1").iterdir())
    grown = tmp_path / "longer"
    train_job([str(grown)] * 3, steps=30, ends=False)
    more = next((grown / "zeroacc" / "worker_1").iterdir()).read_bytes()
    file.write_bytes(more)
    shutil.rmtree(grown)
    reader.refresh()
    (after,) = reader.runs(BEGIN + 10)
    same = [new.run is old.run for new, old in zip(after.lanes, before.lanes, strict=True)]
    assert same == [True, False, True]
    (fresh,) = read_runs(str(tmp_path), now=BEGIN + 10)
    assert [len(lane.run.tables["loss"]) for lane in after.lanes] == [
        len(lane.run.tables["loss"]) for lane in fresh.lanes
    ]


def test_what_was_forgotten_is_read_again_for_the_lane_that_grew_alone(tmp_path: Path) -> None:
    train_job([str(tmp_path)] * 3, steps=20)
    reader = LogReader(str(tmp_path))
    reader.refresh()
    (before,) = reader.runs()
    reader.forget_quiet(keep=0)
    train_job([str(tmp_path)] * 1, steps=5, begin=5.0)  # another session of its first worker
    reader.refresh()
    (after,) = reader.runs()
    assert [lane.worker for lane in after.lanes] == [lane.worker for lane in before.lanes]
    outlined = {
        file.listed.member for file in reader.part().files.values() if file.outline is not None
    }
    assert outlined >= {"zeroacc/worker_1", "zeroacc/worker_2"}
