"""The public Keras callback: it records, and says in two lines what the record shows."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import keras

from tb_zeroacc.announcing import Announcer, OnVerdict
from tb_zeroacc.arguments import (
    OnDefinite,
    absolute,
    choice_on_definite,
    directory_of,
    place_of_worker,
    require_tensorflow,
    share_of_time,
    steps_between,
)
from tb_zeroacc.errors import DefiniteFaultError

if TYPE_CHECKING:
    from tb_zeroacc.diagnosis.diagnosis import Diagnosis
    from tb_zeroacc.keras.fit.recording import Recording
Logs = Mapping[str, Any]


class ZeroAccuracyCallback(keras.callbacks.Callback):  # type: ignore[misc]  # Keras is untyped
    """Records what happens inside `fit`, and says why a model does not learn.

    The record goes into `<log_dir>/zeroacc`; `tensorboard --logdir <log_dir>` shows it on the tab
    Zero Accuracy, `zeroacc diagnose <log_dir>` on the console. Training itself stays as it is:
    Keras' own program runs, and a step that is sampled is computed once more beside it, so the same
    seed gives the same weights, to the bit. (A `train_step` of your own, and a distribution
    strategy, are watched from inside and may round otherwise: docs/recording.md.) A fault of the
    recorder never comes out of `fit`.

    Used for a second `fit` of the same model, the same callback goes on with its record; a new
    callback on the same directory begins a new one, which is then the one that is judged.

    Args:
        log_dir: Directory of the training, as for `keras.callbacks.TensorBoard`; both may share it.
        every: Training steps between two samples. Defaults to `None`: as often as `budget` allows.
        budget: Share of the training time that sampling may cost after the first 20 steps, which
            are all recorded. Defaults to `0.01`.
        verbose: 0 says nothing on the console. Defaults to `1`.
        on_definite: What happens once the main cause is beyond doubt, which can be before the first
            step: `"warn"` prints it, `"stop"` ends `fit` after the step that showed it, as
            `EarlyStopping` would, and `"raise"` raises `DefiniteFaultError`. Defaults to `"warn"`.
        on_verdict: Is called with the `Diagnosis` whenever outcome or causes change. An error in it
            is reported and ends the calls, not training. Defaults to `None`.
        worker: The number of this process among those that train together, from 0. Defaults to
            `None`: as its launcher's environment says (docs/clusters.md).
        workers: How many there are. Defaults to `None`.

    Raises:
        ValueError: An argument makes no sense, or Keras runs on another backend than TensorFlow.

    Example:
        >>> model.fit(x, y, callbacks=[ZeroAccuracyCallback("logs/first")])
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str],
        *,
        every: int | None = None,
        budget: float = 0.01,
        verbose: int = 1,
        on_definite: OnDefinite = "warn",
        on_verdict: OnVerdict | None = None,
        worker: int | None = None,
        workers: int | None = None,
    ) -> None:
        super().__init__()
        require_tensorflow("ZeroAccuracyCallback", keras.backend.backend())
        self._named = directory_of(log_dir)
        self.log_dir = absolute(self._named)
        self._every = steps_between(every)
        self._budget = share_of_time(budget)
        self._verbose = verbose
        self._on_definite = choice_on_definite(on_definite)
        self._on_verdict = on_verdict
        self._worker = place_of_worker(worker, workers)
        self._recording: Recording | None = None
        self._announcer: Announcer | None = None

    @property
    def turned_off(self) -> dict[str, str]:
        """The parts of the record that failed and were turned off, each with why; often empty."""
        return {} if self._recording is None else self._recording.guard.turned_off

    def _implements_train_batch_hooks(self) -> bool:
        """Asked by Keras 2 alone, as the two below, when `fit` begins."""
        return True

    def _implements_test_batch_hooks(self) -> bool:
        return False

    def _implements_predict_batch_hooks(self) -> bool:
        return False

    def __getstate__(self) -> dict[str, Any]:
        """A copy, or what was pickled, begins a recording of its own."""
        return {**self.__dict__, "_recording": None, "_announcer": None}

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Begins a recording, or goes on with the one of this model."""
        from tb_zeroacc.keras.contract.cluster import identity_in
        from tb_zeroacc.keras.fit.recording import Recording
        from tb_zeroacc.recording.schedule import Schedule

        recording = self._recording
        if recording is None or recording.model is not self.model:
            schedule = Schedule(self._every, self._budget)
            recording = Recording(
                self.model, self.log_dir, schedule, self._on_news,
                identity_in(self.model.distribute_strategy, *self._worker),
            )  # fmt: skip
            self._recording = recording
            self._announcer = Announcer(
                self._named, self.log_dir, schedule.affords, prints=bool(self._verbose),
                on_verdict=self._guarded(recording) if self._on_verdict else None,
            )  # fmt: skip
        elif self._announcer is not None:
            self._announcer.resume()
        recording.guard.run("this training", recording.begin, self.params or {}, self)
        self._obey()

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Counts epochs over all fits."""
        if (recording := self._in_this_process()) is not None:
            recording.epoch_begin(epoch)

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Starts the clock of a step."""
        if (recording := self._in_this_process()) is not None:
            recording.batch_begin(batch)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Fetches a sample, where one was taken."""
        if (recording := self._in_this_process()) is not None:
            recording.guard.run("steps", recording.batch_end, batch, logs)
            self._obey()

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Looks at the first batches of a validation."""
        if (recording := self._in_this_process()) is not None:
            recording.guard.run("validation", recording.validation_begin)

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Writes what they held."""
        if (recording := self._in_this_process()) is not None:
            recording.guard.run("validation", recording.validation_end)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Writes what the epoch came to."""
        if (recording := self._in_this_process()) is not None:
            recording.guard.run("epochs", recording.epoch_end, logs)
            self._obey()

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Writes the end and says what the record shows."""
        if (recording := self._in_this_process()) is not None:
            recording.guard.run("the end of fit", recording.end)

    def _in_this_process(self) -> Recording | None:
        """The recording; None in a forked process, which has no part in it."""
        recording = self._recording
        return recording if recording is not None and recording.is_of_this_process else None

    def _guarded(self, recording: Recording) -> OnVerdict:
        """The function of the user's own, whose errors do not reach training."""

        def call(verdict: Diagnosis) -> None:
            if self._on_verdict is not None:
                recording.guard.run("calls of `on_verdict`", self._on_verdict, verdict)

        return call

    def _obey(self) -> None:
        """Ends training at a fault beyond doubt, where that was asked for.

        Raises:
            DefiniteFaultError: As `on_definite="raise"` asks.
        """
        told = None if self._announcer is None else self._announcer.definite
        if told is None or self._announcer is None or self._on_definite == "warn":
            return
        if self._on_definite == "stop":
            self.model.stop_training = True
            return
        raise DefiniteFaultError(f"{told} More: {self._announcer.where_to_look}")

    def _on_news(self, moment: str) -> None:
        recording, announcer = self._recording, self._announcer
        is_asked = self._verbose or self._on_verdict or self._on_definite != "warn"
        if not is_asked or recording is None or announcer is None:
            return
        if recording.is_writing:
            recording.guard.run(
                "a verdict on the console", announcer.tell, recording.directory, recording.token,
                moment,
            )  # fmt: skip
