"""The ordinary scalars of one sample, so that Time Series draws them and the tab can link there."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc import facts
from tb_zeroacc.records import Layout

MAX_LAYERS = 32
NO_WEIGHT = 1e-6  # below this rms any update of a kernel is a multiple of it
Found = Mapping[str, "tuple[Layout, NDArray[np.float32]]"]


@dataclass(slots=True)
class Names:
    """What the contract knows about rows: which layers make outputs, which owns a variable."""

    outputs: frozenset[str] = frozenset()
    owner: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, contract: facts.Contract) -> Names:
        """The names of a contract."""
        made = {layer.name for layer in contract.layers if layer.is_output}
        owner = {path: layer.name for layer in contract.layers for path in layer.variables}
        return cls(frozenset(made), owner)


def of_sample(found: Found, names: Names, *, has_loss: bool = True) -> list[tuple[str, float]]:
    """Tags and values of one sample; what is unknown is left out, a broken loss is not.

    Args:
        found: Layout and values of each table, by kind.
        names: What the contract says about the rows.
        has_loss: Whether the step showed a loss; an unknown one is no NaN.
    """
    scalars: list[tuple[str, float]] = []
    if "loss" in found:
        values = _columns(found, "loss")
        if has_loss:
            scalars.append(("zeroacc/loss", float(values["loss"][0])))
        for name in ("learning_rate", "gradient_norm"):
            if not np.isnan(values[name][0]) or (name == "gradient_norm" and "gradients" in found):
                scalars.append((f"zeroacc/{name}", float(values[name][0])))
    known = [
        *_of_inputs(found), *_of_weights(found), *_of_layers(found, names),
        *_majority(found, "label_counts", "zeroacc/label_majority_share"),
        *_majority(found, "prediction_counts", "zeroacc/prediction_majority_share"),
    ]  # fmt: skip
    return scalars + [(tag, value) for tag, value in known if not np.isnan(value)]


def _columns(found: Found, kind: str) -> dict[str, NDArray[np.float32]]:
    layout, values = found[kind]
    return {name: values[:, i] for i, name in enumerate(layout.columns)}


def _of_inputs(found: Found) -> list[tuple[str, float]]:
    if "inputs" not in found:
        return []
    c = _columns(found, "inputs")
    size = c["count"] / c["count"].sum()
    return [
        ("zeroacc/input_rms", float(np.median(np.hypot(c["mean"], c["std"])))),
        ("zeroacc/input_mean", float((c["mean"] * size).sum())),
        ("zeroacc/input_std", float(np.median(c["std"]))),
        ("zeroacc/input_abs_max", float(np.maximum(-c["min"], c["max"]).max())),
        ("zeroacc/input_zero_share", float((c["zero_share"] * size).sum())),
    ]


def _of_weights(found: Found) -> list[tuple[str, float]]:
    if "weights" not in found:
        return []
    rows = found["weights"][0].rows
    c = _columns(found, "weights")
    kernels = np.array([name.endswith(("kernel", "embeddings")) for name in rows])
    kernels |= np.isfinite(c["unit_spread"])
    ratios = c["update_ratio"][kernels & (c["rms"] >= NO_WEIGHT)]
    return [("zeroacc/update_ratio", _largest(ratios))]


def _of_layers(found: Found, names: Names) -> list[tuple[str, float]]:
    scalars: list[tuple[str, float]] = []
    if "activations" in found:
        rows = found["activations"][0].rows
        c = _columns(found, "activations")
        for column, worst, tag in (
            ("dead_unit_share", "zeroacc/dead_unit_share", "zeroacc/dead_units/"),
            ("saturated_share", "zeroacc/saturated_share", "zeroacc/saturation/"),
        ):
            hidden = [i for i, name in enumerate(rows) if name.split("#")[0] not in names.outputs]
            scalars.append((worst, _largest(c[column][hidden])))
            told = [i for i in range(len(rows)) if not np.isnan(c[column][i])]
            scalars += [(tag + _safe(rows[i]), float(c[column][i])) for i in told[:MAX_LAYERS]]
    if "gradients" in found:
        rows = found["gradients"][0].rows
        rms = _columns(found, "gradients")["rms"]
        shown: dict[str, float] = {}
        for name, value in zip(rows, rms, strict=True):  # a layer's first variable: its kernel
            layer = names.owner.get(name, name.rsplit("/", 1)[0])
            shown.setdefault(layer, float(value))
        scalars += [
            (f"zeroacc/gradients/{_safe(name)}", value)
            for name, value in list(shown.items())[:MAX_LAYERS]
        ]
    return scalars


def _majority(found: Found, kind: str, tag: str) -> list[tuple[str, float]]:
    """The largest class's share of the first output that has classes."""
    for counts in found[kind][1] if kind in found else ():
        total = np.nansum(counts)
        if total > 0:
            return [(tag, float(np.nanmax(counts) / total))]
    return []


def _largest(values: NDArray[np.float32]) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return float(np.nanmax(values)) if values.size else float("nan")


def _safe(name: str) -> str:
    return re.sub(r"[^\w./#-]", "_", name)
