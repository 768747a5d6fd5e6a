"""The optimizers, and which variables each of them updates."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tb_zeroacc.diagnosis.computed.optimizer.optimizer import (
    Group,
    groups_of,
    is_adaptive,
    optimizer_of,
    optimizer_words,
    variable_of,
)
from tb_zeroacc.facts import Optimizer
from tb_zeroacc.run import Run
from tests.diagnosis.planted import a_contract, a_run, a_table

ADAM = Optimizer("Adam", 0.001)
D = Optimizer("Adam", 0.001, name="d_optimizer", variables=("d/kernel",))
G = Optimizer("SGD", name="g_optimizer", variables=("g/kernel", "g/bias"))
WEIGHTS = a_table("weights", {row: {"rms": 1.0}
                              for row in ("g/kernel", "d/kernel", "d/kernel#1", "frozen/kernel")})


def trained_by(*optimizers: Optimizer) -> Run:
    contract = a_contract(optimizer=optimizers[0])
    return a_run(replace(contract, optimizers=optimizers) if len(optimizers) > 1 else contract)


def test_each_optimizer_has_its_rows_and_others_have_none() -> None:
    assert groups_of(trained_by(D, G), WEIGHTS) == [
        Group(D, (1, 2), " of `d_optimizer`"), Group(G, (0,), " of `g_optimizer`"),
    ]  # fmt: skip
    everything = (0, 1, 2, 3)
    assert groups_of(trained_by(ADAM), WEIGHTS) == [Group(ADAM, everything)]
    assert groups_of(a_run(), WEIGHTS) == [Group(None, everything)]
    unseen = replace(D, variables=()), replace(G, variables=())
    assert groups_of(trained_by(*unseen), WEIGHTS) == [Group(None, everything)]


def test_which_optimizer_updates_a_variable() -> None:
    assert variable_of("d/kernel#1") == "d/kernel"
    assert optimizer_of(trained_by(D, G), "d/kernel#1") is D
    assert optimizer_of(trained_by(D, G), "frozen/kernel") is None
    assert optimizer_of(trained_by(ADAM), "whatever") is ADAM


@pytest.mark.parametrize(
    ("run", "optimizer", "words"),
    [
        (trained_by(ADAM), ADAM, "Adam with learning_rate = 0.001"),
        (trained_by(D, G), D, "`d_optimizer` is Adam with learning_rate = 0.001"),
        (trained_by(D, G), G, "`g_optimizer` is SGD"),
        (a_run(), None, "The optimizer"),
    ],
)
def test_an_optimizer_in_words(run: Run, optimizer: Optimizer | None, words: str) -> None:
    assert optimizer_words(run, optimizer) == words


def test_who_scales_its_updates() -> None:
    assert [is_adaptive(one) for one in (ADAM, G, None)] == [True, False, False]
