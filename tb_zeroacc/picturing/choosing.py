"""Which picture a finding gets: its rule names the motif, the run's data make the picture."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import TypeAlias, TypeVar

from tb_zeroacc import wire
from tb_zeroacc.diagnosis.catalogue import RULES
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.picturing import (
    classes,
    counts,
    first_broken,
    inputs,
    layers,
    ranges,
    spreads,
    strips,
    together,
    workers,
)
from tb_zeroacc.picturing.facts_of import Told
from tb_zeroacc.run import Run

log = logging.getLogger(__name__)
P = TypeVar("P")
Draw: TypeAlias = Callable[[Told, Run], "wire.Picture | None"]
# The evidence alone is what there is to see.
PLAIN = (Motif.ITS_CURVE, Motif.NUMBERS)
DRAWN_BY: dict[Motif, Draw] = {
    Motif.FEATURE_SIZES: inputs.feature_sizes,
    Motif.FEATURE_SPREADS: lambda told, run: (
        inputs.feature_spreads(told, run) or counts.output_spreads(told, run)
    ),
    Motif.ASSOCIATIONS: inputs.associations,
    Motif.BATCH_PRINTS: inputs.batch_prints,
    Motif.VALIDATION_INPUTS: inputs.validation_inputs,
    Motif.DATA_PATH: strips.data_path,
    Motif.EPOCH_BATCHES: counts.epoch_batches,
    Motif.WAITING: counts.waiting,
    Motif.WORKER_PACES: workers.paces,
    Motif.CLASSES: classes.classes,
    Motif.VALIDATION_CLASSES: classes.validation_classes,
    Motif.CLASSES_BY_BATCH: classes.classes_by_batch,
    Motif.TARGETS: ranges.targets,
    Motif.OUTPUTS: ranges.outputs,
    Motif.OUTPUT_UNITS: strips.output_units,
    Motif.OUTPUT_LOSS: strips.output_loss,
    Motif.EXAMPLE_WEIGHTS: strips.example_weights,
    Motif.MODEL: strips.model,
    Motif.HOLDING_BACK: lambda told, run: (
        strips.named_layer(told, run) or together.both_losses(told, run)
    ),
    Motif.BOTH_LOSSES: together.both_losses,
    Motif.LOSS_AND_METRIC: together.loss_and_metric,
    Motif.EVIDENCE_TOGETHER: together.evidence_together,
    Motif.OUTPUT_SPREADS: counts.output_spreads,
    Motif.LOSS_PARTS: lambda told, run: (
        counts.loss_parts(told, run) or ranges.shrinking(told, run)
    ),
    Motif.LOSS_TERM: lambda told, run: (
        counts.loss_parts(told, run) or together.loss_and_evidence(told, run)
    ),
    Motif.FIRST_BROKEN: first_broken.first_broken,
    Motif.GRADIENTS_FADE: layers.gradients_fade,
    Motif.GRADIENTS_GROW: layers.gradients_grow,
    Motif.DEAD_UNITS: layers.dead_units,
    Motif.SATURATION: layers.saturation,
    Motif.UPDATES: lambda told, run: ranges.updates(told, run) or spreads.flagged(told, run),
    Motif.LAYER_GRADIENTS: layers.layer_gradients,
    Motif.LAYER_ZEROS: lambda told, run: (
        layers.layer_zeros(told, run) or ranges.wrong_updates(told, run)
    ),
    Motif.LAYER_SIZES: layers.layer_sizes,
    Motif.UNIT_SPREADS: lambda told, run: (
        layers.unit_spreads(told, run) or spreads.flagged(told, run)
    ),
}


def picture_of(told: Told, run: Run) -> wire.Picture | None:
    """The picture of a finding; None where the evidence is all there is to see, or data lack."""
    rule = RULES.get(told.code)
    if rule is None or rule.motif in PLAIN:
        return None
    return _drawn(partial(DRAWN_BY[rule.motif], told, run), told.code)


def histograms_of(told: Told | None, run: Run) -> wire.Histograms | None:
    """How the weights of a run spread over time, beside what is told first of it."""
    return _drawn(partial(spreads.weight_spreads, told, run), run.name)


def _drawn(draw: Callable[[], P], of: str) -> P | None:
    """A verdict stands without its picture: an error in drawing it is logged, and hides nothing."""
    try:
        return draw()
    except Exception:
        log.debug("no picture of %r", of, exc_info=True)
        return None
