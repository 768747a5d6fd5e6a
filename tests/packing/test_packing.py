"""Trainings as bytes: data of which nothing is run, in a body that is unpacked when it is used."""

from __future__ import annotations

import os
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tb_zeroacc.logs.reader import LogReader
from tb_zeroacc.packing import packing
from tb_zeroacc.packing.packing import Body, Stored, pack, unpack, unpack_body
from tb_zeroacc.pool.pool import ShareProcess
from tb_zeroacc.verdict import judged
from tests.logs.written import curve, write


class Calls:
    """Pickled, it asks for a call."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self._what = function, arguments

    def __reduce__(self) -> Any:
        return self._what


def body(_: Any) -> Body:
    return Body(lambda: None, lambda: ())


HOSTILE = {
    "a command": (os.system, "touch {}"),
    "a file that is opened": (open, "{}", "w"),
    "code": (eval, "open({!r}, 'w')"),
    "a process of ours": (ShareProcess, ["touch", "{}"]),
    "a module": (__import__, "antigravity"),
}


@pytest.mark.parametrize(("function", "arguments"), [
    (each[0], each[1:]) for each in HOSTILE.values()
], ids=HOSTILE.keys())  # fmt: skip
def test_nothing_is_run(function: Any, arguments: Any, tmp_path: Path) -> None:
    made = tmp_path / "made"
    filled = [
        [part.format(str(made)) for part in each] if isinstance(each, list)
        else each.format(str(made))
        for each in arguments
    ]  # fmt: skip
    content = pickle.dumps(Calls(function, *filled))
    with pytest.raises(pickle.UnpicklingError, match="has no place in a store"):
        unpack_body(content)
    with pytest.raises(pickle.UnpicklingError, match="has no place in a store"):
        unpack(content, body)
    assert not made.exists()


def test_a_head_must_be_a_training() -> None:
    with pytest.raises(pickle.UnpicklingError, match="no training"):
        unpack(pickle.dumps(("something", "else")), body)


def stored(tmp_path: Path) -> Stored:
    """A training as it was read."""
    write(tmp_path / "a", curve("loss", [3.0, 2.0, float("nan")]))
    logs = LogReader(str(tmp_path))
    logs.refresh()
    (run,) = logs.runs(None)
    part = logs.part()
    return Stored(part.trainings["a"], part.told["a"], judged(run))


def test_a_body_that_nobody_used_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head, body = pack(stored(tmp_path))
    late = unpack(head, lambda _: Body(lambda: body, tuple))
    with monkeypatch.context() as patched:
        patched.setattr(packing, "unpack_body", lambda content: pytest.fail("it was unpacked"))
        assert pack(late) == (head, body)
    assert [each.tag for each in late.told.run.curves] == ["loss"]
    assert pack(late) == (head, body), "what was unpacked is other bytes"


def test_another_verdict_on_the_same_curves_makes_another_body(tmp_path: Path) -> None:
    late = unpack(*packed_again(stored(tmp_path)))
    again = unpack(*packed_again(late._replace(diagnosis=replace(late.diagnosis, checks={}))))
    assert late.diagnosis.checks
    assert not again.diagnosis.checks
    assert [each.tag for each in again.told.run.curves] == ["loss"]


def packed_again(stored: Stored) -> Any:
    """The arguments that unpack it."""
    head, body = pack(stored)
    return head, lambda _: Body(lambda: body, tuple)
