"""One step of `fit`, or of its validation, computed once more beside it.

Keras' own program stays as it is and hands out the batch that it drew. A function of ours takes
that batch and the values that all variables had before the step, computes what the step computed of
them (outputs; of a training step loss and gradients, too) and returns its tensors. It runs in a
`StatelessScope`, which keeps every variable as it is.
"""

from __future__ import annotations

import random
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tb_zeroacc import facts
from tb_zeroacc.keras.compat import is_keras_2, value_of
from tb_zeroacc.keras.contract.losses import describe_outputs
from tb_zeroacc.keras.observe.hooks import Hooks
from tb_zeroacc.keras.observe.optimizers import learned
from tb_zeroacc.keras.observe.patches import is_keras_own
from tb_zeroacc.keras.sampling.batches import leaves_of, packed, without_optionals
from tb_zeroacc.keras.sampling.direct import is_in_one_replica
from tb_zeroacc.keras.tables.gathering import Gathered, gather
from tb_zeroacc.keras.tables.graph_call import GraphCall
from tb_zeroacc.keras.tables.layer_tables import loss_scale_of
from tb_zeroacc.recording.tables.observation import Observation, Update

Values = list[Any]  # of each variable of a replay, in its order


class NotReplayableError(Exception):
    """A step cannot be computed a second time: it has state outside of Keras' variables, say."""


def can_be_replayed(model: Any, kind: str = "train") -> bool:
    """Whether a model's step is one that a `Replay` knows: Keras' own, for one replica.

    Args:
        model: A compiled model.
        kind: Which step: `train` or `test`.
    """
    return (
        is_in_one_replica(model)
        and not is_keras_2(model)
        and not model.run_eagerly
        and is_keras_own(model, f"{kind}_step")
        and is_keras_own(model, f"make_{kind}_function")
    )


class Replay(ABC):
    """Computes a step once more.

    Args:
        model: A built model.
        spec: Of a batch, as the step draws it.

    Attributes:
        variables: Those whose values it takes, in their order.
        gathered: The tensors that `run` returns.
        outputs: What the trace showed about the model's outputs.

    Raises:
        NotReplayableError: The step cannot be computed a second time.
    """

    gathered: Gathered
    outputs: tuple[facts.Output, ...]

    def __init__(self, model: Any, spec: Any) -> None:
        self._model = model
        self._spec = without_optionals(spec)
        self._compiled = _compiled(model)
        self._trainable = list(model.trainable_variables)
        known = {id(v): v for v in [*self._trainable, *model.variables, *self._others()]}
        with undisturbed(model):
            for _ in range(2):
                self.variables = list(known.values())
                asked = self._trace()
                if not asked:
                    break
                known |= {id(v): v for v in asked}  # the seed that all layers share, say
        self._read = GraphCall(lambda: [value_of(v) for v in self.variables], in_caller=True)

    def fits(self, spec: Any) -> bool:
        """Whether the model is still compiled as when this was traced, and fed such batches."""
        now = [id(v) for v in self._model.trainable_variables]
        return (
            now == [id(v) for v in self._trainable]
            and _compiled(self._model) == self._compiled
            and without_optionals(spec) == self._spec
        )

    def look(self) -> Values:
        """The values of all variables; not copied, an update writes beside them."""
        return self._read()

    def run(self, values: Values, batch: Any) -> list[Any]:
        """The tensors of a step: those of `gathered`.

        Args:
            values: As `look` found them before it.
            batch: As it drew it.
        """
        try:
            flat = self._function(values, leaves_of(without_optionals(batch)))
        except Exception as fault:  # memory that does not suffice for two steps, say
            raise NotReplayableError(f"{type(fault).__name__}: {fault}") from fault
        found = tf.nest.pack_sequence_as(self._returned, flat, expand_composites=True)
        return list(found)

    # --- the trace --------------------------------------------------------------------------

    def _trace(self) -> list[Any]:
        """Traces the function; the variables that it asked for and that have no value there."""
        unknown: dict[int, Any] = {}
        template = self._spec

        def replayed(values: Sequence[Any], leaves: Sequence[Any]) -> Any:
            scope = NotingScope(zip(self.variables, values, strict=True))
            self._compute(scope, values, packed(template, leaves))
            unknown.update(scope.unknown)
            return tf.nest.flatten(self.gathered.tensors, expand_composites=True)

        values = [tf.TensorSpec(v.shape, v.dtype) for v in self.variables]
        # XLA draws other random numbers than TensorFlow's own operations do.
        jit_compile = bool(self._model.jit_compile)
        function = GraphCall(replayed, values, leaves_of(template), jit_compile=jit_compile)
        left_behind = function.with_side_effects()
        if left_behind:
            raise NotReplayableError(f"the step holds {', '.join(sorted(left_behind))}")
        self._function = function
        self._returned = self.gathered.tensors
        metrics = {id(v) for v in self._model.metrics_variables}
        return [v for key, v in unknown.items() if key not in metrics]

    def _others(self) -> list[Any]:
        """Variables beside the model's own that the step reads."""
        return []

    @abstractmethod
    def _compute(self, scope: NotingScope, values: Sequence[Any], data: Any) -> None:
        """Computes the step, and hands what that shows to `_gather`.

        Args:
            scope: In it each variable has its value.
            values: These values.
            data: The batch.
        """

    def _gather(self, seen: Observation) -> None:
        self.outputs = describe_outputs(self._model, seen, [])
        self.gathered = gather(seen)


