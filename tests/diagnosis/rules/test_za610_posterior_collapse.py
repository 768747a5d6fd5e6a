"""ZA610 posterior-collapse."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, NotApplicable, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.facts import Layer, Shapes, Tensor
from tb_zeroacc.run import Role, Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import check, flagged

STEPS = [0, 10, 20, 30, 400, 600, 700]
CONTRACT = a_contract(loss="mean_squared_error", activation="sigmoid", units=64)
PENALISED = a_contract(
    Layer("dense", "Dense", "relu", 8, regularizers=("kernel_regularizer: L2(0.01)",)),
    loss="mean_squared_error", units=64,
)  # fmt: skip


def shapes(label: int = 64) -> Shapes:
    given, wanted = (Tensor(n, (None, k), "float32") for n, k in (("x", 64), ("y", label)))
    return Shapes(inputs=(given,), labels=(wanted,), outputs=(wanted,))


def autoencoder(
    left: float, spread: float, contract: Any = CONTRACT, label: int = 64, last: int = 700
) -> Run:
    """One whose own loss fell from 150 to a share of that, beside inputs of a spread of .2."""
    steps = [*STEPS[:-1], last] if last > STEPS[-2] else [0, 1, 2, 3, 4, 5, last]
    added = [150.0, 20.0, 10.0, 5.0, *[150.0 * left] * 3]
    return a_run(
        contract,
        a_table("loss", {"loss": {"loss": 1.0, "penalty": added}}, steps=steps),
        a_table(
            "outputs", {"y": {"spread": [0.06] * 4 + [spread] * 3, "examples": 32.0}}, steps=steps
        ),
        a_table("inputs", {"x[0]": {"std": 0.1}, "x[1]": {"std": 0.3}}, steps=[0]),
        shapes=shapes(label),
    )


def logged(*divergences: float, beside: str = "reconstruction_loss", **more: Any) -> Run:
    """Curves of a stranger's autoencoder."""
    return a_run(
        a_curve([9.0 - i for i in range(8)], tag=beside, name=beside, headline=False),
        a_curve(divergences, more.pop("role", Role.OTHER), tag="kl_loss", name="kl_loss"),
        recorded=False,
    )


FADES = (3.0, 1.0, 0.2, 0.02, 0.004, 0.002, 0.001, 0.001)
ZA610: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "it collapsed": (autoencoder(1e-4, 0.01), None),
    "just under the limits": (autoencoder(0.0099, 0.0199), None),
    "the added loss on its limit": (autoencoder(0.0101, 0.0199), Passed),
    "the spread on its limit": (autoencoder(0.0099, 0.0201), Passed),
    "a healthy one: a divergence that stays": (autoencoder(0.15, 0.12), Passed),
    "a healthy one that adds nothing": (autoencoder(1e-4, 0.15), Passed),
    "the first steps": (autoencoder(1e-4, 0.01, last=60), CannotTell),
    "a penalty on the weights": (autoencoder(1e-4, 0.01, PENALISED), NotApplicable),
    "classes": (autoencoder(1e-4, 0.01, label=10), NotApplicable),
    "curves: it fades": (logged(*FADES), Tier.SMELL),
    "curves: on the limit": (logged(*FADES[:4], *[0.01] * 4), Passed),
    "curves: it grows with its weight": (logged(*FADES[::-1]), Passed),
    "curves: a small weight": (logged(*[0.002, 0.003] * 4), Passed),
    "curves: never updated": (logged(*[0.0] * 8), NotApplicable),
    "curves: a pupil that learned all": (logged(*FADES, beside="hard_loss"), NotApplicable),
    "no log of one": (a_run(), NotApplicable),
    "a policy": (a_run(*logged(*FADES).curves, a_curve([1.0, 2.0], Role.REWARD)), NotApplicable),
}


@pytest.mark.parametrize(("run", "want"), ZA610.values(), ids=ZA610.keys())
def test_posterior_collapse(run: Run, want: type[Answer] | Tier | None) -> None:
    check("ZA610", run, want)


