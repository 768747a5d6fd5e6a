"""What a recording lacks, in words: each statement says what is missing, why, and what would help.

Nobody reads a console's warnings again; what is not on record has to be on record itself.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tb_zeroacc import facts
from tb_zeroacc.recording.guard import told

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


def of_sample(moved: Sequence[str]) -> facts.Unrecorded:
    """Variables changed without a gradient on record.

    Args:
        moved: Those that changed in a step and have no row in `gradients`.
    """
    rows = tuple(moved)
    return facts.Unrecorded(
        part=f"The gradients of {listed_names(rows)}",
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


def of_lost_segments() -> facts.Unrecorded:
    """More waited to be sent than this machine keeps."""
    return facts.Unrecorded(
        part="A stretch of the record",
        why="The file system that it is sent to could not be reached for so long that there was no "
        "room left to keep it: the oldest of what waited was dropped, the first steps aside.",
        remedy="What stands on record is right; between two steps there may be a gap.",
    )


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
    told = " and ".join(part[kind] for kind in lacking)
    return facts.Unrecorded(
        part=told[0].upper() + told[1:],
        why="`Monitor.record` did not see them: it stands behind the `tf.function` that calls the "
        "model and applies the optimizer, or the loop uses others than those of the monitor.",
        remedy="Call `record` within that function, or return the gradients from it and hand them "
        "to `record(gradients=...)`.",
        tables=lacking,
    )


def listed_names(rows: Sequence[str]) -> str:
    """Variables as a sentence names them."""
    if len(rows) <= NAMED:
        return " and ".join(f"`{row}`" for row in rows)
    return f"`{rows[0]}` and {len(rows) - 1} other variables"
