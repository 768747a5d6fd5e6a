from __future__ import annotations

import numpy as np
import pytest

from tb_zeroacc import facts
from tb_zeroacc.logs.tables import EDGE, MAX_VALUES, MIDDLE, TableStore
from tb_zeroacc.records import Layout, SampleRecord

LOSS = Layout("loss", ("loss",), facts.COLUMNS["loss"])
INPUTS = Layout("inputs", ("x[0]", "x[1]"), facts.COLUMNS["inputs"])


def loss(value: float) -> SampleRecord:
    return SampleRecord("loss", np.array([[value, 0, 0, 0, 0, 0]], np.float32))


def inputs(value: float) -> SampleRecord:
    return SampleRecord("inputs", np.full((2, 7), value, np.float32))


def store() -> TableStore:
    found = TableStore()
    found.layout(LOSS)
    found.layout(INPUTS)
    return found


def test_short_logs_are_kept_whole() -> None:
    kept = store()
    for step in range(2 * EDGE):
        assert kept.sample(step, loss(step)) is None
    assert kept.kinds()["loss"].steps.tolist() == list(range(2 * EDGE))
    assert not kept.kinds()["loss"].thinned


def test_thinning_keeps_edges_rows_and_the_first_fault() -> None:
    kept, count, bad = store(), 20_000, 7_777
    for step in range(count):
        kept.sample(step, loss(np.nan if step >= bad else step))
        kept.sample(step, inputs(0.0))
    found = kept.kinds()
    steps = found["loss"].steps.tolist()
    assert found["inputs"].steps.tolist() == steps, "thinned together"
    assert steps[:EDGE] == list(range(EDGE))
    assert steps[-EDGE:] == list(range(count - EDGE, count))
    assert bad in steps
    assert len(steps) <= 2 * EDGE + MIDDLE + 2
    assert found["loss"].thinned
    kept_values = found["loss"].values[:, 0, 0]
    assert all(value == step for step, value in zip(steps, kept_values, strict=True) if step < bad)


def test_the_first_bad_input_stays() -> None:
    kept = store()
    for step in range(9_000):
        sample = inputs(0.0)
        sample.values[0, 5] = float(step == 4_321)
        kept.sample(step, sample)
    assert 4_321 in kept.kinds()["inputs"].steps.tolist()


def test_epoch_tables_are_thinned_by_themselves() -> None:
    kept = store()
    one = ("examples",)
    kept.layout(Layout(facts.ASSOCIATION_COUNT_TABLE, one, one))
    for step in range(5_000):
        kept.sample(step, loss(1.0))
        if step % 100 == 99:
            count = np.array([[step]], np.float32)
            kept.sample(step, SampleRecord(facts.ASSOCIATION_COUNT_TABLE, count))
    assert len(kept.kinds()[facts.ASSOCIATION_COUNT_TABLE].steps) == 50


def test_a_step_written_again_replaces() -> None:
    kept = store()
    kept.sample(3, loss(1.0))
    kept.sample(3, loss(2.0))
    assert kept.kinds()["loss"].values[:, 0, 0].tolist() == [2.0]


def test_other_names_replace_what_was() -> None:
    kept = store()
    kept.sample(0, inputs(1.0))
    kept.layout(Layout("inputs", ("a", "b"), facts.COLUMNS["inputs"]))
    kept.sample(1, inputs(2.0))
    found = kept.kinds()["inputs"]
    assert found.layout.rows == ("a", "b")
    assert found.steps.tolist() == [1]


@pytest.mark.parametrize(
    ("sample", "why"),
    [
        (SampleRecord("labels", np.zeros((1, 12), np.float32)), "names of their rows"),
        (SampleRecord("inputs", np.zeros((3, 7), np.float32)), "does not fit"),
        (loss(0.0), "after a later step"),
    ],
)
def test_what_cannot_be_kept_is_told(sample: SampleRecord, why: str) -> None:
    kept = store()
    kept.sample(9, loss(1.0))
    told = kept.sample(3, sample)
    assert told is not None
    assert why in told


def test_a_huge_table_is_refused() -> None:
    kept = TableStore()
    rows = tuple(map(str, range(MAX_VALUES)))
    kept.layout(Layout("inputs", rows, ("mean", "std")))
    told = kept.sample(0, SampleRecord("inputs", np.zeros((MAX_VALUES, 2), np.float32)))
    assert told is not None


def test_unknown_kinds_are_ignored() -> None:
    kept = TableStore()
    kept.layout(Layout("of the future", ("a",), ("b",)))
    assert kept.kinds() == {}
