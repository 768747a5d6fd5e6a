"""Hooks around the loss of a step: what it was given, and what it came to."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from tb_zeroacc.keras.compat import is_as_keras_made_it, is_keras_2
from tb_zeroacc.keras.observe.patches import Patch, Patches
from tb_zeroacc.keras.observe.underway import PART, Underway
from tb_zeroacc.recording.guard import Guard
from tb_zeroacc.recording.passing import passed
from tb_zeroacc.recording.tables.observation import Observation


class LossHooks:
    """The hooks on what computes the loss of one model.

    Args:
        model: A compiled Keras model.
        patches: Holds the hooks.
        underway: Knows the step that runs.
        guard: Keeps our own errors out of the step.
    """

    def __init__(self, model: Any, patches: Patches, underway: Underway, guard: Guard) -> None:
        self._model = model
        self._patches = patches
        self._underway = underway
        self._guard = guard
        self._is_keras_2 = is_keras_2(model)
        patches.put(model, "compute_loss", self._compute_loss)
        if hasattr(model, "_aggregate_additional_loss"):
            note = underway.noting(lambda seen, term: seen.penalties.append(term))
            patches.put(model, "_aggregate_additional_loss", note)
        elif getattr(model, "_compile_loss", None) is not None:
            patches.put(model._compile_loss, "call", underway.noting(_note_data_loss))
        elif self._is_keras_2 and getattr(model, "compiled_loss", None) is not None:
            # It makes the trackers of its outputs in the first step.
            hook = underway.noting(lambda seen, _: guard.run(PART, self._hook_trackers))
            patches.put(model.compiled_loss, "build", hook)

    def _compute_loss(self, original: Callable[..., Any], patch: Patch) -> Callable[..., Any]:
        @functools.wraps(original)
        def compute_loss(*args: Any, **kwargs: Any) -> Any:
            seen = self._underway.seen(patch)
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
        if not self._underway.is_here(seen):
            return  # it cannot be used outside
        seen.loss = loss
        if self._is_keras_2 and is_as_keras_made_it(self._model, "compute_loss"):
            replicas = self._model.distribute_strategy.num_replicas_in_sync
            seen.penalties = [term / replicas for term in self._model.losses]

    def _hook_trackers(self) -> None:
        # With several outputs Keras averages each one's loss: its trackers are told the values.
        name = "compiled_loss" if self._is_keras_2 else "_compile_loss"
        for tracker in getattr(getattr(self._model, name, None), "metrics", ()):
            total = self._is_keras_2 and tracker.name == "loss"  # one more, of them all
            if not total:
                hook = functools.partial(self._tracked, tracker.name)
                self._patches.put_once(tracker, "update_state", hook)

    def _tracked(
        self, name: str, original: Callable[..., Any], patch: Patch
    ) -> Callable[..., Any]:
        @functools.wraps(original)
        def update_state(values: Any, *args: Any, **kwargs: Any) -> Any:
            seen = self._underway.seen(patch)
            if seen is not None:
                seen.output_losses[name.removesuffix("_loss")] = values
            return passed(original, values, *args, **kwargs)

        return update_state


def _note_data_loss(seen: Observation, loss: Any) -> None:
    seen.data_loss = loss
