"""A training without any framework, recorded and diagnosed: softmax regression in NumPy.

`python -m tests.recording.numpy_training DIRECTORY RATE` trains and prints the verdict's code (or
its outcome), its headline, and what the recorder had to turn off.
"""

from __future__ import annotations

import sys
import time
from typing import Any, NamedTuple

import numpy as np

from tb_zeroacc import diagnose, facts
from tb_zeroacc.recording.guard import Guard
from tb_zeroacc.recording.loop_progress import LoopProgress
from tb_zeroacc.recording.sample import Sample
from tb_zeroacc.recording.schedule import Schedule
from tb_zeroacc.recording.session import RecordingSession
from tb_zeroacc.recording.statistics import numpy_backend
from tb_zeroacc.recording.statistics.tensors import HostTensor
from tb_zeroacc.recording.tables import data_tables, model_tables
from tb_zeroacc.recording.tables.model_tables import LayerOutput, Losses, Weight
from tb_zeroacc.recording.tables.observation import Update
from tb_zeroacc.recording.tables.targets import Target

FEATURES, CLASSES, EXAMPLES, BATCH, EPOCHS = 8, 3, 600, 30, 12
LAYER = facts.Layer(
    "out", "Dense", activation="softmax", units=CLASSES, parameters=FEATURES * CLASSES + CLASSES,
    is_output=True, variables=("out/kernel", "out/bias"),
)  # fmt: skip
OUTPUT = facts.Output(
    "out", "out", "softmax", CLASSES, "sparse_categorical_crossentropy",
    "SparseCategoricalCrossentropy", from_logits=False, reduction="sum_over_batch_size",
    metrics=("SparseCategoricalAccuracy",), metric_names=("accuracy",),
)  # fmt: skip


class Pass(NamedTuple):
    """A forward and backward pass: when it began, its batch, outputs, loss and gradients."""

    start: float
    x: Any
    y: Any
    p: Any
    loss: float
    gradients: list[Any]

    @property
    def accuracy(self) -> float:
        """Share of the examples whose class is the likeliest one."""
        return float((self.p.argmax(axis=1) == self.y).mean())


class Training:
    """Softmax regression with gradient descent, and what a recorder needs beside it."""

    def __init__(self, log_dir: str, rate: float) -> None:
        rng = np.random.default_rng(0)
        self.kernel = (0.1 * rng.normal(size=(FEATURES, CLASSES))).astype(np.float32)
        self.bias = np.zeros(CLASSES, np.float32)
        self.rate = rate
        self.guard = Guard()
        self.session = RecordingSession(log_dir, self.guard)
        self.steps = LoopProgress(self.session, Schedule(None, 0.01), self.guard, lambda _: None)
        optimizer = facts.Optimizer("SGD", rate, variables=LAYER.variables)
        fit = facts.Fit(epochs=EPOCHS, steps_per_epoch=EXAMPLES // BATCH, batch_size=BATCH)
        self.session.state(
            0, facts.Contract(layers=(LAYER,), outputs=(OUTPUT,), optimizer=optimizer, fit=fit)
        )
        pairs = zip((self.kernel, self.bias), LAYER.variables, strict=True)
        self.weights = tuple(Weight.of(variable, path) for variable, path in pairs)

    def step(self, x: Any, y: Any) -> tuple[float, float]:
        """Trains on a batch; its loss and accuracy."""
        passed = self.look(x, y)
        self.update(passed, passed.gradients)
        return passed.loss, passed.accuracy

    def look(self, x: Any, y: Any) -> Pass:
        """Loss and gradients of a batch."""
        start = time.perf_counter()
        logits = x @ self.kernel + self.bias
        logits -= logits.max(axis=1, keepdims=True)
        p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        loss = float(-np.log(p[np.arange(len(y)), y] + 1e-30).mean())
        away = (p - np.eye(CLASSES, dtype=np.float32)[y]) / np.float32(len(y))
        return Pass(start, x, y, p, loss, [x.T @ away, away.sum(axis=0)])

    def update(self, passed: Pass, reduced: list[Any]) -> None:
        """Moves the weights by gradients, which may be those of several workers together."""
        loss = passed.loss
        step = self.steps.advance(None)
        self.steps.pace(step)
        is_due = step >= self.steps.next_due or self.steps.is_bad(loss)
        update = Update(
            self, passed.gradients, list(LAYER.variables), fresh=False, weights=self.weights
        )
        if is_due:
            now = [self.kernel, self.bias]
            update.before = model_tables.look(
                self.weights, now, np.float32(self.rate), np.float32(1.0), numpy_backend
            )
        self.kernel -= np.float32(self.rate) * reduced[0]
        self.bias -= np.float32(self.rate) * reduced[1]
        if is_due:
            made = self.tables(passed.x, passed.y, passed.p, np.float32(loss), update)
            sample = Sample(step, self.steps.is_bad(loss), float("nan"), True, made)
            self.steps.plan(sample, time.perf_counter() - passed.start)
            self.steps.write(sample)

    def tables(self, x: Any, y: Any, p: Any, loss: Any, update: Update) -> list[Any]:
        """Everything that the step showed."""
        target = Target(OUTPUT, HostTensor.of(y), HostTensor.of(p))
        made = data_tables.of_data(
            [("x", HostTensor.of(x))], [target], self.guard, numpy_backend
        )
        gradients, norm = model_tables.gradients([update], numpy_backend)
        made += gradients
        made += model_tables.activations([LayerOutput(LAYER, p, "softmax")], numpy_backend)
        made += model_tables.weights([update], [[self.kernel, self.bias]], numpy_backend)
        made += model_tables.loss(Losses(loss, rate=np.float32(self.rate)), norm, numpy_backend)
        return [(table.layout, np.asarray(table.values, np.float32)) for table in made]


def train(log_dir: str, rate: float) -> dict[str, str]:
    """Trains for some epochs; what the recorder had to turn off."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(EXAMPLES, FEATURES)).astype(np.float32)
    y = (x @ rng.normal(size=(FEATURES, CLASSES)).astype(np.float32)).argmax(axis=1)
    training = Training(log_dir, rate)
    for _ in range(EPOCHS):
        batches = range(0, EXAMPLES, BATCH)
        told = np.mean([training.step(x[i : i + BATCH], y[i : i + BATCH]) for i in batches], axis=0)
        training.steps.end_epoch(
            {"loss": float(told[0]), "accuracy": float(told[1])}, rate, trained=True
        )
    taken = training.steps.steps
    training.session.fact(taken, facts.End("finished", taken))
    return training.guard.turned_off


def main(log_dir: str, rate: str) -> None:
    """Trains, and prints what is found."""
    off = train(log_dir, float(rate))
    (verdict,) = diagnose(log_dir)
    first = verdict.findings[0].code if verdict.findings else verdict.outcome.value
    print(first, verdict.headline, off)


if __name__ == "__main__":
    main(*sys.argv[1:])
