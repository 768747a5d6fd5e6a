"""What the inputs are, and what comes before the first kernel."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tb_zeroacc.diagnosis.computed.data.inputs import (
    has_constant_input,
    has_non_finite_input,
    hidden_entry,
    prepared_by,
    rms_by_feature,
)
from tb_zeroacc.facts import Layer, Operation
from tests.diagnosis.planted import a_contract, a_run, a_table

NAN = float("nan")
DENSE = Layer("dense", "Dense", variables=("dense/kernel",))
SCALE = Layer("scale", "Rescaling")
INNER = Layer("inner", "Functional", variables=("inner/dense/kernel",))


@pytest.mark.parametrize(
    ("layers", "prepared", "hidden"),
    [
        ((DENSE,), None, None),
        ((SCALE, DENSE), "scale", None),
        ((DENSE, SCALE), None, None),
        ((Layer("ids", "Embedding", variables=("ids/embeddings",)), DENSE), "ids", None),
        ((Layer("custom", "Lambda"), DENSE), None, "custom"),
        ((Layer("x", "InputLayer"), INNER), None, "inner"),  # what it holds is not known
        ((DENSE, INNER), None, None),
    ],
)
def test_layers_in_front(
    layers: tuple[Layer, ...], prepared: str | None, hidden: str | None
) -> None:
    run = a_run(a_contract(*layers))
    found, unknown = prepared_by(run), hidden_entry(run)
    assert (found.name if found else None) == prepared
    assert (unknown.name if unknown else None) == hidden


@pytest.mark.parametrize(
    ("operation", "prepared"),
    [
        (Operation("TrueDivide", 1, on_inputs=True), "TrueDivide"),
        (Operation("TrueDivide", 1), None),  # behind a layer
        (Operation("Reshape", 1, on_inputs=True), None),
    ],
)
def test_an_operation_in_front(operation: Operation, prepared: str | None) -> None:
    found = prepared_by(a_run(replace(a_contract(DENSE), operations=(operation,))))
    assert (found.name if found else None) == prepared


@pytest.mark.parametrize(
    ("rows", "constant"),
    [
        ({"x[0]": (0.0, 1.0), "x[1]": (0.0, 0.0)}, False),
        ({"x[0]": (5.0, 5.0), "x[1]": (5.0, 5.0)}, True),
        ({"a": (0.0, 1.0), "b": (3.0, 3.0)}, True),  # one of two inputs
        ({"x": (NAN, NAN)}, False),
    ],
)
def test_a_constant_input(rows: dict[str, tuple[float, float]], constant: bool) -> None:
    ranges = {name: {"min": low, "max": high} for name, (low, high) in rows.items()}
    table = a_table("inputs", ranges)
    assert has_constant_input(a_run(table)) is constant


def test_what_is_not_recorded_is_not_known() -> None:
    assert has_constant_input(a_run()) is None
    assert has_non_finite_input(a_run()) is None


@pytest.mark.parametrize(("count", "found"), [([0.0, 0.0], False), ([0.0, 2.0], True),
                                              ([NAN, NAN], False)])  # fmt: skip
def test_an_input_that_is_not_finite(count: list[float], found: bool) -> None:
    run = a_run(a_table("inputs", {"x": {"non_finite_count": count}}))
    assert has_non_finite_input(run) is found


def test_the_size_of_a_feature_is_the_median_over_samples() -> None:
    table = a_table("inputs", {"x[0]": {"mean": [3.0, 3.0, 300.0], "std": [4.0, 4.0, 4.0]},
                               "x[1]": {"mean": NAN, "std": NAN}})  # fmt: skip
    np.testing.assert_array_equal(rms_by_feature(table), [5.0, NAN])
