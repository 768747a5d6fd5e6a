"""How often the moment at which a loss levels off can be told, and how often that is right.

    python tests/benchmarks/convergence.py FOLDER [--train N]

FOLDER holds logs of whole trainings; with `--train`, N small ones of `EPOCHS` epochs are trained
into it first, of various tasks, widths, optimizers and rates. Each training loss of 40 points or
more is cut off at various places. The truth is where 2 % of the fall are left, with the last tenth
of the whole curve as its end: no later than that where the curve still falls, so that only a
forecast that ends before it is wrong then. A tenth of the truth is let pass.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import numpy as np

from tb_zeroacc.diagnosis.computed.forecast.convergence import LEFT, convergence
from tb_zeroacc.logs import read_runs
from tb_zeroacc.run import Role
from tb_zeroacc.series import Series

FEWEST = 40  # points
CUTS = (0.05, 0.1, 0.15, 0.25, 0.4, 0.5, 0.6, 0.75)
LEVEL = 0.004  # of the fall: a curve whose last fifth falls by less has levelled off
ROOM = 0.1
EPOCHS, FEATURES, CLASSES, BATCHES = 500, 20, 5, 10


def main() -> None:
    """Runs the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--train", type=int, default=0, metavar="N")
    options = parser.parse_args()
    for seed in range(options.train):
        train(options.folder / f"training_{seed}", seed)
    counts: Counter[str] = Counter()
    for run in read_runs(str(options.folder)):
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
    tenth, half = max(1, len(values) // 10), len(values) // 40
    end = float(np.median(values[-tenth:]))
    fall = values[0] - end
    places = range(len(values))
    smooth = np.array([np.median(values[max(0, n - half) : n + half + 1]) for n in places])
    truth = float(steps[np.flatnonzero(smooth - end <= LEFT * fall)[0]])
    is_level = float(np.median(values[-2 * tenth : -tenth])) - end < LEVEL * fall
    now = float(steps[cut - 1])  # what lies before it is told as a loss that has levelled off
    if max(told.latest, now) < truth - ROOM * truth:
        return "told too early"
    if is_level and told.earliest > max(truth, now) + ROOM * truth:
        return "told too late"
    return "told, and the truth is within" if is_level else "told, and not before the log's end"


def train(folder: Path, seed: int) -> None:
    """A small training of some task, with some network and optimizer."""
    import keras

    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    count, noise = int(rng.choice([1000, 4000])), float(rng.choice([0.3, 1.0, 2.0]))
    inputs = rng.normal(size=(count, FEATURES)).astype("float32")
    scores = inputs @ rng.normal(size=(FEATURES, CLASSES))
    scores += 2 * noise * rng.normal(size=scores.shape)
    tasks = (
        (scores.argmax(axis=1), "sparse_categorical_crossentropy", CLASSES, "softmax"),
        (np.tanh(scores[:, :1] / 3), "mean_squared_error", 1, None),
        (scores[:, :1] > 0, "binary_crossentropy", 1, "sigmoid"),
    )
    labels, loss, units, activation = tasks[seed % len(tasks)]
    layers = [keras.layers.Dense(units, activation=activation)]
    if width := int(rng.choice([0, 8, 64])):
        layers.insert(0, keras.layers.Dense(width, activation="relu"))
    model = keras.Sequential(layers)
    optimizers = (
        keras.optimizers.Adam(float(10 ** rng.uniform(-4, -2.5))),
        keras.optimizers.SGD(float(10 ** rng.uniform(-3, -1))),
        keras.optimizers.SGD(float(10 ** rng.uniform(-3, -1.5)), momentum=0.9),
    )
    model.compile(optimizers[int(rng.integers(len(optimizers)))], loss)
    model.fit(
        inputs, labels.astype("float32"), epochs=EPOCHS, batch_size=count // BATCHES, verbose=0,
        callbacks=[keras.callbacks.TensorBoard(str(folder), write_graph=False)],
    )  # fmt: skip


if __name__ == "__main__":
    main()
