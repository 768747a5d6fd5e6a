"""However a scan cuts its work: the verdicts of `diagnose`, to the byte."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tb_zeroacc.fleet import judging
from tb_zeroacc.fleet.judging import outcome_of
from tb_zeroacc.fleet.work import work_below
from tb_zeroacc.logs.text_logs.trainer_state import NAME
from tests.fleet.serially import diagnosed, outcomes_of, scanned
from tests.logs.awkward import NOW, append, awkward
from tests.logs.written import BEGIN, curve, write


def state(folder: Path, step: int) -> None:
    history = [{"step": n, "loss": 9.0 - n} for n in range(1, step)]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / NAME).write_text(json.dumps({"log_history": history}))
    os.utime(folder / NAME, (BEGIN, BEGIN))


@pytest.mark.parametrize("by_file", [False, True])
@pytest.mark.parametrize("now", [None, NOW])
def test_the_verdicts_of_diagnose(now: float | None, by_file: bool, tmp_path: Path) -> None:
    path = awkward(tmp_path / "logs")
    for step in (5, 3, 7):  # three checkpoints of one training, nothing above them
        state(path / "trainer" / f"checkpoint-{step}", step)
    state(path / "beside" / "checkpoint-4", 4)  # event files tell more than it does
    write(path / "beside" / "runs" / "x", curve("loss", [3.0, 2.0]))
    for rank in range(2):  # one job; and two that only look like one
        write(path / "job" / f"rank{rank}", [e for t in "abc" for e in curve(t, [3.0, 2.0, 1.0])])
        other = [e for t in "abcdefgh"[rank * 4 :][:4] for e in curve(t, [3.0, 2.0, 1.0])]
        write(path / "sizes" / f"rank{rank}", other)
    url = str(path)
    verdicts, lost, again = scanned(outcomes_of(url, now, by_file=by_file))
    assert (verdicts, lost) == diagnosed(url, now)
    assert again >= 1, "nothing of it belonged together for other reasons than its name"
    append(path)
    verdicts, lost, _ = scanned(outcomes_of(url, now, by_file=by_file))
    assert (verdicts, lost) == diagnosed(url, now)


FOLDERS = st.sampled_from([
    ".", "a", "a/train", "a/validation", "a/b", "loss_train", "a/loss_val", "train x", "val x",
    "a/zeroacc/worker_1", "j/worker_0", "j/worker_1", "rank0", "rank1", "c/checkpoint-3",
    "c/checkpoint-5", "c", "1700000000.5",
])  # fmt: skip
KINDS = st.sampled_from(["loss", "both", "header", "csv", "state", "nothing", "hparams"])


@settings(max_examples=40)
@given(st.lists(st.tuples(FOLDERS, KINDS), min_size=1, max_size=8))
def test_whatever_lies_where(
    tmp_path_factory: pytest.TempPathFactory, files: list[tuple[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("law") / "logs"
    for number, (folder, kind) in enumerate(files):
        at = path / folder
        at.mkdir(parents=True, exist_ok=True)
        if kind == "csv":
            (at / f"log{number}.csv").write_text("epoch,loss\n0,5.0\n1,4.0\n")
        elif kind == "state":
            state(at, 2 + number)
        elif kind == "hparams":
            (at / "hparams.yaml").write_text("lr: 0.1\n")
        elif kind == "nothing":
            (at / f"events.out.tfevents.{number}.host").write_bytes(b"nothing of a log")
        else:
            tags = {"loss": ["loss"], "both": ["loss", "accuracy"], "header": []}[kind]
            write(at, [e for tag in tags for e in curve(tag, [3.0, 2.0, 1.0])], number)
    url = str(path)
    found = work_below(url, None)
    if any(signs.holds_log for each in map(outcome_of, found.units) for signs in each.signs):
        assert scanned(outcomes_of(url, None))[:2] == diagnosed(url, None)


def test_elsewhere(tmp_path: Path) -> None:
    import fsspec

    path, system = awkward(tmp_path / "logs"), fsspec.filesystem("memory")
    try:
        for file in path.rglob("*"):
            if file.is_file():
                system.pipe(f"/fleet/{file.relative_to(path)}", file.read_bytes())
        verdicts, lost, _ = scanned(outcomes_of("memory://fleet", None))
        assert (verdicts, lost) == diagnosed("memory://fleet", None)
        assert len(verdicts) > 8
    finally:
        system.rm("/fleet", recursive=True)


def test_a_unit_that_fails_is_an_outcome(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "a", curve("loss", [3.0, 2.0]))
    (work,) = work_below(str(tmp_path), None).units

    def broken(_: object) -> None:
        raise RuntimeError("of a kind that nobody expects")

    monkeypatch.setattr(judging, "read", broken)
    outcome = judging.outcome_of(work)
    assert outcome.error == (
        "`a/events.out.tfevents.1700000000.host` could not be read or judged: RuntimeError."
    )
    assert not outcome.holds_later, "the next scan should try again"


def test_a_fingerprint_tells_what_may_change_a_verdict(tmp_path: Path) -> None:
    file = write(tmp_path / "a", curve("loss", [3.0, 2.0]))
    write(tmp_path / "b", curve("loss", [3.0, 2.0]))

    def prints(now: float | None = None) -> list[str]:
        return [work.fingerprint for work in work_below(str(tmp_path), now).units]

    before = prints()
    assert prints() == before
    assert prints(NOW) == prints(NOW + 1) != before, "only whether there is a clock matters"
    more = write(tmp_path.parent / "more", curve("loss", [1.0]))
    file.write_bytes(file.read_bytes() + more.read_bytes())
    after = prints()
    assert (after[0] != before[0], after[1]) == (True, before[1])
