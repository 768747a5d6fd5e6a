"""CSV files that grow, break or are written anew."""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from tb_zeroacc.errors import UnreadablePathError
from tb_zeroacc.logs import LogReader, read_runs
from tb_zeroacc.logs.text_logs import csv_following
from tb_zeroacc.run import Role, Run, Split
from tests.logs.test_following import as_read_at_once, bits
from tests.logs.written import only, points

KERAS = "epoch,accuracy,loss,val_accuracy,val_loss\n"
LIGHTNING = """epoch,step,train_loss,val_loss
0,49,2.0,
0,99,1.5,
0,99,,1.7
1,149,1.2,
1,199,,1.3
"""


def rows(losses: Sequence[float | str], first: int = 0) -> str:
    return "".join(f"{first + i},0.5,{loss},0.4,{loss}\n" for i, loss in enumerate(losses))


def written(path: Path, text: str, name: str = "log.csv") -> Path:
    path.mkdir(parents=True, exist_ok=True)
    file = path / name
    file.write_text(text)
    return file


def roles(run: Run) -> dict[str, tuple[Role, Split, str]]:
    return {c.tag: (c.role, c.split, c.axis) for c in run.curves}


def test_keras(tmp_path: Path) -> None:
    written(tmp_path, KERAS + rows([3.0, "nan", "NA", "", "-inf"]))
    run = only(tmp_path)
    assert bits(points(run, "loss")) == bits([(0, 3.0), (1, float("nan")), (4, float("-inf"))])
    assert roles(run) == {
        "accuracy": (Role.ACCURACY, Split.TRAIN, "epoch"),
        "loss": (Role.LOSS, Split.TRAIN, "epoch"),
        "val_accuracy": (Role.ACCURACY, Split.VALIDATION, "epoch"),
        "val_loss": (Role.LOSS, Split.VALIDATION, "epoch"),
    }
    assert (run.members, run.notes, run.state) == ((), (), "unknown")


def test_lightning(tmp_path: Path) -> None:
    written(tmp_path / "version_0", LIGHTNING, "metrics.csv")
    run = only(tmp_path)
    assert run.name == "version_0"
    assert points(run, "train_loss") == [(49, 2.0), (99, 1.5), (149, 1.2)]
    assert points(run, "val_loss") == [(99, 1.7), (199, 1.3)]
    assert roles(run)["val_loss"] == (Role.LOSS, Split.VALIDATION, "step")


def test_steps_that_each_epoch_counts_anew(tmp_path: Path) -> None:
    lines = [f"{epoch},{step},{epoch}.{step}" for epoch in range(3) for step in range(4)]
    written(tmp_path, "epoch,step,loss\n" + "\n".join(lines) + "\n")
    run = only(tmp_path)
    assert [step for step, _ in points(run, "loss")] == list(range(12))
    assert (run.sessions, run.notes) == (1, ())


def test_an_appended_run_is_another_session(tmp_path: Path) -> None:
    written(tmp_path, KERAS + rows([3.0, 2.0, 1.0]) + KERAS + rows([9.0, 8.0]))
    run = only(tmp_path)
    assert points(run, "loss") == [(0, 9.0), (1, 8.0)]
    assert run.sessions == 2


def test_a_resumed_run_with_another_column(tmp_path: Path) -> None:
    more = "epoch,loss,f1\n2,1.0,0.5\n3,0.5,0.6\n"
    written(tmp_path, KERAS + rows([3.0, 2.0]) + more)
    run = only(tmp_path)
    assert [value for _, value in points(run, "loss")] == [3.0, 2.0, 1.0, 0.5]
    assert points(run, "f1") == [(2, 0.5), (3, 0.6)]
    assert (run.sessions, run.notes) == (1, ())


def test_rows_that_are_none(tmp_path: Path) -> None:
    written(tmp_path, KERAS + rows([3.0]) + "\n,,,\nx,y\n" + "\x00\n" + rows([2.0], first=1))
    run = only(tmp_path)
    assert points(run, "loss") == [(0, 3.0), (1, 2.0)]
    assert run.notes == ("3 rows of `log.csv` could not be read and were left out.",)
    assert run.damaged


def test_a_last_line_waits_until_it_is_whole(tmp_path: Path) -> None:
    file = written(tmp_path, KERAS + rows([3.0, 2.0]) + "2,0.5,1.2")
    reader = LogReader(str(tmp_path))
    (run,) = as_read_at_once(reader)
    assert len(points(run, "loss")) == 2
    assert run.notes == (
        "`log.csv` ends in the middle of a row (9 bytes); everything before it was read.",
    )
    with file.open("a") as end:
        end.write("345,0.4,1.3\n")
    (run,) = as_read_at_once(reader)
    assert points(run, "loss")[-1] == (2, 1.2345)
    assert run.notes == ()


def test_read_in_any_pieces_is_read_at_once(tmp_path: Path) -> None:
    whole = KERAS + rows([3.0, "nan", 1.0]) + KERAS + rows([2.0] * 20)
    draw = random.Random(0)
    for turn in range(20):
        reader = LogReader(str(tmp_path))
        for size in sorted(draw.sample(range(len(KERAS), len(whole)), 5)):
            written(tmp_path, whole[:size])
            if whole[:size].count("\n") > 1:
                as_read_at_once(reader)
        written(tmp_path, whole)
        assert len(points(as_read_at_once(reader)[0], "loss")) == 20, turn


