"""Curves that only tell together: training and validation, the loss and the metric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tb_zeroacc.diagnosis.answers import Evidence
from tb_zeroacc.evidence_encoding import evidence_json
from tb_zeroacc.picturing.facts_of import Told
from tb_zeroacc.run import Curve, Role, Run, Split
from tb_zeroacc.wire.evidence import Curves, Panel

MOST_PANELS = 2  # more are too low to be read


def both_losses(told: Told, run: Run) -> Curves | None:
    """Training and validation of the quantity that the finding speaks of, else of the loss."""
    drawn = (_curve_of(run, fact) for fact in told.evidence)
    meant = next((curve for curve in drawn if curve is not None), None)
    role = Role.ACCURACY if meant is not None and meant.role is Role.ACCURACY else Role.LOSS
    trained, held_out = (
        _told(told, run, run.headline(role, split), role.value)
        for split in (Split.TRAIN, Split.VALIDATION)
    )
    if trained is None or held_out is None:
        return None
    both = {"training": trained, "validation": held_out}
    what = role.value.capitalize()
    title = f"{what} of training and validation"
    if trained.axis == held_out.axis:
        return _curves(run, title, [(what, both)])
    return _curves(run, title, [(f"{what}, {name}", {name: both[name]}) for name in both])


def loss_and_metric(told: Told, run: Run) -> Curves | None:
    """The training loss, and below it the metric."""
    loss = run.headline(Role.LOSS)
    drawn = [_curve_of(run, fact) for fact in told.evidence]
    metrics = [curve for curve in drawn if curve is not None and curve.role is not Role.LOSS]
    metric = next(iter(metrics), None) or run.headline(Role.ACCURACY)
    if metric is None and run.contract is not None:
        metric = next(iter(_metric_curves(run)), None)
    pair = [(curve, _told(told, run, curve, curve.name)) for curve in (loss, metric)
            if curve is not None]  # fmt: skip
    panels = [
        (curve.name.capitalize(), {curve.name: fact}) for curve, fact in pair if fact is not None
    ]
    return _curves(run, "The loss, and the metric", panels) if len(panels) == MOST_PANELS else None


def loss_and_evidence(told: Told, run: Run) -> Curves | None:
    """The training loss, and below it the first other curve that the evidence rests on."""
    loss = run.headline(Role.LOSS)
    pairs = ((fact, _curve_of(run, fact)) for fact in told.evidence)
    seen = next(((f, c) for f, c in pairs if c is not None and c is not loss), None)
    course = _told(told, run, loss, "loss")
    if seen is None or course is None:
        return None
    fact, curve = seen
    panels = [("Loss", {"loss": course}), (curve.name, {curve.name: fact})]
    return _curves(run, f"The loss, and {curve.name}", panels)


def evidence_together(told: Told, run: Run) -> Curves | None:
    """The curves that the evidence rests on, one below the other."""
    facts: dict[tuple[str, str | None], Evidence] = {}
    for fact in (*told.evidence, *told.rules_out):
        if fact.tag is not None and _curve_of(run, fact) is not None:
            facts.setdefault((fact.member, fact.tag), fact)
    panels = [(words, {words: fact}) for fact in facts.values()
              if (words := fact.text.replace("`", ""))][:MOST_PANELS]  # fmt: skip
    names = [fact.tag.rsplit("/", 1)[-1] for fact in facts.values() if fact.tag][:MOST_PANELS]
    return _curves(run, " and ".join(names), panels) if len(panels) > 1 else None


def _curves(
    run: Run, title: str, panels: Sequence[tuple[str, Mapping[str, Evidence]]]
) -> Curves:
    made: list[Panel] = [
        {
            "title": words,
            "names": list(facts),
            "curves": [evidence_json(fact, run) for fact in facts.values()],
        }
        for words, facts in panels
    ]
    return {"kind": "curves", "title": title, "panels": made}


def _told(told: Told, run: Run, curve: Curve | None, text: str) -> Evidence | None:
    """What the finding says of a curve, else the bare curve; None without points."""
    if curve is None or not len(curve.series):
        return None
    said = [fact for fact in told.evidence if _curve_of(run, fact) is curve]
    return said[0] if said else Evidence.of_curve(text, curve)


def _curve_of(run: Run, fact: Evidence) -> Curve | None:
    return None if fact.tag is None else run.curve(fact.tag, fact.member)


def _metric_curves(run: Run) -> list[Curve]:
    """Curves of what the contract calls metrics, in its order."""
    outputs = run.contract.outputs if run.contract else ()
    names = [name for output in outputs for name in output.metric_names]
    return [curve for name in names for curve in run.curves
            if curve.name == name and curve.split is Split.TRAIN]  # fmt: skip
