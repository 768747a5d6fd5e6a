"""The contract of the event files, both ways: facts to events, events to facts.

Writer and reader share nothing but this module and `facts`; `docs/format.md` says the same in
words. One event a sample carries every table of that step:

    tag `zeroacc/record/<kind>`   float32 tensor, (rows, columns), plugin `zero_accuracy`
    tag `zeroacc/layout/<kind>`   JSON: the names of rows and columns; holds until the next one
    tag `zeroacc/fact/<kind>`     JSON: start, alive, contract, shapes, pipeline, unrecorded,
                                  epoch, end
    any other tag                 a float32 scalar of the plugin `scalars`, for Time Series too

All JSON carries `VERSION`; a reader refuses a newer one and says so. Numbers that JSON lacks stand
in it as text (`NOT_FINITE`).
"""

from __future__ import annotations

import dataclasses
import json
import math
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, types_pb2

from tb_zeroacc import facts
from tb_zeroacc.errors import RecordError

VERSION = 1
LARGEST = float(np.finfo(np.float32).max)
LARGEST_INT = 2**63 - 1  # steps, epochs and counts are int64 wherever they are kept
MAX_REASON = 120  # characters of why a record cannot be read
NOT_FINITE = ("NaN", "Infinity", "-Infinity")  # numbers that JSON lacks, as text
PLUGIN_NAME = "zero_accuracy"
RECORD_PREFIX = "zeroacc/record/"
LAYOUT_PREFIX = "zeroacc/layout/"
FACT_PREFIX = "zeroacc/fact/"
FILE_VERSION = "brain.Event:2"

FACT_KINDS: dict[str, type] = {
    "start": facts.Start,
    "alive": facts.Alive,
    "contract": facts.Contract,
    "shapes": facts.Shapes,
    "pipeline": facts.Pipeline,
    "unrecorded": facts.Unrecorded,
    "epoch": facts.Epoch,
    "end": facts.End,
}
_KIND_OF = {cls: kind for kind, cls in FACT_KINDS.items()}


@dataclass(frozen=True, slots=True)
class Layout:
    """Names of a table's rows and columns; `pooled`: how many features all `[rest]` rows hold."""

    kind: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    pooled: int = 0


@dataclass(frozen=True, slots=True)
class SampleRecord:
    """One table of one sample: `values` is float32 of shape (rows, columns)."""

    kind: str
    values: NDArray[np.float32]


Decoded = (
    facts.Start | facts.Alive | facts.Contract | facts.Shapes | facts.Pipeline | facts.Unrecorded
    | facts.Epoch | facts.End | Layout | SampleRecord
)  # fmt: skip


# --- writing ------------------------------------------------------------------------------------


def header_event(wall_time: float) -> event_pb2.Event:
    """The first event of every file."""
    return event_pb2.Event(wall_time=wall_time, file_version=FILE_VERSION)


def fact_value(fact: facts.Fact) -> summary_pb2.Summary.Value:
    """One fact as a summary value."""
    kind = _KIND_OF[type(fact)]
    return _json_value(FACT_PREFIX + kind, dataclasses.asdict(fact))


def layout_value(layout: Layout) -> summary_pb2.Summary.Value:
    """The names of a table's rows and columns, written before its first sample and when changed."""
    return _json_value(LAYOUT_PREFIX + layout.kind, dataclasses.asdict(layout))


