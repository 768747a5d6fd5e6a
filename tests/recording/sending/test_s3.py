"""A record on its way to S3, on a real server of its interface that fails as servers do."""

from __future__ import annotations

import dataclasses
import itertools
import os
import re
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tb_zeroacc import facts
from tb_zeroacc.logs import read_runs
from tb_zeroacc.logs.reader import LogReader
from tb_zeroacc.recording import event_writer
from tb_zeroacc.recording.event_log import SessionLog
from tb_zeroacc.recording.guard import Guard
from tb_zeroacc.recording.sending import destination, keeping, leftovers, sender, spool
from tb_zeroacc.recording.session import RecordingSession
from tb_zeroacc.records import Layout
from tb_zeroacc.run import Run
from tests.recording.numpy_training import train
from tests.s3_server import Bucket, Fault, S3Server, serving

pytest.importorskip("s3fs")
pytest.importorskip("boto3")
pytest.importorskip("moto.server")

LAYOUT = Layout("inputs", ("x[0]", "x[1]"), facts.COLUMNS["inputs"])
START = facts.Start("token", 1_700_000_000.0, "test", None)
STEPS = 300


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with serving() as running:
        yield running


@pytest.fixture
def bucket(
    server: S3Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Bucket]:
    server.environment(monkeypatch)
    monkeypatch.setattr(spool.tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(destination, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(destination, "LONGEST_PAUSE", 0.1)
    server.is_mended.clear()
    yield server.bucket()
    server.mend()


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "SEGMENT_BYTES", 10_000)


def record(log: SessionLog, steps: range, now: list[float]) -> None:
    """Samples of some steps, a second apart."""
    for step in steps:
        now[0] += 1.0
        values = np.full((2, len(LAYOUT.columns)), step, np.float32)
        log.sample(step, [(LAYOUT, values)], [("zeroacc/loss", 1.0 / (step + 1))])


def plain(value: object) -> Any:
    """Dictionaries, lists and arrays, which NumPy can compare."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, tuple | list) else value


def the_run(path: str) -> Run:
    (run,) = read_runs(path)
    return dataclasses.replace(run, path="")


def until(happened: Callable[[], bool]) -> None:
    """Waits for something that has to happen."""
    end = time.monotonic() + 60.0
    while not happened():
        assert time.monotonic() < end, "it never happens"
        time.sleep(0.01)


@pytest.mark.usefixtures("_small")
def test_it_is_the_record_that_would_have_been_written_here(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1_700_000_000.0]
    monkeypatch.setattr(event_writer.time, "time", lambda: now[0])
    for directory in (f"{bucket.url}/run/zeroacc", str(tmp_path / "run" / "zeroacc")):
        now[0] = 1_700_000_000.0
        log = SessionLog(directory, Guard())
        log.fact(0, START)
        log.fact(0, facts.Contract())
        record(log, range(STEPS), now)
        log.fact(STEPS, facts.Epoch(0, STEPS, 1.0, {"loss": 0.5}))
        log.fact(STEPS, facts.End("finished", STEPS))
        log.fact(STEPS, facts.Unrecorded("A part", "Said at the very end."))
        log._flush(log._writer)  # type: ignore[arg-type]
    names = list(bucket.objects())
    assert len(names) > 5
    assert names == sorted(names)
    there, here = the_run(f"{bucket.url}/run"), the_run(str(tmp_path / "run"))
    assert there.end is not None
    assert there.sessions == 1
    assert len(there.tables["inputs"].steps) == len(here.tables["inputs"].steps)
    np.testing.assert_equal(plain(there), plain(here))


@pytest.mark.filterwarnings("ignore:divide by zero")
@pytest.mark.usefixtures("_small")
def test_a_whole_training_is_read_there_as_one_session(bucket: Bucket) -> None:
    url = f"{bucket.url}/numpy"
    assert train(url, 0.5) == {}
    run = the_run(url)
    assert (run.sessions, run.notes) == (1, ())
    assert run.end is not None
    assert run.contract is not None
    assert len(bucket.objects()) > 3


@pytest.mark.usefixtures("_small")
def test_tensorboard_reads_all_segments(bucket: Bucket, tmp_path: Path) -> None:
    log = SessionLog(f"{bucket.url}/run/zeroacc", Guard())
    log.fact(0, START)
    record(log, range(STEPS), [0.0])
    log.fact(STEPS, facts.End("finished", STEPS))
    for name, content in bucket.objects().items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    read = EventAccumulator(str(tmp_path / "run" / "zeroacc"), {"tensors": 0}).Reload()
    steps = [event.step for event in read.Tensors("zeroacc/loss")]
    assert steps == list(range(STEPS))


def test_one_listing_and_one_read_a_segment(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "LEAST_AGE", 0.05)
    log = SessionLog(f"{bucket.url}/run/zeroacc", Guard())
    log.fact(0, START)
    until(lambda: len(bucket.objects()) == 1)  # closed by its age, with nothing behind it
    reader = LogReader(f"{bucket.url}/run")
    reader.refresh()
    for number in range(1, 4):
        record(log, range(number, number + 1), [0.0])
        until(lambda count=number: len(bucket.objects()) == count + 1)  # type: ignore[misc]
        bucket.requests()
        reader.refresh()
        listing, *reads = bucket.requests()
        assert "list-type=2" in listing
        assert [re.sub(r".*\.segment-", "", read) for read in reads] == [f"{number:06d}.zeroacc"]
        (run,) = reader.runs()
        assert run.curves[0].series.count == number
    reader.refresh()
    assert len(bucket.requests()) == 1, "nothing is read again"


@pytest.mark.parametrize("fault", ["refuses", "is silent", "hangs up"])
@pytest.mark.usefixtures("_small")
def test_a_server_that_fails_for_a_while_holds_no_step_up_and_gets_all_of_it(
    fault: Fault, bucket: Bucket, server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.fault = fault
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        log = SessionLog(f"{bucket.url}/run/zeroacc", Guard())
        log.fact(0, START)
        record(log, range(STEPS // 2), [0.0])
        # All steps are taken: none of them can have waited for an answer that never came.
        waits = fault == "is silent"
        until(lambda: server.faults >= (1 if waits else sender.PATIENCE))
        assert not bucket.objects()
        record(log, range(STEPS // 2, STEPS), [0.0])
        until(lambda: waits or len(told) == 1)
        server.mend()
        log.fact(STEPS, facts.End("finished", STEPS))
    run = the_run(f"{bucket.url}/run")
    assert run.tables["inputs"].steps[[0, -1]].tolist() == [0, STEPS - 1]
    assert run.curves[0].series.count == STEPS
    assert run.end is not None
    if fault != "is silent":
        (message,) = (str(each.message) for each in told)
        assert "could not be sent to s3://" in message
        assert "training goes on" in message


def test_the_pause_after_faults_is_bounded_however_many_they_are() -> None:
    for faults in (1, 2, 5, 100, 10_000):
        longest = 60.0 if faults > 6 else 2.0 ** (faults - 1)
        assert longest / 2 <= destination.pause_after(faults) <= longest


def test_an_answer_that_never_comes_is_not_waited_for_for_ever(
    bucket: Bucket, server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(destination, "TIMEOUT", 0.2)
    server.fault = "is silent"
    log = SessionLog(f"{bucket.url}/run/zeroacc", Guard())
    log.fact(0, START)
    threading.Timer(0.5, setattr, (server, "fault", None)).start()  # the first one stays silent
    log.fact(1, facts.End("finished", 1))
    assert the_run(f"{bucket.url}/run").end is not None


@pytest.mark.parametrize(
    ("is_kept", "then"), [(True, "by the next training"), (False, "by nobody: copy the files")]
)
def test_the_end_of_a_training_waits_for_a_server_that_is_gone_and_says_what_is_kept_where(
    is_kept: bool, then: str, bucket: Bucket, server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "LAST_WAIT", 0.3)
    monkeypatch.setattr(sender, "PATIENCE", 10**6)
    if not is_kept:  # as where files cannot be locked
        monkeypatch.setattr(keeping, "keep", lambda directory, url: None)
    server.fault = "refuses"
    url = f"{bucket.url}/run/zeroacc"
    log = SessionLog(url, Guard())
    log.fact(0, START)
    record(log, range(3), [0.0])
    with pytest.warns(RuntimeWarning) as told:
        log.fact(3, facts.End("finished", 3))
    (message,) = (str(each.message) for each in told)
    assert "KiB of the record (1 file) could not be sent to s3://" in message
    assert log.here in message
    assert then in message
    monkeypatch.setattr(sender, "LAST_WAIT", 600.0)
    log.fact(3, facts.End("finished", 3))  # of another fit: it does not wait again in vain
    kept = the_run(log.here)
    assert kept.end is not None
    assert kept.tables["inputs"].steps.tolist() == [0, 1, 2]
    server.mend()
    until(lambda: len(bucket.objects()) == 2)
    assert the_run(f"{bucket.url}/run").end is not None


@pytest.mark.usefixtures("_small")
def test_what_waits_is_bounded_and_the_record_says_that_something_was_dropped(
    bucket: Bucket, server: S3Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(spool, "MOST_BYTES", 150_000)
    monkeypatch.setattr(sender, "PATIENCE", 10**6)
    server.fault = "refuses"
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        session = RecordingSession(f"{bucket.url}/run", Guard())
        for step in range(4 * STEPS):
            session.tables(step, [(LAYOUT, np.zeros((2, len(LAYOUT.columns)), np.float32))])
        here = sum(path.stat().st_size for path in (tmp_path / "temporary").rglob("*.zeroacc"))
        assert here <= 150_000 + 2 * spool.SEGMENT_BYTES
        until(lambda: bool(told))
        server.mend()
        session.epoch(facts.Epoch(0, 4 * STEPS, 1.0, {"loss": 0.5}))
        session.fact(4 * STEPS, facts.End("finished", 4 * STEPS))
    (message,) = (str(each.message) for each in told)
    assert "The oldest part of the record" in message
    run = the_run(f"{bucket.url}/run")
    steps = run.tables["inputs"].steps.tolist()
    assert steps[0] == 0, "the first segments are never dropped"
    assert steps[-1] == 4 * STEPS - 1, "and the newest are sent"
    assert run.end is not None
    assert [fact.part for fact in run.unrecorded] == ["A stretch of the record"]


PROGRAM = """
import os, signal, sys
import numpy as np
from tb_zeroacc import facts
from tb_zeroacc.recording.event_log import SessionLog
from tb_zeroacc.recording.guard import Guard
log = SessionLog(sys.argv[1], Guard())
log.fact(0, facts.Start("token", 1.0, "test", None))
print(log.here, flush=True)
if sys.argv[2] == "stays":
    sys.stdin.readline()
if sys.argv[2] == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
if sys.argv[2] == "forks" and os.fork() == 0:
    log.fact(1, facts.End("interrupted", 1))
    sys.exit()
if sys.argv[2] == "forks":
    os.wait()
"""


@pytest.mark.parametrize("how", ["ends", "killed", "forks"])
def test_a_program_that_ends_without_an_end(how: str, bucket: Bucket, tmp_path: Path) -> None:
    url = f"{bucket.url}/run/zeroacc"
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, url, how], capture_output=True, text=True, timeout=120,
        cwd=Path(__file__).parents[3],
        env={**os.environ, "TMPDIR": str(tmp_path / "temporary")},
    )  # fmt: skip
    here = done.stdout.split()[0]
    if how == "killed":
        assert the_run(here).start is not None, "what was not sent is still here"
        assert not bucket.objects()
        return
    assert done.returncode == 0, done.stderr
    assert the_run(f"{bucket.url}/run").start is not None
    assert len(bucket.objects()) == 1
    assert not Path(here).exists(), "all has arrived: nothing is left here"


@contextmanager
def a_process(url: str, how: str, temporary: Path) -> Iterator[tuple[Path, Popen[str]]]:
    """One that records into a URL, and where it keeps that."""
    with Popen(
        [sys.executable, "-c", PROGRAM, url, how], text=True, cwd=Path(__file__).parents[3],
        stdin=PIPE, stdout=PIPE, env={**os.environ, "TMPDIR": str(temporary)},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        try:
            yield Path(process.stdout.readline().strip()), process
        finally:
            process.kill()


def left_behind(url: str, tmp_path: Path) -> Path:
    """What a process that was killed has left for a URL."""
    with a_process(url, "killed", tmp_path / "temporary") as (here, process):
        process.wait(60)
    return here


@pytest.mark.parametrize(
    ("fault", "part"),
    [
        (None, "zeroacc"),
        ("refuses", "zeroacc/worker_1"),
        pytest.param("hangs up", "zeroacc", marks=pytest.mark.long),
        pytest.param("refuses", "zeroacc", marks=pytest.mark.long),
    ],
)
def test_a_later_session_sends_what_a_killed_one_has_left(
    fault: Fault | None, part: str, bucket: Bucket, server: S3Server, tmp_path: Path
) -> None:
    here = left_behind(f"{bucket.url}/run/{part}", tmp_path)
    (left,) = here.iterdir()
    content = left.read_bytes()
    server.fault = fault
    log = SessionLog(f"{bucket.url}/run/zeroacc", Guard())
    log.fact(0, dataclasses.replace(START, session="later"))
    record(log, range(3), [0.0])  # held up by nothing
    until(lambda: fault is None or server.faults > 2)
    server.mend()
    log.fact(3, facts.End("finished", 3))
    until(lambda: not here.parent.exists())
    assert bucket.objects()[f"run/{part}/{left.name}"] == content
    assert the_run(f"{bucket.url}/run/zeroacc").sessions == (2 if part == "zeroacc" else 1)


def test_what_a_living_process_keeps_is_its_own(
    bucket: Bucket, server: S3Server, tmp_path: Path
) -> None:
    url = f"{bucket.url}/run/zeroacc"
    server.fault = "refuses"
    with a_process(url, "stays", tmp_path / "temporary") as (here, process):
        leftovers.send_leftovers(url).join(60)
        mine = SessionLog(url, Guard())
        leftovers.send_leftovers(url).join(60)
        assert here.exists()
        assert Path(mine.here).exists()
        process.kill()
        process.wait(60)
        server.mend()
        leftovers.send_leftovers(url).join(60)
        assert not here.exists()
        assert Path(mine.here).exists()


def test_two_that_begin_at_once_send_it_once(
    bucket: Bucket, server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"{bucket.url}/run/zeroacc"
    left_behind(url, tmp_path)
    sent: list[str] = []
    put = destination.Destination.put

    def slowly(self: destination.Destination, name: str, content: bytes) -> None:
        if self.url.startswith(bucket.url):  # a log of an earlier test may still try its own
            sent.append(name)
            time.sleep(0.2)
        put(self, name, content)

    monkeypatch.setattr(destination.Destination, "put", slowly)
    for thread in [leftovers.send_leftovers(url) for _ in range(8)]:
        thread.join(60)
    assert len(sent) == 1
    assert len(bucket.objects()) == 1


def test_one_that_is_given_up_halfway_is_gone_on_with(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"{bucket.url}/run/zeroacc"
    here = left_behind(url, tmp_path)
    (first,) = here.iterdir()
    second = here / first.name.replace("000000", "000001")
    second.write_bytes(first.read_bytes())
    second.chmod(0o600)
    sent: list[str] = []
    put = destination.Destination.put

    def fails_at_the_second(self: destination.Destination, name: str, content: bytes) -> None:
        if self.url.startswith(bucket.url):
            sent.append(name)
            if len(sent) == 2:
                raise OSError("the network is gone")
        put(self, name, content)

    monkeypatch.setattr(leftovers, "MOST_FAULTS", 1)
    monkeypatch.setattr(destination.Destination, "put", fails_at_the_second)
    leftovers.send_leftovers(url).join(60)
    assert here.exists()
    leftovers.send_leftovers(url).join(60)
    assert sent == [first.name, second.name, second.name], "what has arrived is not sent again"
    assert not here.exists()
    assert len(bucket.objects()) == 2


def of_another_training(here: Path) -> None:
    (here.parent / "owner.json").write_text('{"url": "s3://elsewhere/run/zeroacc"}')


def open_to_others(here: Path) -> None:
    here.parent.chmod(0o755)


def a_link_to_a_secret(here: Path) -> None:
    secret = here.parents[2] / "secret"
    secret.write_text("a key")
    (segment,) = here.iterdir()
    segment.unlink()
    segment.symlink_to(secret)


def torn(here: Path) -> None:
    (here.parent / "owner.json").write_text('{"url"')


@pytest.mark.parametrize("change", [of_another_training, open_to_others, a_link_to_a_secret, torn])
def test_what_may_not_be_ours_is_not_sent(
    change: Callable[[Path], None], bucket: Bucket, tmp_path: Path
) -> None:
    url = f"{bucket.url}/run/zeroacc"
    change(left_behind(url, tmp_path))
    leftovers.send_leftovers(url).join(60)
    assert bucket.objects() == {}


def test_segments_that_are_sent_again_change_nothing(
    bucket: Bucket, server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, numbers = destination.Destination.put, itertools.count()

    def twice(self: destination.Destination, name: str, content: bytes) -> None:
        put(self, name, content)
        if next(numbers) == 0:
            raise OSError("the answer got lost")

    monkeypatch.setattr(destination.Destination, "put", twice)
    log = SessionLog(f"{bucket.url}/run/zeroacc", Guard())
    log.fact(0, START)
    record(log, range(3), [0.0])
    log.fact(3, facts.End("finished", 3))
    assert len(bucket.objects()) == 1
    assert the_run(f"{bucket.url}/run").curves[0].series.count == 3
