"""ZA304: an activation that makes no probabilities, before a cross-entropy."""

from __future__ import annotations

from tb_zeroacc.diagnosis.answering.fixes.keras_code import output_diff
from tb_zeroacc.diagnosis.answering.shown_curves import curve_shown
from tb_zeroacc.diagnosis.answers import (
    BEFORE_TRAINING,
    Answer,
    CannotTell,
    Evidence,
    Fix,
    Flagged,
    NotApplicable,
    Passed,
    Stage,
    Tier,
    at_least,
    at_most,
)
from tb_zeroacc.diagnosis.computed.data.labels import labels_of
from tb_zeroacc.diagnosis.computed.model.loss_kinds import BINARY, CLASS_LOSSES
from tb_zeroacc.diagnosis.computed.model.outputs import recorded_range, trained_outputs
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import CONTRACT
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.facts import Output
from tb_zeroacc.run import Role
from tb_zeroacc.wording import number

# They are 0 or negative for half of all inputs, which a logarithm turns into a constant.
REACHES_ZERO = frozenset(
    {"relu", "relu6", "leaky_relu", "elu", "selu", "gelu", "silu", "swish", "mish", "tanh",
     "hard_tanh", "softsign"}
)  # fmt: skip
# Above 0, but not bounded by 1: a categorical loss divides by their sum, a binary one cannot.
POSITIVE = frozenset({"softplus", "exponential"})
NEVER_NEGATIVE = frozenset({"relu", "relu6", "softplus", "exponential"})


@rule(
    "ZA304",
    "relu-output-with-cross-entropy",
    Tier.DEFINITE,
    Stage.CONTRACT,
    motif=Motif.OUTPUTS,
    healthy="The cross-entropy gets probabilities or logits",
    needs=(CONTRACT,),
    explains=(
        "ZA403", "ZA404", "ZA501", "ZA502", "ZA504", "ZA506", "ZA509", "ZA602", "ZA701", "ZA702",
        "ZA703", "ZA704", "ZA705", "ZA706",
    ),
    yields_to=("ZA309",),
    outcome=Outcome.BROKEN,
    fix=Fix(
        "Use softmax, or a sigmoid on a single unit, before a cross-entropy.",
        '- keras.layers.Dense(10, activation="relu")\n'
        '+ keras.layers.Dense(10, activation="softmax")',
    ),
)  # fmt: skip
def relu_output_with_cross_entropy(context: RunContext) -> Answer:
    """Cross-entropy follows an activation such as ReLU, whose values are no probabilities.

    ## What it means
    Cross-entropy takes the logarithm of its outputs. ReLU makes zeros, tanh negative numbers, both
    make numbers that do not add up to 1. Keras clips them to between 1e-7 and 1 - 1e-7.

    ## Why accuracy suffers
    A clipped value has a gradient of 0: a class whose unit is at 0 for an example stays there. Ten
    classes of digits that softmax learns to .98 ended at .10 to .12 with ReLU, at .11 to .29 with
    leaky ReLU, ELU, GELU or tanh (measured). Two classes on one unit often learn all the same (.91
    to .97). With `from_logits=True` ReLU allows no logit below 0, so that a sigmoid never says less
    than .5.

    ## How it is detected
    From the contract: a cross-entropy with `from_logits=False` on an output with ReLU, leaky ReLU,
    ELU, GELU, tanh and the like; softplus and exponential before a binary one only, since a
    categorical one divides them by their sum (it learns: .96). Or a binary one with
    `from_logits=True` on ReLU, softplus or exponential. Exact, no threshold; recorded outputs that
    lie between 0 and 1 without touching 0 are evidence against it. A smell once the run beats its
    baseline. From Keras' own record alone it is strong at most.

    ## How to fix it
    ```python bad
    model.add(keras.layers.Dense(10, activation="relu"))
    model.compile(loss="sparse_categorical_crossentropy")
    ```
    ```python good
    model.add(keras.layers.Dense(10, activation="softmax"))
    model.compile(loss="sparse_categorical_crossentropy")
    ```

    ## Easily confused with
    ZA303 linear-output-without-from-logits: there the output has no activation. ZA504
    dead-relu-units: there hidden units are dead. ZA309 cross-entropy-for-regression: there the
    targets are no classes.

    ## Sources
    keras.io/api/losses/probabilistic_losses (from_logits); keras.io/api/layers/activations. Figures
    measured on Keras 3.15, three seeds each.
    """
    outputs = [o for o in trained_outputs(context.run) if o.loss in CLASS_LOSSES]
    if not outputs:
        return NotApplicable("no output is trained on cross-entropy")
    for output in outputs:
        if _is_no_probability(output) and not _looks_like_one(context, output):
            return _taken_for_probability(context, output)
    if all(output.activation is None for output in outputs):
        return CannotTell("the contract does not name the activation of the output")
    shown = (f"{o.activation} before {o.loss}" for o in outputs if o.activation)
    return Passed(", ".join(dict.fromkeys(shown)))


def _is_no_probability(output: Output) -> bool:
    activation, binary = output.activation, output.loss in BINARY
    if output.units == 1 and not binary:
        return False  # ZA302: that loss is 0 whatever the output is
    if output.from_logits:
        return binary and activation in NEVER_NEGATIVE
    if output.from_logits is None:
        return False
    return activation in REACHES_ZERO or (binary and activation in POSITIVE)


def _looks_like_one(context: RunContext, output: Output) -> bool:
    """Whether all recorded outputs lie between 0 and 1: something else bounds them."""
    says = recorded_range(context.run, output)
    return says is not None and not output.from_logits and says[0] > 0.0 and says[1] <= 1.0


def _taken_for_probability(context: RunContext, output: Output) -> Flagged:
    run = context.run
    loss = (output.loss or "").replace("_", " ")
    says = recorded_range(run, output)
    facts: list[Evidence] = []
    if says is not None:
        facts = [
            Evidence.of_number("smallest recorded output", says[0], at_least(0),
                               layer=output.layer),
            Evidence.of_number("largest recorded output", says[1], at_most(1), layer=output.layer),
        ]  # fmt: skip
    if output.from_logits:
        summary = (f"The logits of `{output.name}` go through {output.activation}: "
                   "they can never say no.")
        sentence = "A logit of 0 or more is a probability of .5 or more."
    else:
        summary = (f"The {loss} of `{output.name}` gets the values of {output.activation}, "
                   "which are no probabilities.")
        span = "" if says is None else f" They ran from {number(says[0])} to {number(says[1])}."
        sentence = (
            f"Values outside 0 to 1 are clipped, and clipped ones have a gradient of 0.{span}"
        )
    labels = labels_of(run, output)
    single = output.units == 1 or (output.loss in BINARY and not (labels and labels.one_hot))
    activation = "sigmoid" if single else "softmax"
    if output.from_logits:
        activation = "linear"
    text = {
        "linear": "Leave the activation out: the loss expects logits.",
        "sigmoid": "Use a sigmoid before a binary cross-entropy.",
        "softmax": "Use softmax before a categorical cross-entropy.",
    }[activation]
    return Flagged(
        summary=summary,
        context=sentence,
        evidence=(
            Evidence(f"activation is {output.activation}, loss is {output.loss}, from_logits is "
                     f"{output.from_logits}", layer=output.layer),
            *facts,
            *curve_shown(run, Role.LOSS, Role.ACCURACY),
        ),
        tier=Tier.SMELL if context.beats else context.tier_of_contract,
        since=BEFORE_TRAINING,
        layers=(output.layer,) if output.layer else (),
        fix=Fix(text, output_diff(run, output, activation).rstrip()),
    )  # fmt: skip
