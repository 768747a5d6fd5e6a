"""Hooks on one model: they only collect what a training step shows, and add no operation.

While a step is traced (or run eagerly) its tensors gather in an `Observation`; at the end of the
step it is handed over. All hooks lie on instances and go without a trace.
"""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeAlias

import tensorflow as tf

from tb_zeroacc.keras.compat import (
    call_name,
    converting,
    is_a,
    is_as_keras_made_it,
    is_converted,
    is_keras_2,
    unconverted,
)
from tb_zeroacc.keras.observe.optimizers import Optimizers, learned, optimizers_of_model
from tb_zeroacc.keras.observe.patches import Patch
from tb_zeroacc.recording.guard import Guard
from tb_zeroacc.recording.passing import passed
from tb_zeroacc.recording.tables.observation import Observation, Update

EXTRA = "_zeroacc"  # under this name the logs of a step hold what recorders asked for
PART = "what a step shows"  # in the words of the guard's warning
# These pass their input on, or hold no number that could go wrong.
SILENT = frozenset(
    {
        "ActivityRegularization", "AlphaDropout", "Cropping1D", "Cropping2D", "Cropping3D",
        "Dropout", "Flatten", "GaussianDropout", "Identity", "InputLayer", "Masking", "Permute",
        "RepeatVector", "Reshape", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D",
        "ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D",
    }
)  # fmt: skip


class Receiver(Protocol):
    """Who gets the observations; all calls happen where operations can still be added."""

    token: str  # names what `after_step` wants returned

    def is_live(self) -> bool:
        """Whether a step of ours is under way; hooks that fire otherwise were left behind."""

    def before_step(self, seen: Observation) -> None:
        """Called when a step has its data, before anything is computed from them."""

    def before_apply(self, seen: Observation, update: Update) -> None:
        """Called before an optimizer changes the weights."""

    def after_step(self, seen: Observation) -> Any:
        """Called at the end of the step; what it is to return beside its logs, or None."""


Hook: TypeAlias = Callable[[Callable[..., Any], Patch], Callable[..., Any]]


