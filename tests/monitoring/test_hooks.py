"""Hooks: what they are given, that text from logs stays text, and that failing ends nothing."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from tb_zeroacc.monitoring import hooks as hooks_module
from tb_zeroacc.monitoring.changes import Changes
from tb_zeroacc.monitoring.hooks import MOST_AT_ONCE, Command, Hooks, Webhook
from tb_zeroacc.monitoring.lines import Line, LineFinding, as_json, line_of
from tb_zeroacc.monitoring.webhooks import FORMATS, LONGEST, body_of
from tests.monitoring.posts import receiving
from tests.monitoring.test_changes import BROKEN, NAN, SMELL, shown, view

HOSTILE = "$(touch pwned); `touch pwned` <!channel> *b* \x1b[31m\n\ud800 & \x00"


def line(name: str = "a", headline: str = "The loss is NaN.") -> Line:
    seen = shown(BROKEN, NAN, SMELL, name=name, headline=headline)
    (change,) = Changes().since(view(seen))
    return line_of(change, 1_700_000_000.0)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hooks_module, "PAUSES", (0.0, 0.0))
    monkeypatch.setattr(hooks_module, "PATIENCE", 5.0)


@pytest.fixture
def said() -> list[str]:
    return []


def told(targets: list[Any], said: list[str], *lines: Line, dry_run: bool = False) -> list[str]:
    hooks = Hooks(targets, dry_run=dry_run, say=said.append)
    hooks.hand_out(lines)
    hooks.close()
    return said


def test_a_command_is_given_the_line_and_no_shell_sees_it(
    tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    program = tmp_path / "program.py"
    program.write_text(
        "import json, os, sys\n"
        "json.dump([json.load(sys.stdin), os.environ['ZEROACC_HEADLINE'],\n"
        "           os.environ['ZEROACC_CODE'], sys.argv[1:]], open('given', 'w'))\n"
    )
    command = Command.of(f"'{sys.executable}' '{program}' '$HOME; echo' '*'")
    assert told([command], said, line(headline=HOSTILE)) == []
    given, headline, code, arguments = json.loads((tmp_path / "given").read_text())
    assert given == json.loads(as_json(line(headline=HOSTILE)))
    assert (code, arguments) == ("ZA501", ["$HOME; echo", "*"])
    assert headline.startswith("$(touch pwned); `touch pwned` <!channel>")
    assert headline.isprintable()
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize(
    ("command", "why"),
    [("false", "it ended with 1"), ("/no/such/program", "No such file"), ("sleep 60", "took more")],
)
def test_a_command_that_fails_is_a_sentence(
    command: str, why: str, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks_module, "PATIENCE", 0.2)
    (sentence,) = told([Command.of(command)], said, line())
    assert sentence.startswith(f"{command} could not be told: ")
    assert why in sentence


@pytest.mark.parametrize(
    ("statuses", "posts", "why"),
    [
        ((), 1, None), ((503, 429), 3, None), ((503, 503, 503), 3, "it answered 503"),
        ((404,), 1, "it answered 404"), ((500,), 1, "it answered 500"),
        ((302,), 1, "it answered 302"),
    ],
)  # fmt: skip
def test_a_webhook_is_tried_again_only_where_it_took_nothing(
    statuses: tuple[int, ...], posts: int, why: str | None, said: list[str]
) -> None:
    with receiving(*statuses) as there:
        told([Webhook(there.url)], said, line())
        assert (len(there.bodies), there.types[0]) == (posts, "application/json")
    assert bool(said) == (why is not None)
    for sentence in said:
        assert why is not None
        assert why in sentence
        assert "secret-token" not in sentence


def test_a_webhook_that_nobody_answers(said: list[str]) -> None:
    with receiving() as there:
        url = there.url
    (sentence,) = told([Webhook(url)], said, line())
    assert "refused" in sentence.lower()


def test_a_first_look_at_much_floods_nobody(said: list[str]) -> None:
    with receiving() as there:
        told([Webhook(there.url)], said, *[line()] * (MOST_AT_ONCE + 5))
        assert len(there.bodies) == MOST_AT_ONCE
    assert said[0].startswith("5 more pieces of news")


def test_a_hook_is_not_waited_for(said: list[str]) -> None:
    hooks = Hooks([Command.of("sleep 1")], dry_run=False, say=said.append)
    began = time.monotonic()
    hooks.hand_out([line()])
    assert time.monotonic() - began < 0.5
    hooks.close()
    assert said == []


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_posted_is_ascii_json_whatever_a_log_says(form: Any) -> None:
    body = body_of(line(name=HOSTILE, headline=HOSTILE * 200), form)
    assert body.isascii()
    json.loads(body)


def test_slack_shows_text_letter_by_letter() -> None:
    text = json.loads(body_of(line(headline=HOSTILE), "slack"))["text"]
    assert "<!channel>" not in text
    assert "&lt;!channel&gt;" in text
    assert " *b* " not in text
    assert "• ZA501 za501 (definite)" in text
    assert "ZA709" not in text, "a smell is no news"
    assert len(json.loads(body_of(line(headline="x" * 9000), "slack"))["text"]) <= LONGEST


def test_alertmanager_has_an_alert_for_each_new_finding() -> None:
    told = json.loads(body_of(line(), "alertmanager"))
    assert (told["version"], told["status"]) == ("4", "firing")
    (alert,) = told["alerts"]
    assert alert["labels"] == {
        "alertname": "ZeroAccuracyFinding", "job": "zeroacc", "run": "a", "outcome": "broken",
        "code": "ZA501", "tier": "definite",
    }  # fmt: skip
    assert alert["annotations"] == {"summary": "The loss is NaN.", "fix": "Mend it."}
    assert alert["startsAt"] == "2023-11-14T22:13:20Z"


def test_the_paper_lists_every_field() -> None:
    paper = (Path(__file__).parents[2] / "docs" / "monitoring.md").read_text()
    lines = paper.split("interface Line {")[1].split("\n}\n")[0]
    for kind in (Line, LineFinding):
        for field in get_type_hints(kind):
            assert f" {field}: " in lines, f"docs/monitoring.md lacks {field}"
