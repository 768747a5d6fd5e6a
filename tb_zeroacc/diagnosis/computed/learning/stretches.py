"""How the earlier stretches of a directory are to be judged: whether, and as what.

Measured on the first points of labelled logs: of those cut to .6 of their length, and no less than
8 points, 0 of 71 healthy ones (31 authors) are called faulty, and 14 of 18 failing ones; cut to
half of it, 1 of 63 healthy ones. Judged as a run that goes on, 0 of 78 are, at 4 points as at 128.
Both together: `python -m tests.corpus stretches`.
"""

from __future__ import annotations

from collections.abc import Sequence

from tb_zeroacc.run import Run

FEWEST_POINTS = 8  # of the main curve
COMPARABLE = 0.6  # of the points of the longest stretch
# How far a stretch begins from where the one before it ended, by how far from where that began.
NEARER = 0.5


def is_judged(stretch: Run) -> bool:
    """Whether a stretch is long enough to be judged by its curves alone."""
    return _points(stretch) >= FEWEST_POINTS


def are_open(stretches: Sequence[Run], latest: Run) -> list[bool]:
    """Whether each stretch is judged as a run that goes on: by what cannot turn any more.

    That holds for one that was given up long before others ended, and for one that trains a model
    further, which need not get better any more.

    Args:
        stretches: The earlier ones, in order.
        latest: The one behind them.
    """
    longest = max(map(_points, (*stretches, latest)))
    return [
        goes_on or _points(stretch) < COMPARABLE * longest
        for stretch, goes_on in zip(stretches, _train_on(stretches), strict=True)
    ]


def _train_on(stretches: Sequence[Run]) -> list[bool]:
    """Whether each one begins where the one before it ended, far from where those began."""
    found: list[bool] = []
    origin = ended = None
    for stretch in stretches:
        main = stretch.main_curve
        if main is None:
            found.append(False)
            continue
        begun = main.series.first.value
        goes_on = (
            origin is not None
            and ended is not None
            and abs(begun - ended) < NEARER * abs(begun - origin)
        )
        found.append(goes_on)
        origin, ended = origin if goes_on else begun, main.series.last.value
    return found


def _points(run: Run) -> int:
    main = run.main_curve
    return 0 if main is None else main.series.count
