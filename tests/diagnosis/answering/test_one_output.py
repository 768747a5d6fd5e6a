"""Findings on one of several outputs say which."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tb_zeroacc.diagnosis.answering.one_output import with_its_output
from tb_zeroacc.diagnosis.answers import Evidence, Flagged, Passed
from tb_zeroacc.facts import Output
from tb_zeroacc.run import Run
from tests.diagnosis.planted import a_contract, a_run

KIND, SIZE = (Output(name, f"{name}_layer", loss="mse") for name in ("kind", "size"))


def run_of(*outputs: Output) -> Run:
    return a_run(replace(a_contract(), outputs=outputs))


def told(*layers: str | None, summary: str = "It is wrong.") -> Flagged:
    return Flagged(summary, evidence=tuple(Evidence("a number", layer=layer) for layer in layers))


@pytest.mark.parametrize(
    ("answer", "outputs", "summary"),
    [
        (told("size"), (KIND, SIZE), "It is wrong (output `size`)."),
        (told("size_layer", None), (KIND, SIZE), "It is wrong (output `size`)."),
        (told("size"), (SIZE,), "It is wrong."),
        (told("size", "kind"), (KIND, SIZE), "It is wrong."),
        (told("hidden"), (KIND, SIZE), "It is wrong."),
        (told("size", summary="`size` is wrong."), (KIND, SIZE), "`size` is wrong."),
    ],
)
def test_it_names_the_one(answer: Flagged, outputs: tuple[Output, ...], summary: str) -> None:
    found = with_its_output(answer, run_of(*outputs))
    assert isinstance(found, Flagged)
    assert found.summary == summary


def test_other_answers_stay() -> None:
    assert with_its_output(Passed("Fine."), run_of(KIND, SIZE)) == Passed("Fine.")
