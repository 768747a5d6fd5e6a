"""Which side of a curve is the better one, as far as its role and its name tell."""

from __future__ import annotations

import re

from tb_zeroacc.run import Curve, Role

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


def is_named_loss(curve: Curve) -> bool:
    """Whether a curve is called a loss, though it may stand for none: a critic's, a policy's."""
    words = curve.name.lower().split("_")
    return words[-1] == "loss" or ("loss" in words and bool(set(words) & PLAYERS))


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