class Refilled:
    """Makes the values that come again and again: of each tag all but the content is made once.

    Parsing that anew takes less than half as long as building it. (A message that is kept and set
    again would keep every content it ever had: protobuf frees none before the message dies.)
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[tuple[int, ...], bytes]] = {}  # shape, serialised value

    def table(self, kind: str, values: NDArray[np.float32]) -> summary_pb2.Summary.Value:
        """One table of one sample; float32 of shape (rows, columns)."""
        tag = RECORD_PREFIX + kind
        if tag not in self._known or self._known[tag][0] != values.shape:
            tensor = tensor_pb2.TensorProto(dtype=types_pb2.DT_FLOAT)
            for size in values.shape:
                tensor.tensor_shape.dim.add(size=size)
            self._known[tag] = (values.shape, _value(tag, tensor).SerializeToString())
        content = np.ascontiguousarray(values, dtype="<f4").tobytes()
        return _filled(self._known[tag][1], content)

    def scalar(self, tag: str, number: float) -> summary_pb2.Summary.Value:
        """An ordinary scalar: float32 and rank 0, the one kind that every TensorBoard draws."""
        if tag not in self._known:
            metadata = summary_pb2.SummaryMetadata(data_class=summary_pb2.DATA_CLASS_SCALAR)
            metadata.plugin_data.plugin_name = "scalars"
            tensor = tensor_pb2.TensorProto(dtype=types_pb2.DT_FLOAT)
            value = summary_pb2.Summary.Value(tag=tag, tensor=tensor, metadata=metadata)
            self._known[tag] = ((), value.SerializeToString())
        return _filled(self._known[tag][1], as_float32(number).tobytes())


def _filled(template: bytes, content: bytes) -> summary_pb2.Summary.Value:
    value = summary_pb2.Summary.Value.FromString(template)
    value.tensor.tensor_content = content
    return value


def as_float32(numbers: ArrayLike) -> NDArray[np.float32]:
    """Numbers of any shape as float32; finite ones beyond its range as the largest that it holds.

    A plain cast would make infinity of them, which is another thing.
    """
    given = np.asarray(numbers)
    if given.dtype.kind == "f" and given.dtype.itemsize > np.float32().itemsize:
        given = np.where(np.isinf(given), given, np.clip(given, -LARGEST, LARGEST))
    return given.astype(np.float32, copy=False)


def sample_value(sample: SampleRecord) -> summary_pb2.Summary.Value:
    """One table of one sample."""
    return Refilled().table(sample.kind, sample.values)


def scalar_value(tag: str, value: float) -> summary_pb2.Summary.Value:
    """An ordinary scalar, as `Refilled` makes it."""
    return Refilled().scalar(tag, value)


def event(
    step: int, wall_time: float, values: Sequence[summary_pb2.Summary.Value]
) -> event_pb2.Event:
    """Joins values of one step into one event. `step` counts training steps from 0."""
    return event_pb2.Event(
        step=step, wall_time=wall_time, summary=summary_pb2.Summary(value=values)
    )


def _json_value(tag: str, content: Mapping[str, Any]) -> summary_pb2.Summary.Value:
    content = _strict({"version": VERSION, **content})
    text = json.dumps(content, allow_nan=False, separators=(",", ":"))
    tensor = tensor_pb2.TensorProto(dtype=types_pb2.DT_STRING, string_val=[text.encode()])
    return _value(tag, tensor)


def _strict(value: Any) -> Any:
    """What strict JSON can hold: numbers that it lacks become their names, other things text."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, Mapping):
        return {str(k): _strict(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(v) for v in value]
    return value if value is None or isinstance(value, str | int | float) else str(value)


def _value(tag: str, tensor: tensor_pb2.TensorProto) -> summary_pb2.Summary.Value:
    # Without a data class TensorBoard's own server drops the series.
    metadata = summary_pb2.SummaryMetadata(data_class=summary_pb2.DATA_CLASS_TENSOR)
    metadata.plugin_data.plugin_name = PLUGIN_NAME
    return summary_pb2.Summary.Value(tag=tag, tensor=tensor, metadata=metadata)


# --- reading ------------------------------------------------------------------------------------


def is_record(tag: str) -> bool:
    """Whether `decode` is responsible for a tag."""
    return tag.startswith((RECORD_PREFIX, LAYOUT_PREFIX, FACT_PREFIX))


def decode(value: summary_pb2.Summary.Value) -> Decoded | None:
    """One value of ours as a fact, a layout or a sample; None for a kind of a later version.

    Raises:
        RecordError: The value is damaged, or its version is newer than `VERSION`.
    """
    tag = value.tag
    try:
        if tag.startswith(RECORD_PREFIX):
            kind = tag.removeprefix(RECORD_PREFIX)
            return SampleRecord(kind, _matrix(value.tensor)) if kind in facts.TABLE_KINDS else None
        content = json.loads(value.tensor.string_val[0])
        if content.get("version", 0) > VERSION:
            raise RecordError(
                f"Record {tag!r} has version {content['version']}, this tb-zeroacc reads up to "
                f"{VERSION}: upgrade it with `pip install -U tb-zeroacc`."
            )
        if tag.startswith(LAYOUT_PREFIX):
            known: type | None = Layout
        else:
            known = FACT_KINDS.get(tag.removeprefix(FACT_PREFIX))
        decoded: Decoded | None = None if known is None else _build(known, content)
        return decoded
    except RecordError:
        raise
    except (
        ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError,
    ) as fault:  # fmt: skip
        why = _shortened(str(fault))
        raise RecordError(f"Record {tag!r} is damaged and was left out: {why}.") from fault


def _shortened(text: str) -> str:
    """What a record holds may be long, and may hold what moves a terminal's cursor."""
    plain = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
    return plain if len(plain) <= MAX_REASON else f"{plain[:MAX_REASON]} and more"


def _matrix(tensor: tensor_pb2.TensorProto) -> NDArray[np.float32]:
    shape = [dim.size for dim in tensor.tensor_shape.dim]
    if tensor.dtype != types_pb2.DT_FLOAT or len(shape) != 2:
        raise ValueError(f"expected a float32 matrix, found dtype {tensor.dtype}, shape {shape}")
    return np.frombuffer(tensor.tensor_content, dtype="<f4").reshape(shape).astype(np.float32)


def _build(cls: type, content: Any) -> Any:
    """Builds a dataclass from untrusted JSON: unknown fields are dropped, wrong types refused."""
    if not isinstance(content, dict):
        raise ValueError(f"expected an object for {cls.__name__}")
    hints = typing.get_type_hints(cls)
    known = {f.name for f in dataclasses.fields(cls)}
    for f in dataclasses.fields(cls):
        if {f.default, f.default_factory} == {dataclasses.MISSING} and f.name not in content:
            raise ValueError(f"{cls.__name__} has no {f.name}")
    return cls(**{k: _coerce(hints[k], v, k) for k, v in content.items() if k in known})


def _coerce(hint: Any, value: Any, name: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        if value is None and type(None) in arguments:
            return None
        return _first_that_fits(arguments, value, name)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _build(hint, value)
    if origin is tuple:
        if not isinstance(value, list):
            raise ValueError(f"{name} is no list")
        return tuple(_coerce(arguments[0], item, name) for item in value)
    if origin is dict:
        if not isinstance(value, dict):
            raise ValueError(f"{name} is no object")
        return {str(k): _coerce(arguments[1], v, name) for k, v in value.items()}
    if origin is typing.Literal:
        if value not in arguments:
            raise ValueError(f"{name} is {value!r}")
        return value
    if hint is float and value in NOT_FINITE:
        return float(value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        raise ValueError(f"{name} is {value!r}")
    if hint is int and not -LARGEST_INT <= value <= LARGEST_INT:
        raise ValueError(f"{name} is an integer of more than 64 bits")
    return value


def _first_that_fits(hints: Sequence[Any], value: Any, name: str) -> Any:
    for hint in hints:
        if hint is not type(None):
            try:
                return _coerce(hint, value, name)
            except ValueError:
                continue
    raise ValueError(f"{name} is {value!r}")


def values_of(message: event_pb2.Event) -> Iterator[summary_pb2.Summary.Value]:
    """The summary values of an event, none for any other kind of event."""
    if message.HasField("summary"):
        yield from message.summary.value
