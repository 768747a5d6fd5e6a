"""The desk in a process of its own, with real processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from tensorboard.backend import application
from tensorboard.plugins import base_plugin
from werkzeug import test, wrappers

from tb_zeroacc.places import Place
from tb_zeroacc.plugin import distant_desk
from tb_zeroacc.plugin.desk import Desk
from tb_zeroacc.plugin.distant_desk import DistantDesk
from tb_zeroacc.plugin.plugin import ZeroAccuracyPlugin
from tb_zeroacc.plugin.questions import Content, Missing, Question, Reply, Unavailable
from tb_zeroacc.plugin.reading import BackgroundReading
from tests.logs.written import curve, write

LIST = Question("summaries", {"offset": 0, "limit": 10})
MakeDesk = Callable[..., DistantDesk]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[MakeDesk]:
    """Makes a desk on a directory with one training, and ends its process after the test."""
    write(tmp_path / "a", curve("loss", [5.0, 4.0, 3.0]), 1)
    made: list[DistantDesk] = []

    def desk(command: Callable[[], Sequence[str]] | None = None) -> DistantDesk:
        made.append(DistantDesk((Place(str(tmp_path)),), command))
        return made[-1]

    yield desk
    for each in made:
        each.close()


def until(
    desk: DistantDesk, is_enough: Callable[[Reply], bool], question: Question = LIST
) -> Reply:
    """Asks until a reply is what is waited for."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        reply = desk.answer(question)
        if is_enough(reply):
            return reply
        time.sleep(0.05)
    pytest.fail(f"not within a minute; the last reply was {reply}")


def content(reply: Reply) -> Any:
    assert isinstance(reply, Content)
    assert reply.body is not None
    return json.loads(reply.body)


def lists_all(reply: Reply) -> bool:
    return isinstance(reply, Content) and bool(content(reply)["complete"])


def test_it_answers_as_the_desk_in_this_process(make: MakeDesk, tmp_path: Path) -> None:
    distant = make()
    reading = BackgroundReading((Place(str(tmp_path)),))
    reading.view()
    reading.wait()
    here = Desk(reading)
    until(distant, lists_all)
    for question in (
        LIST,
        Question("run", {"name": "a"}),
        Question("trainings", {"names": ("a", "b")}),
        Question("curves", {"run": "a", "member": "a", "tag": "loss"}),
    ):
        answers = [content(desk.answer(question)) for desk in (distant, here)]
        for answer in answers:
            answer.pop("reader", None)  # tells the one from the other
        assert answers[0] == answers[1], question.route
    missing = Question("run", {"name": "b"})
    assert distant.answer(missing) == here.answer(missing) == Missing("no training named 'b'")


def test_the_first_answer_comes_before_the_process_has_started(make: MakeDesk) -> None:
    desk = make(lambda: [sys.executable, "-c", "import time; time.sleep(60)"])
    first = content(desk.answer(LIST))
    assert (first["complete"], first["total"]) == (False, 0)


def test_what_the_asker_holds_is_not_sent_again(make: MakeDesk) -> None:
    desk = make()
    until(desk, lists_all)
    question = Question("run", {"name": "a"})
    reply = desk.answer(question)
    assert isinstance(reply, Content)
    again = desk.answer(Question("run", {"name": "a"}, frozenset({reply.tag})))
    assert again == Content(reply.tag, None)


def test_a_process_that_is_killed_is_started_again(
    make: MakeDesk, caplog: pytest.LogCaptureFixture
) -> None:
    desk = make()
    until(desk, lists_all)
    first = desk.process_id
    assert first is not None
    os.kill(first, signal.SIGKILL)
    reply = until(desk, lambda reply: isinstance(reply, Unavailable))
    assert isinstance(reply, Unavailable)
    assert reply.again_in >= 1
    until(desk, lists_all)
    assert desk.process_id != first
    assert "killed by SIGKILL" in caplog.text


def test_a_process_that_does_not_answer_costs_no_more_than_patience(
    make: MakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = make()
    until(desk, lists_all)
    assert desk.process_id is not None
    os.kill(desk.process_id, signal.SIGSTOP)
    monkeypatch.setattr(distant_desk, "PATIENCE", 0.2)
    reply = desk.answer(LIST)
    assert isinstance(reply, Unavailable)
    assert "took more than 0.2 s" in reply.sentence
    monkeypatch.setattr(distant_desk, "SILENCE", 0.0)
    desk.answer(LIST)
    monkeypatch.setattr(distant_desk, "PATIENCE", 10.0)
    until(desk, lists_all)


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(["/no/such/interpreter"], id="not there"),
        pytest.param([""], id="no name"),
        pytest.param([sys.executable, "-c", "raise SystemExit(3)"], id="ends at once"),
        pytest.param([sys.executable, "-c", "print('hello')"], id="says something else"),
    ],
)
def test_where_no_process_can_be_started_the_logs_are_read_here(
    make: MakeDesk, command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distant_desk, "FIRST_PAUSE", 0.01)
    desk = make(lambda: command)
    assert content(until(desk, lists_all))["summaries"][0]["name"] == "a"


def test_the_process_ends_with_the_one_that_asks(tmp_path: Path) -> None:
    write(tmp_path / "a", curve("loss", [5.0, 4.0, 3.0]), 1)
    program = (
        "import sys, time\n"
        "from tb_zeroacc.plugin.distant_desk import DistantDesk\n"
        "from tb_zeroacc.places import Place\n"
        "from tb_zeroacc.plugin.questions import Question\n"
        "desk = DistantDesk((Place(sys.argv[1]),))\n"
        "desk.answer(Question('summaries', {'offset': 0, 'limit': 1}))\n"
        "print(desk.process_id, flush=True)\n"
        "time.sleep(60)\n"
    )
    asker = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert asker.stdout is not None
    reader = int(asker.stdout.readline())
    asker.kill()
    asker.wait()
    end = time.monotonic() + 30
    while _is_alive(reader):
        assert time.monotonic() < end, "it still runs although nobody asks"
        time.sleep(0.05)


def _is_alive(process: int) -> bool:
    state = Path(f"/proc/{process}/stat")
    try:
        return state.read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_browser_hears_that_the_process_is_gone() -> None:
    class Gone:
        def answer(self, question: Question) -> Reply:
            return Unavailable("The process that reads the logs ended.", 4)

    plugin = ZeroAccuracyPlugin(base_plugin.TBContext(logdir="logs"), Gone())
    client = test.Client(application.TensorBoardWSGI([plugin]), wrappers.Response)
    answer = client.get("/data/plugin/zero_accuracy/summaries")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "4")
    assert answer.content_type.startswith("text/plain")
    assert answer.text == "The process that reads the logs ended."
