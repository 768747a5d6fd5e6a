"""Code as the model is trained: a loop of the user's own has no `fit`, PyTorch no Keras."""

from __future__ import annotations

import pytest

from tb_zeroacc.diagnosis.answering.fixes.as_trained import fix_for
from tb_zeroacc.diagnosis.answers import CannotTell, Fix, Missing
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.facts import Fit
from tb_zeroacc.run import Role, Run, Writer
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


def foreign(*tags: str, by: Writer | None = None) -> Run:
    curves = [a_curve([2.3] * 40, tag=tag, axis="step") for tag in tags]
    return a_run(*curves, recorded=False, writers=frozenset({by} if by else ()))


UNKNOWN = foreign("loss")
LIGHTNING = foreign("hp_metric", "train_loss")
LOOP_OF_TENSORFLOW = foreign("loss", by=Writer.TENSORFLOW_2)
SESSION = foreign("loss", by=Writer.TENSORFLOW_1)
KERAS_IN_A_SESSION = foreign("loss", "val_loss", by=Writer.TENSORFLOW_1)
BOOSTED = foreign("train-mlogloss")

FITS = Fix("Do.", "model.fit(x, y)", "train_step(x, y)")
RATE = Fix("Do.", "keras.optimizers.Adam(1e-3)", in_torch="torch.optim.Adam(parameters)")
DIFF = Fix("Do.", "+ keras.optimizers.Adam(1e-3)", in_torch="a = 1\nb = 2")
HOOKS = Fix("Do.", "model.fit(x)", in_torch="loss.backward()", in_lightning="Trainer()")
FREE = Fix("Do.", "x = x / 255")
RECORDS = Fix("Do.", "tb_zeroacc.ZeroAccuracyCallback(log_dir)")
FOREIGN_FIXES = {
    "code for all": (TORCH, FREE, "x = x / 255"),
    "that, of boosted trees": (BOOSTED, FREE, "x = x / 255"),
    "PyTorch's": (TORCH, RATE, "# in PyTorch\ntorch.optim.Adam(parameters)"),
    "of Keras alone, in PyTorch": (TORCH, RECORDS, ""),
    "a loop, in PyTorch": (TORCH, FITS, "train_step(x, y)"),
    "Lightning's": (LIGHTNING, HOOKS, "# in Lightning\nTrainer()"),
    "PyTorch's, in Lightning": (LIGHTNING, RATE, "# in PyTorch\ntorch.optim.Adam(parameters)"),
    "either, where neither is known": (
        UNKNOWN, RATE,
        "# in Keras\nkeras.optimizers.Adam(1e-3)\n# in PyTorch\ntorch.optim.Adam(parameters)",
    ),
    "a diff stays one": (
        UNKNOWN, DIFF,
        "  # in Keras\n+ keras.optimizers.Adam(1e-3)\n  # in PyTorch\n  a = 1\n  b = 2",
    ),
    "a loop for all": (UNKNOWN, FITS, "train_step(x, y)"),
    "Keras' layers in a loop": (
        LOOP_OF_TENSORFLOW, RATE, "# in Keras\nkeras.optimizers.Adam(1e-3)",
    ),
    "which calls no fit": (LOOP_OF_TENSORFLOW, HOOKS, ""),
    "a session": (SESSION, RATE, ""),
    "a loop, in a session": (SESSION, FITS, ""),
    "Keras in a session": (KERAS_IN_A_SESSION, RATE, "keras.optimizers.Adam(1e-3)"),
    "which no recorder knows": (KERAS_IN_A_SESSION, RECORDS, ""),
    "boosted trees": (BOOSTED, RATE, ""),
    "which have no loop": (BOOSTED, FITS, ""),
}  # fmt: skip


@pytest.mark.parametrize(("run", "fix", "code"), FOREIGN_FIXES.values(), ids=FOREIGN_FIXES.keys())
def test_code_is_of_the_framework_or_says_whose_it_is(run: Run, fix: Fix, code: str) -> None:
    told = fix_for(run, fix)
    assert (told.text, told.code) == ("Do.", code)


LINES = {
    "PyTorch": (TORCH, ("writer.add_",)),
    "Lightning": (LIGHTNING, ("self.log",)),
    "TensorFlow": (LOOP_OF_TENSORFLOW, ("tf.summary.",)),
    "Keras": (foreign("epoch_loss"), ("model.", "keras.", "tb_zeroacc.", "dataset = ")),
    "Keras in a session": (KERAS_IN_A_SESSION, ("model.", "keras.")),
}


@pytest.mark.parametrize(("run", "begins"), LINES.values(), ids=LINES.keys())
def test_a_log_is_asked_for_what_its_writer_can_log(run: Run, begins: tuple[str, ...]) -> None:
    lines = asked_for(run) - {""}
    assert lines
    assert all(line.startswith(begins) for line in lines)


@pytest.mark.parametrize("run", [UNKNOWN, SESSION, BOOSTED], ids=["unknown", "session", "trees"])
def test_without_a_known_writer_no_line_is_asked_for(run: Run) -> None:
    assert asked_for(run) == {""}, "what our recorder alone writes"
    answer = diagnose(run, CATALOGUE, strict=True).checks["ZA605"]
    assert isinstance(answer, CannotTell)
    assert answer.reason == "not in the log: a validation loss", "words say what lacks"


@pytest.mark.parametrize("run", [TORCH, LIGHTNING, SESSION, BOOSTED, KERAS_IN_A_SESSION])
def test_nobody_is_sent_to_a_recorder_that_cannot_be_there(run: Run) -> None:
    verdict = diagnose(run, CATALOGUE, strict=True)
    told = [*asked_for(run), *(finding.fix.code for finding in verdict.findings)]
    assert not any("tb_zeroacc" in line for line in told)


def test_what_the_recorder_did_not_see_is_not_asked_for_again() -> None:
    assert not any("ZeroAccuracyCallback" in line for line in asked_for(FITTED))
    keras = a_run(a_curve([2.3] * 5, tag="epoch_loss"), recorded=False)
    assert any("ZeroAccuracyCallback" in line for line in asked_for(keras))


def test_a_regression_is_not_asked_for_an_accuracy() -> None:
    def run(loss: str) -> Run:
        return a_run(a_contract(loss=loss, units=1), a_curve([2.3, 2.2, 2.1, 2.0]))

    assert not any("accuracy" in line for line in asked_for(run("mean_squared_error")))
    assert any("accuracy" in line for line in asked_for(run("binary_crossentropy")))
