"""A process that is forked while a training is recorded: the record stays the parent's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tb_zeroacc import facts
from tests.keras.models import BEFORE_3_7
from tests.keras.reading import read

pytestmark = [
    pytest.mark.training,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="no forks on this system"),
    pytest.mark.skipif(BEFORE_3_7, reason="TensorFlow 2.18 by itself hangs in a forked child"),
]

CHILDREN = """
def exits():
    sys.exit(0)

def raises():
    raise RuntimeError("no way to load this batch")

def goes_on():
    for batch in range(8):
        goes_on.batch(batch)
    goes_on.epoch()
    goes_on.end()
    sys.exit(0)

def fork(child):
    pid = os.fork()
    if pid == 0:
        faulthandler.dump_traceback_later(5, file=hangs)
        child()
    until = time.monotonic() + 8
    while os.waitpid(pid, os.WNOHANG) == (0, 0):
        if time.monotonic() > until:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            break
        time.sleep(0.01)

def pool():
    workers = multiprocessing.get_context("fork").Pool(
        1, lambda: faulthandler.dump_traceback_later(5, file=hangs))
    try:
        workers.map_async(abs, [1]).get(8)
    except multiprocessing.TimeoutError:
        pass
    workers.terminate()

def fork_at(step):
    children = {2: exits, 3: raises, 4: goes_on}
    if step in children:
        fork(children[step])
    if step == 5:
        pool()
"""

FIT = """
recorder = tb_zeroacc.ZeroAccuracyCallback(sys.argv[1])
goes_on.batch = lambda batch: (
    recorder.on_train_batch_begin(batch), recorder.on_train_batch_end(batch, {"loss": 1.0}))
goes_on.epoch = lambda: recorder.on_epoch_end(2, {"loss": 1.0})
goes_on.end = recorder.on_train_end

class Forks(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        fork_at(batch)

model.compile("sgd", "mse")
model.fit(x, x[:, :3], batch_size=8, verbose=0, callbacks=[recorder, Forks()])
"""

LOOP = """
optimizer = keras.optimizers.SGD(0.1)
monitor = tb_zeroacc.Monitor(sys.argv[1], model=model, optimizer=optimizer, loss="mse")
goes_on.batch = lambda batch: monitor.record(loss=0.0)
goes_on.epoch = monitor.end_epoch
goes_on.end = lambda: monitor.__exit__(None, None, None)
with monitor:
    for start in range(0, 64, 8):
        inputs = x[start : start + 8]
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((model(inputs, training=True) - inputs[:, :3]) ** 2)
        optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
        monitor.record(inputs=inputs, loss=loss)
        fork_at(start // 8)
    monitor.end_epoch({"loss": float(loss)})
"""

BEGINNING = """
import faulthandler, multiprocessing, os, signal, sys, time
import keras, numpy as np, tensorflow as tf
import tb_zeroacc

hangs = open(sys.argv[2], "w")
x = np.random.default_rng(0).normal(size=(64, 6)).astype("float32")
model = keras.Sequential([keras.layers.Input((6,)), keras.layers.Dense(3)])
"""


@pytest.mark.parametrize("way", [FIT, LOOP], ids=["fit", "a loop of one's own"])
def test_the_record_is_the_parents(way: str, tmp_path: Path) -> None:
    """TensorFlow itself may hang in a child that ends: it is killed, and must not hang in ours."""
    done = subprocess.run(
        [sys.executable, "-c", BEGINNING + CHILDREN + way, str(tmp_path / "log"), "hangs"],
        capture_output=True, text=True, timeout=240, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    hangs = (tmp_path / "hangs").read_text()
    assert "tb_zeroacc" not in hangs, hangs
    log = read(tmp_path / "log")
    assert len(log.files) == 1
    assert [(end.how, end.step) for end in log.facts(facts.End)] == [("finished", 8)]
    assert log.steps() == list(range(8))
    assert [epoch.epoch for epoch in log.facts(facts.Epoch)] == [0]
    assert done.stdout.count("Zero Accuracy:") == 1
