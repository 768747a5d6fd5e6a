"""ZA702 learning-rate-too-low."""

from __future__ import annotations

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, NotApplicable, Passed, Tier
from tb_zeroacc.facts import Optimizer
from tb_zeroacc.run import Role, Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table, some_histograms
from tests.diagnosis.rules.asking import answer, flagged
from tests.diagnosis.rules.planted.optimisation import GOOD, LEARNED, kernels, trained

CREEPS = [2.310, 2.309, 2.308, 2.307]
GRADIENTS = a_table("gradients", {"dense/kernel": {"rms": [1e-2] * 30}})
NONE = a_table("gradients", {"dense/kernel": {"rms": [0.0] * 30}})
TINY = Optimizer("Adam", 1e-6)

ZA702: dict[str, tuple[Run, type[Answer]]] = {
    "updates vanish": (trained(kernels([4e-6] * 30), GRADIENTS, loss=CREEPS), Flagged),
    "just under the threshold": (trained(kernels([2.99e-5] * 30), loss=CREEPS), Flagged),
    "on the threshold": (trained(kernels([3.01e-5] * 30), loss=CREEPS), Passed),
    "no gradient": (trained(kernels([0.0] * 30), NONE, loss=CREEPS), NotApplicable),
    "no update arrives at a usual rate": (
        trained(kernels([0.0] * 30), GRADIENTS, loss=CREEPS), Passed),
    "nor at a rate of nearly nothing": (
        trained(kernels([0.0] * 30), GRADIENTS, loss=CREEPS, optimizer=Optimizer("Adam", 1e-12)),
        Flagged),
    "the loss falls": (trained(kernels([4e-6] * 30), loss=[2.3, 2.0, 1.8, 1.6]), Passed),
    "muted": (trained(kernels([4e-6] * 30), loss=LEARNED, accuracy=GOOD), Passed),
    "first steps only": (trained(kernels([4e-6] * 5), loss=CREEPS), CannotTell),
    "one epoch": (trained(kernels([4e-6] * 30), loss=[2.3]), CannotTell),
    "a tiny rate in the contract": (
        a_run(a_contract(optimizer=TINY), a_curve(CREEPS), recorded=False), Flagged,
    ),
    "a usual rate in the contract": (a_run(a_contract(), a_curve(CREEPS)), Passed),
    "a curve of the rate": (
        a_run(a_curve([5e-6, 1e-6], Role.LEARNING_RATE), a_curve([1.386, 1.385]), recorded=False),
        Flagged,
    ),
    "no rate": (a_run(a_curve(CREEPS)), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), ZA702.values(), ids=ZA702.keys())
def test_learning_rate_too_low(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA702", run), want)


def test_a_curve_of_the_rate_alone_is_a_smell() -> None:
    run, _ = ZA702["a curve of the rate"]
    assert flagged("ZA702", run).tier is Tier.SMELL


def test_kernels_that_never_move_make_it_strong() -> None:
    still = some_histograms("dense/kernel")
    contract = a_contract(optimizer=Optimizer("SGD", 0.0))
    found = flagged("ZA702", a_run(contract, a_curve(CREEPS), still, recorded=False))
    assert found.tier is Tier.STRONG
    moves = some_histograms("dense/kernel", varies=True)
    assert flagged("ZA702", a_run(contract, a_curve(CREEPS), moves, recorded=False)).tier is (
        Tier.SMELL
    )


def test_a_higher_rate_is_shown() -> None:
    run = trained(kernels([4e-6] * 30), GRADIENTS, loss=CREEPS, optimizer=TINY)
    found = flagged("ZA702", run)
    assert found.fix is not None
    assert "- optimizer=keras.optimizers.Adam(learning_rate=1e-06)," in found.fix.code
    assert "+ optimizer=keras.optimizers.Adam(learning_rate=0.001)," in found.fix.code


@pytest.mark.parametrize(("rate", "is_own"), [(1e-6, True), (1.1e-6, False), (1e-3, False)])
def test_a_rate_of_a_thousandth_of_the_default_is_a_cause_of_its_own(
    rate: float, is_own: bool
) -> None:
    run = trained(kernels([4e-6] * 30), GRADIENTS, loss=CREEPS, optimizer=Optimizer("Adam", rate))
    assert flagged("ZA702", run).is_own_cause is is_own
