"""The few hyperparameters that help to judge a training, out of all that writers log.

Names are free, so only usual ones are known, by the last part of a path: `optimizer.lr` is `lr`.
What stands there twice with different values is not known.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import fields, replace

from google.protobuf.message import DecodeError
from tensorboard.plugins.hparams import plugin_data_pb2

from tb_zeroacc.run import Hyperparameters
from tb_zeroacc.wording import number

START_TAG = "_hparams_/session_start_info"  # of TensorBoard's HParams plugin, whoever writes it
MAX_SIZE = 2**20  # bytes of one record
MAX_NAMES = 1_000  # of one training; more are no settings for a person
MAX_NAME = 50  # characters of an optimizer's name
MAX_COUNT = 10**9

_RATES = ("lr", "learning_rate", "base_lr", "init_lr", "initial_lr", "lr0")
_OPTIMIZERS = ("optimizer", "optim", "opt", "optimizer_name", "optimizer_type")
_COUNTS = {
    "batch_size": ("batch_size", "train_batch_size", "batchsize", "bs",
                   "per_device_train_batch_size"),
    "classes": ("num_classes", "n_classes", "nclasses", "nb_classes", "num_labels", "n_labels",
                "number_of_classes"),
    "epochs": ("epochs", "max_epochs", "num_epochs", "n_epochs", "num_train_epochs"),
}  # fmt: skip


def hyperparameters_of(named: Iterable[tuple[str, object]], source: str) -> Hyperparameters | None:
    """The known ones among names and values; None where there are none.

    Args:
        named: Names and values as they were logged.
        source: Where they stand.
    """
    found: dict[str, set[str | float | int]] = {}
    for name, value in named:
        last = name.replace("/", ".").rsplit(".", 1)[-1].strip().lower()
        for field, read in (_rate(last, value), _optimizer(last, value), _count(last, value)):
            if read is not None:
                found.setdefault(field, set()).add(read)
    plain = {field: values.pop() for field, values in found.items() if len(values) == 1}
    # Each field was read by the reader of its own type.
    return Hyperparameters(**plain, source=source) if plain else None  # type: ignore[arg-type]


def of_plugin(content: bytes) -> Hyperparameters | None:
    """Those that TensorBoard's HParams plugin keeps of a session; None where there are none."""
    if len(content) > MAX_SIZE:
        return None
    try:
        data = plugin_data_pb2.HParamsPluginData.FromString(content)
    except DecodeError:
        return None
    hparams = data.session_start_info.hparams
    named = []
    for name in list(hparams)[:MAX_NAMES]:
        value = hparams[name]
        kind = value.WhichOneof("kind")
        if kind in ("number_value", "string_value"):
            named.append((name, getattr(value, kind)))
    return hyperparameters_of(named, "HParams record")


def joined(first: Hyperparameters | None, second: Hyperparameters | None) -> Hyperparameters | None:
    """What either says; the first where both do."""
    if first is None or second is None:
        return first or second
    unsaid = [f.name for f in fields(first) if getattr(first, f.name) is None]
    return replace(first, **{name: getattr(second, name) for name in unsaid})


def in_words(found: Hyperparameters) -> str | None:
    """What was set, as a sentence; None where nothing was."""
    parts = [
        None if found.learning_rate is None else f"learning rate {number(found.learning_rate)}",
        None if found.optimizer is None else f"optimizer {found.optimizer}",
        None if found.batch_size is None else f"batch size {found.batch_size}",
        None if found.classes is None else f"{found.classes} classes",
        None if found.epochs is None else f"{found.epochs} epochs",
    ]
    told = ", ".join(part for part in parts if part is not None)
    return f"Set for this training, by its {found.source}: {told}." if told else None


def _rate(name: str, value: object) -> tuple[str, float | None]:
    rate = _number(value) if name in _RATES else None
    is_rate = rate is not None and 0.0 < rate < math.inf
    return "learning_rate", rate if is_rate else None


def _optimizer(name: str, value: object) -> tuple[str, str | None]:
    """A name or a path to a class: `torch.optim.AdamW` is `AdamW`."""
    if name not in _OPTIMIZERS or not isinstance(value, str):
        return "optimizer", None
    told = value.strip().rsplit(".", 1)[-1]
    return "optimizer", told if told.isidentifier() and len(told) <= MAX_NAME else None


def _count(name: str, value: object) -> tuple[str, int | None]:
    field = next((field for field, names in _COUNTS.items() if name in names), "")
    told = _number(value) if field else None
    is_count = told is not None and 1 <= told <= MAX_COUNT and told == int(told)
    return field, int(told) if is_count and told is not None else None


def _number(value: object) -> float | None:
    """A number; YAML 1.1 takes `1e-4` for text, so that text may be one, too."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None
