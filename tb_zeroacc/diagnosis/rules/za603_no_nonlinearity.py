"""ZA603: stacked layers without an activation between them."""

from __future__ import annotations

from tb_zeroacc.diagnosis.answering.fixes.keras_code import layer_call
from tb_zeroacc.diagnosis.answers import (
    BEFORE_TRAINING,
    Answer,
    Evidence,
    Fix,
    Flagged,
    NotApplicable,
    Passed,
    Stage,
    Tier,
    at_most,
)
from tb_zeroacc.diagnosis.computed.chance.baseline import HOPELESS
from tb_zeroacc.diagnosis.computed.data.association import shows_none
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import CONTRACT
from tb_zeroacc.diagnosis.rule import Family, Muted, rule
from tb_zeroacc.facts import Layer, Operation
from tb_zeroacc.wording import count

# Layers that multiply their input with a kernel, and those beside them that bend nothing either.
KERNELS = ("Dense", "EinsumDense", "Conv1D", "Conv2D", "Conv3D", "DepthwiseConv2D",
           "SeparableConv2D", "Conv2DTranspose")  # fmt: skip
STRAIGHT = (
    *KERNELS, "InputLayer", "Flatten", "Reshape", "Permute", "Dropout", "BatchNormalization",
    "Rescaling", "Normalization", "ZeroPadding2D", "AveragePooling2D", "GlobalAveragePooling2D",
    "Add", "Subtract", "Average", "Concatenate",
)  # fmt: skip
# Operations between layers that bend nothing either; the second ones with a constant alone.
STRAIGHT_OPERATIONS = (
    "Add", "Subtract", "Negative", "Reshape", "Transpose", "Concatenate", "Stack", "GetItem",
    "Squeeze", "ExpandDims", "Mean", "Sum", "Average",
)  # fmt: skip
SCALING_OPERATIONS = ("Multiply", "Divide", "TrueDivide")
LINEAR = (None, "linear")
RIVAL = (
    "ZA206",
    "Give the hidden layers an activation first; if the loss then still stays at its baseline, "
    "check that the labels depend on the inputs.",
)


@rule(
    "ZA603",
    "no-nonlinearity",
    Tier.STRONG,
    Stage.CONTRACT,
    motif=Motif.MODEL,
    healthy="Hidden layers have nonlinear activations",
    needs=(CONTRACT,),
    explains=("ZA206", "ZA404", "ZA604", "ZA704"),
    yields_to=(
        Family.INPUTS, Family.OUTPUT_AND_LOSS, "ZA201", "ZA202", "ZA203", "ZA205", "ZA208", "ZA209",
        "ZA210", "ZA501", "ZA601", "ZA607", "ZA609", "ZA701", "ZA702", "ZA708",
    ),
    muted_when=Muted.BASELINE_IS_BEATEN,
    fix=Fix(
        "Give hidden layers an activation.",
        '- keras.layers.Dense(64)\n+ keras.layers.Dense(64, activation="relu")',
    ),
)
def no_nonlinearity(context: RunContext) -> Answer:
    """Hidden layers have no activation: together they are one linear layer.

    ## What it means
    `Dense(64)` alone has no activation. Two linear layers in a row are a product of two matrices,
    which is one matrix.

    ## Why accuracy suffers
    However many layers there are, the model can only draw straight boundaries. Where the classes
    are not separated by one (exclusive or, rings, pictures), it stays near chance.

    ## How it is detected
    From the contract: layers that are known to bend nothing, with two or more that have a kernel
    and no activation on any but the last. In a functional model no operation between the layers
    (`keras.ops.relu`, a product of two of them) bends anything either; of a model with a `call` of
    its own that is not known. Strong where the loss ends
    at nine tenths of its baseline or more and no input column is correlated with a label (p of the
    largest correlation 1e-4 or more): there is nothing that straight lines could find. Else a
    smell. Muted once the run beats its baseline: some data need no more than a straight line.

    ## How to fix it
    ```python
    keras.layers.Dense(64, activation="relu")
    ```

    ## Easily confused with
    ZA206 labels-independent-of-inputs: to a linear model some learnable data look like that; only
    one with activations can tell. ZA604 underfits: the model is too small for another reason.

    ## Sources
    Goodfellow et al. 2016, Deep Learning, section 6.1 (learning XOR); NeuraLint (Nikanjam et al.
    2021), rule 3.
    """
    contract = context.given(CONTRACT)
    operations = contract.operations
    if contract.source != "recorder" or (contract.model != "Sequential" and operations is None):
        return NotApplicable("what the model computes between its layers is not on record")
    kernels = [layer for layer in contract.layers if layer.class_name in KERNELS]
    if len(kernels) < 2:
        return NotApplicable("fewer than two layers have a kernel")
    bending = [x for x in contract.layers if not x.is_output and not _is_straight(x)]
    if bending:
        return Passed(f"`{bending[0].name}` is not linear")
    if between := [x.class_name for x in operations or () if not _is_straight_operation(x)]:
        return Passed(f"`{between[0]}` between the layers is not linear")
    hidden = [layer for layer in kernels if not layer.is_output]
    if not hidden:
        return NotApplicable("no hidden layer has a kernel")
    first = hidden[0]
    return Flagged(
        summary=f"No layer has an activation before the output: {count(len(kernels), 'layer')} "
        "are together one linear layer.",
        context="Such a model can only draw straight boundaries.",
        evidence=(
            Evidence.of_number("layers in a row without an activation between them", len(kernels),
                               at_most(1)),
        ),
        tier=None if _finds_nothing(context) else Tier.SMELL,
        since=BEFORE_TRAINING,
        layers=tuple(layer.name for layer in hidden),
        fix=Fix(
            "Give hidden layers an activation.",
            f"- {layer_call(first)}\n+ {layer_call(first, activation='relu')}",
        ),
        rivals=(RIVAL,),
    )  # fmt: skip


def _finds_nothing(context: RunContext) -> bool:
    """Whether the run is at its baseline, and straight lines have nothing to find."""
    return shows_none(context.run) and (context.loss_ratio or 0.0) >= HOPELESS


def _is_straight(layer: Layer) -> bool:
    return layer.class_name in STRAIGHT and layer.activation in LINEAR


def _is_straight_operation(operation: Operation) -> bool:
    if operation.class_name in SCALING_OPERATIONS:
        return operation.tensors == 1
    return operation.class_name in STRAIGHT_OPERATIONS
