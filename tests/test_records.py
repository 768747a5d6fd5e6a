"""The wire format both ways: what is written is read back, and nothing damaged comes through."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from tensorboard.compat.proto import summary_pb2

from tb_zeroacc import facts, records
from tb_zeroacc.errors import RecordError

numbers = some.floats(allow_nan=False) | some.integers(-(2**60), 2**60).map(float)
texts = some.text(max_size=20)
epochs = some.builds(
    facts.Epoch,
    epoch=some.integers(0, 1000), step=some.integers(0, 2**40), batches=some.integers(0, 1000),
    seconds=some.none() | numbers, learning_rate=some.none() | numbers,
    logs=some.dictionaries(texts, numbers, max_size=4), cut_short=some.booleans(),
)  # fmt: skip
ends = some.builds(
    facts.End, how=texts, step=some.integers(0, 2**40), by=some.none() | texts,
    exception=some.none() | texts, text=some.none() | texts,
)  # fmt: skip
CONTRACT = facts.Contract(
    model="Sequential",
    layers=(facts.Layer("a", "Dense", units=3, regularizers=("kernel_regularizer: L2(0.1)",),
                        settings={"rate": 0.5, "name": "x", "on": True, "nothing": None},
                        constraints=("kernel_constraint: MaxNorm(2)",)),),
    outputs=(facts.Output("y", metrics=("MeanSquaredError",), metric_names=("mse",)),),
    optimizer=facts.Optimizer("Adam", 0.001, settings={"beta_1": 0.9}),
    fit=facts.Fit(epochs=3, callbacks=({"class_name": "EarlyStopping", "patience": 2},)),
    versions={"keras": "3"},
    operations=(facts.Operation("TrueDivide", 1, on_inputs=True, factor=0.5),),
)  # fmt: skip
PIPELINE = facts.Pipeline((
    facts.Tapped("raw", "raw", shape=(None, 3), dtype="uint8"),
    facts.Tapped("scaled:x", "scaled", "x", "raw"),
))  # fmt: skip
SHAPES = facts.Shapes(inputs=(facts.Tensor("x", (None, 3), "float32"),), loss_reached=False)


def fact_of(text: str, kind: str = "end") -> summary_pb2.Summary.Value:
    value = records.fact_value(facts.End("finished", 1))
    value.tag = f"zeroacc/fact/{kind}"
    value.tensor.string_val[0] = text.encode()
    return value


FIXED = [CONTRACT, SHAPES, PIPELINE, facts.Start("s", 1.5, "me", 3), facts.Alive(1.5, 60.0)]


@given(epochs | ends | some.sampled_from(FIXED))
def test_facts_come_back_as_they_were(fact: facts.Fact) -> None:
    assert records.decode(records.fact_value(fact)) == fact


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_that_json_lacks(value: float) -> None:
    written = records.fact_value(facts.Epoch(0, 1, 1, logs={"loss": value}))

    def refuse(name: str) -> float:
        raise AssertionError(f"{name} is no strict JSON")

    json.loads(written.tensor.string_val[0], parse_constant=refuse)
    read = records.decode(written)
    assert isinstance(read, facts.Epoch)
    assert np.array_equal([read.logs["loss"]], [value], equal_nan=True)


def test_numbers_of_numpy() -> None:
    fit = facts.Fit(epochs=np.int64(2), steps_per_epoch=np.int32(5))  # type: ignore[arg-type]
    read = records.decode(records.fact_value(facts.Contract(fit=fit)))
    assert isinstance(read, facts.Contract)
    assert (read.fit.epochs, read.fit.steps_per_epoch) == (2, 5)


@given(some.integers(0, 5), some.integers(0, 5))
def test_samples_come_back_to_the_bit(rows: int, columns: int) -> None:
    values = np.random.default_rng(0).normal(size=(rows, columns)).astype(np.float32)
    read = records.decode(records.sample_value(records.SampleRecord("inputs", values)))
    assert isinstance(read, records.SampleRecord)
    assert read.values.tobytes() == values.tobytes()
    assert read.values.shape == values.shape


def resident() -> int:
    """Bytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux tells it there")
def test_values_made_again_and_again_keep_no_memory() -> None:
    refilled = records.Refilled()
    table = np.zeros((300, 8), np.float32)

    def make(samples: int) -> None:
        for step in range(samples):
            values = [refilled.table("activations", table), refilled.scalar("loss", 0.5)]
            records.event(step, 0.0, values).SerializeToString()

    make(500)
    before = resident()
    make(3000)
    grown = (resident() - before) / 2**20
    assert grown < 1.0, f"{grown:.1f} MiB more, of 27 that were written"


def test_a_table_may_change_its_shape() -> None:
    refilled = records.Refilled()
    for shape in [(2, 3), (4, 3), (2, 3), (0, 3)]:
        values = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
        read = records.decode(refilled.table("inputs", values))
        assert isinstance(read, records.SampleRecord)
        assert read.values.tolist() == values.tolist()


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "null", '"text"', "{", "{}",
        '{"how":1,"step":1}', '{"how":"finished","step":"1"}', '{"how":"finished","step":true}',
        '{"version":"1","how":"finished","step":1}',
        '{"how":"finished","step":1,"text":["a"]}',
        "[" * 100_000,
    ],
    ids=lambda text: text[:40],
)  # fmt: skip
def test_damaged_facts_are_one_kind_of_error(text: str) -> None:
    with pytest.raises(RecordError, match="damaged"):
        records.decode(fact_of(text))


def test_a_number_too_large_for_a_float() -> None:
    text = '{"session":"a","wall_time":1' + 400 * "0" + "}"
    with pytest.raises(RecordError, match="damaged"):
        records.decode(fact_of(text, "start"))


@pytest.mark.parametrize("field", ["epoch", "step", "batches"])
@pytest.mark.parametrize("value", [2**63, -(2**63), 10**40])
def test_an_integer_that_no_column_holds(field: str, value: int) -> None:
    told = {"epoch": 1, "step": 10, "batches": 10, "seconds": 1.0, "logs": {}, field: value}
    with pytest.raises(RecordError, match=f"damaged and was left out: {field} is "):
        records.decode(fact_of(json.dumps(told), "epoch"))


def test_why_a_record_is_left_out_is_one_short_line() -> None:
    text = json.dumps({"how": "finished", "step": "\x1b[31m\n" + 10_000 * "x"})
    with pytest.raises(RecordError) as refused:
        records.decode(fact_of(text))
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 250


def test_what_a_later_version_adds_is_passed_over() -> None:
    assert records.decode(fact_of('{"version":1,"how":"finished","step":1,"mood":"good"}')) == (
        facts.End("finished", 1)
    )
    assert records.decode(fact_of("{}", "weather")) is None
    later = records.sample_value(records.SampleRecord("weather", np.zeros((1, 1), np.float32)))
    assert records.decode(later) is None


def test_a_newer_version_says_what_to_do() -> None:
    with pytest.raises(RecordError, match=r"version 2.*upgrade"):
        records.decode(fact_of('{"version":2,"how":"finished","step":1}'))


@pytest.mark.parametrize("spoil", ["dtype", "rank", "bytes"])
def test_damaged_samples(spoil: str) -> None:
    value = records.sample_value(records.SampleRecord("inputs", np.zeros((2, 3), np.float32)))
    if spoil == "dtype":
        value.tensor.dtype = 2
    elif spoil == "rank":
        value.tensor.tensor_shape.dim.add(size=1)
    else:
        value.tensor.tensor_content = value.tensor.tensor_content[:-1]
    with pytest.raises(RecordError, match="damaged"):
        records.decode(value)
