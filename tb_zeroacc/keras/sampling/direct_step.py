"""One step of `fit`, taken as Keras takes it, which hands out the batch that it drew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from tb_zeroacc.keras.compat import is_keras_2, unconverted
from tb_zeroacc.keras.sampling.data_clock import clock_behind
from tb_zeroacc.recording.passing import passed


class DirectStep:
    """Takes one step as Keras does, but for the `Optional` that it packs the outputs into.

    That packing costs more than a small step when many tensors are returned (measured: 24 % of a
    step of a millisecond, against 2 %). The batch comes out beside the logs: nothing is computed
    for it, so the step rounds as it does without us.

    Args:
        model: A model in one replica.
        step: Its step; by default the one that it trains with.
        counter: The variable of the model in which Keras 2 counts such steps.
        together: Steps that a call takes.

    Attributes:
        together: As above; may be set to 1 for a while.
        is_traced: Whether `trace` was called.
        latest: What its latest call has left behind.
    """

    def __init__(
        self,
        model: Any,
        step: Callable[[Any], Any] | None = None,
        counter: str = "_train_counter",
        *,
        together: int = 1,
    ) -> None:
        step, strategy = step or model.train_step, model.distribute_strategy
        eager = bool(model.run_eagerly)
        counted = getattr(model, counter) if is_keras_2(model) else None
        # Keras 2 has AutoGraph convert what a step calls, Keras 3 does not.
        do_not_convert: Any = tf.autograph.experimental.do_not_convert
        as_it_is: Any = do_not_convert if counted is None else unconverted

        @as_it_is  # type: ignore[untyped-decorator]
        def one_step(data: Any) -> Any:
            found = passed(strategy.run, step, args=(data,))
            if counted is not None:
                counted.assign_add(1)
            return found

        compiled = one_step
        if not eager:
            compiled = tf.function(one_step, reduce_retracing=True, jit_compile=model.jit_compile)
        if hasattr(model, "_autoconvert_optionals"):
            compiled = model._autoconvert_optionals(compiled)

        @as_it_is  # type: ignore[untyped-decorator]
        def next_step(iterator: Any) -> Any:
            batch = iterator.get_next()
            return compiled(batch), batch, clock_behind(batch)

        self.together = together
        # Within an execution the data may end. A step without data must not even begin: what does
        # not wait for them, the state of a random generator say, would move on.
        self._may_end = together > 1
        self.is_traced = False
        self.latest = Drawn()
        self._one = compiled
        self._next = next_step if eager else tf.function(next_step, reduce_retracing=True)
        several = as_it_is(_several(compiled, together))
        self._several = several if eager else tf.function(several, reduce_retracing=True)

    def trace(self, iterator: Any) -> bool:
        """Traces the step and makes its variables; takes no batch. Whether it did.

        Where a variable's first value depends on the data the step has to be called for that.
        """
        self.is_traced = True
        if not isinstance(iterator, tf.data.Iterator):
            return False
        try:
            passed(self._next.get_concrete_function, iterator)
        except ValueError as fault:
            if type(fault).__name__ != "UnliftableError":
                raise
            return False
        return True

    def take(self, batch: Any) -> Any:
        """Trains on a batch; the logs of the step."""
        return passed(self._one, batch)

    def __call__(self, iterator: Any) -> Any:
        """Trains on the next batch, or on the next ones; the logs of the last step."""
        self.latest = Drawn()
        if not isinstance(iterator, tf.data.Iterator):
            batch = passed(next, iterator)
            self.latest = Drawn(batches=(batch,))
            return self.take(batch)
        if self.together == 1 and self._may_end:
            return self._next_if_any(iterator)
        if self.together == 1:
            logs, batch, ready = passed(self._next, iterator)
            self.latest = Drawn(batches=(batch,), data_ready=ready)
            return logs
        packed, counts, *batches = passed(self._several, iterator)
        steps, broken = counts.numpy().tolist()
        if not steps:
            raise StopIteration
        if broken < 0:
            batches = []
        elif not broken:  # the first step has none before it here
            batches = batches[1:]
        values = tuple(batch.get_value() for batch in batches)
        self.latest = Drawn(steps, values, broken - len(values) + 1)
        return packed.get_value()


    def _next_if_any(self, iterator: Any) -> Any:
        following = passed(iterator.get_next_as_optional)
        if not following.has_value():
            raise StopIteration
        batch = following.get_value()
        self.latest = Drawn(batches=(batch,), data_ready=clock_behind(batch))
        return self.take(batch)


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a call of the step drew.

    Attributes:
        steps: How many steps it took.
        batches: The batch of a single step. Of several those of the first whose loss was not
            finite, and of the one before it; none where all were.
        first: The place among the steps of the first of these.
        data_ready: When the batch of a single step was there, as `clock_behind` tells it.
    """

    steps: int = 1
    batches: tuple[Any, ...] = ()
    first: int = 0
    data_ready: Any = None


def _several(one: Callable[[Any], Any], together: int) -> Callable[[Any], Any]:
    """A function that takes so many steps, as Keras does it: in a loop of the graph.

    Args:
        one: Takes a step with a batch.
        together: How many; fewer where the data end.

    Returns:
        From an iterator to the logs of the last step, packed; int32 (2,): steps taken, and the
        first whose mean loss was not finite, -1 for none; and, packed, the batch before that
        step's and its own.
    """
    optional = tf.experimental.Optional

    def several(iterator: Any) -> Any:
        packed = optional.empty(None)
        first = iterator.get_next_as_optional()

        def body(counts: Any, _: Any, following: Any, kept: Any) -> Any:
            taken, broken = tf.unstack(counts)
            found = one(following.get_value())
            logs = optional.from_value(found)
            packed._element_spec = logs.element_spec
            watching = broken < 0  # the batches at hand are those of this step and the one before
            is_broken = watching & ~_is_finite(found)
            kept = tf.cond(watching, lambda: (kept[1], following), lambda: kept)
            broken = tf.where(is_broken, taken, broken)
            more = tf.cond(
                taken + 1 < together, iterator.get_next_as_optional, lambda: following
            )
            return tf.stack([taken + 1, broken]), logs, more, kept

        def goes_on(counts: Any, _: Any, following: Any, __: Any) -> Any:
            return tf.logical_and(counts[0] < together, following.has_value())

        start = [tf.constant([0, -1]), packed, first, (first, first)]
        counts, found, _, kept = tf.while_loop(goes_on, body, start)
        found._element_spec = packed.element_spec
        return found, counts, *kept

    return several


def _is_finite(logs: Any) -> Any:
    """Whether the loss in the logs of a step is a number; bool of shape ()."""
    loss = logs.get("loss") if isinstance(logs, dict) else None
    if not isinstance(loss, tf.Tensor) or not loss.dtype.is_floating:
        return tf.constant(True)
    return tf.math.is_finite(tf.reduce_mean(loss))
