"""Code as the model is trained: a loop of the user's own has no `fit`, PyTorch no Keras."""

from __future__ import annotations

import pytest

from tb_zeroacc.diagnosis.answering.fixes.as_trained import fix_for
from tb_zeroacc.diagnosis.answers import CannotTell, Fix, Missing
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.facts import Fit
from tb_zeroacc.run import Role, Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table

EVEN = a_table("label_counts", {"y": {str(k): 100.0 for k in range(10)}})


def stuck(fit: Fit) -> Run:
    return a_run(a_contract(fit=fit), EVEN, a_curve([2.3] * 5), a_curve([0.1] * 5, Role.ACCURACY))


LOOP, FITTED = stuck(Fit()), stuck(Fit(epochs=5))
TORCH = a_run(a_curve([2.3] * 40, tag="Loss/train", axis="step"), recorded=False)

FIXES = {
    "code that calls fit": (Fix("Do.", "model.fit(x, y)"), ""),
    "code of a loop": (Fix("Do.", "model.fit(x, y)", "train_step(x, y)"), "train_step(x, y)"),
    "code that fits both": (Fix("Do.", "x = x / 255"), "x = x / 255"),
    "code that compiles": (Fix("Do.", "+ model.compile(optimizer, loss)"), ""),
}


@pytest.mark.parametrize(("fix", "code"), FIXES.values(), ids=FIXES.keys())
def test_a_fix_calls_nothing_that_a_loop_has_not_got(fix: Fix, code: str) -> None:
    assert fix_for(LOOP, fix).code == code
    assert fix_for(FITTED, fix) == fix


def asked_for(run: Run) -> set[str]:
    checks = diagnose(run, CATALOGUE, strict=True).checks.values()
    return {need.how_to_log for a in checks if isinstance(a, CannotTell) for need in a.needs}


def test_what_to_log_can_be_logged_there() -> None:
    alone = a_run(a_contract(fit=Fit()), a_curve([2.3] * 5))
    assert any(line.startswith("monitor.end_epoch(") for line in asked_for(alone))
    assert not any("model.compile(" in line or ("validation" in line and "fit(" in line)
                   for line in asked_for(alone))  # fmt: skip
    fitted = a_run(a_contract(), a_curve([2.3] * 5))
    assert not any("monitor" in line for line in asked_for(fitted))


def test_the_verdict_on_a_loop_names_no_fit() -> None:
    told = [f.fix.code for f in diagnose(LOOP, CATALOGUE, strict=True).findings]
    assert told
    assert not any("model.fit(" in code for code in told)
    told = [f.fix.code for f in diagnose(FITTED, CATALOGUE, strict=True).findings]
    assert any("model.fit(" in code for code in told)


def test_a_need_without_a_line_of_its_own_keeps_the_general_one() -> None:
    assert Missing("taps", "dataset.apply(...)").in_a_loop == ""


TORCH_FIXES = {
    "code that calls fit": (Fix("Do.", "model.fit(x, y)"), ""),
    "code of a loop": (Fix("Do.", "model.fit(x, y)", "train_step(x, y)"), "train_step(x, y)"),
    "code of a loop of Keras": (Fix("Do.", "a = 1", "keras.ops.log(x)"), "a = 1"),
    "code of Keras": (Fix("Do.", "keras.optimizers.Adam(1e-3)"), ""),
    "code that fits all": (Fix("Do.", "x = x / 255"), "x = x / 255"),
}


@pytest.mark.parametrize(("fix", "code"), TORCH_FIXES.values(), ids=TORCH_FIXES.keys())
def test_a_log_of_pytorch_is_given_no_code_of_keras(fix: Fix, code: str) -> None:
    assert fix_for(TORCH, fix).code == code


def test_a_log_of_pytorch_is_asked_for_what_its_writer_can_log() -> None:
    lines = asked_for(TORCH) - {""}
    assert lines
    assert all(line.startswith("writer.add_") for line in lines)
    assert "" in asked_for(TORCH), "what our recorder alone writes"


def test_what_the_recorder_did_not_see_is_not_asked_for_again() -> None:
    assert not any("ZeroAccuracyCallback" in line for line in asked_for(FITTED))
    keras = a_run(a_curve([2.3] * 5, tag="epoch_loss"), recorded=False)
    assert any("ZeroAccuracyCallback" in line for line in asked_for(keras))


def test_a_regression_is_not_asked_for_an_accuracy() -> None:
    def run(loss: str) -> Run:
        return a_run(a_contract(loss=loss, units=1), a_curve([2.3, 2.2, 2.1, 2.0]))

    assert not any("accuracy" in line for line in asked_for(run("mean_squared_error")))
    assert any("accuracy" in line for line in asked_for(run("binary_crossentropy")))
