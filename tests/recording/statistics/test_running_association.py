"""Moments that are joined are those of all examples at once."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as some

from tb_zeroacc.recording.statistics.running_association import RunningAssociation


def moments(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    xc, yc = x - x.mean(0), y - y.mean(0)
    parts = [[len(x)], x.mean(0), y.mean(0), (xc**2).sum(0), (yc**2).sum(0), (xc.T @ yc).ravel()]
    return np.concatenate(parts).astype(np.float32)


@given(some.integers(0, 10_000), some.lists(some.integers(1, 9), min_size=2, max_size=6))
@settings(max_examples=40, deadline=None)
def test_association_in_pieces_is_that_of_the_whole(seed: int, sizes: list[int]) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(sum(sizes), 3)) * [1, 100, 1] + [0, 50, 3]
    y = x[:, :2] * [1, -1] + rng.normal(size=(sum(sizes), 2))
    whole, pieces = (RunningAssociation(("a", "b", "c"), ("d", "e")) for _ in range(2))
    whole.add(moments(x, y))
    for part in np.split(np.arange(len(x)), np.cumsum(sizes)[:-1]):
        pieces.add(moments(x[part], y[part]))
    assert pieces.examples == len(x)
    np.testing.assert_allclose(pieces.correlation(), whole.correlation(), atol=1e-3)


def test_association_of_a_constant_is_unknown() -> None:
    found = RunningAssociation(("a",), ("b",))
    found.add(moments(np.ones((8, 1)), np.arange(8.0)[:, None]))
    assert np.isnan(found.correlation()).all()


def test_association_leaves_a_broken_batch_out() -> None:
    found = RunningAssociation(("a",), ("b",))
    found.add(np.full(6, np.nan, np.float32))
    assert found.examples == 0