class TrainingReplay(Replay):
    """Computes a step of training once more, up to the gradients.

    Args:
        model: A built model.
        hooks: Its hooks; they see what the second computation shows.
        spec: Of a batch, as the step draws it.
    """

    def __init__(self, model: Any, hooks: Hooks, spec: Any) -> None:
        self._hooks = hooks
        super().__init__(model, spec)

    def _others(self) -> list[Any]:
        """The optimizer's variables that are one number: its loss scale, say."""
        variables = getattr(self._model.optimizer, "variables", ())
        return [v for v in variables if len(v.shape) == 0]

    def _compute(self, scope: NotingScope, values: Sequence[Any], data: Any) -> None:
        self._hooks.observed(self._step(scope, values), self._completed, "replay")(data)

    def _step(self, scope: NotingScope, values: Sequence[Any]) -> Callable[[Any], dict[str, Any]]:
        """What Keras' own `train_step` computes, up to the gradients."""
        model, optimizer = self._model, self._model.optimizer
        trainable = list(values[: len(self._trainable)])

        def train_step(data: Any) -> dict[str, Any]:
            x, y, weight = keras.utils.unpack_x_y_sample_weight(data)
            with tf.GradientTape() as tape:
                tape.watch(trainable)
                with scope:
                    y_pred = _called(model, x, training=True)
                    loss = model._compute_loss(
                        x=x, y=y, y_pred=y_pred, sample_weight=weight, training=True
                    )
                    scale = None if optimizer is None else loss_scale_of(optimizer)
                    scaled = loss if optimizer is None else optimizer.scale_loss(loss)
            gradients = tape.gradient(scaled, trainable)
            return {"loss": loss, "gradients": gradients, "scale": scale}

        return train_step

    def _completed(self, seen: Observation) -> None:
        """Adds to what the hooks saw the update that follows from it."""
        found = seen.result
        if self._trainable and found["scale"] is not None:
            gradients, variables = learned(found["gradients"], self._trainable)
            update = Update(self._model.optimizer, gradients, variables, fresh=False)
            update.before = found["scale"]
            seen.updates = [update]
        seen.result = {"loss": found["loss"]}
        self._gather(seen)


class ValidationReplay(Replay):
    """Computes a step of a validation once more: its data and outputs, no loss or metric."""

    def _compute(self, scope: NotingScope, values: Sequence[Any], data: Any) -> None:
        x, y, weight = keras.utils.unpack_x_y_sample_weight(data)
        with scope:
            y_pred = _called(self._model, x, training=False)
        self._gather(
            Observation(self._model, data, x=x, y=y, y_pred=y_pred, sample_weight=weight)
        )


class NotingScope(keras.StatelessScope):  # type: ignore[misc]  # Keras is untyped
    """Notes which variables were asked for that have no value in it."""

    _entered = threading.local()

    def __init__(self, mapping: Any) -> None:
        super().__init__(list(mapping), collect_losses=True)  # what layers add is part of the loss
        self.unknown: dict[int, Any] = {}

    @classmethod
    def is_entered(cls) -> bool:
        """Whether a step is being computed once more, in this thread."""
        return getattr(cls._entered, "times", 0) > 0

    def __enter__(self) -> NotingScope:
        self._entered.times = getattr(self._entered, "times", 0) + 1
        super().__enter__()
        return self

    def __exit__(self, *fault: Any) -> None:
        self._entered.times -= 1
        super().__exit__(*fault)

    def get_current_value(self, variable: Any) -> Any:
        """A variable's value here; None where it has none, of which a note is taken."""
        found = super().get_current_value(variable)
        if found is None:
            self.unknown[id(variable)] = variable
        return found


def _compiled(model: Any) -> tuple[Any, ...]:
    """What `compile` has set; another one makes new ones."""
    return id(model.optimizer), id(model._compile_loss), bool(model.jit_compile)


def _called(model: Any, x: Any, *, training: bool) -> Any:
    """The outputs of a model, called as Keras' own steps call it."""
    return model(x, training=training) if model._call_has_training_arg else model(x)


@contextmanager
def undisturbed(model: Any) -> Iterator[None]:
    """Puts back what a second trace of a model changes in Python: its losses, random numbers."""
    layers = [model, *model._flatten_layers(include_self=False)]
    losses = [(layer, list(layer._losses), set(layer._loss_ids)) for layer in layers]
    state, drawn = np.random.get_state(), random.getstate()
    try:
        yield
    finally:
        np.random.set_state(state)
        random.setstate(drawn)
        for layer, found, known in losses:
            layer._losses[:] = found
            layer._loss_ids.clear()
            layer._loss_ids.update(known)
