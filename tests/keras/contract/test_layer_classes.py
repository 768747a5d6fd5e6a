"""The rules know every layer that Keras has, so that any other class is the user's own."""

from __future__ import annotations

import keras
import pytest

from tb_zeroacc.diagnosis.computed.model.layers import is_own
from tb_zeroacc.facts import Layer

pytestmark = pytest.mark.training

# Around what others wrote, or what there is none of by itself.
FOREIGN = {"FlaxLayer", "JaxLayer", "Layer", "TFSMLayer", "TorchModuleWrapper", "Wrapper"}


def test_no_layer_of_keras_is_taken_for_the_users_own() -> None:
    known = [
        value.__name__
        for value in vars(keras.layers).values()
        if isinstance(value, type) and issubclass(value, keras.layers.Layer)
    ]
    assert [name for name in known if is_own(Layer("x", name)) and name not in FOREIGN] == []


@pytest.mark.parametrize("name", ["Normalised", "Cooled", "MyDense"])
def test_other_classes_are(name: str) -> None:
    assert is_own(Layer("x", name))
