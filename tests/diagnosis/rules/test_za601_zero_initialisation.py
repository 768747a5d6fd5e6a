"""ZA601 zero-initialisation."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, NotApplicable, Passed, Tier
from tb_zeroacc.facts import Layer
from tb_zeroacc.run import Role, Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table, some_histograms
from tests.diagnosis.rules.asking import answer, check, flagged

COUNTS = a_table("label_counts", {"y": {str(k): 100.0 for k in range(10)}})
BEATS = (COUNTS, a_curve([1.0, 0.1]), a_curve([0.8, 0.98], Role.ACCURACY))


def layer(name: str, units: int = 8, start: str | None = None, kind: str = "Dense") -> Layer:
    return Layer(name, kind, "relu", units, kernel_initializer=start, variables=(f"{name}/kernel",))


def weights(
    hidden: list[float], last: list[float], *parts: Any, units: int = 8, **kind: str
) -> Run:
    rows = {
        "a/kernel": {"unit_spread": hidden, "rms": 0.0},
        "b/kernel": {"unit_spread": last, "rms": 0.0},
    }
    contract = a_contract(layer("a", units, **kind), layer("b", 10))
    return a_run(a_table("weights", rows, steps=[0, 1, 2]), contract, *parts)


ZA601: dict[str, tuple[Run, type[Answer]]] = {
    "exactly alike": (weights([0, 0, 0], [0, 0, 0]), Flagged),
    "the smallest spread": (weights([1e-30, 1e-30, 1e-30], [0.1] * 3), Passed),
    "a last layer of zeros that moves": (weights([0.1] * 3, [0, 0.01, 0.02]), Passed),
    "one unit has no spread": (weights([0, 0, 0], [0.1] * 3, units=1), Passed),
    "a kernel a channel": (weights([0, 0, 0], [0.1] * 3, kind="DepthwiseConv2D"), Passed),
    "configured so": (
        a_run(a_contract(layer("a", start="Zeros"), layer("b", start="Zeros")), recorded=False),
        Flagged,
    ),
    "only the output is configured so": (
        a_run(a_contract(layer("a", start="GlorotUniform"), layer("b", start="Zeros"))),
        Passed,
    ),
    "no initialiser known": (a_run(a_contract(layer("a"), layer("b"))), NotApplicable),
    "neither": (a_run(a_curve([1.0])), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), ZA601.values(), ids=ZA601.keys())
def test_zero_initialisation(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA601", run), want)


def test_one_sample_is_not_enough() -> None:
    run = weights([0.0, 0.0, 0.0], [0.1] * 3)
    run.tables["weights"] = a_table(  # type: ignore[index]
        "weights", {"a/kernel": {"unit_spread": [0.0], "rms": 0.0}}
    )
    assert not isinstance(answer("ZA601", run), Flagged)


def test_no_kernel_of_several_units() -> None:
    table = a_table("weights", {"a/kernel": {"unit_spread": [0.0, 0.0]}})
    assert isinstance(answer("ZA601", a_run(table, a_contract(layer("a", 1)))), NotApplicable)


def test_it_names_the_layers_in_order_and_is_a_fact() -> None:
    found = flagged("ZA601", weights([0, 0, 0], [0, 0, 0], COUNTS, a_curve([2.3, 2.3])))
    assert found.tier is None
    assert found.layers == ("a", "b")
    assert "at zero" in found.summary


def test_a_run_that_learns_all_the_same_makes_it_a_smell() -> None:
    assert flagged("ZA601", weights([0, 0, 0], [0.1] * 3, *BEATS)).tier is Tier.SMELL


def test_the_configuration_alone_is_strong_at_most() -> None:
    assert flagged("ZA601", a_run(a_contract(layer("a", start="Ones"), layer("b")))).tier is (
        Tier.STRONG
    )


# --- without samples --------------------------------------------------------------------------
ZEROS = some_histograms("m/a/kernel/histogram", ends=(0.0, 0.0))
ONES = some_histograms("m/a/kernel/histogram", ends=(1.0, 1.0))
SPREAD = some_histograms("m/b/kernel/histogram", varies=True)
FALLS = a_curve([2.3, 2.2, 2.1, 2.0])
FROZEN = a_contract(
    Layer("a", "Dense", trainable=False), Layer("b", "Dense"), source="keras_record"
)


def foreign(*parts: Any) -> Run:
    return a_run(*parts, recorded=False)


HISTOGRAMS: dict[str, tuple[Run, type[Answer] | Tier]] = {
    "zeros throughout": (foreign(ZEROS, SPREAD), Tier.STRONG),
    "ones throughout": (foreign(ONES, SPREAD), Tier.STRONG),
    "the loss falls": (foreign(ZEROS, SPREAD, FALLS), Tier.SMELL),
    "configured so, and the loss falls": (
        foreign(ZEROS, FALLS, a_contract(layer("a", start="Zeros"), layer("b"))), Tier.STRONG,
    ),
    "it beats its baseline": (
        foreign(ZEROS, *BEATS, a_contract(layer("a"), layer("b"))), Tier.SMELL,
    ),
    "two histograms": (foreign(some_histograms("a/kernel", 2, ends=(0, 0))), Passed),
    "zeros of PyTorch": (foreign(some_histograms("fc.weight", ends=(0, 0))), Tier.STRONG),
    "a scale of PyTorch": (foreign(some_histograms("bn.weight", ends=(1, 1))), Passed),
    "biases of zeros": (foreign(some_histograms("a/bias", ends=(0, 0)), SPREAD), Passed),
    "NaN": (
        foreign(some_histograms("a/kernel", ends=(math.inf, -math.inf), bad_since=0)), Passed,
    ),
    "frozen": (foreign(ZEROS, SPREAD, FROZEN), NotApplicable),
    "they differ": (foreign(SPREAD), Passed),
    "configured so, and they differ": (
        foreign(SPREAD, a_contract(layer("a", start="Zeros"), layer("b"))), Tier.STRONG,
    ),
}


@pytest.mark.parametrize(("run", "want"), HISTOGRAMS.values(), ids=HISTOGRAMS.keys())
def test_by_histograms(run: Run, want: type[Answer] | Tier) -> None:
    check("ZA601", run, want)


@pytest.mark.parametrize(
    ("starts", "lines"),
    [
        (("Zeros", "Constant(0.1)"),
         ['- keras.layers.Dense(8, activation="relu", kernel_initializer="zeros")',
          '+ keras.layers.Dense(8, activation="relu")',
          '- keras.layers.Dense(8, activation="relu", '
          "kernel_initializer=keras.initializers.Constant(0.1))",
          '+ keras.layers.Dense(8, activation="relu")']),
        (("GlorotUniform", "GlorotUniform"),
         ["- layer.set_weights([np.full(w.shape, 0.5) for w in layer.get_weights()])"]),
    ],
    ids=["every layer that is configured so", "set from outside"],
)  # fmt: skip
def test_the_fix_names_what_makes_them_alike(starts: tuple[str, str], lines: list[str]) -> None:
    still = {f"{name}/kernel": {"unit_spread": [0, 0, 0], "rms": 0.0} for name in "ab"}
    contract = a_contract(*(layer(n, start=s) for n, s in zip("ab", starts, strict=True)))
    fix = flagged("ZA601", a_run(a_table("weights", still, steps=[0, 1, 2]), contract)).fix
    assert fix is not None
    assert fix.code.splitlines() == lines
