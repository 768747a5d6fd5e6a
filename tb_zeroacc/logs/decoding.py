"""What one event tells: scalars in both encodings, our records, Keras' record of the model.

Whether a value is a scalar is read off its tensor (one number) and its plugin, never off
`data_class`: on disk that is 0 in every file which was not written by us.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from math import isfinite
from typing import NamedTuple, TypeAlias

import numpy as np
from google.protobuf.message import DecodeError
from numpy.typing import NDArray
from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, types_pb2

from tb_zeroacc import records
from tb_zeroacc.errors import RecordError
from tb_zeroacc.logs.hyperparameters import START_TAG, of_plugin
from tb_zeroacc.run import Hyperparameters, Writer

# A tag is a name, not a text; longer ones are no names that anybody gave.
MAX_TAG = 1024  # characters
# Keras' record of a large model is 0.5 MB; ten times that is still a model.
MAX_MODEL = 8 * 2**20  # bytes


class Scalar(NamedTuple):
    """One number of one tag."""

    tag: str
    value: float


class Record(NamedTuple):
    """One fact, layout or sample of our recorder."""

    content: records.Decoded


class Model(NamedTuple):
    """The JSON that Keras' TensorBoard callback writes when `fit` begins."""

    text: bytes


class Histogram(NamedTuple):
    """A histogram stands here; `range_of` and `encoding_of` read it."""

    tag: str


class Settings(NamedTuple):
    """What a training was set to."""

    found: Hyperparameters


class Fault(NamedTuple):
    """A value that could not be read, as a sentence."""

    text: str


Item: TypeAlias = "Scalar | Record | Model | Histogram | Settings | Fault"


def number_of(value: summary_pb2.Summary.Value) -> float | None:
    """The number of a value in either encoding, None where it holds none.

    The short way for tags that are known to be scalars: it asks neither plugin nor shape.
    """
    kind = value.WhichOneof("value")
    if kind == "simple_value":
        return float(value.simple_value)
    if kind != "tensor":
        return None
    tensor = value.tensor
    content = tensor.tensor_content
    if len(content) == 4 and tensor.dtype == types_pb2.DT_FLOAT:
        return float(_FLOAT.unpack(content)[0])
    return scalar_of(tensor)


def item_of(value: summary_pb2.Summary.Value) -> Item | None:
    """What a value tells; None where that is nothing that this project reads."""
    tag = value.tag
    if len(tag) > MAX_TAG:
        return Fault(f"A tag of {len(tag)} characters was left out.")
    if tag == START_TAG:  # it may have no value at all
        settings = of_plugin(value.metadata.plugin_data.content)
        return None if settings is None else Settings(settings)
    kind = value.WhichOneof("value")
    if kind == "simple_value":
        return Scalar(tag, value.simple_value)
    if kind == "tensor":
        return _of_tensor(tag, value)
    return Histogram(tag) if kind == "histo" else None


def _of_tensor(tag: str, value: summary_pb2.Summary.Value) -> Item | None:
    plugin = value.metadata.plugin_data.plugin_name
    if plugin == "scalars":
        number = scalar_of(value.tensor)
        return None if number is None else Scalar(tag, number)
    if plugin == records.PLUGIN_NAME or records.is_record(tag):
        return _of_record(value) if records.is_record(tag) else None
    if plugin == "histograms":
        return Histogram(tag)
    if plugin == "graph_keras_model":
        text = next(iter(value.tensor.string_val), b"")
        return Model(text) if 0 < len(text) <= MAX_MODEL else None
    if not plugin:  # a writer may leave the metadata out
        number = scalar_of(value.tensor)
        return None if number is None else Scalar(tag, number)
    return None


def _of_record(value: summary_pb2.Summary.Value) -> Item | None:
    try:
        content = records.decode(value)
    except RecordError as error:
        return Fault(str(error))
    return None if content is None else Record(content)


# What newer writers call themselves in the first record of a file.
_WRITERS = {
    "tensorboard.summary.writer.event_file_writer": Writer.TENSORBOARD,
    "tensorflow.core.util.events_writer": Writer.TENSORFLOW_2,
}


def writer_of(event: event_pb2.Event) -> Writer | None:
    """What wrote the file of an event without values; None where that does not tell.

    TensorFlow 1 alone writes the graph of a session with its collections (`meta_graph_def`).
    """
    if event.WhichOneof("what") == "meta_graph_def":
        return Writer.TENSORFLOW_1
    return _WRITERS.get(event.source_metadata.writer)


