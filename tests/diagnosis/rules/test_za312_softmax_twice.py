"""ZA312 softmax-twice."""

from __future__ import annotations

import numpy as np
import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, Passed, Tier
from tb_zeroacc.diagnosis.rules.za312_softmax_twice import floor_of
from tb_zeroacc.run import Role, Run, Table
from tests.diagnosis.planted import a_curve, a_run, a_table
from tests.diagnosis.rules.asking import answer, check, flagged
from tests.diagnosis.rules.planted.contracts import BCE, SCCE, head


def settled(at: float, accuracy: float, begin: float = 2.3, n: int = 20) -> Run:
    loss = [*np.linspace(begin, at, n // 2), *[at] * (n - n // 2)]
    right = [*np.linspace(0.1, accuracy, n // 2), *[accuracy] * (n - n // 2)]
    return a_run(a_curve(loss), a_curve(right, Role.ACCURACY))


CASES: dict[str, tuple[Run, type[Answer]]] = {
    "ten classes": (settled(1.468, 0.99), Flagged),
    "two classes": (settled(0.3150, 0.99, 0.69), Flagged),
    "a thousand": (settled(5.92, 0.98, 6.9), Flagged),
    "accuracy does not agree": (settled(1.468, 0.5), Passed),
    "below the floor": (settled(1.3, 0.99), Passed),
    "label smoothing": (settled(0.505, 0.99), Passed),
    "above the floor": (settled(1.6, 0.99), Passed),
    "still falling": (
        a_run(
            a_curve(list(np.linspace(2.3, 1.4612, 20))),
            a_curve(list(np.linspace(0.1, 1.0, 20)), Role.ACCURACY),
        ),
        Passed,
    ),
    "five classes": (settled(0.91, 0.99, 1.6), Flagged),
    "five, of which the beginning is not seen": (settled(0.91, 0.99, 1.4), Passed),
    "five, with more wrong answers": (settled(0.91, 0.96, 1.6), Passed),
    "five, as far above as wrong answers explain": (settled(0.915 + 0.0085, 0.99, 1.6), Flagged),
    "five, further above": (settled(0.925, 0.99, 1.6), Passed),
    "five, smoothed by a tenth": (settled(0.398, 0.99, 1.6), Passed),
    "twenty-five": (settled(floor_of(25), 0.99, 3.2), Passed),
    "four points": (settled(1.468, 0.99, n=4), CannotTell),
    "no accuracy": (a_run(a_curve([1.4612] * 20)), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), CASES.values(), ids=CASES.keys())
def test_softmax_twice(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA312", run), want)


LOGITS = {"from_logits": True}
CONTRACTS: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "softmax, then logits": (
        a_run(head(SCCE, "softmax", 10, activated_twice=True, **LOGITS)), None),
    "two layers": (a_run(head(SCCE, "softmax", 10, activated_twice=True)), None),
    "a slice": (a_run(head(SCCE, None, 10, activated_twice=True, **LOGITS)), None),
    "a loss of one's own": (a_run(head("mine", "softmax", 10, activated_twice=True)), None),
    "sigmoid": (a_run(head(BCE, "sigmoid", 1, activated_twice=True, **LOGITS)), None),
    "Keras takes the logits": (
        a_run(head(SCCE, "softmax", 10, activated_twice=False, **LOGITS)), Tier.SMELL),
    "not traced": (a_run(head(SCCE, "softmax", 10, **LOGITS)), Tier.SMELL),
    "once": (a_run(head(SCCE, "softmax", 10, activated_twice=False)), Passed),
    "logits": (a_run(head(SCCE, "linear", 10, activated_twice=False, **LOGITS)), Passed),
    "another loss": (a_run(head("mine", "softmax", 10)), CannotTell),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), CONTRACTS.values(), ids=CONTRACTS.keys())
def test_softmax_twice_by_the_contract(run: Run, want: type[Answer] | Tier | None) -> None:
    check("ZA312", run, want)


def sums(total: float | list[float], low: float = 0.0, high: float = 0.9) -> Table:
    """Outputs of ten units whose rows sum to so much on average, in three samples."""
    means = [each / 10 for each in (total if isinstance(total, list) else [total] * 3)]
    return a_table("outputs", {"y": {"mean": means, "min": low, "max": high}})


BY_HAND: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "taken for logits": (a_run(head(SCCE, None, 10, **LOGITS), sums(1.0)), None),
    "Keras saw no softmax": (
        a_run(head(SCCE, None, 10, activated_twice=False, **LOGITS), sums(1.0)), None),
    "a loss of one's own applies one": (
        a_run(head("mine", "linear", 10, activated_twice=False), sums(1.0)), None),
    "rounded": (a_run(head(SCCE, None, 10, **LOGITS), sums(1.0 + 2**-10)), None),
    "not of 1": (a_run(head(SCCE, None, 10, **LOGITS), sums(1.01)), CannotTell),
    "in one sample another": (
        a_run(head(SCCE, None, 10, **LOGITS), sums([1.0, 1.0, 1.1])), CannotTell),
    "two samples": (a_run(head(SCCE, None, 10, **LOGITS), sums([1.0, 1.0])), CannotTell),
    "below 0": (a_run(head(SCCE, None, 10, **LOGITS), sums(1.0, -0.1)), CannotTell),
    "above 1": (a_run(head(SCCE, None, 10, **LOGITS), sums(1.0, 0.0, 1.1)), CannotTell),
    "as they should be": (a_run(head(SCCE, None, 10), sums(1.0)), CannotTell),
    "Keras takes the logits": (
        a_run(head(SCCE, "softmax", 10, activated_twice=False, **LOGITS), sums(1.0)), Tier.SMELL),
    "each unit by itself": (a_run(head(BCE, None, 10, **LOGITS), sums(1.0)), CannotTell),
    "one unit": (a_run(head(SCCE, None, 1, **LOGITS), sums(10.0)), CannotTell),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), BY_HAND.values(), ids=BY_HAND.keys())
def test_a_softmax_written_by_hand(run: Run, want: type[Answer] | Tier | None) -> None:
    check("ZA312", run, want)


def test_the_fix_of_one_written_by_hand_is_in_the_loss() -> None:
    found = flagged("ZA312", BY_HAND["taken for logits"][0])
    assert found.fix is not None
    assert "from_logits=True" in found.fix.code
    assert f'+ loss="{SCCE}",' in found.fix.code


def test_curves_say_nothing_against_the_graph() -> None:
    floored = settled(1.468, 0.99)
    once = head(SCCE, "softmax", 10, activated_twice=False)
    assert isinstance(answer("ZA312", a_run(once, *floored.curves)), Passed)
    assert flagged("ZA312", floored).tier is Tier.STRONG


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("softmax, then logits", f'+ loss="{SCCE}",'),
        ("two layers", "+ keras.layers.Dense(10)"),
    ],
)
def test_the_fix_applies_it_once(name: str, line: str) -> None:
    fix = flagged("ZA312", CONTRACTS[name][0]).fix
    assert fix is not None
    assert fix.code.endswith(line)


def test_the_floor_is_that_of_a_softmax_over_a_one_hot_vector() -> None:
    for classes in (2, 10, 100):
        sure = np.eye(classes)[0]
        probabilities = np.exp(sure) / np.exp(sure).sum()
        assert floor_of(classes) == pytest.approx(-np.log(probabilities[0]))


def test_the_number_of_classes_is_told() -> None:
    assert "its floor for 10 classes" in flagged("ZA312", settled(1.468, 0.99)).summary


@pytest.mark.parametrize(
    ("run", "tier"), [(settled(0.91, 0.99, 1.6), Tier.SMELL), (settled(1.468, 0.99), Tier.STRONG)]
)
def test_of_other_numbers_of_classes_it_is_a_smell(run: Run, tier: Tier) -> None:
    assert flagged("ZA312", run).tier is tier
