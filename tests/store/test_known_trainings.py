"""With, without and with a half-old store: the same verdicts, to the byte, for less reading."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tb_zeroacc import verdict
from tb_zeroacc.diagnosis.diagnosis import Diagnosis
from tb_zeroacc.logs import storage
from tb_zeroacc.run import Run
from tb_zeroacc.store.database import FILE, Database
from tb_zeroacc.store.location import VARIABLE
from tb_zeroacc.store.version import version
from tb_zeroacc.verdict import Reader
from tests.logs.awkward import NOW, append, awkward, said
from tests.logs.written import BEGIN, curve, event, simple, write
from tests.recording.numpy_job import BEGIN as JOB_BEGIN
from tests.recording.numpy_job import Plan, train_job


def stored(path: Path) -> Reader:
    return Reader(str(path), stores=True)


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the runs that are judged from now on."""
    names: list[str] = []
    real = verdict.diagnose_run

    def noted(run: Run, rules: Any) -> Diagnosis:
        names.append(run.name)
        return real(run, rules)

    monkeypatch.setattr(verdict, "diagnose_run", noted)
    return names


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """The files that are read from now on, each with the first byte that is asked for."""
    found: list[tuple[str, int]] = []
    real = storage._Local.read

    def noted(self: Any, location: str, first: int, count: int) -> bytes:
        found.append((Path(location).parent.name, first))
        return real(self, location, first, count)

    monkeypatch.setattr(storage._Local, "read", noted)
    return found


@pytest.mark.parametrize("now", [None, NOW])
def test_the_same_verdicts_to_the_byte(
    now: float | None, store: Path, tmp_path: Path, judged: list[str]
) -> None:
    path = awkward(tmp_path / "logs")
    wanted = said(Reader(str(path)), now)
    assert said(stored(path), now) == wanted
    judged.clear()
    assert said(stored(path), now) == wanted
    assert judged == [], "nothing has changed, and runs were judged again"
    append(path)
    wanted = said(Reader(str(path)), now)
    assert said(stored(path), now) == wanted
    assert said(stored(path), now) == wanted
    assert (store / FILE).stat().st_mode & 0o077 == 0


def test_what_is_recalled_does_not_count_as_read(store: Path, tmp_path: Path) -> None:
    for name in "abc":
        file = write(tmp_path / "logs" / name, curve("loss", [2.0, 1.0]))
    first, second = stored(tmp_path / "logs"), stored(tmp_path / "logs")
    said(first, None)
    assert first.amount.bytes >= 3 * file.stat().st_size
    said(second, None)
    assert second.amount == (0, 0)


@pytest.mark.parametrize("now", [None, JOB_BEGIN + 30.0, JOB_BEGIN + 1e5])
def test_a_job_is_the_same_with_a_lane_for_each_worker(
    now: float | None, store: Path, tmp_path: Path, judged: list[str]
) -> None:
    logs = tmp_path / "logs"
    plans = {1: Plan(spoil=lambda x, y, step: (x, 0 * y)), 2: Plan(dies_after=10)}
    train_job([str(logs / "told")] * 3, plans, steps=30)
    ranks = [str(logs / f"named/rank{n}") for n in range(2)]
    train_job(ranks, steps=30, is_told=False, ends=False)
    wanted = said(Reader(str(logs)), now)
    assert said(stored(logs), JOB_BEGIN + 30.0)
    judged.clear()
    assert said(stored(logs), now) == wanted
    if now == JOB_BEGIN + 30.0:
        assert judged == [], "nothing has changed, and jobs were judged again"


def test_a_later_clock_judges_what_ran_then(store: Path, tmp_path: Path) -> None:
    path = awkward(tmp_path / "logs")
    said(stored(path), NOW)
    assert said(stored(path), NOW + 1e6) == said(Reader(str(path)), NOW + 1e6)
    assert said(stored(path), None) == said(Reader(str(path)), None)


