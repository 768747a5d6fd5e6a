"""ZA208 and ZA209: targets of a scale, or labels of an encoding, that the model cannot meet."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tb_zeroacc.diagnosis.agreement import (
    BINARY,
    CLASS_LOSSES,
    curve_shown,
    labels_of,
    tensor_of,
    trained_outputs,
)
from tb_zeroacc.diagnosis.answers import (
    BEFORE_TRAINING,
    Answer,
    CannotTell,
    Evidence,
    Flagged,
    Mend,
    NotApplicable,
    Passed,
    Stage,
    Tier,
)
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.fed import steps_taken
from tb_zeroacc.diagnosis.inside import fact, settled
from tb_zeroacc.diagnosis.mending import loss_call, output_call
from tb_zeroacc.diagnosis.needs import CONTRACT, LABELS, OUTPUTS, SHAPES
from tb_zeroacc.diagnosis.prior import Case
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.facts import Output, Tensor
from tb_zeroacc.run import Role, Run
from tb_zeroacc.wording import count, number, percent

SCALED = ("mean_squared_error", "mean_absolute_error", "huber", "log_cosh")
LARGE = 100.0  # root mean square of the targets; 12 trains with a usual rate, only slowly
SHORT = 10.0  # targets ÷ outputs at the end: as far as this the updates did not reach
FEWEST_STEPS = 200  # fewer are too few for any targets
ROUNDING = 1e-6


@rule(
    "ZA208",
    "target-not-normalised",
    Tier.STRONG,
    Stage.INPUT,
    needs=(CONTRACT, LABELS, OUTPUTS),
    explains=("ZA502", "ZA509", "ZA602", "ZA704", "ZA705"),
    yields_to=(
        "ZA101", "ZA102", "ZA103", "ZA104", "ZA306", "ZA307", "ZA309", "ZA501", "ZA503", "ZA504",
        "ZA505", "ZA601", "ZA607", "ZA702", "ZA708",
    ),
    mend=Mend(
        "Standardise the targets, and turn predictions back afterwards.",
        "+ mean, std = y.mean(), y.std()\n- model.fit(x, y)\n+ model.fit(x, (y - mean) / std)\n"
        "+ predicted = model.predict(x) * std + mean",
    ),
)  # fmt: skip
def target_not_normalised(case: Case) -> Answer:
    """The regression targets are so large that the updates do not reach them.

    ## What it means
    Prices of 300 000 are to be predicted by a net whose outputs start around 1 and grow by a
    thousandth or so with each update.

    ## Why accuracy suffers
    All of training goes into raising the outputs to the targets' level. Until they are there,
    nothing about the inputs is learned.

    ## How it is detected
    The root mean square of the targets is 100 or more, and 10 times the largest output of the last
    samples (the median of a quarter of them, ten at most) or more: what hundreds of updates reached
    is a tenth of the way. At least 200 steps; linear outputs only; muted once the run beats its
    prior, a smell where no prior is known. Both limits are chosen with care and not tuned: targets
    of 12 in root mean square train with usual rates, only slowly (measured), and outputs of a
    converged net are as large as its targets.

    ## How to mend it
    ```python
    mean, std = y.mean(), y.std()
    model.fit(x, (y - mean) / std)
    predicted = model.predict(x) * std + mean
    ```
    Take `np.log1p(y)` first where targets span orders of magnitude.

    ## Easily confused with
    ZA702 learning-rate-too-low: there the targets are small and updates tiny against the weights.
    ZA306 bounded-output-misses-targets: the activation, not the rate, stops the outputs. ZA705
    stopped-too-early: the outputs are near and still moving.

    ## Sources
    stackoverflow.com/q/46995209; tensorflow.org/tutorials/keras/regression (normalization);
    LeCun et al. 1998, Efficient BackProp, section 4.5 (targets).
    """
    run = case.run
    outputs = [o for o in trained_outputs(run) if o.loss in SCALED]
    if not outputs:
        return NotApplicable("no regression loss")
    free = [o for o in outputs if o.activation in (None, "linear")]
    if not free:
        return NotApplicable("no output is linear, so its activation and not its size is asked")
    sizes = [(o, *both) for o in free if (both := _sizes(run, o)) is not None]
    if not sizes:
        return CannotTell("targets or outputs of the last steps are not on record")
    far = [s for s in sizes if s[1] >= LARGE and s[1] >= SHORT * s[2] * (1.0 - ROUNDING)]
    output, target, reached = max(far or sizes, key=lambda s: s[1])
    said = f"targets have a root mean square of {number(target)}, outputs come to {number(reached)}"
    if not far:
        return Passed(said)
    if case.beats:
        return Passed(f"muted: the run beats its prior; {said}")
    if (steps := steps_taken(run)) < FEWEST_STEPS:
        return CannotTell(f"{said}, but {count(steps, 'step')} would be too few in any case")
    found = _too_large(run, output, target, reached, steps)
    return replace(found, tier=Tier.SMELL) if case.beats is None else found


def _sizes(run: Run, output: Output) -> tuple[float, float] | None:
    """Root mean square of the targets, and the largest output of the last samples."""
    targets, outputs = run.table("labels"), run.table("outputs")
    if targets is None or outputs is None or labels_of(run, output) is None:
        return None
    row = targets.rows.index(output.name) if output.name in targets.rows else 0
    other = outputs.rows.index(output.name) if output.name in outputs.rows else 0
    square = targets.column("mean")[:, row] ** 2 + targets.column("std")[:, row] ** 2
    sizes = np.maximum(np.abs(outputs.column("min")), np.abs(outputs.column("max")))
    reached = settled(sizes)[other]
    if not np.isfinite(square).any() or not np.isfinite(reached):
        return None
    return float(np.sqrt(np.nanmean(square))), float(reached)


def _too_large(run: Run, output: Output, target: float, reached: float, steps: int) -> Flagged:
    way = percent(reached / target)
    ratio = target / reached if reached else float("inf")
    return Flagged(
        summary=f"Targets of size {number(target)} are out of reach: outputs came to {way} of it.",
        context=f"That is what {count(steps, 'step')} brought; the targets are not standardised.",
        evidence=(
            fact(run, "root mean square of the targets", target, LARGE,
                 "above" if target > LARGE else "equal", layer=output.name),
            fact(run, "targets ÷ largest output, last samples", ratio, SHORT,
                 "above" if ratio > SHORT else "equal", layer=output.name, until=steps - 1),
            *curve_shown(run, Role.LOSS),
        ),
        rivals=(
            ("ZA206", "Standardise the targets first: a loss that then stands at 1 is the mean's."),
        ),
    )  # fmt: skip


@rule(
    "ZA209",
    "label-encoding-mismatch",
    Tier.DEFINITE,
    Stage.CONTRACT,
    needs=(CONTRACT, SHAPES),
    explains=("ZA003", "ZA201", "ZA305", "ZA310"),
    outcome=Outcome.BROKEN,
    mend=Mend(
        "Take the loss that fits the labels: sparse for class numbers, categorical for one-hot.",
        'loss="sparse_categorical_crossentropy",  # y: 0, 1, 2, ...\n'
        'loss="categorical_crossentropy",         # y: one column a class',
    ),
)
def label_encoding_mismatch(case: Case) -> Answer:
    """The loss wants another encoding of the labels: class numbers, one-hot, or yes and no.

    ## What it means
    Class numbers (one column) meet a loss that wants one column a class, or the other way round.

    ## Why accuracy suffers
    Keras 3 raises while the first step is traced: nothing is trained at all. A loss of one's own
    that broadcasts instead compares each label with every unit.

    ## How it is detected
    The shapes of labels and outputs as the loss got them, before the call, against the loss:
    sparse cross-entropy with as many label columns as units; categorical or binary cross-entropy
    over several units with one label column or none; binary cross-entropy on one unit with several
    label columns. Exact, no threshold; a size that is not known is no mismatch.

    ## How to mend it
    ```python
    loss = "sparse_categorical_crossentropy"  # class numbers, Dense(classes, "softmax")
    loss = "categorical_crossentropy"         # one-hot rows
    loss = "binary_crossentropy"              # 0 or 1, Dense(1, "sigmoid")
    ```

    ## Easily confused with
    ZA310 binary-loss-for-classes: the shapes fit, the meaning does not. ZA201 labels-out-of-range:
    the encoding fits, the numbers do not. ZA313 broadcast-in-loss: (n,) against (n, 1) in a loss
    of one's own.

    ## Sources
    keras.io/api/losses/probabilistic_losses; github.com/keras-team/keras issue 17029. Measured on
    Keras 3.15: a ValueError in the first step.
    """
    run = case.run
    assert run.shapes is not None
    looked = 0
    judged = [o for o in trained_outputs(run) if o.loss in CLASS_LOSSES]
    if not judged:
        return NotApplicable("no cross-entropy, whose labels would have an encoding")
    for output in judged:
        labels = tensor_of(run.shapes.labels, run, output)
        made = tensor_of(run.shapes.outputs, run, output)
        if labels is None or made is None or labels.shape is None or made.shape is None:
            continue
        looked += 1
        if (clash := _clash(output, labels.shape, made.shape)) is not None:
            return _mismatch(run, output, labels, made, clash)
    if not looked:
        return CannotTell("the shapes of labels and outputs are not on record")
    return Passed("the shapes of labels and outputs fit the loss")


Shape = tuple[int | None, ...]


def _clash(output: Output, labels: Shape, made: Shape) -> str | None:
    """What the labels are (`one-hot`, `class numbers`, `several columns`); None where they fit."""
    loss, units = output.loss or "", made[-1] if len(made) > 1 else 1
    width = labels[-1] if len(labels) > 1 else 1
    if units is None or width is None:
        return None
    ids = len(labels) < len(made) or (len(labels) == len(made) and width == 1)
    several = len(labels) == len(made) and width > 1
    if loss == "sparse_categorical_crossentropy":
        if several:
            return "one-hot" if width == units else "several columns"
        return None
    if units > 1:
        return "class numbers" if ids else None
    return "several columns" if loss in BINARY and several else None


def _mismatch(run: Run, output: Output, labels: Tensor, made: Tensor, clash: str) -> Flagged:
    loss = output.loss or ""
    ended = run.end.text if run.end and run.end.how == "exception" else None
    raised = f" Keras raised: {ended.splitlines()[0][:160]}" if ended else ""
    return Flagged(
        summary=f"{loss} meets labels that are {clash}: {_said(labels)} against {_said(made)}.",
        context=f"The loss cannot compare them.{raised}",
        evidence=(
            Evidence(f"labels of shape {_said(labels)}, {labels.dtype}", layer=output.name),
            Evidence(f"outputs of shape {_said(made)}, {made.dtype}", layer=output.name),
            *curve_shown(run, Role.LOSS),
        ),
        since=BEFORE_TRAINING,
        layers=(output.layer,) if output.layer else (),
        mend=_fitting(run, output, clash),
    )


def _said(tensor: Tensor) -> str:
    sizes = ["n" if s is None else str(s) for s in tensor.shape or ()]
    return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"


def _fitting(run: Run, output: Output, clash: str) -> Mend:
    before = f"- {_loss_argument(output, output.loss or '')}\n"
    if clash == "one-hot":
        return Mend("Take the categorical loss for one-hot labels.",
                    f"{before}+ {_loss_argument(output, 'categorical_crossentropy')}")  # fmt: skip
    if clash == "class numbers":
        layers = ""
        if output.activation != "softmax" and not output.from_logits:
            layers = (f"- {output_call(run, output, output.activation)},\n"
                      f"+ {output_call(run, output, 'softmax')},\n")  # fmt: skip
        return Mend("Take the sparse loss, with softmax, for class numbers.",
                    f"{layers}{before}"
                    f"+ {_loss_argument(output, 'sparse_categorical_crossentropy')}")  # fmt: skip
    return Mend("Give each column of the labels a unit of the output.",
                "print(y.shape)  # (examples, columns)\n"
                'keras.layers.Dense(y.shape[1], activation="sigmoid")')  # fmt: skip


def _loss_argument(output: Output, loss: str) -> str:
    """The argument of `compile` that names a loss; logits stay logits."""
    if output.from_logits:
        return f"loss={loss_call(loss, 'from_logits=True')},"
    return f'loss="{loss}",'
