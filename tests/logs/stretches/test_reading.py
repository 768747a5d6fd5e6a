"""Earlier stretches as they come from files: none is lost, and healthy loops make none."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tb_zeroacc.logs import LogReader
from tb_zeroacc.logs.stretches.earlier import MOST_KEPT
from tb_zeroacc.logs.stretches.set_aside import SHORTEST
from tb_zeroacc.run import Run, Stretch
from tests.logs.test_following import as_read_at_once
from tests.logs.written import (
    BEGIN,
    Event,
    curve,
    encoded,
    event,
    only,
    points,
    simple,
    start,
    write,
)


def falling(points: int = 20, start: float = 2.0) -> list[float]:
    """A loss that begins at `start`, which tells the stretches apart."""
    return np.linspace(start, 0.1, points).tolist()


def begins(run: Run, tag: str = "loss") -> list[float]:
    """The first value of a tag in each earlier stretch."""
    return [points(stretch.run, tag)[0][1] for stretch in run.earlier.stretches]


def kinds(run: Run) -> list[tuple[bool, bool]]:
    return [(stretch.same_file, stretch.overlaps) for stretch in run.earlier.stretches]


def test_each_in_a_file_of_its_own(tmp_path: Path) -> None:
    for number in range(3):
        begin = BEGIN + 100 * number
        write(tmp_path, curve("loss", falling(start=9 - number), begin=begin), number)
    run = only(tmp_path)
    assert begins(run) == [9, 8]
    assert kinds(run) == [(False, False)] * 2
    assert (run.earlier.trainings, run.earlier.restarts) == (2, 0)
    assert points(run, "loss")[0] == (0, 7)


def test_seeds_in_one_file(tmp_path: Path) -> None:
    log = []
    for seed in range(4):
        for i, value in enumerate(falling(start=9 - seed)):
            both = simple("loss", value), simple("acc", i / 20)
            log.append(event(i, *both, time=BEGIN + len(log)))
    write(tmp_path, log)
    run = only(tmp_path)
    assert begins(run) == [9, 8, 7]
    assert all(len(points(stretch.run, "acc")) == 20 for stretch in run.earlier.stretches)
    assert kinds(run) == [(True, False)] * 3
    assert (run.earlier.trainings, run.earlier.restarts) == (0, 3)


def test_folds_beside_a_tag_that_runs_on(tmp_path: Path) -> None:
    log = []
    for fold in range(5):
        log += curve("loss", falling(start=9 - fold))
        log.append(event(fold, simple("fold_score", 0.9)))
    write(tmp_path, log)
    run = only(tmp_path)
    assert run.sessions == 1
    assert begins(run) == [9, 8, 7, 6]
    assert (run.earlier.trainings, run.earlier.restarts) == (0, 4)


def test_files_with_several_each(tmp_path: Path) -> None:
    for number in range(2):
        two = [curve("loss", falling(start=9 - 2 * number - k)) for k in range(2)]
        write(tmp_path, [*two[0], *two[1]], number)
    run = only(tmp_path)
    assert begins(run) == [9, 8, 7]
    assert [same for same, _ in kinds(run)] == [True, False, True]
    assert (run.sessions, run.earlier.trainings, run.earlier.restarts) == (4, 1, 2)


def test_training_and_validation_of_each(tmp_path: Path) -> None:
    for number in range(2):
        begin = BEGIN + 1000 * number
        write(tmp_path / "train", curve("epoch_loss", falling(), begin=begin), number)
        write(tmp_path / "validation", curve("epoch_loss", falling(), begin=begin + 2), number)
    run = only(tmp_path)
    (stretch,) = run.earlier.stretches
    assert stretch.run.members == ("train", "validation")
    assert len(stretch.run.main_curves) == 2


def test_two_at_the_same_time(tmp_path: Path) -> None:
    for number in range(2):
        write(tmp_path, curve("loss", falling(), begin=BEGIN + 2 * number), number)
    assert kinds(only(tmp_path)) == [(False, True)]


def test_the_first_and_the_latest_are_kept_and_all_counted(tmp_path: Path) -> None:
    many = MOST_KEPT + 5
    for number in range(many):
        begin = BEGIN + 99 * number
        write(tmp_path, curve("loss", falling(start=99 - number), begin=begin), number)
    run = only(tmp_path)
    assert run.earlier.trainings == many - 1
    latest = range(many - MOST_KEPT, many - 1)
    assert begins(run) == [99, *(99 - number for number in latest)]


def test_the_recorder_tells_sessions_apart(tmp_path: Path) -> None:
    for number, token in enumerate("ab"):
        write(tmp_path / "zeroacc", [start(token), *curve("zeroacc/loss", falling())], number)
        write(tmp_path / "train", curve("epoch_loss", falling(), begin=BEGIN + 50 * number), number)
    run = only(tmp_path)
    assert run.sessions == 2
    assert run.earlier.stretches == ()
    assert run.earlier.trainings == 0


def healthy_resumption() -> list[list[Event]]:
    loss = falling(60)
    return [curve("loss", loss[:40]), curve("loss", loss[30:], first=30, begin=BEGIN + 99)]


def epochs_of_batches(beside: bool) -> list[list[Event]]:
    loss, log = [3.0 * 0.999**i for i in range(58 * 40)], []
    for epoch in range(58):
        for batch in range(40):
            values = simple("Train/Loss", loss[epoch * 40 + batch]), simple("Train/lr", 0.1)
            log.append(event(10 * batch, *values, time=BEGIN + epoch * 40 + batch))
        if beside:
            log.append(event(epoch, simple("val_loss", loss[epoch * 40])))
    return [log]


def a_test_behind() -> list[list[Event]]:
    return [curve("loss", falling()), [event(0, simple("test_loss", 0.1))]]


NO_STRETCH = {
    "a resumption": healthy_resumption(),
    "batches of epochs": epochs_of_batches(beside=False),
    "batches of epochs beside a validation": epochs_of_batches(beside=True),
    "a test behind the training": a_test_behind(),
    "one step several times": [[e for e in curve("loss", falling()) for _ in range(5)]],
}


@pytest.mark.parametrize("files", NO_STRETCH.values(), ids=NO_STRETCH.keys())
def test_one_training(files: Sequence[Sequence[Event]], tmp_path: Path) -> None:
    for number, events in enumerate(files):
        write(tmp_path, events, number)
    run = only(tmp_path)
    assert (run.sessions, run.earlier.trainings, run.earlier.restarts) == (1, 0, 0)
    assert run.earlier.stretches == ()


def test_the_directories_that_hparams_make(tmp_path: Path) -> None:
    for number in range(2):
        write(tmp_path, curve("loss", falling()), number=0)
        write(tmp_path / f"17000000{number}0.5", [event(0, simple("loss", 0.1))])
    run = only(tmp_path)
    assert (run.sessions, run.earlier.trainings, run.earlier.stretches) == (1, 0, ())


def test_batches_of_epochs_are_one_curve(tmp_path: Path) -> None:
    """Also where nothing else in the log says how many epochs there were."""
    write(tmp_path, epochs_of_batches(beside=False)[0])
    found = only(tmp_path).curve("Train/Loss")
    assert found is not None
    assert found.series.count == 58 * 40
    assert (found.series.values[1:] < found.series.values[:-1]).all()


def test_a_loops_index_makes_no_stretches(tmp_path: Path) -> None:
    log = []
    for epoch in range(30):
        log += [event(i, simple("inner_loss_term", 5.0 - i)) for i in range(5)]
        log.append(event(epoch, simple("loss", 1.0 / (epoch + 1))))
    write(tmp_path, log)
    run = only(tmp_path)
    assert run.main_curve is not None
    assert run.main_curve.tag == "loss"
    assert run.earlier.stretches == ()
    assert run.earlier.restarts == 0


def test_several_curves_at_each_step(tmp_path: Path) -> None:
    log = [event(i, simple("loss", k * v)) for i, v in enumerate(falling(40)) for k in (1, 2, 4)]
    write(tmp_path, log)
    found = only(tmp_path).curve("loss")
    assert found is not None
    assert found.interleaved == 3


def test_several_values_at_each_step_are_noted(tmp_path: Path) -> None:
    log = [event(i, simple("loss", (i * k) % 7)) for i in range(40) for k in (3, 5, 2)]
    write(tmp_path, log)
    run = only(tmp_path)
    assert run.curves[0].interleaved == 1
    assert "`loss`: up to 3 values at each step; the last one counts." in run.notes


# --- laws ---------------------------------------------------------------------------------------

# By file, how many points each of its stretches has.
FILES = some.lists(
    some.lists(some.integers(SHORTEST, 30), min_size=1, max_size=4), min_size=1, max_size=4
)


def planted(files: Sequence[Sequence[int]]) -> list[list[Event]]:
    """Stretches whose losses begin at 100, 101, 102, ..."""
    logs, number = [], 0
    for lengths in files:
        log: list[Event] = []
        for length in lengths:
            begin = BEGIN + 100 * number
            log += curve("loss", falling(length, 100.0 + number), begin=begin)
            number += 1
        logs.append(log)
    return logs


@given(FILES)
@settings(max_examples=40, deadline=None)
def test_stretches_stand_in_the_order_of_the_files(files: list[list[int]]) -> None:
    with tempfile.TemporaryDirectory() as base:
        for number, log in enumerate(planted(files)):
            write(Path(base), log, number)
        run = only(base)
    total = sum(map(len, files))
    assert begins(run) == [100.0 + number for number in range(total - 1)]
    assert run.earlier.trainings == len(files) - 1
    assert run.earlier.restarts == total - len(files)
    assert [same for same, _ in kinds(run)] == [
        at < len(lengths) - 1 for lengths in files for at in range(len(lengths))
    ][: total - 1]


@given(FILES, some.lists(some.floats(0.5, 1), min_size=2, max_size=4))
@settings(max_examples=25, deadline=None)
def test_read_in_pieces_is_read_at_once(files: list[list[int]], shares: list[float]) -> None:
    logs = [encoded(log) for log in planted(files)]
    with tempfile.TemporaryDirectory() as base:
        reader = LogReader(base)
        for share in [*sorted(shares), 1.0]:
            left = math.ceil(share * sum(map(len, logs)))
            for number, log in enumerate(logs):
                if left > 0:
                    Path(base, f"events.out.tfevents.17000000{number:02d}").write_bytes(log[:left])
                left -= len(log)
            as_read_at_once(reader)


def test_what_did_not_change_is_the_very_same(tmp_path: Path) -> None:
    """So that its verdict holds while the training goes on."""
    write(tmp_path, curve("loss", falling()), 1)
    log = curve("loss", falling(), begin=BEGIN + 100)
    write(tmp_path, log[:10], 2)
    reader = LogReader(str(tmp_path))

    def earlier() -> tuple[Stretch, ...]:
        reader.refresh()
        (run,) = reader.runs()
        return run.earlier.stretches

    (before,) = earlier()
    write(tmp_path, log, 2)
    (after,) = earlier()
    assert after.run is before.run
