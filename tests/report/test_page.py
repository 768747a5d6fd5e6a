"""The report in one file: what it holds."""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from tb_zeroacc.cli.app import answer
from tests.logs.written import curve, write


@pytest.fixture
def logdir(tmp_path: Path) -> Path:
    logdir = tmp_path / "runs"
    write(logdir / "broken", curve("loss", [2.0, 1.5, *[float("nan")] * 4]))
    write(logdir / "</script><b>", curve("loss", [2.0 * 0.7**n for n in range(12)]))
    return logdir


def report(*arguments: str) -> tuple[int, str, str]:
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        code = answer(["report", *arguments])
    return code, out.getvalue(), err.getvalue()


def answers(page: str) -> dict[str, Any]:
    packed = re.search('id="answers">([^<]*)<', page)
    assert packed is not None
    held: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(packed[1])))
    return held


def test_it_holds_every_answer_that_the_page_asks_for(logdir: Path, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    assert report(str(logdir), "-o", str(file)) == (0, f"{file}\n", "")
    held = answers(file.read_text("utf-8"))
    (summaries,) = (held[key] for key in held if key.startswith('["summaries"'))
    names = [row["name"] for row in summaries["summaries"]]
    assert names == ["broken", "</script><b>"]
    assert summaries["complete"]
    for name in names:
        training = held[json.dumps(["run", name], separators=(",", ":"))]
        assert training["run"] == name
        drawn = json.dumps(["curves", name, name, "loss"], separators=(",", ":"))
        assert held[drawn]["tag"] == "loss"


def test_its_size_is_fit_to_be_mailed(tmp_path: Path) -> None:
    for n in range(10):
        losses = [2.0 * 0.999**step + 0.01 * (step * n % 7) for step in range(3000)]
        write(tmp_path / "runs" / f"run_{n}", [*curve("loss", losses), *curve("accuracy", losses)])
    file = tmp_path / "report.html"
    assert report(str(tmp_path / "runs"), "-o", str(file))[0] == 0
    assert file.stat().st_size < 1_000_000


def test_the_verdict_is_there_without_a_script(logdir: Path, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    report(str(logdir), "-o", str(file))
    page = file.read_text("utf-8")
    without = re.search("<noscript>(.*?)</noscript>", page, re.DOTALL)
    assert without is not None
    assert "The loss is NaN from step 2 on" in without[1]
    assert "&lt;/script&gt;&lt;b&gt;" in without[1]
    assert page.count("</script>") == 3, "no name ends a script"


def test_several_paths_stand_before_their_trainings(logdir: Path, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    nowhere = str(tmp_path / "nowhere")
    code, _, said = report(f"{logdir}/", nowhere, "-o", str(file))
    assert code == 2, "one path could not be read, and the other is reported"
    assert nowhere in said
    names = [key for key in answers(file.read_text("utf-8")) if key.startswith('["run"')]
    assert json.dumps(["run", f"{logdir}/broken"], separators=(",", ":")) in names


def test_bad_usage_is_a_sentence(logdir: Path, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    code, out, said = report(str(tmp_path / "nowhere"), "-o", str(file))
    assert (code, out, file.exists()) == (2, "", False)
    assert "nowhere" in said
    code, _, said = report(str(logdir), "-o", str(tmp_path / "no folder" / "report.html"))
    assert code == 2
    assert "cannot be written: No such file or directory." in said
