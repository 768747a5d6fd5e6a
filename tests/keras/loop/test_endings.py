"""How a loop ends, what then is left, and how it goes on."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import keras
import pytest
import tensorflow as tf

from tb_zeroacc import facts
from tb_zeroacc.diagnosis.answers import NotApplicable, Passed
from tests.keras.loop.loops import X, Y, batches, hooked, quiet, step_of
from tests.keras.models import mlp, weights
from tests.keras.reading import read

pytestmark = pytest.mark.training


@pytest.mark.parametrize(
    ("fault", "how"),
    [(RuntimeError("no more data"), "exception"), (KeyboardInterrupt(), "interrupted")],
    ids=["exception", "Ctrl-C"],
)
@pytest.mark.parametrize("before", [False, True], ids=["behind", "before"])
def test_what_ends_the_loop_passes_on(
    fault: BaseException, how: str, before: bool, tmp_path: Path
) -> None:
    model, optimizer = mlp(), keras.optimizers.SGD(0.1)
    monitor = quiet(tmp_path, model, optimizer=optimizer)
    step = step_of(model, optimizer, monitor.record, before=before)

    def loop() -> None:
        with monitor:
            for batch in batches():
                step(*batch)
            raise fault

    with pytest.raises(type(fault)) as raised:
        loop()
    assert raised.value is fault
    log = read(tmp_path)
    assert log.steps() == [0, 1, 2, 3]
    end = log.end()
    assert (end.how, end.step, end.exception) == (how, 4, type(fault).__name__)
    assert end.text == str(fault)


def test_no_hook_is_left(tmp_path: Path) -> None:
    model, optimizer = mlp(), keras.optimizers.SGD(0.1)
    monitor = quiet(tmp_path, model, optimizer=optimizer)
    step = tf.function(step_of(model, optimizer, monitor.record))
    with monitor:
        assert len(hooked(model, optimizer)) > 3
        step(*next(batches()))
    assert not hooked(model, optimizer)
    step(*next(batches()))  # what was traced stays, and writes nothing
    assert read(tmp_path).steps() == [0]
    assert read(tmp_path).end().step == 1


@pytest.mark.parametrize("graph", [False, True], ids=["eager", "graph"])
def test_entered_again_it_goes_on(graph: bool, tmp_path: Path) -> None:
    model, optimizer = mlp(), keras.optimizers.SGD(0.1)
    monitor = quiet(tmp_path, model, optimizer=optimizer)
    step = step_of(model, optimizer, monitor.record)
    step = tf.function(step) if graph else step
    for _ in range(2):
        with monitor:
            for batch in batches():
                step(*batch)
            monitor.end_epoch()
        if graph:
            step(*next(batches()))  # seen by nobody
    log = read(tmp_path)
    assert len(log.facts(facts.Start)) == 1
    assert log.steps() == list(range(8))
    assert [epoch.epoch for epoch in log.facts(facts.Epoch)] == [0, 1]
    assert [end.step for end in log.facts(facts.End)] == [4, 8]
    with monitor, pytest.raises(RuntimeError, match="entered already"):
        monitor.__enter__()


def test_a_fault_of_ours_stays_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> Any:
        raise OSError("disk full")

    monkeypatch.setattr("tb_zeroacc.recording.session.RecordingSession.sample", fail)
    trained = []
    for log_dir in (None, tmp_path):
        model, optimizer = mlp(), keras.optimizers.SGD(0.1)
        monitor = quiet(tmp_path, model, optimizer=optimizer) if log_dir else None
        step = tf.function(step_of(model, optimizer, monitor.record if monitor else None))
        with warnings.catch_warnings(record=True) as told, monitor or warnings.catch_warnings():
            warnings.simplefilter("always")
            for batch in batches():
                step(*batch)
        ours = [str(w.message) for w in told if "Zero Accuracy" in str(w.message)]
        trained.append(weights(model))
    assert trained[0] == trained[1]
    assert len(ours) == 1
    assert "no longer records samples" in ours[0]


def test_a_loop_that_goes_on_is_no_record_that_breaks_off(tmp_path: Path) -> None:
    model, optimizer = mlp(), keras.optimizers.SGD(0.1)
    with quiet(tmp_path, model, optimizer=optimizer) as monitor:
        step = step_of(model, optimizer, monitor.record)
        for batch in batches():
            step(*batch)
        (during,) = monitor.diagnose()
    assert isinstance(during.checks["ZA005"], NotApplicable), during.headline
    assert isinstance(monitor.diagnose()[0].checks["ZA005"], Passed)


@pytest.mark.filterwarnings("ignore:.*softmax over axis:UserWarning")
def test_of_two_loops_in_one_directory_each_is_told_its_own(tmp_path: Path) -> None:
    first = quiet(tmp_path, mlp(), optimizer=keras.optimizers.SGD(0.1))
    second = quiet(tmp_path, mlp(units=1), loss=keras.losses.BinaryCrossentropy())
    with first, second:
        second.record(inputs=X, labels=Y[:, None], outputs=second._model(X))
        codes = [{f.code for f in m.diagnose()[0].findings} for m in (first, second)]
    assert ["ZA301" in found for found in codes] == [False, True]
