"""MirroredStrategy: what one replica shows, what all of them apply, and nothing twice.

Several steps an execution fail on two replicas of a CPU in Keras itself, without us; and after one
failed training all later ones of the process fail.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tb_zeroacc import facts
from tests.keras.clusters.mirrored_program import X
from tests.keras.clusters.processes import run_together
from tests.keras.models import BEFORE_3_7
from tests.keras.reading import Log, read

pytestmark = pytest.mark.training
# Its record is then too large by their number, as docs/clusters.md says.
DIVIDED = pytest.mark.skipif(BEFORE_3_7, reason="Keras 3.6 does not divide the loss by replicas")
VARIABLES = ["net/first/kernel", "net/first/bias", "net/out/kernel", "net/out/bias"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    directory = tmp_path_factory.mktemp("mirrored")
    (ended,) = run_together([["mirrored_program.py", str(directory)]], [{}])
    return directory, ended.answer()


def rms_of(log: Log, kind: str) -> list[float]:
    return [log.at(kind, 0)(row, "rms") for row in VARIABLES]


def test_weights_and_history_stay_the_same_to_the_bit(trained: Any) -> None:
    _, told = trained
    assert told["fit is the same"]
    assert told["loop is the same"] == [True, True]
    assert told["off"] == [{}, {}, {}, {}]


@DIVIDED
@pytest.mark.parametrize("where", ["fit", "inside"])
def test_the_first_replica_is_recorded_as_if_it_had_trained_alone(
    trained: Any, where: str
) -> None:
    directory, told = trained
    log, want = read(directory / where), told["expected"]
    steps = list(range(8 if where == "fit" else 4))
    assert log.steps() == log.steps("gradients") == log.steps("weights") == steps
    assert log.at("inputs", 0)("x[0]", "mean") == pytest.approx(X[:8, 0].mean(), abs=1e-6)
    assert log.at("loss", 0)("loss", "loss") == pytest.approx(want["losses"][0], rel=1e-5)
    assert rms_of(log, "gradients") == pytest.approx(want["own"], rel=1e-4)
    assert log.at("loss", 0)("loss", "gradient_norm") == pytest.approx(want["norm"], rel=1e-4)
    contract = log.contract()
    stated = contract.strategy, contract.replicas, contract.workers
    assert stated == ("MirroredStrategy", 2, None)
    assert log.at("weights", 3)("net/out/kernel", "update_ratio") > 0
    assert log.end() == facts.End("finished", len(steps))


@DIVIDED
@pytest.mark.parametrize("where", ["fit", "inside"])
def test_gradients_behind_the_reduction_are_told_apart(trained: Any, where: str) -> None:
    directory, told = trained
    log, want = read(directory / where), told["expected"]
    assert rms_of(log, "reduced_gradients") == pytest.approx(want["mean"], rel=1e-4)
    assert want["mean"] != pytest.approx(want["own"], rel=1e-2), "a test that cannot fail"
    waited = [read_.values.item() for read_ in log.tables["reduction"]]
    assert len(waited) == len(log.steps())
    assert all(0 <= seconds < 60 for seconds in waited)


@DIVIDED
def test_what_the_replicas_hand_out_is_joined(trained: Any) -> None:
    directory, told = trained
    log, want = read(directory / "behind"), told["expected"]
    assert log.steps() == [0, 1, 2, 3]
    assert log.at("inputs", 0)("x[0]", "mean") == pytest.approx(X[:16, 0].mean(), abs=1e-6)
    assert log.at("labels", 0)("out", "examples") == 16
    assert log.at("outputs", 0).row("out")["examples"] == 16
    mean = sum(want["losses"]) / 2
    assert log.at("loss", 0)("loss", "loss") == pytest.approx(mean, rel=1e-5)
    assert rms_of(log, "gradients") == pytest.approx(want["mean"], rel=1e-4)
