"""ZA612: of two networks that train against one another one has won for good."""

from __future__ import annotations

import re

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
    at_least,
    at_most,
)
from tb_zeroacc.diagnosis.computed.learning.trend import training_step
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import A_LOG
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.run import Curve, Role, Run, Split
from tb_zeroacc.wording import number

_WORDS = re.compile("[a-z]+[0-9]*")
MAKES = frozenset({"generator", "gen", "g", "errg", "netg"})
JUDGES = frozenset({"discriminator", "disc", "d", "errd", "netd", "critic"})
POLICIES = frozenset({"actor", "policy", "value", "reward", "returns"})
# Parts of a generator's loss that teach it whatever the discriminator says.
TAUGHT = frozenset(
    {"l1", "mae", "recon", "reconstruction", "cycle", "identity", "mel", "perceptual"}
)
# A discriminator that is right with a probability of .95 has a loss of -ln .95 = .05 on either kind
# of example, .1 on both, and leaves its opponent -ln .05 = 3. At the goal both stand near ln 2.
WON, LOST = 0.1, 3.0
# One that takes what is made for real with that probability has the mean of .05 and 3, or their
# sum; at the goal, ln 2 or twice that.
FOOLED = 1.5
FEWEST_POINTS = 8


@rule(
    "ZA612",
    "one-player-only",
    Tier.STRONG,
    Stage.LOSS,
    motif=Motif.EVIDENCE_TOGETHER,
    healthy="Both players are in the game",
    needs=(A_LOG,),
    explains=("ZA509", "ZA705"),
    yields_to=("ZA501", "ZA607", "ZA701", "ZA702", "ZA708"),
    fix=Fix(
        "See that both networks get updates. Then weaken the one that wins: a lower learning rate "
        "for it, smoothed labels, noise on its inputs, or fewer of its steps.",
        "real = 0.9 * keras.ops.ones_like(of_real)  # smoothed labels of the discriminator\n"
        "discriminator_optimizer = keras.optimizers.Adam(1e-4, beta_1=0.5)\n"
        "generator_optimizer = keras.optimizers.Adam(4e-4, beta_1=0.5)",
        in_torch="real = 0.9 * torch.ones_like(of_real)  # smoothed labels of the discriminator\n"
        "of_discriminator = torch.optim.Adam(discriminator.parameters(), 1e-4, (0.5, 0.999))\n"
        "of_generator = torch.optim.Adam(generator.parameters(), 4e-4, (0.5, 0.999))",
    ),
)
def one_player_only(context: RunContext) -> Answer:
    """Of two networks that train against one another one has won for good.

    ## What it means
    The loss of the discriminator stands at 0 and that of the generator is high: each made example
    is told from a real one without doubt. Or the other way round, where the discriminator is not
    trained. Neither learns from the other any more.

    ## Why accuracy suffers
    Where the discriminator is certain, its gradient tells the generator nothing, and what it makes
    stays as it is.

    ## How it is detected
    By the training losses of generator and discriminator, of 8 points at least and never below 0.
    Over the whole second half one of them is under .1 and the median of the other above 3, or above
    1.5 where the discriminator lost: that is one which is right, or fooled, with a probability of
    .95 or more, and its loss the sum or the mean over both kinds of examples. At the goal of the
    game each stands at ln 2 a kind. Not applicable to reinforcement learning, nor to a generator
    that learns from targets as well (an absolute error, a cycle).

    ## How to fix it
    ```python
    discriminator_optimizer = keras.optimizers.Adam(1e-4, beta_1=0.5)
    ```

    ## Easily confused with
    ZA607 frozen-layers, ZA708 weights-never-move and ZA702 learning-rate-too-low name why one of
    them did not learn, where the log shows it. Losses that go up and down around ln 2 are those of
    a healthy game.

    ## Sources
    Goodfellow et al. 2014, Generative adversarial nets; Arjovsky and Bottou 2017, Towards
    principled methods for training GANs (a perfect discriminator has no gradient);
    developers.google.com/machine-learning/gan/problems.
    """
    run = context.run
    if run.curves_of(Role.REWARD):
        return NotApplicable("reinforcement learning: a critic is no opponent")
    makes, judges = _losses(run, MAKES), _losses(run, JUDGES)
    if not makes or not judges:
        return NotApplicable("no losses of a generator and of a discriminator")
    if any(_words(curve) & TAUGHT for curve in run.curves):
        return NotApplicable("the generator learns from targets as well")
    sides = [min(side, key=lambda curve: len(curve.name)) for side in (makes, judges)]
    halves = [_second_half(curve) for curve in sides]
    if min(map(len, halves)) < FEWEST_POINTS // 2:
        return CannotTell(f"fewer than {FEWEST_POINTS} points of their losses")
    if min(half.min() for half in halves) < 0:
        return NotApplicable("a loss below 0 is no cross-entropy")
    for won, lost, limit in ((1, 0, LOST), (0, 1, FOOLED)):
        level = float(np.median(halves[lost]))
        if halves[won].max() < WON and level > limit:
            return _flagged(run, sides[won], sides[lost], level, limit)
    levels = " and ".join(number(float(np.median(half))) for half in halves)
    return Passed(f"generator and discriminator end at {levels}")


def _words(curve: Curve) -> set[str]:
    return set(_WORDS.findall(f"{curve.name} {curve.tag}".lower()))


def _losses(run: Run, named: frozenset[str]) -> list[Curve]:
    """The training losses of one of the two networks."""
    return [
        curve for curve in run.curves
        if curve.split is Split.TRAIN and curve.is_called_loss and not curve.is_copy
        and _words(curve) & named and not _words(curve) & POLICIES
    ]  # fmt: skip


def _second_half(curve: Curve) -> np.ndarray:
    _, values = curve.series.finite()
    return np.asarray(values[len(values) // 2 :])


def _flagged(run: Run, won: Curve, lost: Curve, level: float, limit: float) -> Flagged:
    steps, _ = lost.series.finite()
    since = int(steps[len(steps) // 2])
    return Flagged(
        summary=f"`{won.name}` stands at {number(won.series.last.value)} and `{lost.name}` at "
        f"{number(level)}: one network has won, and the other learns nothing from it.",
        context="In a game that goes on both stand near ln 2 = 0.69.",
        evidence=(
            Evidence.of_curve(f"`{won.name}` at the end", won, None, at_least(WON), since=since),
            Evidence.of_curve(f"`{lost.name}`, median of the second half", lost, level,
                              at_most(limit), since=since),
        ),
        since=training_step(run, lost, since),
    )  # fmt: skip
