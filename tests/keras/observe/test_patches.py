"""What is put on an instance comes off again, in any order."""

from __future__ import annotations

from typing import Any

import pytest

from tb_zeroacc.keras.observe.patches import Patch


class Thing:
    def speak(self) -> str:
        return "thing"


def louder(original: Any, patch: Patch) -> Any:
    return lambda: original() + "!" if patch.active else original()


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0)])
def test_patches_go_in_any_order_without_a_trace(order: tuple[int, ...]) -> None:
    thing = Thing()
    patches = [Patch(thing, "speak", louder) for _ in range(3)]
    assert thing.speak() == "thing!!!"
    for left, index in zip((2, 1, 0), order, strict=True):
        patches[index].remove()
        assert thing.speak() == "thing" + "!" * left
    assert not vars(thing)
