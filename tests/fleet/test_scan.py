"""The scan with Beam itself: `make test-beam` has an environment with it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tb_zeroacc.cli.app import answer
from tb_zeroacc.fleet.resuming import unpacked
from tests.fleet.serially import diagnosed
from tests.logs.awkward import NOW, append, awkward
from tests.logs.written import curve, event, simple, write

REFUSING = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "apache_beam":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Refuse())
from tb_zeroacc.cli import main
sys.argv[1:] = ["scan", "logs", "--output", "out"]
main()
"""


def test_without_beam_one_sentence_says_so(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", REFUSING], cwd=tmp_path, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}, timeout=120,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == "`zeroacc scan` needs Apache Beam: pip install 'tb-zeroacc[beam]'.\n"


@pytest.fixture
def beam() -> Any:
    return pytest.importorskip("apache_beam")


def lines(output: Path, name: str) -> list[Any]:
    return [
        json.loads(line)
        for file in sorted(output.glob(f"{name}-*.jsonl"))
        for line in file.read_text().splitlines()
    ]


def verdicts(output: Path) -> dict[str, str]:
    return {told["run"]: json.dumps(told) for told in lines(output, "verdicts")}


def scan(*arguments: str) -> int:
    return answer(["scan", *arguments, "--workers", "1"])


def kept(output: Path) -> int:
    return sum(int(file.name.split(".")[1]) for file in (output / "resume").iterdir())


def test_two_processes_tell_what_diagnose_does(beam: Any, tmp_path: Path) -> None:
    path, output = awkward(tmp_path / "logs"), tmp_path / "out"
    wanted, unread = diagnosed(str(path), NOW)
    done = subprocess.run(
        [sys.executable, "-c", "from tb_zeroacc.cli import main; main()", "scan", str(path),
         "--output", str(output), "--now", str(NOW), "--workers", "2", "--", "--job_name=mine"],
        capture_output=True, text=True, timeout=280,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "units read and judged" in done.stderr
    assert verdicts(output) == wanted
    errors = [row["error"] for row in lines(output, "runs") if row["error"]]
    assert errors == unread
    assert f"{len(wanted)} trainings judged" in done.stdout


def test_tables_are_alike(beam: Any, tmp_path: Path) -> None:
    import pyarrow.parquet

    path, output = awkward(tmp_path / "logs"), tmp_path / "out"
    assert scan(str(path), str(tmp_path / "missing"), "--output", str(output), "--now", "none") == 0
    for name in ("runs", "findings"):
        rows = lines(output, name)
        table = pyarrow.parquet.read_table(sorted(output.glob(f"{name}-*.parquet"))).to_pylist()

        def by_name(row: Any) -> list[str]:
            return [str(row.get(key)) for key in ("url", "run", "rank", "error")]

        assert sorted(rows, key=by_name) == sorted(table, key=by_name)
    told = {row["run"]: row for row in lines(output, "runs") if row["error"] is None}
    whole = {verdict["run"]: verdict for verdict in lines(output, "verdicts")}
    assert told.keys() == whole.keys()
    codes = [(row["run"], row["code"]) for row in lines(output, "findings")]
    assert sorted(codes) == sorted((r, f["code"]) for r, v in whole.items() for f in v["findings"])
    (missing,) = [row for row in lines(output, "runs") if row["url"].endswith("missing")]
    assert "There is no file or directory" in missing["error"]
    summary = json.loads((output / "summary.json").read_text())
    assert (summary["trainings"], summary["unread"]) == (len(told), 1)


def test_a_later_scan_judges_what_has_changed(beam: Any, tmp_path: Path) -> None:
    path, output = awkward(tmp_path / "logs"), tmp_path / "out"
    assert scan(str(path), "--output", str(output), "--now", "none") == 0
    once = kept(output)
    assert scan(str(path), "--output", str(output), "--now", "none") == 0
    assert verdicts(output) == diagnosed(str(path), None)[0]
    assert kept(output) == once, "what had not changed was judged again"
    append(path)
    (file,) = (output / "resume").iterdir()
    broken = output / "resume" / f"x.7{file.suffix}"
    broken.write_bytes(file.read_bytes()[:-40])
    assert scan(str(path), "--output", str(output), "--now", "none") == 0
    assert verdicts(output) == diagnosed(str(path), None)[0]
    assert broken.exists() + file.exists() == 1, "what is there twice stays"
    broken.unlink(missing_ok=True)
    file.unlink(missing_ok=True)
    assert 0 < kept(output) < once


def test_what_is_kept_is_bounded(beam: Any, tmp_path: Path) -> None:
    path, output = tmp_path / "logs", tmp_path / "out"
    for day in range(4):
        for run in "abcdef":
            write(path / f"{day}{run}", curve("loss", [3.0, 2.0]))
        if day:  # two stay of each day
            for run in "cdef":
                shutil.rmtree(path / f"{day - 1}{run}")
        assert scan(str(path), "--output", str(output), "--now", "none") == 0
        present = set(verdicts(output))
        assert len(present) == 6 + 2 * day
        held = [
            training.name for file in (output / "resume").iterdir()
            for outcome in unpacked(file.read_bytes()) for training in outcome.trainings
        ]  # fmt: skip
        assert present <= set(held)
        assert len(held) <= 2 * len(present)
    assert scan(str(path), "--output", str(output), "--now", "none", "--no-store") == 0
    assert set(verdicts(output)) == present
    assert not list((output / "resume").iterdir())


def test_what_ran_is_judged_again(beam: Any, tmp_path: Path) -> None:
    path, output = tmp_path / "logs", tmp_path / "out"
    write(path / "live", [event(i, simple("loss", 9.0 - i), time=NOW - 9 + i) for i in range(9)])
    write(path / "ended", curve("loss", [3.0, 2.0]))
    for now in (NOW, NOW + 1e5):
        assert scan(str(path), "--output", str(output), "--now", str(now)) == 0
        assert verdicts(output) == diagnosed(str(path), now)[0]


def test_files_of_a_large_training_are_read_apart(
    beam: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tb_zeroacc.fleet.work.LARGE", 1)
    path, output = awkward(tmp_path / "logs"), tmp_path / "out"
    assert scan(str(path), "--output", str(output), "--now", "none") == 0
    assert verdicts(output) == diagnosed(str(path), None)[0]
    assert kept(output) < len(verdicts(output))


def test_a_log_that_fails_is_a_row(
    beam: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, output = tmp_path / "logs", tmp_path / "out"
    for name in "abc":
        write(path / name, curve("loss", [3.0, 2.0]))
    from tb_zeroacc.fleet import pipeline
    from tests.fleet import works

    for times in range(2):  # again, what an earlier scan kept or not
        monkeypatch.setattr(pipeline, "judged", works.broken)
        assert scan(str(path), "--output", str(output), "--now", "none") == 0
        assert set(verdicts(output)) == {"a", "c"}
        (row,) = [row for row in lines(output, "runs") if row["error"]]
        assert row["error"].startswith("`b/events"), times
        assert row["error"].endswith("RuntimeError.")
    monkeypatch.undo()
    assert scan(str(path), "--output", str(output), "--now", "none") == 0
    assert set(verdicts(output)) == {"a", "b", "c"}, "it was not tried again"


@pytest.mark.parametrize("large", [False, True])
def test_a_log_that_kills_its_reader_is_a_row(
    large: bool, beam: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tb_zeroacc.fleet import pipeline
    from tests.fleet import works

    path, output = tmp_path / "logs", tmp_path / "out"
    for name in "abcd":
        write(path / name, curve("loss", [3.0, 2.0]))
    write(path / "b" / "validation", curve("loss", [4.0]))
    monkeypatch.setattr(pipeline, "judged", works.deadly)
    if large:
        monkeypatch.setattr("tb_zeroacc.fleet.work.LARGE", 1)
        monkeypatch.setattr(pipeline, "file_read", works.deadly_file)
    assert answer(["scan", str(path), "--output", str(output), "--workers", "2"]) == 0
    assert set(verdicts(output)) >= {"a", "c", "d"}
    sentences = [row["error"] for row in lines(output, "runs") if row["error"]]
    told = " ".join([*sentences, verdicts(output).get("b", "")])
    assert "the process that read it ended (killed by SIGKILL, perhaps for want of memory)" in told


def test_an_interrupt_ends_it_without_a_traceback(beam: Any, tmp_path: Path) -> None:
    write(tmp_path / "logs" / "b", curve("loss", [3.0, 2.0]))
    program = (
        "import signal, sys\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever started the tests\n"
        "from tb_zeroacc.fleet import pipeline\n"
        "from tests.fleet import works\n"
        "pipeline.judged = works.endless\n"
        "from tb_zeroacc.cli import main\n"
        "main()\n"
    )
    root = str(Path(__file__).parents[2])
    scanning = subprocess.Popen(
        [sys.executable, "-c", program, "scan", "logs", "--output", "out"], cwd=tmp_path, text=True,
        env={**os.environ, "PYTHONPATH": root}, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        end = time.monotonic() + 120
        while not (tmp_path / "reading").exists():
            assert time.monotonic() < end, "it did not begin to read"
            time.sleep(0.05)
        os.killpg(scanning.pid, signal.SIGINT)  # as a terminal does
        _, said = scanning.communicate(timeout=60)
    finally:
        scanning.kill()
        scanning.wait()
    assert scanning.returncode == 130
    assert "Traceback" not in said


@pytest.mark.parametrize("made", [["empty"], []])
def test_where_there_is_no_log(
    made: Sequence[str], beam: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in made:
        (tmp_path / "logs" / name).mkdir(parents=True)
    assert scan(str(tmp_path / "logs"), "--output", str(tmp_path / "out")) == 2
    (row,) = lines(tmp_path / "out", "runs")
    assert row["error"].startswith("There is no ")
    assert "0 trainings judged" in capsys.readouterr().out
