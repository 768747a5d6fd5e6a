"""The words of tags, sorted by what they tell; lower case, as `meaning` cuts a tag into words.

Names are all that most logs offer, so this is the vocabulary of Keras, Lightning, Hugging Face,
PyTorch's examples, Estimators, stable-baselines3, ML-Agents, YOLO, Detectron2 and our recorder.
"""

from __future__ import annotations

import re

# Several words, or humps within one, that are one word here.
COMPOUNDS = (
    (re.compile("cross[-_ ]?entropy", re.IGNORECASE), "Crossentropy"),  # entropy is another thing
    (re.compile("exact[-_ ]?match", re.IGNORECASE), "Exactmatch"),
    (re.compile("smooth[-_ ]?l1", re.IGNORECASE), "Huber"),
    (re.compile("hit(?=(?:[-_ ]?rate)?@)", re.IGNORECASE), "Hits"),
    (re.compile("mIo[uU]|MIoU"), "Miou"),
    (re.compile("Io[uU]|(?<![A-Za-z])io_u(?![A-Za-z])"), "Iou"),
)

LOSSES = frozenset(
    {
        "loss", "losses", "nll", "bpd", "cost", "xent", "crossentropy", "logloss", "bce", "huber",
    }
)  # fmt: skip
# A bound that is maximised, or minimised with its sign turned: a loss, of no known side.
BOUND = "elbo"
TURNED = frozenset({"loss", "neg", "negative"})  # beside it: lower is better after all
ACCURACIES = frozenset({"acc", "accuracy"})
# Lower is better by their very name: one of them stands for the loss where a log has none.
ERRORS = frozenset(
    {"mse", "mae", "rmse", "rmsle", "mape", "perplexity", "ppl", "error", "err", "wer"}
)
LOWER_IS_BETTER = ERRORS | LOSSES | {"cer", "fid", "deviation"}
HIGHER_IS_BETTER = frozenset(
    {
        "auc", "auroc", "f1", "fbeta", "precision", "prec", "recall", "iou", "miou", "ap", "map",
        "bleu", "rouge", "psnr", "ssim", "em", "exactmatch", "mcc", "kappa", "dice", "r2",
        "pearson", "spearman", "hits", "mrr", "ndcg", "jaccard", "correlation",
        "sensitivity", "specificity", "success",
    }
)  # fmt: skip
METRICS = ERRORS | HIGHER_IS_BETTER | {"cer", "fid", "score", "squared", "absolute"}
REWARDS = frozenset({"reward", "rewards", "rew", "return", "returns"})
# Beside these words it is a part of a reward, or about one.
ABOUT_REWARD = frozenset(
    {
        "std", "min", "max", "histogram", "hist", "chosen", "rejected", "margins", "accuracies",
        "penalty",
    }
)  # fmt: skip
# Losses of reinforcement learning that tell nothing by their level.
REINFORCEMENT = frozenset(
    {"policy", "value", "actor", "critic", "entropy", "q", "td", "ppo", "dqn", "sac"}
)
# What else only logs of reinforcement learning speak of.
PLAYING = REWARDS | {
    "episode", "episodes", "episodic", "epsilon", "policy", "actor", "critic", "td", "rollout",
    "env", "environment", "agent", "ppo", "dqn", "sac",
}  # fmt: skip
ADVERSARIAL = frozenset(
    {
        "generator", "discriminator", "gen", "disc", "gan", "adv", "adversarial", "fake", "real",
        "gp", "wasserstein",
    }
)  # fmt: skip
# Networks that train against one another, or an actor and its critic: their losses are a balance.
PLAYERS = frozenset(
    {
        "generator", "discriminator", "gen", "disc", "critic", "actor", "policy", "adv",
        "adversarial", "adversary", "g", "d", "errg", "errd", "netg", "netd",
    }
)  # fmt: skip
REGULARISERS = frozenset(
    {
        "reg", "regularization", "regularisation", "regularizer", "penalty", "weight", "l1", "l2",
        "decay", "kl", "kld", "aux",
    }
)  # fmt: skip
# Beside the word `loss`, these say that it is about the loss, not the loss.
ABOUT_LOSS = frozenset({"scale", "scaler", "scaling", "time", "std", "count", "num"})
# Words that say that a curve is another one, smoothed; those of means may say something else.
AVERAGED = frozenset({"avg", "average", "mean"})
SMOOTHED = AVERAGED | {"smooth", "smoothed", "ema", "running", "moving", "raw"}
# Words that say over what a value was taken, not what it is.
FILLERS = SMOOTHED | {
    "epoch", "batch", "step", "iter", "iteration", "iterations", "ptl", "metrics", "metric", "per",
    "vs", "log", "total", "overall", "combined", "evaluation", "final", "losses", "performance",
}  # fmt: skip
# What these are about is no measure of how well a model does, whatever its curve looks like.
OF_SOMETHING_ELSE = ABOUT_LOSS | REGULARISERS | REINFORCEMENT | PLAYING | {
    "loss", "time", "sec", "seconds", "second", "eta", "duration", "speed", "throughput", "fps",
    "epoch", "step", "steps", "progress", "samples", "examples", "tokens", "size", "length",
    "memory", "mem", "gpu", "cpu", "ram", "disk", "util", "utilization", "temperature", "temp",
    "tau", "alpha", "beta", "gamma", "sigma", "noise", "momentum", "dropout", "sparsity", "dead",
    "rate", "schedule", "warmup", "grad", "gradient", "gradients", "norm", "bias", "variance",
    "min", "max", "clip", "fraction", "ratio", "hp", "explained", "kernel", "weights", "layer",
    "activation", "activations", "buffer", "queue",
}  # fmt: skip
# Top-1 and top-5 accuracy without that word, as PyTorch's ImageNet example has them.
_DATA = "(?:train|valid|val|test|eval)"
TOP = re.compile(rf"(?:{_DATA}[-_ ]?)?(?:top[-_ @]?\d+|prec@?\d+|precision@1)(?:[-_ ]{_DATA})?")
# Among how many guesses the right one must be, in the name of an accuracy.
AMONG_SEVERAL = re.compile(r"(?:top[-_ @]?k?[-_ ]?|prec@?|@)(\d+)")


def joined(tag: str) -> str:
    """A tag in which what is one word here is written as one."""
    for several, one in COMPOUNDS:
        tag = several.sub(one, tag)
    return tag
