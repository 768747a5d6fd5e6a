"""How often each class occurs: among labels and predictions, in validation, batch by batch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.diagnosis.answers import Evidence
from tb_zeroacc.diagnosis.computed.data.labels import class_counts
from tb_zeroacc.diagnosis.computed.model.outputs import output_row
from tb_zeroacc.picturing.bars import MOST_BARS, bars_of, beyond
from tb_zeroacc.picturing.facts_of import Told, fact_about, output_meant
from tb_zeroacc.picturing.rows import some_of
from tb_zeroacc.run import Run
from tb_zeroacc.wire.evidence import Bars, Layers

LATEST = 4  # predictions of the last quarter of the samples: those before say what it once did


def classes(told: Told, run: Run) -> Bars | None:
    """The share of each class among the labels, and among the predictions of the end."""
    output = output_meant(told, run)
    if output is None:
        return None
    labels = class_counts(run, output.name)
    predictions = _predicted_at_the_end(run, output.name)
    fact = fact_about(told, _shares(labels) + _shares(predictions), unit="share")
    judged = labels if fact is None or fact.value in _shares(labels) else predictions
    wrong = beyond(fact, _shares(judged))
    if not any(wrong):
        known = [counts for counts in (judged, labels, predictions) if counts is not None]
        wrong = [n == np.argmax(known[0]) for n in range(len(known[0]))] if known else []
    return _side_by_side(
        "How often each class is a label and a prediction",
        [("labels", labels), ("predictions, at the end", predictions)], wrong, fact,
    )  # fmt: skip


def validation_classes(told: Told, run: Run) -> Bars | None:
    """The share of each class in training and in validation: one that training lacks is flagged."""
    output = output_meant(told, run)
    if output is None:
        return None
    train = class_counts(run, output.name)
    held_out = class_counts(run, output.name, "validation_label_counts")
    if train is None or held_out is None or len(train) != len(held_out):
        return None
    unseen = (train == 0) & (held_out > 0)
    groups = [("in training", train), ("in validation", held_out)]
    return _side_by_side("How often each class is a label", groups, unseen.tolist(), None)


def classes_by_batch(told: Told, run: Run) -> Layers | None:
    """Classes against sampled batches: sorted data make steps of it, shuffled data one ground."""
    table = run.table("label_counts")
    if table is None or len(table) < 2 or len(table.rows) != 1:
        return None
    return {
        "kind": "layers", "title": "Share of each class in every sampled batch",
        "layers": "classes", "flagged": [], "first_step": None, "last_step": None, "worse": "high",
    }  # fmt: skip


def _side_by_side(
    title: str,
    groups: Sequence[tuple[str, NDArray[np.float64] | None]],
    wrong: Sequence[bool],
    fact: Evidence | None,
) -> Bars | None:
    shown = [(name, counts / counts.sum()) for name, counts in groups
             if counts is not None and counts.sum() > 0]  # fmt: skip
    if not shown:
        return None
    count = max(len(shares) for _, shares in shown)
    flagged = [n < len(wrong) and wrong[n] for n in range(count)]
    places = some_of(range(count), MOST_BARS, flagged)
    names = [str(n) for n in places]
    drawn = [(name, [float(s[n]) if n < len(s) else 0.0 for n in places]) for name, s in shown]
    return bars_of(
        title, "class", names, drawn, unit="share",
        wrong=[at for at, n in enumerate(places) if flagged[n]],
        fact=fact,
        left_out=count - len(places),
    )  # fmt: skip


def _predicted_at_the_end(run: Run, output: str) -> NDArray[np.float64] | None:
    table = run.table("prediction_counts")
    row = output_row(table, output)
    if table is None or row is None:
        return None
    latest = table.values[-max(1, len(table) // LATEST) :, row, :].astype(np.float64)
    kept = [n for n, name in enumerate(table.columns) if name != "other"]
    counts: NDArray[np.float64] = np.nansum(latest, axis=0)[kept]
    return counts if counts.sum() > 0 else None


def _shares(counts: NDArray[np.float64] | None) -> list[float]:
    return [] if counts is None or counts.sum() == 0 else (counts / counts.sum()).tolist()
