"""`zeroacc watch` as a user meets it: lines, exit codes, signals, what vanishes and comes back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tb_zeroacc.cli.app import answer
from tb_zeroacc.verdict import diagnose
from tests.cli.test_command import run
from tests.logs.remote.web_server import WebServer, serving
from tests.logs.written import curve, encoded, write
from tests.monitoring.posts import receiving
from tests.monitoring.trainings import BROKEN, HEALTHY, NAN, begin, go_on, record
from tests.monitoring.watcher import until, watching

FAST = ("--interval", "0.2", "--format", "json")


def test_a_line_when_a_verdict_changes_and_none_when_numbers_move(tmp_path: Path) -> None:
    file = begin(tmp_path / "a", HEALTHY)
    with watching(str(tmp_path), *FAST) as watch:
        first = watch.json()
        assert (first["run"], first["outcome"], first["event"]) == ("a", "learning", "verdict")
        go_on(file, [0.18, 0.17], len(HEALTHY))
        assert watch.is_quiet(0.6), "a lower loss is no other verdict"
        go_on(file, [NAN] * 3, len(HEALTHY) + 2)
        second = watch.json()
        assert (second["outcome"], second["code"]) == ("broken", "ZA501")
        (told,) = diagnose(str(tmp_path), now=second["time"])
        assert (second["headline"], second["outcome"]) == (told.headline, told.outcome.value)
        found = [(f.code, f.tier.label, f.summary) for f in told.findings]
        assert [(f["code"], f["tier"], f["summary"]) for f in second["findings"]] == found


def test_lines_for_people(tmp_path: Path) -> None:
    begin(tmp_path / "a\x1b[31m", BROKEN)
    with watching(str(tmp_path), "--interval", "0.2") as watch:
        line = watch.line()
    assert "✕ Broken" in line
    assert "ZA501 The loss is NaN from step 3 on." in line
    assert "\x1b" not in line, "a name is data"


def test_a_path_is_waited_for_and_what_vanishes_comes_back_unread(tmp_path: Path) -> None:
    logs, away = tmp_path / "logs", tmp_path / "away"
    with watching(str(logs), *FAST) as watch:
        watch.sentence("Waiting: There is no file or directory")
        file = begin(logs / "a", HEALTHY)
        watch.sentence("All can be read again.")
        assert watch.json()["outcome"] == "learning"
        logs.rename(away)
        watch.sentence("Waiting: There is no file or directory")
        away.rename(logs)
        watch.sentence("All can be read again.")
        assert watch.is_quiet(0.6), "it came back as it was"
        go_on(file, [NAN] * 3, len(HEALTHY))
        assert watch.json()["outcome"] == "broken"


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["INT", "TERM"]
)
def test_a_signal_ends_it_without_a_traceback(tmp_path: Path, number: int, code: int) -> None:
    begin(tmp_path, HEALTHY)
    with watching(str(tmp_path), *FAST, "--notify", "true") as watch:
        watch.line()
        assert watch.end(number) == (code, "")


def test_a_server_that_falls_silent_is_waited_for(tmp_path: Path) -> None:
    pytest.importorskip("aiohttp")
    write(tmp_path, curve("loss", HEALTHY, begin=time.time() - 20))
    name = next(tmp_path.iterdir()).name
    log = (tmp_path / name).read_bytes()
    with (
        serving(WebServer(files={f"/logs/{name}": log})) as web,
        watching(f"{web.url}/logs/", *FAST, "--timeout", "1") as watch,
    ):
        assert watch.json()["outcome"] == "learning"
        web.silent |= {"/logs/", "/logs", f"/logs/{name}"}
        watch.sentence("Waiting: ")
        losses = curve("loss", [NAN] * 3, first=len(HEALTHY), begin=time.time())
        web.files[f"/logs/{name}"] = log + encoded(losses)
        web.silent.clear()
        assert watch.json()["outcome"] == "broken"
        watch.sentence("All can be read again.")


Make = Callable[[Path], object]
ENDS: dict[str, tuple[Make, list[str], int]] = {
    "a definite finding": (lambda p: begin(p, BROKEN), ["--exit-on", "definite"], 3),
    "stronger than asked for": (lambda p: begin(p, BROKEN), ["--exit-on", "strong"], 3),
    "an end on record": (lambda p: record(p, HEALTHY, ended=True), ["--until", "finished"], 0),
    "long silent": (lambda p: begin(p, HEALTHY, ago=1e4), ["--until", "finished"], 0),
    "hopeless rather than finished": (
        lambda p: begin(p, BROKEN, ago=1e4), ["--until", "finished", "--exit-on", "definite"], 3,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("make", "options", "code"), ENDS.values(), ids=ENDS)
def test_it_ends(
    make: Make, options: list[str], code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(tmp_path)
    assert answer(["watch", str(tmp_path), "--interval", "0.1", *options]) == code
    assert "Ends: " in capsys.readouterr().err


def test_it_goes_on_where_there_is_no_reason_to_end(tmp_path: Path) -> None:
    begin(tmp_path / "live", HEALTHY)
    record(tmp_path / "ended", HEALTHY, ended=True)
    options = ("--until", "finished", "--exit-on", "strong")
    with watching(str(tmp_path), *FAST, *options) as watch:
        assert {watch.json()["run"], watch.json()["run"]} == {"live", "ended"}
        assert watch.is_quiet(0.6)
        assert watch.process.poll() is None


@pytest.mark.parametrize(
    "options",
    [
        ["--interval", "0"], ["--interval", "nan"], ["--interval", "soon"], ["--until", "noon"],
        ["--exit-on", "smell"], ["--notify", "'"], ["--notify", ""], ["--webhook", "ftp://x/y"],
        ["--webhook", "file:///etc/passwd"], ["--webhook-format", "xml"], ["--listen", "here"],
        ["--listen", "127.0.0.1:99999"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_bad_usage_ends_with_2(
    options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code: object = answer(["watch", str(tmp_path), *options])
    except SystemExit as ended:
        code = ended.code
    assert code == 2
    assert capsys.readouterr().err.strip()


def test_news_goes_out_once(tmp_path: Path) -> None:
    file = begin(tmp_path / "logs" / "a", HEALTHY)
    script = tmp_path / "hook.py"
    told = tmp_path / "told"
    script.write_text(
        "import os, sys\n"
        f"with open({str(told)!r}, 'a') as file:\n"
        "    print(os.environ['ZEROACC_RUN'], os.environ['ZEROACC_CODE'], file=file)\n"
        "    print(sys.stdin.read(), end='', file=file)\n"
    )
    with receiving() as posts:
        hook = f"'{sys.executable}' '{script}'"
        options = ("--notify", hook, "--webhook-format", "slack")
        logs = str(tmp_path / "logs")
        with watching(logs, *FAST, *options, ZEROACC_WEBHOOK=posts.url) as watch:
            assert watch.json()["outcome"] == "learning"
            go_on(file, [NAN] * 3, len(HEALTHY))
            assert watch.json()["outcome"] == "broken"
            until(lambda: bool(posts.bodies), "the webhook is told")
            go_on(file, [NAN] * 3, len(HEALTHY) + 3)
            assert watch.end(signal.SIGTERM) == (143, "")
        assert len(posts.bodies) == 1
        assert posts.bodies[0]["text"].startswith("*a*: The loss is NaN from step 8 on.")
    first, line = told.read_text().splitlines()
    assert first == "a ZA501"
    assert json.loads(line)["findings"][0]["news"]


def test_a_dry_run_tells_nobody(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    begin(tmp_path, BROKEN)
    with receiving() as posts:
        options = ["--webhook", posts.url, "--notify", "false", "--dry-run"]
        code = answer(["watch", str(tmp_path), "--exit-on", "definite", *options])
        said = capsys.readouterr().err
        assert (code, posts.bodies) == (3, [])
    assert said.count("Would tell ") == 2
    assert "secret-token" not in said, "an address may be a secret"


@pytest.mark.skipif(sys.platform == "win32", reason="there is no pseudo-terminal")
def test_a_table_on_a_terminal(tmp_path: Path) -> None:
    import pty

    begin(tmp_path / "a[bold]", BROKEN)
    begin(tmp_path / "b", HEALTHY)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", "from tb_zeroacc.cli import main; main()", "watch"]
    with subprocess.Popen(
        [*command, str(tmp_path), "--exit-on", "definite"], stdout=theirs,
        stderr=subprocess.DEVNULL, env={"COLUMNS": "100", "LINES": "20", "TERM": "xterm"},
    ) as process:  # fmt: skip
        assert process.wait(60) == 3
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    for text in ("run", "state", "verdict", "a[bold]", "running", "ZA501"):
        assert text in shown
    assert shown.endswith("\x1b[?25h"), "the cursor is back"


@pytest.mark.parametrize("name", ["alerts", "dashboard"])
def test_files_for_prometheus_and_grafana_are_printed(name: str) -> None:
    result = run(name)
    assert (result.returncode, result.stderr) == (0, "")
    assert "zeroacc_run_finding" in result.stdout
