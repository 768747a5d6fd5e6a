"""What a store holds is data: nothing in it is run."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import pytest

from tb_zeroacc.packing.packing import Body, unpack, unpack_body
from tb_zeroacc.pool.pool import ShareProcess


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