def test_what_was_appended_is_read_from_where_reading_ended(
    store: Path, tmp_path: Path, reads: list[tuple[str, int]]
) -> None:
    lines = [event(i, simple("loss", 9.0 - i), time=NOW - 9 + i) for i in range(8)]
    for name in "abc":
        file = write(tmp_path / "logs" / name, lines[:6])
    said(stored(tmp_path / "logs"), NOW)
    size = file.stat().st_size
    more = write(tmp_path / "more", lines[6:])
    file.write_bytes(file.read_bytes() + more.read_bytes())
    reads.clear()
    assert said(stored(tmp_path / "logs"), NOW)
    assert {name for name, _ in reads} == {"c"}, "only one file has grown"
    assert min(first for _, first in reads) > size - 100, "it was read from its beginning"


CHANGED = ["append", "replace", "in place", "remove", "new", "file", "look", "touch"]
# What may happen to a log directory between two looks at it.
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(CHANGED),
        st.integers(0, 2),
        st.floats(0.0, 4.0, width=32),
    ),
    min_size=1, max_size=6,
)  # fmt: skip


def change(path: Path, what: str, run: int, value: float) -> None:
    folder = path / f"run_{run}"
    files = sorted(folder.glob("*tfevents*"))
    if what == "look":
        return
    if what == "new" or not files:
        write(path / f"run_{run}" / "validation", curve("loss", [value] * 3), len(files))
        write(folder, curve("loss", [3.0, value]))
    elif what == "append":
        more = [event(20, simple("loss", value), time=NOW - 5)]
        files[0].write_bytes(files[0].read_bytes() + write(path.parent / "x", more).read_bytes())
    elif what == "replace":
        shutil.rmtree(folder)
        write(folder, curve("loss", [value, 2.0, 1.0, 0.5]))
    elif what == "in place":  # as `rsync --inplace --times` does: nothing but the bytes tells
        held = files[0].stat()
        content = write(path.parent / "y", curve("loss", [value + 5.0] * 40)).read_bytes()
        with files[0].open("r+b") as file:
            file.write(content[: held.st_size])
        os.utime(files[0], ns=(held.st_atime_ns, held.st_mtime_ns))
    elif what == "remove":
        shutil.rmtree(folder)
    elif what == "file":
        write(folder, curve("accuracy", [0.1, value / 4]), 1)
    else:
        os.utime(files[0], (BEGIN, BEGIN))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(CHANGES, min_size=1, max_size=3))
def test_whatever_happens_between_two_looks(
    store: Path, tmp_path_factory: pytest.TempPathFactory, rounds: list[Any]
) -> None:
    path = tmp_path_factory.mktemp("law") / "logs"
    write(path / "run_0", curve("loss", [5.0, 4.0, 3.0]))
    write(path / "run_1", [event(i, simple("loss", 9.0 - i), time=NOW - 9 + i) for i in range(5)])
    write(path / "always", curve("loss", [1.0, 0.5]))
    for changes in ([], *rounds):
        for what, run, value in changes:
            change(path, what, run, value)
        for now in (NOW, None):
            assert said(stored(path), now) == said(Reader(str(path)), now)


