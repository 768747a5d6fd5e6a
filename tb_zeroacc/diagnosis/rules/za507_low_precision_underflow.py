"""ZA507: gradients that half precision cannot hold."""

from __future__ import annotations

import numpy as np

from tb_zeroacc.diagnosis.answers import (
    Answer,
    CannotTell,
    Evidence,
    Fix,
    Flagged,
    NotApplicable,
    Passed,
    Stage,
    Tier,
    at_most,
)
from tb_zeroacc.diagnosis.computed.learning.steps_taken import steps_taken
from tb_zeroacc.diagnosis.computed.model.kernels import KERNEL_NAMES, kernel_rows
from tb_zeroacc.diagnosis.computed.model.layers import layer_of
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import CONTRACT, GRADIENTS, STEP_LOSS
from tb_zeroacc.diagnosis.rule import Muted, rule
from tb_zeroacc.diagnosis.steps import Step
from tb_zeroacc.facts import Contract
from tb_zeroacc.run import Run, Table
from tb_zeroacc.wording import number, percent

HALF = {"float16", "mixed_float16"}
FLUSHED = 0.9  # of a kernel's gradient is exactly 0, median over samples; healthy up to .37
SKIPPED = 0.5  # of the updates; a healthy dynamic scale leaves out 3 in 855 (measured)
# Half of the distance from 1 to the number below it: a beta nearer to 1 is rounded to 1.
NEXT_TO_ONE = {"bfloat16": 2.0**-9, "float16": 2.0**-12}
FEWEST_SAMPLES = 5  # of weights that do not change
FEWEST_STEPS = 20  # the scale begins high and may leave out the first of them


@rule(
    "ZA507",
    "low-precision-underflow",
    Tier.STRONG,
    Stage.ACTIVATIONS,
    motif=Motif.LAYER_ZEROS,
    healthy="The precision suffices for the gradients",
    step=Step.SIMPLICITY,
    needs=(CONTRACT, STEP_LOSS, GRADIENTS),
    explains=("ZA404", "ZA503", "ZA509", "ZA702", "ZA704", "ZA705", "ZA708"),
    yields_to=("ZA101", "ZA102", "ZA103", "ZA109", "ZA112", "ZA314", "ZA504", "ZA510", "ZA601"),
    muted_when=Muted.BASELINE_IS_BEATEN,
    fix=Fix(
        "Scale the loss, so that its gradients lie within the range of float16; or use bfloat16.",
        'keras.mixed_precision.set_dtype_policy("mixed_bfloat16")',
    ),
)
def low_precision_underflow(context: RunContext) -> Answer:
    """Gradients or updates are lost in half precision: flushed to 0, left out, or rounded off.

    ## What it means
    The smallest number of float16 is 6e-8, the largest 65 504. Gradients under the first become 0;
    values above the second become Inf, and a dynamic loss scale then leaves the update out.
    bfloat16 has the range of float32 and 8 bits: there .999 is 1, and Adam, which corrects its
    averages by the root of 1 - beta_2, multiplies every step by 0 where weights are of that type.

    ## Why accuracy suffers
    A gradient of 0, an update that is left out and one that is 0 have the same effect: none.

    ## How it is detected
    Under a policy of float16 only, or with outputs of that type. Either more than half of all
    updates, of at least 20, were left out by the dynamic loss scale (855 of 855 in a failing
    program, 3 in a healthy one). Or the loss is not scaled, and in a kernel's gradient 90 % or more
    are exactly 0, the median over samples (100 % against up to 37 %). Muted once the run beats its
    baseline. Steps back behind faults that make gradients 0 in any precision: dead units, empty
    inputs, no gradient at all. Or the optimizer's beta_2 is rounded to 1 in the type of the model
    and not one kernel changed in 5 samples or more, although gradients are there: weights of mixed
    precision, which are float32, do change.

    ## How to fix it
    ```python
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
    model.compile("adam", loss, auto_scale_loss=True)  # with mixed_float16
    ```
    Keep the last layer and the loss in float32: `Dense(10, dtype="float32")`.

    ## Easily confused with
    ZA503 vanishing-gradients: they fall from layer to layer in any precision. ZA504
    dead-relu-units: their gradient is 0 because they are not active.

    ## Sources
    Micikevicius et al. 2018, Mixed precision training; tensorflow.org/guide/mixed_precision.
    Margins measured on Keras 3.15.
    """
    run = context.run
    if (lost := _lost_beta(context.given(CONTRACT), run, context.given(GRADIENTS))) is not None:
        return lost
    if not _types(context.given(CONTRACT), run) & HALF:
        return NotApplicable("the model does not compute in float16")
    steps, skipped = steps_taken(run), _skipped(run)
    if skipped is not None:
        if steps < FEWEST_STEPS:
            return CannotTell(f"fewer than {FEWEST_STEPS} steps")
        said = f"the loss scale left out {number(skipped)} of {number(steps)} updates"
        return _overflows(run, said, skipped / steps) if skipped > SKIPPED * steps else Passed(said)
    scale = context.given(STEP_LOSS).column("loss_scale")[:, 0]
    if np.nanmax(scale, initial=1.0) > 1.0:
        return Passed(f"the loss is scaled by {number(float(np.nanmax(scale)))}")
    table = context.given(GRADIENTS)
    flushed = _flushed(table)
    if flushed is None:
        return CannotTell("no kernel has a finite gradient on record")
    name, share = flushed
    if share < FLUSHED:
        return Passed(f"{percent(share)} of the gradient of `{name}` are 0, at most")
    return Flagged(
        summary=f"{percent(share)} of the gradient of `{name}` are 0 in float16, and the loss is "
        "not scaled.",
        evidence=(
            Evidence.of_table(f"zeros in the gradient of `{name}`, median over samples", table,
                              share, at_most(FLUSHED), unit="share", layer=layer_of(run, name)),
        ),
        since=int(table.steps[0]),
        layers=(layer_of(run, name),),
    )  # fmt: skip


