"""What a tag tells, read off its name: role, data, axis."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from tb_zeroacc.logs.grouping import split_of_word
from tb_zeroacc.logs.roles.vocabulary import (
    ABOUT_LOSS,
    ABOUT_REWARD,
    ACCURACIES,
    ADVERSARIAL,
    AMONG_SEVERAL,
    BOUND,
    ERRORS,
    FILLERS,
    LOSSES,
    METRICS,
    PLAYING,
    REGULARISERS,
    REINFORCEMENT,
    REWARDS,
    SMOOTHED,
    TOP,
    TURNED,
    joined,
)
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
        reinforcement: Whether only reinforcement learning has it, so that losses beside it tell
            nothing by their level.
        playing: Whether it speaks of reinforcement learning at all.
        adversarial: Its words that speak of two models that train against one another.
        smoothed: Its words that say that it is another curve, smoothed.
    """

    name: str
    role: Role
    split: Split | None = None
    axis: Axis = "unknown"
    rank: int | None = None
    is_epoch: bool = False
    reinforcement: bool = False
    playing: bool = False
    adversarial: frozenset[str] = frozenset()
    smoothed: frozenset[str] = frozenset()

    @property
    def words(self) -> frozenset[str]:
        """The words of its name."""
        return frozenset(self.name.lower().split("_"))

    @property
    def may_be_loss(self) -> bool:
        """Whether it stands for the loss where nothing is called one: an error, a distance."""
        is_distance = self.role is Role.OTHER and self.words in ({"l1", "loss"}, {"l2", "loss"})
        return is_distance or (self.role is Role.METRIC and bool(ERRORS & self.words))


_WORD = re.compile(r"[A-Z]+(?![a-z])[0-9]*|[A-Z]?[a-z]+[0-9]*|[0-9]+")


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
    words = [word.lower() for word in _WORD.findall(joined(tag))]
    splits = [split for word in words if (split := split_of_word(word))]
    telling = [word for word in words if split_of_word(word) is None]
    core = [word for word in telling if word not in FILLERS]
    role = _role(tag, telling)
    return Meaning(
        name="_".join(core or telling) or tag,
        role=role,
        split=splits[-1] if splits else None,
        axis="step" if words[-1:] == ["step"] else "unknown",
        rank=_rank(tag, role, core, telling),
        is_epoch="epoch" in words and words != ["epoch"],
        reinforcement=role is Role.REWARD or bool(REINFORCEMENT & set(core) and "loss" in core),
        playing=bool(PLAYING & set(words)) and not _is_term_of_reward(tag),
        adversarial=frozenset(ADVERSARIAL & set(core)),
        smoothed=frozenset(SMOOTHED & set(telling)),
    )


def _role(tag: str, telling: list[str]) -> Role:
    words = {*telling, *(word.rstrip("0123456789") for word in telling)}
    if "lr" in words or {"learning", "rate"} <= words:
        return Role.LEARNING_RATE
    if _is_gradient_norm(words):
        return Role.GRADIENT_NORM
    if words & REWARDS:
        about = words & ABOUT_REWARD or _is_term_of_reward(tag)
        return Role.OTHER if about else Role.REWARD
    if words & ACCURACIES or _is_top(tag):
        other = words & ADVERSARIAL or _is_position(telling)
        return Role.METRIC if other else Role.ACCURACY
    if words & LOSSES or BOUND in words or [w for w in telling if w not in FILLERS] == ["ce"]:
        other = words & (REGULARISERS | REINFORCEMENT | ABOUT_LOSS)
        return Role.OTHER if other else Role.LOSS
    return Role.METRIC if words & METRICS else Role.OTHER


def _is_gradient_norm(words: set[str]) -> bool:
    if "gnorm" in words or words == {"total", "norm"}:
        return True
    return "norm" in words and bool(words & {"grad", "gradient", "gradients", "global"})


def _is_term_of_reward(tag: str) -> bool:
    """Whether it is one of several: `rewards/chosen`, which preference tuning logs, too."""
    return "rewards" in tag.lower().split("/")[:-1]


def _is_top(tag: str) -> bool:
    """Whether it is an accuracy without that word: `top1`, `Prec@5`."""
    return TOP.fullmatch(tag.rsplit("/", 1)[-1].lower()) is not None


def _is_position(telling: list[str]) -> bool:
    """Whether it is where the right answer stands among all, lower is better: `acc_mean_pos`.

    A rank with a number is another thing: `rank1` is top-1 accuracy, `rank_0` a process.
    """
    pairs = list(zip(telling, [*telling[1:], ""], strict=True))
    return "position" in telling or any(
        pair == ("mean", "pos") or (pair[0] == "rank" and not pair[1].isdigit()) for pair in pairs
    )


def _rank(tag: str, role: Role, core: list[str], telling: list[str]) -> int | None:
    """How well a curve stands for its role: the fewer words of its own, the better."""
    is_bound = BOUND in core and not TURNED & set(core)
    if role is Role.OTHER or ADVERSARIAL & set(core) or is_bound:
        return None
    rank = 10 * (sum(not word.isdigit() for word in core) - 1) + len(telling)
    if role is Role.ACCURACY and _is_among_several(tag, core):
        rank += 50
    if role is Role.LOSS and "total" in telling:
        rank -= 2
    if role is Role.REWARD and "cumulative" in core:
        rank -= 20
    return rank


def _is_among_several(tag: str, core: list[str]) -> bool:
    """Whether it asks for less than the first guess, or looks at a part of the classes alone."""
    among = AMONG_SEVERAL.search(tag.lower())
    if among is not None:
        return among[1] != "1"
    return any(word.startswith(("top", "fg", "pos")) for word in core)
