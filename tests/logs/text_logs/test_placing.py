"""One training is judged once, whatever else it wrote beside its event files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tb_zeroacc import diagnose
from tb_zeroacc.diagnosis.answers import Flagged
from tb_zeroacc.logs import LogReader, read_runs
from tb_zeroacc.run import Split
from tests.logs.test_following import as_read_at_once
from tests.logs.text_logs.test_csv_following import KERAS, LIGHTNING, rows, written
from tests.logs.written import BEGIN, curve, points, start, write

LOSSES = [3.0, 2.0, 1.0]


def names(path: Path) -> list[str]:
    return [run.name for run in read_runs(str(path))]


WRITERS = {
    "keras, beside its directories": ("a/train", "a", "a"),
    "keras, in one of them": ("a/train", "a/validation", "a"),
    "lightning": ("version_0", "version_0", "version_0"),
    "our recorder": ("a/zeroacc", "a", "a"),
    "named siblings": ("train with Adam", "train with Adam", "train with Adam"),
}


@pytest.mark.parametrize(("events", "table", "name"), WRITERS.values(), ids=WRITERS)
def test_event_files_win(events: str, table: str, name: str, tmp_path: Path) -> None:
    write(tmp_path / events, [start("x"), *curve("epoch_loss", LOSSES)])
    written(tmp_path / table, KERAS + rows(LOSSES), "metrics.csv")
    written(tmp_path / "other", KERAS + rows(LOSSES))
    assert names(tmp_path) == sorted([name, "other"])
    (run,) = (run for run in read_runs(str(tmp_path)) if run.name == name)
    assert [c.tag for c in run.curves] == ["epoch_loss"]


def test_a_table_stands_in_until_event_files_hold_data(tmp_path: Path) -> None:
    write(tmp_path / "a", [])
    written(tmp_path / "a", KERAS + rows(LOSSES))
    reader = LogReader(str(tmp_path))
    (run,) = as_read_at_once(reader)
    assert points(run, "loss") == list(enumerate(LOSSES))
    write(tmp_path / "a", curve("other", LOSSES))
    (run,) = as_read_at_once(reader)
    assert [c.tag for c in run.curves] == ["other"]


def test_several_tables_of_a_directory_are_several_trainings(tmp_path: Path) -> None:
    for name in ("fold1", "fold2"):
        written(tmp_path / "a", KERAS + rows(LOSSES), f"{name}.csv")
    written(tmp_path / "a", "x,y\n1,2\n", "data.csv")
    assert names(tmp_path) == ["a/fold1.csv", "a/fold2.csv"]
    written(tmp_path / "a" / "b", LIGHTNING)
    assert names(tmp_path) == ["a/b", "a/fold1.csv", "a/fold2.csv"]


def test_tables_named_after_their_data_are_one_training(tmp_path: Path) -> None:
    for name in ("train", "val"):
        written(tmp_path / "a", "epoch,loss\n0,3.0\n1,2.0\n", f"{name}.csv")
        written(tmp_path / "b", "epoch,loss\n0,3.0\n1,2.0\n", f"net_{name}.csv")
    runs = {run.name: run for run in read_runs(str(tmp_path))}
    assert sorted(runs) == ["a", "b/net"]
    for run in runs.values():
        assert [c.split for c in run.curves] == [Split.TRAIN, Split.VALIDATION]


def test_a_training_log_of_keras_keeps_its_validation(tmp_path: Path) -> None:
    written(tmp_path, KERAS + rows(LOSSES), "training.csv")
    (run,) = read_runs(str(tmp_path))
    assert run.name == "."
    assert {c.tag: c.split for c in run.curves}["val_loss"] is Split.VALIDATION


def test_hyperparameters_beside_it_change_nothing(tmp_path: Path) -> None:
    written(tmp_path, LIGHTNING, "metrics.csv")
    written(tmp_path, "lr: 0.001\n", "hparams.yaml")
    assert names(tmp_path) == ["."]


@pytest.mark.parametrize("last", [0.5, float("nan"), 50.0])
def test_the_verdict_is_that_of_the_event_files(last: float, tmp_path: Path) -> None:
    losses = [2.3 * 0.9**epoch for epoch in range(20)] + [last] * 10
    write(tmp_path / "events" / "train", curve("epoch_loss", losses))
    write(tmp_path / "events" / "validation", curve("epoch_loss", losses, begin=BEGIN + 0.5))
    rest = [f"{epoch},{loss},{loss}\n" for epoch, loss in enumerate(losses)]
    written(tmp_path / "table", "epoch,loss,val_loss\n" + "".join(rest))
    seen, read = diagnose(str(tmp_path))
    assert seen.outcome is read.outcome
    # The second sentence counts what another way to train would record: no tap for one by torch.
    assert seen.headline.partition(". ")[0] == read.headline.partition(". ")[0]
    flagged = [
        {code for code, answer in verdict.checks.items() if isinstance(answer, Flagged)}
        for verdict in (seen, read)
    ]
    assert flagged[0] == flagged[1]