def _types(contract: Contract, run: Run) -> set[str | None]:
    """The model's policy and the types of its outputs: layers may have a policy of their own."""
    outputs = run.shapes.outputs if run.shapes else ()
    return {contract.dtype_policy, *(output.dtype for output in outputs)}


def _lost_beta(contract: Contract, run: Run, gradients: Table) -> Flagged | None:
    """The finding on a beta that is rounded to 1, if that kept every kernel as it was."""
    optimizer, weights = contract.optimizer, run.table("weights")
    beta = optimizer.settings.get("beta_2") if optimizer else None
    half = next((t for t in NEXT_TO_ONE if t in _types(contract, run)), None)
    if optimizer is None or weights is None or half is None or not isinstance(beta, float):
        return None
    moves = weights.column("update_rms")[:, kernel_rows(run, weights)]
    is_still = len(moves) >= FEWEST_SAMPLES and moves.size > 0 and bool((moves == 0.0).all())
    has_gradient = np.nanmax(gradients.column("rms"), initial=0.0) > 0
    is_lost = 1.0 - beta < NEXT_TO_ONE[half]
    if contract.optimizers or not (is_lost and is_still and has_gradient):
        return None
    return Flagged(
        summary=f"`beta_2` of {optimizer.class_name} is 1 in {half}, so that its updates are 0.",
        context=f"{number(beta)} is rounded to 1, and each step is multiplied by the root of what "
        "is left, 0: no kernel changed.",
        evidence=(
            Evidence.of_number(f"beta_2, against the largest that is below 1 in {half}", beta,
                               at_most(1.0 - NEXT_TO_ONE[half])),
        ),
        since=int(weights.steps[0]),
        fix=Fix(
            "Keep weights and optimizer in float32 and compute in bfloat16.",
            'keras.config.set_dtype_policy("mixed_bfloat16")',
        ),
    )  # fmt: skip


def _skipped(run: Run) -> float | None:
    """How many updates the dynamic loss scale left out; None without one."""
    table = run.table("progress")
    if table is None:
        return None
    counts = table.column("skipped_steps")[:, 0]
    return float(np.nanmax(counts)) if np.isfinite(counts).any() else None


def _flushed(table: Table) -> tuple[str, float] | None:
    """The kernel with the largest share of zeros in its gradient, the median over samples."""
    zeros, bad = table.column("zero_share"), table.column("non_finite_count")
    zeros = np.where((table.column("present") > 0) & (bad == 0), zeros, np.nan)
    found = [
        (name, float(np.nanmedian(zeros[:, row])))
        for row, name in enumerate(table.rows)
        if name.endswith(KERNEL_NAMES[0]) and np.isfinite(zeros[:, row]).any()
    ]
    return max(found, key=lambda each: each[1], default=None)


def _overflows(run: Run, said: str, share: float) -> Flagged:
    table = run.tables["progress"]
    return Flagged(
        summary=f"Gradients overflow float16: {said}.",
        evidence=(
            Evidence.of_table("updates that the loss scale left out", table, share,
                              at_most(SKIPPED), unit="share"),
        ),
        since=int(table.steps[0]),
        fix=Fix(
            "Compute in bfloat16, which has the range of float32; or find what is so large.",
            'keras.mixed_precision.set_dtype_policy("mixed_bfloat16")',
        ),
    )  # fmt: skip
