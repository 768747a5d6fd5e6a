"""The calm part of the page."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import NotApplicable
from tb_zeroacc.diagnosis.context import context_of
from tb_zeroacc.diagnosis.overview import loss_against_baseline, overview_of
from tb_zeroacc.facts import Layer
from tb_zeroacc.run import Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import answer


def test_the_loss_is_drawn_against_its_baseline() -> None:
    fact = loss_against_baseline(context_of(a_run(a_contract(), a_curve([2.3, 1.0, 0.2]))))
    assert fact is not None
    assert fact.threshold == pytest.approx(math.log(10))
    assert (fact.value, fact.comparison, fact.tag) == (0.2, "below", "zeroacc/epoch/loss")


def test_without_a_loss_there_is_no_curve() -> None:
    assert loss_against_baseline(context_of(a_run())) is None


def test_update_ratio_leaves_biases_out() -> None:
    """A zero bias has a huge ratio in every healthy net."""
    weights = a_table(
        "weights",
        {
            "dense/kernel": {"update_ratio": 0.01, "unit_spread": 0.1},
            "dense/bias": {"update_ratio": 1e9},
        },
    )
    facts = {fact.text: fact for fact in overview_of(context_of(a_run(weights)))}
    assert facts["update ÷ weights, largest"].value == pytest.approx(0.01)
    told = facts["update ÷ weights, largest"]
    assert (told.comparison, told.member) == ("below", "zeroacc")
    assert (told.axis, told.first_step, told.last_step) == ("step", 0, 0)


def test_a_run_without_tables_has_no_numbers_to_show() -> None:
    assert overview_of(context_of(a_run())) == ()


RELU_OUTPUT = a_contract(activation="relu")
NAN = float("nan")


def shares(**layers: Any) -> Any:
    """Dead shares of layers, over eight samples; the last two are those that count."""
    rows = {name: {"dead_unit_share": share, "rms": 1.0} for name, share in layers.items()}
    return a_table("activations", rows, steps=list(range(8)))


# What is on record; the number that is shown, and whether it is a healthy one.
DEAD: dict[str, tuple[Run, float | None, bool | None]] = {
    "dead": (a_run(a_contract(), shares(dense=1.0, head=NAN)), 1.0, False),
    "alive": (a_run(a_contract(), shares(dense=0.4, head=NAN)), 0.4, True),
    "one odd batch at the end": (
        a_run(a_contract(), shares(dense=[0.4] * 7 + [1.0], head=NAN)), 0.7, True),
    "units of the output are never dead": (
        a_run(RELU_OUTPUT, shares(dense=0.4, head=1.0)), 0.4, True),
    "no ReLU": (a_run(a_contract(), shares(dense=NAN, head=NAN)), None, None),
    "only the output is a ReLU": (a_run(RELU_OUTPUT, shares(dense=NAN, head=1.0)), None, None),
    "few examples": (
        a_run(a_contract(), shares(dense=0.95, head=NAN),
              a_table("batch", {"x": {"examples": 4.0}})), 0.95, True),
}  # fmt: skip


@pytest.mark.parametrize(("run", "share", "healthy"), DEAD.values(), ids=DEAD)
def test_dead_units_are_told_where_the_check_on_them_applies(
    run: Run, share: float | None, healthy: bool | None
) -> None:
    context = context_of(run)
    fact = {f.text: f for f in overview_of(context)}.get("dead units, worst layer")
    assert (fact and fact.value) == (None if share is None else pytest.approx(share))
    assert (fact and fact.is_healthy) is healthy
    assert isinstance(answer("ZA504", run), NotApplicable) is (fact is None)


def fading(*rms: float, moved: float = 1e-9) -> Run:
    """Kernels with these gradients, input side first."""
    names = [f"dense_{n}" for n in range(len(rms))]
    layers = [Layer(name, "Dense", "relu", variables=(f"{name}/kernel",)) for name in names]
    kernel = {"update_ratio": moved, "unit_spread": 0.1, "rms": 0.1}
    return a_run(
        a_contract(*layers),
        a_table("gradients", {f"{n}/kernel": {"rms": r} for n, r in zip(names, rms, strict=True)}),
        a_table("weights", {f"{name}/kernel": kernel for name in names}),
    )


FADING: dict[str, tuple[Run, bool | None]] = {
    "it fades": (fading(1e-9, 1e-6, 1e-3, 1.0), False),
    "it does not": (fading(0.5, 0.6, 0.7, 1.0), True),
    "Adam makes up for it": (fading(1e-9, 1e-6, 1e-3, 1.0, moved=0.01), None),
}


@pytest.mark.parametrize(("run", "healthy"), FADING.values(), ids=FADING)
def test_how_far_gradients_fade_is_held_against_a_limit_where_it_harms(
    run: Run, healthy: bool | None
) -> None:
    facts = {fact.text: fact for fact in overview_of(context_of(run))}
    assert facts["gradient, first ÷ last kernel, median"].is_healthy is healthy


def test_nothing_fades_through_two_layers() -> None:
    texts = [fact.text for fact in overview_of(context_of(fading(1e-9, 1.0)))]
    assert not [text for text in texts if text.startswith("gradient")]
