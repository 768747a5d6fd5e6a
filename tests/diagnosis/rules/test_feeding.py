"""ZA106, ZA107 and ZA110 on planted runs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tb_zeroacc.diagnosis.answers import (
    Answer,
    CannotTell,
    Flagged,
    NotApplicable,
    Passed,
    Tier,
)
from tb_zeroacc.diagnosis.catalogue import RULES
from tb_zeroacc.diagnosis.engine import tier_of
from tb_zeroacc.facts import Epoch, Fit, Layer, Shapes, Tensor
from tb_zeroacc.run import Role, Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import answer, flagged

COUNTS = a_table("label_counts", {"y": {str(k): 100.0 for k in range(10)}})
STUCK = (COUNTS, a_curve([2.3, 2.2]), a_curve([0.1, 0.2], Role.ACCURACY))
BEATS = (COUNTS, a_curve([2.3, 0.1]), a_curve([0.1, 0.9], Role.ACCURACY))
PROGRESS = a_table("progress", {"progress": {"steps_per_epoch": 56.0}})
ONE_STEP = a_table("progress", {"progress": {"steps_per_epoch": 1.0}})


def batches(
    *prints: float, steps: Any = None, epochs: Any = None, sizes: float | list[float] = 32.0
) -> Any:
    other = np.linspace(7.0, 9.0, len(prints)) * 0 + np.array(prints) * 2
    rows = {"x": {"fingerprint_1": list(prints), "fingerprint_2": list(other), "examples": sizes}}
    return a_table("batch", rows, steps=steps or list(range(len(prints))), epochs=epochs)


ZA106: dict[str, tuple[Run, type[Answer]]] = {
    "always the same": (a_run(batches(*[3.3] * 20), PROGRESS, *STUCK), Flagged),
    "three in a row": (a_run(batches(3.3, 3.3, 3.3), PROGRESS, *STUCK), Flagged),
    "sums that overflow": (a_run(batches(math.inf, 1.0, math.inf), PROGRESS, *STUCK), CannotTell),
    "values that were clipped": (a_run(batches(*[1.5e38] * 9), PROGRESS, *STUCK), CannotTell),
    "two in a row": (a_run(batches(3.3, 3.3), PROGRESS, *STUCK), Passed),
    "three of twenty": (
        a_run(batches(3.3, 3.3, 3.3, *range(17)), PROGRESS, *STUCK), Passed),
    "all but one": (a_run(batches(*[3.3] * 19, 4.4), PROGRESS, *STUCK), Flagged),
    "fresh ones": (a_run(batches(*range(20)), PROGRESS, *STUCK), Passed),
    "within rounding": (a_run(batches(3.3, 3.3000003, 3.3), PROGRESS, *STUCK), Flagged),
    "beyond rounding": (a_run(batches(3.3, 3.3001, 3.3002), PROGRESS, *STUCK), Passed),
    "of other sizes": (
        a_run(batches(3.3, 3.3, 3.3, sizes=[32, 16, 8]), PROGRESS, *STUCK), Passed),
    "every second epoch's": (
        a_run(batches(3.3, 3.3, 3.3, steps=[0, 56, 112]), PROGRESS, *STUCK), CannotTell),
    "one batch an epoch": (
        a_run(batches(*[3.3] * 9, epochs=range(9)), ONE_STEP, *STUCK), NotApplicable),
    "one batch an epoch, found at its end": (
        a_run(batches(*[3.3] * 3, epochs=range(3)), a_table("progress", {"progress": {}}),
              *STUCK, epochs=tuple(Epoch(i, i + 1, 1) for i in range(3))), NotApplicable),
    "neighbours of two epochs": (
        a_run(batches(3.3, 3.3, 3.3, epochs=[0, 1, 2]), PROGRESS, *STUCK), CannotTell),
    "a loop of one's own": (
        a_run(batches(3.3, 3.3, 3.3, epochs=[-1, -1, -1]), PROGRESS, *STUCK), CannotTell),
    "overfitted on purpose": (a_run(batches(*[3.3] * 20), PROGRESS, *BEATS, a_contract()), Passed),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), ZA106.values(), ids=ZA106.keys())
def test_repeated_batch(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA106", run), want)


def test_it_begins_where_batches_repeat() -> None:
    found = flagged("ZA106", a_run(batches(1.0, *[3.3] * 30), PROGRESS, *STUCK))
    assert found.since == 1
    assert found.evidence[0].value == 30
    assert RULES["ZA106"].tier is Tier.STRONG


def fed(kind: str, *, span: float | None = 255.0, front: str = "Flatten", **more: Any) -> Any:
    layers = (Layer("front", front), Layer("head", "Dense", "softmax", 10, is_output=True,
                                           variables=("head/kernel",)))  # fmt: skip
    tables = [] if span is None else [a_table("inputs", {"x[0]": {"min": 0.0, "max": span}})]
    return a_run(a_contract(*layers), *tables, *more.pop("parts", STUCK),
                 shapes=Shapes(inputs=(Tensor("x", (None, 28, 28), kind),)), **more)


ZA107: dict[str, tuple[Run, type[Answer]]] = {
    "raw images": (fed("uint8"), Flagged),
    "codes": (fed("int64", span=5000), Flagged),
    "on the limit": (fed("int32", span=100), Flagged),
    "just under": (fed("int32", span=99), Passed),
    "one-hot integers": (fed("int64", span=1), Passed),
    "text": (fed("string", span=None), Flagged),
    "text into a lookup": (fed("string", span=None, front="TextVectorization"), Passed),
    "float64": (fed("float64"), Passed),
    "float32": (fed("float32"), Passed),
    "flags": (fed("bool", span=1), Passed),
    "rescaled in the model": (fed("uint8", front="Rescaling"), Passed),
    "ids": (fed("int64", front="Embedding"), Passed),
    "a model within": (fed("uint8", front="Functional"), CannotTell),
    "it beats its prior": (fed("uint8", parts=BEATS), Passed),
    "values unknown": (fed("uint8", span=None), CannotTell),
    "shapes unknown": (a_run(a_contract(), *STUCK), CannotTell),
    "no inputs": (a_run(a_contract(), *STUCK, shapes=Shapes()), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), ZA107.values(), ids=ZA107.keys())
def test_wrong_input_dtype(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA107", run), want)


def test_scaling_after_the_first_kernel_does_not_count() -> None:
    layers = (Layer("dense", "Dense", "relu", 8, variables=("dense/kernel",)),
              Layer("normal", "BatchNormalization"))  # fmt: skip
    shapes = Shapes(inputs=(Tensor("x", (None, 4), "uint8"),))
    inputs = a_table("inputs", {"x[0]": {"min": 0.0, "max": 255.0}})
    found = flagged("ZA107", a_run(a_contract(*layers), inputs, *STUCK, shapes=shapes))
    assert "255" in found.summary


def epochs(
    *sizes: int | None, cut: tuple[int, ...] = (), losses: tuple[float, ...] = ()
) -> tuple[Epoch, ...]:
    ends = np.cumsum([size or 0 for size in sizes]).tolist()
    logs = [{"loss": loss} for loss in losses] or [{} for _ in sizes]
    return tuple(
        Epoch(i, ends[i], size, cut_short=i in cut, logs=logs[i]) for i, size in enumerate(sizes)
    )


SAMPLED = a_table("loss", {"loss": {"loss": [0.9, 0.8]}}, epochs=[0, 1])


ZA110: dict[str, tuple[Run, type[Answer]]] = {
    "no batch at all": (a_run(epochs=epochs(0, 0)), Flagged),
    "a dry generator": (a_run(epochs=epochs(57, 2, 2)), Flagged),
    "half of the first": (a_run(epochs=epochs(10, 5)), Passed),
    "less than half": (a_run(epochs=epochs(10, 4)), Flagged),
    "an empty one between": (a_run(epochs=epochs(10, 0, 2)), Flagged),
    "equal ones": (a_run(epochs=epochs(10, 10, 10)), Passed),
    "one batch an epoch": (a_run(epochs=epochs(1, 1)), Passed),
    "stopped in the last": (a_run(epochs=epochs(57, 57, 3, cut=(2,))), Passed),
    "stopped in the first": (a_run(epochs=epochs(3, cut=(0,))), CannotTell),
    "growing": (a_run(epochs=epochs(10, 40)), Passed),
    "nothing recorded": (a_run(), CannotTell),
    "nobody counted": (a_run(epochs=epochs(None, None, losses=(0.9, 0.8))), CannotTell),
    "nobody counted at first": (a_run(epochs=epochs(None, 10, 10)), Passed),
    "nobody counted, then dry": (a_run(epochs=epochs(None, 10, 2)), Flagged),
    "0, but the losses change": (a_run(epochs=epochs(0, 0, losses=(0.9, 0.8))), CannotTell),
    "0, and Keras' loss of 0": (a_run(epochs=epochs(0, 0, losses=(0.0, 0.0))), Flagged),
    "0, and losses that are none": (
        a_run(epochs=epochs(0, 0, losses=(math.nan, math.nan))), Flagged,
    ),
    "0, but sampled": (a_run(SAMPLED, epochs=epochs(0, 0)), CannotTell),
    "0 later, and sampled before": (a_run(SAMPLED, epochs=epochs(10, 10, 0)), Flagged),
}


@pytest.mark.parametrize(("run", "want"), ZA110.values(), ids=ZA110.keys())
def test_empty_input(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA110", run), want)


@pytest.mark.parametrize(
    ("sizes", "parts", "tier"),
    [
        ((10, 2, 2), STUCK, Tier.DEFINITE),
        ((10, 2, 2), BEATS, Tier.STRONG),
        ((10, 0, 2), BEATS, Tier.DEFINITE),
        ((10, 2, 2, 2), STUCK, Tier.SMELL),  # three epochs asked for: a second `fit`
    ],
)
def test_how_sure_it_is(sizes: tuple[int, ...], parts: Any, tier: Tier) -> None:
    run = a_run(a_contract(fit=Fit(epochs=3)), *parts, epochs=epochs(*sizes))
    assert tier_of(RULES["ZA110"], flagged("ZA110", run)) is tier


def test_it_begins_with_the_first_dry_epoch() -> None:
    found = flagged("ZA110", a_run(*STUCK, epochs=epochs(10, 10, 2)))
    assert found.since == 20
    assert found.summary == "The data ran dry: epoch 3 trained on 2 of 10 batches."
    assert found.evidence[1].tag == "zeroacc/epoch/loss"
