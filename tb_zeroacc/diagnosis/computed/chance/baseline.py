"""What a model that ignores its inputs would score: the best constant prediction."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.diagnosis.computed.data.association import examples_an_epoch, independent
from tb_zeroacc.diagnosis.computed.data.class_weights import class_weights, mean_weight
from tb_zeroacc.diagnosis.computed.data.labels import class_counts
from tb_zeroacc.diagnosis.computed.model.loss_kinds import ABSOLUTE, CROSS_ENTROPIES, SQUARED
from tb_zeroacc.diagnosis.computed.model.outputs import output_row
from tb_zeroacc.diagnosis.computed.model.samples import known_median
from tb_zeroacc.facts import Output
from tb_zeroacc.run import Run

# A finding is muted once the loss is under half of its baseline and accuracy is above the
# majority's share by a quarter of what is left (measured on healthy and faulty programs: the faulty
# ones that pass one of the two, memorising models and frozen metrics, do not pass both).
BEATEN_LOSS = 0.5
BEATEN_ACCURACY = 0.25
# Programs that are stuck end at .93 to 1.47 of their baseline, healthy ones under .45 (measured).
HOPELESS = 0.9
ROUNDED = 1e-3  # of the sum of shares
# E|y - median| of a normal variable of standard deviation 1: sqrt(2 / pi).
MEAN_ABSOLUTE_OF_NORMAL = math.sqrt(2.0 / math.pi)


@dataclass(frozen=True, slots=True)
class Baseline:
    """The score of the best constant prediction.

    Attributes:
        loss: Its loss in the unit of the training loss (nats, or squared units); None if unknown.
        initial_loss: What a sensibly initialised model starts at: ln k, or the mean square of the
            targets; None if unknown.
        accuracy: The majority class's share; None if unknown.
        classes: How many classes there are; None for regression or if unknown.
        error: Standard error of `loss`: the labels on record are a sample. 0 if unknown.
        measured: True where it rests on recorded labels, False where on the number of units alone.
        what: What it is, in words: `entropy of the labels`, `variance of the targets`, `ln 10`.
        floor: What even the best prediction scores at least, in the unit of `loss`: the entropy of
            labels that are shares, such as the answers of a teacher. 0 if unknown.
    """

    loss: float | None = None
    initial_loss: float | None = None
    accuracy: float | None = None
    classes: int | None = None
    error: float = 0.0
    measured: bool = False
    what: str = ""
    floor: float = 0.0


def baseline_of(run: Run) -> Baseline:
    """The baseline of a run: from recorded labels, else from the contract's number of classes."""
    outputs = [o for o in run.contract.outputs if o.loss] if run.contract else []
    if not outputs:
        return Baseline()
    baselines = [_of_output(run, output) for output in outputs]
    if len(baselines) == 1:
        return baselines[0]
    if any(p.loss is None for p in baselines):
        return Baseline()
    starts = [p.initial_loss for p in baselines]
    return Baseline(
        loss=sum(p.loss for p in baselines if p.loss is not None),
        initial_loss=None if None in starts else sum(s for s in starts if s is not None),
        error=math.hypot(*(p.error for p in baselines)),
        measured=all(p.measured for p in baselines),
        what="sum over the outputs",
        floor=sum(p.floor for p in baselines),
    )


def unweighted_baseline(run: Run) -> Baseline:
    """The baseline where every example counts the same, as in Keras' validation loss."""
    kept = {kind: table for kind, table in run.tables.items() if kind != "sample_weights"}
    return baseline_of(replace(run, tables=kept))


def validation_baseline(run: Run) -> Baseline | None:
    """The baseline of the validation data, from their own labels; None where none are on record.

    On record is what its first batches hold, the same in every epoch: they count once.
    """
    held = {
        kind.removeprefix("validation_"): table
        for kind, table in run.tables.items()
        if kind.startswith("validation_")
    }
    labels = held.get("labels")
    if labels is None or not len(labels):
        return None
    whole = np.nansum(labels.column("examples"), axis=1)
    fullest = slice(int(np.argmax(whole)), int(np.argmax(whole)) + 1)
    once = {
        kind: replace(
            table,
            steps=table.steps[fullest],
            epochs=table.epochs[fullest],
            values=table.values[fullest],
        )
        for kind, table in held.items()
        if len(table) == len(labels)
    }
    return baseline_of(replace(run, tables=once, epochs=()))


