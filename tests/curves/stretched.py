"""Directories that hold several stretches of curves: trainings, seeds, folds, resumptions.

Every function takes a generator of random numbers and a number of epochs, and returns files, each
with its logs one behind the other. The first ones are healthy, `FAILING` names the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np

from tb_zeroacc.logs.building import build
from tb_zeroacc.logs.contents import FileContents
from tb_zeroacc.logs.grouping import Part
from tb_zeroacc.run import Run
from tests.curves.shapes import Values, chance, falling, held, noisy, shares

Random = np.random.Generator
Curves: TypeAlias = dict[str, Values]
# Of each file its stretches: the first step, and the values by tag.
Files: TypeAlias = Sequence[Sequence[tuple[int, Curves]]]


def run_of(files: Files) -> Run:
    """The run that a reader would build of them."""
    return build("planted", "runs", {".": (Part("."), list(_read(files)))}).run


def _read(files: Files) -> Iterable[FileContents]:
    for stretches in files:
        contents = FileContents()
        for first, curves in stretches:
            for at in range(max(map(len, curves.values()))):
                numbers = {tag: float(v[at]) for tag, v in curves.items() if at < len(v)}
                contents.add_numbers(first + at, numbers)
        yield contents


def learns(rng: Random, n: int) -> Curves:
    return {"loss": noisy(rng, falling(n, 2.3, 0.2), 0.03),
            "accuracy": shares(rng, falling(n, 0.1, 0.93), 5000)}  # fmt: skip


def guesses(rng: Random, n: int) -> Curves:
    loss, right = chance(rng, n, 10)
    return {"loss": loss, "accuracy": right}


def _breaks(rng: Random, n: int) -> Curves:
    curves = learns(rng, n)
    curves["loss"][n // 2 :] = np.nan
    return curves


def trainings_that_learn(rng: Random, n: int) -> Files:
    return [[(0, learns(rng, n))] for _ in range(4)]


def seeds_that_learn(rng: Random, n: int) -> Files:
    return [[(0, learns(rng, n)) for _ in range(5)]]


def starts_given_up(rng: Random, n: int) -> Files:
    """Three starts that were stopped within their plateau, and one that was let go on."""
    short = [[(0, guesses(rng, max(2, n // 4)))] for _ in range(3)]
    return [*short, [(0, learns(rng, n))]]


def seeds_of_another_length(rng: Random, n: int) -> Files:
    return [[(0, learns(rng, max(4, n // part))) for part in (1, 2, 3, 1)]]


def a_resumed_training(rng: Random, n: int) -> Files:
    """It goes back to its last checkpoint after three quarters."""
    whole, at, back = learns(rng, n), 3 * n // 4, 3 * n // 4 - 1
    return [[(0, {t: v[:at] for t, v in whole.items()})],
            [(back, {t: v[back:] for t, v in whole.items()})]]  # fmt: skip


def fits_that_train_on(rng: Random, n: int) -> Files:
    """`fit` in a loop: each round begins at step 0 with the weights of the one before it."""
    whole = noisy(rng, np.concatenate([falling(n, 2.3, 0.3), held(4 * n, 0.3)]), 0.01)
    return [[(0, {"loss": whole[r * n : (r + 1) * n]})] for r in range(5)]


def batches_that_each_epoch_counts(rng: Random, n: int) -> Files:
    whole = noisy(rng, falling(20 * n, 2.3, 0.2), 0.1)
    return [[(0, {"Train/loss": whole[e * 20 : (e + 1) * 20]}) for e in range(n)]]


def seeds_one_of_which_guesses(rng: Random, n: int) -> Files:
    return [[(0, (guesses if seed == 1 else learns)(rng, n)) for seed in range(4)]]


def seeds_one_of_which_breaks(rng: Random, n: int) -> Files:
    return [[(0, (_breaks if seed == 2 else learns)(rng, n)) for seed in range(4)]]


def a_training_that_broke_before(rng: Random, n: int) -> Files:
    return [[(0, _breaks(rng, n))], [(0, learns(rng, n))]]


def trainings_that_guessed_before(rng: Random, n: int) -> Files:
    return [[(0, guesses(rng, n))], [(0, guesses(rng, n))], [(0, learns(rng, n))]]


def a_start_that_broke_at_once(rng: Random, n: int) -> Files:
    return [[(0, _breaks(rng, max(8, n // 4)))], [(0, learns(rng, n))]]


# The code that tells it, and what the worst stretch shows.
FAILING = {
    "seeds_one_of_which_guesses": ("ZA004", "ZA704"),
    "seeds_one_of_which_breaks": ("ZA004", "ZA501"),
    "a_training_that_broke_before": ("ZA002", "ZA501"),
    "trainings_that_guessed_before": ("ZA002", "ZA704"),
    "a_start_that_broke_at_once": ("ZA002", "ZA501"),
}
