"""The outputs that are trained, and where their tensors and rows are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tb_zeroacc.diagnosis.computed.model.outputs import (
    accuracy_of,
    output_row,
    recorded_range,
    tensor_of,
    trained_outputs,
)
from tb_zeroacc.facts import Output, Tensor
from tests.diagnosis.planted import a_contract, a_run, a_table

NAN = float("nan")
A, B = Output("a", loss="mean_squared_error"), Output("b")
TWO = a_run(replace(a_contract(), outputs=(A, B)))


def test_outputs_with_a_loss_are_trained_or_all_where_none_has_one() -> None:
    assert trained_outputs(TWO) == (A,)
    assert trained_outputs(a_run(replace(a_contract(), outputs=(B,)))) == (B,)
    assert trained_outputs(a_run()) == ()


@pytest.mark.parametrize(
    ("source", "metrics", "accuracy"),
    [
        ("recorder", ("MeanAbsoluteError", "BinaryAccuracy"), "BinaryAccuracy"),
        ("recorder", ("accuracy",), None),  # Keras would have resolved it
        ("keras_record", ("mae", "acc"), "acc"),
        ("keras_record", ("mae",), None),
    ],
)
def test_the_accuracy_of_an_output(
    source: str, metrics: tuple[str, ...], accuracy: str | None
) -> None:
    contract = a_contract(source=source, metrics=metrics)
    assert accuracy_of(a_run(contract), contract.outputs[0]) == accuracy


def test_tensors_and_rows_are_found_by_name_then_by_place() -> None:
    first, second = Tensor("t", (None, 1), "float32"), Tensor("u", (None, 2), "float32")
    assert tensor_of((first, second), TWO, B) is second
    assert tensor_of((first, Tensor("a", None, "int32")), TWO, A) == Tensor("a", None, "int32")
    assert tensor_of((first,), TWO, A) is None
    several = a_table("outputs", {"b": {"min": 0.0}, "a": {"min": 0.0}})
    assert (output_row(several, "a"), output_row(several, "c"), output_row(None, "a")) == (
        1, None, None,
    )  # fmt: skip
    assert output_row(a_table("outputs", {"other": {"min": 0.0}}), "a") == 0


def test_the_range_is_that_of_all_samples() -> None:
    table = a_table("outputs", {"a": {"min": [0.0, -2.0, NAN], "max": [1.0, 0.5, NAN]}})
    assert recorded_range(a_run(table), A) == (-2.0, 1.0)
    assert recorded_range(a_run(table), B) is None
    assert recorded_range(a_run(a_table("outputs", {"a": {"min": NAN}})), A) is None
