"""The `trainer_state.json` of Hugging Face's Trainer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tb_zeroacc.errors import UnreadablePathError
from tb_zeroacc.logs import LogReader, read_runs
from tb_zeroacc.logs.text_logs import trainer_state
from tb_zeroacc.run import Role, Split
from tests.logs.test_following import as_read_at_once, bits
from tests.logs.written import curve, only, points, write

NAME = trainer_state.NAME


def history(steps: int, every: int = 50) -> list[dict[str, Any]]:
    """What the Trainer logs in so many steps: the training, and an evaluation behind each."""
    found: list[dict[str, Any]] = []
    for step in range(every, steps + 1, every):
        epoch = step / 100
        rate = 5e-5 * (1 - step / 1000)
        train = {"loss": 3.0 - step / 500, "grad_norm": 1.5, "learning_rate": rate}
        found.append({"epoch": epoch, **train, "step": step})
        evaluated = {"eval_loss": 3.0 - step / 600, "eval_accuracy": step / 1000}
        found.append({"epoch": epoch, **evaluated, "eval_runtime": 9.9, "step": step})
    return found


def state(path: Path, steps: int, *more: dict[str, Any]) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    file = path / NAME
    entries = [*history(steps), *more]
    content = {"best_metric": None, "global_step": steps, "log_history": entries}
    file.write_text(json.dumps(content, indent=2))
    return file


def test_its_history(tmp_path: Path) -> None:
    end = {"epoch": 3.0, "step": 200, "train_loss": 2.7, "train_runtime": 99.0, "total_flos": 1e18}
    state(tmp_path, 200, end)
    run = only(tmp_path)
    assert points(run, "loss") == [(50, 2.9), (100, 2.8), (150, 2.7), (200, 2.6)]
    headline = run.headline(Role.LOSS)
    assert headline is not None
    assert (headline.tag, headline.axis) == ("loss", "step"), "not the mean at the end"
    validation = run.headline(Role.ACCURACY, Split.VALIDATION)
    assert validation is not None
    assert validation.tag == "eval_accuracy"
    assert {c.role for c in run.curves} >= {Role.LEARNING_RATE, Role.GRADIENT_NORM}
    assert run.curve("epoch") is None, "it is an axis"


def test_a_state_that_was_asked_for_may_have_any_name(tmp_path: Path) -> None:
    file = state(tmp_path, 100).rename(tmp_path / "state of monday.json")
    assert len(points(only(file), "loss")) == 2


def test_odd_values(tmp_path: Path) -> None:
    odd = [
        {"step": 60, "loss": float("nan")}, {"step": 70, "loss": True}, {"step": 75, "loss": "1.0"},
        {"step": 80, "loss": 10**400}, {"loss": 1.0}, {"step": None, "loss": 1.0}, 7, None,
        {"step": 90, "loss": float("inf")}, {"step": 95, "x" * 2000: 1.0, "nested": {"loss": 1}},
    ]  # fmt: skip
    state(tmp_path, 50, *odd)  # type: ignore[arg-type]
    found = points(only(tmp_path), "loss")
    assert bits(found) == bits([(50, 2.9), (60, float("nan")), (90, float("inf"))])


def test_the_checkpoint_of_the_highest_step_counts(tmp_path: Path) -> None:
    for steps in (50, 1000, 200):
        state(tmp_path / "out" / f"checkpoint-{steps}", steps)
    state(tmp_path / "other" / "checkpoint-50", 50)
    runs = {run.name: run for run in read_runs(str(tmp_path))}
    assert sorted(runs) == ["other", "out"]
    assert len(points(runs["out"], "loss")) == 20
    end = {"step": 1000, "train_loss": 2.0}
    state(tmp_path / "out", 1000, end)
    runs = {run.name: run for run in read_runs(str(tmp_path))}
    assert sorted(runs) == ["other", "out"]
    assert points(runs["out"], "train_loss") == [(1000, 2.0)], "the one written at the end"


def test_checkpoints_are_followed(tmp_path: Path) -> None:
    state(tmp_path / "checkpoint-50", 50)
    reader = LogReader(str(tmp_path))
    assert len(points(as_read_at_once(reader)[0], "loss")) == 1
    state(tmp_path / "checkpoint-100", 100)
    assert len(points(as_read_at_once(reader)[0], "loss")) == 2
    state(tmp_path / "checkpoint-100", 150)
    assert len(points(as_read_at_once(reader)[0], "loss")) == 3


def test_event_files_of_the_trainer_win(tmp_path: Path) -> None:
    write(tmp_path / "out" / "runs" / "May04_host", curve("train/loss", [3.0, 2.0]))
    state(tmp_path / "out" / "checkpoint-100", 100)
    state(tmp_path / "out", 100)
    state(tmp_path / "output" / "checkpoint-100", 100)
    assert [run.name for run in read_runs(str(tmp_path))] == ["out/runs/May04_host", "output"]
    assert [run.name for run in read_runs(str(tmp_path / "out"))] == ["runs/May04_host"]


BROKEN = {
    "half of it": ('{"log_history": [{"step": 1, "lo', "it is no JSON, or not whole", True),
    "no text": ("\udcff\udcfe{}", "it is no JSON, or not whole", True),
    "nested without end": ("[" * 100_000, "it is no JSON, or not whole", True),
    "another state": ('{"global_step": 5}', "it has no list `log_history`", False),
    "a list": ("[1, 2]", "it has no list `log_history`", False),
    "nothing logged": ('{"log_history": []}', "holds no loss or metric with a step", False),
    "no metric": ('{"log_history": [{"step": 1, "total_flos": 5}]}', "holds no loss", False),
}


@pytest.mark.parametrize(("text", "why", "is_told"), BROKEN.values(), ids=BROKEN)
def test_a_broken_state(text: str, why: str, is_told: bool, tmp_path: Path) -> None:
    write(tmp_path / "good", curve("loss", [3.0, 2.0]))
    file = state(tmp_path / "bad", 50)
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(UnreadablePathError, match=f"^`{NAME}` is no log of a training: ") as error:
        read_runs(str(file))
    assert why in str(error.value)
    reader = LogReader(str(tmp_path))
    reader.refresh()
    assert [run.name for run in reader.runs()] == ["good"]
    assert len(reader.unread) == is_told


def test_a_state_beyond_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainer_state, "MAX_SIZE", 100)
    with pytest.raises(UnreadablePathError, match="it is larger than 0 MiB"):
        read_runs(str(state(tmp_path, 100)))
