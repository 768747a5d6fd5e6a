"""What a loop of one's own does not show: the record says so, and nothing is made up for it."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import keras
import pytest
import tensorflow as tf

from tb_zeroacc import facts
from tb_zeroacc.diagnosis.answers import CannotTell, Flagged
from tb_zeroacc.keras.loop.own_loop import OwnLoop
from tb_zeroacc.verdict import diagnose
from tests.keras.loop.loops import batches, quiet, step_of
from tests.keras.models import mlp
from tests.keras.reading import read

pytestmark = pytest.mark.training
SGD = keras.optimizers.SGD


def test_batches_within_xla_are_unknown_and_not_none(tmp_path: Path) -> None:
    model, optimizer = mlp(), SGD(0.1)
    monitor = quiet(tmp_path, model, optimizer=optimizer)
    step = tf.function(step_of(model, optimizer, monitor.record), jit_compile=True)
    with monitor, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(3):
            for batch in batches():
                step(*batch)
            monitor.end_epoch({"loss": 1.0})
    log = read(tmp_path)
    assert [epoch.batches for epoch in log.facts(facts.Epoch)] == [None] * 3
    (said,) = log.facts(facts.Unrecorded)
    assert "jit_compile=True" in said.why
    assert "call `record` with them behind it" in said.remedy
    (verdict,) = diagnose(str(tmp_path))
    for code in ("ZA110", "ZA801", "ZA103", "ZA708"):
        assert isinstance(verdict.checks[code], CannotTell), code


def test_a_loop_that_forgets_to_record_is_not_one_without_data(tmp_path: Path) -> None:
    model, optimizer = mlp(), SGD(0.1)
    monitor = quiet(tmp_path, model, optimizer=optimizer)
    step = step_of(model, optimizer, None)
    with monitor:
        for _ in range(2):
            for batch in batches():
                step(*batch)
            monitor.end_epoch({"loss": 1.0})
    log = read(tmp_path)
    assert [epoch.batches for epoch in log.facts(facts.Epoch)] == [None, None]
    assert "monitor.record" in log.facts(facts.Unrecorded)[0].remedy


def test_a_loop_without_data_is_told(tmp_path: Path) -> None:
    with quiet(tmp_path, mlp(), optimizer=SGD(0.1)) as monitor:
        for _ in range(2):
            monitor.end_epoch({"loss": 0.0})
    assert isinstance(diagnose(str(tmp_path))[0].checks["ZA110"], Flagged)


def test_records_that_fail_are_not_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, optimizer = mlp(), SGD(0.1)
    monitor = quiet(tmp_path, model, optimizer=optimizer)
    step = step_of(model, optimizer, monitor.record)

    def broken(*_: Any) -> None:
        raise TypeError("an odd loop")

    with monitor, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for epoch in range(3):
            for batch in batches():
                step(*batch)
            if not epoch:
                monkeypatch.setattr(OwnLoop, "_record", broken)
            monitor.end_epoch({"loss": 1.0})
    log = read(tmp_path)
    assert [epoch.batches for epoch in log.facts(facts.Epoch)] == [4, None, None]
    assert not isinstance(diagnose(str(tmp_path))[0].checks["ZA110"], Flagged)


def test_several_optimizers_each_with_what_it_updates(tmp_path: Path) -> None:
    model = mlp()
    both = [SGD(0.1, name="body"), SGD(0.2, name="body")]
    monitor = quiet(tmp_path, model, optimizer=both)
    with monitor:
        for x, y in batches():
            with tf.GradientTape() as tape:
                loss = keras.losses.SparseCategoricalCrossentropy()(y, model(x, training=True))
            variables = model.trainable_variables
            gradients = tape.gradient(loss, variables)
            both[0].apply(gradients[:2], variables[:2])
            both[1].apply(gradients[2:], variables[2:])
            monitor.record(inputs=x, labels=y, loss=loss)
    log = read(tmp_path)
    found = log.contract().optimizers
    assert [optimizer.name for optimizer in found] == ["body", "body#1"]
    assert [len(optimizer.variables) for optimizer in found] == [2, len(variables) - 2]
    assert log.tables["learning_rates"][-1].values[:, 0].tolist() == pytest.approx([0.1, 0.2])


def test_an_optimizer_of_compile_that_the_loop_leaves_alone(tmp_path: Path) -> None:
    model, own = mlp(optimizer="rmsprop"), SGD(0.1)
    monitor = quiet(tmp_path, model)
    step = step_of(model, own, monitor.record)
    with monitor:
        for batch in batches():
            step(*batch)
        monitor.end_epoch({"loss": 1.0})
    assert read(tmp_path).contract().optimizer is None


def test_what_a_record_behind_a_function_lacks(tmp_path: Path) -> None:
    model, optimizer = mlp(), SGD(0.1)
    monitor = quiet(tmp_path, model, optimizer=optimizer)
    step = tf.function(step_of(model, optimizer, None))
    with monitor:
        for x, y in batches():
            step(x, y)
            monitor.record(inputs=x, labels=y)
    (said,) = read(tmp_path).facts(facts.Unrecorded)
    assert said.tables == ("gradients", "activations")
    answer = diagnose(str(tmp_path))[0].checks["ZA504"]
    assert isinstance(answer, CannotTell)
    assert "stands behind the `tf.function`" in answer.reason
