"""Whatever happens to the processes that read, something comes of every unit, once."""

from __future__ import annotations

import os
import signal

import pytest

from tb_zeroacc.fleet import readers
from tb_zeroacc.fleet.readers import Readers
from tb_zeroacc.pool.pool import Pool


def doubled(number: int) -> int:
    return 2 * number


def deadly(number: int) -> int:
    if number == 13:
        os.kill(os.getpid(), signal.SIGKILL)
    return doubled(number)


def killed(number: int, why: str) -> str:
    return f"{number}: {why}"


def read(reading: Readers[int, int | str], count: int, seconds: float) -> list[int | str]:
    try:
        came = [each for number in range(count) for each in reading.give(number, seconds)]
        return sorted([*came, *reading.rest()], key=str)
    finally:
        reading.end()


@pytest.mark.parametrize("seconds", [0.0, 0.03, 1.0])
def test_one_that_kills_its_process_is_told_apart(seconds: float) -> None:
    why = "the process that read it ended (killed by SIGKILL, perhaps for want of memory)"
    wanted = [*(2 * number for number in range(20) if number != 13), f"13: {why}"]
    assert read(Readers(deadly, killed, 2), 20, seconds) == sorted(wanted, key=str)


def test_where_no_process_starts_it_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def pool(task: object, processes: int) -> object:
        return Pool(task, processes, lambda: ["/no/such/interpreter"])  # type: ignore[arg-type]

    monkeypatch.setattr(readers, "Pool", pool)
    assert read(Readers(doubled, killed, 2), 20, 0.1) == sorted(range(0, 40, 2), key=str)


def test_one_bundle_after_another() -> None:
    reading: Readers[int, int | str] = Readers(doubled, killed, 1)
    try:
        for _ in range(2):
            came = [*reading.give(1, 0.1), *reading.give(2, 0.1), *reading.rest()]
            assert sorted(came, key=str) == [2, 4]
        assert [*reading.rest()] == []
    finally:
        reading.end()
