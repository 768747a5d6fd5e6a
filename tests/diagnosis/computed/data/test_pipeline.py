"""The stages between taps."""

from __future__ import annotations

import pytest

from tb_zeroacc.diagnosis.computed.data.pipeline import keeps_shape, seen_at_taps, stages_of
from tb_zeroacc.facts import Pipeline, Tapped
from tb_zeroacc.run import Run
from tests.diagnosis.planted import a_run, a_table

Shape = tuple[int | None, ...] | None


def tapped(*tensors: Tapped, elements: tuple[float, ...] = ()) -> Run:
    sizes = elements or (100.0,) * len(tensors)
    rows = {t.row: {"elements": n, "values": 99.0, "min": 0.0, "max": 1.0}
            for t, n in zip(tensors, sizes, strict=True)}  # fmt: skip
    return a_run(a_table("pipeline", rows), pipeline=Pipeline(tensors))


CHAIN = (Tapped("a", "a"), Tapped("b", "b", before="a"), Tapped("c", "c", before="b"))


def test_a_stage_has_a_tap_on_both_sides_and_knows_the_last_one() -> None:
    stages = list(stages_of(seen_at_taps(tapped(*CHAIN))))
    names = [(s.before.tensor.row, s.after.tensor.row, s.end.tensor.row) for s in stages]
    assert names == [("a", "b", "c"), ("b", "c", "c")]
    assert list(stages_of(seen_at_taps(tapped(Tapped("b", "b", before="gone"))))) == []
    assert list(stages_of(seen_at_taps(a_run()))) == []


def test_labels_and_weights_are_left_out() -> None:
    parts = [Tapped(f"t:{part}", "t", part) for part in ("x", "x[age]", "y", "w")]
    assert list(seen_at_taps(tapped(*parts))) == ["t:x", "t:x[age]"]


def test_values_that_differ_or_do_not() -> None:
    table = a_table("pipeline", {"a": {"values": [9.0, 32.0], "min": 0.0, "max": [0.0, 1.0]},
                                 "b": {"values": 32.0, "min": 2.0, "max": 2.0},
                                 "c": {"values": 31.0, "min": 2.0, "max": 2.0}})  # fmt: skip
    a, b, c = seen_at_taps(a_run(table)).values()
    assert (a.varies, a.is_constant, a.range) == (True, False, 1.0), "its last row counts"
    assert (b.varies, b.is_constant) == (False, True)
    assert (c.varies, c.is_constant) == (False, False), "too few values"


@pytest.mark.parametrize(
    ("before", "after", "elements", "kept"),
    [
        ((28, 28), (28, 28), 100.0, True),
        ((28, 28), (28, None), 100.0, True),
        ((28, 28), (784,), 100.0, False),
        ((28, 28), (32, 28, 28), 4.0, True),  # batched
        ((), (10,), 100.0, False),  # one-hot
        ((28, 28), None, 100.0, False),
    ],
)
def test_which_stages_keep_the_shape(
    before: Shape, after: Shape, elements: float, kept: bool
) -> None:
    run = tapped(Tapped("a", "a", shape=before), Tapped("b", "b", before="a", shape=after),
                 elements=(100.0, elements))  # fmt: skip
    (stage,) = stages_of(seen_at_taps(run))
    assert keeps_shape(stage) is kept
