"""How weights spread over time, from the histograms of a log."""

from __future__ import annotations

from typing import NamedTuple

from tb_zeroacc.diagnosis.computed.model.histograms import logged_kernels
from tb_zeroacc.diagnosis.computed.model.layers import layer_of
from tb_zeroacc.picturing.facts_of import Told, named_by
from tb_zeroacc.picturing.rows import short_names, some_of
from tb_zeroacc.run import Histograms, Run
from tb_zeroacc.wire import evidence

MOST_TENSORS = 16  # below one another: each is 40 pixels high


class Shown(NamedTuple):
    """The histograms of one tensor, and its name in the picture."""

    name: str
    layer: str
    seen: Histograms


def shown_tensors(run: Run) -> list[Shown]:
    """Kernels in the order of the model, evenly spread ones of many; without any what is logged."""
    kernels = [(kernel.name, kernel.seen) for kernel in logged_kernels(run)]
    logged = kernels or [(seen.tag, seen) for seen in run.histograms]
    kept = [(name, seen) for name, seen in logged if seen.course is not None]
    paths = [name for name, _ in kept]
    names = short_names(run, paths) if kernels else paths
    tensors = [
        Shown(name, layer_of(run, path), seen)
        for name, path, (_, seen) in zip(names, paths, kept, strict=True)
    ]
    return some_of(tensors, MOST_TENSORS, [False] * len(tensors))


def weight_spreads(told: Told | None, run: Run) -> evidence.Histograms | None:
    """The picture of a finding, or of no finding; None where the log holds no histograms."""
    tensors = shown_tensors(run)
    if not tensors:
        return None
    named = frozenset() if told is None else named_by(told)
    return {
        "kind": "histograms",
        "title": "Weights over time" if logged_kernels(run) else "Histograms over time",
        "names": [tensor.name for tensor in tensors],
        "flagged": [t.name for t in tensors if named & {t.name, t.layer, t.seen.tag}],
        "left_out": (len(logged_kernels(run)) or len(run.histograms)) - len(tensors),
    }


def flagged(told: Told, run: Run) -> evidence.Histograms | None:
    """The same for a finding about some of them; None where it names none that is drawn."""
    found = weight_spreads(told, run)
    return found if found and found["flagged"] else None
