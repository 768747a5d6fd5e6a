"""ZA609 regularisation-dominates."""

from __future__ import annotations

from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, NotApplicable, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.facts import Layer, Optimizer
from tb_zeroacc.run import Role, Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import check, flagged

BASE = 2.302585  # ln 10
COUNTS = a_table("label_counts", {"y": {str(k): 50.0 for k in range(10)}})
STEPS = list(range(20))
PENALTY = 0.01  # at the end


def model(regulariser: str = "kernel_regularizer: L2(1)", **more: Any) -> Any:
    paths = ("dense/kernel", "dense/bias")
    kinds = (regulariser,) if regulariser else ()
    hidden = Layer("dense", "Dense", "relu", 64, regularizers=kinds, variables=paths)
    head = Layer("head", "Dense", "softmax", 10, is_output=True, variables=("head/kernel",))
    return a_contract(hidden, head, **more)


def losses(penalty: float = 80.0, first: float = 2.0) -> Any:
    """The penalty and the loss of the data in the first samples."""
    rows = {"penalty": (penalty, PENALTY), "data_loss": (first, 2.0)}
    values = {name: [early] * 10 + [late] * 10 for name, (early, late) in rows.items()}
    return a_table("loss", {"loss": {"loss": 3.0, **values}}, steps=STEPS)


def kernels(hidden: float, head: float = 1.0) -> Any:
    """How large the kernels are at the end, as a share of their size at first."""
    rows = {"dense/kernel": hidden, "dense/bias": 0.0, "head/kernel": head}
    sizes = {name: {"rms": [0.1] * 19 + [0.1 * end]} for name, end in rows.items()}
    return a_table("weights", sizes, steps=STEPS)


OF_OUTPUTS = "activity_regularizer: L2(1)"


def outputs(end: float) -> Any:
    """How large the outputs of the hidden layer are at the end, as a share of their first size."""
    sizes = {"dense": {"rms": [0.5] * 19 + [0.5 * end]}}
    return a_table("activations", sizes, steps=STEPS)


def decaying(weight_decay: float) -> Any:
    """No regulariser, and an optimizer that takes `weight_decay` / 1000 of each weight a step."""
    settings = {"weight_decay": weight_decay}
    return model("", optimizer=Optimizer("AdamW", 1e-3, settings=settings))


def run(*parts: Any, share: float = 0.99) -> Run:
    """A loss of the data that ends at this share of ln 10."""
    loss = a_curve([80.0] * 5 + [share * BASE + PENALTY] * 5)
    return a_run(*parts, COUNTS, loss, a_curve([0.1] * 10, Role.ACCURACY))


ZA609: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "all weights go": (run(model(), losses(), kernels(3e-5)), None),
    "penalty on the limit": (run(model(), losses(2.0), kernels(3e-5)), None),
    "penalty just under": (run(model(), losses(1.999), kernels(3e-5)), Passed),
    "loss of the data on the limit": (run(model(), losses(), kernels(3e-5), share=0.9001), None),
    "loss of the data just under": (run(model(), losses(), kernels(3e-5), share=0.8999), Passed),
    "shrunk to a tenth": (run(model(), losses(), kernels(0.0999)), None),
    "shrunk to a little more": (run(model(), losses(), kernels(0.1001)), Passed),
    "stuck for another reason": (run(model(), losses(), kernels(1.0)), Passed),
    "a kernel without a regulariser shrinks": (run(model(), losses(), kernels(0.5, 0.01)), Passed),
    "five times the loss, and it learns": (
        run(model(), losses(11.4), kernels(0.15), share=0.23), Passed),
    "outputs are regularised": (
        run(model(OF_OUTPUTS), losses(), kernels(1.0), outputs(0.099)), None),
    "outputs shrank to a little more": (
        run(model(OF_OUTPUTS), losses(), kernels(1.0), outputs(0.101)), Passed),
    "outputs are regularised, and kernels shrink": (
        run(model(OF_OUTPUTS), losses(), kernels(3e-5), outputs(1.0)), Passed),
    "weights decay": (run(decaying(10.0), losses(), kernels(0.05)), None),
    "weights decay by a little less": (run(decaying(9.99), losses(), kernels(0.05)), Passed),
    "weights decay, and it learns": (
        run(decaying(10.0), losses(), kernels(0.05), share=0.5), Passed),
    "weights decay, and stay": (run(decaying(10.0), losses(), kernels(0.5)), Passed),
    "nothing is regularised": (run(model(""), losses(), kernels(3e-5)), NotApplicable),
    "the penalty is not visible": (run(model(), losses(float("nan")), kernels(3e-5)), CannotTell),
    "no baseline": (run(model(loss="my_loss"), losses(), kernels(3e-5)), CannotTell),
    "not recorded": (run(model()), CannotTell),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), ZA609.values(), ids=ZA609.keys())