def baseline_of_output(run: Run, output: Output) -> Baseline:
    """The baseline of one output's own loss, before its weight in the sum."""
    return _of_output(run, replace(output, weight=None))


def _of_output(run: Run, output: Output) -> Baseline:
    scale = _scale(run, output)
    if output.loss in CROSS_ENTROPIES:
        return _of_classes(run, output, scale)
    if output.loss in SQUARED or output.loss in ABSOLUTE:
        return _of_targets(run, output, scale * _mean_weight(run, output))
    return Baseline()


def _of_classes(run: Run, output: Output, scale: float) -> Baseline:
    weight = scale * _mean_weight(run, output)
    if output.loss == "binary_crossentropy" and (output.units or 1) > 1:
        return _of_coins(run, output, weight)
    counts = class_counts(run, output.name)
    if counts is not None:
        shares = counts / counts.sum()
        entropy, error = _weighted_entropy(run, output, shares)
        classes = max(output.units or 0, int((shares > 0).sum()), 2)
        return Baseline(
            loss=entropy * scale,
            initial_loss=math.log(classes) * weight,
            accuracy=float(shares.max()),
            classes=classes,
            error=error * scale,
            measured=True,
            what="entropy of the labels",
            floor=min(_entropy_of_shares(run, output), entropy) * scale,
        )
    if output.loss == "binary_crossentropy":
        return _of_coins(run, output, weight)
    if output.units is None or output.units < 2:
        return Baseline()
    uniform = math.log(output.units) * weight
    # The share of the largest class is not known from the number of units.
    return Baseline(uniform, uniform, None, output.units, what=f"ln {output.units}")


def _entropy_of_shares(run: Run, output: Output) -> float:
    """The least that the mean entropy of labels can be that are shares, in nats; else 0.

    Of each example it is at least -ln of the sum of its squared shares (A. Renyi, 1961), and the
    mean of that at least -ln of the mean sum, which mean and deviation of all labels give.
    """
    table = run.table("labels")
    row = output_row(table, output.name)
    if table is None or row is None or mean_weight(run, output.name) is not None:
        return 0.0
    units, low = known_median(table.column("units")[:, row]), table.column("min")[:, row]
    sums = np.stack([table.column(f"row_sum_{end}")[:, row] for end in ("min", "max")])
    is_shares = units == output.units and bool((low >= 0).all())
    if not is_shares or not np.allclose(sums, 1.0, atol=ROUNDED):
        return 0.0
    means, stds = table.column("mean")[:, row], table.column("std")[:, row]
    squares = float(np.average(stds**2 + means**2, weights=table.column("examples")[:, row]))
    return max(0.0, -math.log(units * squares)) if squares > 0 else 0.0


def _weighted_entropy(run: Run, output: Output, shares: NDArray[np.float64]) -> tuple[float, float]:
    """Mean loss of the best constant prediction, whose odds are those of the weights.

    Returns:
        It, in nats, and its standard error.
    """
    weights = class_weights(run, output.name)
    if weights is None or len(weights) != len(shares) or not (shares * weights).sum() > 0:
        weights = np.ones(len(shares))
    mass = shares * weights
    if output.reduction == WEIGHTED_MEAN:
        mass = mass / mass.sum()
        weights = np.divide(mass, shares, out=np.zeros(len(shares)), where=shares > 0)
    seen = mass > 0
    surprise = -weights[seen] * np.log(mass[seen] / mass.sum())
    mean = float((shares[seen] * surprise).sum())
    variance = float((shares[seen] * surprise**2).sum()) - mean**2
    size = _examples(run, output)
    return mean, math.sqrt(max(variance, 0.0) / size) if size else 0.0


