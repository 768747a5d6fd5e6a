"""ZA305 sigmoid-output-for-classes."""

from __future__ import annotations

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, NotApplicable, Passed, Tier
from tb_zeroacc.run import Run
from tests.diagnosis.planted import a_run
from tests.diagnosis.rules.asking import check, flagged
from tests.diagnosis.rules.planted.contracts import (
    BCE,
    CCE,
    DIGITS,
    EVEN,
    LEARNS,
    MSE,
    SCCE,
    STUCK,
    head,
    labels,
    rows,
)

LOGITS = {"from_logits": True}
ZA305: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "sigmoid, class numbers": (
        a_run(head(SCCE, "sigmoid", 10), labels(0, 9), DIGITS, *STUCK), Tier.SMELL),
    "sigmoid, one-hot": (
        a_run(head(CCE, "sigmoid", 4), rows(1, 1), DIGITS, *STUCK), Tier.SMELL),
    "sigmoid, mixed rows": (
        a_run(head(CCE, "sigmoid", 4), rows(1, 1, integer_share=0.5), DIGITS, *STUCK), Tier.SMELL),
    "accuracy unknown": (a_run(head(CCE, "sigmoid", 4), rows(1, 1)), Tier.SMELL),
    "it learns": (a_run(head(SCCE, "sigmoid", 10), labels(0, 9), DIGITS, *LEARNS), Tier.SMELL),
    "the loss learns, accuracy does not": (
        a_run(head(SCCE, "sigmoid", 10), labels(0, 9), DIGITS, LEARNS[0], STUCK[1]), None),
    "accuracy learns, the loss does not": (
        a_run(head(SCCE, "sigmoid", 10), labels(0, 9), DIGITS, STUCK[0], LEARNS[1]), Tier.SMELL),
    "63 rows": (a_run(head(CCE, "sigmoid", 4), rows(1, 1, examples=63)), CannotTell),
    "softmax, several labels": (a_run(head(CCE, "softmax", 4), rows(0, 3)), None),
    "softmax, binary loss": (a_run(head(BCE, "softmax", 4), rows(0, 3)), None),
    "logits, several labels": (a_run(head(CCE, "linear", 4, **LOGITS), rows(0, 3)), None),
    "sigmoid, categorical loss": (a_run(head(CCE, "sigmoid", 4), rows(1, 3)), None),
    "1.1 labels a row": (a_run(head(CCE, "softmax", 4), rows(0, 2, mean=1.1001 / 4)), None),
    "fewer": (a_run(head(CCE, "softmax", 4), rows(0, 2, mean=1.09 / 4)), Tier.SMELL),
    "several, it learns": (
        a_run(head(BCE, "softmax", 2), rows(0, 2, 2), EVEN, *LEARNS), Tier.SMELL),
    "as it should be": (a_run(head(BCE, "sigmoid", 4), rows(0, 3)), Passed),
    "logits as they should be": (a_run(head(BCE, "linear", 4, **LOGITS), rows(0, 3)), Passed),
    "softmax, one-hot": (a_run(head(CCE, "softmax", 4), rows(1, 1)), Passed),
    "rows without a label": (a_run(head(CCE, "softmax", 4), rows(0, 1)), Passed),
    "softmax, class numbers": (a_run(head(SCCE, "softmax", 10), labels(0, 9)), Passed),
    "smoothed rows": (a_run(head(CCE, "softmax", 4), rows(1, 1, integer_share=0)), Passed),
    "counts in the rows": (a_run(head(CCE, "softmax", 4), rows(0, 9, max=9)), Passed),
    "labels unknown": (a_run(head(CCE, "sigmoid", 4), rows(1, 1, min=float("nan"))), CannotTell),
    "one unit": (a_run(head(BCE, "sigmoid", 1), labels(0, 1)), NotApplicable),
    "squared error": (a_run(head(MSE, "sigmoid", 4), rows(0, 3)), NotApplicable),
    "no labels": (a_run(head(CCE, "sigmoid", 4)), CannotTell),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), ZA305.values(), ids=ZA305.keys())
def test_sigmoid_output_for_classes(run: Run, want: type[Answer] | Tier | None) -> None:
    check("ZA305", run, want)


def test_it_tells_the_two_apart() -> None:
    one = flagged("ZA305", ZA305["sigmoid, one-hot"][0])
    several = flagged("ZA305", ZA305["softmax, several labels"][0])
    assert "exactly one of the 4 classes" in one.summary
    assert "up to 3 labels at once" in several.summary
    assert one.fix is not None
    assert several.fix is not None
    assert one.fix.code.endswith('+ keras.layers.Dense(4, activation="softmax")')
    assert '+ keras.layers.Dense(4, activation="sigmoid")' in several.fix.code
    assert several.fix.code.endswith(f'+ loss="{BCE}",')