def damage_of(file: Path) -> Iterator[tuple[str, bytes]]:
    content = file.read_bytes()
    yield "no database", b"nothing of SQLite" * 99
    yield "empty", b""
    yield "cut in half", content[: len(content) // 2]
    yield "zeros in its middle", content[:20_000] + bytes(40_000) + content[60_000:]
    for at in range(100, len(content), len(content) // 7):
        yield f"bits turned at {at}", b"".join(
            (content[:at], bytes(b ^ 0x55 for b in content[at : at + 300]), content[at + 300 :])
        )


def test_a_store_that_is_broken_is_begun_anew(
    store: Path, tmp_path: Path, judged: list[str]
) -> None:
    path = awkward(tmp_path / "logs")
    wanted = said(stored(path), NOW)
    settle(store)
    for what, content in list(damage_of(store / FILE)):
        (store / FILE).write_bytes(content)
        assert said(stored(path), NOW) == wanted, f"another verdict where the store was {what}"
        said(stored(path), NOW)  # what was only noticed when it was looked at closely
        judged.clear()
        assert said(stored(path), NOW) == wanted
        settle(store)
        assert not judged or what.startswith("bits"), f"{what}: it was not begun anew"


def settle(store: Path) -> None:
    """Has all of the store in its one file, as when every process has ended."""
    import gc
    import sqlite3

    gc.collect()
    connection = sqlite3.connect(store / FILE)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def test_a_store_of_another_version_is_not_seen(
    store: Path, tmp_path: Path, judged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = awkward(tmp_path / "logs")
    wanted = said(stored(path), NOW)
    judged.clear()
    monkeypatch.setattr("tb_zeroacc.store.known_trainings.version", lambda: "another")
    assert said(stored(path), NOW) == wanted
    assert len(judged) > 8, "what other code has judged was taken for its own"


def test_what_is_dropped_meanwhile_comes_from_the_logs(store: Path, tmp_path: Path) -> None:
    path = awkward(tmp_path / "logs")
    wanted = said(stored(path), NOW)
    reader = stored(path)
    reader.refresh(NOW)
    database = Database(store, version(), 2**30)
    database._run("DELETE FROM body")
    assert said(reader, NOW) == wanted


def test_a_store_that_is_locked_is_left_alone(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = awkward(tmp_path / "logs")
    wanted = said(stored(path), NOW)
    monkeypatch.setattr("tb_zeroacc.store.database.PATIENCE", 0.01)
    other = Database(store, "another", 2**30)
    with other._writing():
        append(path)
        assert said(stored(path), NOW) == said(Reader(str(path)), NOW) != wanted


PROGRAM = """
import sys
from tb_zeroacc import verdict
from tb_zeroacc.encoding import runs_json
verdict.WORTH_STORING = 0.0
reader = verdict.Reader(sys.argv[1], stores=True)
reader.refresh(float(sys.argv[2]))
print(runs_json(reader.state(float(sys.argv[2]))))
"""


def test_two_processes_at_once(store: Path, tmp_path: Path) -> None:
    path = awkward(tmp_path / "logs")
    wanted = runs_said(path)
    command = [sys.executable, "-c", PROGRAM, str(path), str(NOW)]
    environment = {**os.environ, VARIABLE: str(store)}
    for _ in range(2):
        both = [
            subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
            for _ in range(2)
        ]
        assert [each.communicate(timeout=120)[0] for each in both] == [wanted, wanted]
    rows = Database(store, version(), 2**30)._run("SELECT name FROM training")
    assert len(rows) > 8, "neither has stored anything"


def runs_said(path: Path) -> str:
    from tb_zeroacc.encoding import runs_json

    return f"{runs_json(verdict.read(str(path), NOW))}\n"


def test_the_store_never_lies_among_the_logs(
    tmp_path: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = awkward(tmp_path / "logs")
    monkeypatch.setenv(VARIABLE, str(path / "below"))
    before = {*path.rglob("*")}
    said(stored(path), NOW)
    assert {file for file in {*path.rglob("*")} - before if file.is_file()} == set()


def test_a_remote_log_is_stored_by_its_version(store: Path, reads: list[tuple[str, int]]) -> None:
    import fsspec

    system = fsspec.filesystem("memory")
    try:
        for name in "ab":
            system.pipe(f"/stored/{name}/metrics.csv", b"epoch,loss\n0,5.0\n1,4.0\n")
        wanted = said(Reader("memory://stored"), None)
        for _ in range(2):
            assert said(Reader("memory://stored", stores=True), None) == wanted
        system.pipe("/stored/b/metrics.csv", b"epoch,loss\n0,5.0\n1,9.0\n")
        wanted = said(Reader("memory://stored"), None)
        assert said(Reader("memory://stored", stores=True), None) == wanted
    finally:
        system.rm("/stored", recursive=True)
