"""What a rule has drawn, whose shape alone tells its fault: named here, drawn elsewhere."""

from __future__ import annotations

from enum import Enum


class Motif(Enum):
    """What a picture shows; the value says so in words.

    `ITS_CURVE` and `NUMBERS` ask for no picture beyond the evidence itself: the one for a fault
    that is the course of a curve, the other for facts about the log that have no shape.
    """

    ITS_CURVE = "the curve of the first evidence against its limit"
    NUMBERS = "the numbers alone"

    FEATURE_SIZES = "how large each input feature is, the largest first"
    FEATURE_SPREADS = "how much each input feature varies, the least first"
    ASSOCIATIONS = "how strongly each input column goes with the labels, the strongest first"
    BATCH_PRINTS = "the fingerprint of each sampled batch: equal ones are as high"
    VALIDATION_INPUTS = "where inputs lie in training and in validation"
    DATA_PATH = "the range of the values at each place that the data pass"
    EPOCH_BATCHES = "the batches of each epoch"
    WAITING = "the seconds of a step, waiting and computing"
    WORKER_PACES = "the seconds of a step in each worker, waiting and computing"

    CLASSES = "how often each class is a label and a prediction"
    VALIDATION_CLASSES = "how often each class is a label in training and in validation"
    CLASSES_BY_BATCH = "the share of each class in every sampled batch"
    TARGETS = "where the labels lie, beside the outputs"
    OUTPUTS = "where the outputs lie, beside the labels"

    OUTPUT_SPREADS = "how much the outputs differ over each sampled batch"
    OUTPUT_UNITS = "from the labels over the output to the loss: the output does not fit"
    OUTPUT_LOSS = "from the labels over the output to the loss: the loss does not fit"
    EXAMPLE_WEIGHTS = "from the labels over the weights of the examples to the loss"
    MODEL = "the layers in the order of calls"
    HOLDING_BACK = "the layer that holds back among the others, else training and validation"

    BOTH_LOSSES = "training and validation together"
    LOSS_AND_METRIC = "the loss, and below it the metric"
    EVIDENCE_TOGETHER = "the curves of the evidence, one below the other"
    LOSS_PARTS = "the loss of the data beside the penalty, else the sizes of the weights it shrinks"
    LOSS_TERM = "the loss of the data beside a term of it, else the course of both"

    FIRST_BROKEN = "which tensor held NaN or infinity first, and what followed"
    GRADIENTS_FADE = "the gradient of each layer over time, too small ones flagged"
    GRADIENTS_GROW = "the gradient of each layer over time, too large ones flagged"
    DEAD_UNITS = "the share of dead units in each layer over time"
    SATURATION = "the saturated share of each layer over time"
    UPDATES = "update ÷ weights of each layer against the healthy range"
    LAYER_GRADIENTS = "the gradient of each variable in the order of the model"
    LAYER_ZEROS = "the share of zeros in the gradient of each variable, else updates that are 0"
    LAYER_SIZES = "the size of each layer's output in the order of the model"
    UNIT_SPREADS = "how much the units of each kernel differ"
