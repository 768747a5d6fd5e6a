"""What a tag tells, read off its name: role, data, axis.

Names are all that most logs offer, so this is a vocabulary: of Keras, Lightning, Hugging Face,
PyTorch's examples, Estimators, stable-baselines3, ML-Agents, YOLO, Detectron2 and our recorder.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from tb_zeroacc.logs.grouping import split_of_word
from tb_zeroacc.run import Axis, Role, Split


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the name of a tag tells.

    Attributes:
        name: What is measured, free of prefix and split: `loss`, `accuracy`, `generator_loss`.
        role: See `run.Role`.
        split: The data it was measured on, None where the name does not tell.
        axis: What its steps count, as far as the name tells.
        rank: How well it stands for its role, 0 best; None where it never may (one of several
            terms, a regulariser, an adversary's loss).
        is_epoch: Whether it is a value of a whole epoch.
        reinforcement: Whether only reinforcement learning has it.
        adversarial: Its words that speak of two models that train against one another.
    """

    name: str
    role: Role
    split: Split | None = None
    axis: Axis = "unknown"
    rank: int | None = None
    is_epoch: bool = False
    reinforcement: bool = False
    adversarial: frozenset[str] = frozenset()


_WORD = re.compile(r"[A-Z]+(?![a-z])[0-9]*|[A-Z]?[a-z]+[0-9]*|[0-9]+")

_CROSS_ENTROPY = re.compile("cross[-_ ]?entropy", re.IGNORECASE)  # one word: entropy is another

_LOSS = {"loss", "losses", "nll", "bpd", "elbo", "cost", "xent", "crossentropy", "logloss"}
_ACCURACY = {"acc", "accuracy"}
# Lower is better by their very name: one of them stands for the loss where a log has none.
ERRORS = frozenset(
    {"mse", "mae", "rmse", "rmsle", "mape", "perplexity", "ppl", "error", "err", "wer"}
)
_METRIC = ERRORS | {
    "r2", "auc", "auroc", "f1", "fbeta", "precision", "recall", "iou", "ap", "map", "bleu",
    "rouge", "psnr", "ssim", "em", "mcc", "kappa", "dice", "cer", "score", "squared", "absolute",
    "correlation", "pearson", "spearman", "fid", "hits", "mrr", "ndcg", "jaccard", "sensitivity",
    "specificity", "success",
}  # fmt: skip
_REWARD = {"reward", "rewards", "rew", "return", "returns"}
# Beside these words it is a part of a reward, or about one.
_ABOUT_REWARD = {
    "std", "min", "max", "histogram", "hist", "chosen", "rejected", "margins", "accuracies",
    "penalty",
}  # fmt: skip
# Losses of reinforcement learning that tell nothing by their level.
_REINFORCEMENT = {"policy", "value", "actor", "critic", "entropy", "q", "td", "ppo", "dqn", "sac"}
_ADVERSARIAL = {
    "generator", "discriminator", "gen", "disc", "gan", "adv", "adversarial", "fake", "real", "gp",
    "wasserstein",
}  # fmt: skip
_REGULARISER = {
    "reg", "regularization", "regularisation", "regularizer", "penalty", "weight", "l1", "l2",
    "decay", "kl", "kld", "aux",
}  # fmt: skip
# Beside the word `loss`, these say that it is about the loss, not the loss.
_ABOUT_LOSS = {"scale", "scaler", "scaling", "time", "std", "count", "num"}
# Words that say over what a value was taken, not what it is.
_FILLER = {
    "epoch", "batch", "step", "iter", "iteration", "iterations", "mean", "avg", "average",
    "running", "raw", "ptl", "metrics", "metric", "per", "vs", "log", "total", "overall",
    "combined", "evaluation", "smoothed", "ema", "final", "losses", "performance",
}  # fmt: skip


def meaning_of(tag: str) -> Meaning:
    """Reads a tag's name."""
    if tag.startswith("zeroacc/"):
        return _of_recorder(tag.removeprefix("zeroacc/"))
    if tag.startswith("epoch_"):
        return _of_keras(tag.removeprefix("epoch_"), "epoch", is_epoch=True)
    if tag.startswith("batch_"):
        return _of_keras(tag.removeprefix("batch_"), "step", is_epoch=False)
    if tag.startswith("evaluation_") and tag.endswith("_vs_iterations"):
        name = tag.removeprefix("evaluation_").removesuffix("_vs_iterations")
        return _of_keras(name, "step", is_epoch=False)
    return _of_words(tag)


