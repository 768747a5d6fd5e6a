"""How files are shared out: what may be one training stays together."""

from __future__ import annotations

import pytest

from tb_zeroacc.logs.storage import Listed
from tb_zeroacc.pool import shares
from tb_zeroacc.pool.shares import processes_for, shares_of, trainings_named, units_of, work

MB = 2**20
# Directories of one training stand in one string.
UNITS = {
    "runs": ["a", "b"],
    "splits of one training": ["a/train a/validation", "b"],
    "splits of the directory itself": ["train validation"],
    "the recorder's": ["a a/zeroacc a/zeroacc/worker_1"],
    "siblings": ["train_adam val_adam"],
    "workers of a job": ["a/rank0 a/rank1", "a/lr_0", "a/lr_1"],
    "workers of a job, each with its parts": ["a/chief/zeroacc a/worker_0/zeroacc", "b"],
    "what may be workers under any names": ["a/x/zeroacc/worker_0 a/y/zeroacc/worker_1", "b"],
    "jobs of a sweep": ["a/x/zeroacc/worker_0 a/x/zeroacc/worker_1",
                        "a/y/zeroacc/worker_0 a/y/zeroacc/worker_1"],
    "curves below a training": ["a a/loss_train a/b/c"],
    "a directory without files": ["a/b", "a/c"],
    "files in the log directory": [".", "a", "b"],
}


def listed(member: str, size: int = 1000) -> Listed:
    return Listed(member, "events.out.tfevents.1.host", f"/logs/{member}/1", size)


# How many trainings there will be once all of them are read.
NAMED = {
    "runs": (["a", "b"], 2),
    "splits and the recorder's": (["a/train", "a/validation", "a/zeroacc"], 1),
    "workers of a job, each in a directory": (["a/rank0", "a/rank1", "a/rank2", "b"], 2),
    "workers of a job, each with its parts": (["a/chief/train", "a/worker_0/train"], 1),
    "a job below which the recorder names workers": (["a", "a/zeroacc/worker_0"], 1),
    "a sweep": (["a/lr_1", "a/lr_2"], 2),
}


@pytest.mark.parametrize(("members", "want"), NAMED.values(), ids=NAMED)
def test_a_job_is_expected_as_the_one_entry_that_it_becomes(members: list[str], want: int) -> None:
    assert trainings_named([listed(member) for member in members], "logs") == want


@pytest.mark.parametrize("want", UNITS.values(), ids=UNITS)
def test_what_may_be_one_training_stays_together(want: list[str]) -> None:
    members = " ".join(want).split()
    units = units_of([listed(member) for member in members], members, "logs")
    assert [" ".join(file.member for file in unit) for unit in units] == want


def test_shares_hold_all_units_in_order_and_as_much_as_one_waits_for() -> None:
    units = [(listed(str(n), size=n * MB),) for n in range(100)]
    shared = shares_of(units)
    assert [unit for share in shared for unit in share] == units
    each = [sum(map(work, share)) for share in shared]
    most = max(map(work, units))
    assert all(shares.SHARE <= it < shares.SHARE + most for it in each[1:-1])
    assert shares.FIRST <= each[0] < shares.FIRST + most, "the first verdicts are waited for"
    assert shares_of([]) == []


PROCESSES = {
    "a small log directory": ([(listed("a", MB),)] * 20, 8, 0),
    "many small runs": ([(listed("a", 8000),)] * 20_000, 8, 8),
    "handing them over would take as long": ([(listed("a", 8000),)] * 10_000, 2, 0),
    "a sweep": ([(listed("a", MB),)] * 2000, 2, 2),
    "a sweep on one core": ([(listed("a", MB),)] * 2000, 1, 0),
    "one large run": ([(listed("a", 5000 * MB),)], 8, 0),
    "one large run beside a small one": ([(listed("a", 5000 * MB),), (listed("b", MB),)], 8, 0),
    "two large runs": ([(listed("a", 5000 * MB),)] * 2, 8, 2),
    "more cores than are of use": ([(listed("a", MB),)] * 2000, 64, shares.MOST),
}


@pytest.mark.parametrize(("units", "cores", "want"), PROCESSES.values(), ids=PROCESSES)
def test_processes_are_started_where_they_save_time(
    units: list[tuple[Listed, ...]], cores: int, want: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shares, "cores", lambda: cores)
    assert processes_for(units) == want
