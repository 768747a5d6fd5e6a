"""One recording: everything that one callback writes about one model, over all its fits."""

from __future__ import annotations

import atexit
import functools
import time
import weakref
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from tb_zeroacc import facts
from tb_zeroacc.keras.compat import is_a, steps_per_execution
from tb_zeroacc.keras.contract import model_contract as contracts
from tb_zeroacc.keras.contract.traced_shapes import shapes_of
from tb_zeroacc.keras.fit.failure import a_batch, pending_fault
from tb_zeroacc.keras.fit.fitting import callback_list_of, describe_fit, is_fitted, is_running
from tb_zeroacc.keras.fit.loss_scaling import LeftOut
from tb_zeroacc.keras.fit.validation_watch import Validation
from tb_zeroacc.keras.observe.hooks import Hooks
from tb_zeroacc.keras.observe.op_callbacks import without_op_callbacks
from tb_zeroacc.keras.observe.patches import Patch
from tb_zeroacc.keras.sampling.data_clock import CLOCK_PERIOD
from tb_zeroacc.keras.sampling.direct import DirectSampler, serves
from tb_zeroacc.keras.sampling.program import Program
from tb_zeroacc.keras.sampling.replay import Replay, can_be_replayed
from tb_zeroacc.keras.sampling.replay_sampler import ReplaySampler
from tb_zeroacc.keras.sampling.sampler import Sampler
from tb_zeroacc.keras.sampling.stepping import StepFunction, Taken
from tb_zeroacc.keras.tables.hidden_parts import hidden_in
from tb_zeroacc.keras.tables.plan import SamplePlan
from tb_zeroacc.recording.due import NEVER, DueSteps
from tb_zeroacc.recording.guard import Guard
from tb_zeroacc.recording.pipeline.pipeline_watch import PipelineWatch
from tb_zeroacc.recording.recorder import end_of
from tb_zeroacc.recording.sample import Sample
from tb_zeroacc.recording.schedule import Schedule
from tb_zeroacc.recording.session import RecordingSession, StepPlace, numbers_of
from tb_zeroacc.recording.tables.observation import Observation, Update

Logs = Mapping[str, Any]
# Calls of Keras' list of callbacks within a `fit`, but the one in which we begin.
CALLS = (
    "on_epoch_begin", "on_epoch_end", "on_train_batch_begin", "on_train_batch_end",
    "on_test_begin", "on_test_end", "on_test_batch_begin", "on_test_batch_end", "on_train_end",
)  # fmt: skip


