"""Which side of a curve is the better one, and whether it is one side of a game of networks."""

from __future__ import annotations

import re

from tb_zeroacc.diagnosis.computed.per_run import per_run
from tb_zeroacc.run import Curve, Role, Run

# Metrics by their names; of any other neither side is taken for the better one.
LOWER_IS_BETTER = frozenset(
    {
        "mse", "mae", "rmse", "rmsle", "mape", "perplexity", "ppl", "error", "err", "wer", "cer",
        "fid", "loss", "nll", "bpd", "deviation",
    }
)  # fmt: skip
HIGHER_IS_BETTER = frozenset(
    {
        "auc", "auroc", "f1", "fbeta", "precision", "recall", "iou", "miou", "ap", "map", "bleu",
        "rouge", "psnr", "ssim", "em", "mcc", "kappa", "dice", "r2", "pearson", "spearman",
        "hits", "mrr", "ndcg", "jaccard", "correlation", "sensitivity", "specificity", "success",
    }
)  # fmt: skip


_LETTERS = re.compile("[a-z]+")
# Networks that train against one another, or an actor and its critic: their losses are a balance.
PLAYERS = frozenset(
    {
        "generator", "discriminator", "gen", "disc", "critic", "actor", "policy", "adv",
        "adversarial", "adversary", "g", "d", "errg", "errd", "netg", "netd",
    }
)  # fmt: skip


def is_player(curve: Curve) -> bool:
    """Whether a loss is that of one of several networks that train against one another."""
    words = {*curve.name.lower().split("_"), *_LETTERS.findall(curve.tag.lower())}
    return curve.role is Role.LOSS and bool(words & PLAYERS)


# Of the names of models, layers and variables, where a single letter means nothing.
NAMED = frozenset({"generator", "discriminator", "critic", "adversary"})


@per_run
def has_opponent(run: Run) -> bool:
    """Whether curves, model or layers are named after networks that train against one another.

    A discriminator near ln 2 is the goal of a healthy game, not a model that learned nothing.
    """
    outputs = run.contract.outputs if run.contract else ()
    of_outputs = {f"{output.name}_loss" for output in outputs}  # an output may be called `d`
    losses = [curve for curve in run.curves_of(Role.LOSS) if curve.name not in of_outputs]
    return any(map(is_player, losses)) or not NAMED.isdisjoint(_names(run))


def _names(run: Run) -> set[str]:
    if run.contract is None:
        return set()
    named = [run.contract.model or "", *(output.name for output in run.contract.outputs)]
    for layer in run.contract.layers:
        named += [layer.name, *layer.variables]
    return {word for name in named for word in _LETTERS.findall(name.lower())}


def better_side(curve: Curve) -> int:
    """1 where higher is better, -1 where lower is, 0 where that is not known."""
    if curve.role is Role.LOSS:
        words = set(curve.name.lower().split("_"))
        is_bound = "elbo" in words and not words & {"loss", "neg", "negative"}
        return 0 if is_bound or is_player(curve) else -1
    if curve.role in (Role.ACCURACY, Role.REWARD):
        return 1
    if curve.role is not Role.METRIC:
        return 0
    words = set(curve.name.lower().split("_"))
    words |= {word.rstrip("0123456789") for word in words}
    lower, higher = bool(words & LOWER_IS_BETTER), bool(words & HIGHER_IS_BETTER)
    return int(higher) - int(lower)
