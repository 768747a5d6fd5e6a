"""Curves that only tell together."""

from __future__ import annotations

import pytest

from tb_zeroacc.diagnosis.answers import Evidence, at_least, at_most
from tb_zeroacc.picturing.together import both_losses, loss_and_evidence, loss_and_metric
from tb_zeroacc.run import Axis, Role, Split
from tests.diagnosis.planted import a_curve, a_run
from tests.picturing.finding import a_finding

TRAINED = a_curve([3.0, 1.0])


@pytest.mark.parametrize(("axis", "panels"), [("epoch", 1), ("step", 2)])
def test_training_and_validation_share_a_scale_where_they_share_an_axis(
    axis: Axis, panels: int
) -> None:
    held_out = a_curve([3.0, 5.0], split=Split.VALIDATION, axis=axis)
    fact = Evidence.of_curve("validation loss", held_out, limit=at_most(3.4))
    picture = both_losses(a_finding("ZA605", fact), a_run(TRAINED, held_out))
    assert picture is not None
    assert len(picture["panels"]) == panels
    told = [each for panel in picture["panels"] for each in panel["curves"]]
    assert [(each["tag"], each["wrong"]) for each in told] == [
        ("zeroacc/epoch/loss", None), ("zeroacc/epoch/val_loss", True),
    ]  # fmt: skip


def test_the_curve_of_the_evidence_stands_below_the_loss() -> None:
    divergence = a_curve([2.0, 1e-5], Role.OTHER, tag="zeroacc/epoch/kl")
    fact = Evidence.of_curve("divergence at the end", divergence, 1e-5, at_least(1e-3))
    picture = loss_and_evidence(a_finding("ZA610", fact), a_run(TRAINED, divergence))
    assert picture is not None
    told = [each for panel in picture["panels"] for each in panel["curves"]]
    assert [(each["tag"], each["wrong"]) for each in told] == [
        ("zeroacc/epoch/loss", None), ("zeroacc/epoch/kl", True),
    ]  # fmt: skip
    assert loss_and_evidence(a_finding("ZA610"), a_run(TRAINED)) is None


def test_the_metric_stands_below_the_loss() -> None:
    accuracy = a_curve([0.0, 0.0], Role.ACCURACY)
    picture = loss_and_metric(a_finding("ZA401"), a_run(TRAINED, accuracy))
    assert picture is not None
    assert [panel["title"] for panel in picture["panels"]] == ["Loss", "Accuracy"]
    assert loss_and_metric(a_finding("ZA401"), a_run(TRAINED)) is None
