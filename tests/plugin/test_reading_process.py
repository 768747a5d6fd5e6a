"""The process that reads: every question is answered, whatever happens to the others."""

from __future__ import annotations

import io
import pickle
from threading import Event

import pytest

from tb_zeroacc.plugin.questions import Content, Question, Reply, Unavailable
from tb_zeroacc.plugin.reading_process import READY, serve


class Slow:
    """Answers the first question only after the second."""

    def __init__(self) -> None:
        self.second_came = Event()

    def answer(self, question: Question) -> Reply:
        if question.arguments["name"] == "first":
            assert self.second_came.wait(30)
        else:
            self.second_came.set()
        return Content(str(question.arguments["name"]), b"{}")


class Broken:
    def answer(self, question: Question) -> Reply:
        raise RuntimeError("<b>secret</b>")


class Kept(io.BytesIO):
    """An output whose end can be awaited."""

    def __init__(self, messages: int) -> None:
        super().__init__()
        self.left, self.full = messages, Event()

    def flush(self) -> None:
        self.left -= 1
        if not self.left:
            self.full.set()


def served(desk: Slow | Broken, *names: str) -> dict[int | None, Reply]:
    asked = b"".join(
        pickle.dumps((number, Question("run", {"name": name}))) for number, name in enumerate(names)
    )
    replies = Kept(len(names) + 1)
    serve(desk, io.BytesIO(asked), replies)
    assert replies.full.wait(30), "a question was not answered"
    stream = io.BytesIO(replies.getvalue())
    return dict(pickle.load(stream) for _ in range(len(names) + 1))


def test_a_slow_answer_does_not_hold_up_the_next() -> None:
    replies = served(Slow(), "first", "second")
    assert replies == {READY: None, 0: Content("first", b"{}"), 1: Content("second", b"{}")}


def test_a_fault_of_ours_is_a_sentence(caplog: pytest.LogCaptureFixture) -> None:
    reply = served(Broken(), "a")[0]
    assert isinstance(reply, Unavailable)
    assert "fault of Zero Accuracy's own (RuntimeError)" in reply.sentence
    assert "secret" not in reply.sentence
    assert "secret" in caplog.text