class Hooks:
    """The hooks of one recorder on one model, from construction to `remove`.

    Args:
        model: A compiled Keras model.
        receiver: Gets the observations.
        guard: Sees to it that a fault of ours is no fault of the step.

    Attributes:
        optimizers: What may train the model, and what each was seen to update.
        last: What a step that raised had shown so far.
    """

    def __init__(self, model: Any, receiver: Receiver, guard: Guard) -> None:
        self._model = model
        self._receiver = receiver
        self._guard = guard
        # Under a distribution strategy each replica is traced in a thread of its own.
        self._local = threading.local()
        self.last: Observation | None = None
        self.optimizers = Optimizers(optimizers_of_model(model))
        self._patches: list[Patch] = []
        self._hooked: set[int] = set()
        self._is_keras_2 = is_keras_2(model)
        self._patch(model, "train_step", self._train_step)
        self._patch(model, "compute_loss", self._compute_loss)
        if hasattr(model, "_aggregate_additional_loss"):
            self._patch(model, "_aggregate_additional_loss", self._penalty)
        elif getattr(model, "_compile_loss", None) is not None:
            self._patch(model._compile_loss, "call", self._data_loss)
        elif self._is_keras_2 and getattr(model, "compiled_loss", None) is not None:
            self._patch(model.compiled_loss, "build", self._build_loss)
        self._patch(model, "call", self._model_call)
        for known in self.optimizers:
            optimizer = known.optimizer
            if is_keras_2(optimizer):
                hook = functools.partial(self._apply_gradients, optimizer)
                self._patch(optimizer, "apply_gradients", hook)
            else:
                self._patch(optimizer, "apply", functools.partial(self._apply, optimizer))
        self._hook_layers()

    def _patch(self, target: Any, name: str, make: Hook) -> None:
        if self._is_keras_2:
            converts = is_converted(self._model, name)
            make = functools.partial(_through_autograph, make, converts)
        self._patches.append(Patch(target, name, make))

    def remove(self) -> None:
        """Takes every hook off."""
        for patch in reversed(self._patches):
            patch.remove()
        self._patches.clear()
        self.last = None

    def _hook_layers(self) -> None:
        # Asked again at each step: a subclassed model may make layers in its first call.
        for layer in layers_of(self._model):
            if id(layer) not in self._hooked:
                self._hooked.add(id(layer))
                hook = functools.partial(self._layer_call, layer)
                self._patch(layer, call_name(layer), hook)

    def _hook_trackers(self) -> None:
        # With several outputs Keras averages each one's loss: its trackers are told the values.
        name = "compiled_loss" if self._is_keras_2 else "_compile_loss"
        for tracker in getattr(getattr(self._model, name, None), "metrics", ()):
            total = self._is_keras_2 and tracker.name == "loss"  # one more, of them all
            if id(tracker) not in self._hooked and not total:
                self._hooked.add(id(tracker))
                hook = functools.partial(self._tracked, tracker.name)
                self._patch(tracker, "update_state", hook)

    def _build_loss(self, original: Callable[..., Any], patch: Patch) -> Callable[..., Any]:
        @functools.wraps(original)
        def build(*args: Any, **kwargs: Any) -> Any:
            built = passed(original, *args, **kwargs)
            if self._seen(patch) is not None:
                self._guard.run(PART, self._hook_trackers)  # Keras 2 makes them in the first step
            return built

        return build

    def _tracked(
        self, name: str, original: Callable[..., Any], patch: Patch
    ) -> Callable[..., Any]:
        @functools.wraps(original)
        def update_state(values: Any, *args: Any, **kwargs: Any) -> Any:
            seen = self._seen(patch)
            if seen is not None:
                seen.output_losses[name.removesuffix("_loss")] = values
            return passed(original, values, *args, **kwargs)

        return update_state

    def _seen(self, patch: Patch) -> Observation | None:
        stack = getattr(self._local, "stack", None)
        return stack[-1] if patch.active and stack else None

    def _train_step(self, original: Callable[..., Any], patch: Patch) -> Callable[..., Any]:
        @functools.wraps(original)
        def train_step(*args: Any, **kwargs: Any) -> Any:
            if not patch.active or not self._receiver.is_live():
                return passed(original, *args, **kwargs)
            return self._observe(
                original, args, kwargs, self._receiver.after_step, self._receiver.token
            )

        return train_step

    def observed(
        self, step: Callable[..., Any], after: Callable[[Observation], Any], token: str
    ) -> Callable[..., Any]:
        """Another step of the model, `test_step` say, whose tensors are collected, too.

        Args:
            step: The step.
            after: Called at its end; what it is to return beside its logs, or None.
            token: Names that among the wishes of others.
        """
        converts = self._is_keras_2 and is_converted(self._model, step.__name__)
        called = converting(step) if converts else step

        @functools.wraps(step)
        def observed_step(*args: Any, **kwargs: Any) -> Any:
            return self._observe(called, args, kwargs, after, token)

        return unconverted(observed_step) if self._is_keras_2 else observed_step

    def _observe(
        self,
        step: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        after: Callable[[Observation], Any],
        token: str,
    ) -> Any:
        data = args[0] if args else next(iter(kwargs.values()), None)
        seen = self.last = Observation(self._model, data, graph=_graph_now())
        stack = self._local.__dict__.setdefault("stack", [])
        stack.append(seen)
        if after == self._receiver.after_step:
            self._guard.run(PART, self._receiver.before_step, seen)
        try:
            seen.result = passed(step, *args, **kwargs)
        finally:
            stack.pop()
        extra = self._guard.run(PART, self._ended, seen, after)
        self.last = None  # lets go of the tensors
        if extra is None or not isinstance(seen.result, dict):
            return seen.result
        wishes = {**seen.result.get(EXTRA, {}), token: extra}
        return {**seen.result, EXTRA: wishes}

    def _compute_loss(self, original: Callable[..., Any], patch: Patch) -> Callable[..., Any]:
        @functools.wraps(original)
        def compute_loss(*args: Any, **kwargs: Any) -> Any:
            seen = self._seen(patch)
            if seen is None or seen.loss_called:
                return passed(original, *args, **kwargs)
            self._guard.run(PART, self._note_loss_asked, seen, args, kwargs)
            loss = passed(original, *args, **kwargs)
            self._guard.run(PART, self._note_loss, seen, loss)
            return loss

        return compute_loss

    def _note_loss_asked(
        self, seen: Observation, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        names = ("x", "y", "y_pred", "sample_weight")
        for name, value in [*zip(names, args, strict=False), *kwargs.items()]:
            if name in names:
                setattr(seen, name, value)
        seen.loss_called = True
        self._hook_trackers()

    def _note_loss(self, seen: Observation, loss: Any) -> None:
        seen.loss_reached = True
        if not _is_here(seen):
            return  # nobody outside can use it
        seen.loss = loss
        if self._is_keras_2 and is_as_keras_made_it(self._model, "compute_loss"):
            replicas = self._model.distribute_strategy.num_replicas_in_sync
            seen.penalties = [term / replicas for term in self._model.losses]

    def _penalty(self, original: Callable[..., Any], patch: Patch) -> Callable[..., Any]:
        @functools.wraps(original)
        def aggregate(*args: Any, **kwargs: Any) -> Any:
            term = passed(original, *args, **kwargs)
            seen = self._seen(patch)
            if seen is not None:
                seen.penalties.append(term)
            return term

        return aggregate

    def _data_loss(self, original: Callable[..., Any], patch: Patch) -> Callable[..., Any]:
        @functools.wraps(original)
        def call(*args: Any, **kwargs: Any) -> Any:
            loss = passed(original, *args, **kwargs)
            seen = self._seen(patch)
            if seen is not None:
                seen.data_loss = loss
            return loss

        return call

    def _model_call(self, original: Callable[..., Any], patch: Patch) -> Callable[..., Any]:
        @functools.wraps(original)
        def call(*args: Any, **kwargs: Any) -> Any:
            seen = self._seen(patch)
            if seen is not None:
                # Those that the model made when it was built just now.
                self._guard.run(PART, self._hook_layers)
            output = passed(original, *args, **kwargs)
            if seen is not None and not seen.loss_called and args:
                # A train_step of the user's own may never call `compute_loss`.
                seen.x, seen.y_pred = args[0], output
                self._guard.run(PART, self._hook_layers)
            return output

        return call

    def _layer_call(
        self, layer: Any, original: Callable[..., Any], patch: Patch
    ) -> Callable[..., Any]:
        @functools.wraps(original)
        def call(*args: Any, **kwargs: Any) -> Any:
            output = passed(original, *args, **kwargs)
            seen = self._seen(patch)
            if seen is not None:
                seen.note_call(layer, output)
            return output

        return call

    def _apply(
        self, optimizer: Any, original: Callable[..., Any], patch: Patch
    ) -> Callable[..., Any]:
        # A `tf.function` of the user's own would have AutoGraph convert it.
        do_not_convert: Any = tf.autograph.experimental.do_not_convert

        @do_not_convert  # type: ignore[untyped-decorator]
        @functools.wraps(original)
        def apply(grads: Any, trainable_variables: Any = None) -> Any:
            if not self._is_applied(patch):
                return passed(original, grads, trainable_variables)
            gradients = list(grads)
            given = None if trainable_variables is None else list(trainable_variables)
            variables = list(optimizer._trainable_variables) if given is None else given
            fresh = not optimizer.built and makes_variables(optimizer)
            update = Update(optimizer, *learned(gradients, variables), fresh)
            self._guard.run(PART, self._note_update, patch, update)
            with self._applying():
                return passed(original, gradients, given)

        wrapped: Callable[..., Any] = apply
        return wrapped

    def _apply_gradients(
        self, optimizer: Any, original: Callable[..., Any], patch: Patch
    ) -> Callable[..., Any]:
        @functools.wraps(original)
        def apply_gradients(grads_and_vars: Any, *args: Any, **kwargs: Any) -> Any:
            if not self._is_applied(patch):
                return passed(original, grads_and_vars, *args, **kwargs)
            pairs = list(grads_and_vars)
            gradients, variables = [list(part) for part in zip(*pairs, strict=True)] or ([], [])
            # Keras 2 makes variables outside of the trace, which it keeps.
            update = Update(optimizer, gradients, variables, fresh=False, is_unscaled=True)
            self._guard.run(PART, self._note_update, patch, update)
            with self._applying():
                return passed(original, pairs, *args, **kwargs)

        return apply_gradients

    def _is_applied(self, patch: Patch) -> bool:
        """Whether an optimizer trains in a step of ours, and not as the inner one of another."""
        is_inner = getattr(self._local, "applying", False)
        return patch.active and self._receiver.is_live() and not is_inner

    @contextlib.contextmanager
    def _applying(self) -> Iterator[None]:
        self._local.applying = True
        try:
            yield
        finally:
            self._local.applying = False

    def _note_update(self, patch: Patch, update: Update) -> None:
        """Tells of an update; of one within a function or branch of the user's own, that it is."""
        seen = self._seen(patch)
        is_here = seen is not None and _is_here(seen)
        update.name = self.optimizers.note(update.optimizer, update.variables, hidden=not is_here)
        if seen is not None and is_here:
            seen.updates.append(update)
            self._receiver.before_apply(seen, update)

    def _ended(self, seen: Observation, after: Callable[[Observation], Any]) -> Any:
        """At the end of a step: adds what changed weights unseen, and hands it on."""
        if after == self._receiver.after_step:
            seen.updates += self.optimizers.unseen_updates(seen)
        return after(seen)


def _through_autograph(
    make: Hook, converts: bool, original: Callable[..., Any], patch: Patch
) -> Any:
    return unconverted(make(converting(original) if converts else original, patch))


def makes_variables(optimizer: Any) -> bool:
    """Whether the first `apply` makes variables, so that Keras traces the step once more."""
    return not (
        type(optimizer).__name__ == "SGD"
        and is_a(optimizer, "SGD")
        and not optimizer.momentum
        and not optimizer.use_ema
        and not optimizer.gradient_accumulation_steps
    )


def layers_of(model: Any) -> list[Any]:
    """The layers that get a row: all, down to the innermost, but containers and silent ones."""
    return [
        layer
        for layer in model._flatten_layers(include_self=False)
        if not is_a(layer, "Model", "Metric")
        and type(layer).__name__ not in SILENT
        and not type(layer).__name__.endswith("Cell")
    ]


def _graph_now() -> Any:
    """The graph that operations are being added to; None where they run at once."""
    return tf.compat.v1.get_default_graph() if tf.inside_function() else None


def _is_here(seen: Observation) -> bool:
    """Whether operations can be added to a step now: not in a function of the user's own."""
    return _graph_now() is seen.graph