def range_of(value: summary_pb2.Summary.Value) -> tuple[float, float] | None:
    """Smallest and largest value of a histogram, exactly; NaN or infinite where one is.

    TF2's is a tensor, float64 of shape (buckets, 3); TF1's and PyTorch's a message of its own.
    None for any other value, for a histogram of no values, and for one that lacks them.
    """
    kind = value.WhichOneof("value")
    if kind == "histo":
        histo = value.histo
        low, high = histo.min, histo.max
        unsaid = low == high == 0 and histo.sum_squares
        return (low, high) if histo.num and not unsaid else None
    if kind != "tensor" or value.tensor.dtype != types_pb2.DT_DOUBLE:
        return None
    content = value.tensor.tensor_content
    if not content or len(content) % _BUCKET.size:
        return None
    low = _BUCKET.unpack_from(content)[0]
    _, high, last = _BUCKET.unpack_from(content, len(content) - _BUCKET.size)
    if len(content) == _BUCKET.size and high - low == 1.0:  # how older ones write a single value
        low = high = (low + high) / 2
    # The largest value lies in the last bucket; of NaN and Inf all of them are empty.
    return None if not last and isfinite(low) and isfinite(high) else (low, high)


def buckets_of(value: summary_pb2.Summary.Value) -> NDArray[np.float64]:
    """Left and right edge and count of each bucket, float64 of shape (buckets, 3).

    Only of a value that `range_of` knows.
    """
    if value.WhichOneof("value") == "tensor":
        return np.frombuffer(value.tensor.tensor_content, "<f8").reshape(-1, 3)
    histo = value.histo
    count = min(len(histo.bucket_limit), len(histo.bucket))
    if not count:
        return np.array([[histo.min, histo.max, histo.num]])
    ends = np.array(histo.bucket_limit[:count], np.float64)
    begins = np.concatenate(([histo.min], ends))[:count]
    return np.stack([begins, ends, np.array(histo.bucket[:count], np.float64)], axis=1)


def encoding_of(value: summary_pb2.Summary.Value) -> bytes:
    """A histogram as bytes: equal ones for equal histograms."""
    return bytes(value.tensor.tensor_content or value.histo.SerializeToString(deterministic=True))


def scalar_of(tensor: tensor_pb2.TensorProto) -> float | None:
    """The number of a tensor that holds exactly one, None for any other tensor."""
    content = tensor.tensor_content
    if any(dim.size != 1 for dim in tensor.tensor_shape.dim):
        return None
    known = _NUMBERS.get(tensor.dtype)
    if known is None:
        return None
    dtype, field = known
    if content:
        size = np.dtype(dtype).itemsize
        return _read(content, tensor.dtype, dtype) if len(content) == size else None
    values = getattr(tensor, field)
    if len(values) > 1:
        return None
    number = values[0] if values else 0
    if field == "half_val":  # the bits of the number, as an integer
        return _read(struct.pack("<H", number & 0xFFFF), tensor.dtype, dtype)
    return float(number)


def _read(content: bytes, kind: int, dtype: str) -> float:
    if kind == types_pb2.DT_BFLOAT16:  # the upper half of a float32
        return float(_FLOAT.unpack(b"\0\0" + content)[0])
    return float(np.frombuffer(content, dtype)[0])


_FLOAT = struct.Struct("<f")
_BUCKET = struct.Struct("<3d")  # left, right, count
_NUMBERS: dict[int, tuple[str, str]] = {
    types_pb2.DT_FLOAT: ("<f4", "float_val"),
    types_pb2.DT_DOUBLE: ("<f8", "double_val"),
    types_pb2.DT_HALF: ("<f2", "half_val"),
    types_pb2.DT_BFLOAT16: ("<u2", "half_val"),  # NumPy has none
    types_pb2.DT_INT64: ("<i8", "int64_val"),
    types_pb2.DT_INT32: ("<i4", "int_val"),
    types_pb2.DT_INT16: ("<i2", "int_val"),
    types_pb2.DT_INT8: ("i1", "int_val"),
    types_pb2.DT_UINT8: ("u1", "int_val"),
    types_pb2.DT_UINT16: ("<u2", "int_val"),
    types_pb2.DT_UINT32: ("<u4", "uint32_val"),
    types_pb2.DT_UINT64: ("<u8", "uint64_val"),
    types_pb2.DT_BOOL: ("?", "bool_val"),
}


def parse(payload: bytes) -> event_pb2.Event | None:
    """One record's event, None where the bytes are none."""
    try:
        return _parse(payload)
    except DecodeError:
        return None


_parse: Callable[[bytes], event_pb2.Event] = event_pb2.Event.FromString