def _of_coins(run: Run, output: Output, weight: float) -> Baseline:
    """Binary cross-entropy over several units, or without class counts: one coin a unit.

    Loss and accuracy are averages over the units, so ten exclusive classes score .325 and .9.
    Labels that are shares have no accuracy to beat: a class never equals one of them.
    """
    start = math.log(2) * weight
    mean, units = _label_mean(run, output), output.units or 1
    if mean is None or not 0.0 < mean < 1.0:
        return Baseline(start, start, None, 2, what="ln 2")
    shares = np.array([mean])  # what each unit's coin should say; the units' own means are unknown
    counts = class_counts(run, output.name)
    exclusive = math.isclose(mean * units, 1.0, abs_tol=0.01)  # one class a row
    if counts is not None and len(counts) <= units and exclusive:
        shares = counts / counts.sum()
    coins = np.clip(shares, 1e-12, 1.0 - 1e-12)
    entropies = -(coins * np.log(coins) + (1.0 - coins) * np.log(1.0 - coins))
    accuracy = float(np.maximum(coins, 1.0 - coins).mean()) if _are_whole(run, output) else None
    return Baseline(
        float(entropies.mean()) * weight, start, accuracy, 2, measured=True,
        what="entropy of the labels",
    )  # fmt: skip


def _of_targets(run: Run, output: Output, weight: float) -> Baseline:
    table = run.table("labels")
    row = output_row(table, output.name)
    if table is None or row is None:
        return Baseline()
    means, stds = table.column("mean")[:, row], table.column("std")[:, row]
    sizes = table.column("count")[:, row]
    good = np.isfinite(means) & np.isfinite(stds) & (sizes > 0)
    if not good.any():
        return Baseline()
    means, stds, sizes = means[good], stds[good], sizes[good]
    mean = float(np.average(means, weights=sizes))
    square = float(np.average(stds**2 + means**2, weights=sizes))
    variance = max(square - mean**2, 0.0)
    examples = _examples(run, output)
    # Of the variance of normal variables: its square root of 2 / n; of their deviation half of it.
    relative = math.sqrt(2.0 / examples) if examples else 0.0
    if output.loss in ABSOLUTE:
        spread = MEAN_ABSOLUTE_OF_NORMAL * math.sqrt(variance) * weight
        return Baseline(
            spread, error=relative / 2 * spread, measured=True, what="spread of the targets"
        )
    # An accuracy that is compiled beside a regression loss on class labels has a baseline too.
    counts = class_counts(run, output.name)
    return Baseline(
        loss=variance * weight,
        initial_loss=square * weight,
        accuracy=None if counts is None else float(counts.max() / counts.sum()),
        classes=None if counts is None else int((counts > 0).sum()),
        error=relative * variance * weight,
        measured=True,
        what="variance of the targets",
    )


NEARLY_ALL = 0.99  # of the labels; where fewer are whole they are shares, as pixels are
WEIGHTED_MEAN = "mean_with_sample_weight"  # the reduction that divides by the sum of the weights


def _mean_weight(run: Run, output: Output) -> float:
    weight = mean_weight(run, output.name)
    return 1.0 if weight is None or output.reduction == WEIGHTED_MEAN else weight


def _scale(run: Run, output: Output) -> float:
    """What multiplies the mean loss of the weighted examples: the loss weight, or a sum."""
    scale = 1.0 if output.weight is None else output.weight
    labels = run.table("labels")
    row = output_row(labels, output.name)
    if output.reduction == "sum" and labels is not None and row is not None:
        scale *= known_median(labels.column("examples")[:, row])
    return scale


def _examples(run: Run, output: Output) -> float:
    """How many independent examples the labels on record are; 0 if unknown."""
    table = run.table("labels")
    row = output_row(table, output.name)
    if table is None or row is None:
        return 0.0
    drawn = float(np.nansum(table.column("examples")[:, row]))
    return independent(drawn, examples_an_epoch(run), within=len(run.epochs) <= 1)


def _are_whole(run: Run, output: Output) -> bool:
    """Whether nearly all labels on record are whole numbers; so taken where it is not known."""
    table = run.table("labels")
    row = output_row(table, output.name)
    if table is None or row is None:
        return True
    share = known_median(table.column("integer_share")[:, row])
    return not share < NEARLY_ALL


def _label_mean(run: Run, output: Output) -> float | None:
    table = run.table("labels")
    row = output_row(table, output.name)
    if table is None or row is None:
        return None
    means = table.column("mean")[:, row]
    return float(np.nanmean(means)) if np.isfinite(means).any() else None
