"""ZA604 underfits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, NotApplicable, Passed, Tier
from tb_zeroacc.facts import Layer, Operation
from tb_zeroacc.run import Role, Run, Split
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import check, fixed, flagged

COUNTS = a_table("label_counts", {"y": {str(k): 50.0 for k in range(10)}})
PLATEAU = (COUNTS, a_curve([2.3, *[1.7] * 9]), a_curve([0.2] * 10, Role.ACCURACY))
BEATS = (COUNTS, a_curve([2.3, *[0.3] * 9]), a_curve([0.9] * 10, Role.ACCURACY))
WIDE = Layer("wide", "Dense", "relu", 64)
ONE = Layer("one", "Dense", "tanh", 1)
HEAD = Layer("head", "Dense", "softmax", 10, is_output=True)


def association(r: float) -> tuple[Any, Any]:
    """The largest correlation of an input column and a label column, of 1000 examples."""
    return (
        a_table("association", {"x[0]": {"y[3]": r}}),
        a_table("association_examples", {"examples": {"examples": 1000.0}}, columns=("examples",)),
    )


DEPENDS = association(0.5)


def stack(*hidden: Layer, kind: str = "Sequential", head: Layer = HEAD, **more: Any) -> Any:
    contract = a_contract(*hidden, head, units=head.units)
    return replace(contract, model=kind, **more)


def dropping(share: float, class_name: str = "Dropout", argument: str = "rate") -> Layer:
    return Layer("drop", class_name, settings={argument: share})


def held(to: float, constraint: str = "kernel_constraint: MaxNorm(0.05)") -> tuple[Any, Any]:
    """A constrained kernel that goes from a size of .2 to this share of it at once."""
    layer = replace(WIDE, variables=("wide/kernel", "wide/bias"), constraints=(constraint,))
    rows = {"wide/kernel": {"rms": [0.2, *[0.2 * to] * 9]}, "wide/bias": {"rms": [0.0] * 10}}
    return stack(layer), a_table("weights", rows)


def penalised(share: float, *kinds: str) -> tuple[Any, Any]:
    """A penalty that ends at this share of the loss of the data."""
    rows = {"loss": {"penalty": [9.0, *[share] * 9], "data_loss": [1.0] * 10}}
    return stack(replace(WIDE, regularizers=kinds or L1)), a_table("loss", rows)


L1 = ("kernel_regularizer: L1(0.02)",)

ZA604: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "one unit": (a_run(stack(WIDE, ONE), *PLATEAU, *DEPENDS), None),
    "normalised and dropped behind it": (
        a_run(stack(WIDE, ONE, Layer("n", "BatchNormalization"), dropping(0.2)), *PLATEAU,
              *DEPENDS), None),
    "two units": (a_run(stack(WIDE, replace(ONE, units=2)), *PLATEAU, *DEPENDS), Passed),
    "for three classes": (
        a_run(stack(ONE, head=replace(HEAD, units=3)), *PLATEAU, *DEPENDS), None),
    "for two classes": (
        a_run(stack(ONE, head=replace(HEAD, units=2)), *PLATEAU, *DEPENDS), Passed),
    "a code of one number": (
        a_run(a_contract(WIDE, ONE, HEAD, loss="mean_squared_error"), *PLATEAU, *DEPENDS), Passed),
    "one at each position": (
        a_run(stack(ONE, Layer("f", "Flatten")), *PLATEAU, *DEPENDS), Passed),
    "a layer of the user's own": (
        a_run(stack(Layer("m", "Mine"), ONE), *PLATEAU, *DEPENDS), Passed),
    "a call of one's own": (a_run(stack(WIDE, ONE, kind="Net"), *PLATEAU, *DEPENDS), Passed),
    "in a graph": (
        a_run(stack(WIDE, ONE, kind="Functional", operations=(Operation("Relu", 1),)), *PLATEAU,
              *DEPENDS), None),
    "a path around it": (
        a_run(stack(WIDE, ONE, kind="Functional", operations=(Operation("Add", 2),)), *PLATEAU,
              *DEPENDS), Passed),
    "a layer that joins paths": (
        a_run(stack(ONE, Layer("c", "Concatenate"), kind="Functional", operations=()), *PLATEAU,
              *DEPENDS), Passed),
    "dropout on the limit": (a_run(stack(WIDE, dropping(0.9)), *PLATEAU, *DEPENDS), None),
    "dropout just under": (a_run(stack(WIDE, dropping(0.89)), *PLATEAU, *DEPENDS), Passed),
    "of a recurrent state": (
        a_run(stack(dropping(0.95, "LSTM", "recurrent_dropout"), Layer("cell", "LSTMCell")),
              *PLATEAU, *DEPENDS), None),
    "a kernel on the limit": (a_run(*held(0.0999), *PLATEAU, *DEPENDS), None),
    "a kernel just above": (a_run(*held(0.101), *PLATEAU, *DEPENDS), Passed),
    "a constraint on its bias": (
        a_run(*held(0.05, "bias_constraint: MaxNorm(0.05)"), *PLATEAU, *DEPENDS), Passed),
    "a constraint that is no norm": (
        a_run(*held(0.05, "kernel_constraint: NonNeg"), *PLATEAU, *DEPENDS), Passed),
    "a penalty on the limit": (a_run(*penalised(0.2501), *PLATEAU, *DEPENDS), None),
    "a penalty just under": (a_run(*penalised(0.2499), *PLATEAU, *DEPENDS), Passed),
    "a penalty of what a layer puts out": (
        a_run(*penalised(0.9, "activity_regularizer: L1(0.02)"), *PLATEAU, *DEPENDS), Passed),
    "nothing holds it back": (a_run(stack(WIDE), *PLATEAU, *DEPENDS), Passed),
    "it learns all the same": (a_run(stack(WIDE, ONE), *BEATS, *DEPENDS), Passed),
    "validation learns": (
        a_run(stack(WIDE, dropping(0.95)), *PLATEAU, *DEPENDS,
              a_curve([2.3, *[0.5] * 9], split=Split.VALIDATION)), Passed),
    "the loss still falls": (
        a_run(stack(WIDE, ONE), COUNTS, a_curve([2.3, 2.1, 1.9, 1.7]), *DEPENDS), Passed),
    "three epochs": (
        a_run(stack(WIDE, ONE), COUNTS, a_curve([2.3, 1.7, 1.7]), *DEPENDS), CannotTell),
    "p just above the limit": (
        a_run(stack(WIDE, ONE), *PLATEAU, *association(0.122)), CannotTell),
    "p just under": (a_run(stack(WIDE, ONE), *PLATEAU, *association(0.1232)), None),
    "inputs are not on record": (a_run(stack(WIDE, ONE), *PLATEAU), CannotTell),
    "no baseline": (
        a_run(a_contract(WIDE, dropping(0.95), HEAD, loss="mine"), *PLATEAU, *DEPENDS),
        CannotTell),
    "Keras' own record": (
        a_run(replace(stack(WIDE, ONE), source="keras_record"), *PLATEAU, *DEPENDS),
        NotApplicable),
    "a game of two players": (
        a_run(stack(replace(WIDE, name="generator"), ONE), *PLATEAU, *DEPENDS), NotApplicable),
    "no contract": (a_run(*PLATEAU, *DEPENDS), CannotTell),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), ZA604.values(), ids=ZA604.keys())
def test_underfits(run: Run, want: type[Answer] | Tier | None) -> None:
    check("ZA604", run, want)


@pytest.mark.parametrize(
    ("parts", "said", "fix"),
    [
        ((stack(WIDE, ONE),), "the one unit of `one` is all by which it can tell 10 classes apart",
         '+ keras.layers.Dense(40, activation="relu"),'),
        ((stack(WIDE, dropping(0.8), dropping(0.95)),), "`drop` drops 95 % of what it is given",
         "+ keras.layers.Dropout(0.1),"),
        ((stack(dropping(0.9, "GRU", "dropout")),), "`drop` drops 90 % of what it is given",
         "+ dropout=0.1,"),
        (held(0.04), "MaxNorm(0.05) keeps the kernel of `wide` at 4 % of its initial size",
         "+ kernel_constraint=keras.constraints.MaxNorm(2),"),
        (penalised(0.5), "the penalty of its regularisers still is 50 % of the loss of the data",
         "+ kernel_regularizer=keras.regularizers.L1(2e-05),"),
    ],
    ids=["narrow", "dropped", "recurrent", "short", "penalised"],
)  # fmt: skip
def test_it_says_what_holds_it_back(parts: tuple[Any, ...], said: str, fix: str) -> None:
    found = flagged("ZA604", a_run(*parts, *PLATEAU, *DEPENDS))
    assert found.summary == f"The model underfits: {said}."
    assert found.layers in (("one",), ("drop",), ("wide",))
    assert found.fix is not None
    assert fix in found.fix.code
    fixed(found.fix)
