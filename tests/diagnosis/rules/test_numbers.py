"""ZA501, ZA503, ZA504, ZA505, ZA509 on planted runs."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import (
    Answer,
    CannotTell,
    Flagged,
    NotApplicable,
    Passed,
    Tier,
)
from tb_zeroacc.diagnosis.rules.gradients import part
from tb_zeroacc.facts import Layer
from tb_zeroacc.run import Curve, Role, Run, Table
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import answer, flagged

NAN = math.nan
STEPS = list(range(20))


def steps_loss(*values: float) -> Curve:
    return a_curve(values, tag="zeroacc/loss", axis="step", headline=False)


def ten_classes(**sizes: float) -> Table:
    """Labels of ten equally frequent classes, so that the prior is ln 10."""
    return a_table("label_counts", {"y": {str(k): 100.0 for k in range(10)}})


STUCK = (a_contract(), ten_classes(), a_curve([2.31, 2.30, 2.30, 2.30]))
BEATS = (
    a_contract(),
    ten_classes(),
    a_curve([1.2, 0.5, 0.2, 0.1]),
    a_curve([0.6, 0.8, 0.9, 0.97], Role.ACCURACY),
)

# --- ZA501 ------------------------------------------------------------------------------------

ZA501: dict[str, tuple[Run, type[Answer]]] = {
    "NaN at a step": (a_run(steps_loss(0.7, 0.6, NAN, NAN), a_curve([NAN])), Flagged),
    "infinite": (a_run(a_curve([0.7, math.inf])), Flagged),
    "NaN from the first epoch": (a_run(a_curve([NAN] * 5), recorded=False), Flagged),
    "all finite, however large": (a_run(a_curve([1e30, 1e35])), Passed),
    "before learning starts": (a_run(a_curve([NAN, NAN, 0.5, 0.4, 0.3])), Passed),
    "another training loss that died": (
        a_run(
            a_curve([0.5] * 6),
            a_curve([0.5, 0.5, NAN, NAN, NAN], tag="generator_loss", headline=False),
        ),
        Flagged,
    ),
    "another loss that is empty": (
        a_run(a_curve([0.5] * 6), a_curve([NAN] * 5, tag="aux_loss", headline=False)),
        Passed,
    ),
    "reinforcement learning": (
        a_run(a_curve([NAN] * 5), a_curve([1.0, 2.0], Role.REWARD), recorded=False),
        NotApplicable,
    ),
    "no loss": (a_run(a_curve([NAN], Role.ACCURACY)), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), ZA501.values(), ids=ZA501.keys())
def test_loss_not_finite(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA501", run), want)


def test_a_single_nan_that_passed_is_a_smell() -> None:
    assert flagged("ZA501", a_run(a_curve([1.0, NAN, 0.8, 0.7, 0.6]))).tier is Tier.SMELL


def broken_at(kind: str, row: str, at: int, *others: Table) -> Run:
    """A loss that is NaN from step 5 on; one tensor holds two bad values from step `at` on."""
    counts = [0.0] * at + [2.0] * (8 - at)
    table = a_table(kind, {"first": {"non_finite_count": 0.0}, row: {"non_finite_count": counts}})
    losses = steps_loss(*[0.7] * 5, *[NAN] * 3)
    return a_run(table, *others, losses, a_curve([NAN]), a_contract())


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (broken_at("inputs", "x[3]", 5), "the input `x[3]`"),
        (broken_at("labels", "y", 5), "the labels `y`"),
        (broken_at("weights", "dense/kernel", 5), "the weights `dense/kernel`"),
        (broken_at("activations", "dense", 5), "the activations of `dense`"),
        (broken_at("outputs", "y", 5), "the output `y`"),
        (broken_at("gradients", "head/kernel", 4), "the gradient of `head/kernel`"),
    ],
    ids=["inputs", "labels", "weights", "activations", "outputs", "gradients"],
)
def test_names_the_tensor_that_was_first(run: Run, words: str) -> None:
    found = flagged("ZA501", run)
    assert words in found.summary
    assert found.since == 5
    assert found.mend is not None
    assert found.evidence[0].tag == "zeroacc/loss"
    assert found.evidence[1].value == 2


def test_within_a_step_the_earlier_tensor_was_first() -> None:
    later = a_table("activations", {"dense": {"non_finite_count": [0.0] * 5 + [9.0] * 3}})
    assert "the input" in flagged("ZA501", broken_at("inputs", "x[3]", 5, later)).summary


def test_an_overflow_that_was_skipped_was_not_first() -> None:
    """A scaled loss skips a step whose gradient overflowed; that is no beginning."""
    gone = [0.0, 4.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    table = a_table("gradients", {"dense/kernel": {"non_finite_count": gone}})
    run = a_run(table, steps_loss(*[0.7] * 5, *[NAN] * 3), a_curve([NAN]))
    assert "gradient" not in flagged("ZA501", run).summary


def test_the_loss_itself_was_first() -> None:
    run = broken_at("activations", "dense", 8)
    assert "the loss itself" in flagged("ZA501", run).summary


def test_samples_alone_tell_the_step() -> None:
    table = a_table("loss", {"loss": {"loss": [0.7, 0.6, NAN]}}, steps=[0, 10, 20])
    assert flagged("ZA501", a_run(table)).since == 20


# --- ZA503 ------------------------------------------------------------------------------------


def deep(
    first: float, *, layers: int = 4, moved: float = 1e-9, parts: tuple[Any, ...] = STUCK
) -> Run:
    """Kernels whose gradient grows from `first` to 1 towards the output."""
    names = [f"d{i}" for i in range(layers)]
    stack = [Layer(n, "Dense", "sigmoid", 8, variables=(f"{n}/kernel",)) for n in names]
    gradients = {
        f"{n}/kernel": {"rms": [first ** (1 - i / (layers - 1))] * 20}
        for i, n in enumerate(names)
    }
    weights = {
        f"{n}/kernel": {"rms": 0.1, "unit_spread": 0.1, "update_ratio": [moved] * 20}
        for n in names
    }
    others = [p for p in parts if isinstance(p, Table | Curve)]
    return a_run(
        a_table("gradients", gradients), a_table("weights", weights), a_contract(*stack), *others
    )


ZA503: dict[str, tuple[Run, type[Answer]]] = {
    "faded": (deep(1e-8), Flagged),
    "on the threshold": (deep(1.001e-4), Passed),
    "under the threshold": (deep(0.99e-4), Flagged),
    "exactly none is no fading": (deep(0.0), Passed),
    "the first layer moves all the same": (deep(1e-8, moved=1e-3), Passed),
    "stands still, on the threshold": (deep(1e-8, moved=1.001e-6), Passed),
    "three layers": (deep(1e-8, layers=3), NotApplicable),
    "muted": (deep(1e-8, parts=BEATS), Passed),
    "nothing recorded": (a_run(*STUCK), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), ZA503.values(), ids=ZA503.keys())
def test_vanishing_gradients(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA503", run), want)


def test_no_gradient_at_the_output_cannot_tell() -> None:
    run = deep(1e-8)
    run.tables["gradients"].values[:] = 0
    assert isinstance(answer("ZA503", run), CannotTell)


def test_vanishing_names_its_layers_and_number() -> None:
    found = flagged("ZA503", deep(1.6e-8))
    assert "-millionth" in found.summary
    assert found.layers == ("d0", "d1")
    assert found.since == 0
    assert found.mend is not None
    assert "sigmoid" in found.mend.code


@pytest.mark.parametrize(
    ("ratio", "words"),
    [(1.6e-8, "a 62-millionth"), (5e-5, "1/20 000"), (2e-10, "a 5-billionth"),
     (3e-14, "a 33-trillionth")],
)
def test_part(ratio: float, words: str) -> None:
    assert part(ratio) == words


def lost_weights(*counts: float) -> Run:
    """Finite losses over weights of which so many are not finite in each sample."""
    steps = [0, 10, 20, 200, 400][: len(counts)]
    rows = {"dense/kernel": {"non_finite_count": list(counts)}}
    losses = {"loss": {"loss": 2.3, "data_loss": 2.3}}
    return a_run(
        a_table("weights", rows, steps=steps), a_table("loss", losses, steps=steps), *STUCK
    )


def test_weights_that_are_lost_behind_a_finite_loss() -> None:
    found = flagged("ZA501", lost_weights(0, 0, 0, 64, 64))
    assert found.summary == (
        "Weights of `dense` are not finite at step 200 and for good; the loss hides it."
    )
    assert found.since == 21, "it may have begun right behind the last sound sample"
    assert isinstance(answer("ZA501", lost_weights(0, 64, 0, 0, 0)), Passed), "they recovered"


# --- ZA504, ZA505 -----------------------------------------------------------------------------


def hidden(
    column: str, values: list[float], *parts: Table | Curve | Any, examples: float = 32
) -> Run:
    activations = a_table("activations", {"dense": {column: values}, "head": {column: 1.0}})
    batch = a_table("batch", {"x": {"examples": examples}})
    return a_run(activations, batch, *(parts or STUCK))


UNITS: dict[str, tuple[list[float], type[Answer]]] = {
    "all": ([1.0] * 20, Flagged),
    "on the threshold": ([0.9] * 20, Flagged),
    "under the threshold": ([0.89] * 20, Passed),
    "half of them, as in health": ([0.5] * 20, Passed),
    "one batch": ([0.1] * 19 + [1.0], Passed),
    "only at first": ([1.0] * 10 + [0.3] * 10, Passed),
    "no such layer": ([NAN] * 20, NotApplicable),
}
BOTH = [("ZA504", "dead_unit_share"), ("ZA505", "saturated_share")]


@pytest.mark.parametrize(("code", "column"), BOTH)
@pytest.mark.parametrize(("values", "want"), UNITS.values(), ids=UNITS.keys())
def test_silent_units(code: str, column: str, values: list[float], want: type[Answer]) -> None:
    assert isinstance(answer(code, hidden(column, values)), want)


@pytest.mark.parametrize(("code", "column"), BOTH)
def test_silent_units_are_muted_once_the_prior_is_beaten(code: str, column: str) -> None:
    found = answer(code, hidden(column, [1.0] * 20, *BEATS))
    assert isinstance(found, Passed)
    assert "muted" in found.reason


@pytest.mark.parametrize(("code", "column"), BOTH)
def test_without_activations_it_cannot_tell(code: str, column: str) -> None:
    assert isinstance(answer(code, a_run(*STUCK)), CannotTell)


@pytest.mark.parametrize(("code", "column"), BOTH)
def test_it_begins_where_it_lasts(code: str, column: str) -> None:
    found = flagged(code, hidden(column, [0.1] * 3 + [0.95] * 17))
    assert found.since == 3
    assert found.layers == ("dense",)
    assert "since step 3" in found.summary


def test_layers_that_followed_later_are_not_called_dead_from_the_start() -> None:
    shares = {"dense": [0.1] * 3 + [1.0] * 17, "dense_1": [1.0] * 20, "dense_2": [1.0] * 20}
    rows = {name: {"dead_unit_share": values} for name, values in shares.items()}
    head = {"head": {"dead_unit_share": [NAN] * 20}}
    found = flagged("ZA504", a_run(a_table("activations", rows | head), *STUCK))
    assert found.layers == ("dense_1", "dense_2", "dense")
    assert found.summary == (
        "100 % of `dense_1` is dead from the first step on, and so is 1 more; "
        "1 more layer followed later."
    )


def test_an_output_is_no_hidden_layer() -> None:
    assert isinstance(answer("ZA505", hidden("saturated_share", [0.2] * 20)), Passed)


def test_in_small_batches_only_all_units_count() -> None:
    assert isinstance(answer("ZA504", hidden("dead_unit_share", [0.95] * 20, examples=4)), Passed)
    assert isinstance(answer("ZA504", hidden("dead_unit_share", [1.0] * 20, examples=4)), Flagged)


def test_an_initialiser_that_kills_is_shown() -> None:
    stack = (
        Layer("dense", "Dense", "relu", 64, bias_initializer="Constant(-50.0)"),
        Layer("head", "Dense", "softmax", 10, is_output=True),
    )
    run = hidden("dead_unit_share", [1.0] * 20, a_contract(*stack), *STUCK[1:])
    found = flagged("ZA504", run)
    assert found.mend is not None
    assert "Constant(-50.0)" in found.mend.code
    assert "from the first step" in found.summary


# --- ZA509 ------------------------------------------------------------------------------------


def spread(value: float, *parts: Any, samples: int = 20, examples: float = 32) -> Run:
    row = {"spread": [value] * samples, "examples": examples, "mean": 0.1, "units": 10}
    return a_run(a_table("outputs", {"y": row}), *(parts or STUCK))


SCALE = 0.3  # standard deviation of a share of one in ten
ZA509: dict[str, tuple[Run, type[Answer]]] = {
    "the same": (spread(0.0), Flagged),
    "nearly the same": (spread(0.99e-3 * SCALE), Flagged),
    "above the threshold": (spread(1.01e-3 * SCALE), Passed),
    "muted": (spread(0.0, *BEATS), Passed),
    "one example a batch": (spread(0.0, examples=1), NotApplicable),
    "first steps": (spread(0.0, samples=10), CannotTell),
    "unknown": (spread(NAN), CannotTell),
    "nothing recorded": (a_run(*STUCK), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), ZA509.values(), ids=ZA509.keys())
def test_constant_output(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA509", run), want)


def test_a_regression_is_held_against_its_targets() -> None:
    """Targets of tiny scale: outputs of that scale are no constant."""
    contract = a_contract(loss="mean_squared_error", activation="linear", units=1)
    labels = a_table("labels", {"y": {"mean": 0.0, "std": 1e-5, "count": 32.0}})
    outputs = {"y": {"spread": [5e-6] * 20, "examples": 32.0, "mean": 0.0}}
    run = a_run(contract, labels, a_table("outputs", outputs), a_curve([1.0] * 4))
    assert isinstance(answer("ZA509", run), Passed)
