"""Watches the steps of one `fit`: hooks, a sampler, a step function; writes what they yield."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from tb_zeroacc.keras.compat import steps_per_execution
from tb_zeroacc.keras.fit.loss_scaling import LeftOut
from tb_zeroacc.keras.observe.hooks import Hooks
from tb_zeroacc.keras.sampling.data_clock import seconds_between
from tb_zeroacc.keras.sampling.direct import DirectSampler, serves
from tb_zeroacc.keras.sampling.program import Program
from tb_zeroacc.keras.sampling.replay import Replay, can_be_replayed
from tb_zeroacc.keras.sampling.replay_sampler import ReplaySampler
from tb_zeroacc.keras.sampling.sampler import Sampler
from tb_zeroacc.keras.sampling.stepping import FitWatcher, StepFunction, Taken
from tb_zeroacc.keras.tables.plan import SamplePlan
from tb_zeroacc.recording.progress import Progress
from tb_zeroacc.recording.sample import Sample
from tb_zeroacc.recording.schedule import DueSteps
from tb_zeroacc.recording.tables.observation import Observation, Update


class StepWatch:
    """Watches the steps of one `fit`, from construction to `remove`.

    Args:
        model: The model.
        watcher: Is told how steps end.
        token: Names the recorder among others.
        progress: Counts steps and writes samples.
        left_out: Counts updates that a loss scale leaves out.
        due: Which steps to sample.
        on_trace: Called with each observation that was traced.
        replay: Of an earlier `fit` of the model.

    Attributes:
        token: As above.
        hooks: Those on the model.
        sampler: Takes the samples.
        is_bad: Whether a sample showed the first loss that is not finite.
    """

    def __init__(
        self,
        model: Any,
        watcher: FitWatcher,
        token: str,
        progress: Progress,
        left_out: LeftOut,
        due: DueSteps,
        on_trace: Callable[[Observation], None],
        replay: tuple[Replay, SamplePlan] | None,
    ) -> None:
        self._model = model
        self._progress = progress
        self._guard = guard = progress.guard
        self._left_out = left_out
        self._asked_for_data = (-1, 0.0)  # step, wall clock
        self.is_bad = False
        self._on_trace = on_trace
        self._function: StepFunction | None = None
        self.token = token
        self.hooks = Hooks(model, self, guard)
        try:
            replays = can_be_replayed(model)
            together = steps_per_execution(model) if replays else 1
            self.sampler: Sampler = (
                ReplaySampler(model, self.hooks, guard, due, on_trace, replay)
                if replays
                else self._hooked(due)
            )
            self._function = StepFunction(
                model, watcher, self, direct=replays or self._is_direct(), together=together
            )
        except BaseException:
            self.hooks.remove()
            raise

    def remove(self) -> None:
        """Puts back what stood there before."""
        if self._function is not None:
            self._function.remove()
        self.hooks.remove()

    @property
    def optimizer(self) -> Any:
        """The optimizer that trains; None where several do."""
        known = self.hooks.optimizers.training(seen=True)
        return known[0].optimizer if len(known) == 1 else None

    @property
    def replay(self) -> tuple[Replay, SamplePlan] | None:
        """How a step is replayed, for the next `fit`; None where it is not."""
        return self.sampler.replay if isinstance(self.sampler, ReplaySampler) else None

    # --- how the steps are sampled ----------------------------------------------------------

    def _is_direct(self) -> bool:
        return serves(self._model) and not self._model.run_eagerly

    def _hooked(self, due: DueSteps) -> Sampler:
        """Samples steps that cannot be replayed, by what hooks see in them."""
        if serves(self._model):
            return DirectSampler(self._model, self._guard, due, self._on_trace)
        if due.step < due.dense_until:
            # The first execution may be longer than the dense part: it goes on sparsely.
            due.spacing = steps_per_execution(self._model)
        return Program(self._model, self._guard, due, self._on_trace)

    def _ask_hooks_instead(self) -> None:
        """The steps turned out to have state that no replay knows."""
        assert self._function is not None
        self.collect()
        self.sampler = self._hooked(self.sampler.due)
        self._function.renew(direct=self._is_direct())

    # --- around a step ----------------------------------------------------------------------

    def announce(self) -> None:
        """A step of the `fit` is about to ask for its data."""
        if self._function is not None:
            self._function.arm()
        self._asked_for_data = (self._progress.steps, time.time())

    def before_call(self, iterator: Any) -> None:
        """From the step function: a step is about to run."""
        self.sampler.before_call(self._function, iterator)
        if isinstance(self.sampler, ReplaySampler) and self.sampler.unfit is not None:
            self._ask_hooks_instead()
            self.sampler.before_call(self._function, iterator)

    def wants_single_steps(self, count: int) -> bool:
        """From the step function: whether one of the next so many steps is to be watched."""
        return self.sampler.wants_single_steps(count)

    def after_call(self, taken: Taken) -> None:
        """From the step function: a step has run."""
        self.sampler.after_call(taken)

    def is_live(self) -> bool:
        """From the hooks: whether a step of ours is under way, so that they count."""
        return self._function is not None and self._function.running

    def before_step(self, seen: Observation) -> None:
        """From the hooks: a step has its data."""
        self.sampler.before_step(seen)

    def before_apply(self, seen: Observation, update: Update) -> None:
        """From the hooks: an optimizer is about to change the weights."""
        self.sampler.before_apply(seen, update)

    def after_step(self, seen: Observation) -> Any:
        """From the hooks: the end of a step, traced or eager."""
        return self.sampler.after_step(seen)

    # --- what becomes of the samples --------------------------------------------------------

    def fetch(self, loss: Any, seconds: float, steps: int | None) -> list[str]:
        """Writes the samples that a step has left, and measures the pace.

        Args:
            loss: Keras' running mean of the loss over this epoch; None where it has none.
            seconds: What the call took.
            steps: Those that it took; None where it was traced, which says nothing of the pace.

        Returns:
            What is new: `sample`, `non_finite`.
        """
        progress, sampler = self._progress, self.sampler
        samples = self._guard.run(
            "samples", sampler.fetch, progress.steps, progress.epoch_start, loss
        )
        outside, sampler.outside = sampler.outside, 0.0
        if steps is None:
            outside = 0.0
        else:
            within = bool(samples) and not outside
            progress.schedule.note_step((seconds - outside) / steps, sampled=within)
        return self._write(samples or [], outside)

    def collect(self) -> None:
        """Writes the samples that are left."""
        self._write(self._guard.run("samples", self.sampler.take) or [], 0.0)

    def count_steps(self) -> None:
        """Takes over the number of steps from the sampler, where it knows."""
        if self.sampler.is_watching:
            counted = self._guard.run("the count of steps", self.sampler.step)
            if counted is not None:
                self._progress.steps = counted

    def _write(self, samples: list[Sample], outside: float) -> list[str]:
        """Writes samples, in the order of their steps, and asks for the next."""
        progress = self._progress
        if not samples or not progress.session.is_writing:
            return []
        start = time.perf_counter()
        news = [self._guard.run("samples", self._write_sample, sample) for sample in samples]
        seconds = outside + time.perf_counter() - start
        progress.schedule.note_host(seconds / len(samples))
        step = samples[-1].step
        spacing = progress.schedule.spacing(step + 1, progress.steps_per_epoch)
        self.sampler.respace(step, spacing)
        return [word for word in dict.fromkeys(news) if word is not None]

    def _write_sample(self, sample: Sample) -> str | None:
        self.is_bad |= sample.first_bad
        counted = self.sampler.step()
        steps = self._progress.steps if counted is None else counted
        skipped = self._left_out.count(steps, self.optimizer)
        step, asked = self._asked_for_data
        # Unknown for all but the first step of an execution of several.
        is_known = sample.step == step
        waited = seconds_between(asked, sample.data_ready) if is_known else float("nan")
        return self._progress.write_sample(sample, waited, skipped)
