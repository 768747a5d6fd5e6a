"""What a tap costs: a pipeline with one ÷ without, an element and a batch.

`python tests/benchmarks/taps.py [--rounds 8]`. The ways take turns, so that all meet the same state
of the machine; the minimum over rounds counts, for other programs only ever add. A dataset is
drained in the graph, a generator in Python.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import repeat
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import numpy as np
import tensorflow as tf

from tb_zeroacc import tap

BATCH = 64
KINDS: dict[str, tuple[int, ...]] = {"32 floats": (32,), "an image of 64 × 64 × 3": (64, 64, 3)}


def plain(pipeline: Any) -> Any:
    """No tap."""
    return pipeline


def doubled(dataset: Any) -> Any:
    """A map with one operation: what any stage costs."""
    return dataset.map(lambda x: x * 2.0)


def drained(dataset: Any) -> int:
    """Elements of a dataset, counted in the graph."""
    return int(dataset.reduce(np.int64(0), lambda n, _: n + 1))


def counted(iterator: Iterator[Any]) -> int:
    """Elements of an iterator."""
    return sum(1 for _ in iterator)


def costs(ways: dict[str, Callable[[], int]], rounds: int) -> dict[str, tuple[float, float]]:
    """CPU and wall microseconds an element of each way, the minimum over rounds."""
    best = {name: (np.inf, np.inf) for name in ways}
    for turn in range(rounds + 1):
        for name, way in ways.items():
            cpu, wall = time.process_time(), time.perf_counter()
            elements = way()
            spent = (time.process_time() - cpu, time.perf_counter() - wall)
            if turn:  # the first traces
                scaled = tuple(1e6 * seconds / elements for seconds in spent)
                best[name] = (min(best[name][0], scaled[0]), min(best[name][1], scaled[1]))
    return best


def show(title: str, found: dict[str, tuple[float, float]]) -> None:
    """Prints one table."""
    print(f"\n{title:<44}{'CPU':>9}{'wall':>9}   µs, and what it adds")
    cpu, wall = next(iter(found.values()))
    for name, (own, waited) in found.items():
        print(f"  {name:<42}{own:>9.1f}{waited:>9.1f}   {own - cpu:+.1f} {waited - wall:+.1f}")


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=8)
    rounds = parser.parse_args().rounds
    for kind, shape in KINDS.items():
        values = int(np.prod(shape))
        x = np.random.default_rng(0).normal(size=(max(2**19 // values, 640), *shape))
        data = tf.data.Dataset.from_tensor_slices(x.astype("float32"))
        ways = {"no tap": plain, "a map that doubles": doubled, "one tap": tap("here")}
        places = {f"an element: {kind}": data, f"a batch: {BATCH} × {kind}": data.batch(BATCH)}
        for name, place in places.items():
            times = -(-max(200, 6400 // (values // 32)) // int(place.cardinality()))
            made = {way: stage(place.repeat(times)) for way, stage in ways.items()}
            show(name, costs({way: lambda d=d: drained(d) for way, d in made.items()}, rounds))
        for size in (1, BATCH):
            many = 200 if values > 1000 else 4000
            yields = partial(repeat, x[:size].astype("float32"), many)
            stage = tap("here")
            python = {
                "no tap": lambda yields=yields: counted(yields()),
                "one tap": lambda yields=yields, stage=stage: counted(stage(yields())),
            }
            show(f"a generator: {size} × {kind}", costs(python, rounds))


if __name__ == "__main__":
    main()
