"""Outputs that no label is compared with: points of which like ones shall lie close together."""

from __future__ import annotations

import re

from tb_zeroacc.diagnosis.computed.model.opponents import has_opponent
from tb_zeroacc.diagnosis.computed.model.outputs import output_row, tensor_of, trained_outputs
from tb_zeroacc.diagnosis.computed.model.samples import known_median
from tb_zeroacc.facts import Output, Shapes
from tb_zeroacc.run import Role, Run

_WORDS = re.compile("[a-z]+")
NAMED = frozenset(
    {"triplet", "triplets", "contrastive", "siamese", "infonce", "ntxent", "npair", "simclr"}
)
NORMALISING = frozenset({"UnitNormalization"})
# Outputs of these are shares or decisions, whatever the loss.
OF_CLASSES = frozenset({"softmax", "sigmoid"})


def embedding_of(run: Run) -> Output | None:
    """The output that places examples in a space of several units; None where none is known to.

    Its loss compares outputs with one another: the labels cannot be its targets (they lack two of
    its axes, are all alike, or there are none), its last layer scales to length 1, or its loss is
    named so.
    """
    if run.contract is None or run.shapes is None:
        return None
    named = {layer.name: layer.class_name for layer in run.contract.layers}
    for output in trained_outputs(run):
        if (output.units or 0) < 2 or output.activation in OF_CLASSES:
            continue
        words = set(_WORDS.findall((output.loss or "").lower()))
        normalises = named.get(output.layer or "") in NORMALISING
        if normalises or words & NAMED or _has_no_targets(run, run.shapes, output):
            return output
    return _unlabelled(run, run.shapes)


def _unlabelled(run: Run, shapes: Shapes) -> Output | None:
    """The one output of a model that is trained without labels and gives back no input.

    Not that of a game, of a policy, or of a decoder: what those make answers to something else.
    """
    outputs = trained_outputs(run)
    has_labels = bool(shapes.labels) or run.table("labels") is not None
    if has_labels or len(outputs) != 1 or len(shapes.outputs) != 1:
        return None
    (output,), (made,) = outputs, shapes.outputs
    gives_back = any(given.shape == made.shape for given in shapes.inputs)
    is_point = (output.units or 0) > 1 and output.activation not in OF_CLASSES
    if gives_back or not is_point or output.loss or has_opponent(run):
        return None
    return None if run.curves_of(Role.REWARD) else output


def _has_no_targets(run: Run, shapes: Shapes, output: Output) -> bool:
    """Whether the labels that the loss is given cannot be what the outputs shall be."""
    label, made = tensor_of(shapes.labels, run, output), tensor_of(shapes.outputs, run, output)
    if label is None or made is None or label.shape is None or made.shape is None:
        return False
    if len(label.shape) <= len(made.shape) - 2:
        return True
    table = run.table("labels")
    row = output_row(table, output.name)
    if table is None or row is None or len(label.shape) == len(made.shape):
        return False
    spans = table.column("max")[:, row] - table.column("min")[:, row]
    return known_median(spans) == 0
