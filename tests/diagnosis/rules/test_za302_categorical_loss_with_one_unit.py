"""ZA302 categorical-loss-with-one-unit."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.run import Role, Run
from tests.diagnosis.planted import a_curve, a_run
from tests.diagnosis.rules.asking import check, flagged
from tests.diagnosis.rules.planted.losses import BCE, RECORD, SCCE, head

CCE = "categorical_crossentropy"


def logged(loss: Sequence[float], accuracy: Sequence[float] = (0.5,) * 6) -> Run:
    """A log without contract."""
    return a_run(a_curve(list(loss)), a_curve(list(accuracy), Role.ACCURACY), recorded=False)


ZA302: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "one unit": (a_run(head(CCE, 1)), None),
    "one unit, by Keras' own record": (a_run(head(CCE, 1, **RECORD)), Tier.STRONG),
    "two units": (a_run(head(CCE, 2)), Passed),
    "one unit, of another loss": (a_run(head(BCE, 1)), Passed),
    "one unit, of the sparse one": (a_run(head(SCCE, 1)), Passed),
    "units unknown": (a_run(head(CCE, None)), CannotTell),
    "a loss of 0 and wrong answers": (logged([0.0] * 6), Tier.STRONG),
    "what Keras clips at": (logged([1.2e-7] * 6), Tier.STRONG),
    "above that": (logged([2.1e-7] * 6), Passed),
    "once above 0": (logged([0.7, *[0.0] * 5]), Passed),
    "a loss of 0 and right answers": (logged([0.0] * 6, [0.95] * 6), Passed),
    "nearly right answers": (logged([0.0] * 6, [0.949] * 6), Tier.STRONG),
    "four points": (logged([0.0] * 4), CannotTell),
    "no accuracy": (a_run(a_curve([0.0] * 6)), CannotTell),
    "nothing": (a_run(), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), ZA302.values(), ids=ZA302.keys())
def test_categorical_loss_with_one_unit(run: Run, want: type[Answer] | Tier | None) -> None:
    check("ZA302", run, want)


def test_other_causes_of_a_loss_of_0_stay_possible() -> None:
    found = flagged("ZA302", logged([0.0] * 6))
    assert [code for code, _ in found.rivals] == ["ZA210", "ZA406"]
    assert diagnose(logged([0.0] * 6), CATALOGUE, strict=True).outcome is Outcome.NOT_LEARNING
