"""`Monitor`: the record of a loop of one's own is that of the callback."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tb_zeroacc import Monitor, diagnose, facts
from tests.keras.loop.loops import BATCH, LOSS, X, Y, batches, step_of, train
from tests.keras.models import linear, mlp, recorder, weights
from tests.keras.reading import Log, read

pytestmark = pytest.mark.training


@pytest.fixture(scope="module")
def by_callback(tmp_path_factory: pytest.TempPathFactory) -> tuple[Log, keras.Model]:
    log_dir = tmp_path_factory.mktemp("callback")
    model = mlp(optimizer=keras.optimizers.Adam(), run_eagerly=True)
    model.fit(
        X, Y, batch_size=BATCH, epochs=2, shuffle=False, verbose=0, callbacks=[recorder(log_dir)]
    )
    return read(log_dir), model


@pytest.mark.parametrize("shows_gradients", [True, False], ids=["shown", "seen"])
@pytest.mark.parametrize("before", [False, True], ids=["behind", "before"])
@pytest.mark.parametrize("graph", [False, True], ids=["eager", "graph"])
def test_the_tables_are_those_of_the_callback(
    graph: bool,
    before: bool,
    shows_gradients: bool,
    by_callback: tuple[Log, keras.Model],
    tmp_path: Path,
) -> None:
    expected, fitted = by_callback
    model = train(tmp_path, graph=graph, before=before, shows_gradients=shows_gradients)
    log = read(tmp_path)
    np.testing.assert_allclose(
        np.concatenate([w.ravel() for w in model.get_weights()]),
        np.concatenate([w.ravel() for w in fitted.get_weights()]),
        rtol=1e-4, atol=1e-6,
    )  # fmt: skip
    assert set(log.tables) == set(expected.tables)
    for kind, samples in expected.tables.items():
        assert log.steps(kind) == expected.steps(kind), kind
        for there, here in zip(samples, log.tables[kind], strict=True):
            assert (here.layout.rows, here.layout.columns) == (
                there.layout.rows, there.layout.columns,
            )  # fmt: skip
            if kind != "progress":  # it holds durations
                np.testing.assert_allclose(
                    here.values, there.values, rtol=2e-3, atol=1e-5, err_msg=kind
                )
    places = [tuple(t.values[0, :2]) for t in log.tables["progress"]]
    assert places == [tuple(t.values[0, :2]) for t in expected.tables["progress"]]
    assert set(expected.scalars) - set(log.scalars) <= {
        "zeroacc/seconds_per_step", "zeroacc/epoch/accuracy",
    }  # fmt: skip


def test_the_contract_is_that_of_the_callback(
    by_callback: tuple[Log, keras.Model], tmp_path: Path
) -> None:
    expected = by_callback[0].contract()
    train(tmp_path, graph=True, epochs=1)
    contract = read(tmp_path).contract()
    named = [dataclasses.replace(layer, name="") for layer in contract.layers]
    assert named == [dataclasses.replace(layer, name="") for layer in expected.layers]
    assert contract.optimizer is not None
    assert expected.optimizer is not None
    name = expected.optimizer.settings["name"]  # counted on, the more tests ran before
    settings = {**contract.optimizer.settings, "name": name}
    assert dataclasses.replace(contract.optimizer, settings=settings) == expected.optimizer
    for there, here in zip(expected.outputs, contract.outputs, strict=True):
        assert (here.loss, here.loss_class, here.activation, here.from_logits) == (
            there.loss, "SparseCategoricalCrossentropy", there.activation, there.from_logits,
        )  # fmt: skip
    shapes = read(tmp_path).facts(facts.Shapes)[-1]
    assert [t.shape for t in (*shapes.inputs, *shapes.labels, *shapes.outputs)] == [
        (12, 6), (12,), (12, 3),
    ]  # fmt: skip


@pytest.mark.parametrize("graph", [False, True], ids=["eager", "graph"])
def test_weights_are_bit_identical(graph: bool, tmp_path: Path) -> None:
    trained = [
        weights(train(log_dir, graph=graph, before=before))
        for log_dir, before in ((None, False), (tmp_path / "a", False), (tmp_path / "b", True))
    ]
    assert trained[0] == trained[1] == trained[2]


def constant_labels(callbacks: list[Any], monitor: Callable[..., Monitor] | None) -> None:
    y = np.zeros(48, np.int32)
    model = mlp(optimizer=keras.optimizers.Adam())
    if monitor is None:
        model.fit(X, y, epochs=12, batch_size=BATCH, verbose=0, callbacks=callbacks)
        return
    with monitor(model=model, optimizer=model.optimizer, loss=LOSS) as watching:
        step = tf.function(step_of(model, model.optimizer, watching.record))
        for _ in range(12):
            losses = [float(step(*batch)) for batch in batches(X, y)]
            watching.end_epoch({"loss": np.mean(losses)})


def high_rate(callbacks: list[Any], monitor: Callable[..., Monitor] | None) -> None:
    y = (X @ np.arange(6, dtype="float32"))[:, None]
    model = linear(optimizer=keras.optimizers.SGD(10.0))
    if monitor is None:
        model.fit(X, y, epochs=3, batch_size=BATCH, verbose=0, callbacks=callbacks)
        return
    loss = keras.losses.MeanSquaredError()
    with monitor(model=model, optimizer=model.optimizer, loss=loss) as watching:
        step = step_of(model, model.optimizer, watching.record, before=True, loss=loss)
        for _ in range(3):
            losses = [float(step(*batch)) for batch in batches(X, y)]
            watching.end_epoch({"loss": np.mean(losses)})


@pytest.mark.parametrize("fault", [constant_labels, high_rate])
def test_the_verdict_is_that_of_the_callback(
    fault: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fault([recorder(tmp_path / "callback")], None)
    (expected,) = diagnose(str(tmp_path / "callback"))
    capsys.readouterr()
    log_dir = tmp_path / "monitor"
    fault([], lambda **arguments: Monitor(log_dir, **arguments))
    said = [line for line in capsys.readouterr().out.splitlines() if "Zero Accuracy" in line]
    (verdict,) = diagnose(str(log_dir))
    assert verdict.findings[0].code == expected.findings[0].code
    assert said[0].startswith(f"Zero Accuracy: {expected.findings[0].code} ")
