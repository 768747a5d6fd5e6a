"""A check before training: a few batches through the model as it stands, and what they show."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import keras
import tensorflow as tf

from tb_zeroacc import facts
from tb_zeroacc.arguments import require_tensorflow
from tb_zeroacc.keras.drawing import Batch, first_batches
from tb_zeroacc.keras.fit.statements import Statements
from tb_zeroacc.keras.monitor import Monitor
from tb_zeroacc.keras.observe.op_callbacks import without_op_callbacks
from tb_zeroacc.recording.guard import Guard
from tb_zeroacc.recording.session import RecordingSession
from tb_zeroacc.verdict import before_training

if TYPE_CHECKING:
    from tb_zeroacc.diagnosis.diagnosis import Diagnosis

NOT_DRAWN = (
    "Nothing was drawn from the iterator, for training would miss it: pass a batch of its kind, "
    "`check(model, (x, y))`."
)
MOST_BATCHES = 8  # 256 rows of arrays: enough to see every class of most labels, in seconds


def check(
    model: Any, data: Any, labels: Any = None, *, loss: Any = None, batch_size: int = 32
) -> Diagnosis:
    """Says before training what is wrong with a model, its loss, its data and its labels.

    A few batches pass through the model forward and backward, and no update follows. The weights,
    the state of normalisation and dropout, and the data are afterwards as they were before.

    Args:
        model: A Keras model, compiled unless `loss` is given.
        data: What `fit` would be given as `x`: arrays, a `tf.data.Dataset`, a `PyDataset`, a loader
            or one batch. From a generator nothing is drawn, for training would not see it: the
            contract alone is checked.
        labels: What `fit` would be given as `y`. Defaults to `None`: the data carry them.
        loss: What training minimises: the name of a loss, a `Loss` or a function. Defaults to
            `None`: what the model was compiled with.
        batch_size: Rows of a batch of arrays. Defaults to `32`.

    Returns:
        The verdict: causes in `findings`, the likeliest first, and what else was checked. Its
        outcome is never `learning`, which only training can show.

    Raises:
        ValueError: An argument makes no sense, or Keras runs on another backend than TensorFlow.

    Example:
        >>> print(tb_zeroacc.check(model, x, y).headline)
    """
    require_tensorflow("check", keras.backend.backend())
    if not isinstance(model, keras.Model):
        raise ValueError(
            "`model` must be a model of Keras 3. "
            f"Received: model={model!r} of type {type(model).__name__}."
        )
    if loss is None and not getattr(model, "compiled", False):
        raise ValueError("Compile the model first, or name the loss: check(model, x, y, loss=...).")
    batches = first_batches(data, labels, size=batch_size, most=MOST_BATCHES)
    with tempfile.TemporaryDirectory(prefix="zeroacc") as directory:
        fault = None
        if batches:
            fault = _record(model, batches, loss, directory)
        else:
            _state(model, directory)
        verdict = before_training(directory)
    if not batches and not verdict.findings:
        return replace(verdict, context=NOT_DRAWN)
    if fault is not None and all(found.tier.label == "smell" for found in verdict.findings):
        raise fault  # nothing that was found explains it
    return verdict


def _record(model: Any, batches: list[Batch], loss: Any, directory: str) -> Exception | None:
    """Records the batches; the error that the model raised on them, or None."""
    try:
        with Monitor(directory, model=model, loss=loss, every=1, verbose=0) as monitor:
            for inputs, targets, weights in batches:
                _pass(model, inputs, targets, weights, loss, monitor)
    except Exception as fault:  # noqa: BLE001 - the record may say why; else it is raised again
        return fault
    return None


def _state(model: Any, directory: str) -> None:
    """Records what the model says of itself."""
    guard = Guard(without_op_callbacks)
    session = RecordingSession(directory, guard)
    Statements(model, session, guard).begin(0, facts.Fit())
    session.fact(0, facts.End("finished", 0))


def _pass(
    model: Any, inputs: Any, targets: Any, weights: Any, loss: Any, monitor: Monitor
) -> None:
    """One batch forward and backward, recorded; the model stays as it was."""
    inputs, targets, weights = tf.nest.map_structure(_tensor, (inputs, targets, weights))
    if not model.built:
        model(inputs, training=False)  # makes the weights and moves nothing
    with _kept(model):
        try:
            with tf.GradientTape() as tape:
                outputs = model(inputs, training=True)
                value = _loss_of(model, inputs, targets, outputs, weights, loss)
        except Exception:
            monitor.record(inputs=inputs, labels=targets)  # they may be why
            raise
        gradients = tape.gradient(value, model.trainable_variables)
        monitor.record(
            inputs=inputs, labels=targets, outputs=outputs, loss=value, gradients=gradients,
            sample_weight=weights,
        )  # fmt: skip


def _tensor(leaf: Any) -> Any:
    return None if leaf is None else tf.convert_to_tensor(leaf)


def _loss_of(
    model: Any, inputs: Any, targets: Any, outputs: Any, weights: Any, loss: Any
) -> Any:
    if loss is None:
        return model.compute_loss(inputs, targets, outputs, weights)
    asked = keras.losses.get(loss) if isinstance(loss, str) else loss
    value = asked(targets, outputs)
    return tf.reduce_mean(value) + sum(model.losses)


@contextmanager
def _kept(model: Any) -> Iterator[None]:
    """Gives every variable its value back: moving statistics and seeds change in a forward pass."""
    kept = [(variable, tf.identity(variable.value)) for variable in model.variables]
    try:
        yield
    finally:
        for variable, value in kept:
            variable.assign(value)
