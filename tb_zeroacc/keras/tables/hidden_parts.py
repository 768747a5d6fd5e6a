"""What a trace of a step hides of the model's inside, and what the user can do about it."""

from __future__ import annotations

from tb_zeroacc import facts
from tb_zeroacc.keras.compat import path_of
from tb_zeroacc.keras.observe.layers import layers_of
from tb_zeroacc.keras.observe.step_data import is_visible
from tb_zeroacc.keras.tables.layer_tables import first_tensor
from tb_zeroacc.recording.tables.model_tables import MAX_ROWS
from tb_zeroacc.recording.tables.observation import Observation, Update
from tb_zeroacc.recording.unrecorded import listed_names

EAGERLY = (
    "For one short run, `tf.config.run_functions_eagerly(True)` beside "
    "`model.compile(..., run_eagerly=True)` shows them."
)


def hidden_in(seen: Observation) -> list[facts.Unrecorded]:
    """The layer outputs, gradients and updates of a step that its trace hides.

    Variables that no optimizer was seen to update may be at rest: they are reported only if no
    update is visible at all, or if their values are not read either. `unrecorded.of_sample`
    reports those that change.
    """
    found = []
    visible = [update for update in seen.updates if not update.is_hidden]
    for update in seen.updates:
        if update.is_hidden and update.optimizer is not None:
            found.append(_of_hidden(update))
        elif update.is_hidden and (update.before is None or not visible):
            if seen.graph is not None:  # an eager step may apply one another time
                found.append(_of_unknown(update))
        elif len(update.variables) > MAX_ROWS:
            found.append(_of_many(update))
    called = any(is_visible(first_tensor(call.output)) for call in seen.calls)
    if not called and layers_of(seen.model):
        found.append(_of_layers())
    return found


def _of_layers() -> facts.Unrecorded:
    return facts.Unrecorded(
        part="What the layers put out",
        why="No layer was seen to be called in the training step itself: the model is called "
        "inside a branch, a loop or a `tf.function` of it, and nothing leaves that but what it "
        "returns.",
        remedy=f"Call the model in `train_step` itself. {EAGERLY}",
        tables=("activations",),
    )


def _of_hidden(update: Update) -> facts.Unrecorded:
    rows = tuple(path_of(variable) for variable in update.variables)
    both = update.before is None
    what = "gradients and updates" if both else "gradients"
    return facts.Unrecorded(
        part=f"The {what} of {listed_names(rows)}",
        why=f"`{update.name}` is applied to them inside a branch (`tf.cond`), a loop or a "
        "`tf.function` of the training step, and gradients cannot be looked at there.",
        remedy=f"Apply it in `train_step` itself. {EAGERLY}",
        tables=("gradients", "weights") if both else ("gradients",),
        rows=rows,
    )


def _of_unknown(update: Update) -> facts.Unrecorded:
    rows = tuple(path_of(variable) for variable in update.variables)
    both = update.before is None
    why = "No optimizer that the recorder knows was seen to be applied in the training step."
    if both:
        why += " Steps that do not run one by one in one replica hide what changes otherwise."
    return facts.Unrecorded(
        part=f"The gradients{' and updates' if both else ''} of {listed_names(rows)}",
        why=why,
        remedy="Keep the optimizer in an attribute of the model, or in a list or dictionary of it, "
        "and apply it in `train_step` itself.",
        tables=("gradients", "weights") if both else ("gradients",),
        rows=rows,
    )


def _of_many(update: Update) -> facts.Unrecorded:
    rows = tuple(path_of(variable) for variable in update.variables[MAX_ROWS:])
    return facts.Unrecorded(
        part=f"The gradients and weights of {listed_names(rows)}",
        why=f"Of one optimizer's variables the first {MAX_ROWS} are recorded.",
        tables=("gradients", "weights"),
        rows=rows,
    )
