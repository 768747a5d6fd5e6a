"""What a log lacks, and the lines that would log it."""

from __future__ import annotations

import pytest

from tb_zeroacc import telling
from tb_zeroacc.diagnosis.answers import (
    Answer,
    CannotTell,
    Missing,
)
from tb_zeroacc.diagnosis.needs import CALLBACK
from tests.diagnosis.planted import a_curve, a_run


def test_what_lacks_is_grouped_by_the_line_that_would_log_it() -> None:
    def lacks(*lines: str) -> CannotTell:
        return CannotTell("not in the log", tuple(Missing(f"what {s}", s) for s in lines))

    checks: dict[str, Answer] = {"A": lacks("x"), "B": lacks("y", CALLBACK), "C": lacks("y")}
    told = telling.lacking(checks)
    assert [(line["how_to_log"], line["codes"]) for line in told] == [
        ("y", ["B", "C"]), ("x", ["A"]), (CALLBACK, ["B"]),
    ]  # fmt: skip
    assert told[0]["what"] == "what y"
    checks["D"] = lacks("")
    assert telling.lacking(checks) == told, "nothing would log it"


def test_what_one_writer_would_log_is_one_block() -> None:
    lines = ("writer.add_scalar('a', a, step)", "writer.add_scalar('b', b, step)")
    checks: dict[str, Answer] = {
        code: CannotTell("not in the log", (Missing(line[19], line),))
        for code, line in zip("AB", lines, strict=True)
    }
    (block,) = telling.lacking(checks)
    assert block["how_to_log"].splitlines() == list(lines)
    assert (block["what"], block["codes"]) == ("a, b", ["A", "B"])


TAGS = {
    "Keras'": ("epoch_loss", ""),
    "PyTorch's": ("train/loss", "Only what trains with Keras on TensorFlow 2 can be recorded."),
    "nobody's": (
        "loss", "tb_zeroacc.Monitor records a loop that trains a Keras model; others cannot be.",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("tag", "more"), TAGS.values(), ids=TAGS.keys())
def test_what_only_a_recording_tells_says_what_can_be_recorded(tag: str, more: str) -> None:
    run = a_run(a_curve([2.0, 1.0], tag=tag), recorded=False)
    checks = {"A": CannotTell("not in the log", (Missing("statistics of the inputs", ""),))}
    told = telling.no_recording(run, checks)
    assert told is not None
    sentence = "No recording: 1 check of inputs, ... needs one."
    assert told["sentence"] == f"{sentence} {more}".rstrip()


def test_the_first_lines_are_code_that_says_whose_it_is() -> None:
    lines = telling.first_lines('a "log" dir')
    compile(lines, "lines", "exec")
    assert lines.startswith("# in Keras")
