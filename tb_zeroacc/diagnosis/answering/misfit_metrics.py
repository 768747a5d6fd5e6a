"""Metrics that do not fit the outputs they are computed from, by the contract alone."""

from __future__ import annotations

from tb_zeroacc.diagnosis.answers import BEFORE_TRAINING, Evidence, Fix, Flagged, Tier, unlike
from tb_zeroacc.diagnosis.computed.data.labels import labels_of
from tb_zeroacc.diagnosis.computed.model.loss_kinds import BINARY, CATEGORICAL, CLASS_LOSSES
from tb_zeroacc.diagnosis.computed.model.outputs import trained_outputs
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.facts import Output
from tb_zeroacc.run import Run

HALF = 0.5
FEWEST_UNITS = 3  # of two a wrong side of .5 is the wrong class
FITTING = {
    "BinaryAccuracy": '"accuracy"',
    "Accuracy": '"accuracy"',
    "MeanIoU": "keras.metrics.BinaryIoU(target_class_ids=[0, 1])",
}


def misfit_metric(context: RunContext) -> Flagged | None:
    """The first metric of a trained output that cannot tell what it is meant to; None without."""
    for output in trained_outputs(context.run):
        found = _of_another_kind(context, output) or _cut_logits(output)
        if found is not None:
            return found
    return None


def _of_another_kind(context: RunContext, output: Output) -> Flagged | None:
    """A metric that expects class numbers, or single coins, where the output holds neither."""
    for kind, shown in zip(output.metrics, output.metric_names, strict=False):
        why = _why_not(context.run, kind, output)
        is_seen_to_work = kind == "Accuracy" and context.beats_accuracy
        if why is not None and not is_seen_to_work:
            return Flagged(
                summary=f"`{shown}` ({kind}) does not fit the output `{output.name}`: {why}.",
                context="Training itself does not depend on it.",
                evidence=(
                    Evidence(f"metric {kind} beside the loss {output.loss}", layer=output.layer),
                ),
                tier=context.tier_of_contract,
                since=BEFORE_TRAINING,
                is_own_cause=True,
                fix=Fix(
                    "Use a metric that fits the outputs.",
                    f"- metrics=[keras.metrics.{kind}()],\n+ metrics=[{FITTING[kind]}],",
                ),
            )
    return None


def _why_not(run: Run, kind: str, output: Output) -> str | None:
    units, labels = output.units or 0, labels_of(run, output)
    if kind == "Accuracy" and output.loss in CLASS_LOSSES:
        return "it counts outputs that equal the label to the last digit"
    one_of_several = output.loss in CATEGORICAL and not (labels and labels.several_at_once)
    if kind == "BinaryAccuracy" and one_of_several and units >= FEWEST_UNITS:
        return f"it asks of each of the {units} units by itself whether it is on its side of 0.5"
    if kind == "MeanIoU" and output.loss in BINARY and units == 1:
        return "it cuts what the output says down to whole class numbers, all shares to 0"
    return None


def _cut_logits(output: Output) -> Flagged | None:
    """A metric that cuts logits at .5."""
    if not output.from_logits or output.activation not in (None, "linear"):
        return None
    known = [
        (kind, shown)
        for kind, shown, at in zip(
            output.metrics, output.metric_names, _thresholds(output), strict=True
        )
        if at == HALF
    ]
    if not known:
        return None
    named = " and ".join(f"`{shown}`" for _, shown in known)
    verb = "cuts" if len(known) == 1 else "cut"
    return Flagged(
        summary=f"{named} {verb} logits at 0.5, which is a probability of 0.62.",
        context=f"The loss of `{output.name}` has from_logits=True; a threshold of 0 is a "
        "probability of 0.5.",
        evidence=tuple(
            Evidence.of_number(f"threshold of `{shown}`, on logits", HALF, unlike(HALF))
            for _, shown in known
        ),
        tier=Tier.STRONG,
        since=BEFORE_TRAINING,
        fix=_at_zero(*known[0]),
    )


def _thresholds(output: Output) -> tuple[float | None, ...]:
    """Where the metrics cut; Keras' own record has `accuracy` as it was written."""
    known = output.metric_thresholds or (None,) * len(output.metrics)
    binary = output.units == 1 and output.loss in BINARY
    return tuple(
        HALF if at is None and binary and kind in ("accuracy", "acc") else at
        for kind, at in zip(output.metrics, known, strict=False)
    )


def _at_zero(kind: str, shown: str) -> Fix:
    usual = {"accuracy", "acc", "binary_accuracy", "BinaryAccuracy"}
    name = "BinaryAccuracy" if kind in usual else kind
    argument = "threshold" if name in ("BinaryAccuracy", "BinaryIoU", "F1Score") else "thresholds"
    before = '"accuracy"' if kind in usual else f"keras.metrics.{kind}()"
    return Fix(
        "Cut logits at 0.",
        f"- metrics=[{before}],\n"
        f'+ metrics=[keras.metrics.{name}({argument}=0.0, name="{shown}")],',
    )
