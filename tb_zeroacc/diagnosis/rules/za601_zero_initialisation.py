"""ZA601: layers that start with equal units, which stay equal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tb_zeroacc.diagnosis.answering.fixes.keras_code import layer_call
from tb_zeroacc.diagnosis.answering.shown_curves import loss_shown
from tb_zeroacc.diagnosis.answering.unrecorded import as_far_as_recorded
from tb_zeroacc.diagnosis.answers import (
    BEFORE_TRAINING,
    Answer,
    Evidence,
    Fix,
    Flagged,
    NotApplicable,
    Passed,
    Stage,
    Tier,
    unlike,
)
from tb_zeroacc.diagnosis.computed.learning.improvement import improvements_of
from tb_zeroacc.diagnosis.computed.model.histograms import FEWEST, Kernel, kernel_histograms
from tb_zeroacc.diagnosis.computed.model.kernels import KERNEL_NAMES, kernel_rows
from tb_zeroacc.diagnosis.computed.model.layers import layer_named, layer_of, output_layers
from tb_zeroacc.diagnosis.computed.optimizer.optimizer import optimizers_of, variable_of
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import CONTRACT, HISTOGRAMS, WEIGHTS
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.facts import Layer
from tb_zeroacc.run import Run, Table
from tb_zeroacc.wording import count, listed, number

CONSTANT_INITIALIZERS = ("Zeros", "Ones", "Constant")
# One kernel a channel, or one that joins them all: their last axis may hold a single unit.
WITHOUT_UNIT_AXIS = ("Depthwise", "Separable")
FEWEST_SAMPLES = 2  # the first shows the start, a later one that training does not fix it


@rule(
    "ZA601",
    "zero-initialisation",
    Tier.DEFINITE,
    Stage.WEIGHTS,
    motif=Motif.UNIT_SPREADS,
    healthy="Units start with different weights",
    needs=((WEIGHTS, CONTRACT, HISTOGRAMS),),
    explains=(
        "ZA403", "ZA404", "ZA503", "ZA504", "ZA505", "ZA509", "ZA510", "ZA702", "ZA704", "ZA705",
    ),
    fix=Fix(
        "Initialise kernels at random; only biases may start at zero.",
        'keras.layers.Dense(64, activation="relu", kernel_initializer="glorot_uniform")',
        in_torch="torch.nn.init.xavier_uniform_(layer.weight)",
    ),
)
def zero_initialisation(context: RunContext) -> Answer:
    """All units of a layer start with the same weights, and training keeps them equal.

    ## What it means
    Units with equal weights compute the same and get the same gradient, so they stay equal: a layer
    of 64 units is one unit 64 times. With zeros before a ReLU not even that one learns, since its
    output and its gradient are exactly 0.

    ## Why accuracy suffers
    After a layer of zeros only the last bias changes: the model learns how frequent each class is,
    and nothing about the inputs.

    ## How it is detected
    The standard deviation over a kernel's units, exactly 0 in the first and in every later sample
    (at least two, a step or more apart). No tolerance is needed: equal units stay equal to the last
    bit, and the smallest spread of a healthy layer is .1 (measured). Kernels of a single unit and
    depthwise kernels are left out. A last layer of zeros is a legitimate start: its spread is above
    0 after the first step. Without the recorder, from the contract: a hidden layer with Zeros, Ones
    or a Constant as kernel initialiser, or from histograms: a kernel that holds a single value in
    all of them, at three steps or more (of PyTorch's `weight`, which may be a scale, only zeros);
    either is strong at most. It is a smell where the run beats its baseline, and, by histograms
    alone, where its curves get better.

    ## How to fix it
    ```python
    keras.layers.Dense(64, activation="relu", kernel_initializer="glorot_uniform")
    ```
    This is the default; biases may start at zero.

    ## Easily confused with
    ZA504 dead-relu-units: there the kernels differ, and a bias or an update keeps the units at 0.
    ZA503 vanishing-gradients: there the gradient is tiny, here it is 0 or equal for all units.

    ## Sources
    Goodfellow, Bengio and Courville 2016, Deep Learning, section 8.4; stackoverflow.com/q/20027598;
    TheDeepChecker (variance of the initial weights near 0). Exactness was measured on Keras 3.15.
    """
    weights = context.run.table("weights")
    if weights is None:
        answer, seen = _from_contract(context), _from_histograms(context)
        if seen is not None and isinstance(answer, Flagged):
            seen = replace(answer, evidence=(*answer.evidence, *seen.evidence))
        return as_far_as_recorded(context.run, seen or answer, "weights")
    run = context.run
    rows = [r for r in kernel_rows(run, weights) if _has_units(run, weights.rows[r])]
    spread = weights.column("unit_spread")
    known = np.isfinite(spread)  # a step that was sampled out of turn has none
    rows = [r for r in rows if known[:, r].any()]
    rows = [r for r in rows if _is_trained(context.run, weights, r)]
    if not rows:
        answer = NotApplicable("no kernel with two units or more")
        return as_far_as_recorded(context.run, answer, "weights")
    alike = [r for r in rows if not spread[known[:, r], r].any()]
    if not alike:
        answer = Passed(f"units differ in every kernel ({len(rows)})")
        return as_far_as_recorded(context.run, answer, "weights")
    if known[:, alike].any(axis=1).sum() < FEWEST_SAMPLES:
        return Passed("only one sample of the weights")
    return _from_weights(context, weights, alike)


def _has_units(run: Run, row: str) -> bool:
    """Whether a kernel's last axis has two units or more, by the contract."""
    if "depthwise" in row.rsplit("/", 1)[-1]:
        return False
    layer = layer_named(run, layer_of(run, row))
    if layer is None:
        return False
    if any(word in layer.class_name for word in WITHOUT_UNIT_AXIS):
        return False
    return layer.units is not None and layer.units >= 2


def _is_trained(run: Run, weights: Table, row: int) -> bool:
    """Whether training changes a kernel: others rightly keep their zeros."""
    known = {variable for optimizer in optimizers_of(run) for variable in optimizer.variables}
    moves = bool((np.nan_to_num(weights.column("update_rms")[:, row]) > 0).any())
    return not known or moves or variable_of(weights.rows[row]) in known


def _from_weights(context: RunContext, weights: Table, alike: list[int]) -> Answer:
    run = context.run
    layers = tuple(dict.fromkeys(layer_of(run, weights.rows[r]) for r in alike))
    names = ", ".join(f"`{name}`" for name in layers[:3]) + (", .." if len(layers) > 3 else "")
    first, last = int(weights.steps[0]), int(weights.steps[-1])
    zero = not np.nan_to_num(weights.column("rms")[:, alike]).any()
    what = "zero" if zero else "the same value"
    return Flagged(
        summary=f"All units of {names} start equal, at {what}, and stay equal: their spread is 0.",
        context=f"Equal units get equal gradients: {last - first} steps later they are still "
        "identical.",
        evidence=(
            *(
                Evidence.of_table(f"spread over the units of `{weights.rows[r]}`", weights, 0,
                                  unlike(0), layer=layer_of(run, weights.rows[r]), since=first,
                                  until=last)
                for r in alike
            ),
            *loss_shown(run, first),
        ),
        tier=Tier.SMELL if context.beats else None,
        since=first,
        layers=layers,
        fix=_fix([layer_named(run, name) for name in layers]),
    )


def _from_histograms(context: RunContext) -> Flagged | None:
    """Without samples: kernels of a single value in all their histograms; None without any."""
    run = context.run
    alike = [kernel for kernel in kernel_histograms(run) if _stays_single(run, kernel)]
    if not alike:
        return None
    layers = tuple(dict.fromkeys(layer_of(run, kernel.name) for kernel in alike))
    first, last = alike[0].seen.first_step, alike[0].seen.last_step
    return Flagged(
        summary=f"All weights of {listed(list(layers))} are {number(alike[0].seen.lowest)}, "
        "and stay so.",
        context=f"In the histograms of steps {first} to {last} they have no other value: units "
        "that are equal get equal gradients.",
        evidence=tuple(
            Evidence.of_number(
                f"largest less smallest weight of `{kernel.name}`", 0, unlike(0),
                member=kernel.seen.member, layer=layer_of(run, kernel.name),
                since=kernel.seen.first_step, until=kernel.seen.last_step,
            )
            for kernel in alike[:8]
        ),
        tier=Tier.SMELL if context.beats or improvements_of(run) else Tier.STRONG,
        since=BEFORE_TRAINING,
        layers=layers,
        fix=_fix([layer_named(run, name) for name in layers]),
    )


def _stays_single(run: Run, kernel: Kernel) -> bool:
    """Whether a kernel that is trained has one value alone, in histograms enough."""
    value, layer = kernel.single_value, layer_named(run, layer_of(run, kernel.name))
    is_kernel = value == 0 or kernel.name.endswith(KERNEL_NAMES)
    enough = kernel.seen.count >= FEWEST
    return value is not None and is_kernel and enough and (layer is None or layer.trainable)


def _from_contract(context: RunContext) -> Answer:
    """Without samples: hidden layers that are configured to start constant."""
    run = context.run
    if run.contract is None:
        return Passed("no kernel holds a single value in all its histograms")
    layers = run.contract.layers
    outputs = output_layers(run) or ({layers[-1].name} if layers else set())
    known = [x for x in layers if x.kernel_initializer is not None and x.name not in outputs]
    if not known:
        return NotApplicable("no hidden layer with a kernel initialiser in the contract")
    alike = [
        layer for layer in known
        if layer.kernel_initializer and layer.kernel_initializer.startswith(CONSTANT_INITIALIZERS)
        and (layer.units or 0) >= 2
        and not any(word in layer.class_name for word in WITHOUT_UNIT_AXIS)
    ]
    if not alike:
        return Passed(f"{count(len(known), 'hidden kernel')}, initialised at random")
    first = alike[0]
    return Flagged(
        summary=f"All units of `{first.name}` start equal: kernel_initializer is "
        f"{first.kernel_initializer}.",
        context="Equal units get equal gradients and stay equal.",
        evidence=tuple(
            Evidence(f"kernel_initializer of `{x.name}` is {x.kernel_initializer}", layer=x.name)
            for x in alike
        ),
        tier=Tier.SMELL if context.beats else Tier.STRONG,
        since=BEFORE_TRAINING,
        layers=tuple(x.name for x in alike),
        fix=_fix(alike),
    )


def _fix(layers: Sequence[Layer | None]) -> Fix | None:
    """Kernels at random; None where the contract has none of the layers."""
    known = [layer for layer in layers if layer is not None]
    if not known:
        return None
    names = listed([layer.name for layer in known])
    constant = [
        layer for layer in known
        if (layer.kernel_initializer or "Zeros").startswith(CONSTANT_INITIALIZERS)
    ]
    if not constant:
        return Fix(
            f"Leave {names} as Keras initialises them: find what sets all units to the same.",
            "- layer.set_weights([np.full(w.shape, 0.5) for w in layer.get_weights()])",
        )
    diffs = (
        f"- {layer_call(x, activation=x.activation, kernel=x.kernel_initializer or 'Zeros')}\n"
        f"+ {layer_call(x, activation=x.activation)}"
        for x in constant
    )
    return Fix(
        f"Initialise {names} at random: leave the kernel's initialiser out.",
        "\n".join(dict.fromkeys(diffs)),
    )
