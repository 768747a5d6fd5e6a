"""Whether a first line is that of a training's log."""

from __future__ import annotations

import pytest

from tb_zeroacc.logs.contents import MAX_TAGS
from tb_zeroacc.logs.text_logs.columns import Columns, columns_of, number_of, step_of

LOGS = {
    "keras": (b"epoch,accuracy,loss,val_accuracy,val_loss\n", "epoch", ",", None),
    "keras with a semicolon": (b"epoch;accuracy;loss\r\n", "epoch", ";", None),
    "tabs": (b"epoch\tloss", "epoch", "\t", None),
    "lightning": (b"epoch,step,train_loss_step,val_loss\n", "step", ",", 0),
    "ultralytics": (b"          epoch,         train/box_loss,  lr/pg0\n", "epoch", ",", None),
    "fastai": (b"epoch,train_loss,valid_loss,accuracy,time\n", "epoch", ",", None),
    "capitals and a byte order mark": (b"\xef\xbb\xbfEpoch,Loss\n", "epoch", ",", None),
    "quoted": (b'"step","loss, total"\n', "step", ",", None),
}  # fmt: skip


@pytest.mark.parametrize(("line", "axis", "delimiter", "epoch"), LOGS.values(), ids=LOGS)
def test_a_log(line: bytes, axis: str, delimiter: str, epoch: int | None) -> None:
    found = columns_of(line)
    assert isinstance(found, Columns), found
    assert (found.axis, found.delimiter, found.epoch) == (axis, delimiter, epoch)
    assert found.names[found.step] is None


OTHERS = {
    "data": (b"age,income,label\n", "no column `epoch` or `step`"),
    "text": (b"hello, this is text\n", "no column `epoch` or `step`"),
    "one column": (b"epoch\n", "no column `epoch` or `step`"),
    "nothing": (b"\n", "no column `epoch` or `step`"),
    "not text": (b"\x00\xff\xfe\x01" * 9, "no column `epoch` or `step`"),
    "TensorBoard's download": (b"Wall time,Step,Value\n", "beside `step` it names no loss"),
    "a schedule": (b"epoch,time,note\n", "beside `epoch` it names no loss"),
    "too wide": (b"epoch,loss" + b",x" * MAX_TAGS, f"it has {MAX_TAGS + 2} columns"),
    "a cell without end": (b"epoch,loss," + b"x" * 200_000, "no column"),
}


@pytest.mark.parametrize(("line", "why"), OTHERS.values(), ids=OTHERS)
def test_no_log(line: bytes, why: str) -> None:
    found = columns_of(line)
    assert isinstance(found, str)
    assert why in found


def test_what_is_no_number_is_left_out() -> None:
    columns = columns_of(b"epoch,loss,acc,time,f1")
    assert isinstance(columns, Columns)
    cells = columns.split(b'3,"0.5",,00:12,NA')
    assert columns.numbers(cells) == {"loss": 0.5}
    assert [repr(number_of(cell)) for cell in ("NaN", "inf", "-Infinity")] == ["nan", "inf", "-inf"]
    assert number_of("[1, 2]") is None


@pytest.mark.parametrize(
    ("line", "cell", "number"),
    [
        (b"epoch;loss", "0,25", 0.25),
        (b"epoch;loss", "-1.234,5", -1234.5),
        (b"epoch;loss", "2,5E-04", 2.5e-4),
        (b"epoch\tloss", "0,25", 0.25),
        (b"epoch;loss", "0.25", 0.25),
        (b"epoch;loss", "1,2,3", None),
        (b"epoch,loss", "0,25", None),  # in quotes: it may as well separate thousands
    ],
)
def test_decimal_commas(line: bytes, cell: str, number: float | None) -> None:
    columns = columns_of(line)
    assert isinstance(columns, Columns)
    assert columns.number(cell) == number


@pytest.mark.parametrize(
    ("number", "step"), [(3.0, 3), (0.99, 0), (None, None), (float("nan"), None), (1e300, None)]
)
def test_a_step_is_a_count(number: float | None, step: int | None) -> None:
    assert step_of(number) == step