def test_regularisation_dominates(run: Run, want: type[Answer] | Tier | None) -> None:
    check("ZA609", run, want)


def pulled(
    multiple: float = 200.0, other: float = 200.0, *, end: float = 0.4, learns: bool = False,
    samples: int = 10, head: str = "head/kernel",
) -> Run:
    """Gradients of two kernels that are such multiples of their weights, which shrink."""
    sizes = [0.3 + (0.3 * end - 0.3) * i / (samples - 1) for i in range(samples)]
    pulls = {"dense/kernel": multiple, head: other}
    weights = a_table("weights", {name: {"rms": sizes} for name in ("dense/kernel", "head/kernel")})
    gradients = a_table("gradients", {
        name: {"rms": [pull * size for size in sizes], "present": 1.0}
        for name, pull in pulls.items()
    })  # fmt: skip
    if learns:
        scored = (model(""), a_curve([2.3, 0.1]), a_curve([0.1, 0.98], Role.ACCURACY))
        return a_run(losses(float("nan")), weights, gradients, COUNTS, *scored)
    return run(model("", loss="my_loss"), losses(float("nan")), weights, gradients)


PULLED: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "one multiple": (pulled(), None),
    "within 5 %": (pulled(200.0, 209.9), None),
    "beyond": (pulled(200.0, 210.1), NotApplicable),
    "shrunk to half": (pulled(end=0.4999), None),
    "to a little more": (pulled(end=0.5001), NotApplicable),
    "too few samples": (pulled(samples=9), NotApplicable),
    "one gradient is not known": (pulled(head="other/kernel"), NotApplicable),
    "it learns": (pulled(learns=True), NotApplicable),
}


@pytest.mark.parametrize(("run", "want"), PULLED.values(), ids=PULLED.keys())
def test_a_penalty_within_the_loss(run: Run, want: type[Answer] | Tier | None) -> None:
    check("ZA609", run, want)


def test_the_fix_weakens_the_same_regulariser() -> None:
    found = flagged("ZA609", run(model(), losses(), kernels(3e-5)))
    assert found.fix is not None
    assert "+ kernel_regularizer=keras.regularizers.L2(0.001)," in found.fix.code
    assert "40 times" in found.summary


def test_a_strength_that_is_not_known_is_not_guessed() -> None:
    both = model("kernel_regularizer: L1L2(0.1, 1)")
    assert flagged("ZA609", run(both, losses(), kernels(3e-5))).fix is None


def test_what_follows_folds_under_it() -> None:
    told = diagnose(run(model(), losses(), kernels(3e-5)), CATALOGUE, strict=True)
    assert [f.code for f in told.findings if f.tier >= Tier.STRONG] == ["ZA609"]


def test_the_fix_lets_a_step_take_less() -> None:
    found = flagged("ZA609", run(decaying(10.0), losses(), kernels(0.05)))
    assert found.fix is not None
    assert found.fix.code == "- weight_decay=10,\n+ weight_decay=0.1,"
    assert "takes 1 % of each weight at every step" in found.summary


def test_outputs_are_named_as_such() -> None:
    found = flagged("ZA609", run(model(OF_OUTPUTS), losses(), kernels(1.0), outputs(0.01)))
    assert "it shrinks what `dense` puts out to nothing" in found.summary
    assert found.fix is not None
    assert "+ activity_regularizer=keras.regularizers.L2(0.001)," in found.fix.code
