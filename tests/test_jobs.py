"""Jobs of several workers, recorded and judged: healthy ones are clean, faults name a worker."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tb_zeroacc import encoding
from tb_zeroacc.report.text import text_of
from tb_zeroacc.verdict import Reading, read
from tests.recording.numpy_job import BEGIN, Plan, train_job

NOW = BEGIN + 10.0


def judged(path: Path, now: float | None = NOW) -> Reading:
    (reading,) = read(str(path), now)
    return reading


def nan_once(x: Any, y: Any, step: int) -> tuple[Any, Any]:
    if step == 10:
        x = x.copy()
        x[0, 0] = np.nan
    return x, y


def two_classes_of_three(x: Any, y: Any, step: int) -> tuple[Any, Any]:
    """As of a shard that is sorted: it has its classes to itself."""
    return x, np.where(np.arange(len(y)) % 8, 2, y)


PLANTED: dict[str, tuple[Plan, str, set[str]]] = {
    "inputs NaN": (Plan(spoil=nan_once), "ZA101", {"ZA804", "ZA501"}),
    "inputs 0": (Plan(spoil=lambda x, y, step: (0 * x, y)), "ZA102", {"ZA804"}),
    "inputs not prepared": (Plan(spoil=lambda x, y, step: (5 * x + 3, y)), "ZA804", set()),
    "one class": (Plan(spoil=lambda x, y, step: (x, 0 * y)), "ZA202", {"ZA804"}),
    "mostly one class": (Plan(spoil=two_classes_of_three), "ZA804", set()),
    "gradients not reduced": (Plan(own_rate=0.5), "ZA804", set()),
    "slow": (Plan(seconds=0.2), "ZA805", set()),
}


@pytest.mark.parametrize("many", [2, 4])
@pytest.mark.parametrize("what", PLANTED)
def test_a_fault_of_one_worker_names_it(tmp_path: Path, what: str, many: int) -> None:
    plan, code, consequences = PLANTED[what]
    # A pace has to last, since machines are busy now and then.
    train_job([str(tmp_path)] * many, {1: plan}, steps=300 if what == "slow" else 80)
    _, verdict = judged(tmp_path)
    finding = verdict.findings[0]
    assert finding.code == code
    assert "worker 1" in finding.workers
    assert "1" in finding.summary
    if many > 2:
        assert finding.workers == ("worker 1",)
        assert "Worker 1" in finding.summary
    assert {consequence.code for consequence in finding.explains} >= consequences


@pytest.mark.parametrize(
    "seed", [*range(4), *(pytest.param(n, marks=pytest.mark.long) for n in range(4, 24))]
)
def test_a_healthy_job_is_clean(tmp_path: Path, seed: int) -> None:
    many = (2, 3, 4, 8)[seed % 4]
    clocks = {n: Plan(ahead=3600.0 * (n % 3 - 1)) for n in range(many)}
    train_job([str(tmp_path)] * many, clocks, seed=seed, steps=120)
    run, verdict = judged(tmp_path)
    assert len(run.lanes) == many
    assert verdict.findings == ()
    assert verdict.outcome.value == "learning"
    assert all(lane.findings == () for lane in verdict.lanes.values())


def test_a_worker_that_was_killed_is_named_while_others_go_on(tmp_path: Path) -> None:
    plans = {n: Plan(seconds=10.0, dies_after=20 if n == 2 else None) for n in range(4)}
    train_job([str(tmp_path)] * 4, plans, steps=100, ends=False)
    verdict = judged(tmp_path, BEGIN + 1010).diagnosis
    assert (verdict.findings[0].code, verdict.findings[0].workers) == ("ZA802", ("worker 2",))
    assert not any(f.code == "ZA802" for f in judged(tmp_path, None).diagnosis.findings)


def restarted_alone(path: Path, plans: dict[int, Plan], seconds: float, steps: int) -> None:
    """A job of two that has ended, and two hours later its worker 0 in another session."""
    train_job([str(path)] * 2, plans, steps=300)
    other = path.with_name("again")
    slower = {n: Plan(seconds=seconds) for n in range(2)}
    train_job([str(other)] * 2, slower, steps=steps, begin=7200.0, ends=False)
    (file,) = (other / "zeroacc" / "worker_0").iterdir()
    file.rename(path / "zeroacc" / "worker_0" / file.name)


def test_a_worker_that_did_not_begin_the_latest_session_is_not_judged_by_the_one_before(
    tmp_path: Path,
) -> None:
    """It was slower and came to its end there; now it is not running."""
    home = tmp_path / "log"
    restarted_alone(home, {n: Plan(seconds=9.0) for n in range(2)}, 2.0, 300)
    verdict = judged(home, BEGIN + 7200 + 601).diagnosis
    assert [(found.code, found.workers) for found in verdict.findings] == [
        ("ZA802", ("worker 1",))
    ]
    assert verdict.headline.startswith("Worker 1 has not begun the latest session")


@pytest.mark.parametrize("what", PLANTED)
def test_a_fault_of_the_session_before_is_gone_while_a_worker_is_about_to_begin(
    tmp_path: Path, what: str
) -> None:
    home = tmp_path / "log"
    restarted_alone(home, {1: PLANTED[what][0]}, 0.1, 80)
    verdict = judged(home, BEGIN + 7200 + 20).diagnosis
    assert [found.code for found in verdict.findings] == []


@pytest.mark.parametrize("now", [BEGIN + 600.0, None])
def test_a_worker_that_was_killed_is_named_when_the_others_have_ended(
    tmp_path: Path, now: float | None
) -> None:
    train_job([str(tmp_path)] * 4, {2: Plan(dies_after=20)}, steps=100)
    lanes = {line["name"]: line for line in encoding.run_json(judged(tmp_path, now))["workers"]}
    assert lanes["worker 2"]["steps"] == 19
    assert lanes["worker 2"]["state_text"] == ("silent" if now else "no end on record")
    assert lanes["worker 1"]["state_text"] == "finished"


def test_the_json_and_the_text_have_a_line_for_each_worker(tmp_path: Path) -> None:
    train_job([str(tmp_path)] * 4, {1: PLANTED["one class"][0]})
    reading = judged(tmp_path)
    told = json.loads(json.dumps(encoding.run_json(reading)))
    assert [worker["name"] for worker in told["workers"]] == [f"worker {n}" for n in range(4)]
    assert [worker["code"] for worker in told["workers"]] == [None, "ZA202", None, None]
    assert told["findings"][0]["workers"] == ["worker 1"]
    # Its picture is of its own record, where there is one class.
    assert told["findings"][0]["picture"] is not None
    assert told["outcome"] == "learning"
    text = text_of([reading])
    assert "Worker 1 alone: All labels are 0" in text
    (line,) = (line for line in text.splitlines() if line.strip().startswith("worker 1 "))
    assert "finished" in line
    assert "ZA202" in line


def test_of_many_workers_the_text_shows_those_that_something_sets_apart(tmp_path: Path) -> None:
    train_job([str(tmp_path)] * 20, {13: PLANTED["one class"][0]}, steps=40)
    lines = [line.split()[:2] for line in text_of([judged(tmp_path)]).splitlines()]
    assert ["worker", "13"] in lines
    assert ["worker", "12"] not in lines
    assert ["and", "18"] in lines


def test_a_training_by_one_process_has_no_workers(tmp_path: Path) -> None:
    train_job([str(tmp_path)], is_told=False)
    told = encoding.run_json(judged(tmp_path))
    assert told["workers"] == []
    assert told["checks"]["ZA804"]["status"] == "not_applicable"
