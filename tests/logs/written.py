"""Small logs for tests, in the encodings that real ones have."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, types_pb2

from tb_zeroacc import facts, records
from tb_zeroacc.logs import read_runs
from tb_zeroacc.run import Run
from tb_zeroacc.tfrecord import framed, masked_crc

Value = summary_pb2.Summary.Value
Event = event_pb2.Event

BEGIN = 1_700_000_000.0  # wall time of step 0 unless said otherwise


def simple(tag: str, value: float) -> Value:
    """A scalar of TF1, PyTorch and most others: no metadata."""
    return Value(tag=tag, simple_value=value)


def tensor(tag: str, value: float, dtype: str = "<f4", plugin: str = "scalars") -> Value:
    """A scalar of TF2, rank 0."""
    kinds = {"<f4": types_pb2.DT_FLOAT, "<f8": types_pb2.DT_DOUBLE, "<i8": types_pb2.DT_INT64}
    content = np.array(value, dtype).tobytes()
    found = Value(
        tag=tag, tensor=tensor_pb2.TensorProto(dtype=kinds[dtype], tensor_content=content)
    )
    found.metadata.plugin_data.plugin_name = plugin
    return found


def buckets(tag: str, rows: Sequence[Sequence[float]]) -> Value:
    """A histogram of TF2: left, right and count of each bucket."""
    found = Value(tag=tag, tensor=tensor_pb2.TensorProto(dtype=types_pb2.DT_DOUBLE))
    found.tensor.tensor_content = np.array(rows, "<f8").tobytes()
    found.tensor.tensor_shape.dim.add(size=len(rows))
    found.tensor.tensor_shape.dim.add(size=3)
    found.metadata.plugin_data.plugin_name = "histograms"
    return found


def histo(tag: str, values: Sequence[float]) -> Value:
    """A histogram of TF1 and PyTorch, in one bucket."""
    numbers = np.array(values, np.float64)
    return Value(
        tag=tag,
        histo=summary_pb2.HistogramProto(
            min=numbers.min(), max=numbers.max(), num=len(numbers), sum=numbers.sum(),
            sum_squares=numbers @ numbers, bucket_limit=[numbers.max()], bucket=[len(numbers)],
        ),
    )  # fmt: skip


def keras_model(text: bytes) -> Value:
    """Keras' record of the model."""
    found = Value(tag="keras", tensor=tensor_pb2.TensorProto(dtype=types_pb2.DT_STRING))
    found.tensor.string_val.append(text)
    found.metadata.plugin_data.plugin_name = "graph_keras_model"
    return found


def event(step: int, *values: Value, time: float | None = None) -> Event:
    """Values of one step; by default a second lies between steps."""
    when = BEGIN + step if time is None else time
    return Event(step=step, wall_time=when, summary=summary_pb2.Summary(value=values))


def curve(
    tag: str, values: Sequence[float], first: int = 0, every: int = 1, begin: float = BEGIN
) -> list[Event]:
    """Events of one tag, a second apart."""
    return [
        event(first + every * i, simple(tag, value), time=begin + i)
        for i, value in enumerate(values)
    ]


def start(session: str, time: float = BEGIN, worker: int | None = None) -> Event:
    """Our recorder's start record."""
    return event(0, records.fact_value(facts.Start(session, time, worker=worker)), time=time)


def fact(step: int, found: facts.Fact, time: float | None = None) -> Event:
    """Any other fact."""
    return event(step, records.fact_value(found), time=time)


def sample(step: int, kind: str, values: Sequence[Sequence[float]], names: bool = False) -> Event:
    """One table, with the names of its rows and columns before it where asked for."""
    content = np.array(values, np.float32)
    found = [records.sample_value(records.SampleRecord(kind, content))]
    if names:
        rows = tuple(f"row{i}" for i in range(content.shape[0]))
        found.insert(0, records.layout_value(records.Layout(kind, rows, facts.COLUMNS[kind])))
    return event(step, *found)


def a_head(length: int) -> bytes:
    """The head of a record of any length, with the right checksum."""
    stated = struct.pack("<Q", length)
    return stated + struct.pack("<I", masked_crc(stated))


def encoded(events: Sequence[Event]) -> bytes:
    """A file without its header event."""
    return b"".join(framed(one.SerializeToString()) for one in events)


def write(path: Path, events: Sequence[Event], number: int = 0) -> Path:
    """Writes one event file into a directory; `number` orders the files of one."""
    path.mkdir(parents=True, exist_ok=True)
    file = path / f"events.out.tfevents.17000000{number:02d}.host"
    file.write_bytes(encoded([records.header_event(BEGIN), *events]))
    return file


def only(path: Path | str, now: float | None = None) -> Run:
    """The one Run of a path."""
    runs = read_runs(str(path), now=now)
    assert len(runs) == 1, [run.name for run in runs]
    return runs[0]


def points(run: Run, tag: str, member: str | None = None) -> list[tuple[int, float]]:
    """Steps and values of a curve."""
    found = run.curve(tag, member)
    assert found is not None, [c.tag for c in run.curves]
    return list(zip(found.series.steps.tolist(), found.series.values.tolist(), strict=True))
