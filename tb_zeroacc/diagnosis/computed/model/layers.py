"""Which layer a row of a table belongs to, and its position in the model."""

from __future__ import annotations

from tb_zeroacc.facts import Layer
from tb_zeroacc.run import Run, Table

# The layers of Keras 3.15 by the names of their classes; any other class is the user's own.
KERAS = frozenset(
    {
        "Activation", "ActivityRegularization", "Add", "AdditiveAttention", "AlphaDropout",
        "Attention", "AugMix", "AutoContrast", "Average", "BatchNormalization", "Bidirectional",
        "CategoryEncoding", "CenterCrop", "Concatenate",
        "ContrastLimitedAdaptiveHistogramEqualization", "CutMix", "Dense", "Discretization",
        "Dot", "Dropout", "ELU", "EinsumDense", "Embedding", "Equalization", "Flatten",
        "Functional", "GRU", "GRUCell", "GaussianDropout", "GaussianNoise",
        "GroupNormalization", "GroupQueryAttention", "GroupedQueryAttention", "HashedCrossing",
        "Hashing", "Identity", "InputLayer", "IntegerLookup", "LSTM", "LSTMCell", "Lambda",
        "LayerNormalization", "LeakyReLU", "Masking", "MaxNumBoundingBoxes", "Maximum",
        "MelSpectrogram", "Minimum", "MixUp", "MultiHeadAttention", "Multiply", "Normalization",
        "PReLU", "Permute", "Pipeline", "RMSNormalization", "RNN", "RandAugment", "ReLU",
        "RepeatVector", "Rescaling", "Reshape", "Resizing", "ReversibleEmbedding",
        "STFTSpectrogram", "Sequential", "SimpleRNN", "SimpleRNNCell", "Softmax",
        "Solarization", "SpectralNormalization", "StackedRNNCells", "StringLookup", "Subtract",
        "TFSMLayer", "TextVectorization", "ThresholdedReLU", "TimeDistributed",
        "UnitNormalization",
    }
)  # fmt: skip
# Those of which there is one for each number of dimensions, or a family: by how names begin.
FAMILIES = (
    "AdaptiveAveragePooling", "AdaptiveMaxPooling", "AveragePooling", "AvgPool", "Conv", "Cropping",
    "DepthwiseConv", "GlobalAv", "GlobalMaxPool", "MaxPool", "Random", "SeparableConv",
    "SpatialDropout", "UpSampling", "ZeroPadding",
)


def is_own(layer: Layer) -> bool:
    """Whether a layer is of a class of the user's own, so that only its outputs are known."""
    return layer.class_name not in KERAS and not layer.class_name.startswith(FAMILIES)


def layer_of(run: Run, row: str) -> str:
    """The contract's name of the layer that a row of any table belongs to.

    Without a contract a variable's path names it: `sequential/dense/kernel` is of `dense`.
    """
    for layer in run.contract.layers if run.contract else ():
        if row in layer.variables:
            return layer.name
    if "/" in row:
        return row.split("/")[-2]
    return row.split("#")[0]


def layer_named(run: Run, name: str) -> Layer | None:
    """The contract's entry of a layer."""
    layers = run.contract.layers if run.contract else ()
    return next((layer for layer in layers if layer.name == name), None)


def layer_position(run: Run, name: str) -> int:
    """A layer's position between input and output; unknown layers come last."""
    names = [layer.name for layer in run.contract.layers] if run.contract else []
    return names.index(name) if name in names else len(names)


def output_layers(run: Run) -> frozenset[str]:
    """Names of the layers that make an output."""
    if run.contract is None:
        return frozenset()
    made = {layer.name for layer in run.contract.layers if layer.is_output}
    made.update(output.layer for output in run.contract.outputs if output.layer)
    return frozenset(made)


def hidden_rows(run: Run, activations: Table) -> list[int]:
    """Rows of `activations` whose layer makes no output of the model.

    A good classifier's output saturates, so outputs are no hidden layers. Without a contract the
    last row counts as the output.
    """
    outputs = output_layers(run)
    if not outputs:
        return list(range(len(activations.rows) - 1))
    return [r for r, name in enumerate(activations.rows) if layer_of(run, name) not in outputs]
