from __future__ import annotations

import numpy as np
import pytest

from tb_zeroacc.errors import MissingColumnError, UnknownRowError
from tb_zeroacc.run import Curve, Role, Run, Split, Table
from tb_zeroacc.series import Series


def curve(tag: str, role: Role, split: Split = Split.TRAIN, *, headline: bool = False) -> Curve:
    series = Series.of([0, 1], [1.0, 0.5])
    return Curve("train", tag, tag, role, split, "epoch", series, headline=headline)


def table(samples: int) -> Table:
    values = np.arange(samples * 4, dtype=np.float32).reshape(samples, 2, 2)
    steps = np.arange(samples)
    return Table("loss", "a/zeroacc", ("x", "y"), ("mean", "std"), steps, steps, values)


def test_a_table_by_column_and_row() -> None:
    found = table(3)
    assert found.column("std").tolist() == [[1, 3], [5, 7], [9, 11]]
    assert found.row("y").tolist() == [[2, 3], [6, 7], [10, 11]]
    with pytest.raises(MissingColumnError, match="the table `loss` lacks the column `median`"):
        found.column("median")


def test_a_table_without_a_column_counts_as_missing_where_that_is_needed() -> None:
    run = Run(".", tables={"loss": table(3)})
    assert run.table("loss", "mean", "std") is not None
    assert run.table("loss", "mean", "median") is None


def test_an_empty_table_is_none() -> None:
    run = Run(".", tables={"loss": table(0), "inputs": table(2)})
    assert run.table("loss") is None
    assert run.table("inputs") is not None
    assert run.table("labels") is None


def test_headline_and_order_of_curves() -> None:
    batch = curve("batch_loss", Role.LOSS)
    epoch = curve("epoch_loss", Role.LOSS, headline=True)
    test = curve("test_loss", Role.LOSS, Split.TEST, headline=True)
    run = Run(".", curves=(batch, epoch, test))
    assert run.headline(Role.LOSS) is epoch
    assert run.headline(Role.LOSS, Split.VALIDATION) is None
    assert run.curves_of(Role.LOSS, Split.TRAIN) == [epoch, batch]
    assert run.curve("batch_loss", "train") is batch
    assert run.curve("batch_loss", "validation") is None


@pytest.mark.parametrize(
    ("run", "member"),
    [
        (Run(".", tables={"loss": table(1)}), "a/zeroacc"),
        (Run(".", curves=(curve("zeroacc/loss", Role.LOSS),)), "train"),
        (Run(".", members=("a/train", "a/zeroacc")), "a/zeroacc"),
        (Run(".", members=("a/train",)), None),
    ],
)
def test_the_recorders_member(run: Run, member: str | None) -> None:
    assert run.recorder_member == member


def test_a_row_that_is_not_there_is_no_other_row() -> None:
    with pytest.raises(UnknownRowError, match=r"^the table `loss` has no row 'z'"):
        table(3).row("z")
