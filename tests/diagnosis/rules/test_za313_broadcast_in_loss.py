"""ZA313 broadcast-in-loss."""

from __future__ import annotations

from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, NotApplicable, Passed, Tier
from tb_zeroacc.facts import End, Shapes, Tensor
from tb_zeroacc.run import Run
from tests.diagnosis.planted import a_curve, a_run
from tests.diagnosis.rules.asking import check, flagged
from tests.diagnosis.rules.planted.contracts import MSE, RECORD, SCCE, head, labels

OWN: dict[str, Any] = {"loss_class": "MyLoss"}
RAISED = End("exception", 0, exception="InvalidArgumentError", text="Incompatible shapes")


def met(labels: tuple[int | None, ...], made: tuple[int | None, ...]) -> Shapes:
    return Shapes(labels=(Tensor("y", (None, *labels), "float32"),),
                  outputs=(Tensor("y", (None, *made), "float32"),))  # fmt: skip


def mse(*parts: Any, shapes: Shapes, units: int = 3, **more: Any) -> Run:
    contract = head(MSE, "linear", units, compared_crosswise=False)
    return a_run(contract, *parts, shapes=shapes, **more)


ZA313: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "n x n": (
        a_run(head("my_loss", "linear", 1, compared_crosswise=True, **OWN), shapes=met((), (1,))),
        None),
    "n x n, shapes unknown": (a_run(head(None, "linear", 1, compared_crosswise=True)), None),
    "each its own": (a_run(head("my_loss", "linear", 1, compared_crosswise=False, **OWN)), Passed),
    "one label for three units": (mse(shapes=met((1,), (3,))), Tier.SMELL),
    "a vector for three units": (mse(shapes=met((), (3,)), end=RAISED), None),
    "it learns them": (
        mse(labels(0, 1, 0.0, std=1), a_curve([1.0, 0.1]), shapes=met((1,), (3,))), Passed),
    "three of each": (mse(shapes=met((3,), (3,))), Passed),
    "sequences": (mse(shapes=met((7, 1), (7, 3))), Passed),
    "one unit": (mse(shapes=met((), (1,)), units=1), Passed),
    "not traced": (a_run(head("my_loss", "linear", 1, **OWN)), CannotTell),
    "by Keras' own record": (a_run(head(SCCE, "softmax", 10, **RECORD)), NotApplicable),
    "no contract": (a_run(), CannotTell),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), ZA313.values(), ids=ZA313.keys())
def test_broadcast_in_loss(run: Run, want: type[Answer] | Tier | None) -> None:
    check("ZA313", run, want)


def test_it_shows_both_shapes() -> None:
    found = flagged("ZA313", ZA313["n x n"][0])
    assert [fact.text for fact in found.evidence[1:]] == [
        "labels of shape (n,)", "outputs of shape (n, 1)",
    ]  # fmt: skip
    raised = flagged("ZA313", ZA313["a vector for three units"][0])
    assert raised.summary == "Labels (n,) do not fit the 3 units of `y`."
