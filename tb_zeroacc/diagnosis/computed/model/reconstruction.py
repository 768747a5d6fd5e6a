"""Models that give back what they are given: autoencoders."""

from __future__ import annotations

import re

import numpy as np

from tb_zeroacc.diagnosis.computed.model.outputs import trained_outputs
from tb_zeroacc.diagnosis.computed.model.samples import known_median, second_half
from tb_zeroacc.facts import Layer
from tb_zeroacc.run import Curve, Role, Run, Split, Table

_WORDS = re.compile("[a-z]+")
DIVERGENCES = frozenset({"kl", "kld", "kldiv"})
# Rms of a code, in standard deviations of its prior: half its square, .005, are the nats that each
# unit says. Measured: .001 where a posterior collapsed, .9 in health.
EMPTY = 0.1
RECONSTRUCTIONS = frozenset({"recon", "reconstruction", "rec"})


def gives_back_its_input(run: Run) -> bool:
    """Whether one input and the one label have the same shape, of two features or more.

    Without labels it is the output that has the shape of the input.
    """
    shapes = run.shapes
    if shapes is None:
        return False
    goals = shapes.labels or shapes.outputs
    if len(shapes.inputs) != 1 or len(goals) != 1:
        return False
    given, wanted = shapes.inputs[0].shape, goals[0].shape
    features = 1
    for size in (given or ())[1:]:
        features *= size or 1
    return given is not None and given == wanted and features > 1 and len(trained_outputs(run)) == 1


def typical_spread(inputs: Table) -> float:
    """The standard deviation of the inputs over a batch, averaged over features, as of outputs."""
    known = inputs.column("std")
    known = known[np.isfinite(known)]
    return float(known.mean()) if len(known) else float("nan")


def empty_codes(run: Run) -> list[tuple[Layer, float]]:
    """Linear layers inside whose outputs are next to nothing, each with their late rms."""
    table = run.table("activations")
    if table is None or run.contract is None:
        return []
    found = []
    for layer in run.contract.layers:
        is_linear = layer.activation == "linear" and layer.parameters and not layer.is_output
        if is_linear and layer.name in table.rows:
            row = table.rows.index(layer.name)
            rms = known_median(second_half(table.column("rms")[:, row], table.steps))
            found += [(layer, rms)] if rms < EMPTY else []
    return found


def divergence_curve(run: Run) -> Curve | None:
    """The divergence from the prior, logged beside the reconstruction's loss; None without both."""
    curves = [c for c in run.curves if c.split is Split.TRAIN and c.role is not Role.REWARD]
    if not any(_words(curve) & RECONSTRUCTIONS for curve in curves):
        return None
    return next((c for c in curves if _words(c) & DIVERGENCES and not c.is_copy), None)


def _words(curve: Curve) -> set[str]:
    return set(_WORDS.findall(curve.name.lower()))
