"""Recording a training loop of one's own: what the callback does for `fit`, step by step."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

import keras
import tensorflow as tf

from tb_zeroacc.announcing import Announcer
from tb_zeroacc.arguments import (
    absolute,
    directory_of,
    place_of_worker,
    require_tensorflow,
    share_of_time,
    steps_between,
)
from tb_zeroacc.keras.contract.cluster import identity_in
from tb_zeroacc.keras.loop.own_loop import OwnLoop
from tb_zeroacc.keras.loop.shown import ShownStep
from tb_zeroacc.recording.guard import warn
from tb_zeroacc.recording.schedule import Schedule

if TYPE_CHECKING:
    from tb_zeroacc.diagnosis.diagnosis import Diagnosis

do_not_convert: Any = tf.autograph.experimental.do_not_convert  # untyped


class Monitor:
    """Records a training loop of one's own, and says why the model does not learn.

    The record is that of `ZeroAccuracyCallback`, in `<log_dir>/zeroacc`, and so is the verdict in
    two lines at the end. The loop stays as it is, to the bit, in eager code and in a `tf.function`
    (docs/recording.md names the exceptions). A fault of the recorder never comes out of the loop.

    Entered again, the same monitor goes on with its record: steps and epochs count on. A new one on
    the same directory begins a new record, which is then the one that is judged.

    Args:
        log_dir: Directory of the training.
        model: The Keras model that the loop trains.
        optimizer: The Keras optimizer that the loop applies, or a list of several. Defaults to
            `None`: what the model was compiled with, if it was.
        loss: What the loop minimises, as for `compile`: the name of a loss, a `Loss`, a function,
            or a list or dictionary of them by output. It is only described, never called. Defaults
            to `None`: what the model was compiled with, if it was.
        every: Training steps between two samples. Defaults to `None`: as often as `budget` allows.
        budget: Share of the training time that sampling may cost after the first 20 steps, which
            are all recorded. Defaults to `0.01`.
        verbose: 0 says nothing on the console. Defaults to `1`.
        worker: The number of this process among those that train together, from 0. Defaults to
            `None`: as its launcher's environment says (docs/clusters.md).
        workers: How many there are. Defaults to `None`.

    Raises:
        ValueError: An argument makes no sense, or Keras runs on another backend than TensorFlow.

    Example:
        >>> with Monitor("logs/first", model=model, optimizer=optimizer, loss=loss_fn) as monitor:
        ...     for x, y in data:
        ...         with tf.GradientTape() as tape:
        ...             outputs = model(x, training=True)
        ...             loss = loss_fn(y, outputs)
        ...         gradients = tape.gradient(loss, model.trainable_variables)
        ...         optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        ...         monitor.record(inputs=x, labels=y, outputs=outputs, loss=loss)
        ...     monitor.end_epoch({"loss": mean_loss, "val_loss": validation_loss})
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str],
        *,
        model: Any,
        optimizer: Any = None,
        loss: Any = None,
        every: int | None = None,
        budget: float = 0.01,
        verbose: int = 1,
        worker: int | None = None,
        workers: int | None = None,
    ) -> None:
        require_tensorflow("Monitor", keras.backend.backend())
        named = directory_of(log_dir)
        self.log_dir = absolute(named)
        if not isinstance(model, keras.Model):
            raise ValueError(
                "`model` must be a model of Keras 3. "
                f"Received: model={model!r} of type {type(model).__name__}."
            )
        if optimizer is None:
            optimizer = getattr(model, "optimizer", None)
        if loss is None:
            loss = getattr(model, "loss", None)
        self._model = model
        self._optimizers = _optimizers_of(optimizer)
        self._loss = loss
        self._schedule = Schedule(steps_between(every), share_of_time(budget))
        self._verbose = verbose
        self._worker = place_of_worker(worker, workers)
        self._announcer = Announcer(named, self.log_dir, self._schedule.affords)
        self._loop: OwnLoop | None = None
        self._is_entered = self._has_warned = False

    @property
    def turned_off(self) -> dict[str, str]:
        """The parts of the record that failed and were turned off, each with why; often empty."""
        return {} if self._loop is None else self._loop.guard.turned_off

    def __enter__(self) -> Monitor:
        """Begins to watch the model.

        Raises:
            RuntimeError: It is watching already.
        """
        if self._loop is None:
            self._loop = OwnLoop(
                self._model, self._optimizers, self._loss, self.log_dir, self._schedule,
                self._on_news, identity_in(self._model.distribute_strategy, *self._worker),
            )  # fmt: skip
        if self._is_entered:
            raise RuntimeError("This Monitor is entered already: make one for each loop.")
        self._is_entered = True
        self._announcer.resume()
        self._loop.guard.run("this training", self._loop.begin)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> Literal[False]:
        """Writes how the loop ended and says what the record shows; an error passes on."""
        self._is_entered = False
        if self._loop is not None:
            self._loop.end(fault)
        return False

    @do_not_convert  # type: ignore[untyped-decorator]
    def record(
        self,
        step: Any = None,
        *,
        inputs: Any = None,
        labels: Any = None,
        outputs: Any = None,
        loss: Any = None,
        gradients: Any = None,
        sample_weight: Any = None,
    ) -> None:
        """Records one training step; call it once in each, eagerly or within a `tf.function`.

        It may stand before or behind the update. What is left out is not recorded, but inputs and
        outputs, which are then those of the model's latest call, and gradients, which are then
        those that the optimizer applies. Nothing is computed unless the step is due.

        Args:
            step: The number of the step, an integer or an integer tensor of shape (). One that does
                not rise is taken for the step that follows. Defaults to `None`: records are
                counted.
            inputs: The batch that the model was called with; a tensor or a structure of them.
            labels: What the loss was given as truth.
            outputs: What the loss was given as prediction.
            loss: The loss of this batch, all terms included, before it is scaled.
            gradients: As the optimizer is given them: a list in the order of
                `model.trainable_variables`, or of pairs of gradient and variable.
            sample_weight: What the loss was given as weights.
        """
        if self._loop is None or not self._is_entered:
            self._warn_of_nothing("record")
            return
        self._loop.record(step, ShownStep(inputs, labels, outputs, sample_weight, loss, gradients))

    def end_epoch(self, logs: Mapping[str, Any] | None = None) -> None:
        """Records that an epoch has ended, with its numbers; call it in eager code.

        Many checks need them: they compare epochs, and training with validation.

        Args:
            logs: What `fit` would log, under the same names: `loss`, `accuracy`, `val_loss`, ...;
                numbers, tensors of shape () or Keras metrics.
        """
        if self._loop is None or not self._is_entered:
            self._warn_of_nothing("end_epoch")
            return
        self._loop.end_epoch(logs)

    def diagnose(self) -> list[Diagnosis]:
        """What the record shows by now, as `tb_zeroacc.diagnose` says it."""
        from tb_zeroacc.verdict import diagnose

        if self._loop is None:
            return diagnose(self.log_dir, now=time.time())
        return diagnose(self._loop.directory, now=time.time(), session=self._loop.token)

    def _warn_of_nothing(self, name: str) -> None:
        if not self._has_warned:
            self._has_warned = True
            warn(
                f"Monitor.{name} records nothing outside of `with Monitor(...) as monitor:`, nor "
                "does a tf.function that was traced there.",
                stacklevel=4,
            )

    def _on_news(self, moment: str) -> None:
        loop = self._loop
        if self._verbose and loop is not None and loop.is_writing:
            tell = self._announcer.tell
            loop.guard.run("a verdict on the console", tell, loop.directory, loop.token, moment)


def _optimizers_of(given: Any) -> list[Any]:
    """The optimizers of an argument.

    Raises:
        ValueError: One is no Keras optimizer.
    """
    found = [] if given is None else list(given) if isinstance(given, list | tuple) else [given]
    for optimizer in found:
        if not isinstance(optimizer, keras.optimizers.Optimizer):
            raise ValueError(
                "`optimizer` must be an optimizer of Keras 3, or a list of them. "
                f"Received: optimizer={given!r} of type {type(optimizer).__name__}."
            )
    return found
