"""Backbones of `keras.applications`, known by their first layers, and the inputs that they want."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tb_zeroacc.diagnosis.computed.data.inputs import scaling_operations
from tb_zeroacc.facts import Layer
from tb_zeroacc.run import Run


@dataclass(frozen=True, slots=True)
class Backbone:
    """A family of models that were trained on one range of inputs.

    Attributes:
        name: What the family is called.
        module: Its module in `keras.applications`.
        stem: Names of its first layers.
        wants: The range that it was trained on, in words.
        least, most: Between these the largest input by its size must lie: far outside of them it
            is certain that the inputs are of another range.
    """

    name: str
    module: str
    stem: tuple[str, ...]
    wants: str
    least: float = 0.0
    most: float = math.inf


SYMMETRIC = "-1 to 1"
STANDARDISED = "standardised pixels of about -2 to 3"
CENTRED = "bytes less their mean, about -124 to 151"
TOO_LARGE = 10.0  # no standardised pixel is as large
TOO_SMALL = 2.0  # pixels of 0 to 1 or -1 to 1, where the range of bytes is wanted
# Ranges by `preprocess_input` of each module of Keras 3.15; those that rescale by themselves
# (EfficientNet, MobileNetV3, ConvNeXt) are left to what their own layers show.
BACKBONES = (
    Backbone("VGG", "vgg16", ("block1_conv1", "block1_conv2"), CENTRED, least=TOO_SMALL),
    Backbone("ResNet", "resnet50", ("conv1_pad", "conv1_conv", "conv1_bn"), CENTRED,
             least=TOO_SMALL),
    Backbone("ResNetV2", "resnet_v2", ("conv1_pad", "conv1_conv", "pool1_pad"), SYMMETRIC,
             most=TOO_LARGE),
    Backbone("MobileNet", "mobilenet", ("conv1", "conv1_bn"), SYMMETRIC, most=TOO_LARGE),
    Backbone("MobileNetV2", "mobilenet_v2", ("Conv1", "bn_Conv1"), SYMMETRIC, most=TOO_LARGE),
    Backbone("Xception", "xception", ("block1_conv1", "block1_conv1_bn"), SYMMETRIC,
             most=TOO_LARGE),
    Backbone("NASNet", "nasnet", ("stem_conv1", "stem_bn1"), SYMMETRIC, most=TOO_LARGE),
    Backbone("DenseNet", "densenet", ("conv1_conv", "conv1_bn", "conv1_relu", "pool1"),
             STANDARDISED, most=TOO_LARGE),
)  # fmt: skip
PADDING = "ZeroPadding2D"


def frozen_backbone(run: Run) -> Backbone | None:
    """The backbone that the inputs meet first, where it is frozen; None for any other model.

    In a chain of layers, or where the operations on the inputs are on record and there is none: it
    would change what the backbone gets.
    """
    contract = run.contract
    if contract is None or (contract.model != "Sequential" and contract.operations is None):
        return None
    if scaling_operations(run):
        return None
    for backbone in BACKBONES:
        if _begins_with(contract.layers, backbone.stem):
            return backbone
    return None


def _begins_with(layers: tuple[Layer, ...], stem: tuple[str, ...]) -> bool:
    """Whether a model begins with these layers, in their order and frozen."""
    first = [x for x in layers if x.class_name != "InputLayer"]
    first = [x for x in first if x.class_name != PADDING or x.name in stem][: len(stem)]
    known = tuple(layer.name for layer in first) == stem
    return known and all(not layer.trainable for layer in first)
