"""Medians of finite values."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from tb_zeroacc.diagnosis.computed.medians import median_of


@given(arrays(float, array_shapes(max_dims=2, max_side=9), elements=st.floats(-1e6, 1e6)))
def test_it_is_numpys(values: np.ndarray) -> None:
    assert np.array_equal(median_of(values), np.median(values, axis=-1))
