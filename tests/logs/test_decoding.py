from __future__ import annotations

import math

import numpy as np
import pytest
from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, types_pb2

from tb_zeroacc import facts, records
from tb_zeroacc.logs.decoding import (
    MAX_TAG,
    Fault,
    Histogram,
    Model,
    Record,
    Scalar,
    item_of,
    number_of,
    parse,
    scalar_of,
)
from tests.logs.written import keras_model, simple, tensor

Proto = tensor_pb2.TensorProto


def sized(*sizes: int, **fields: object) -> Proto:
    found = Proto(**fields)
    for size in sizes:
        found.tensor_shape.dim.add(size=size)
    return found


SCALARS = {
    "float content": (Proto(dtype=types_pb2.DT_FLOAT, tensor_content=b"\0\0\xc0?"), 1.5),
    "float list": (Proto(dtype=types_pb2.DT_FLOAT, float_val=[1.5]), 1.5),
    "rank 1, size 1": (sized(1, dtype=types_pb2.DT_FLOAT, float_val=[1.5]), 1.5),
    "double": (Proto(dtype=types_pb2.DT_DOUBLE, tensor_content=np.float64(0.1).tobytes()), 0.1),
    "half bits": (Proto(dtype=types_pb2.DT_HALF, half_val=[0x3E00]), 1.5),
    "bfloat16": (Proto(dtype=types_pb2.DT_BFLOAT16, tensor_content=b"\xc0\x3f"), 1.5),
    "bfloat16 bits": (Proto(dtype=types_pb2.DT_BFLOAT16, half_val=[0x3FC0]), 1.5),
    "bfloat16 infinity": (Proto(dtype=types_pb2.DT_BFLOAT16, half_val=[0x7F80]), math.inf),
    "int64": (Proto(dtype=types_pb2.DT_INT64, int64_val=[-3]), -3.0),
    "bool": (Proto(dtype=types_pb2.DT_BOOL, bool_val=[True]), 1.0),
    "nothing is zero": (Proto(dtype=types_pb2.DT_INT32), 0.0),
    "a matrix": (sized(2, 3, dtype=types_pb2.DT_FLOAT, float_val=[1.0]), None),
    "a vector": (sized(2, dtype=types_pb2.DT_FLOAT, tensor_content=bytes(8)), None),
    "content too long": (Proto(dtype=types_pb2.DT_FLOAT, tensor_content=bytes(8)), None),
    "a text": (Proto(dtype=types_pb2.DT_STRING, string_val=[b"x"]), None),
    "an absurd shape": (sized(2**40, dtype=types_pb2.DT_FLOAT, float_val=[1.0]), None),
}


@pytest.mark.parametrize(("proto", "want"), SCALARS.values(), ids=SCALARS)
def test_numbers_of_tensors(proto: Proto, want: float | None) -> None:
    assert scalar_of(proto) == want


def plugin(name: str, proto: Proto) -> summary_pb2.Summary.Value:
    found = summary_pb2.Summary.Value(tag="t", tensor=proto)
    found.metadata.plugin_data.plugin_name = name
    return found


NUMBER = SCALARS["float content"][0]
ITEMS = {
    "simple value": (simple("loss", 0.5), Scalar("loss", 0.5)),
    "tensor of the scalars plugin": (tensor("loss", 0.5), Scalar("loss", 0.5)),
    "tensor without metadata": (tensor("loss", 0.5, plugin=""), Scalar("loss", 0.5)),
    "another plugin's number": (plugin("flight", NUMBER), None),
    "hparams": (plugin("hparams", Proto()), None),
    "histogram": (plugin("histograms", sized(30, 3)), Histogram("t")),
    "old histogram": (
        summary_pb2.Summary.Value(tag="h", histo=summary_pb2.HistogramProto()),
        Histogram("h"),
    ),
    "keras record": (keras_model(b"{}"), Model(b"{}")),
    "empty keras record": (keras_model(b""), None),
    "image": (summary_pb2.Summary.Value(tag="i", image=summary_pb2.Summary.Image()), None),
    "no value at all": (summary_pb2.Summary.Value(tag="x"), None),
    "a fact": (records.fact_value(facts.End("finished", 3)), Record(facts.End("finished", 3))),
}


@pytest.mark.parametrize(("value", "want"), ITEMS.values(), ids=ITEMS)
def test_items(value: summary_pb2.Summary.Value, want: object) -> None:
    assert item_of(value) == want


def test_what_cannot_be_decoded_is_a_fault() -> None:
    broken = records.fact_value(facts.End("finished", 3))
    broken.tensor.string_val[0] = b'{"how": 3'
    assert isinstance(item_of(broken), Fault)
    assert isinstance(item_of(simple("x" * (MAX_TAG + 1), 1.0)), Fault)


def test_a_newer_record_says_to_upgrade() -> None:
    newer = records.fact_value(facts.End("finished", 3))
    newer.tensor.string_val[0] = b'{"version": 99}'
    found = item_of(newer)
    assert isinstance(found, Fault)
    assert "pip install -U" in found.text


def test_the_short_way_agrees() -> None:
    for value in (0.5, math.inf, -0.0):
        assert number_of(simple("a", value)) == number_of(tensor("a", value)) == value
    assert number_of(tensor("a", 0.1, "<f8")) == 0.1
    assert number_of(keras_model(b"{}")) is None
    assert number_of(summary_pb2.Summary.Value(tag="x")) is None


def test_parse() -> None:
    event = event_pb2.Event(step=3)
    assert parse(event.SerializeToString()) == event
    assert parse(b"\xff\xff\xff") is None
