"""ZA206 labels-independent-of-inputs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, NotApplicable, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE, RULES
from tb_zeroacc.diagnosis.computed.data.association import Association, association_of
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.engine import diagnose, tier_of
from tb_zeroacc.diagnosis.rules import za206_labels_independent_of_inputs as za206
from tb_zeroacc.facts import Contract, End, Epoch, Fit, Layer
from tb_zeroacc.run import Role, Run, Split
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import answer, flagged

NAN = float("nan")
# Targets of variance 1 on squared error: the baseline is 1, so that losses are shares of it.
REGRESSION = a_contract(loss="mean_squared_error", activation="linear", units=1)
STUCK = (1.05, 1.0, 0.97, 0.96)
BY_HEART = (1.0, 0.5, 0.2, 0.1)
RANDOM = (1.08, 1.05, 1.2, 1.4)  # validation on random targets
KERNEL = "dense/kernel"


def fed(
    *more: Any,
    r: float = 0.02,
    examples: float | None = 2000.0,
    loss: Sequence[float] = STUCK,
    held: Sequence[float] = (),
    steps: int = 200,
    update: Any = 1e-3,
    contract: Contract | None = None,
    **fields: Any,
) -> Run:
    """Labels that no input column tells anything about, after 200 steps with healthy updates."""
    labels = {"mean": 0.0, "std": 1.0, "count": 32.0, "examples": 32.0, "units": 1.0}
    parts: list[Any] = [
        contract or REGRESSION,
        a_table("labels", {"y": labels}, steps=[0, steps - 1]),
        a_table("association", {"x[0]": {"y": r}, "x[1]": {"y": 0.01}}),
        a_table("weights", {KERNEL: {"update_ratio": update, "rms": 0.1}}),
        a_curve(loss),
    ]
    if examples is not None:
        row = {"examples": {"examples": examples}}
        parts.append(a_table("association_examples", row, columns=("examples",)))
    if held:
        parts.append(a_curve(held, split=Split.VALIDATION))
    return a_run(*parts, *more, **fields)


def penalised(penalty: float) -> Run:
    """The validation loss holds the regularisers' penalty; its own part may be small."""
    terms = {"loss": 0.9, "data_loss": 0.9 - penalty, "penalty": penalty}
    losses = a_table("loss", {"loss": terms}, steps=[0, 199])
    return fed(losses, loss=(1.8, 1.4, 1.1, 0.9), held=(1.6, 1.4, 1.2, 1.0))


def weighted(mean: float, held: Sequence[float], loss: Sequence[float]) -> Run:
    """Class weights scale the training loss, not that of validation."""
    return fed(a_table("sample_weights", {"y": {"mean": mean}}), held=held, loss=loss)


def of_own_variance(std: float, held: Sequence[float]) -> Run:
    labels = {"mean": 0.0, "std": std, "count": 32.0, "examples": 32.0, "units": 1.0}
    return fed(a_table("validation_labels", {"y": labels}), held=held, loss=(1, 0.6, 0.4, 0.3))


LONG_FALL = [1.0 - 0.009 * i for i in range(100)]
EARLY_BEST = [1.0, 0.9, 0.95, 1.05, *[1.1 + 0.001 * i for i in range(96)]]


def test_random_targets_learned_by_heart_are_not_learned() -> None:
    told = diagnose(fed(loss=BY_HEART, held=RANDOM), CATALOGUE, strict=True)
    assert told.findings[0].code == "ZA206"
    assert told.outcome is Outcome.NOT_LEARNING


def classes(loss: Sequence[float], accuracy: float, **more: Any) -> Run:
    """Two even classes; losses are in shares of the entropy, ln 2."""
    binary = a_contract(loss="binary_crossentropy", activation="sigmoid", units=1)
    return fed(
        a_table("label_counts", {"y": {"0": 500.0, "1": 500.0}}),
        a_curve([0.5, accuracy], Role.ACCURACY),
        contract=binary, loss=[share * math.log(2) for share in loss], **more,
    )  # fmt: skip


def front(kind: str, **more: Any) -> Run:
    """A layer of this class before the first kernel."""
    dense = Layer("dense", "Dense", "relu", 8, variables=(KERNEL,))
    contract = a_contract(Layer("front", kind), dense, loss="mean_squared_error", units=1)
    return fed(contract=contract, **more)


