"""Pictures of the model's inside."""

from __future__ import annotations

from typing import Any

import pytest

from tb_zeroacc.facts import End
from tb_zeroacc.picturing.choosing import picture_of
from tb_zeroacc.run import Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import flagged
from tests.picturing.finding import a_finding

LOSSES = a_table("loss", {"loss": {"loss": [2000.0, 2.0]}}, steps=[0, 1])
COUNTS = a_table("label_counts", {"y": {str(k): 50.0 for k in range(10)}})
STUCK = (a_contract(), COUNTS, LOSSES, a_curve([2.3] * 10))


def drawn(code: str, run: Run) -> Any:
    """What is drawn of a finding as its rule makes it."""
    found = flagged(code, run)
    return picture_of(a_finding(code, *found.evidence, layers=found.layers), run)


def sizes(*rms: float) -> Any:
    rows = {f"dense_{n}": {"rms": size} for n, size in enumerate(rms)}
    return a_table("activations", {**rows, "head": {"rms": 0.3}}, steps=[0])


# Sizes of the hidden layers in the first sample; which bar is marked, and whether by logarithm.
LOUD: dict[str, tuple[tuple[float, ...], int, bool]] = {
    "from layer to layer": ((1.0, 40.0, 2000.0), 2, True),
    "in the middle": ((1.0, 2000.0, 40.0), 1, True),
    "beside one that is lost": ((float("inf"), 3.0, 2.0), 0, False),  # of those that are drawn
}


@pytest.mark.parametrize(("rms", "largest", "log"), LOUD.values(), ids=LOUD)
def test_a_first_loss_that_is_too_large_shows_where_signals_have_grown(
    rms: tuple[float, ...], largest: int, log: bool
) -> None:
    picture = drawn("ZA602", a_run(sizes(*rms), *STUCK))
    assert picture is not None
    assert picture["kind"] == "bars"
    assert (picture["wrong"], picture["log"], picture["limit"]) == ([largest], log, None)


def test_without_layers_on_record_the_first_loss_has_its_curve_alone() -> None:
    assert drawn("ZA602", a_run(*STUCK)) is None


def test_where_training_refuses_to_begin_no_variable_has_a_gradient() -> None:
    end = End("exception", 0, exception="ValueError", text="No gradients provided for any variable")
    picture = drawn("ZA314", a_run(a_contract(), end=end))
    assert picture is not None
    assert picture["kind"] == "bars"
    assert picture["names"] == ["dense/kernel", "dense/bias", "head/kernel", "head/bias"]
    assert picture["groups"][0]["values"] == [0, 0, 0, 0]
    assert picture["wrong"] == [0, 1, 2, 3]


def test_where_some_variables_have_a_gradient_the_others_are_marked() -> None:
    rows = {"dense/kernel": {"present": 0.0}, "head/kernel": {"present": 1.0, "rms": 0.2}}
    picture = drawn("ZA314", a_run(a_contract(), a_table("gradients", rows)))
    assert picture is not None
    assert picture["kind"] == "bars"
    assert (picture["groups"][0]["values"], picture["wrong"]) == ([0, 0.2], [0])
