"""How often labelled runs are told where they lie in a directory before another training."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.context import context_of
from tb_zeroacc.diagnosis.engine import judged_stretches
from tb_zeroacc.logs import read_runs
from tb_zeroacc.run import Earlier, Run, Stretch
from tests.corpus.flips import cut
from tests.corpus.labels import Label

SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


def told(run: Run, share: float) -> bool:
    """Whether the first share of a run is told to have failed, where the whole of it follows."""
    first = Stretch(replace(cut(run, share), state="unknown"))
    whole = replace(run, earlier=Earlier(trainings=1, stretches=(first,)))
    judged = context_of(whole, judged_stretches(whole, CATALOGUE)).earlier
    return any(one.fault is not None for one in judged)


def table(folder: Path, labels: Iterable[Label]) -> Iterable[str]:
    """A line a verdict: of so many runs, how many are told at each share of their length."""
    runs: Counter[str] = Counter()
    found: Counter[tuple[str, float]] = Counter()
    for label in labels:
        for run in read_runs(str(folder / "runs" / label.id)):
            runs[label.verdict] += 1
            found.update((label.verdict, share) for share in SHARES if told(run, share))
    yield f"{'':14}{'runs':>6}" + "".join(f"{share:>6.0%}" for share in SHARES)
    for verdict, many in sorted(runs.items()):
        yield f"{verdict:14}{many:6}" + "".join(f"{found[verdict, s]:6}" for s in SHARES)
