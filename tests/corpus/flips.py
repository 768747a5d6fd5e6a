"""How often the verdict on a run changes while the run grows: every log in growing prefixes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tb_zeroacc.diagnosis.answers import Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.run import Run
from tb_zeroacc.series import Series

PREFIXES = 20


def headlines(run: Run, prefixes: int = PREFIXES) -> list[str]:
    """The code of the first strong finding at each prefix of a run, the last one whole.

    Every prefix but the last is a run that goes on; curves are cut at the same share of their
    wall time, here of their points.
    """
    return [_first(cut(run, k / prefixes)) for k in range(1, prefixes)] + [_first(run)]


def flips(codes: Sequence[str]) -> int:
    """Changes from one finding to another one, or to none; the first finding is none."""
    seen = [code for i, code in enumerate(codes) if i == 0 or code != codes[i - 1]]
    return max(0, len(seen) - (2 if seen[0] == "" else 1))


def cut(run: Run, share: float) -> Run:
    """The first share of each curve, as of a run that goes on."""
    curves = []
    for curve in run.curves:
        many = int(share * len(curve.series))
        if many:
            series = Series.of(curve.series.steps[:many], curve.series.values[:many])
            curves.append(replace(curve, series=series))
    return replace(run, curves=tuple(curves), state="live")


def _first(run: Run) -> str:
    findings = diagnose(run, CATALOGUE).findings
    return findings[0].code if findings and findings[0].tier >= Tier.STRONG else ""
