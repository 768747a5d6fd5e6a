"""ZA404 predicts-one-class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, NotApplicable, Passed
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.facts import End, Epoch, Output
from tb_zeroacc.run import Role, Run, Table
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import answer, flagged

STEPS, EPOCHS = (0, 20, 40, 60), (0, 0, 1, 1)
YES_NO = a_contract(loss="binary_crossentropy", units=1, activation="sigmoid")


def counts(
    kind: str, no: Sequence[float], yes: Sequence[float], steps: Sequence[int] = STEPS
) -> Table:
    row = {"0": no, "1": yes, "other": [0.0] * len(no)}
    return a_table(kind, {"y": row}, steps=steps, epochs=EPOCHS[: len(no)])


def named(no: Sequence[float], yes: Sequence[float], **more: Any) -> Table:
    return counts("prediction_counts", no, yes, **more)


def labelled(no: float, yes: float) -> Table:
    return counts("label_counts", [no] * 4, [yes] * 4)


def scores(*values: float) -> Any:
    return a_curve(values, Role.ACCURACY)


HALF, RARE, ONE = labelled(500, 500), labelled(990, 10), labelled(1000, 0)
FEW_NO = named([100] * 4, [0] * 4)
ALL_NO = named([1000] * 4, [0] * 4)
AT_HALF = scores(0.5, 0.5, 0.5, 0.5)
LEARNED = a_curve([0.69, 0.1])

ZA404: dict[str, tuple[Run, type[Answer]]] = {
    "one class, accuracy a half": (a_run(YES_NO, HALF, ALL_NO, AT_HALF), Flagged),
    "one class of two, no accuracy": (a_run(YES_NO, HALF, ALL_NO), Flagged),
    "one class, while the loss leaves chance": (
        a_run(YES_NO, HALF, ALL_NO, a_curve([0.9, 0.68, 0.67, 0.66, 0.65])), CannotTell
    ),
    "one class, and the loss stands": (
        a_run(YES_NO, HALF, ALL_NO, a_curve([0.9, 0.68, 0.68, 0.68, 0.68])), Flagged
    ),
    "in the last epoch alone": (
        a_run(YES_NO, HALF, named([500, 500, 1000, 1000], [500, 500, 0, 0]), AT_HALF), Flagged
    ),
    "in the first epoch alone": (
        a_run(YES_NO, HALF, named([1000, 1000, 500, 500], [0, 0, 500, 500]), AT_HALF), Passed
    ),
    "exactly 999 of 1000": (
        a_run(YES_NO, HALF, named([999] * 4, [1] * 4), AT_HALF), Flagged
    ),
    "998 of 1000": (a_run(YES_NO, HALF, named([998] * 4, [2] * 4), AT_HALF), Passed),
    # two standard errors of a half, counted in 4000 examples: .0158
    "accuracy above by .001 and the error of counting": (
        a_run(YES_NO, HALF, ALL_NO, scores(0.5168)), Flagged
    ),
    "accuracy further above": (a_run(YES_NO, HALF, ALL_NO, scores(0.5169)), Passed),
    "a rare class that is found at the cost of accuracy": (
        a_run(YES_NO, RARE, FEW_NO, scores(0.97)), CannotTell
    ),
    "an accuracy of that class alone, of few examples": (
        a_run(YES_NO, RARE, FEW_NO, scores(0.988)), Flagged
    ),
    "of many examples, whatever the accuracy": (
        a_run(YES_NO, RARE, ALL_NO, scores(0.97)), Flagged
    ),
    "a rare class that is found": (a_run(YES_NO, RARE, ALL_NO, scores(0.998)), Passed),
    "a rare class that is not": (a_run(YES_NO, RARE, ALL_NO, scores(0.99)), Flagged),
    "a rare class in few examples": (
        a_run(YES_NO, RARE, named([100] * 4, [0] * 4)), CannotTell
    ),
    "ten examples of it expected": (
        a_run(YES_NO, RARE, named([500] * 4, [0] * 4)), Flagged
    ),
    "a working net": (
        a_run(YES_NO, labelled(630, 370), named([690] * 4, [310] * 4), scores(0.95)), Passed
    ),
    "the first steps": (
        a_run(YES_NO, HALF, named([1000] * 2, [0] * 2, steps=[0, 9]), AT_HALF), CannotTell
    ),
    "not seen in the half in which it learned": (
        a_run(YES_NO, HALF, ALL_NO, LEARNED, end=End("finished", 121)), CannotTell
    ),
    "seen in the half in which it learned": (
        a_run(YES_NO, HALF, ALL_NO, LEARNED, end=End("finished", 120)), Flagged
    ),
    "not seen later, and nothing learned": (
        a_run(YES_NO, HALF, ALL_NO, a_curve([0.7, 0.68]), end=End("finished", 500)), Flagged
    ),
    "labels of one class": (a_run(YES_NO, ONE, ALL_NO, scores(1.0)), NotApplicable),
    "labels unknown": (a_run(YES_NO, ALL_NO, AT_HALF), CannotTell),
    "nothing counted": (a_run(YES_NO, HALF, named([0] * 4, [0] * 4), AT_HALF), CannotTell),
    "predictions unknown, at the share": (a_run(YES_NO, HALF, AT_HALF), Flagged),
    "predictions unknown, near the share": (
        a_run(YES_NO, HALF, scores(0.5, 0.5, 0.502, 0.5)), Passed
    ),
    "predictions unknown, learns": (a_run(YES_NO, HALF, scores(0.5, 0.7, 0.8, 0.9)), Passed),
    "predictions unknown, three epochs": (a_run(YES_NO, HALF, scores(0.5, 0.5, 0.5)), CannotTell),
    "predictions unknown, one class": (
        a_run(YES_NO, ONE, scores(1.0, 1.0, 1.0, 1.0)), NotApplicable
    ),
    "predictions and labels unknown": (a_run(AT_HALF), CannotTell),
    "a regression": (
        a_run(a_contract(loss="mean_squared_error", units=1), AT_HALF), NotApplicable
    ),
    "nothing": (a_run(), CannotTell),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), ZA404.values(), ids=ZA404.keys())
def test_predicts_one_class(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA404", run), want)


def test_it_names_the_class_and_when_it_began() -> None:
    share = a_curve([0.5, 0.5, 1.0, 1.0], Role.OTHER, tag="zeroacc/prediction_majority_share",
                    axis="step", steps=STEPS)
    table = named([500, 500, 0, 0], [500, 500, 1000, 1000])
    found = flagged("ZA404", a_run(YES_NO, HALF, table, AT_HALF, share))
    assert found.summary == "The model predicts class 1 for 100 % of examples."
    assert found.since == 40
    first = found.evidence[0]
    assert first.tag == "zeroacc/prediction_majority_share"
    assert (first.value, first.first_step, first.last_step) == (1.0, 40, 60)
    assert found.evidence[1].tag == "zeroacc/epoch/accuracy"


def test_without_epochs_the_last_quarter_counts() -> None:
    table = named([500, 500, 500, 1000], [500, 500, 500, 0])
    table.epochs[:] = -1
    assert isinstance(answer("ZA404", a_run(YES_NO, HALF, table, AT_HALF)), Flagged)


def test_by_accuracy_it_begins_with_the_stretch() -> None:
    epochs = tuple(Epoch(k, 30 * (k + 1), 30) for k in range(5))
    run = a_run(YES_NO, HALF, scores(0.6, 0.5, 0.5, 0.5, 0.5), epochs=epochs)
    found = flagged("ZA404", run)
    assert found.since == 60
    assert (found.evidence[0].first_step, found.evidence[0].last_step) == (1, 4)


def test_several_outputs_are_asked_one_by_one() -> None:
    both = {"0": [500.0] * 4, "1": [500.0] * 4}
    alone = {"0": [0.0] * 4, "1": [1000.0] * 4}
    run = a_run(
        a_table("label_counts", {"a": both, "b": both}, steps=STEPS, epochs=EPOCHS),
        a_table("prediction_counts", {"a": both, "b": alone}, steps=STEPS, epochs=EPOCHS),
        scores(0.9),
    )
    assert "class 1" in flagged("ZA404", run).summary


def test_a_frozen_accuracy_folds_under_it() -> None:
    epochs = tuple(Epoch(k, 30 * (k + 1), 30) for k in range(4))
    loss = a_curve([4.0, 2.0, 1.0, 0.6])
    run = a_run(YES_NO, HALF, ALL_NO, AT_HALF, loss, epochs=epochs)
    verdict = diagnose(run, CATALOGUE, strict=True)
    folded = {c.code: f.code for f in verdict.findings for c in f.explains}
    assert "ZA403" in folded


@pytest.mark.parametrize(("weight", "want"), [(1.0, Flagged), (0.0, Passed)])
def test_an_output_whose_loss_has_no_weight_is_only_watched(
    weight: float, want: type[Answer]
) -> None:
    watched = replace(YES_NO.outputs[0], weight=weight)
    contract = replace(YES_NO, outputs=(watched, Output("other", loss="mean_squared_error")))
    assert isinstance(answer("ZA404", a_run(contract, HALF, ALL_NO)), want)
