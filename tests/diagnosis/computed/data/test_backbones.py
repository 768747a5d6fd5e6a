"""Backbones that are known by their first layers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tb_zeroacc.diagnosis.computed.data.backbones import (
    BACKBONES,
    PADDING,
    Backbone,
    frozen_backbone,
)
from tb_zeroacc.facts import Layer
from tb_zeroacc.run import Run
from tests.diagnosis.planted import a_contract, a_run

HEAD = Layer("head", "Dense", "softmax", 10, is_output=True)


def model(*layers: Layer) -> Run:
    return a_run(a_contract(Layer("in", "InputLayer"), *layers, HEAD))


@pytest.mark.parametrize("backbone", BACKBONES, ids=lambda backbone: backbone.name)
def test_each_is_told_from_the_others(backbone: Backbone) -> None:
    stem = [Layer(name, "Conv2D", trainable=False) for name in backbone.stem]
    assert frozen_backbone(model(*stem)) is backbone
    assert frozen_backbone(model(replace(stem[0], trainable=True), *stem[1:])) is None


def test_padding_in_front_has_any_name() -> None:
    stem = ("conv1_conv", "conv1_bn", "conv1_relu")
    pads = Layer("zero_padding2d_7", PADDING, trainable=False)
    layers = [Layer(name, "Conv2D", trainable=False) for name in stem]
    pool = Layer("pool1", "MaxPooling2D", trainable=False)
    found = frozen_backbone(model(pads, *layers, replace(pads, name="zero_padding2d_8"), pool))
    assert found is not None
    assert found.name == "DenseNet"


def test_a_layer_in_front_may_scale() -> None:
    front = Layer("mine", "Lambda", trainable=False)
    stem = [Layer(name, "Conv2D", trainable=False) for name in ("Conv1", "bn_Conv1")]
    assert frozen_backbone(model(front, *stem)) is None
    assert frozen_backbone(a_run()) is None
