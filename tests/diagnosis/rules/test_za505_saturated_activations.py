"""ZA505 saturated-activations."""

from __future__ import annotations

from tb_zeroacc.diagnosis.answers import Passed
from tests.diagnosis.rules.asking import answer
from tests.diagnosis.rules.planted.numbers import hidden


def test_an_output_is_no_hidden_layer() -> None:
    assert isinstance(answer("ZA505", hidden("saturated_share", [0.2] * 20)), Passed)
