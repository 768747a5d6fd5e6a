"""ZA005 record-breaks-off."""

from __future__ import annotations

from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, NotApplicable, Passed
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.facts import End, Epoch, Fit, Start
from tb_zeroacc.run import Curve, Role, Run, Split, Table
from tb_zeroacc.series import Series
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import answer, flagged

# --- ZA005 ------------------------------------------------------------------------------------
EPOCHS = tuple(Epoch(e, 8 * e + 8, 8) for e in range(12))
FALLING = a_curve([1.2 - 0.02 * e for e in range(12)])
COUNTS = a_table("label_counts", {"y": {str(k): 100.0 for k in range(3)}})
STUCK = (a_curve([1.1] * 12), COUNTS)


def broken_off(*parts: Table | Curve, asked: int | None = 100, **fields: Any) -> Run:
    fields = {"start": Start("s", 0.0), "epochs": EPOCHS, **fields}
    return a_run(*parts, a_contract(units=3, fit=Fit(epochs=asked)), **fields)


ZA005: dict[str, tuple[Run, type[Answer]]] = {
    "broken off": (broken_off(), Flagged),
    "nobody knows how many epochs were asked for": (broken_off(asked=None), Flagged),
    "in a later fit": (broken_off(asked=5), Flagged),
    "all epochs are there": (broken_off(asked=12), Passed),
    "still running": (broken_off(state="live"), NotApplicable),
    "stopped by a callback": (broken_off(end=End("stopped", 96)), Passed),
    "Ctrl-C": (broken_off(end=End("interrupted", 96)), Passed),
    "somebody else's log": (broken_off(start=None), NotApplicable),
}


@pytest.mark.parametrize(("run", "want"), ZA005.values(), ids=ZA005.keys())
def test_record_breaks_off(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA005", run), want)


@pytest.mark.parametrize(
    ("run", "place"),
    [
        (broken_off(), " after epoch 12 of 100, at step 96"),
        (broken_off(asked=None), " after epoch 12, at step 96"),
        (broken_off(asked=5), " after epoch 12, at step 96"),
        (broken_off(epochs=()), " before the first step"),
        (broken_off(a_table("loss", {"loss": {"loss": [1.0, 1.0]}}), epochs=()),
         " in epoch 1 of 100, at step 2"),
    ],
)  # fmt: skip
def test_it_says_where(run: Run, place: str) -> None:
    want = f"The record breaks off{place}, and nothing says why."
    assert flagged("ZA005", run).summary == want


def test_it_says_when() -> None:
    series = Series.of(range(2), [1.0, 0.9], [1e9, 1e9 + 5])
    curve = Curve("zeroacc", "zeroacc/loss", "loss", Role.LOSS, Split.TRAIN, "step", series)
    context = flagged("ZA005", broken_off(curve, clocked=True)).context
    assert "2001-09-09 01:46:45 UTC" in context
    assert "still runs" not in context
    assert "still runs" in flagged("ZA005", broken_off(curve)).context, "nobody asked a clock"


@pytest.mark.parametrize("asked", [100, None])
def test_nothing_is_judged_by_its_length(asked: int | None) -> None:
    told = diagnose(broken_off(FALLING, COUNTS, asked=asked), CATALOGUE, strict=True)
    assert told.headline.startswith("The record breaks off after epoch 12")
    assert told.outcome is Outcome.CANNOT_TELL
    assert isinstance(told.checks["ZA705"], NotApplicable)
    whole = diagnose(broken_off(FALLING, COUNTS, end=End("finished", 96)), CATALOGUE, strict=True)
    assert [finding.code for finding in whole.findings] == ["ZA705"], "its twin that ended is"


def test_causes_that_are_on_record_come_first() -> None:
    told = diagnose(broken_off(*STUCK), CATALOGUE, strict=True)
    assert [finding.code for finding in told.findings] == ["ZA704", "ZA005"]
    assert told.outcome is Outcome.NOT_LEARNING
    assert told.headline == told.findings[0].summary


def test_one_that_had_learned_has_learned() -> None:
    good = (a_curve([1.1, 0.5, 0.2, 0.1] * 3), a_curve([0.9] * 12, Role.ACCURACY), COUNTS)
    told = diagnose(broken_off(*good), CATALOGUE, strict=True)
    assert told.outcome is Outcome.LEARNING
    assert told.headline.startswith("The record breaks off")


def test_labels_of_a_first_epoch_that_broke_off_may_change() -> None:
    counts = a_table("label_counts", {"y": {"0": [32.0] * 5, "1": [0.0] * 5}})
    assert isinstance(answer("ZA202", broken_off(counts, epochs=())), CannotTell)
    assert isinstance(answer("ZA202", broken_off(counts)), Flagged)
