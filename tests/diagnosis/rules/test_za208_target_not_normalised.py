"""ZA208 target-not-normalised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, NotApplicable, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import RULES
from tb_zeroacc.diagnosis.engine import tier_of
from tb_zeroacc.facts import Contract, Epoch, Fit
from tb_zeroacc.run import Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import answer, flagged
from tests.diagnosis.rules.planted.targets import NOT_THERE, OUT_OF_REACH, head, says

NAN = float("nan")
Pair = tuple[Any, Any]  # mean and standard deviation


def statistics(mean: Any, std: Any) -> dict[str, Any]:
    row = {"mean": mean, "std": std, "min": 0.0, "max": 3000.0, "integer_share": 0.0}
    return {**row, "count": 32.0, "examples": 32.0, "units": 1.0, "non_finite_count": 0.0}


def answers(mean: Any, spread: Any) -> dict[str, Any]:
    """Outputs whose largest one is as large as their root mean square."""
    size = np.hypot(mean, spread)
    return {"mean": mean, "spread": spread, "min": -size, "max": size, "examples": 32.0}


def fitted(
    target: Pair = (600.0, 800.0),
    reached: Pair = (6.0, 8.0),
    *,
    steps: int = 200,
    samples: int = 4,
    loss: Sequence[float] = (1e6, 9e5),
    contract: Contract | None = None,
    rows: tuple[str, ...] = ("y",),
    **fields: Any,
) -> Run:
    """Prices of 1000 in root mean square, of which 200 steps reached a hundredth."""
    at = [*range(samples - 1), steps - 1]
    made = answers(*reached)
    labels = a_table("labels", dict.fromkeys(rows, statistics(*target)), steps=at)
    outputs = a_table("outputs", dict.fromkeys(rows, made), steps=at)
    return a_run(contract or head(), a_curve(loss), labels, outputs, **fields)


def two(first: tuple[Pair, Pair], second: tuple[Pair, Pair], **other: Any) -> Run:
    """Two outputs, `y` and `z`, each with its targets and what it reached."""
    contract, both, at = head(), {"y": first, "z": second}, [0, 1, 2, 199]
    outputs = (contract.outputs[0], replace(contract.outputs[0], name="z", **other))
    reached = {name: answers(*made) for name, (_, made) in both.items()}
    return a_run(
        replace(contract, outputs=outputs), a_curve([1e6, 9e5]),
        a_table("labels", {name: statistics(*t) for name, (t, _) in both.items()}, steps=at),
        a_table("outputs", reached, steps=at),
    )  # fmt: skip


FAR, SMALL = ((600.0, 800.0), (6.0, 8.0)), ((6.0, 8.0), (6.0, 8.0))
LATE = ([0.0] * 30 + [600.0] * 10, [0.0] * 30 + [800.0] * 10)  # 40 samples: the last ten count
LOST = ([600.0] * 30 + [6.0] * 10, [800.0] * 30 + [8.0] * 10)

ZA208: dict[str, tuple[Run, type[Answer], str]] = {
    "prices": (fitted(), Flagged, f"{OUT_OF_REACH}: outputs reach 1 %"),
    "absolute error": (fitted(contract=head("mean_absolute_error")), Flagged, OUT_OF_REACH),
    "huber": (fitted(contract=head("huber")), Flagged, OUT_OF_REACH),
    "log cosh": (fitted(contract=head("log_cosh")), Flagged, OUT_OF_REACH),
    "no activation at all": (fitted(contract=head(activation=None)), Flagged, OUT_OF_REACH),
    "constant targets": (fitted((1000.0, 0.0)), Flagged, OUT_OF_REACH),
    "far below zero": (fitted((-1000.0, 0.0)), Flagged, OUT_OF_REACH),
    "outputs of zero": (fitted(reached=(0.0, 0.0)), Flagged, "outputs reach 0 %"),
    "a row of another name": (fitted(rows=("output_1",)), Flagged, OUT_OF_REACH),
    # --- the question does not arise
    "classes": (fitted(contract=a_contract()), NotApplicable, "regression loss"),
    "an error in percent": (
        fitted(contract=head("mean_absolute_percentage_error")), NotApplicable, "regression loss"),
    "no loss": (fitted(contract=head(None)), NotApplicable, "regression loss"),
    "a sigmoid": (fitted(contract=head(activation="sigmoid")), NotApplicable, "is linear"),
    "a relu": (fitted(contract=head(activation="relu")), NotApplicable, "no output is linear"),
    # --- the log does not say
    "targets not finite": (fitted((NAN, NAN)), CannotTell, NOT_THERE),
    "outputs not finite": (fitted(reached=(NAN, NAN)), CannotTell, NOT_THERE),
    "outputs broke at the end": (fitted(reached=([6, 6, 6, NAN], 8.0)), CannotTell, NOT_THERE),
    "rows that belong to no output": (fitted(rows=("a", "b")), CannotTell, NOT_THERE),
    "no contract": (a_run(*fitted().tables.values()), CannotTell, "the model's contract"),
    "no targets": (a_run(head(), fitted().tables["outputs"]), CannotTell, "of the labels"),
    "no outputs": (a_run(head(), fitted().tables["labels"]), CannotTell, "of the outputs"),
    # --- targets of 100
    "targets on the limit": (fitted((60.0, 80.0), (0.6, 0.8)), Flagged, "Targets of size 100"),
    "targets just under it": (fitted((60.0, 79.9), (0.6, 0.8)), Passed, "root mean square of 99.9"),
    "targets of 12": (fitted((7.2, 9.6), (0.0, 0.1)), Passed, "root mean square of 12"),
    # --- outputs of a tenth of that
    "outputs on the limit": (fitted(reached=(60.0, 80.0)), Flagged, "outputs reach 10 %"),
    "outputs just over it": (fitted(reached=(60.0, 80.1)), Passed, "outputs reach 100"),
    "outputs just under it": (fitted(reached=(60.0, 79.9)), Flagged, OUT_OF_REACH),
    "outputs converged": (fitted(reached=(600.0, 790.0)), Passed, "outputs reach 992"),
    "as large, below zero": (
        fitted((-600.0, 800.0), reached=(-600.0, 790.0)), Passed, "outputs reach 992"),
    # --- targets that are not out of reach, and far from 0 all the same
    "around 48, outputs at 17": (fitted((48.0, 12.0), reached=(17.0, 0.1)), Flagged, "around 48"),
    "one standard deviation away": (fitted((48.0, 12.0), reached=(36.0, 1.0)), Passed, "reach"),
    "a little further": (fitted((48.0, 12.0), reached=(35.9, 1.0)), Flagged, "come to 35.9"),
    "as far, but small": (fitted((24.9, 1.0), reached=(3.0, 0.1)), Passed, "reach"),
    "near 25": (fitted((25.0, 1.0), reached=(3.0, 0.1)), Flagged, "around 25"),
    "around 48, after a handful of steps": (
        fitted((48.0, 12.0), reached=(17.0, 0.1), steps=20), CannotTell, "too few to judge"),
    "reached in the end": (fitted(reached=LATE, samples=40), Passed, "outputs reach 1000"),
    "reached and lost again": (fitted(reached=LOST, samples=40), Flagged, OUT_OF_REACH),
    "the last of four": (
        fitted(reached=([0, 0, 0, 600], [0, 0, 0, 800])), Passed, "outputs reach 1000"),
    # --- healthy: large targets, and yet it learns; the variance is 640 000
    "it beats its baseline": (fitted(loss=(1e6, 319_999.0)), Passed, "muted"),
    "half of the baseline is not beaten": (fitted(loss=(1e6, 320_000.0)), Flagged, OUT_OF_REACH),
    "it beats its baseline after a few steps": (fitted(loss=(1e6, 5e4), steps=20), Passed, "muted"),
    # --- steps
    "199 steps": (fitted(steps=199), CannotTell, "199 steps are too few"),
    "a handful of steps": (fitted(steps=20), CannotTell, "20 steps are too few"),
    "200 by an epoch": (fitted(steps=20, epochs=(Epoch(0, 200, 200),)), Flagged, OUT_OF_REACH),
    # --- two outputs
    "the second is far": (two(SMALL, FAR), Flagged, OUT_OF_REACH),
    "the first is far": (two(FAR, SMALL), Flagged, OUT_OF_REACH),
    "neither is far": (two(SMALL, SMALL), Passed, "outputs reach 10"),
    "a bounded one beside it": (two(FAR, SMALL, activation="tanh"), Flagged, OUT_OF_REACH),
    "the larger one is reached": (
        two(((600.0, 800.0), (600.0, 790.0)), ((300.0, 400.0), (0.8, 0.6))), Flagged,
        "Targets of size 500 are too large"),
    "the far one has no loss": (two(SMALL, FAR, loss=None), Passed, "outputs reach 10"),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want", "words"), ZA208.values(), ids=ZA208.keys())
def test_target_not_normalised(run: Run, want: type[Answer], words: str) -> None:
    says(answer("ZA208", run), want, words)


def test_without_a_baseline_it_is_a_smell() -> None:
    found = flagged("ZA208", fitted(contract=head("huber")))
    assert tier_of(RULES["ZA208"], found) is Tier.SMELL


def test_units_of_different_levels_are_no_small_outputs() -> None:
    """Two columns at 1000 and -1000: the mean is 0 and each hardly varies over the batch."""
    made = {"mean": 0.0, "spread": 5.0, "min": -1010.0, "max": 1010.0, "examples": 32.0}
    labels = a_table("labels", {"y": statistics(0.0, 1000.0)}, steps=[0, 1, 2, 199])
    outputs = a_table("outputs", {"y": made}, steps=[0, 1, 2, 199])
    run = a_run(head("huber", units=2), a_curve([9e2, 8e2]), labels, outputs)
    assert isinstance(answer("ZA208", run), Passed)


@pytest.mark.parametrize(
    ("run", "sizes", "comparison", "layer"),
    [
        (fitted(), (1000.0, 100.0), "above", "y"),
        (fitted((60.0, 80.0), (6.0, 8.0)), (100.0, 10.0), "equal", "y"),
        (two(SMALL, FAR), (1000.0, 100.0), "above", "z"),
    ],
)
def test_what_it_shows(run: Run, sizes: tuple[float, ...], comparison: str, layer: str) -> None:
    found = flagged("ZA208", run)
    target, ratio, loss = found.evidence
    assert (target.value, target.threshold, target.comparison) == (sizes[0], 100.0, comparison)
    assert (ratio.value, ratio.threshold, ratio.comparison) == (sizes[1], 10.0, comparison)
    assert (target.layer, ratio.layer, ratio.last_step) == (layer, layer, 199)
    assert loss.tag == "zeroacc/epoch/loss"
    assert "200 steps" in found.context
    assert tier_of(RULES["ZA208"], found) is Tier.STRONG


def test_the_fix_fits_how_targets_are_given() -> None:
    arrays, dataset = (Fit(epochs=10, from_arrays=given) for given in (True, False))
    assert flagged("ZA208", fitted(contract=replace(head(), fit=arrays))).fix is None
    fix = flagged("ZA208", fitted(contract=replace(head(), fit=dataset))).fix
    assert fix is not None
    assert fix.code.splitlines()[:2] == [
        "+ mean, std = 600, 800  # of the targets",
        "+ dataset = dataset.map(lambda x, y: (x, (y - mean) / std))",
    ]


def test_the_fix_names_its_output_where_there_are_several() -> None:
    fix = flagged("ZA208", two(((600.0, 800.0), (6.0, 8.0)), ((1.0, 1.0), (1.0, 1.0)))).fix
    assert fix is not None
    assert '+ y["y"] = (y["y"] - mean) / std' in fix.code
