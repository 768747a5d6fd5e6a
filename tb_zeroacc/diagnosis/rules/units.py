"""ZA504 and ZA505: hidden units that say nothing any more, dead or saturated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tb_zeroacc.diagnosis.answers import (
    Answer,
    Evidence,
    Flagged,
    Mend,
    NotApplicable,
    Passed,
    Stage,
    Tier,
)
from tb_zeroacc.diagnosis.inside import (
    fact,
    hidden_rows,
    lasting_since,
    layer_named,
    layer_of,
    settled,
)
from tb_zeroacc.diagnosis.mending import layer_call
from tb_zeroacc.diagnosis.needs import ACTIVATIONS
from tb_zeroacc.diagnosis.prior import Case
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.run import Run
from tb_zeroacc.wording import count, percent

# Share of a hidden layer's units that no example activates. Healthy nets end with 33-64 % dead,
# broken ones with 100 % (measured): half would misfire, nearly all does not.
DEAD = 0.9
# Share of (unit, example) pairs with a derivative under 1 % of its maximum. Hidden layers of
# healthy nets stay far below; good sigmoid OUTPUTS reach 50-94 %, so outputs are left out.
SATURATED = 0.9
ROUNDING = 1e-6  # the tables hold float32
# In a batch of fewer examples many units are silent in health: there only all of them count.
FEW_EXAMPLES = 8


@dataclass(frozen=True, slots=True)
class _Fault:
    """What differs between the two rules: the column, the words, the scalar that shows it."""

    column: str
    layers: str
    what: str
    shown: str
    tag: str


DYING = _Fault("dead_unit_share", "ReLU", "dead", "dead units", "zeroacc/dead_units")
SATURATION = _Fault(
    "saturated_share", "sigmoid or tanh", "saturated", "saturated share", "zeroacc/saturation"
)


@dataclass(frozen=True, slots=True)
class _Silent:
    """A layer that ended beyond the threshold, with the training step since which it is."""

    layer: str
    share: float
    since: int


@rule(
    "ZA504",
    "dead-relu-units",
    Tier.STRONG,
    Stage.ACTIVATIONS,
    needs=(ACTIVATIONS,),
    explains=("ZA403", "ZA404", "ZA503", "ZA509", "ZA702", "ZA704", "ZA705"),
    mend=Mend(
        "Lower the learning rate, start biases at zero and use He's initialisation; or let the "
        "negative side pass a little.",
        'keras.layers.Dense(64, activation="leaky_relu", kernel_initializer="he_normal")',
    ),
)
def dead_relu_units(case: Case) -> Answer:
    """Nearly all units of a hidden ReLU layer are dead: no example activates them.

    ## What it means
    A ReLU unit whose input is negative for every example outputs 0 and passes no gradient back. It
    cannot come back to life by training.

    ## Why accuracy suffers
    Through a layer that is dead as a whole nothing of the input passes: the model says the same for
    every example, the share of the largest class at best.

    ## How it is detected
    Per hidden layer, the share of units that not one example of the batch activates (units, not
    elements: half of all elements are 0 in health). Its median over the last samples (a quarter of
    them, at most ten) must be 90 % or more. Healthy nets end with 33 to 64 % of a layer dead,
    broken ones with 100 % (measured). With fewer than 8 examples a batch only 100 % counts. Muted
    once the run beats its prior. It begins where the share passes 90 % and stays there in nine of
    ten samples.

    ## How to mend it
    ```python
    keras.layers.Dense(64, activation="relu", kernel_initializer="he_normal",
                       bias_initializer="zeros")
    ```
    Where units died after a jump of the update ratio, lower the rate first.

    ## Easily confused with
    ZA701 learning-rate-too-high: then the layer lives at step 0 and dies after a large update;
    dead from step 0 is a matter of initialisation. ZA601 zero-initialisation: there the kernels
    are constant. ZA104 feature-scales-differ: there one step on raw features kills the units.

    ## Sources
    Lu et al. 2019, Dying ReLU and initialization; stackoverflow.com/q/46639430;
    docs.aws.amazon.com/sagemaker (Debugger's DeadRelu). Margins measured on Keras 3.15.
    """
    return _judge(case, DYING, _dead_threshold(case.run))


@rule(
    "ZA505",
    "saturated-activations",
    Tier.STRONG,
    Stage.ACTIVATIONS,
    needs=(ACTIVATIONS,),
    explains=("ZA403", "ZA404", "ZA503", "ZA509", "ZA510", "ZA702", "ZA704", "ZA705"),
    mend=Mend(
        "Start with smaller weights and standardised inputs.",
        'keras.layers.Dense(64, activation="tanh", kernel_initializer="glorot_uniform")',
    ),
)
def saturated_activations(case: Case) -> Answer:
    """Hidden sigmoid or tanh units stand at the ends of their range, where the slope is gone.

    ## What it means
    Far from 0 a tanh or sigmoid is flat. A unit that stands there for every example hardly passes
    any gradient, so its weights and those before it do not learn.

    ## Why accuracy suffers
    The hidden layers act as random, hard switches. Only the last layer learns, on features that
    were drawn by chance.

    ## How it is detected
    Per hidden layer, the share of pairs of unit and example whose derivative is under 1 % of its
    maximum (s(1-s) of a sigmoid, 1-t² of a tanh). Its median over the last samples must be 90 % or
    more. The output layer is left out: a good classifier's output saturates, 50 to 94 % of it
    (measured). Muted once the run beats its prior.

    ## How to mend it
    ```python
    keras.layers.Dense(64, activation="tanh", kernel_initializer="glorot_uniform")
    ```
    and standardise the inputs, `(x - x.mean(axis=0)) / x.std(axis=0)`.

    ## Easily confused with
    ZA103 input-not-normalised: then the first layer alone is saturated at step 0, by the input's
    scale and not by the weights. ZA503 vanishing-gradients: deep sigmoid layers need not be
    saturated for the gradient to fade. ZA701 learning-rate-too-high: then it begins after an
    update.

    ## Sources
    Glorot and Bengio 2010, section 3; docs.aws.amazon.com/sagemaker
    (Debugger's SaturatedActivation). Margins measured on Keras 3.15.
    """
    return _judge(case, SATURATION, SATURATED)


def _dead_threshold(run: Run) -> float:
    batch = run.table("batch")
    if batch is None:
        return DEAD
    return DEAD if np.nanmedian(batch.column("examples")) >= FEW_EXAMPLES else 1.0


def _judge(case: Case, fault: _Fault, threshold: float) -> Answer:
    """Both rules: a share per hidden layer that ends at or above its threshold."""
    table = case.run.table("activations")
    assert table is not None
    shares = table.column(fault.column)
    rows = [r for r in hidden_rows(case.run, table) if np.isfinite(shares[:, r]).any()]
    if not rows:
        return NotApplicable(f"no hidden {fault.layers} layer on record")
    ends = settled(shares)
    worst = max(rows, key=lambda r: -1.0 if np.isnan(ends[r]) else ends[r])
    seen = f"worst in `{table.rows[worst]}`, at {percent(float(ends[worst]))}"
    beyond = [r for r in rows if ends[r] >= threshold - ROUNDING]
    if not beyond:
        return Passed(f"{seen} at the end (limit {percent(threshold)})")
    if case.beats:
        return Passed(f"muted: the run beats its prior; {seen}")
    found = []
    for row in beyond:
        onset = lasting_since(np.nan_to_num(shares[:, row]) >= threshold - ROUNDING)
        step = int(table.steps[-1 if onset is None else onset])
        found.append(_Silent(layer_of(case.run, table.rows[row]), float(ends[row]), step))
    return _flagged(case.run, fault, found, threshold)


def _flagged(run: Run, fault: _Fault, found: list[_Silent], threshold: float) -> Flagged:
    table = run.table("activations")
    assert table is not None
    found = sorted(found, key=lambda silent: silent.since)
    first = found[0]
    onset: dict[str, int] = {}  # of each layer: calls of a shared one count once
    for silent in found:
        onset.setdefault(silent.layer, silent.since)
    from_start = first.since <= int(table.steps[0])
    when = "from the first step on" if from_start else f"since step {first.since}"
    later = sum(since > first.since for since in onset.values())
    equal = len(onset) - 1 - later
    others = f", and so {_are(equal)} more" if equal else ""
    others += f"; {count(later, 'more layer')} followed later" if later else ""
    whence = (
        "It was so before the first update: the initialisation or the inputs made it so."
        if from_start
        else "It was alive at first: updates made it so."
    )
    return Flagged(
        summary=f"{percent(first.share)} of `{first.layer}` is {fault.what} {when}{others}.",
        context=f"No gradient passes back through such units. {whence}",
        evidence=tuple(
            _evidence(run, fault, silent, threshold, int(table.steps[-1])) for silent in found
        ),
        since=first.since,
        layers=tuple(onset),
        mend=_mend(run, first.layer, fault, from_start),
    )


def _are(quantity: int) -> str:
    return f"is {quantity}" if quantity == 1 else f"are {quantity}"


def _evidence(run: Run, fault: _Fault, silent: _Silent, threshold: float, until: int) -> Evidence:
    return fact(
        run,
        f"{fault.shown} of `{silent.layer}`, last samples",
        silent.share,
        threshold,
        "above" if silent.share > threshold else "equal",
        tag=f"{fault.tag}/{silent.layer}",
        unit="share",
        layer=silent.layer,
        since=silent.since,
        until=until,
    )


def _mend(run: Run, name: str, fault: _Fault, from_start: bool) -> Mend | None:
    layer = layer_named(run, name)
    if layer is None or not from_start:
        return None
    activation = layer.activation
    before = layer_call(
        layer, activation=activation, kernel=layer.kernel_initializer,
        bias=layer.bias_initializer if fault is DYING else None,
    )  # fmt: skip
    usual = "HeNormal" if fault is DYING else "GlorotUniform"
    after = layer_call(layer, activation=activation, kernel=usual)
    return Mend(
        f"Start `{name}` from a usual initialisation, on standardised inputs.",
        f"- {before}\n+ {after}",
    )
