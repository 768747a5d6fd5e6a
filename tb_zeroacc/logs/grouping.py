"""Which directories make one training, and which data each of them was measured on.

The directories `train`, `validation`, `test`, `zeroacc` and the like below a common parent, with
the files in that parent itself, are one training. TensorBoard lists each of them as a run: here
they are its members.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from tb_zeroacc.run import Split
from tb_zeroacc.workers import Worker

TRAIN = frozenset({"train", "training", "trn", "learn"})
VALIDATION = frozenset({"validation", "valid", "val", "eval", "evaluation", "dev", "cv"})
TEST = frozenset({"test", "testing"})
RECORDER = "zeroacc"

_WORKER = re.compile(r"^worker_(\d{1,6})$")
# PyTorch's `add_hparams` logs its last metrics into a directory named by the time.
_HPARAMS = re.compile(r"^\d{9,}\.\d+$")
_WORDS = re.compile(r"[A-Za-z]+|[0-9]+")


@dataclass(frozen=True, slots=True)
class Part:
    """Where one directory belongs.

    Attributes:
        training: Name of its training, a directory relative to the log directory.
        split: Which data it holds, None where its name does not tell.
        recorder: Whether our recorder writes there.
        worker: The process of a job that writes there; None for the only one, and for what several
            of them share.
    """

    training: str
    split: Split | None = None
    recorder: bool = False
    worker: Worker | None = None


def split_of_word(word: str) -> Split | None:
    """The data that a word names: `val` is validation."""
    word = word.lower()
    if word in TRAIN:
        return Split.TRAIN
    if word in VALIDATION:
        return Split.VALIDATION
    return Split.TEST if word in TEST else None


def parts_of(
    members: Iterable[str], label: str, tags: Mapping[str, Collection[str]]
) -> dict[str, Part]:
    """Sorts directories into trainings.

    Args:
        members: Directories relative to the log directory, `.` for itself.
        label: Last component of the log directory's own path: it may itself be a `train`.
        tags: The scalar tags of each directory.
    """
    members = list(members)
    found = {member: _by_name(member, label) for member in members}
    for member in members:
        parent, _, name = member.rpartition("/")
        if _HPARAMS.match(name) and (parent or ".") in found:
            found[member] = Part(parent or ".")
    found.update(_curve_directories(members, tags))
    found.update(_siblings(members, found))
    return found


def _by_name(member: str, label: str) -> Part:
    if member == ".":
        worker = _recorded_worker(label)
        recorder = label == RECORDER or worker is not None
        return Part(".", _split_of_directory(label), recorder, worker)
    pieces = member.split("/")
    worker = _recorded_worker(pieces[-1])
    if worker and len(pieces) > 1 and pieces[-2] == RECORDER:
        return Part(_joined(pieces[:-2]), recorder=True, worker=worker)
    if worker and len(pieces) == 1 and label == RECORDER:
        return Part(".", recorder=True, worker=worker)
    if pieces[-1] == RECORDER:
        return Part(_joined(pieces[:-1]), recorder=True)
    split = _split_of_directory(pieces[-1])
    return Part(member) if split is None else Part(_joined(pieces[:-1]), split)


def _recorded_worker(name: str) -> Worker | None:
    """The worker whose record a directory within the recorder's holds, by its name."""
    found = _WORKER.match(name)
    return None if found is None else Worker("worker", int(found[1]))


def _split_of_directory(name: str) -> Split | None:
    """`train`, and the `eval_<name>` of Estimators."""
    if name.lower().startswith("eval_"):
        return Split.VALIDATION
    return split_of_word(name)


def _curve_directories(members: list[str], tags: Mapping[str, Collection[str]]) -> dict[str, Part]:
    """The directories of `add_scalars`, one a curve, each of which holds one tag.

    PyTorch calls them `<tag>_<curve>`, tensorboardX `<tag>/<curve>`.
    """
    found: dict[str, Part] = {}
    known = set(members)
    for member in members:
        held = tags.get(member, ())
        if member == "." or len(held) != 1:
            continue
        tag = next(iter(held))
        stems = f"{tag.replace('/', '_')}_", f"{tag}/"
        pieces = member.split("/")
        # A curve's name may hold slashes of its own, so the directory may begin further up.
        for depth in range(len(pieces)):
            parent = _joined(pieces[:depth])
            below = "/".join(pieces[depth:])
            stem = next((stem for stem in stems if below.startswith(stem)), below)
            if len(below) > len(stem):
                if parent in known:  # its own file lies there, if only a header
                    found[member] = Part(parent, _only_split(below.removeprefix(stem)))
                break
    return found


def _only_split(name: str) -> Split | None:
    splits = {split for word in _WORDS.findall(name) if (split := split_of_word(word))}
    return splits.pop() if len(splits) == 1 else None


def _siblings(members: list[str], known: Mapping[str, Part]) -> dict[str, Part]:
    """`train with Adam` beside `val with Adam`: one training, `with Adam`."""
    families: dict[tuple[str, str], list[tuple[str, Split]]] = defaultdict(list)
    for member in members:
        pieces = member.split("/")
        split = _only_split(pieces[-1])
        if member == "." or known[member] != Part(member) or split is None:
            continue
        rest = " ".join(word for word in _words(pieces[-1]) if split_of_word(word) is None)
        if rest:
            families[_joined(pieces[:-1]), rest].append((member, split))
    found: dict[str, Part] = {}
    for (parent, rest), family in families.items():
        if len({split for _, split in family}) == len(family) > 1:
            name = rest if parent == "." else f"{parent}/{rest}"
            found.update({member: Part(name, split) for member, split in family})
    return found


def _words(name: str) -> list[str]:
    return [word for word in re.split(r"[\s_\-.]+", name) if word]


def _joined(pieces: list[str]) -> str:
    return "/".join(pieces) or "."
