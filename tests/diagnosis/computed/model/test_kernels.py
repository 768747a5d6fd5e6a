"""Which variables are kernels, and how far a step moves them."""

from __future__ import annotations

import numpy as np

from tb_zeroacc.diagnosis.computed.model.kernels import kernel_ratios, kernel_rows
from tb_zeroacc.diagnosis.computed.optimizer.optimizer import Group
from tb_zeroacc.facts import Layer
from tests.diagnosis.planted import a_contract, a_run, a_table

NAN = float("nan")
WEIGHTS = a_table(
    "weights",
    {
        "head/kernel": {"update_ratio": [0.1, 0.2], "rms": 1.0},
        "dense/bias": {"update_ratio": 9.0, "rms": 1.0},
        "ids/embeddings": {"update_ratio": [0.3, NAN], "rms": 1.0},
        "dense/weight": {"update_ratio": 0.05, "rms": 1.0, "unit_spread": 0.5},
        "zero/kernel": {"update_ratio": 1e9, "rms": 1e-7},
    },
)
RUN = a_run(
    a_contract(
        Layer("ids", "Embedding", variables=("ids/embeddings",)),
        Layer("dense", "Custom", variables=("dense/weight", "dense/bias")),
        Layer("head", "Dense", variables=("head/kernel",)),
    )
)


def test_kernels_are_found_by_name_or_spread_from_input_to_output() -> None:
    names = [WEIGHTS.rows[row] for row in kernel_rows(RUN, WEIGHTS)]
    assert names == ["ids/embeddings", "dense/weight", "head/kernel", "zero/kernel"]


def test_the_largest_ratio_counts_and_kernels_of_zeros_do_not() -> None:
    np.testing.assert_allclose(kernel_ratios(RUN, WEIGHTS), [0.3, 0.2], rtol=1e-6)
    only = Group(None, (0, 1))
    np.testing.assert_allclose(kernel_ratios(RUN, WEIGHTS, only), [0.1, 0.2], rtol=1e-6)
    assert np.isnan(kernel_ratios(RUN, WEIGHTS, Group(None, (1, 4)))).all()