def test_a_file_with_a_new_column_is_read_anew(tmp_path: Path) -> None:
    written(tmp_path, "step,loss\n0,3.0\n1,2.0\n")
    reader = LogReader(str(tmp_path))
    as_read_at_once(reader)
    written(tmp_path, "step,loss,val_loss\n0,3.0,\n1,2.0,\n2,,4.0\n")
    (run,) = as_read_at_once(reader)
    assert len(points(run, "loss")) == 2
    assert points(run, "val_loss") == [(2, 4.0)]


def test_a_file_that_was_overwritten_by_a_longer_run(tmp_path: Path) -> None:
    written(tmp_path, KERAS + rows([3.0, 2.0]))
    reader = LogReader(str(tmp_path))
    as_read_at_once(reader)
    written(tmp_path, KERAS + rows([9.0, 8.0, 7.0, 6.0]))
    (run,) = as_read_at_once(reader)
    assert [value for _, value in points(run, "loss")] == [9.0, 8.0, 7.0, 6.0]
    assert run.sessions == 1


def test_a_file_beyond_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_following, "MAX_SIZE", 2**20 + 2**19)
    written(tmp_path, KERAS + rows([3.0] * 100_000))
    run = only(tmp_path)
    assert run.notes == ("`log.csv` is larger than 1 MiB; only its beginning was read.",)
    curve = run.curve("loss")
    assert curve is not None
    assert 50_000 < curve.series.count < 100_000


OTHER = {
    "data": "age,label\n1,2\n",
    "a log without a row": KERAS,
    "half a first line": "epoch,lo",
    "empty": "",
}


@pytest.mark.parametrize("text", OTHER.values(), ids=OTHER)
def test_other_tables_are_no_runs(text: str, tmp_path: Path) -> None:
    written(tmp_path / "a", KERAS + rows([3.0]))
    written(tmp_path / "b", text, "data.csv")
    reader = LogReader(str(tmp_path))
    reader.refresh()
    assert [run.name for run in reader.runs()] == ["a"]
    assert reader.unread == []


@pytest.mark.parametrize("name", ["data.csv", "DATA.CSV"])
def test_a_table_that_was_asked_for_says_why_it_is_no_log(name: str, tmp_path: Path) -> None:
    file = written(tmp_path, "age,label\n1,2\n", name)
    why = f"^`{name}` is no log of a training: its first line names no column `epoch` or `step`.$"
    with pytest.raises(UnreadablePathError, match=why):
        read_runs(str(file))
    file.write_text(KERAS)
    with pytest.raises(UnreadablePathError, match=f"^`{name}` names the columns of a "):
        read_runs(str(file))
    file.write_text(KERAS + "0,0.5")
    with pytest.raises(UnreadablePathError, match=f"^`{name}` holds no whole row yet.$"):
        read_runs(str(file))


def test_a_directory_with_a_log_without_rows_says_so(tmp_path: Path) -> None:
    written(tmp_path / "a", KERAS)
    written(tmp_path, "age,label\n1,2\n", "data.csv")
    why = "`a/log.csv` names the columns of a training and holds no row yet.$"
    with pytest.raises(UnreadablePathError, match=why):
        read_runs(str(tmp_path))


def test_a_log_that_was_asked_for_may_have_any_name(tmp_path: Path) -> None:
    file = written(tmp_path, KERAS + rows([3.0]), "training.log")
    assert points(only(file), "loss") == [(0, 3.0)]
    with pytest.raises(UnreadablePathError, match="no name contains `tfevents`"):
        read_runs(str(tmp_path))


def test_the_time_of_the_file_says_whether_it_is_live(tmp_path: Path) -> None:
    file = written(tmp_path, KERAS + rows([3.0, 2.0]))
    os.utime(file, (1000.0, 1000.0))
    reader = LogReader(str(tmp_path))
    reader.refresh()
    states = {now: reader.runs(now)[0].state for now in (1000.0, 1149.0, 1150.0)}
    assert states == {1000.0: "live", 1149.0: "live", 1150.0: "unknown"}
    assert reader.runs()[0].state == "unknown", "no clock, no guess"
    os.utime(file, (1500.0, 1500.0))
    reader.refresh()
    assert reader.runs(1600.0)[0].state == "live"


def test_a_file_that_was_written_anew_at_the_same_size(tmp_path: Path) -> None:
    file = written(tmp_path, KERAS + rows([3.0, 2.0]))
    os.utime(file, (1000.0, 1000.0))
    reader = LogReader(str(tmp_path))
    as_read_at_once(reader)
    written(tmp_path, KERAS + rows([9.0, 8.0]))
    (run,) = as_read_at_once(reader)
    assert [value for _, value in points(run, "loss")] == [9.0, 8.0]


def test_a_table_of_a_european_spreadsheet(tmp_path: Path) -> None:
    written(tmp_path, "epoch;loss;acc\n0;2,5;0,1\n1;1,25E+00;0,2\n")
    run = only(tmp_path)
    assert points(run, "loss") == [(0, 2.5), (1, 1.25)]
    assert points(run, "acc") == [(0, 0.1), (1, 0.2)]