def test_both_shares_are_shown() -> None:
    found = flagged("ZA610", autoencoder(1e-4, 0.01))
    assert [fact.value for fact in found.evidence] == pytest.approx([0.01, 1e-4])
    assert "5 % of the spread of the inputs" in found.summary
    assert found.since == 0  # where it was 150


def with_a_step_of_its_own(divergences: Any, spread: float, **logged_more: Any) -> Run:
    """An autoencoder that is given no labels and logs its divergence."""
    run = autoencoder(1.0, spread)
    assert run.shapes is not None
    made = (replace(run.shapes.labels[0], name="y"),)
    return replace(
        run,
        shapes=replace(run.shapes, labels=(), outputs=made),
        curves=logged(*divergences, **logged_more).curves,
    )


LOGGED: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "it collapsed": (with_a_step_of_its_own(FADES, 0.01), None),
    "not below a hundredth of a nat": (
        with_a_step_of_its_own([10 * v for v in FADES], 0.01), None),
    "the outputs differ": (with_a_step_of_its_own(FADES, 0.15), Tier.SMELL),
    "a divergence that stays": (with_a_step_of_its_own([3.0] * 8, 0.01), Passed),
    "no reconstruction beside it": (
        with_a_step_of_its_own(FADES, 0.01, beside="hard_loss"), Passed),
}  # fmt: skip


def coded(run: Run, *codes: tuple[str, int, float], activation: str = "linear") -> Run:
    """The same with layers inside, by name, size and late rms."""
    assert run.contract is not None
    layers = [Layer(n, "Dense", activation, units, parameters=9) for n, units, _ in codes]
    rows = {name: {"rms": [0.4] * 4 + [rms] * 3} for name, _, rms in codes}
    return replace(
        run,
        contract=replace(run.contract, layers=(*layers, *run.contract.layers)),
        tables={**run.tables, "activations": a_table("activations", rows, steps=STEPS)},
    )


IMAGE = autoencoder(1e-4, 0.15)  # its spread is that over pixels, too
LOGGED |= {
    "a code of 0": (coded(with_a_step_of_its_own(FADES, 0.15), ("code", 8, 0.099)), None),
    "a code on its limit": (
        coded(with_a_step_of_its_own(FADES, 0.15), ("code", 8, 0.101)), Tier.SMELL),
    "a code of 0 and a divergence that stays": (
        coded(with_a_step_of_its_own([3.0] * 8, 0.15), ("code", 8, 0.0)), Passed),
    "ReLU units of 0": (
        coded(with_a_step_of_its_own(FADES, 0.15), ("h", 8, 0.0), activation="relu"), Tier.SMELL),
    "an image, its mean and variance": (coded(IMAGE, ("mean", 2, 0.0), ("log", 2, 0.01)), None),
    "an image, and one of them": (coded(IMAGE, ("mean", 2, 0.0), ("log", 2, 0.2)), Passed),
    "an image, and layers of other sizes": (
        coded(IMAGE, ("mean", 2, 0.0), ("next", 4, 0.0)), Passed),
    "classes, and two of 0": (
        coded(autoencoder(1e-4, 0.15, label=10), ("mean", 2, 0.0), ("log", 2, 0.0)),
        NotApplicable),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), LOGGED.values(), ids=LOGGED.keys())
def test_a_divergence_that_is_logged(run: Run, want: type[Answer] | Tier | None) -> None:
    check("ZA610", run, want)


def test_what_follows_from_it_folds_under_it() -> None:
    loss = a_curve([1.0, *[0.9] * 19])
    run = replace(autoencoder(1e-4, 1e-5), curves=(loss,))
    (finding,) = diagnose(run, CATALOGUE, strict=True).findings
    assert finding.code == "ZA610"
    assert "ZA509" in {below.code for below in finding.explains}
