"""Logs written without us: judged from curves and, where it is there, Keras' own record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorboard.compat.proto import event_pb2, summary_pb2

from tb_zeroacc import diagnose
from tb_zeroacc.diagnosis.answers import CannotTell, Flagged
from tb_zeroacc.diagnosis.diagnosis import Diagnosis, Outcome
from tests.framed import write_events


def simple(step: int, **values: float) -> event_pb2.Event:
    """An event as PyTorch's SummaryWriter writes it: `simple_value`, no metadata."""
    found = [
        summary_pb2.Summary.Value(tag=tag.replace("__", "/"), simple_value=value)
        for tag, value in values.items()
    ]
    return event_pb2.Event(
        step=step, wall_time=1000.0 + step, summary=summary_pb2.Summary(value=found)
    )


def only(path: Path) -> Diagnosis:
    found = diagnose(str(path))
    assert len(found) == 1, [verdict.run for verdict in found]
    return found[0]


def assert_says_what_is_missing(verdict: Diagnosis) -> None:
    """Every rule that could not be told names what it lacks; some name a line that would log it."""
    untold = {c: a for c, a in verdict.checks.items() if isinstance(a, CannotTell) and a.needs}
    assert "ZA101" in untold, "inputs are not in such a log"
    assert any(need.how_to_log for answer in untold.values() for need in answer.needs)


class TestSummaryWriter:
    def test_a_falling_loss_is_learning(self, tmp_path: Path) -> None:
        rng = np.random.default_rng(0)
        losses = 2.3 * 0.9 ** np.arange(60) + 0.02 * rng.random(60) + 0.05
        write_events(
            tmp_path / "events.out.tfevents.1700000000.host.1.0",
            [simple(10 * i, Loss__train=float(loss)) for i, loss in enumerate(losses)],
        )
        verdict = only(tmp_path)
        assert verdict.outcome is Outcome.LEARNING
        assert verdict.headline.startswith("The loss fell from 1.8")
        assert verdict.headline.endswith(" checks need a recording.")
        assert verdict.context.startswith("No fault found: ")
        assert_says_what_is_missing(verdict)

    def test_a_nan_loss_is_named_with_its_step(self, tmp_path: Path) -> None:
        losses = [2.3, 2.0, 1.8, *[float("nan")] * 6]
        write_events(
            tmp_path / "events.out.tfevents.1700000000.host.1.0",
            [simple(100 * i, Loss__train=loss) for i, loss in enumerate(losses)],
        )
        verdict = only(tmp_path)
        assert verdict.outcome is Outcome.BROKEN
        assert verdict.findings[0].code == "ZA501"
        assert "300" in verdict.findings[0].summary


@pytest.mark.training
class TestKerasCallbackAlone:
    @staticmethod
    def train(path: Path, activation: str, loss: Any, units: int, y: np.ndarray) -> None:
        import keras

        keras.utils.set_random_seed(0)
        x = np.random.default_rng(0).normal(size=(256, 8)).astype("float32")
        model = keras.Sequential(
            [
                keras.layers.Input((8,)),
                keras.layers.Dense(16, "relu"),
                keras.layers.Dense(units, activation),
            ]
        )
        model.compile("adam", loss, metrics=["accuracy"])
        model.fit(x, y, epochs=6, verbose=0, callbacks=[keras.callbacks.TensorBoard(str(path))])

    def test_the_contract_in_keras_record_is_read(self, tmp_path: Path) -> None:
        y = np.random.default_rng(1).integers(0, 2, 256).astype("float32")
        self.train(tmp_path, "softmax", "binary_crossentropy", 1, y)
        verdict = only(tmp_path)
        assert verdict.findings[0].code == "ZA301"
        assert verdict.findings[0].tier.label == "strong", "not recorded: at most strong"
        assert_says_what_is_missing(verdict)

    def test_a_sound_model_is_not_accused(self, tmp_path: Path) -> None:
        x = np.random.default_rng(0).normal(size=(256, 8)).astype("float32")
        self.train(tmp_path, "sigmoid", "binary_crossentropy", 1, (x[:, 0] > 0).astype("float32"))
        verdict = only(tmp_path)
        contract_rules = [c for c, a in verdict.checks.items()
                          if c.startswith(("ZA3", "ZA40")) and isinstance(a, Flagged)]
        assert contract_rules == []
