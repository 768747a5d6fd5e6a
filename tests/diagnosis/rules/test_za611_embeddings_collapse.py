"""ZA611 embeddings-collapse."""

from __future__ import annotations

from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, NotApplicable, Passed
from tb_zeroacc.facts import Layer, Shapes, Tensor
from tb_zeroacc.run import Run
from tests.diagnosis.planted import a_contract, a_run, a_table
from tests.diagnosis.rules.asking import answer, flagged

FALLS = [0.3, 0.2, 0.1, 0.05, 0.02]
TRIPLETS, ROWS, PAIRS = (None, 3, 8), (None, 8), (None, 1)


def placed(
    *late: float,
    made: tuple[int | None, ...] = TRIPLETS,
    label: tuple[int | None, ...] = (None,),
    labels: tuple[float, float] = (0.0, 9.0),
    last: int = 600,
    layer: str = "Dense",
    **output: Any,
) -> Run:
    """A model whose outputs had a spread of .3 at first, and these in the second half."""
    asked = {"loss": "loss", "activation": "linear", "units": made[-1], **output}
    count = len(FALLS) + len(late)
    steps = [0, 1, 2, 3, 4, *range(last - len(late) + 1, last + 1)]
    return a_run(
        a_contract(Layer("head", layer, None, 8, is_output=True), **asked),
        a_table("outputs", {"y": {"spread": [*FALLS, *late]}}, steps=steps[:count]),
        a_table("labels", {"y": {"min": labels[0], "max": labels[1]}}),
        a_table("loss", {"loss": {"loss": 0.2}}),
        shapes=Shapes(
            inputs=(Tensor("x", (None, 3, 64), "float32"),),
            labels=(Tensor("y", label, "float32"),),
            outputs=(Tensor("y", made, "float32"),),
        ),
    )


ZA611: dict[str, tuple[Run, type[Answer]]] = {
    "all at one point": (placed(0.0, 0.0), Flagged),
    "just under the limit": (placed(0.00299, 0.002), Flagged),
    "on the limit": (placed(0.00301, 0.002), Passed),
    "a healthy one": (placed(0.3, 0.31), Passed),
    "a healthy one that draws together": (placed(0.1, 0.09), Passed),
    "the first steps": (placed(0.0, 0.0, last=19), CannotTell),
    "labels that are all alike": (placed(0.0, made=ROWS, labels=(0.0, 0.0)), Flagged),
    "labels of the same shape that are all alike": (
        placed(0.0, made=ROWS, label=ROWS, labels=(0.0, 0.0)), NotApplicable),
    "classes, by a loss of one's own": (placed(0.0, made=ROWS), NotApplicable),
    "classes, by a loss with a name": (placed(0.0, made=ROWS, loss="triplet_loss"), Flagged),
    "scaled to length 1": (placed(0.0, made=ROWS, layer="UnitNormalization"), Flagged),
    "one distance": (placed(0.0, made=PAIRS), NotApplicable),
    "shares": (placed(0.0, activation="softmax"), NotApplicable),
    "no outputs on record": (a_run(a_contract()), CannotTell),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), ZA611.values(), ids=ZA611.keys())
def test_embeddings_collapse(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA611", run), want)


def test_it_says_since_when() -> None:
    found = flagged("ZA611", placed(0.0, 0.0))
    assert found.since == 599
    assert found.evidence[0].threshold == pytest.approx(0.003)
