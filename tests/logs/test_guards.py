"""Whatever one log holds, the others are read and judged, and nothing reaches the terminal."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tb_zeroacc import facts, records, verdict
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.logs import building, following, read_runs, reader
from tb_zeroacc.logs.trainings import making
from tb_zeroacc.verdict import read
from tests.logs.written import curve, event, only, points, sample, simple, start, write

LOG = curve("loss", [5.0, 4.0, 3.0, 2.0, 1.0])


def fails(*_: Any, **__: Any) -> Any:
    raise OverflowError("too large")


def fails_on(name: str, whole: Any) -> Any:
    """A function that fails for one training, as its name or its run says."""

    def asked(first: Any, *rest: Any) -> Any:
        return fails() if getattr(first, "name", first) == name else whole(first, *rest)

    return asked


@pytest.fixture(autouse=True)
def _silence(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Any:
    yield
    assert not [r for r in caplog.records if r.levelno >= logging.WARNING]
    assert capfd.readouterr() == ("", "")


def test_a_log_of_which_no_run_can_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "ab":
        write(tmp_path / name, LOG)
    monkeypatch.setattr(making, "build", fails_on("a", building.build))
    (bad, good) = read(str(tmp_path))
    assert bad.run.notes == ("What this log holds could not be read (OverflowError).",)
    assert bad.diagnosis.outcome is Outcome.CANNOT_TELL
    assert good.diagnosis.outcome is not Outcome.CANNOT_TELL or good.run.curves


def test_a_log_that_cannot_be_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "ab":
        write(tmp_path / name, LOG)
    monkeypatch.setattr(verdict, "diagnose_run", fails_on("a", verdict.diagnose_run))
    (bad, good) = read(str(tmp_path))
    assert (bad.diagnosis.outcome, bad.diagnosis.headline) == (
        Outcome.CANNOT_TELL,
        "This log could not be judged: what it holds is odd (OverflowError).",
    )
    assert good.diagnosis.checks


def test_a_file_of_which_nothing_can_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, LOG, 1)
    bad = tmp_path / "log.csv"
    bad.write_text("epoch,loss\n0,2.5\n")
    monkeypatch.setattr("tb_zeroacc.logs.text_logs.csv_following.columns_of", fails)
    run = only(tmp_path)
    assert len(points(run, "loss")) == 5
    reading = reader.LogReader(str(tmp_path))
    for _ in range(2):
        reading.refresh()
        assert len(reading.runs()) == 1


def test_an_event_of_which_nothing_can_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path, [*LOG, event(9)])
    add = following.FileContents.add

    def picky(self: Any, one: Any) -> None:
        return fails() if one.step == 9 else add(self, one)

    monkeypatch.setattr(following.FileContents, "add", picky)
    run = only(tmp_path)
    assert len(points(run, "loss")) == 5
    (note,) = run.notes
    assert note.startswith(f"1 record of `{file.name}` could not be parsed and was left out")


@pytest.mark.parametrize(
    ("kind", "column"),
    [(kind, column) for kind in ("loss", "weights", "inputs") for column in facts.COLUMNS[kind]],
)
def test_a_column_that_is_missing_is_told(tmp_path: Path, kind: str, column: str) -> None:
    kept = tuple(name for name in facts.COLUMNS[kind] if name != column)
    layout = records.layout_value(records.Layout(kind, ("row0",), kept))
    values = records.SampleRecord(kind, np.ones((1, len(kept)), np.float32))
    log = [start("s"), event(0, layout, records.sample_value(values))]
    write(tmp_path / "bad" / "zeroacc", log)
    write(tmp_path / "good" / "zeroacc", [start("s"), sample(0, kind, [[1.0] * (len(kept) + 1)],
                                                             names=True)])  # fmt: skip
    (bad, good) = (reading for reading in read(str(tmp_path)))
    is_last = column == facts.COLUMNS[kind][-1]  # as an older version may have written it
    told = f"The table `{kind}` lacks `{column}`; what needs it cannot be told."
    assert bad.run.notes == (() if is_last else (told,))
    assert good.run.notes == ()


def test_a_missing_name_of_rows_is_told_once(tmp_path: Path) -> None:
    write(tmp_path, [start("s"), *(sample(i, "loss", [[1.0] * 6]) for i in range(50))])
    (run,) = read_runs(str(tmp_path))
    assert run.notes == (
        "Samples of `loss` were left out: the names of their rows and columns are missing.",
    )


def test_a_count_that_is_none_is_not_known(tmp_path: Path) -> None:
    row = [1.0] * len(facts.COLUMNS["outputs"])
    examples = facts.COLUMNS["outputs"].index("examples")
    odd = [[*row[:examples], number, *row[examples + 1 :]] for number in (np.inf, -1.0, 32.0)]
    samples = [sample(i, "outputs", [row], names=not i) for i, row in enumerate(odd)]
    write(tmp_path, [start("s"), *samples])
    table = only(tmp_path).tables["outputs"]
    assert np.array_equal(table.column("examples")[:, 0], [np.nan, np.nan, 32.0], equal_nan=True)
    assert (table.column("mean") == 1.0).all()


BESIDE = [
    ("loss", "score"), ("loss", "score", "episode"), ("loss", "rollout/ep_rew_mean"),
    ("train/loss", "train/rewards/chosen"), ("train/policy_loss", "rollout/ep_rew_mean"),
    ("loss", "elbo"),
]  # fmt: skip


@pytest.mark.parametrize("tags", BESIDE, ids=" ".join)
def test_no_tag_hides_a_loss_that_is_not_finite(tmp_path: Path, tags: tuple[str, ...]) -> None:
    lost, other = tags[0], tags[1:]
    steps = range(40)
    write(
        tmp_path,
        [
            event(i, simple(lost, 1.0 / (1 + i) if i < 20 else np.nan),
                  *(simple(tag, i / 10) for tag in other))
            for i in steps
        ],
    )  # fmt: skip
    (found,) = read(str(tmp_path))
    assert found.diagnosis.outcome is Outcome.BROKEN
