"""The usual way of sampling `fit`: Keras' own program runs, and a step that is due is replayed.

An unsampled step hands out its batch, and that is all. Before a step that is due the values of all
variables are taken; behind it `Replay` computes the step once more from them, and its tensors are
summarised. The loss that Keras tells shows when something breaks. While it leaps every step is
looked at; a step that breaks without a warning is replayed from the values of the latest look, with
its own batch.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import tensorflow as tf

from tb_zeroacc.keras.observe.hooks import Hooks
from tb_zeroacc.keras.sampling.batches import Batch, has_bad_input, spec_of
from tb_zeroacc.keras.sampling.look import Look, sample_of
from tb_zeroacc.keras.sampling.replay import NotReplayableError, Replay, TrainingReplay
from tb_zeroacc.keras.sampling.sampler import PART, Sampler
from tb_zeroacc.keras.sampling.shadow import Shadow, repeated, state_of
from tb_zeroacc.keras.sampling.stepping import Taken
from tb_zeroacc.keras.tables.plan import SamplePlan, plan_of
from tb_zeroacc.recording.guard import Guard
from tb_zeroacc.recording.loss_watch import LossWatch
from tb_zeroacc.recording.sample import Sample, Tables, has_non_finite
from tb_zeroacc.recording.schedule import DueSteps
from tb_zeroacc.recording.tables.observation import Observation
from tb_zeroacc.records import Layout

ALERT = 8  # steps that are looked at behind one whose loss leapt
# Relative difference between the loss of a step and that of its replay beyond which the step is
# not what was replayed; rounding alone is 1e-6, in half precision 1e-2 (measured).
SAME_LOSS = 0.05
# Tables that a batch alone decides: exact, whatever the weights are.
OF_THE_BATCH = frozenset({"inputs", "batch", "labels", "label_counts", "sample_weights"})

T = TypeVar("T")


class ReplaySampler(Sampler):
    """Samples a model by replays; see `Sampler`.

    Args:
        model: The model.
        hooks: Its hooks.
        guard, due, on_trace: As of `Sampler`.
        replay: Of an earlier `fit` of the model; used again where nothing has changed.

    Attributes:
        replay: How a step is computed once more, and summarised; None before the first.
        unfit: Why the model's steps cannot be replayed; None as long as they can.
    """

    def __init__(
        self,
        model: Any,
        hooks: Hooks,
        guard: Guard,
        due: DueSteps,
        on_trace: Callable[[Observation], None],
        replay: tuple[Replay, SamplePlan] | None = None,
    ) -> None:
        super().__init__(guard, due, on_trace)
        self._model = model
        self._hooks = hooks
        self.unfit: Exception | None = None
        self.replay = replay
        self._look: Look | None = None  # at the step that runs
        self._latest: Look | None = None
        self._drawn: deque[Batch] = deque(maxlen=2)
        self._shadow: Shadow | None = None
        self._take_again: Callable[[Any], Any] | None = None
        self._watch = LossWatch()
        self._loss_layout: Layout | None = None
        self._alert_until = -1
        self._was_bad = self._had_bad_input = self._had_bad_gradient = False

    # --- from the hooks ---------------------------------------------------------------------

    def after_step(self, seen: Observation) -> None:
        """Reports what a trace showed; of eager steps the first."""
        if tf.inside_function() or not self.is_watching:
            self._on_trace(seen)

    # --- around a step ----------------------------------------------------------------------

    def wants_single_steps(self, count: int) -> bool:
        """Whether one of the next so many steps has to be taken by itself."""
        if PART in self._guard.off:
            return False
        return self.due.is_due(count) or self.due.step < self._alert_until

    def before_call(self, function: Any, iterator: Any) -> None:
        """Traces a new step, then takes the values of all variables where the step is due."""
        function.trace(iterator)
        self._look = None
        if self.wants_single_steps(1) and self._model.built:
            with self._beside():
                self._look = self._guard.run(PART, self._looked, spec_of(iterator))
        # Where every step is sampled there is nothing to go back for.
        skips = self.due.spacing > 1
        if skips and self._shadow is not None and self._shadow.is_due(self.due.step):
            self._take_again = function.single_step()
            self._guard.run(PART, self._shadow.look, self.due.step)

    def _looked(self, spec: Any) -> Look | None:
        if self.replay is None or not self.replay[0].fits(spec):
            try:
                made = TrainingReplay(self._model, self._hooks, spec)
            except Exception as fault:  # noqa: BLE001 - then the hooks are asked instead
                self.unfit = fault
                return None
            self.replay = made, plan_of(0, made.gathered, made.outputs, self._guard)
        replay, plan = self.replay
        if self._shadow is None and not self._was_bad:
            self._shadow = Shadow(state_of(self._model, replay.variables))
        return Look.at(self.due.step, replay, plan)

    def after_call(self, taken: Taken) -> None:
        """Replays a step that was looked at, or whose inputs are not finite."""
        self.is_watching = True
        if taken.drawn is None:
            self.due.step += 1
            return
        drawn, first = taken.drawn, self.due.step + taken.drawn.first
        if drawn.steps > 1:
            self._drawn.clear()
        for place, batch in enumerate(drawn.batches):
            self._drawn.append(Batch(first + place, batch, drawn.data_ready))
        if drawn.steps == 1:
            start = time.perf_counter()
            if self._guard.run(PART, self._asking, self._behind, self._drawn[-1]):
                self.outside += time.perf_counter() - start
        self.due.step += drawn.steps  # whatever is turned off

    def _asking(self, work: Callable[..., T], *arguments: Any) -> T | None:
        """Runs what replays a step; where that fails the hooks are asked from now on."""
        try:
            return work(*arguments)
        except NotReplayableError as fault:
            self.unfit = fault
            return None

    def _behind(self, batch: Batch) -> bool:
        """Samples a step where that is due; whether it did."""
        look, is_due = self._look, self.due.is_due()
        self._look = None
        if self._shadow is not None:
            self._shadow.note(batch)
        broken = not self._had_bad_input and has_bad_input(batch.content)
        self._had_bad_input |= broken
        if look is not None:
            self._latest = look
            self._add(batch, look.tables_of(batch))
            if is_due:
                self.due.move_on()
            return True
        if broken and self._latest is not None:
            made = self._latest.tables_of(batch, is_own=False)
            self._add(batch, made, self._latest.step)
        return broken

    def _add(self, batch: Batch, made: Tables, replayed_from: int | None = None) -> None:
        loss = _loss_in(made)
        bad = not self._was_bad and loss is not None and not np.isfinite(loss)
        if bad:
            self._was_bad, self._shadow = True, None  # nothing is left to go back for
        self._samples.append(sample_of(batch, made, replayed_from, is_first_bad=bad))
        self._loss_layout = next((layout for layout, _ in made if layout.kind == "loss"), None)
        if has_non_finite(made, "gradients") and not self._had_bad_gradient:
            self._had_bad_gradient = True
            self._alert_until = batch.step + 2  # that shows whose weights are broken

    # --- what the loss tells ----------------------------------------------------------------

    def fetch(self, steps: int, begin: int, loss: Any) -> list[Sample]:
        """The samples since the last call, oldest first."""
        if loss is not None and self.due.step > begin:
            self._guard.run(PART, self._heed, begin, float(loss))
        return self.take()

    def _heed(self, begin: int, mean: float) -> None:
        """Sees from the loss whether the latest step broke, or is about to.

        Args:
            begin: Training steps taken before this epoch.
            mean: Keras' mean of the loss over it.
        """
        count, step = self.due.step - begin, self.due.step - 1
        own = self._watch.own_loss(begin, count, mean)
        if not np.isfinite(own):
            if not self._was_bad:
                self._was_bad = self._had_bad_gradient = True
                self._alert_until = step + 2
                self._asking(self._broke, self._drawn[-1].step if self._drawn else step)
                self._shadow = None  # nothing is left to go back for
            return
        if count == 1 and self._samples and self._samples[-1].step == step:
            self._compare(own, _loss_in(self._samples[-1].tables))
        if self._watch.leaps(own):
            self._alert_until = step + 1 + ALERT

    def _compare(self, own: float, replayed: float | None) -> None:
        """Compares the loss of an epoch's first step, which Keras reports to the replay's."""
        if replayed is None or abs(own - replayed) > SAME_LOSS * max(abs(own), abs(replayed)):
            self.unfit = NotReplayableError(f"its loss was {own:g}, that of its replay {replayed}")

    def _broke(self, step: int) -> None:
        """Finds what broke in a step that was not looked at and whose loss is not finite."""
        shadow = self._shadow
        way = [] if shadow is None else shadow.way_to(step)
        if shadow is not None and way and self._repeat(shadow, way):
            return
        batches = {batch.step: batch for batch in self._drawn}
        batch, latest = batches.get(step), self._latest
        if batch is None or latest is None:
            self._add_unknown(step, [], None)
            return
        made = latest.tables_of(batch, is_own=False)
        if not np.isfinite(_loss_in(made) or 0.0):
            self._samples.append(sample_of(batch, made, latest.step, is_first_bad=True))
            return
        # Its weights may be broken, by the update of the step before it.
        before = batches.get(step - 1)
        found = False
        if before is not None and before.step > latest.step:
            of_before = latest.tables_of(before, is_own=False)
            found = has_non_finite(of_before, "gradients")
            if found:
                self._samples.append(sample_of(before, of_before, latest.step))
        known = [(layout, values) for layout, values in made if layout.kind in OF_THE_BATCH]
        self._add_unknown(step, known, latest.step, reproduced=found)

    def _repeat(self, shadow: Shadow, way: list[Batch]) -> bool:
        """Repeats the steps up to a broken one; whether it broke again."""
        assert self._take_again is not None
        assert self.replay is not None
        replay, plan = self.replay
        with shadow.rewound():
            found = repeated(
                way,
                self._take_again,
                lambda step: Look.at(step, replay, plan),
                lambda batch, look: (batch, look.tables_of(batch)),
            )
        batch, made = found[-1]
        if np.isfinite(_loss_in(made) or 0.0):
            return False
        latest = -1 if self._latest is None else self._latest.step
        if len(found) > 1 and found[0][0].step > latest and has_non_finite(made, "weights"):
            before, of_before = found[0]  # whose update broke them
            self._samples.append(sample_of(before, of_before, None))
        self._samples.append(sample_of(batch, made, None, is_first_bad=True))
        return True

    def _add_unknown(
        self, step: int, known: Tables, since: int | None, *, reproduced: bool = False
    ) -> None:
        """A step of which nothing but its batch and the fault of its loss is known."""
        loss: Tables = []
        if self._loss_layout is not None:
            rows, columns = len(self._loss_layout.rows), len(self._loss_layout.columns)
            loss = [(self._loss_layout, np.full((rows, columns), np.nan, np.float32))]
        self._samples.append(
            Sample(step, True, float("nan"), True, [*loss, *known], since, reproduced)
        )


def _loss_in(made: Tables) -> float | None:
    """The loss of a sample; None where it has none."""
    for layout, values in made:
        if layout.kind == "loss":
            return float(values[0, layout.columns.index("loss")])
    return None
