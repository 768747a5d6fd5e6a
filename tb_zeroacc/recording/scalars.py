"""The ordinary scalars of one sample, so that Time Series draws them and the tab can link there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc import facts
from tb_zeroacc.records import Layout

MAX_LAYERS = 32
NO_WEIGHT = 1e-6  # below this rms any update of a kernel is a multiple of it
Values = NDArray[np.float32]


@dataclass(slots=True)
class Names:
    """What the contract knows about rows.

    Attributes:
        unhidden: Layers that make outputs, and softmax layers: gates, whose saturation is sound.
        owner: The layer of each variable.
    """

    unhidden: frozenset[str] = frozenset()
    owner: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, contract: facts.Contract) -> Names:
        """The names of a contract."""
        made = {
            layer.name
            for layer in contract.layers
            if layer.is_output or layer.activation == "softmax"
        }
        owner = {path: layer.name for layer in contract.layers for path in layer.variables}
        return cls(frozenset(made), owner)


class Scalars:
    """The scalars of samples of one shape: what depends on names alone is found once.

    Args:
        layouts: Of the tables of a sample.
        names: What the contract says about the rows.
        has_loss: Whether the steps show a loss; an unknown one is no NaN.
    """

    def __init__(self, layouts: Sequence[Layout], names: Names, *, has_loss: bool = True) -> None:
        self.layouts = tuple(layouts)
        self._at = {layout.kind: i for i, layout in enumerate(layouts)}
        self._has_loss = has_loss
        self._columns = {
            layout.kind: {name: i for i, name in enumerate(layout.columns)} for layout in layouts
        }
        rows = {layout.kind: layout.rows for layout in layouts}
        self._kernels = np.array(
            [name.endswith(("kernel", "embeddings")) for name in rows.get("weights", ())], bool
        )
        called = rows.get("activations", ())
        self._called = [_safe(row) for row in called]
        self._hidden = [i for i, r in enumerate(called) if r.split("#")[0] not in names.unhidden]
        shown: dict[str, int] = {}
        for i, name in enumerate(rows.get("gradients", ())):  # a layer's first variable: its kernel
            layer = names.owner.get(name, name.rsplit("/", 1)[0])
            shown.setdefault(layer, i)
        self._gradients = [
            (f"zeroacc/gradients/{_safe(layer)}", i)
            for layer, i in list(shown.items())[:MAX_LAYERS]
        ]

    def of(self, tables: Sequence[Values]) -> list[tuple[str, float]]:
        """Tags and values of one sample; what is unknown is left out, a broken loss is not.

        Args:
            tables: In the order of the layouts.
        """
        known = [
            *self._of_inputs(tables), *self._of_weights(tables), *self._of_layers(tables),
            *self._majority(tables, "label_counts", "zeroacc/label_majority_share"),
            *self._majority(tables, "prediction_counts", "zeroacc/prediction_majority_share"),
        ]  # fmt: skip
        # Of two numbers that are equal neither is NaN.
        return self._of_loss(tables) + [(tag, value) for tag, value in known if value == value]

    def _column(self, tables: Sequence[Values], kind: str, name: str) -> Values:
        return tables[self._at[kind]][:, self._columns[kind][name]]

    def _of_loss(self, tables: Sequence[Values]) -> list[tuple[str, float]]:
        if "loss" not in self._at:
            return []
        row = tables[self._at["loss"]][0].tolist()
        columns = self._columns["loss"]
        found = [("zeroacc/loss", row[columns["loss"]])] if self._has_loss else []
        rate, norm = row[columns["learning_rate"]], row[columns["gradient_norm"]]
        found += [("zeroacc/learning_rate", rate)] if rate == rate else []
        has_norm = norm == norm or "gradients" in self._at  # there NaN is the finding
        return found + ([("zeroacc/gradient_norm", norm)] if has_norm else [])

    def _of_inputs(self, tables: Sequence[Values]) -> list[tuple[str, float]]:
        if "inputs" not in self._at:
            return []
        names = ("mean", "std", "min", "max", "zero_share", "count")
        mean, std, low, high, zero, number = (self._column(tables, "inputs", n) for n in names)
        with np.errstate(invalid="ignore"):  # of a batch of nothing
            size = number / number.sum()
        return [
            ("zeroacc/input_rms", _median(np.hypot(mean, std))),
            ("zeroacc/input_mean", float(mean @ size)),
            ("zeroacc/input_std", _median(std)),
            ("zeroacc/input_abs_max", float(np.maximum(-low, high).max())),
            ("zeroacc/input_zero_share", float(zero @ size)),
        ]

    def _of_weights(self, tables: Sequence[Values]) -> list[tuple[str, float]]:
        if "weights" not in self._at:
            return []
        names = ("unit_spread", "rms", "update_ratio")
        spread, rms, ratio = (self._column(tables, "weights", n) for n in names)
        chosen = (self._kernels | np.isfinite(spread)) & (rms >= NO_WEIGHT)
        return [("zeroacc/update_ratio", _largest(ratio[chosen]))]

    def _of_layers(self, tables: Sequence[Values]) -> list[tuple[str, float]]:
        found: list[tuple[str, float]] = []
        if "activations" in self._at:
            for column, worst, tag in (
                ("dead_unit_share", "zeroacc/dead_unit_share", "zeroacc/dead_units/"),
                ("saturated_share", "zeroacc/saturated_share", "zeroacc/saturation/"),
            ):
                values = self._column(tables, "activations", column)
                found.append((worst, _largest(values[self._hidden])))
                told = np.flatnonzero(values == values)[:MAX_LAYERS].tolist()
                found += [(tag + self._called[i], float(values[i])) for i in told]
        if self._gradients:
            rms = self._column(tables, "gradients", "rms").tolist()
            found += [(tag, rms[i]) for tag, i in self._gradients]
        return found

    def _majority(self, tables: Sequence[Values], kind: str, tag: str) -> list[tuple[str, float]]:
        """The largest class's share of the first output that has classes."""
        for counts in tables[self._at[kind]] if kind in self._at else ():
            counted = counts[counts == counts]  # NaN where an output has fewer classes
            total = float(counted.sum())
            if total > 0:
                return [(tag, float(counted.max()) / total)]
        return []


def _largest(values: Values) -> float:
    known = values[values == values]
    return float(known.max()) if known.size else float("nan")


def _median(values: Values) -> float:
    """The median; NumPy's own costs ten times as much on short arrays."""
    if not np.isfinite(values).all():
        return float(np.median(values))
    ordered = np.sort(values)
    middle = len(ordered) // 2
    return float(ordered[middle] if len(ordered) % 2 else ordered[middle - 1 : middle + 1].mean())


def _safe(name: str) -> str:
    return re.sub(r"[^\w./#-]", "_", name)
