"""Nested structures are walked as Keras walks them."""

from __future__ import annotations

from typing import Any

import keras
from hypothesis import given, settings
from hypothesis import strategies as some

from tb_zeroacc.recording.tables.structures import with_paths

NESTED = some.recursive(
    some.integers(0, 9) | some.none(),
    lambda inner: some.lists(inner, max_size=3) | some.lists(inner, max_size=3).map(tuple)
    | some.dictionaries(some.sampled_from("abcd"), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(NESTED)
@settings(deadline=None)
def test_paths_lead_to_the_leaves_in_the_order_of_keras(structure: Any) -> None:
    found = with_paths(structure)
    assert [leaf for _, leaf in found] == keras.tree.flatten(structure)
    for path, leaf in found:
        at = structure
        for key in path:
            at = at[key]
        assert at is leaf
