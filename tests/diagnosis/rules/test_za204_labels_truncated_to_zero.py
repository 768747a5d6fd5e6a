"""ZA204 labels-truncated-to-zero."""

from __future__ import annotations

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, NotApplicable, Passed
from tb_zeroacc.facts import Fit
from tb_zeroacc.run import Run
from tests.diagnosis.planted import a_run
from tests.diagnosis.rules.asking import check, flagged
from tests.diagnosis.rules.planted.contracts import BCE, CCE, MSE, SCCE, head, labels, rows

ZA204: dict[str, tuple[Run, type[Answer] | None]] = {
    "divided by 255": (a_run(head(SCCE, "softmax", 10), labels(0, 9 / 255, 0.1)), None),
    "divided by 10": (a_run(head(SCCE, "softmax", 10), labels(0, 0.9, 0.1)), None),
    "from 0 to 1": (a_run(head(SCCE, "softmax", 10), labels(0, 1, 0.2)), None),
    "none is 0": (a_run(head(SCCE, "softmax", 10), labels(0.1, 0.9, 0.0)), None),
    "a mask divided by 255": (a_run(head(BCE, "sigmoid", 1), labels(0, 1 / 255, 0.5)), None),
    "class numbers as floats": (a_run(head(SCCE, "softmax", 10), labels(0, 9)), Passed),
    "two classes": (a_run(head(SCCE, "softmax", 2), labels(0, 1)), Passed),
    "fractions beyond 1": (a_run(head(SCCE, "softmax", 10), labels(0, 1.1, 0.1)), Passed),
    "negative": (a_run(head(SCCE, "softmax", 10), labels(-0.1, 0.9, 0.1)), Passed),
    "probabilities": (a_run(head(BCE, "sigmoid", 1), labels(0, 0.9, 0.1)), Passed),
    "pixels": (a_run(head(BCE, "sigmoid", 64), labels(0, 1, 0.3)), Passed),
    "nearly 1/255": (a_run(head(BCE, "sigmoid", 1), labels(0, 1.01 / 255, 0.1)), Passed),
    "smoothed rows": (a_run(head(CCE, "softmax", 4), rows(1, 1, integer_share=0)), Passed),
    "squared error": (a_run(head(MSE, "linear", 1), labels(0, 0.9, 0.1)), NotApplicable),
    "labels unknown": (
        a_run(head(SCCE, "softmax", 10), labels(float("nan"), float("nan"))), CannotTell),
    "no labels": (a_run(head(SCCE, "softmax", 10)), CannotTell),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), ZA204.values(), ids=ZA204.keys())
def test_labels_truncated_to_zero(run: Run, want: type[Answer] | None) -> None:
    check("ZA204", run, want)


def test_it_names_what_they_were_divided_by() -> None:
    assert flagged("ZA204", ZA204["divided by 255"][0]).context.endswith("is 9 divided by 255.")
    assert "divided by" not in flagged("ZA204", ZA204["divided by 10"][0]).context
    assert "a mask of 0 and 1" in flagged("ZA204", ZA204["a mask divided by 255"][0]).summary


@pytest.mark.parametrize(
    ("from_arrays", "code"),
    [
        (True, "+ y = np.unique(y, return_inverse=True)[1]"),
        (False, "+ dataset = dataset.map(lambda x, y: (x, tf.round(y * 16)))"),
    ],
)
def test_classes_are_numbered_again(from_arrays: bool, code: str) -> None:
    """Ten classes whose largest came as 9 / 16."""
    contract = head(SCCE, "softmax", 10, fit=Fit(epochs=10, from_arrays=from_arrays))
    fix = flagged("ZA204", a_run(contract, labels(0, 9 / 16, 0.1))).fix
    assert fix is not None
    assert fix.code == code
