"""What the model was fed: scales of its inputs, and what stands between them and its weights."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.diagnosis.answers import Evidence
from tb_zeroacc.diagnosis.inside import KERNEL_NAMES, fact
from tb_zeroacc.facts import Layer
from tb_zeroacc.run import Run, Table

# Parts of class names of layers that scale what comes in, or look it up instead of multiplying it.
PREPARING = (
    "Rescaling", "Normalization", "Embedding", "Lookup", "Vectorization", "Hashing",
    "Discretization", "Encoding", "Preprocess",
)  # fmt: skip
# Models within models: what they hold, scaling layers too, is not in the contract.
NESTED = ("Functional", "Sequential", "Model", "Lambda", "TFSMLayer")
STEP_LOSS_TAG = "zeroacc/loss"


def entry(run: Run) -> tuple[Layer, ...]:
    """The layers before the first one that multiplies its input with a kernel."""
    found = []
    for layer in run.contract.layers if run.contract else ():
        prepares = any(word in layer.class_name for word in PREPARING)
        kernel = any(v.rsplit("/", 1)[-1].endswith(KERNEL_NAMES) for v in layer.variables)
        if kernel and not prepares:
            break
        found.append(layer)
    return tuple(found)


def prepared_by(run: Run) -> Layer | None:
    """The layer that scales or looks up the inputs before any kernel sees them."""
    for layer in entry(run):
        if any(word in layer.class_name for word in PREPARING):
            return layer
    return None


def hidden_entry(run: Run) -> Layer | None:
    """A layer in front that may do anything to the inputs: a model of its own, a Lambda."""
    known = {layer.name for layer in entry(run)}
    layers = run.contract.layers if run.contract else ()
    first = [x for x in layers if x.class_name != "InputLayer" and x.name not in known][:1]
    return next((x for x in (*entry(run), *first) if x.class_name in NESTED), None)


def rms_by_feature(inputs: Table) -> NDArray[np.float64]:
    """Root mean square of each feature, the median over samples; (rows,), NaN where unknown."""
    rms = np.hypot(inputs.column("mean"), inputs.column("std"))
    rms[~np.isfinite(rms)] = np.nan
    known = np.isfinite(rms).any(axis=0)
    found = np.full(rms.shape[1], np.nan)
    found[known] = np.nanmedian(rms[:, known], axis=0)
    return found


def steps_taken(run: Run) -> int:
    """Training steps on record, from whatever tells most of them."""
    ends = [epoch.step for epoch in run.epochs]
    ends += [run.end.step] if run.end and run.end.step is not None else []
    ends += [int(table.steps[-1]) + 1 for table in run.tables.values() if len(table)]
    return max(ends, default=0)


def listed(names: list[str], most: int = 3) -> str:
    """Names in a sentence: `a`, `b` and 4 more."""
    shown = [f"`{name}`" for name in names[:most]]
    more = len(names) - len(shown)
    if more:
        return f"{', '.join(shown)} and {more} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]


def step_losses(run: Run) -> tuple[NDArray[np.int64], NDArray[np.float64]] | None:
    """Steps and losses of sampled batches, the penalty left out where it is known; (samples,)."""
    table = run.table("loss")
    if table is None:
        return None
    whole, data = table.column("loss")[:, 0], table.column("data_loss")[:, 0]
    return table.steps, np.where(np.isfinite(data), data, whole)


def loss_shown(run: Run, since: int = 0) -> tuple[Evidence, ...]:
    """The last batch's loss, for the page to draw what the fault did to it; empty without one."""
    return last_shown(run, STEP_LOSS_TAG, "loss of the last sampled batch", since)


def last_shown(run: Run, tag: str, text: str, since: int = 0) -> tuple[Evidence, ...]:
    """The last point of one of the recorder's scalars, for the page to draw; empty without one."""
    curve = run.curve(tag)
    if curve is None or not len(curve.series):
        return ()
    last = curve.series.last
    return (fact(run, text, last.value, tag=tag, since=since, until=last.step),)
