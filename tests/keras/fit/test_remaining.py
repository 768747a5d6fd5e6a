"""How far a second `fit` is, from what the recorder wrote so far."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from tb_zeroacc import ZeroAccuracyCallback, telling
from tb_zeroacc.verdict import read

pytestmark = pytest.mark.training


class Onlooker(keras.callbacks.Callback):
    """Reads the log at the end of each epoch, as the tab would."""

    def __init__(self, log: Path) -> None:
        super().__init__()
        self.log = log
        self.told: list[tuple[str, bool]] = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        ((run, _),) = read(str(self.log), now=time.time())
        progress = telling.progress(run)
        assert progress is not None, run.state
        self.told.append((progress["text"], progress["end"]["at"] is not None))


@pytest.mark.parametrize("again", [{"epochs": 3}, {"epochs": 5, "initial_epoch": 2}])
def test_each_fit_tells_of_its_own_end(again: dict[str, int], tmp_path: Path) -> None:
    """Two epochs of 8 steps, then three of 4: steps count on, and the end is that of the second."""
    keras.utils.set_random_seed(0)
    x, y = np.random.default_rng(0).normal(size=(64, 4)), np.arange(64) % 2
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, "sigmoid")])
    model.compile("sgd", "binary_crossentropy")
    recorder, onlooker = ZeroAccuracyCallback(tmp_path, verbose=0), Onlooker(tmp_path)
    callbacks = [recorder, onlooker]
    model.fit(x, y, batch_size=8, epochs=2, verbose=0, callbacks=callbacks)
    model.fit(x, y, batch_size=16, verbose=0, callbacks=callbacks, **again)
    assert onlooker.told == [
        ("step 8 of 16", True), ("step 16 of 16", True),
        ("step 20 of 28", True), ("step 24 of 28", True), ("step 28 of 28", True),
    ]  # fmt: skip
