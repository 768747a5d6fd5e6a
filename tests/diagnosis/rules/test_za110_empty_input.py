"""ZA110 empty-input."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import RULES
from tb_zeroacc.diagnosis.engine import tier_of
from tb_zeroacc.facts import Fit
from tb_zeroacc.run import Run
from tests.diagnosis.planted import a_contract, a_run, a_table
from tests.diagnosis.rules.asking import answer, flagged
from tests.diagnosis.rules.planted.feeding import BEATS, STUCK, epochs

SAMPLED = a_table("loss", {"loss": {"loss": [0.9, 0.8]}}, epochs=[0, 1])

OWN_LOOP = a_contract(fit=Fit())  # nobody asked `fit` for epochs


def own_loop(*sizes: int | None) -> Run:
    return a_run(OWN_LOOP, epochs=epochs(*sizes))


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
    "a loop whose episodes get shorter": (own_loop(63, 50, 26, 21), Passed),
    "a loop that fills a buffer first": (own_loop(0, 0, 0, 40), Passed),
    "a loop that takes no step in its last epoch": (own_loop(40, 40, 40, 0), Passed),
    "a loop without data for half of the epochs": (own_loop(40, 40, 0, 0), Flagged),
    "a loop that took no step": (own_loop(0, 0), Flagged),
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


@pytest.mark.parametrize(
    ("sizes", "tier"), [((0, 0), Tier.DEFINITE), ((40, 0, 0), Tier.STRONG)]
)
def test_how_sure_it_is_of_a_loop(sizes: tuple[int, ...], tier: Tier) -> None:
    assert tier_of(RULES["ZA110"], flagged("ZA110", own_loop(*sizes))) is tier


def test_it_begins_with_the_first_dry_epoch() -> None:
    found = flagged("ZA110", a_run(*STUCK, epochs=epochs(10, 10, 2)))
    assert found.since == 20
    assert found.summary == "The data ran out: epoch 3 trained on 2 of 10 batches."
    assert found.evidence[1].tag == "zeroacc/epoch/loss"
