"""ZA405 one-head-at-chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, NotApplicable, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.facts import Contract, Output
from tb_zeroacc.run import Curve, Role, Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import check, flagged

CHANCE = np.log(2)  # of two classes that are equally frequent; the targets have a variance of 4
FALLS = [4.0, 2.0, 1.0, 0.5, 0.3, 0.2, 0.2, 0.2]
STANDS = [0.75, 0.7, 0.69, 0.69, 0.69, 0.69, 0.69, 0.69]


def heads(weight: float | None = None, size: str = "linear") -> Contract:
    kind = Output(
        "kind", "kind", "softmax", 2, "sparse_categorical_crossentropy", weight=weight,
        metrics=("SparseCategoricalAccuracy",), metric_names=("kind_accuracy",),
    )  # fmt: skip
    number = Output("size", "size", size, 1, "mean_squared_error")
    return replace(a_contract(), outputs=(kind, number))


def two(
    kind: Sequence[float],
    size: Sequence[float],
    contract: Contract | None = None,
    *parts: Curve,
    **more: object,
) -> Run:
    """A class, and a number that scatters by 2, with the loss of each."""
    seen = {"count": 64.0, "examples": 64.0}
    ends = {"min": -5.5, "max": 5.5, "integer_share": 0.0}
    return a_run(
        contract or heads(),
        a_table("label_counts", {"kind": {"0": 500.0, "1": 500.0}}),
        a_table("labels", {
            "kind": {"mean": 0.5, "std": 0.5, "min": 0.0, "max": 1.0, "integer_share": 1.0, **seen},
            "size": {"mean": 0.0, "std": 2.0, **ends, **seen},
        }),
        a_curve(np.add(kind, size).tolist()),
        *(a_curve(list(values), tag=f"zeroacc/epoch/{name}_loss", name=f"{name}_loss",
                  headline=False) for name, values in (("kind", kind), ("size", size))),
        *parts,
        **more,  # type: ignore[arg-type]
    )  # fmt: skip


def scored(name: str) -> Curve:
    return a_curve([0.5] * 8, Role.ACCURACY, name=name)


def ending(share: float) -> list[float]:
    return [*STANDS[:4], *[share * CHANCE] * 4]


ZA405: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "one stands, one learns": (two(STANDS, FALLS), None),
    "on the limit": (two(ending(0.9001), FALLS), None),
    "just under the limit": (two(ending(0.8999), FALLS), Passed),
    "the other at under a half": (two(STANDS, [*FALLS[:4], *[1.999] * 4]), None),
    "the other at a half": (two(STANDS, [*FALLS[:4], *[2.001] * 4]), Passed),
    "healthy: both learn": (two([0.7, 0.5, 0.3, 0.2, 0.1, 0.1, 0.1, 0.1], FALLS), Passed),
    "neither learns": (two(STANDS, [4.0] * 8), Passed),
    "it comes late": (two([1.5, 1.4, 1.3, 1.2, 1.1, 1.0, 0.9, 0.8], FALLS), Tier.SMELL),
    "it is watched": (two(STANDS, FALLS, heads(0.0)), Passed),
    "its accuracy is another's": (two(STANDS, FALLS, heads(0.0), scored("size_acc")), Passed),
    "its accuracy is that of the training": (
        two(STANDS, FALLS, heads(0.0), scored("kind_accuracy")), None),
    "still training": (two(STANDS, FALLS, state="live"), None),
    "few epochs": (two(STANDS[:3], FALLS[:3]), CannotTell),
    "one output": (a_run(a_contract(), a_table("labels", {"y": {"mean": 1.0}})), NotApplicable),
    "no contract": (a_run(), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), ZA405.values(), ids=ZA405.keys())
def test_one_head_at_chance(run: Run, want: type[Answer] | Tier | None) -> None:
    check("ZA405", run, want)


@pytest.mark.parametrize(
    ("weight", "why"),
    [(0.0, "The weight of its loss is 0."), (0.01, "Its loss has 3 % of the sum."), (1.0, "")],
)
def test_it_says_why(weight: float, why: str) -> None:
    found = flagged("ZA405", two(STANDS, FALLS, heads(weight), scored("kind_accuracy")))
    assert found.context == why
    assert found.layers == ("kind",)
    assert found.fix is not None
    assert bool(found.fix.code) is bool(why)


def test_a_fault_of_the_output_is_named_instead() -> None:
    learns = [0.7, 0.5, 0.3, 0.2, 0.1, 0.1, 0.1, 0.1]
    found = {
        reach: diagnose(two(learns, [4.0] * 8, heads(size=reach)), CATALOGUE, strict=True).findings
        for reach in ("linear", "relu")
    }
    assert [f.code for f in found["linear"]] == ["ZA405"]
    assert [f.code for f in found["relu"]] == ["ZA307"]
