"""Bars of a job's workers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.facts import Start
from tb_zeroacc.picturing.choosing import picture_of
from tb_zeroacc.run import Run
from tests.diagnosis.planted import a_contract, a_job, a_run, a_table


def worker(step: float, wait: float) -> Run:
    told = {"seconds_per_step": [step] * 20, "data_wait_seconds": [wait] * 20}
    steps = range(0, 32 * 20, 32)
    return a_run(a_contract(), a_table("progress", {"progress": told}, steps=steps))


def test_a_straggler_stands_out_beside_its_peers() -> None:
    run = a_job(worker(0.1, 0.0), worker(0.3, 0.05), worker(0.1, 0.0))
    found = diagnose(run, CATALOGUE, strict=True)
    picture = picture_of(next(f for f in found.findings if f.code == "ZA805"), run)
    assert picture is not None
    assert picture["kind"] == "bars"
    assert picture["names"] == ["worker 0", "worker 1", "worker 2"]
    assert picture["wrong"] == [1]
    waiting, rest = (group["values"] for group in picture["groups"])
    assert waiting == pytest.approx([0, 0.05, 0])
    assert rest == pytest.approx([0.1, 0.25, 0.1])


def test_one_that_has_not_begun_the_latest_session_has_no_bar() -> None:
    latest = [
        replace(worker(step, 0.0), sessions=2, start=Start("b", 2e9)) for step in (0.1, 0.3, 0.1)
    ]
    earlier = replace(worker(0.2, 0.0), start=Start("a", 1e9))
    run = a_job(latest[0], earlier, *latest[1:])
    found = diagnose(run, CATALOGUE, strict=True)
    picture = picture_of(next(f for f in found.findings if f.code == "ZA805"), run)
    assert picture is not None
    assert picture["names"] == ["worker 0", "worker 2", "worker 3"]
