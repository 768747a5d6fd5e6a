"""What keeps a model from fitting its data: layers that let hardly anything pass, short kernels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tb_zeroacc.diagnosis.computed.model.kernels import KERNEL_NAMES
from tb_zeroacc.diagnosis.computed.model.outputs import trained_outputs
from tb_zeroacc.diagnosis.computed.model.samples import settled
from tb_zeroacc.facts import Contract, Layer
from tb_zeroacc.run import Run

# A layer of one number cannot keep more than two classes well apart.
NARROW, FEWEST_CLASSES = 1, 3
DROPPED = 0.9  # share: Srivastava et al. 2014 advise .5 of hidden units, and tried .9 at most
# Penalty ÷ loss of the data at the end. On a plateau the slope of the one is that of the other: of
# weights that are scaled, once an L1 and twice an L2 penalty.
PENALISED = 0.25
SHORT = 0.1  # kernel at the end ÷ at first. Faulty .04; MaxNorm(2), which is usual, .9 (measured)
DROPOUTS = ("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "AlphaDropout")
RECURRENT = ("LSTM", "GRU", "SimpleRNN")
CELLS = tuple(f"{name}Cell" for name in RECURRENT)  # the contract lists them beside their layers
OF_CLASSES = ("categorical_crossentropy", "sparse_categorical_crossentropy")
DENSE = ("Dense", "BatchNormalization", "LayerNormalization", "Activation", "ReLU", "LeakyReLU",
         "ELU", "PReLU", "Softmax", "Dropout", "AlphaDropout")  # fmt: skip
# Layers that hand all that they are given on to the next one, and to no other.
IN_A_ROW = (
    *DENSE, *DROPOUTS, *RECURRENT, *CELLS, "InputLayer", "Embedding", "Flatten", "Reshape",
    "Permute", "Conv1D", "Conv2D", "Conv3D", "DepthwiseConv2D", "SeparableConv2D",
    "Conv2DTranspose", "MaxPooling1D", "MaxPooling2D", "AveragePooling1D", "AveragePooling2D",
    "ZeroPadding2D", "GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalAveragePooling1D",
    "GlobalAveragePooling2D", "Rescaling", "Normalization", "Bidirectional",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ShortKernel:
    """A kernel that its constraint keeps short.

    Attributes:
        layer: Its layer.
        variable: Its row in `weights`.
        constraint: `MaxNorm(0.05)`.
        share: Its size at the end ÷ at first.
    """

    layer: Layer
    variable: str
    constraint: str
    share: float


def is_in_a_row(contract: Contract) -> bool:
    """Whether each layer is all that the next one sees: no path leads around one."""
    operations = contract.operations
    if contract.model != "Sequential" and operations is None:
        return False
    if any(operation.tensors > 1 for operation in operations or ()):
        return False
    return all(layer.class_name in IN_A_ROW for layer in contract.layers)


def narrow_layer(run: Run) -> Layer | None:
    """A hidden layer of one number that the classes must be told by; None without one."""
    contract, outputs = run.contract, trained_outputs(run)
    if contract is None or len(outputs) != 1 or not is_in_a_row(contract):
        return None
    if outputs[0].loss not in OF_CLASSES or (outputs[0].units or 0) < FEWEST_CLASSES:
        return None  # a code of one number is what an autoencoder is for
    # Behind a kernel that sees a whole axis there are as many numbers as positions: only where
    # nothing but dense layers follow does it stay one.
    for layer in reversed(contract.layers):
        if layer.class_name not in DENSE:
            return None
        if layer.class_name == "Dense" and layer.units == NARROW and not layer.is_output:
            return layer
    return None


def heaviest_dropout(run: Run) -> tuple[Layer, str, float] | None:
    """The layer that drops most of what every prediction rests on, its argument, and the share.

    None where none drops `DROPPED` or more.
    """
    contract = run.contract
    if contract is None or not is_in_a_row(contract):
        return None
    found = [
        (layer, argument, float(share))
        for layer in contract.layers
        for argument in _dropping(layer)
        if isinstance(share := layer.settings.get(argument), int | float)
    ]
    worst = max(found, key=lambda one: one[2], default=None)
    return worst if worst is not None and worst[2] >= DROPPED else None


def _dropping(layer: Layer) -> tuple[str, ...]:
    if layer.class_name in DROPOUTS:
        return ("rate",)
    return ("dropout", "recurrent_dropout") if layer.class_name in RECURRENT else ()


def shortest_kernel(run: Run) -> ShortKernel | None:
    """The kernel that a constraint keeps shortest against its start; None above `SHORT`."""
    weights = run.table("weights")
    found = []
    for layer in run.contract.layers if run.contract and weights is not None else ():
        constraint = constraint_of(layer)
        names = [v for v in layer.variables if v.rsplit("/", 1)[-1].endswith(KERNEL_NAMES)]
        for row, name in enumerate(weights.rows if weights is not None and constraint else ()):
            if weights is None or constraint is None or name not in names:
                continue
            sizes = weights.column("rms")[:, row]
            sizes = sizes[np.isfinite(sizes)]
            if len(sizes) and sizes[0] > 0:
                share = float(sizes[-1] / sizes[0])
                found.append(ShortKernel(layer, name, constraint, share))
    shortest = min(found, key=lambda kernel: kernel.share, default=None)
    return shortest if shortest is not None and shortest.share <= SHORT else None


def constraint_of(layer: Layer) -> str | None:
    """The constraint on the norm of a layer's kernel, `MaxNorm(0.05)`; None without one."""
    for text in layer.constraints:
        what, _, constraint = text.partition("_constraint: ")
        if what.endswith("kernel") and "Norm(" in constraint:
            return constraint
    return None


def lasting_penalty(run: Run) -> tuple[Layer, str, float] | None:
    """A layer whose kernel is regularised, `L2(0.1)`, and penalty ÷ loss of the data at the end.

    None without one, and below `PENALISED`.
    """
    table = run.table("loss")
    layers = run.contract.layers if run.contract else ()
    kinds = [(layer, kind) for layer in layers if (kind := regularizer_of(layer, "kernel"))]
    if table is None or not kinds:
        return None
    penalty, data = (settled(table.column(name)[:, :1])[0] for name in ("penalty", "data_loss"))
    if not (np.isfinite(penalty) and data > 0) or penalty < PENALISED * data:
        return None
    return (*kinds[0], float(penalty / data))


def regularizer_of(layer: Layer, *parts: str) -> str | None:
    """The first regulariser of some parts of a layer, `kernel` or `activity`: `L2(0.01)`."""
    kinds = (text.partition("_regularizer: ") for text in layer.regularizers)
    return next((kind for what, _, kind in kinds if what.endswith(parts)), None)
