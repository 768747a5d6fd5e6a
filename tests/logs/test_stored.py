"""A log of format 1, kept since it was written: every later version must read it as this one does.

`stored/version_1` holds a training of two epochs of three batches with two outputs, a tap and a
validation, sampled at every second step; `stored/version_1.json` what was read of it on that day.
Neither is ever written again: a format that changes gets a number and a log of its own.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tb_zeroacc import facts
from tb_zeroacc.logs.reader import read_runs
from tb_zeroacc.run import Run
from tb_zeroacc.verdict import diagnose

STORED = Path(__file__).parent / "stored"


@pytest.fixture(scope="module")
def run() -> Run:
    """The training as it is read today."""
    (found,) = read_runs(str(STORED / "version_1"))
    return found


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    """As it was read when it was written."""
    content: dict[str, Any] = json.loads((STORED / "version_1.json").read_text())
    return content


def read_today(run: Run) -> dict[str, Any]:
    """All that `version_1.json` holds, in the form of JSON."""
    return {
        "tables": {
            kind: {
                "rows": list(table.rows),
                "columns": list(table.columns),
                "steps": table.steps.tolist(),
                "epochs": table.epochs.tolist(),
                "values": [[f"{v:.5g}" for v in row] for row in table.values[-1].tolist()],
            }
            for kind, table in run.tables.items()
        },
        "contract": json.loads(json.dumps(dataclasses.asdict(run.contract))),
        "epochs": json.loads(json.dumps([dataclasses.asdict(epoch) for epoch in run.epochs])),
        "end": None if run.end is None else dataclasses.asdict(run.end),
        "curves": {
            curve.tag: [curve.series.steps.tolist(), [f"{v:.5g}" for v in curve.series.values]]
            for curve in run.curves
        },
    }


@pytest.mark.parametrize("part", ["contract", "epochs", "end", "curves"])
def test_facts_and_curves_are_read_as_ever(part: str, run: Run, expected: dict[str, Any]) -> None:
    known, found = expected[part], read_today(run)[part]
    assert as_far_as(known, found) == known


def as_far_as(known: Any, found: Any) -> Any:
    """Of what was found the fields that are known: a later version may have more."""
    if isinstance(known, dict) and isinstance(found, dict):
        return {key: as_far_as(value, found.get(key)) for key, value in known.items()}
    if isinstance(known, list) and isinstance(found, list) and len(known) == len(found):
        return [as_far_as(*pair) for pair in zip(known, found, strict=True)]
    return found


def test_nothing_is_left_out(run: Run) -> None:
    assert run.notes == ()
    assert not run.damaged


def test_every_kind_of_table_is_on_record(expected: dict[str, Any]) -> None:
    # Two are of several optimizers and of weighted examples, two of several replicas.
    others = {"sample_weights", "learning_rates", "reduced_gradients", "reduction"}
    assert set(expected["tables"]) == set(facts.TABLE_KINDS) - others


def test_tables_are_read_as_ever(run: Run, expected: dict[str, Any]) -> None:
    found = read_today(run)["tables"]
    for kind, known in expected["tables"].items():
        assert found[kind] == known, kind


def test_numbers_that_are_known_from_the_data(run: Run) -> None:
    x = np.random.default_rng(0).normal(size=(24, 3)).astype("float32")
    x[5, 1] = 0.0
    inputs = run.tables["inputs"]
    assert inputs.steps.tolist() == [0, 2, 4, 5]
    means = inputs.column("mean")[1]  # step 2: the third batch of 8
    np.testing.assert_allclose(means, x[16:24].mean(0), rtol=1e-5)
    held = run.tables["validation_inputs"].column("mean")[0]
    np.testing.assert_allclose(held, x.mean(0), rtol=1e-4)


def test_it_is_judged(run: Run) -> None:
    (verdict,) = diagnose(str(STORED / "version_1"))
    assert "ZA501" in verdict.checks
