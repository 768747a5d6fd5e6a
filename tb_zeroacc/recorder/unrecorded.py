"""What a recording lacks, in words: each statement says what is missing, why, and what would help.

Nobody reads a console's warnings again; what is not on record has to be on record itself.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tb_zeroacc import facts
from tb_zeroacc.recorder.generations import path_of
from tb_zeroacc.recorder.guard import told
from tb_zeroacc.recorder.hooks import layers_of
from tb_zeroacc.recorder.inside import MAX_ROWS, first_tensor
from tb_zeroacc.recorder.observation import Observation, Update
from tb_zeroacc.recorder.parts import is_visible

SAMPLED = tuple(kind for kind in facts.TABLE_KINDS if not kind.startswith("validation_"))
# Parts of a recorder, in the words of the guard's warning, and the tables that lack without them.
_TABLES: dict[str, tuple[str, ...]] = {
    "samples": SAMPLED,
    "steps": SAMPLED,
    "this training": facts.TABLE_KINDS,
    "updates": ("gradients", "weights"),
    "the weights": ("weights",),
    "the loss scale": ("gradients", "weights"),
    "the gradients": ("gradients",),
    "the learning rates": ("learning_rates",),
    "the activations": ("activations",),
    "the loss": ("loss",),
    "the inputs": ("inputs",),
    "the batches' fingerprints": ("batch",),
    "the labels": ("labels", "label_counts"),
    "the sample weights": ("sample_weights",),
    "the outputs": ("outputs", "prediction_counts"),
    "the association": ("association", "association_examples"),
    "the pipeline": ("pipeline",),
    "validation": facts.VALIDATION_TABLES,
}
WHOLE_STEPS = "The training steps: their data, outputs, gradients and weights"
_SUBJECTS = {part: WHOLE_STEPS for part in ("samples", "steps", "this training")}
NAMED = 3  # variables that a sentence names
EAGERLY = (
    "For one short run, `tf.config.run_functions_eagerly(True)` beside "
    "`model.compile(..., run_eagerly=True)` shows them."
)


def of_fault(part: str, fault: Exception) -> facts.Unrecorded:
    """A part of the recorder failed and was turned off.

    Args:
        part: In the words of the guard's warning.
        fault: Its fault.
    """
    name = _SUBJECTS.get(part, part[0].upper() + part[1:])
    return facts.Unrecorded(
        part=name,
        why=f"The recorder failed there and turned this part off: {told(fault).rstrip('. ')}.",
        remedy="Training itself went on. A newer tb-zeroacc may know how; else report this text.",
        tables=_TABLES.get(part, (part,) if part in facts.TABLE_KINDS else ()),
    )


def of_step(seen: Observation) -> list[facts.Unrecorded]:
    """What cannot be told of a step's inside, as its trace shows.

    Variables that no optimizer was seen to update may rest: they are stated only where there is no
    visible update at all, or where nobody looks at them either. That they move `of_sample` tells.
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


def of_sample(moved: Sequence[str]) -> facts.Unrecorded:
    """Variables changed without a gradient on record.

    Args:
        moved: Those that changed in a step and have no row in `gradients`.
    """
    rows = tuple(moved)
    return facts.Unrecorded(
        part=f"The gradients of {_named(rows)}",
        why="They change from step to step, but no update of theirs was seen in `train_step`: they "
        "are assigned by hand, or by an optimizer that the model does not hold, or in a "
        "`tf.function` of the step.",
        remedy="Keep the optimizer in an attribute of the model, or in a list or dictionary of it, "
        "and apply it in `train_step` itself.",
        tables=("gradients",),
        rows=rows,
    )


def of_compiled_loop(sentence: str) -> facts.Unrecorded:
    """`Monitor.record` stands where XLA lets nothing out.

    Args:
        sentence: Why, and what would help.
    """
    why, _, remedy = sentence.partition(". ")
    remedy = remedy.removesuffix(" Training goes on.")
    return facts.Unrecorded(WHOLE_STEPS, f"{why}.", remedy, SAMPLED)


def of_silence() -> facts.Unrecorded:
    """An epoch of a loop of the user's own trained, and no record was made in it."""
    return facts.Unrecorded(
        part=WHOLE_STEPS,
        why="An epoch trained without a call of `Monitor.record` that came through.",
        remedy="Call `monitor.record(...)` once in each training step.",
        tables=SAMPLED,
    )


def of_loop(kinds: Collection[str]) -> facts.Unrecorded | None:
    """A loop of the user's own showed a step without its inside.

    Args:
        kinds: The tables of a whole sample.
    """
    lacking = tuple(kind for kind in ("gradients", "activations") if kind not in kinds)
    if not lacking:
        return None
    part = {"gradients": "the gradients", "activations": "what the layers put out"}
    named = " and ".join(part[kind] for kind in lacking)
    return facts.Unrecorded(
        part=named[0].upper() + named[1:],
        why="`Monitor.record` did not see them: it stands behind the `tf.function` that calls the "
        "model and applies the optimizer, or the loop uses others than those of the monitor.",
        remedy="Call `record` within that function, or return the gradients from it and hand them "
        "to `record(gradients=...)`.",
        tables=lacking,
    )


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
        part=f"The {what} of {_named(rows)}",
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
        part=f"The gradients{' and updates' if both else ''} of {_named(rows)}",
        why=why,
        remedy="Keep the optimizer in an attribute of the model, or in a list or dictionary of it, "
        "and apply it in `train_step` itself.",
        tables=("gradients", "weights") if both else ("gradients",),
        rows=rows,
    )


def _of_many(update: Update) -> facts.Unrecorded:
    rows = tuple(path_of(variable) for variable in update.variables[MAX_ROWS:])
    return facts.Unrecorded(
        part=f"The gradients and weights of {_named(rows)}",
        why=f"Of one optimizer's variables the first {MAX_ROWS} are recorded.",
        tables=("gradients", "weights"),
        rows=rows,
    )


def _named(rows: Sequence[str]) -> str:
    if len(rows) <= NAMED:
        return " and ".join(f"`{row}`" for row in rows)
    return f"`{rows[0]}` and {len(rows) - 1} other variables"