def behind(kind: str) -> Run:
    """A layer of this class after the first kernel."""
    dense = Layer("dense", "Dense", "relu", 8, variables=(KERNEL,))
    return fed(contract=a_contract(dense, Layer("b", kind), loss="mean_squared_error", units=1))


def without(missing: str) -> Run:
    kept = [table for kind, table in fed().tables.items() if kind != missing]
    return a_run(REGRESSION, a_curve(STUCK), *kept)


def weights(rows: dict[str, dict[str, Any]]) -> Run:
    return fed(a_table("weights", rows))


def float32_beside(value: float, towards: float) -> float:
    """The next float32 that lies beyond `value`, as tables hold them."""
    near = np.float32(value)
    beyond = (near > value) if towards > value else (near < value)
    return float(near if beyond else np.nextafter(near, np.float32(towards)))


# Where p over two pairs and 2000 examples comes to 1e-4: Fisher's z, solved for r.
EDGE = math.tanh(NormalDist().inv_cdf(1 - 1e-4 / 2 / 2) / math.sqrt(2000.0 - 3))
NO_BASELINE = "constant prediction"
TOO_FEW = "at least 200 are needed"
NO_R = "correlation of inputs and labels"
UPDATES = "of the weights"

ZA206: dict[str, tuple[Run, type[Answer], str]] = {
    # --- what the validation loss is held against
    "a penalty in it": (penalised(0.7), CannotTell, "without regularisers"),
    "hardly a penalty in it": (penalised(0.001), Flagged, "never better than a constant"),
    "class weights": (
        weighted(0.1, (0.9, 0.7, 0.5, 0.4), (0.1, 0.06, 0.04, 0.03)), CannotTell, "weights"),
    "class weights, learned": (
        weighted(0.1, (0.9, 0.5, 0.2, 0.05), (0.1, 0.06, 0.04, 0.03)), Passed, "fell"),
    "large weights, random": (weighted(10.0, RANDOM, [10 * v for v in STUCK]), CannotTell, ""),
    "its own variance": (of_own_variance(2.0, (3.0, 2.0, 1.5, 1.2)), Passed, "fell to 1.2"),
    "its own variance, never below": (
        of_own_variance(1.0, (1.2, 1.1, 1.0, 1.1)), Flagged, "never better"),
    "its best was early and short": (
        fed(loss=LONG_FALL, held=EARLY_BEST), CannotTell, "than sampling"),
    "few long epochs that acquit": (
        fed(loss=(1.0, 0.98, 0.96), held=(0.95, 0.88, 0.84)), Passed, "fell to 0.84"),
    "few long epochs between": (
        fed(loss=(1.0, 0.98, 0.96), held=(0.95, 0.92, 0.9)), CannotTell, "than sampling"),
    # --- the fault
    "permuted, no validation": (fed(), Flagged, "96 % of its baseline"),
    "permuted classes": (classes(STUCK, 0.55), Flagged, "96 % of its baseline"),
    "permuted, with validation": (fed(held=RANDOM), Flagged, "never better than a constant"),
    "learned by heart": (fed(loss=BY_HEART, held=RANDOM), Flagged, "never better than a constant"),
    "nothing varies together": (fed(r=0.0), Flagged, "96 % of its baseline"),
    # --- not to be judged at all
    "a loss of one's own": (fed(contract=a_contract(loss="mine")), CannotTell, NO_BASELINE),
    "one class only, a baseline of 0": (
        fed(a_table("label_counts", {"y": {"0": 500.0, "1": 0.0}}),
            contract=a_contract(units=2)), CannotTell, NO_BASELINE),
    "no contract": (a_run(*fed().tables.values(), a_curve(STUCK)), CannotTell, NO_BASELINE),
    "the loss broke": (fed(loss=(1.0, 1.0, NAN)), NotApplicable, "not finite"),
    "the loss ran off": (fed(loss=(1.0, math.inf)), NotApplicable, "not finite"),
    # --- labels depend on inputs
    "one column is correlated": (fed(r=0.3), Passed, "`x[0]` and `y` are correlated"),
    "correlated, of ids": (front("Embedding", r=0.3), Passed, "chance is ruled out"),
    "correlated the other way": (fed(r=-0.3, held=RANDOM), Passed, "r = -0.3"),
    "correlated, after ten steps": (fed(r=0.3, steps=10), Passed, "chance is ruled out"),
    "p just under the limit": (fed(r=EDGE * (1 + 1e-6)), Passed, "chance is ruled out"),
    "p just over the limit": (fed(r=EDGE * (1 - 1e-6)), Flagged, "96 % of its baseline"),
    "strong, by three examples": (fed(r=0.99, examples=3.0), Flagged, "96 % of its baseline"),
    # --- XOR: no column is correlated, and yet it is learned
    "XOR, validation learns": (
        fed(loss=(1.0, 0.6, 0.3, 0.1), held=(1.0, 0.7, 0.4, 0.3)), Passed, "fell to 0.3"),
    "XOR, overfitted": (
        fed(loss=BY_HEART, held=(1.0, 0.84, 1.3, 1.6)), Passed, "fell to 0.84"),
    "XOR, training learns": (fed(loss=(1.0, 0.8, 0.6, 0.49)), Passed, "beats its baseline"),
    "XOR, both classes told": (classes((1.0, 0.6, 0.3), 0.99), Passed, "beats its baseline"),
    "XOR, half way": (fed(loss=(1.0, 0.8, 0.7, 0.6)), CannotTell, "without validation"),
    "XOR, loss but not accuracy": (
        classes((1.0, 0.8, 0.4), 0.6), CannotTell, "without validation"),
    "XOR, on its way": (fed(loss=(1.0, 1.0, 1.0, 0.9)), CannotTell, "still falls"),
    "half of the baseline is not beaten": (
        fed(loss=(1.0, 0.6, 0.5, 0.5)), CannotTell, "look the same"),
    # --- the validation loss against .98 of the baseline
    "validation on the limit": (fed(held=(1.1, 0.98, 1.1, 1.1)), Flagged, "0.98 against 1"),
    "validation just below": (fed(held=(1.1, 0.979, 1.1, 1.1)), CannotTell, "than sampling"),
    "validation on the clear limit": (
        fed(held=(1.1, 0.8501, 1.1, 1.1)), CannotTell, "than sampling"),
    "validation clearly below": (fed(held=(1.1, 0.8499, 1.1, 1.1)), Passed, "fell to 0.85"),
    "validation of classes below": (
        classes(STUCK, 0.55, held=(0.69, 0.68, 0.67, 0.67)), Passed, "fell to 0.67"),
    "three points of validation are none": (
        fed(loss=BY_HEART, held=(1.1, 1.1, 1.1)), Passed, "beats its baseline"),
    "a late fall counts for nothing beside validation": (
        fed(loss=(1.0, 1.0, 1.0, 0.9), held=RANDOM), Flagged, "never better"),
    # --- steps
    "199 steps": (fed(steps=199), CannotTell, f"199 steps: {TOO_FEW}"),
    "a handful of steps, with validation": (
        fed(steps=20, held=RANDOM), CannotTell, f"20 steps: {TOO_FEW}"),
    "200 steps, by an epoch": (
        fed(steps=20, epochs=(Epoch(0, 200, 200),)), Flagged, "96 % of its baseline"),
    "199 steps, by its end": (fed(steps=20, end=End("finished", 199)), CannotTell, TOO_FEW),
    "200 steps, by its end": (fed(steps=20, end=End("finished", 200)), Flagged, "96 %"),
    # --- correlations that are not there, or mean nothing
    "no correlation on record": (without("association"), CannotTell, NO_R),
    "of unknown examples": (fed(examples=None), CannotTell, NO_R),
    "constant columns": (fed(a_table("association", {"x[0]": {"y": NAN}})), CannotTell, NO_R),
    "ids to embed": (front("Embedding"), CannotTell, NO_R),
    "strings to look up": (front("StringLookup"), CannotTell, NO_R),
    "text": (front("TextVectorization"), CannotTell, NO_R),
    "hashes": (front("Hashing"), CannotTell, NO_R),
    "scaled in the model": (front("Normalization"), Flagged, "96 % of its baseline"),
    "an embedding of what was computed": (behind("Embedding"), Flagged, "96 % of its baseline"),
    # --- where the training loss ends, without validation
    "one point of the loss": (fed(loss=(0.96,)), CannotTell, "two points"),
    "two points of the loss": (fed(loss=(0.97, 0.96)), Flagged, "96 % of its baseline"),
    "ends at 1.1": (fed(loss=(1.2, 1.1, 1.1, 1.1)), Flagged, "110 % of its baseline"),
    "ends above 1.1": (fed(loss=(1.2, 1.1, 1.1, 1.101)), CannotTell, "1.1 times its baseline"),
    "ends above 1.1, with validation": (
        fed(loss=(1.2, 1.1, 1.1, 1.101), held=RANDOM), CannotTell, "1.1 times its baseline"),
    "ends at .85": (fed(loss=(1.0, 0.9, 0.86, 0.85)), Flagged, "85 % of its baseline"),
    "ends under .85": (fed(loss=(1.0, 0.9, 0.86, 0.849)), CannotTell, "look the same"),
    "fell by 5 % of late": (fed(loss=(1.0, 1.0, 0.948, 0.9006)), CannotTell, "still falls"),
    "fell by less of late": (fed(loss=(1.0, 1.0, 1.0, 0.951)), Flagged, "95 % of its baseline"),
    "rose of late": (fed(loss=(1.0, 0.95, 0.9, 1.0)), Flagged, "100 % of its baseline"),
    # --- whether learning was possible
    "updates at the lower limit": (fed(update=float32_beside(1e-4, 0.0)), CannotTell, UPDATES),
    "updates just above it": (fed(update=float32_beside(1e-4, 1.0)), Flagged, "96 %"),
    "updates at the upper limit": (fed(update=float32_beside(0.1, 1.0)), CannotTell, UPDATES),
    "updates just below it": (fed(update=float32_beside(0.1, 0.0)), Flagged, "96 %"),
    "too low a rate, with validation": (fed(update=1e-6, held=RANDOM), CannotTell, UPDATES),
    "the median update counts": (fed(update=[4.0, 1e-3, 1e-3]), Flagged, "96 %"),
    "mostly wild": (fed(update=[4.0, 4.0, 1e-3]), CannotTell, UPDATES),
    "the largest kernel counts": (
        weights({KERNEL: {"update_ratio": 1e-6, "rms": 0.1},
                 "head/kernel": {"update_ratio": 1e-3, "rms": 0.1}}), Flagged, "96 %"),
    "biases do not count": (
        weights({KERNEL: {"update_ratio": 1e-3, "rms": 0.1},
                 "dense/bias": {"update_ratio": 1e9, "rms": 1.0}}), Flagged, "96 %"),
    "no kernel": (
        weights({"dense/bias": {"update_ratio": 1e-3, "rms": 0.1}}), CannotTell, "no update"),
    "a kernel of zeros": (
        weights({KERNEL: {"update_ratio": 1e9, "rms": 0.0}}), CannotTell, "no update"),
    "updates not finite": (fed(update=NAN), CannotTell, "no update"),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want", "said"), ZA206.values(), ids=ZA206.keys())
def test_labels_independent_of_inputs(run: Run, want: type[Answer], said: str) -> None:
    found = answer("ZA206", run)
    assert isinstance(found, want), found
    assert said in (found.summary if isinstance(found, Flagged) else found.reason), found


def test_the_planted_edge_is_the_limit_of_p() -> None:
    found = association_of(fed(r=EDGE))
    assert found is not None
    assert math.exp(found.log_p) == pytest.approx(za206.CHANCE, rel=1e-4)


@pytest.mark.parametrize(
    ("log_p", "want"),
    [
        (math.log(1e-4), Flagged),
        (math.nextafter(math.log(1e-4), -math.inf), Passed),
        (-486.0, Passed),
        (0.0, Flagged),
    ],
)
def test_the_limit_of_p_itself_is_still_chance(
    log_p: float, want: type[Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = Association(0.1, ("x[0]", "y"), 2000.0, log_p)
    monkeypatch.setattr(za206, "association_of", lambda run: planted)
    assert isinstance(answer("ZA206", fed()), want)


NEEDS = {
    "labels": without("labels"),
    "weights": without("weights"),
    "loss": a_run(REGRESSION, *fed().tables.values()),
}


@pytest.mark.parametrize(("kind", "run"), NEEDS.items(), ids=NEEDS.keys())
def test_it_asks_for_what_it_needs(kind: str, run: Run) -> None:
    found = answer("ZA206", run)
    assert isinstance(found, CannotTell), found
    assert [kind in need.what for need in found.needs] == [True], found.needs


def test_examples_that_came_again_prove_no_more() -> None:
    strong = fed(r=0.15, examples=2000.0)
    assert isinstance(answer("ZA206", strong), Passed)
    two_epochs_of_160 = (Epoch(0, 5, 5), Epoch(1, 200, 5))
    again = fed(r=0.15, examples=2000.0, epochs=two_epochs_of_160)
    assert isinstance(answer("ZA206", again), Flagged), "148 independent examples say less"


def test_what_it_shows_without_validation() -> None:
    ratio = a_curve([1e-3], Role.OTHER, tag="zeroacc/update_ratio", axis="step")
    found = flagged("ZA206", fed(ratio))
    loss, p, update = found.evidence
    assert (loss.value, loss.threshold, loss.comparison) == (0.96, 1.0, "equal")
    assert loss.tag == "zeroacc/epoch/loss"
    assert "variance of the targets" in loss.text
    assert p.threshold == 1e-4
    assert p.value == pytest.approx(0.7428, abs=1e-3), "two pairs, so twice the p of one"
    assert p.layer == "x[0]"
    assert update.value == pytest.approx(1e-3)
    assert update.tag == "zeroacc/update_ratio"
    assert (update.first_step, update.last_step) == (0, 199)
    assert found.rivals[0][0] == "ZA604"
    assert "0.001 of the weights" in found.context
    assert found.since == 0
    assert tier_of(RULES["ZA206"], found) is Tier.STRONG


@pytest.mark.parametrize(("best", "comparison"), [(1.05, "above"), (0.98, "equal")])
def test_what_it_shows_of_validation_comes_first(best: float, comparison: str) -> None:
    found = flagged("ZA206", fed(loss=BY_HEART, held=(1.1, best, 1.2, 1.4)))
    first, second = found.evidence[:2]
    assert (first.value, first.threshold, first.comparison) == (best, 0.98, comparison)
    assert first.tag == "zeroacc/epoch/val_loss"
    assert second.tag == "zeroacc/epoch/loss"
    said = "Validation is never better than a constant prediction"
    assert found.summary.startswith(f"{said} ({best} against 1)")


@pytest.mark.parametrize(
    ("run", "under_it"),
    [
        (fed(), "ZA704"),
        (fed(loss=(*BY_HEART, 0.05), held=(*RANDOM, 1.7)), "ZA605"),
    ],
)
def test_what_follows_from_it_folds_under_it(run: Run, under_it: str) -> None:
    told = diagnose(run, CATALOGUE, strict=True)
    assert told.findings[0].code == "ZA206"
    assert under_it in {c.code for c in told.findings[0].explains}


@pytest.mark.parametrize("from_arrays", [True, False])
def test_the_fix_shuffles_the_data_as_they_came(from_arrays: bool) -> None:
    contract = replace(REGRESSION, fit=Fit(epochs=10, from_arrays=from_arrays))
    fix = flagged("ZA206", fed(contract=contract)).fix
    assert (fix is None) is from_arrays
    assert fix is None or "Dataset.zip((images, labels)).shuffle" in fix.code


@pytest.mark.parametrize(
    ("run", "apart"),
    [
        (fed(loss=(1.0, 0.95, 0.9, 0.899), held=RANDOM), True),
        (fed(loss=(1.0, 0.95, 0.9, 0.9), held=RANDOM), False),
        (fed(loss=(1.0, 0.95, 0.9, 0.89)), False),  # what was learned may hold for others
        (classes(STUCK, 0.551, held=RANDOM), True),
        (classes(STUCK, 0.549, held=RANDOM), False),
    ],
    ids=["loss", "loss on its limit", "no validation", "accuracy", "accuracy below its limit"],
)
def test_it_stands_beside_a_loss_by_which_examples_were_learned(run: Run, apart: bool) -> None:
    assert flagged("ZA206", run).apart_from == (("ZA3",) if apart else ())


def test_it_claims_no_more_than_the_record_shows() -> None:
    found = flagged("ZA206", fed())
    assert "a hash, looks the same" in found.context
    assert "with the labels shuffled" in found.rivals[0][1]


def test_it_steps_back_behind_faults_of_the_data() -> None:
    zeros = {"mean": 0.0, "std": 0.0, "min": 0.0, "max": 0.0, "zero_share": 1.0}
    run = fed(a_table("inputs", {"x[0]": zeros, "x[1]": zeros}, steps=[0, 50, 199]))
    flagged("ZA206", run)  # alone it would speak
    told = diagnose(run, CATALOGUE, strict=True)
    hidden = told.checks["ZA206"]
    assert hidden == CannotTell("ZA102 (input-all-zero) hides it")
