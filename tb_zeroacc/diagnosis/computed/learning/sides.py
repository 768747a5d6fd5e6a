"""Which side of a curve is the better one, as far as its role and its name tell."""

from __future__ import annotations

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
        "hits", "mrr", "ndcg", "jaccard", "correlation", "sensitivity", "specificity",
    }
)  # fmt: skip


def better_side(curve: Curve) -> int:
    """1 where higher is better, -1 where lower is, 0 where that is not known."""
    if curve.role is Role.LOSS:
        return -1
    if curve.role in (Role.ACCURACY, Role.REWARD):
        return 1
    if curve.role is not Role.METRIC:
        return 0
    words = set(curve.name.lower().split("_"))
    words |= {word.rstrip("0123456789") for word in words}
    lower, higher = bool(words & LOWER_IS_BETTER), bool(words & HIGHER_IS_BETTER)
    return int(higher) - int(lower)
