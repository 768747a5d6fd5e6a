"""ZA307 relu-output-misses-targets."""

from __future__ import annotations

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, NotApplicable, Passed, Tier
from tb_zeroacc.run import Run
from tests.diagnosis.planted import a_run
from tests.diagnosis.rules.asking import check, flagged
from tests.diagnosis.rules.planted.contracts import MSE, SCCE, head, labels, says

STANDARDISED = labels(-1.7, 2.5, 0.0, mean=0, std=1)
ZA307: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "relu": (a_run(head(MSE, "relu", 1), STANDARDISED), None),
    "softplus": (a_run(head(MSE, "softplus", 1), STANDARDISED), None),
    "all negative": (a_run(head(MSE, "relu", 1), labels(-5, -1, 0.0)), None),
    "above 6": (a_run(head(MSE, "relu6", 1), labels(0, 60)), None),
    "below -1": (a_run(head(MSE, "elu", 1), labels(-9, 0, 0.0)), None),
    "few negative": (a_run(head(MSE, "relu", 1), labels(-1.5, 9, mean=4, std=2)), Tier.SMELL),
    "hardly any": (a_run(head(MSE, "relu", 1), labels(-0.1, 9, 0.0)), Passed),
    "none": (a_run(head(MSE, "relu", 1), labels(0, 300)), Passed),
    "a layer behind it subtracts": (
        a_run(head(MSE, "relu", 1), STANDARDISED, says(-1, 2)), Passed),
    "leaky": (a_run(head(MSE, "leaky_relu", 1), STANDARDISED), NotApplicable),
    "classes": (a_run(head(SCCE, "relu", 10), labels(0, 9)), NotApplicable),
    "targets unknown": (a_run(head(MSE, "relu", 1)), CannotTell),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), ZA307.values(), ids=ZA307.keys())
def test_relu_output_misses_targets(run: Run, want: type[Answer] | Tier | None) -> None:
    check("ZA307", run, want)


def test_it_leaves_the_activation_out() -> None:
    found = flagged("ZA307", ZA307["relu"][0])
    assert found.summary.endswith("but its relu reaches 0 or more only.")
    assert found.fix is not None
    assert found.fix.code.endswith("\n+ keras.layers.Dense(1)")
