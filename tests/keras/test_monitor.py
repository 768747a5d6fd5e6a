"""What `Monitor` is given, and what it says where that makes no sense."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tb_zeroacc import Monitor, ZeroAccuracyCallback, facts
from tests.keras.loop.loops import BATCH, X, Y, batches, hooked, quiet, step_of
from tests.keras.models import linear, mlp
from tests.keras.reading import read

pytestmark = pytest.mark.training


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"log_dir": ""}, "`log_dir` must be the directory"),
        ({"model": None}, "`model` must be a model of Keras 3"),
        ({"model": keras.layers.Dense}, "`model` must be a model of Keras 3"),
        ({"optimizer": "adam"}, "`optimizer` must be an optimizer of Keras 3"),
        ({"optimizer": ["adam", 0.1]}, "`optimizer` must be an optimizer"),
        ({"every": 0}, "`every` must be a whole number"),
        ({"budget": 2}, "`budget` must be a share"),
    ],
    ids=str,
)
def test_arguments_that_make_no_sense(
    arguments: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=sentence):
        Monitor(**{"log_dir": tmp_path, "model": linear(), **arguments})


def test_gradients_that_fit_no_variable(tmp_path: Path) -> None:
    monitor = quiet(tmp_path, linear())
    with monitor:
        with pytest.warns(RuntimeWarning, match="one entry for each.*Received: 1 for 2"):
            monitor.record(gradients=[tf.ones([6, 1])])
        monitor.record(gradients=[tf.ones([6, 1])])
    assert read(tmp_path).steps("weights") == [0, 1]


@pytest.mark.parametrize(
    ("shown", "reason"),
    [
        ({"step": tf.constant("first")}, "`step` must be a whole number"),
        ({"step": tf.constant([1, 2])}, "`step` must be a whole number"),
        ({"loss": tf.constant("low")}, "`loss` must be one number"),
    ],
    ids=str,
)
def test_what_is_no_number_does_not_come_out_of_a_function(
    shown: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    said = f"no longer records the `.*` of `record`.*{reason}"
    with quiet(tmp_path, linear()) as monitor, pytest.warns(RuntimeWarning, match=said):
        tf.function(lambda: monitor.record(**shown))()


@pytest.mark.parametrize("name", ["inputs", "labels", "outputs", "sample_weight"])
def test_tensors_whose_rank_a_function_does_not_know(name: str, tmp_path: Path) -> None:
    @tf.function(input_signature=[tf.TensorSpec(None)])
    def step(tensor: Any) -> None:
        monitor.record(**{"inputs": tf.ones([2, 6]), name: tensor})

    with quiet(tmp_path, linear()) as monitor:
        step(tf.ones([2, 6]))
        step(tf.ones([2, 3, 2]))
    assert not monitor.turned_off
    assert read(tmp_path).steps("inputs") == [0, 1]


def test_a_record_outside_says_so_once(tmp_path: Path) -> None:
    monitor = quiet(tmp_path, linear())
    with pytest.warns(RuntimeWarning, match="records nothing outside of `with"):
        monitor.record(0)
    monitor.end_epoch()  # a second warning would be an error


def test_what_the_model_was_compiled_with(tmp_path: Path) -> None:
    with Monitor(tmp_path, model=mlp(), verbose=0) as monitor:
        monitor.record(inputs=tf.ones([2, 6]))
    contract = read(tmp_path).contract()
    assert contract.optimizer is not None
    assert contract.optimizer.class_name == "Adam"
    assert contract.outputs[0].loss == "sparse_categorical_crossentropy"
    assert isinstance(monitor.diagnose()[0].headline, str)


def test_beside_a_fit_with_the_callback(tmp_path: Path) -> None:
    """Both may watch one model, one after the other or one in the other."""
    model = mlp()
    with Monitor(tmp_path / "monitor", model=model, verbose=0) as monitor:
        callback = ZeroAccuracyCallback(tmp_path / "callback", verbose=0)
        model.fit(X, Y, batch_size=BATCH, verbose=0, callbacks=[callback])
    assert not monitor.turned_off
    assert read(tmp_path / "callback").steps() == [0, 1, 2, 3]
    assert not hooked(model, model.optimizer)


def test_a_fault_of_ours_leaves_no_hook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise OSError("odd layer")

    monkeypatch.setattr("tb_zeroacc.keras.loop.own_loop.observe", fail)
    model, optimizer = mlp(), keras.optimizers.SGD(0.1)
    monitor = quiet(tmp_path, model, optimizer=optimizer)
    step = step_of(model, optimizer, monitor.record)

    def loop() -> None:
        with monitor:
            for batch in batches():
                step(*batch)

    with pytest.warns(RuntimeWarning, match="no longer records steps; training goes on"):
        loop()
    assert not hooked(model, optimizer)
    assert read(tmp_path).end().how == "finished"


def test_a_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no directory")
    model, optimizer = mlp(), keras.optimizers.SGD(0.1)
    monitor = quiet(tmp_path / "file", model, optimizer=optimizer)
    step = step_of(model, optimizer, monitor.record)

    def loop() -> None:
        with monitor:
            step(*next(batches()))

    with pytest.warns(RuntimeWarning, match="no longer records anything into its log file"):
        loop()
    assert not hooked(model, optimizer)


def test_end_epoch_within_a_function(tmp_path: Path) -> None:
    monitor = quiet(tmp_path, linear())
    with monitor, pytest.warns(RuntimeWarning, match="call `end_epoch` in eager code"):
        tf.function(monitor.end_epoch)()
    assert not read(tmp_path).facts(facts.Epoch)


def test_penalties_are_unknown(tmp_path: Path) -> None:
    keras.utils.set_random_seed(2)
    dense = keras.layers.Dense(1, kernel_regularizer="l2")
    model = keras.Sequential([keras.layers.Input((6,)), dense])
    monitor = quiet(tmp_path, model, loss="mse")

    def step() -> None:
        monitor.record(loss=tf.reduce_mean(model(tf.ones([2, 6]))))

    with monitor:
        step()
        tf.function(step)()
    for table in read(tmp_path).tables["loss"]:
        assert np.isnan(table("loss", "penalty"))
        assert np.isfinite(table("loss", "loss"))
