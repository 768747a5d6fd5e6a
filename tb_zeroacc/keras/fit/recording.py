"""One recording: everything that one callback writes about one model, over all its fits."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from tb_zeroacc import facts
from tb_zeroacc.keras.compat import steps_per_execution
from tb_zeroacc.keras.contract.model_contract import learning_rate_of
from tb_zeroacc.keras.fit.failure import a_batch, pending_fault
from tb_zeroacc.keras.fit.fitting import (
    callback_list_of,
    describe_fit,
    is_fitted,
    is_running,
    stopped_by,
    watch_calls,
)
from tb_zeroacc.keras.fit.loss_scaling import LeftOut
from tb_zeroacc.keras.fit.statements import Statements
from tb_zeroacc.keras.fit.step_watch import StepWatch
from tb_zeroacc.keras.fit.validation_watch import Validation
from tb_zeroacc.keras.observe.op_callbacks import without_op_callbacks
from tb_zeroacc.keras.observe.patches import Patch
from tb_zeroacc.keras.sampling.replay import Replay
from tb_zeroacc.keras.sampling.stepping import StepFunction
from tb_zeroacc.keras.tables.hidden_parts import hidden_in
from tb_zeroacc.keras.tables.plan import SamplePlan
from tb_zeroacc.recording.guard import Guard
from tb_zeroacc.recording.pipeline.pipeline_watch import PipelineWatch
from tb_zeroacc.recording.progress import Progress
from tb_zeroacc.recording.recorder import Recorder, end_of
from tb_zeroacc.recording.schedule import NEVER, DueSteps, Schedule
from tb_zeroacc.recording.session import numbers_of
from tb_zeroacc.recording.tables.observation import Observation
from tb_zeroacc.recording.workers.identity import Identity

Logs = Mapping[str, Any]


class Recording(Recorder):
    """Records one model into `<log_dir>/zeroacc`, a session from the first fit to the last.

    Args:
        model: The model that is trained.
        log_dir: Directory of the training.
        schedule: Says which steps are due.
        news, identity: As of `Recorder`.
    """

    def __init__(
        self, model: Any, log_dir: str, schedule: Schedule, news: Callable[[str], None],
        identity: Identity | None = None,
    ) -> None:  # fmt: skip
        super().__init__(log_dir, Guard(without_op_callbacks), news, identity)
        self.model = model
        self._progress = Progress(self._session, schedule, self.guard)
        self._left_out = LeftOut()
        self._statements = Statements(model, self._session, self.guard)
        self._due = DueSteps(0, 0, schedule.spacing(0, None), dense_until=schedule.dense_until)
        self._pipeline = PipelineWatch()
        self._replay: tuple[Replay, SamplePlan] | None = None  # of the `fit` before
        self._watch: StepWatch | None = None
        self._validation: Validation | None = None
        self._calls: list[Patch] = []
        self._in_epoch, self._first_batch = False, -1
        self._step_start: float | None = None
        self.is_within_fit = True
        self.callback: Any = None

    # --- one fit ----------------------------------------------------------------------------

    def begin(self, params: dict[str, Any], own: Any) -> None:
        """Starts to watch a `fit`; called from its `on_train_begin`."""
        self.abandoned()  # the previous `fit` may have ended without notice
        if not self.is_writing:
            return
        self._session.resume()
        self.callback = own
        self.guard.run("the pipeline", self._pipeline.begin)
        self.is_open, self._fit_start = True, self._progress.steps
        self._ran_out = self._in_epoch = False
        self._left_out.begin(self.model, self._fit_start)
        fit = self.guard.run("how fit was asked", describe_fit, self.model, params, own)
        fit = fit or facts.Fit(epochs=params.get("epochs"), steps_per_epoch=params.get("steps"))
        fit = replace(
            fit, first_step=self._fit_start,
            first_epoch=self._progress.number_of_next(fit.initial_epoch),
        )  # fmt: skip
        self._progress.steps_per_epoch = fit.steps_per_epoch
        listed = self.guard.run("the callbacks", callback_list_of, self.model)
        self.is_within_fit = listed is not None
        self._others = list(getattr(listed, "callbacks", ()))
        for watcher in StepFunction.left_behind(self.model, self._others):
            self.guard.run("this training", watcher.abandoned)
        self._statements.begin(self._fit_start, fit)
        self._news("contract")
        self.guard.run("this training", self._begin_watch, fit)
        if listed is not None:
            self._calls = watch_calls(listed, self._callback_failed)

    def _begin_watch(self, fit: facts.Fit) -> None:
        steps, last = self._progress.steps, NEVER
        if fit.epochs and fit.steps_per_epoch:
            last = steps + (fit.epochs - fit.initial_epoch) * fit.steps_per_epoch - 1
        self._due = replace(self._due, step=steps, last=last)
        try:
            self._watch = StepWatch(
                self.model, self, self.token, self._progress, self._left_out, self._due,
                self._on_trace, self._replay,
            )  # fmt: skip
            self._validation = Validation(
                self.model, self._watch.hooks, self.token, self.guard, self.step_failed
            )
        except BaseException:
            self._release()
            raise

    def end(self) -> None:
        """`fit` came to its own end."""
        if self.is_open:
            self._settle()
            self._write_association()
            self._session.fact(self._progress.steps, self._how_it_ended())
        self._release()
        self.is_open = False
        self._news("end")

    def _how_it_ended(self) -> facts.End:
        if not getattr(self.model, "stop_training", False):
            return facts.End("finished", self._counted())
        is_bad = self._watch is not None and self._watch.is_bad
        return facts.End("stopped", self._counted(), by=stopped_by(self._others, on_nan=is_bad))

    def _release(self) -> None:
        for part in (self._validation, self._watch, *self._calls):
            if part is not None:
                self.guard.run("the end of fit", part.remove)
        if self._watch is not None:
            self._replay = self._watch.replay or self._replay
        self._watch = self._validation = None
        self._calls = []

    def is_fitting(self) -> bool:
        """Whether the callback's `fit`, or a loop that calls the callback, is still running."""
        if not self.is_within_fit:
            return self.is_open and not is_fitted(self.model)
        return self.is_open and is_running(self.model, self.callback)

    # --- epochs and steps -------------------------------------------------------------------

    def epoch_begin(self, epoch: int) -> None:
        """An epoch begins; `epoch` is its number within this `fit`."""
        if self._in_epoch:  # the same callback stands twice in the list
            return
        self._progress.begin_epoch(epoch)
        self._in_epoch, self._ran_out, self._step_start = True, False, None

    def batch_begin(self, batch: int) -> None:
        """A step is about to run.

        Args:
            batch: Keras' index of its first batch in this epoch.
        """
        self._first_batch = batch
        if self._watch is not None:
            self._watch.announce()
            self._step_start = time.perf_counter()

    def batch_end(self, batch: int, logs: Logs | None) -> None:
        """A step has run.

        Args:
            batch: Keras' index of its last batch in this epoch.
            logs: Keras' running means.
        """
        now = time.perf_counter()
        progress, watch = self._progress, self._watch
        traced = self._statements.write(progress.steps)
        if batch == self._first_batch:  # of an execution, before Keras 3.7; else of its last step
            batch += steps_per_execution(self.model) - 1
        before, progress.steps = progress.steps, progress.epoch_start + batch + 1
        if watch is None or self._step_start is None:
            return
        optimizers = watch.hooks.optimizers
        self.guard.run("the contract", self._statements.update, progress.steps, optimizers)
        if watch.sampler.is_watching:
            steps = None if traced else max(1, progress.steps - before)  # of an execution
            seconds = now - self._step_start
            for news in watch.fetch((logs or {}).get("loss"), seconds, steps):
                self._news(news)

    def epoch_end(self, logs: Logs | None) -> None:
        """An epoch has ended, validation included."""
        if not self.is_open or not self._in_epoch:
            return
        self._settle()
        self._write_epoch(logs, cut_short=self._was_cut_short())
        self._write_association()
        self._in_epoch = False
        self._news("epoch")

    def validation_begin(self) -> None:
        """A validation begins."""
        if self.is_open and self._in_epoch and self._validation is not None:
            self._validation.begin()

    def validation_end(self) -> None:
        """A validation is over."""
        if self.is_open and self._in_epoch and self._watch and self._validation:
            self._watch.count_steps()
            self._session.tables(max(0, self._progress.steps - 1), self._validation.end())

    def _settle(self) -> None:
        """Counts the steps and writes the samples that are left, at the end of an epoch, say."""
        if self._watch is not None:
            self._watch.count_steps()
            self._watch.collect()

    def _was_cut_short(self) -> bool:
        if not getattr(self.model, "stop_training", False):
            return False
        planned = self._progress.steps_per_epoch
        return self._progress.batches < planned if planned else not self._ran_out

    def _write_epoch(self, logs: Logs | None, *, cut_short: bool) -> None:
        optimizer = None if self._watch is None else self._watch.optimizer
        rate = self.guard.run("the learning rate", learning_rate_of, optimizer)
        batches = None if self._counted() is None else self._progress.batches
        self._progress.write_epoch(numbers_of(logs), rate, batches, cut_short=cut_short)

    def _counted(self) -> int | None:
        """Steps taken; None where neither the sampler nor Keras' own words could count them."""
        if self._watch is None:
            return None
        is_counting = self._watch.sampler.is_watching or "steps" not in self.guard.off
        return self._progress.steps if is_counting else None

    def _write_association(self) -> None:
        steps = self._progress.steps
        found = self.guard.run("the pipeline", self._pipeline.look)
        if found is not None:
            self._session.pipeline(steps, *found)
        self._session.association(steps)

    # --- from the sampler and the step function ---------------------------------------------

    def _on_trace(self, seen: Observation) -> None:
        """From the sampler: what a step shows is known."""
        if self._watch is not None:
            self._statements.note(seen, self._watch.hooks.optimizers)
        self._session.lacks(*self.guard.run("what is lacking", hidden_in, seen) or ())

    def data_ended(self) -> None:
        """From the step function: the iterator had no further batch."""
        self._ran_out = True

    def failed(self, fault: Exception) -> None:
        """From the step function: our own part of a step failed."""
        self.guard.turn_off("this training", fault)
        self._release()

    def step_failed(self, fault: BaseException, iterator: Any = None) -> None:
        """From the step function: a step raised `fault`, which will pass on unchanged."""
        self.guard.run("the exception", self._note_failure, fault, iterator)
        self._release()
        self.is_open = False
        self._news("exception")

    def _callback_failed(self, fault: BaseException) -> None:
        if self.is_open:
            self.step_failed(fault)

    def _note_failure(self, fault: BaseException, iterator: Any) -> None:
        progress, watch = self._progress, self._watch
        self._statements.write(progress.steps)
        self._settle()  # another callback may have raised before ours heard of it
        seen = None if watch is None else watch.hooks.last
        if watch is not None and seen is not None and progress.steps == self._fit_start:
            self._statements.note(seen, watch.hooks.optimizers)
            self._statements.write(progress.steps)
        if isinstance(fault, Exception):
            outputs = self._session.contract.outputs
            tables = self.guard.run(
                "a batch after the failure", a_batch, self.model, outputs, iterator, self.guard
            )
            self._session.tables(progress.steps + (seen is None), tables or [])
        if self._in_epoch and progress.batches > 0:
            self._write_epoch(None, cut_short=True)
        self._write_association()
        self._session.fact(progress.steps, end_of(fault, self._counted()))

    def abandoned(self, fault: BaseException | None = None) -> None:
        """From the step function: `fit` ended without notice. Also at the interpreter's exit."""
        if self.is_open:
            self.is_open = False
            self._settle()
            self._session.fact(self._progress.steps, end_of(fault, self._counted()))
        self._release()

    def program_ended(self) -> None:
        """The interpreter ends, maybe by an error of `fit`."""
        self.abandoned(pending_fault(self.model))
