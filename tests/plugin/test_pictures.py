from __future__ import annotations

import math

import numpy as np

from tb_zeroacc.facts import Contract, Layer
from tb_zeroacc.plugin.pictures import (
    MOST_ROWS,
    MOST_SAMPLES,
    curve_json,
    layers_json,
    numbers,
    sparkline,
)
from tb_zeroacc.run import Curve, Role, Run, Split, Table
from tb_zeroacc.series import Series


def loss(values: list[float], headline: bool = True) -> Curve:
    series = Series.of(range(len(values)), values)
    return Curve("a/train", "epoch_loss", "loss", Role.LOSS, Split.TRAIN, "epoch", series, headline)


def table(kind: str, columns: dict[str, np.ndarray], rows: tuple[str, ...]) -> Table:
    values = np.stack(list(columns.values()), axis=2).astype(np.float32)
    steps = np.arange(len(values), dtype=np.int64) * 10
    return Table(kind, "a/zeroacc", rows, tuple(columns), steps, steps // 100, values)


def test_numbers_that_json_lacks_are_words() -> None:
    assert numbers(np.array([1.5, math.nan, math.inf, -math.inf])) == [
        1.5,
        "NaN",
        "Infinity",
        "-Infinity",
    ]


def test_a_curve_keeps_its_steps_and_says_how_many_there_were() -> None:
    found = curve_json(loss([3.0, math.nan, 1.0]), "x/a/train")
    assert found == {
        "member": "x/a/train",
        "tag": "epoch_loss",
        "axis": "epoch",
        "steps": [0, 1, 2],
        "values": [3.0, "NaN", 1.0],
        "count": 3,
        "thinned": False,
    }


def test_a_sparkline_has_at_most_32_values_from_first_to_last() -> None:
    run = Run("a", curves=(loss([float(n) for n in range(1000)]),))
    found = sparkline(run)
    assert len(found) == 32
    assert found[0] == 0.0
    assert found[-1] == 999.0
    assert sparkline(Run("a")) == []
    odd = Run("a", curves=(loss([2.302585, math.nan, 1.23456e-7]),))
    assert sparkline(odd) == [2.3, "NaN", 1.23e-7], "three digits"


def test_layers_are_the_kernels_of_the_contract_in_order() -> None:
    rows = ("m/dense/kernel", "m/dense/bias", "m/dense_1/kernel", "m/dense_1/bias")
    rms = np.ones((5, 4)) * [1e-8, 2e-8, 1.0, 2.0]
    spread = np.ones((5, 4)) * [1.0, math.nan, 1.0, math.nan]
    run = Run(
        "a",
        contract=Contract(
            layers=(
                Layer("dense", "Dense", variables=rows[:2]),
                Layer("dense_1", "Dense", variables=rows[2:]),
            )
        ),
        tables={
            "gradients": table("gradients", {"rms": rms}, rows),
            "weights": table("weights", {"unit_spread": spread, "update_ratio": rms}, rows),
        },
    )
    found = layers_json(run, "gradients")
    assert found is not None
    assert found["rows"] == found["layers"] == ["dense", "dense_1"]
    assert found["steps"] == [0, 10, 20, 30, 40]
    assert np.allclose(found["values"][0], [1e-8, 1.0])
    updates = layers_json(run, "updates")
    assert updates is not None
    assert updates["rows"] == ["dense", "dense_1"]


def test_rows_without_a_number_are_left_out_and_calls_find_their_layer() -> None:
    rows = ("dense", "dense#1", "norm")
    dead = np.ones((3, 3)) * [0.5, 0.9, math.nan]
    run = Run(
        "a",
        contract=Contract(layers=(Layer("dense", "Dense"), Layer("norm", "Normalization"))),
        tables={"activations": table("activations", {"dead_unit_share": dead}, rows)},
    )
    found = layers_json(run, "dead_units")
    assert found is not None
    assert found["rows"] == ["dense", "dense#1"]
    assert found["layers"] == ["dense", "dense"]
    assert layers_json(run, "saturation") is None
    assert layers_json(run, "gradients") is None


def test_a_layer_picture_is_bounded_and_keeps_the_first_break() -> None:
    samples, count = 1000, 400
    rms = np.ones((samples, count))
    rms[501:, 3] = math.inf
    rows = tuple(f"v{n}" for n in range(count))
    run = Run("a", tables={"gradients": table("gradients", {"rms": rms[:, :]}, rows)})
    found = layers_json(run, "gradients")
    assert found is not None
    assert len(found["rows"]) == MOST_ROWS
    assert len(found["steps"]) <= MOST_SAMPLES + 1
    assert found["thinned"]
    few = Run("a", tables={"gradients": table("gradients", {"rms": rms[:, :8]}, rows[:8])})
    drawn = layers_json(few, "gradients")
    assert drawn is not None
    assert 5010 in drawn["steps"]
    assert drawn["values"][drawn["steps"].index(5010)][3] == "Infinity"
