"""How often the moment at which a loss levels off can be told, and how often that is right.

    python tests/benchmarks/convergence.py FOLDER

FOLDER holds logs of whole trainings. Each training loss of 40 points or more is cut off at a
quarter, half and three quarters of them. A moment that was to come within what was cut off is wrong
where the loss ends lower than foretold by more than a twentieth of its fall; so is a loss that has
levelled off.
"""

from __future__ import annotations

import argparse
from collections import Counter

import numpy as np

from tb_zeroacc.diagnosis.computed.forecast.convergence import convergence
from tb_zeroacc.logs import read_runs
from tb_zeroacc.run import Role
from tb_zeroacc.series import Series

FEWEST = 40  # points
CUTS = (0.25, 0.5, 0.75)
WRONG = 0.05  # of the fall


def main() -> None:
    """Runs the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    counts: Counter[str] = Counter()
    for run in read_runs(parser.parse_args().folder):
        curve = run.headline(Role.LOSS)
        if curve is None or curve.series.thinned:
            continue
        steps, values = curve.series.finite()
        if len(steps) >= FEWEST:
            counts.update(judged(steps, values, round(cut * len(steps))) for cut in CUTS)
    for what, count in counts.most_common():
        print(f"{count:5}  {what}")


def judged(steps: np.ndarray, values: np.ndarray, cut: int) -> str:
    """What is told of the first points, and whether the others bear it out."""
    told = convergence(Series.of(steps[:cut], values[:cut]))
    if isinstance(told, str):
        return told
    later = values[cut:]
    end = float(np.median(later[-max(1, len(later) // 10) :]))
    wrong = end < told.level - WRONG * (values[0] - told.level)
    if told.latest <= steps[cut - 1]:
        return f"has levelled off: {'wrong' if wrong else 'right'}"
    if told.at <= steps[cut - 1]:
        return "may have levelled off, or go on falling"
    if told.latest > steps[-1]:
        return "levels off later than the log is long"
    return f"levels off later: {'wrong' if wrong else 'right'}"


if __name__ == "__main__":
    main()
