"""ZA003 no-training-signal."""

from __future__ import annotations

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, NotApplicable, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE, RULES
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.facts import End, Epoch, Start
from tb_zeroacc.run import Curve, Role, Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import answer, flagged

OTHER = a_curve([1.0, 2.0], Role.OTHER, tag="images_seen")

ZA003: dict[str, tuple[Run, type[Answer]]] = {
    "nothing at all": (a_run(recorded=False), Flagged),
    "only other curves": (a_run(OTHER), Flagged),
    "a loss without a point": (a_run(a_curve([])), Flagged),
    "a loss": (a_run(a_curve([1.0])), Passed),
    "a metric": (a_run(a_curve([1.0], Role.METRIC)), Passed),
    "a reward": (a_run(a_curve([1.0], Role.REWARD)), Passed),
    "losses of batches": (a_run(a_table("loss", {"loss": {"loss": 1.0}})), Passed),
    "live, in its first epoch": (a_run(state="live"), CannotTell),
    "broken off in its first epoch": (a_run(start=Start("s", 0.0)), CannotTell),
    "live, an epoch has ended": (a_run(state="live", epochs=(Epoch(0, 0, 0),)), Flagged),
    "failed at once": (a_run(end=End("exception", 0, exception="ValueError")), NotApplicable),
    "failed later": (a_run(end=End("exception", 5, exception="ValueError")), Flagged),
}


@pytest.mark.parametrize(("run", "want"), ZA003.values(), ids=ZA003.keys())
def test_no_training_signal(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA003", run), want)


def test_it_counts_what_there_is_and_is_a_smell() -> None:
    assert "only 1 other curve." in flagged("ZA003", a_run(OTHER)).summary
    assert "no scalar at all" in flagged("ZA003", a_run()).summary
    assert RULES["ZA003"].tier is Tier.SMELL


def other(name: str) -> Curve:
    return a_curve([1.0, 2.0], Role.OTHER, tag=f"train/{name}", name=name)


@pytest.mark.parametrize(
    ("curves", "summary"),
    [
        (
            [other("critic_loss"), other("policy_loss")],
            "No loss in the log tells by its level whether the model learns: `train/critic_loss` "
            "and `train/policy_loss`.",
        ),
        ([other("loss_g")], "No loss in the log tells by its level"),
        ([other("loss_scale")], "The log holds no loss and no metric: only 1 other curve."),
    ],
)
def test_losses_that_stand_for_no_training_are_named(curves: list[Curve], summary: str) -> None:
    assert flagged("ZA003", a_run(*curves)).summary.startswith(summary)


def test_such_a_log_cannot_tell() -> None:
    assert diagnose(a_run(OTHER), CATALOGUE, strict=True).outcome is Outcome.CANNOT_TELL


def test_it_folds_under_data_that_never_came() -> None:
    run = a_run(a_contract(), epochs=(Epoch(0, 0, 0), Epoch(1, 0, 0)))
    told = diagnose(run, CATALOGUE, strict=True)
    assert [finding.code for finding in told.findings] == ["ZA110"]
    assert {c.code for c in told.findings[0].explains} == {"ZA003", "ZA801"}
    assert told.outcome is Outcome.BROKEN
