"""ZA701, ZA702, ZA704, ZA705, ZA708 on planted runs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tb_zeroacc.diagnosis.answers import (
    Answer,
    CannotTell,
    Flagged,
    NotApplicable,
    Passed,
    Tier,
)
from tb_zeroacc.facts import End, Epoch, Fit, Optimizer
from tb_zeroacc.run import Curve, Role, Run, Split, Table
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import answer, flagged

LN10 = math.log(10)
COUNTS = a_table("label_counts", {"y": {str(k): 100.0 for k in range(10)}})


def kernels(ratios: list[float], rms: float = 0.1, bias: float = 0.0) -> Table:
    """Updates of one kernel, and of a bias which must not count."""
    return a_table(
        "weights",
        {
            "dense/kernel": {"update_ratio": ratios, "rms": rms, "unit_spread": 0.1},
            "dense/bias": {"update_ratio": bias, "rms": 0.0},
        },
    )


def by_steps(values: list[float]) -> Curve:
    return a_curve(values, tag="zeroacc/loss", axis="step", headline=False)


def trained(
    *parts: Table | Curve,
    loss: list[float],
    accuracy: list[float] | None = None,
    optimizer: Optimizer | None = None,
    **more: Any,
) -> Run:
    """Ten balanced classes (the prior is ln 10) with these epochs."""
    curves = [a_curve(loss)]
    if accuracy is not None:
        curves.append(a_curve(accuracy, Role.ACCURACY))
    return a_run(COUNTS, a_contract(optimizer=optimizer), *curves, *parts, **more)


# --- ZA701 ------------------------------------------------------------------------------------

STUCK = [2.31, 2.30, 2.30, 2.30]
LEARNED = [1.0, 0.5, 0.2, 0.1]
GOOD = [0.7, 0.8, 0.9, 0.97]
ADAM10 = Optimizer("Adam", 10.0)


def high(ratio: float, peak: float, **more: Any) -> Run:
    """The first update is `ratio` times the weights, and the batch loss goes from 2.3 to `peak`."""
    more.setdefault("loss", STUCK)
    return trained(
        kernels([ratio] + [0.01] * 29, bias=more.pop("bias", 0.0)),
        by_steps([2.3, peak] + [2.3] * 28),
        **more,
    )


ZA701: dict[str, tuple[Run, type[Answer]]] = {
    "an update of many times the weights": (high(72, 362), Flagged),
    "on the threshold of the update": (high(1.0, 362), Flagged),
    "under the threshold of the update": (high(0.99, 362), Passed),
    "on the threshold of the loss": (high(72, 5.0001 * LN10), Flagged),
    "under the threshold of the loss": (high(23, 4.99 * LN10), Passed),
    "only a bias": (high(0.01, 362, bias=1e9), Passed),
    "muted": (high(7, 6 * LN10, loss=LEARNED, accuracy=GOOD), Passed),
    "the loss jumped too far to be muted": (
        high(72, 362, loss=LEARNED, accuracy=GOOD), Flagged,
    ),
    "a kernel of zeros": (
        trained(kernels([1e9] + [0.01] * 29, rms=1e-9), by_steps([2.3, 362.0]), loss=STUCK),
        CannotTell,
    ),
    "every step rewrites the net": (
        trained(kernels([0.11] * 30), by_steps([2.3] * 30), loss=STUCK), Flagged,
    ),
    "on the threshold of the median": (
        trained(kernels([0.0999] * 30), by_steps([2.3] * 30), loss=STUCK), Passed,
    ),
    "every step, but it learns": (
        trained(kernels([0.2] * 30), loss=LEARNED, accuracy=GOOD), Passed,
    ),
    "a peak long after the first steps": (
        trained(kernels([2.0] + [0.01] * 29), by_steps([2.3] * 100 + [400.0]), loss=STUCK), Passed,
    ),
    "the rate alone, beside a loss far above a sound start": (
        a_run(a_contract(optimizer=ADAM10), a_curve([220.0, 30.0, 5.0]), recorded=False), Flagged,
    ),
    "the rate alone": (
        a_run(a_contract(optimizer=ADAM10), a_curve([2.4, 2.3, 2.3]), recorded=False), Passed,
    ),
    "a usual rate": (a_run(a_contract(), a_curve([220.0, 30.0]), recorded=False), Passed),
    "neither updates nor a contract": (a_run(a_curve([220.0, 30.0])), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), ZA701.values(), ids=ZA701.keys())
def test_learning_rate_too_high(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA701", run), want)


def test_it_tells_the_update_and_the_jump() -> None:
    found = flagged("ZA701", high(72, 362, optimizer=ADAM10))
    assert "too high: the first update was 72 times the weights." in found.summary
    assert "Adam with learning_rate = 10" in found.context
    assert found.since == 0
    assert found.mend is not None
    assert "+ optimizer=keras.optimizers.Adam(learning_rate=0.001)," in found.mend.code


def test_a_restless_run_without_a_prior_is_a_smell() -> None:
    run = a_run(kernels([0.3] * 30), a_curve([5.0, 5.0]), a_contract(loss="a_loss_of_mine"))
    assert flagged("ZA701", run).tier is Tier.SMELL


def test_a_restless_run_is_strong_only_where_it_is_no_better_than_a_constant() -> None:
    """A linear model of small weights shivers around the best that it can do."""
    for level, tier in ((0.6 * LN10, Tier.SMELL), (0.95 * LN10, None)):
        run = trained(kernels([0.13] * 30), by_steps([2.3] * 30), loss=[2.3, level, level, level])
        assert flagged("ZA701", run).tier in (tier, tier or Tier.STRONG), level


def test_for_sgd_the_new_rate_follows_the_update() -> None:
    found = flagged("ZA701", high(50, 362, optimizer=Optimizer("SGD", 1.0)))
    assert found.mend is not None
    assert "learning_rate=1e-05" in found.mend.code


# --- ZA702 ------------------------------------------------------------------------------------

CREEPS = [2.310, 2.309, 2.308, 2.307]
GRADIENTS = a_table("gradients", {"dense/kernel": {"rms": [1e-2] * 30}})
NONE = a_table("gradients", {"dense/kernel": {"rms": [0.0] * 30}})
TINY = Optimizer("Adam", 1e-6)

ZA702: dict[str, tuple[Run, type[Answer]]] = {
    "updates vanish": (trained(kernels([4e-6] * 30), GRADIENTS, loss=CREEPS), Flagged),
    "just under the threshold": (trained(kernels([2.99e-5] * 30), loss=CREEPS), Flagged),
    "on the threshold": (trained(kernels([3.01e-5] * 30), loss=CREEPS), Passed),
    "no gradient": (trained(kernels([0.0] * 30), NONE, loss=CREEPS), NotApplicable),
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


def test_a_higher_rate_is_shown() -> None:
    run = trained(kernels([4e-6] * 30), GRADIENTS, loss=CREEPS, optimizer=TINY)
    found = flagged("ZA702", run)
    assert found.mend is not None
    assert "- optimizer=keras.optimizers.Adam(learning_rate=1e-06)," in found.mend.code
    assert "+ optimizer=keras.optimizers.Adam(learning_rate=0.001)," in found.mend.code


# --- ZA704 ------------------------------------------------------------------------------------


def foreign(loss: list[float], accuracy: list[float] | None = None, tag: str = "loss") -> Run:
    """A log of somebody else: curves alone."""
    parts = [a_curve(loss, tag=tag)]
    if accuracy is not None:
        parts.append(a_curve(accuracy, Role.ACCURACY, scale=0.01 if max(accuracy) > 1 else 1.0))
    return a_run(*parts, recorded=False)


FLAT = [2.303, 2.302, 2.303, 2.302, 2.303]
ZA704: dict[str, tuple[Run, type[Answer]]] = {
    "stuck": (trained(loss=STUCK, accuracy=[0.1] * 4), Flagged),
    "on the threshold": (trained(loss=[0.9001 * LN10] * 4, accuracy=[0.1] * 4), Flagged),
    "under the threshold": (trained(loss=[0.899 * LN10] * 4, accuracy=[0.1] * 4), Passed),
    "accuracy on the threshold": (trained(loss=STUCK, accuracy=[0.15] * 4), Flagged),
    "accuracy above the threshold": (trained(loss=STUCK, accuracy=[0.16] * 4), Passed),
    "muted": (trained(loss=LEARNED, accuracy=GOOD), Passed),
    "still falling": (trained(loss=[6.0, 5.0, 4.0, 3.0]), Passed),
    "it learned and lost it": (trained(loss=[2.3, 0.5, 0.5, 2.3, 2.3, 2.3, 2.3, 2.3]), Flagged),
    "it blew up at the very end": (trained(loss=[2.3, *[0.5] * 18, 2.3]), Passed),
    "a loss that never moves": (foreign([7.8185] * 10), Flagged),
    "a loss that never moves, for nine points": (foreign([7.8185] * 9), CannotTell),
    "a loss that moves in the fifth digit": (foreign([7.8185] * 9 + [7.8195]), CannotTell),
    "a loss of nothing": (foreign([0.0] * 20), CannotTell),
    "not finite": (trained(loss=[2.3, 2.3, 2.3, 2.3, math.nan]), NotApplicable),
    "three epochs": (trained(loss=[2.3, 2.3, 2.3]), CannotTell),
    "rewards": (a_run(a_curve(STUCK), a_curve([0.0], Role.REWARD)), NotApplicable),
    "a foreign log at ln 10 and 1/10": (foreign(FLAT, [0.1] * 5), Flagged),
    "the same in percent": (foreign(FLAT, [10.1] * 5), Flagged),
    "a first plateau that ends": (foreign([0.69, 0.69, 0.5, 0.3, 0.3], [0.5, 0.5, 0.8, 0.9, 0.9]),
                                  Passed),
    "an accuracy of .10 with 100 classes": (foreign([4.60] * 5, [0.10] * 5), Passed),
    "ln 2 by accident": (foreign([0.69] * 5, [0.9] * 5), Passed),
    "a game of two players": (foreign([0.69] * 5, [0.5] * 5, tag="disc_loss"), CannotTell),
    "a flat loss without an accuracy": (foreign(FLAT), CannotTell),
    "no loss": (a_run(a_curve([0.1] * 5, Role.ACCURACY)), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), ZA704.values(), ids=ZA704.keys())
def test_stuck_at_chance(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA704", run), want)


def test_a_regression_is_held_against_the_mean() -> None:
    labels = a_table("labels", {"y": {"mean": 0.5, "std": 0.3, "count": 32.0}})
    contract = a_contract(loss="mean_squared_error", activation="linear", units=1)
    found = flagged("ZA704", a_run(labels, contract, a_curve([0.09] * 5)))
    assert "predicting the mean" in found.summary


def test_it_begins_where_it_got_stuck() -> None:
    run = trained(
        loss=[1.9, 1.8, *[2.3] * 30],
        epochs=tuple(Epoch(e, 10 * (e + 1), 10) for e in range(32)),
    )
    assert flagged("ZA704", run).since == 30


# --- ZA705 ------------------------------------------------------------------------------------


def line(start: float, end: float, points: int = 20) -> list[float]:
    return list(np.linspace(start, end, points))


def late(share: float, end: float = 2.0) -> list[float]:
    """Flat but for the last quarter, which falls by `share` of its level down to `end`."""
    top = end / (1 - share)
    return [top] * 15 + list(np.linspace(top, end, 6)[1:])


ENDED = End("finished", 100)
ZA705: dict[str, tuple[Run, type[Answer]]] = {
    "still falling": (trained(loss=line(6, 3)), Flagged),
    "on the threshold of the level": (trained(loss=late(0.0501)), Flagged),
    "under the threshold of the level": (
        trained(loss=[*line(9, 2.1, 10), *late(0.049)]), Passed,
    ),
    "an even fall of little": (trained(loss=line(2.35, 2.20, 10)), Flagged),
    "too little to mean anything": (trained(loss=line(2.35, 2.30, 10)), Passed),
    "noise on a plateau": (
        trained(loss=[2.3 + 0.3 * (-1) ** i for i in range(20)] + [2.0]), Passed,
    ),
    "muted": (trained(loss=line(2, 0.5), accuracy=line(0.3, 0.9)), Passed),
    "the loss is under half its prior": (
        trained(loss=line(2, 1.0), accuracy=line(0.1, 0.2)), Passed,
    ),
    "validation turned": (
        trained(
            a_curve([3, 2.5, 2, 1.5, 1.0, 2.0, 3.0, 4.0], Role.LOSS, Split.VALIDATION),
            loss=line(6, 3),
        ),
        Passed,
    ),
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
     ("a foreign log that falls evenly", Tier.SMELL)],
)
def test_how_sure_it_is(name: str, tier: Tier) -> None:
    assert flagged("ZA705", ZA705[name][0]).tier is tier


def test_it_begins_at_the_end_and_names_its_rival() -> None:
    run = trained(loss=line(6, 3, 5), epochs=tuple(Epoch(e, 4 * e + 4, 4) for e in range(5)))
    found = flagged("ZA705", run)
    assert found.since == 20
    assert found.rivals[0][0] == "ZA206"
    assert found.mend is not None
    assert "epochs=100" in found.mend.code  # ten times what was asked for


def test_with_validation_there_is_no_rival() -> None:
    validation = a_curve(line(6, 3), Role.LOSS, Split.VALIDATION)
    assert not flagged("ZA705", trained(validation, loss=line(6, 3))).rivals


# --- ZA708 ------------------------------------------------------------------------------------


def moving(
    change: float,
    *,
    gradient: float = 1.0,
    rate: float = 0.01,
    samples: int = 10,
    optimizer: Optimizer | None = None,
    other: float = 1e-3,
) -> Run:
    """Two kernels: `a` changes by `change` a step and `b` by `other`."""
    at = np.arange(samples)
    weights = {
        f"{n}/kernel": {"rms": list(0.1 + d * at), "update_rms": d, "unit_spread": 0.1}
        for n, d in (("a", change), ("b", other))
    }
    gradients = {"a/kernel": {"rms": gradient}, "b/kernel": {"rms": 1.0}}
    for row in (*weights.values(), *gradients.values()):
        row.update({k: list(np.broadcast_to(v, samples)) for k, v in row.items()})
    loss = a_table("loss", {"loss": {"learning_rate": [rate] * samples}})
    return a_run(
        a_table("weights", weights), a_table("gradients", gradients), loss,
        a_contract(optimizer=optimizer), a_curve(STUCK),
    )


ACCUMULATES = Optimizer("Adam", 1e-3, gradient_accumulation_steps=4)
ZA708: dict[str, tuple[Run, type[Answer]]] = {
    "one variable": (moving(0.0), Flagged),
    "all variables": (moving(0.0, other=0.0), Flagged),
    "the smallest change": (moving(1e-12), Passed),
    "no gradient": (moving(0.0, gradient=0.0), Passed),
    "swallowed by rounding": (moving(0.0, gradient=0.99e-5), Passed),
    "just large enough to be felt": (moving(0.0, gradient=1.01e-5), Flagged),
    "a rate of 0": (moving(0.0, rate=0.0), NotApplicable),
    "four samples": (moving(0.0, samples=4), CannotTell),
    "gathering gradients": (moving(0.0, optimizer=ACCUMULATES), CannotTell),
    "gathered often enough": (moving(0.0, samples=20, optimizer=ACCUMULATES), Flagged),
    "nothing recorded": (a_run(a_curve(STUCK)), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), ZA708.values(), ids=ZA708.keys())
def test_weights_never_move(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA708", run), want)


def test_it_says_which_variables() -> None:
    assert "`a/kernel` never moves" in flagged("ZA708", moving(0.0)).summary
    assert "No variable" in flagged("ZA708", moving(0.0, other=0.0)).summary


def test_an_unknown_rate_cannot_tell() -> None:
    optimizer = Optimizer("Adam", None)
    run = moving(0.0, rate=math.nan, optimizer=optimizer)
    assert isinstance(answer("ZA708", run), CannotTell)


def test_epochs_are_taken_from_the_contract() -> None:
    contract = a_contract(fit=Fit(epochs=7))
    run = a_run(COUNTS, contract, a_curve(line(6, 3)))
    found = flagged("ZA705", run)
    assert found.mend is not None
    assert "epochs=70" in found.mend.code
