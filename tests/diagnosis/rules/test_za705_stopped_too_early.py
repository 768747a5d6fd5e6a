"""ZA705 stopped-too-early."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, NotApplicable, Passed, Tier
from tb_zeroacc.facts import End, Epoch, Fit
from tb_zeroacc.run import Role, Run, Split
from tests.diagnosis.planted import a_contract, a_curve, a_run
from tests.diagnosis.rules.asking import answer, flagged
from tests.diagnosis.rules.planted.optimisation import (
    COUNTS,
    by_steps,
    foreign,
    kernels,
    moved,
    trained,
)


# --- ZA705 ------------------------------------------------------------------------------------
def line(start: float, end: float, points: int = 20) -> list[float]:
    return list(np.linspace(start, end, points))


def late(share: float, end: float = 2.0) -> list[float]:
    """Flat but for the last quarter, which falls by `share` of its level down to `end`."""
    top = end / (1 - share)
    return [top] * 15 + list(np.linspace(top, end, 6)[1:])


ZA705: dict[str, tuple[Run, type[Answer]]] = {
    "still falling": (trained(loss=line(6, 3)), Flagged),
    "on the threshold of the level": (trained(loss=late(0.0501)), Flagged),
    "under the threshold of the level": (
        trained(loss=[*line(9, 2.1, 10), *late(0.049)]), Passed,
    ),
    "an even fall of little": (trained(loss=line(2.35, 2.20, 10)), Flagged),
    "too little to mean anything": (trained(loss=line(2.35, 2.30, 10)), Passed),
    "it has only just left chance": (trained(loss=[2.6, 2.29, 2.26, 2.23, 2.20, 2.17]), Flagged),
    "it left chance and stands": (trained(loss=[2.6, 2.29, 2.19, 2.18, 2.178, 2.177]), Passed),
    "steps that could not move the weights by a tenth": (moved(1e-3, 99), Flagged),
    "steps that could": (moved(1e-3, 101), Passed),
    "steps that are too small for any": (moved(1e-5, 99), Passed),
    "noise on a plateau": (
        trained(loss=[2.3 + 0.3 * (-1) ** i for i in range(20)] + [2.0]), Passed,
    ),
    "muted": (trained(loss=line(2, 0.5), accuracy=line(0.3, 0.9)), Passed),
    "the loss is under half its baseline": (
        trained(loss=line(2, 1.0), accuracy=line(0.1, 0.2)), Passed,
    ),
    "validation turned": (
        trained(
            a_curve([3, 2.5, 2, 1.5, 1.0, 2.0, 3.0, 4.0], Role.LOSS, Split.VALIDATION),
            loss=line(6, 3),
        ),
        Passed,
    ),
    "validation still falls": (
        trained(a_curve(line(2.3, 2.0, 8), Role.LOSS, Split.VALIDATION), loss=line(6, 3)), Flagged,
    ),
    "validation was lowest at three quarters": (
        trained(
            a_curve([2.3, 2.2, 2.1, 2.0, 2.05], Role.LOSS, Split.VALIDATION), loss=line(6, 3)
        ),
        Flagged,
    ),
    "validation was lowest before": (
        trained(
            a_curve([2.3, 2.2, 2.0, 2.01, 2.02], Role.LOSS, Split.VALIDATION), loss=line(6, 3)
        ),
        Flagged,
    ),
    "a good accuracy": (trained(loss=line(2, 1.3), accuracy=line(0.3, 0.9)), Flagged),
    "a poor accuracy": (trained(loss=line(2, 1.3), accuracy=line(0.1, 0.3)), Flagged),
    "one epoch": (trained(loss=[2.3]), Flagged),
    "one point beside a long validation": (
        trained(a_curve([2.3] * 9, Role.LOSS, Split.VALIDATION), loss=[2.3]), CannotTell,
    ),
    "one epoch of many steps": (trained(by_steps(line(2.3, 1.5, 200)), loss=[1.9]), Flagged),
    "still running": (trained(loss=line(6, 3), state="live"), NotApplicable),
    "an exception": (
        trained(loss=line(6, 3), end=End("exception", 5, exception="ValueError")), NotApplicable,
    ),
    "not finite": (trained(loss=[3.0, 2.0, math.nan]), NotApplicable),
    "rewards": (a_run(a_curve(line(6, 3)), a_curve([0.0], Role.REWARD)), NotApplicable),
    "no loss": (a_run(), CannotTell),
    "a foreign log that falls evenly": (foreign(line(1.0, 0.75)), Flagged),
    "a foreign log that has come far": (foreign(line(1.0, 0.3)), Passed),
    "a foreign log that decays": (foreign([float(np.exp(-i / 5)) for i in range(20)]), Passed),
}


@pytest.mark.parametrize(("run", "want"), ZA705.values(), ids=ZA705.keys())
def test_stopped_too_early(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA705", run), want)


@pytest.mark.parametrize(
    ("name", "tier"),
    [("still falling", Tier.STRONG), ("one epoch", Tier.SMELL),
     ("validation still falls", Tier.STRONG), ("validation was lowest before", Tier.SMELL),
     ("validation was lowest at three quarters", Tier.STRONG),
     ("a good accuracy", Tier.SMELL), ("a poor accuracy", Tier.STRONG),
     ("a foreign log that falls evenly", Tier.SMELL)],
)
def test_how_sure_it_is(name: str, tier: Tier) -> None:
    assert flagged("ZA705", ZA705[name][0]).tier is tier


def test_it_begins_at_the_end_and_names_its_rival() -> None:
    run = trained(loss=line(6, 3, 5), epochs=tuple(Epoch(e, 4 * e + 4, 4) for e in range(5)))
    found = flagged("ZA705", run)
    assert found.since == 20
    assert found.rivals[0][0] == "ZA206"
    assert found.fix is not None
    assert "epochs=100" in found.fix.code  # ten times what was asked for


def test_with_validation_there_is_no_rival() -> None:
    validation = a_curve(line(6, 3), Role.LOSS, Split.VALIDATION)
    assert not flagged("ZA705", trained(validation, loss=line(6, 3))).rivals


@pytest.mark.parametrize(
    ("fit", "argument"),
    [
        (Fit(epochs=7, from_arrays=True), "model.fit(x, y, epochs=70, validation_split=0.2,"),
        (Fit(epochs=7, from_arrays=False), "model.fit(dataset, epochs=70, validation_data="),
        (Fit(epochs=7, from_arrays=True, validation=True), "validation_data=held_out,"),
    ],
    ids=["arrays", "a dataset, which cannot be split", "validation that is there"],
)
def test_the_fix_fits_the_data(fit: Fit, argument: str) -> None:
    found = flagged("ZA705", a_run(COUNTS, a_contract(fit=fit), a_curve(line(6, 3))))
    assert found.fix is not None
    assert argument in found.fix.code


def test_epochs_are_taken_from_the_contract() -> None:
    contract = a_contract(fit=Fit(epochs=7))
    run = a_run(COUNTS, contract, a_curve(line(6, 3)))
    found = flagged("ZA705", run)
    assert found.fix is not None
    assert "epochs=70" in found.fix.code


WAITS = {"class_name": "EarlyStopping", "monitor": "loss", "patience": 2, "min_delta": -0.2}


@pytest.mark.parametrize(
    ("by", "code"),
    [
        ("EarlyStopping",
         '- keras.callbacks.EarlyStopping(monitor="loss", patience=2, min_delta=0.2)\n'
         '+ keras.callbacks.EarlyStopping(monitor="loss", patience=20)'),
        (None, "- epochs=7,\n+ epochs=70,"),
    ],
)  # fmt: skip
def test_an_early_stopping_that_is_there_is_kept(by: str | None, code: str) -> None:
    fit = Fit(epochs=7, callbacks=(WAITS,))
    end = End("stopped" if by else "finished", 100, by=by)
    run = a_run(COUNTS, a_contract(fit=fit), a_curve(line(6, 3)), end=end)
    fix = flagged("ZA705", run).fix
    assert fix is not None
    assert fix.code == code


def test_it_says_how_little_the_steps_moved() -> None:
    epochs = tuple(Epoch(e, 50 * e + 50, 50) for e in range(2))
    run = trained(by_steps([2.4] * 100), kernels([0.0004] * 100), loss=[2.4, 2.39], epochs=epochs)
    found = flagged("ZA705", run)
    assert found.tier is Tier.SMELL
    assert found.summary.endswith("its 100 steps moved the weights by 4 % at most.")
    assert isinstance(answer("ZA704", run), CannotTell)


STANDS = a_curve([1.0] * 20)
BY_STEPS = a_curve(
    line(2.0, 1.4), split=Split.VALIDATION, axis="step", steps=range(0, 5000, 250)
)


@pytest.mark.parametrize(
    ("run", "told", "shown"),
    [
        (a_run(a_curve(line(2.0, 1.4))), "after 20 epochs the loss was", "loss at the end"),
        (a_run(STANDS, BY_STEPS), "at step 4750 the validation loss was", "validation loss at"),
    ],
)
def test_which_loss_and_when(run: Run, told: str, shown: str) -> None:
    found = flagged("ZA705", run)
    assert told in found.summary
    assert found.evidence[0].text.startswith(shown)