def _of_recorder(rest: str) -> Meaning:
    """Tags of our own recorder."""
    if rest.startswith("epoch/"):
        entry = _of_keras(rest.removeprefix("epoch/"), "epoch", is_epoch=True)
        return replace(entry, split=entry.split or Split.TRAIN)
    role = {
        "loss": Role.LOSS,
        "learning_rate": Role.LEARNING_RATE,
        "gradient_norm": Role.GRADIENT_NORM,
    }.get(rest, Role.OTHER)
    rank = None if role is Role.OTHER else 0
    return Meaning(rest, role, Split.TRAIN, "step", rank)


def _of_keras(name: str, axis: Axis, *, is_epoch: bool) -> Meaning:
    """An entry of Keras' `logs`: everything in it that is no loss is a metric."""
    split = None
    if name.startswith("val_"):
        name, split = name.removeprefix("val_"), Split.VALIDATION
    read = _of_words(name)
    role = read.role
    if role is Role.OTHER and name != "steps_per_second":
        role = Role.METRIC
    rank = read.rank
    if role is Role.LOSS:
        rank = 0 if name == "loss" else None  # the others are one output's each
    return Meaning(name, role, split, axis, rank, is_epoch=is_epoch)


def _of_words(tag: str) -> Meaning:
    words = [word.lower() for word in _WORD.findall(_CROSS_ENTROPY.sub("Crossentropy", tag))]
    splits = [split for word in words if (split := split_of_word(word))]
    telling = [word for word in words if split_of_word(word) is None]
    core = [word for word in telling if word not in _FILLER]
    role = _role(tag, telling)
    return Meaning(
        name="_".join(core or telling) or tag,
        role=role,
        split=splits[-1] if splits else None,
        axis="step" if words[-1:] == ["step"] else "unknown",
        rank=_rank(role, core, telling),
        is_epoch="epoch" in words and words != ["epoch"],
        reinforcement=role is Role.REWARD or bool(_REINFORCEMENT & set(core) and "loss" in core),
        adversarial=frozenset(_ADVERSARIAL & set(core)),
    )


def _role(tag: str, telling: list[str]) -> Role:
    words = {*telling, *(word.rstrip("0123456789") for word in telling)}
    if "lr" in words or {"learning", "rate"} <= words:
        return Role.LEARNING_RATE
    if "norm" in words and words & {"grad", "gradient", "gradients", "global"}:
        return Role.GRADIENT_NORM
    if words & _REWARD or telling == ["score"]:
        about = words & _ABOUT_REWARD
        return Role.OTHER if about else Role.REWARD
    if words & _ACCURACY:
        other = words & _ADVERSARIAL or _is_position(telling)
        return Role.METRIC if other else Role.ACCURACY
    if words & _LOSS or tag.rsplit("/", 1)[-1].lower() == "ce":
        other = words & (_REGULARISER | _REINFORCEMENT | _ABOUT_LOSS)
        return Role.OTHER if other else Role.LOSS
    return Role.METRIC if words & _METRIC else Role.OTHER


def _is_position(telling: list[str]) -> bool:
    """Whether it is where the right answer stands among all, lower is better: `acc_mean_pos`.

    A rank with a number is another thing: `rank1` is top-1 accuracy, `rank_0` a process.
    """
    pairs = list(zip(telling, [*telling[1:], ""], strict=True))
    return "position" in telling or any(
        pair == ("mean", "pos") or (pair[0] == "rank" and not pair[1].isdigit()) for pair in pairs
    )


def _rank(role: Role, core: list[str], telling: list[str]) -> int | None:
    """How well a curve stands for its role: the fewer words of its own, the better."""
    if role is Role.OTHER or _ADVERSARIAL & set(core):
        return None
    rank = 10 * (sum(not word.isdigit() for word in core) - 1) + len(telling)
    if role is Role.ACCURACY and any(word.startswith(("top", "fg", "pos")) for word in core):
        rank += 50
    if role is Role.LOSS and "total" in telling:
        rank -= 2
    if role is Role.REWARD and "cumulative" in core:
        rank -= 20
    return rank
