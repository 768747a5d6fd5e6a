"""The command: exit codes, what goes to which stream, and no traceback whatever comes in."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tb_zeroacc import cli, facts, records
from tb_zeroacc.cli.app import answer
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.rule import Rule
from tests.framed import write_events
from tests.logs.remote.web_server import WebServer, serving


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from tb_zeroacc.cli import main; main()", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture
def falling(tmp_path: Path) -> Path:
    """A log of nothing but a falling loss."""
    path = tmp_path / "run"
    write_events(
        path / "events.out.tfevents.1.host",
        [
            records.event(step, 1000.0 + step, [records.scalar_value("loss", 2.0 * 0.5**step)])
            for step in range(8)
        ],
    )
    return path


@pytest.fixture
def exploding(tmp_path: Path) -> Path:
    """A log whose loss is NaN from step 3 on."""
    path = tmp_path / "bad"
    losses = [2.0, 1.5, 1.2, *[float("nan")] * 5]
    write_events(
        path / "events.out.tfevents.1.host",
        [
            records.event(step, 1000.0 + step, [records.scalar_value("loss", loss)])
            for step, loss in enumerate(losses)
        ],
    )
    return path


def test_clean_run_ends_with_0(falling: Path) -> None:
    result = run("diagnose", str(falling))
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("✓ Learning")


def test_places_with_names_of_their_own(falling: Path, exploding: Path) -> None:
    result = run("diagnose", f"first:{falling},second:{exploding}", "--format", "json")
    assert result.returncode == 1
    assert [found["run"] for found in json.loads(result.stdout)["runs"]] == ["first", "second"]


def test_finding_ends_with_1_and_names_its_code(exploding: Path) -> None:
    result = run("diagnose", str(exploding))
    assert result.returncode == 1, result.stderr
    assert "ZA501" in result.stdout


def test_what_is_not_on_record_is_said_with_why_and_what_would_help(tmp_path: Path) -> None:
    lacks = facts.Unrecorded(
        "The gradients", "Nobody saw them.", "Apply them.", ("gradients", "weights")
    )
    start = facts.Start("x", 1000.0)
    write_events(
        tmp_path / "zeroacc" / "events.out.tfevents.1.host",
        [records.event(0, 1000.0, [records.fact_value(fact)]) for fact in (start, lacks)],
    )
    told = " ".join(run("diagnose", str(tmp_path)).stdout.split())
    assert "Not recorded: The gradients. Nobody saw them. Apply them." in told
    assert told.count("not on record: the gradients. Nobody saw them.") == 1, "once for all checks"


def test_json_alone_goes_to_stdout(exploding: Path) -> None:
    result = run("diagnose", str(exploding), "--format", "json", "--now", "none")
    answer = json.loads(result.stdout)
    assert answer["version"] == 1
    assert answer["runs"][0]["findings"][0]["code"] == "ZA501"


def test_one_unreadable_path_does_not_hide_the_others(falling: Path, tmp_path: Path) -> None:
    result = run("diagnose", str(tmp_path / "nowhere"), str(falling), "--format", "json")
    assert result.returncode == 2
    assert [r["path"] for r in json.loads(result.stdout)["runs"]] == [str(falling)]
    assert "nowhere" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["diagnose"],
        ["diagnose", "x", "--format", "xml"],
        ["diagnose", "x", "--now", "noon"],
        ["explain", "ZA999"],
        ["nonsense"],
    ],
    ids=" ".join,
)
def test_bad_usage_ends_with_2_and_a_sentence(arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.returncode == 2
    assert result.stderr.strip()
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("content", [b"", b"hello, this is text\n" * 20], ids=["empty", "text"])
def test_a_file_that_is_no_event_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    result = run("diagnose", str(path))
    assert result.returncode == 2
    assert len(result.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("command", ["diagnose", "report"])
def test_a_machine_that_gives_no_answer_is_waited_for_as_long_as_is_said(
    command: str, falling: Path, tmp_path: Path
) -> None:
    pytest.importorskip("aiohttp")
    written = ["--output", str(tmp_path / "page.html")] if command == "report" else []
    with serving(WebServer(silent={"/logs"})) as web:
        url = f"{web.url}/logs"
        began = time.monotonic()
        result = run(command, url, str(falling), "--timeout", "0.5", *written)
        assert time.monotonic() - began < 20.0, "it ends, whatever the other side does"
    assert result.returncode == 2
    said = [line for line in result.stderr.splitlines() if "TensorBoard" not in line]
    assert said == [f"{url!r} cannot be read: no answer within 0.5 s."]
    assert result.stdout, "the other path is judged"


def test_a_fault_of_ours_ends_with_70_and_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> int:
        raise RuntimeError("boom\nsecond line")

    monkeypatch.setattr("tb_zeroacc.cli.diagnose.diagnose_paths", broken)
    monkeypatch.setattr(sys, "argv", ["zeroacc", "diagnose", "x"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 70


def test_options_may_stand_between_paths(falling: Path, exploding: Path) -> None:
    result = run("diagnose", str(falling), "--format", "json", str(exploding))
    assert result.returncode == 1, result.stderr
    assert len(json.loads(result.stdout)["runs"]) == 2


def test_an_interrupt_ends_without_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("tb_zeroacc.cli.diagnose.diagnose_paths", interrupted)
    monkeypatch.setattr(sys, "argv", ["zeroacc", "diagnose", "x"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 130


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["diagnose", "--help"]])
def test_what_needs_no_log_is_said_at_once(arguments: list[str]) -> None:
    program = (
        "import sys; from tb_zeroacc.cli.app import answer\n"
        f"try: answer({arguments})\n"
        "finally: print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120
    )
    assert "zeroacc" in result.stdout
    heavy = {"numpy", "google", "tensorboard", "rich", "fsspec", "yaml"} & {*result.stderr.split()}
    assert not heavy, f"{arguments} pulls in {', '.join(sorted(heavy))}"


def test_rules_lists_the_whole_catalogue(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(["rules"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [rule.code for rule in CATALOGUE]


@pytest.mark.parametrize("rule", CATALOGUE, ids=lambda rule: rule.code)
def test_every_rule_explains_itself(rule: Rule, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(["explain", rule.code.lower()]) == 0
    assert "## How to fix it" in capsys.readouterr().out


def test_names_from_logs_are_no_markup(tmp_path: Path) -> None:
    path = tmp_path / "[red]evil[/red]"
    write_events(
        path / "events.out.tfevents.1.host",
        [records.event(0, 1.0, [records.scalar_value("loss", 1.0)])],
    )
    assert "[red]evil[/red]" in run("diagnose", str(tmp_path)).stdout


CSV = "epoch,accuracy,loss\n" + "".join(f"{i},0.5,{loss}\n" for i, loss in enumerate([2.0, 1.5]))


@pytest.mark.parametrize("name", ["metrics.csv", "training.log"])
def test_a_csv_log_is_judged(name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_text(CSV + "".join(f"{epoch},0.5,nan\n" for epoch in range(2, 9)))
    result = run("diagnose", str(file))
    assert result.returncode == 1, result.stderr
    assert "ZA501" in result.stdout
    assert result.stderr == ""


def test_a_csv_log_in_a_directory_is_judged_once(tmp_path: Path, falling: Path) -> None:
    (falling / "metrics.csv").write_text(CSV)
    (tmp_path / "version_0").mkdir()
    (tmp_path / "version_0" / "metrics.csv").write_text(CSV)
    (tmp_path / "data.csv").write_text("age,label\n1,2\n")
    result = run("diagnose", str(tmp_path), "--format", "json")
    assert (result.returncode, result.stderr) == (0, "")
    runs = json.loads(result.stdout)["runs"]
    assert [(r["run"], r["members"]) for r in runs] == [("run", ["run"]), ("version_0", [])]


def test_a_trainers_state_is_judged(tmp_path: Path) -> None:
    entries = [{"step": 50 * i, "epoch": 0.1 * i, "loss": 2.0 * 0.9**i} for i in range(9)]
    for checkpoint in (50, 400):
        path = tmp_path / f"checkpoint-{checkpoint}" / "trainer_state.json"
        path.parent.mkdir()
        path.write_text(json.dumps({"log_history": entries[: checkpoint // 50 + 1]}))
    result = run("diagnose", str(tmp_path))
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("✓ Learning")


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("data.csv", "age,label\n1,2\n", "its first line names no column `epoch` or `step`"),
        ("plan.csv", "epoch,note\n1,x\n", "beside `epoch` it names no loss"),
        ("trainer_state.json", '{"log_history": [', "it is no JSON, or not whole"),
    ],
)
def test_a_text_that_is_no_log_says_why(name: str, text: str, why: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    result = run("diagnose", str(tmp_path / name))
    assert result.returncode == 2
    (line,) = result.stderr.strip().splitlines()
    assert line.startswith(f"`{name}` is no log of a training: ")
    assert why in line


@pytest.mark.parametrize(
    ("fmt", "begins", "holds"),
    [
        ("github", "::error title=", " ZA501 loss-not-finite::"),
        ("junit", "<?xml ", '<failure type="definite"'),
        ("markdown", "# Zero Accuracy", "### 1. ZA501 Loss not finite (definite)"),
    ],
)
def test_formats_for_services_keep_the_exit_code(
    exploding: Path, fmt: str, begins: str, holds: str
) -> None:
    result = run("diagnose", str(exploding), "--format", fmt)
    assert (result.returncode, result.stderr) == (1, "")
    assert result.stdout.startswith(begins)
    assert holds in result.stdout
    lost = run("diagnose", str(exploding / "nowhere"), "--format", fmt)
    assert lost.returncode == 2
    assert "nowhere" in lost.stdout
