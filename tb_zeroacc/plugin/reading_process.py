"""The process that reads and judges beside TensorBoard, so that no log can slow or stop it.

Questions come pickled through standard input, replies go through standard output, both numbered. It
ends with its input, and so with the process that asks, however that ends.
"""

from __future__ import annotations

import logging
import os
import pickle
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import BinaryIO

from tb_zeroacc.plugin.desk import Desk
from tb_zeroacc.plugin.questions import Answering, Question, Reply, Unavailable
from tb_zeroacc.plugin.reading import BackgroundReading
from tb_zeroacc.pool.processes import collect_seldom, own_output

logger = logging.getLogger(__name__)

THREADS = 4  # questions that are answered at once: every one is short
# Seconds until a thread gives way to another: an answer should not wait long behind a reading.
SWITCH_INTERVAL = 1e-3
READY = None  # the number of the one message that answers nothing


def main() -> None:
    """Serves until its input ends. The first message holds the places to read."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for TensorBoard, which ends it
    sys.setswitchinterval(SWITCH_INTERVAL)
    collect_seldom()
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
    questions, replies = sys.stdin.buffer, own_output()
    reading = BackgroundReading(pickle.load(questions))
    reading.view()  # reading begins before the first question
    serve(Desk(reading), questions, replies)
    os._exit(0)  # at once, whatever is still being read


def serve(desk: Answering, questions: BinaryIO, replies: BinaryIO) -> None:
    """Answers every question, several at once, until there are no more.

    Args:
        desk: Who answers.
        questions: Pairs of a number and a `Question`, pickled.
        replies: Where pairs of that number and a `Reply` go; first `READY`.
    """
    lock = Lock()

    def send(number: int | None, reply: Reply | None) -> None:
        message = pickle.dumps((number, reply), pickle.HIGHEST_PROTOCOL)
        with lock:
            replies.write(message)
            replies.flush()

    def answer(number: int, question: Question) -> None:
        try:
            send(number, _answer(desk, question))
        except OSError:
            return  # nobody listens any more; the input ends, too

    send(READY, None)
    pool = ThreadPoolExecutor(THREADS)
    while True:
        try:
            number, question = pickle.load(questions)
        except (EOFError, OSError):
            return
        pool.submit(answer, number, question)


def _answer(desk: Answering, question: Question) -> Reply:
    try:
        return desk.answer(question)
    except Exception as error:
        logger.exception("Answering %s failed", question.route)
        return Unavailable(
            f"Answering failed by a fault of Zero Accuracy's own ({type(error).__name__}); "
            "TensorBoard's output says where."
        )
