"""What fails is turned off, and nothing comes out of it."""

from __future__ import annotations

import warnings

import pytest

from tb_zeroacc.recording.guard import Guard


def fail() -> None:
    raise OSError("disk full")


def test_guard_turns_a_part_off_with_one_warning() -> None:
    guard = Guard()
    with pytest.warns(RuntimeWarning, match="no longer records the log.*disk full") as told:
        assert [guard.run("the log", fail) for _ in range(2)] == [None, None]
    assert len(told) == 1
    assert guard.run("the log", lambda: 1) is None  # it is off
    assert guard.run("something else", lambda: 1) == 1


def test_guard_holds_where_warnings_are_errors() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Guard().run("the log", fail) is None


def test_guard_lets_ctrl_c_through() -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Guard().run("anything", interrupt)