class Recording:
    """Records one model into `<log_dir>/zeroacc`, a session from the first fit to the last.

    Args:
        model: The model that is trained.
        log_dir: Directory of the training.
        schedule: Says which steps are due.
        news: Called when there may be something to tell: `contract`, `sample`, `non_finite`,
            `exception`, `epoch`, `end`; the record is on disk by then.
    """

    def __init__(
        self, model: Any, log_dir: str, schedule: Schedule, news: Callable[[str], None]
    ) -> None:
        self.model = model
        self.guard = Guard(without_op_callbacks)
        self.schedule = schedule
        self._news = news
        self._session = RecordingSession(log_dir, self.guard)
        self.directory = self._session.directory
        self._steps = 0  # taken, over all fits; exact after each sample and each epoch
        self._epoch = -1  # over all fits
        self._epoch_start = (0, 0.0)  # step, clock
        self._next_due, self._spacing = 0, schedule.spacing(0, None)
        self._fit = facts.Fit()
        self._traced: tuple[facts.Contract, facts.Shapes] | None = None
        self._left_out = LeftOut()
        self._pipeline, self._named = PipelineWatch(), facts.Pipeline()
        self._hooks: Hooks | None = None
        self._sampler: Sampler | None = None
        self._replay: tuple[Replay, SamplePlan] | None = None  # of the `fit` before
        self._function: StepFunction | None = None
        self._validation: Validation | None = None
        self._calls: list[Patch] = []
        self._is_open = self._in_epoch = False
        self.is_within_fit = True
        self.callback: Any = None
        self.token = self._session.token
        atexit.register(_at_exit, weakref.ref(self))

    # --- one fit ----------------------------------------------------------------------------

    @property
    def is_writing(self) -> bool:
        """Whether there is a log to write to, and then to read."""
        return self._session.is_writing

    @property
    def is_of_this_process(self) -> bool:
        """Whether this process made it, and not one that was forked from that."""
        return self._session.is_of_this_process

    def begin(self, params: dict[str, Any], own: Any) -> None:
        """Starts to watch a `fit`; called from its `on_train_begin`."""
        self.abandoned()  # the `fit` before this one may have ended without a word
        if not self._session.is_writing:
            return
        self.callback = own
        self.guard.run("the pipeline", self._pipeline.begin)
        self._is_open, self._fit_start = True, self._steps
        self._ran_out = self._in_epoch = self._is_bad = False
        self._left_out.begin(self.model, self._steps)
        self._fit = self.guard.run("how fit was asked", describe_fit, self.model, params, own) or (
            facts.Fit(epochs=params.get("epochs"), steps_per_epoch=params.get("steps"))
        )
        listed = self.guard.run("the callbacks", callback_list_of, self.model)
        self.is_within_fit = listed is not None
        self._others = list(getattr(listed, "callbacks", ()))
        for watcher in StepFunction.left_behind(self.model, self._others):
            self.guard.run("this training", watcher.abandoned)
        found = self.guard.run("the contract", contracts.describe, self.model, self._fit)
        self._session.state(self._steps, found)
        self._news("contract")
        self.guard.run("this training", self._watch)
        if listed is not None:
            self._calls = [
                Patch(listed, name, self._listen) for name in CALLS if hasattr(listed, name)
            ]

    def _watch(self) -> None:
        fit = self._fit
        last = NEVER
        if fit.epochs and fit.steps_per_epoch:
            epochs = fit.epochs - fit.initial_epoch
            last = self._steps + epochs * fit.steps_per_epoch - 1
        due = DueSteps(
            self._steps, self._next_due, self._spacing, last, self.schedule.dense_until
        )
        try:
            self._hooks = Hooks(self.model, self, self.guard)
            replays = can_be_replayed(self.model)
            together = steps_per_execution(self.model)
            self._sampler = self._replaying(due) if replays else self._hooked(due)
            self._function = StepFunction(
                self.model, self, direct=replays or self._is_direct(),
                together=together if replays else 1,
            )  # fmt: skip
            self._validation = Validation(
                self.model, self._hooks, self.token, self.guard,
                lambda fault: self.step_failed(fault, None),
            )  # fmt: skip
        except BaseException:
            self._release()
            raise

    def _replaying(self, due: DueSteps) -> Sampler:
        assert self._hooks is not None
        return ReplaySampler(
            self.model, self._hooks, self.guard, due, self._on_trace, self._replay
        )

    def _is_direct(self) -> bool:
        return serves(self.model) and not self.model.run_eagerly

    def _hooked(self, due: DueSteps) -> Sampler:
        """Samples steps that cannot be replayed, by what hooks see in them."""
        if serves(self.model):
            return DirectSampler(self.model, self.guard, due, self._on_trace)
        if due.step < due.dense_until:
            # The first execution may be longer than the dense part: it goes on sparsely.
            due.spacing = steps_per_execution(self.model)
        return Program(self.model, self.guard, due, self._on_trace)

    def _ask_hooks_instead(self) -> None:
        """The model's steps turned out to have state that no replay knows."""
        assert self._sampler is not None
        assert self._function is not None
        self._collect()
        self._sampler = self._hooked(self._sampler.due)
        self._function.renew(direct=self._is_direct())

    def end(self) -> None:
        """`fit` came to its own end."""
        if self._is_open:
            self._count_steps()
            self._collect()
            self._write_association()
            self._session.fact(self._steps, self._how_it_ended())
        self._release()
        self._is_open = False
        self._news("end")

    def _how_it_ended(self) -> facts.End:
        if not getattr(self.model, "stop_training", False):
            return facts.End("finished", self._counted())
        by = None
        for callback in self._others:
            stopped = getattr(callback, "stopped_epoch", 0)
            ended_it = isinstance(stopped, int) and stopped > 0
            on_nan = is_a(callback, "TerminateOnNaN") and self._is_bad
            if ended_it or on_nan:
                by = type(callback).__name__
        return facts.End("stopped", self._counted(), by=by)

    def _release(self) -> None:
        for part in (self._validation, self._function, self._hooks, *self._calls):
            if part is not None:
                self.guard.run("the end of fit", part.remove)
        if isinstance(self._sampler, ReplaySampler):
            self._replay = self._sampler.replay
        if self._sampler is not None:
            self._next_due, self._spacing = self._sampler.due.next_due, self._sampler.due.spacing
        self._function = self._hooks = self._sampler = self._validation = None
        self._calls = []

    def _listen(self, original: Callable[..., Any], patch: Patch) -> Callable[..., Any]:
        """Around a call of all callbacks: an error of another one ends the `fit`."""

        @functools.wraps(original)
        def call(*args: Any, **kwargs: Any) -> Any:
            try:
                return original(*args, **kwargs)
            except BaseException as fault:
                if patch.active and self._is_open:
                    self.step_failed(fault, None)
                raise

        return call

    def is_fitting(self) -> bool:
        """Whether the `fit` of its callback, or a loop that calls it, is still under way."""
        if self.is_within_fit:
            return self._is_open and is_running(self.model, self.callback)
        return self._is_open and not is_fitted(self.model)

    # --- epochs and steps -------------------------------------------------------------------

    def epoch_begin(self, epoch: int) -> None:
        """An epoch begins, `epoch` as this `fit` counts; a later `fit` may count anew."""
        if self._in_epoch:  # the same callback stands twice in the list
            return
        self._epoch = max(self._epoch + 1, epoch)
        self._epoch_start = (self._steps, time.perf_counter())
        self._in_epoch, self._ran_out = True, False
        self._step_start: float | None = None

    def batch_begin(self, batch: int) -> None:
        """A step is about to run.

        Args:
            batch: Keras' index of its first batch in this epoch.
        """
        self._first_batch = batch
        if self._function is not None:
            self._function.arm()
            self._step_start = time.perf_counter()
            self._asked_for_data = (self._steps, time.time())

    def batch_end(self, batch: int, logs: Logs | None) -> None:
        """A step has run.

        Args:
            batch: Keras' index of its last batch in this epoch.
            logs: Keras' running means.
        """
        now = time.perf_counter()
        traced = self._traced is not None
        self._write_traced()
        if batch == self._first_batch:  # of an execution, before Keras 3.7; else of its last step
            batch += steps_per_execution(self.model) - 1
        before, self._steps = self._steps, self._epoch_start[0] + batch + 1
        sampler = self._sampler
        if sampler is None or self._step_start is None:
            return
        seconds = now - self._step_start
        self.guard.run("the contract", self._state_optimizers)
        if not sampler.is_watching:
            return
        samples = self.guard.run(
            "samples", sampler.fetch, self._steps, self._epoch_start[0], (logs or {}).get("loss")
        )
        outside, sampler.outside = sampler.outside, 0.0
        if not traced:
            steps = max(1, self._steps - before)  # an execution may hold several
            within = bool(samples) and not outside
            self.schedule.note_step((seconds - outside) / steps, sampled=within)
        first = not self._has_sampled
        self._book(samples or [], 0.0 if traced else outside)
        if first and self._has_sampled:
            self._news("sample")
        if any(sample.first_bad for sample in samples or ()):
            self._news("non_finite")

    def epoch_end(self, logs: Logs | None) -> None:
        """An epoch has ended, validation included."""
        if not self._is_open or not self._in_epoch:
            return
        self._count_steps()
        self._collect()  # a loop of `train_on_batch` may tell of its epochs alone
        self._write_epoch(logs, cut_short=self._was_cut_short())
        self._write_association()
        self._in_epoch = False
        self._news("epoch")

    def validation_begin(self) -> None:
        """A validation begins."""
        if self._is_open and self._in_epoch and self._validation is not None:
            self._validation.begin()

    def validation_end(self) -> None:
        """A validation is over."""
        if self._is_open and self._in_epoch and self._validation is not None:
            self._count_steps()
            self._session.tables(max(0, self._steps - 1), self._validation.end())

    def _was_cut_short(self) -> bool:
        if not getattr(self.model, "stop_training", False):
            return False
        planned = self._fit.steps_per_epoch
        batches = self._steps - self._epoch_start[0]
        return batches < planned if planned else not self._ran_out

    def _write_epoch(self, logs: Logs | None, *, cut_short: bool) -> None:
        step, clock = self._epoch_start
        rate = self.guard.run("the learning rate", contracts.learning_rate_of, self._optimizer())
        epoch = facts.Epoch(
            epoch=self._epoch,
            step=self._steps,
            batches=None if (counted := self._counted()) is None else counted - step,
            seconds=time.perf_counter() - clock,
            learning_rate=rate,
            logs=numbers_of(logs),
            cut_short=cut_short,
        )
        self._session.epoch(epoch)

    def _counted(self) -> int | None:
        """Steps taken; None where neither the sampler nor Keras' own words could count them."""
        sampler = self._sampler
        if sampler is None or not (sampler.is_watching or "steps" not in self.guard.off):
            return None
        return self._steps

    def _count_steps(self) -> None:
        if self._sampler is not None and self._sampler.is_watching:
            counted = self.guard.run("the count of steps", self._sampler.step)
            self._steps = self._steps if counted is None else counted

    # --- samples ----------------------------------------------------------------------------

    _has_sampled = False
    _changes = 0  # of what is known of the optimizers, when they were last stated
    _first_batch = -1
    _asked_for_data = (-1, 0.0)  # step, wall clock

    def _collect(self) -> None:
        """Writes the samples that are left, at the end of a training."""
        if self._sampler is not None:
            self._book(self.guard.run("samples", self._sampler.take) or [], 0.0)

    def _book(self, samples: list[Sample], outside: float) -> None:
        """Writes samples and asks for the next.

        Args:
            samples: In the order of their steps.
            outside: Seconds that went into them beside the steps.
        """
        if not samples or not self._session.is_writing or self._sampler is None:
            return
        start = time.perf_counter()
        for sample in samples:
            self._has_sampled = True
            self._is_bad |= sample.first_bad
            self.guard.run("samples", self._write_sample, sample)
        seconds = outside + time.perf_counter() - start
        self.schedule.note_host(seconds / len(samples))
        step = samples[-1].step
        wanted = self.schedule.spacing(step + 1, self._fit.steps_per_epoch)
        self._sampler.respace(step, wanted)

    def _write_sample(self, sample: Sample) -> None:
        place = StepPlace(
            epoch=self._epoch,
            batch=sample.step - self._epoch_start[0],
            steps_per_epoch=self._fit.steps_per_epoch,
            seconds_per_step=self.schedule.seconds_per_step(),
            waited=self._waited(sample),
            skipped=self._left_out.count(self._sampler_step(), self._optimizer()),
        )
        self._session.sample(sample, place)

    def _sampler_step(self) -> int:
        counted = None if self._sampler is None else self._sampler.step()
        return self._steps if counted is None else counted

    def _optimizer(self) -> Any:
        """The optimizer that trains; None where several do."""
        known = [] if self._hooks is None else self._hooks.optimizers.training(seen=True)
        return known[0].optimizer if len(known) == 1 else None

    def _waited(self, sample: Sample) -> float:
        """Seconds from asking for a step to its data; NaN within an execution of several steps."""
        step, asked = self._asked_for_data
        if sample.step != step:
            return float("nan")
        waited = (sample.data_ready - asked) % CLOCK_PERIOD
        return waited if waited < CLOCK_PERIOD / 2 else 0.0  # clocks of two precisions

    def _write_association(self) -> None:
        self._write_pipeline()
        self._session.association(self._steps)

    def _write_pipeline(self) -> None:
        found = self.guard.run("the pipeline", self._pipeline.look)
        if found is not None:
            pipeline, layout, values = found
            if pipeline != self._named:
                self._named = pipeline
                self._session.fact(self._steps, pipeline)
            self._session.tables(max(0, self._steps - 1), [(layout, values)])

    # --- what the hooks and the step function say -------------------------------------------

    def is_live(self) -> bool:
        """Whether a step of ours is under way; hooks that fire otherwise were left behind."""
        return self._function is not None and self._function.running

    def before_step(self, seen: Observation) -> None:
        """From the hooks: a step has its data."""
        if self._sampler is not None:
            self._sampler.before_step(seen)

    def before_apply(self, seen: Observation, update: Update) -> None:
        """From the hooks: an optimizer is about to change the weights."""
        if self._sampler is not None:
            self._sampler.before_apply(seen, update)

    def after_step(self, seen: Observation) -> Any:
        """From the hooks: the end of a step, traced or eager."""
        return None if self._sampler is None else self._sampler.after_step(seen)

    def wants_single_steps(self, count: int) -> bool:
        """From the step function: whether one of the next so many steps is to be watched."""
        return self._sampler is not None and self._sampler.wants_single_steps(count)

    def before_call(self, iterator: Any) -> None:
        """From the step function: a step is about to run."""
        if self._sampler is None:
            return
        self._sampler.before_call(self._function, iterator)
        if isinstance(self._sampler, ReplaySampler) and self._sampler.unfit is not None:
            self._ask_hooks_instead()
            self._sampler.before_call(self._function, iterator)

    def after_call(self, taken: Taken) -> None:
        """From the step function: a step has run."""
        if self._sampler is not None:
            self._sampler.after_call(taken)

    def failed(self, fault: Exception) -> None:
        """From the step function: our own part of a step failed."""
        self.guard.turn_off("this training", fault)
        self._release()

    def _state_optimizers(self) -> None:
        """An eager step, or a function within a step, may show an optimizer later than others."""
        if self._hooks is not None and self._hooks.optimizers.changes != self._changes:
            self._changes = self._hooks.optimizers.changes
            found = contracts.trained_by(self._hooks.optimizers, seen=True)
            self._session.state(self._steps, replace(self._session.contract, **found))

    def _on_trace(self, seen: Observation) -> None:
        optimizers = None if self._hooks is None else self._hooks.optimizers
        found = self.guard.run(
            "the contract", contracts.describe, self.model, self._fit, seen, None, optimizers
        )
        shapes = self.guard.run("the shapes", shapes_of, seen)
        self._traced = (found or self._session.contract, shapes or facts.Shapes())
        self._session.lacks(*self.guard.run("what is lacking", hidden_in, seen) or ())

    def _write_traced(self) -> None:
        if self._traced is not None:
            contract, shapes = self._traced
            self._traced = None
            self._session.state(self._steps, contract)
            self._session.shapes(self._steps, shapes)

    def step_failed(self, fault: BaseException, iterator: Any) -> None:
        """From the step function: a step raised `fault`, which will pass on unchanged."""
        self.guard.run("the exception", self._note_failure, fault, iterator)
        self._release()
        self._is_open = False
        self._news("exception")

    def _note_failure(self, fault: BaseException, iterator: Any) -> None:
        self._write_traced()
        self._count_steps()  # another callback may have raised before ours heard of a step
        self._collect()
        seen = self._hooks.last if self._hooks is not None else None
        if seen is not None and self._steps == self._fit_start:
            optimizers = None if self._hooks is None else self._hooks.optimizers
            contract = contracts.describe(self.model, self._fit, seen, None, optimizers)
            self._traced = (contract, shapes_of(seen))
            self._write_traced()
        if isinstance(fault, Exception):
            outputs = self._session.contract.outputs
            tables = self.guard.run(
                "a batch after the failure", a_batch, self.model, outputs, iterator, self.guard
            )
            self._session.tables(self._steps + (seen is None), tables or [])
        if self._in_epoch and self._steps > self._epoch_start[0]:
            self._write_epoch(None, cut_short=True)
        self._write_association()
        self._session.fact(self._steps, end_of(fault, self._counted()))

    def data_ended(self) -> None:
        """From the step function: the iterator had no further batch."""
        self._ran_out = True

    def abandoned(self, fault: BaseException | None = None) -> None:
        """From the step function: `fit` was left without a word. Also at the interpreter's exit."""
        if self._is_open:
            self._is_open = False
            self._count_steps()
            self._collect()
            self._session.fact(self._steps, end_of(fault, self._counted()))
        self._release()


def _at_exit(reference: weakref.ref[Recording]) -> None:
    recording = reference()
    if recording is not None and recording.is_writing:  # a forked process has no part in it
        fault = pending_fault(recording.model)
        recording.guard.run("the end of the program", recording.abandoned, fault)
