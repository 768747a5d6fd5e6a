"""What histograms say of the kernels, in logs that were written without the recorder."""

from __future__ import annotations

import re
from typing import NamedTuple

from tb_zeroacc.diagnosis.computed.model.layers import layer_of, layer_position
from tb_zeroacc.diagnosis.computed.per_run import per_run
from tb_zeroacc.run import Histograms, Run

# `sequential/dense/kernel/histogram` of Keras 3, `dense/kernel_0` of Keras 2, `conv1/weights_1` of
# TensorFlow 1, `layers.0.weight` of PyTorch.
_KERNEL = re.compile(
    r"(?P<name>(.*[/.])?(\w*kernel|embeddings|weights?))([:_]\d+)*(/histogram)?", re.DOTALL
)
_OF_NO_WEIGHTS = re.compile(r"grad|activation|update|moment", re.IGNORECASE)
_BIAS = re.compile("bias", re.IGNORECASE)
# Averages of batch normalisation move without an optimizer.
_MOVES_ANYWAY = re.compile(f"{_OF_NO_WEIGHTS.pattern}|moving|running", re.IGNORECASE)
FEWEST = 3  # histograms that are alike; of steps 1 and 2 alone a warm-up may still be at rate 0


class Kernel(NamedTuple):
    """The histograms of one kernel, and the path of its variable."""

    name: str
    seen: Histograms

    @property
    def single_value(self) -> float | None:
        """The value that all its weights have in all histograms; None where they differ."""
        one = self.seen.lowest == self.seen.highest and self.seen.bad_since is None
        return self.seen.lowest if one else None


@per_run
def kernel_histograms(run: Run) -> tuple[Kernel, ...]:
    """Those of kernels, from input to output; none where the recorder saw the weights.

    Keras' record of the model tells the order of its layers; without it the log's own is kept.
    """
    return () if run.recorded else logged_kernels(run)


@per_run
def logged_kernels(run: Run) -> tuple[Kernel, ...]:
    """The same, whether or not the recorder saw the weights, too."""
    named = ((_KERNEL.fullmatch(seen.tag), seen) for seen in run.histograms)
    kernels = [
        Kernel(match["name"], seen)
        for match, seen in named
        if match is not None and not _OF_NO_WEIGHTS.search(seen.tag)
    ]
    return tuple(sorted(kernels, key=lambda k: layer_position(run, layer_of(run, k.name))))


def unmoved_kernels(run: Run) -> tuple[Kernel, ...]:
    """All kernels, where none of them ever changes.

    None where they are too few, of one value, or hold NaN: those are other faults.
    """
    kernels = kernel_histograms(run)
    still = all(
        kernel.seen.count >= FEWEST
        and not kernel.seen.varies
        and kernel.seen.bad_since is None
        and kernel.single_value is None
        for kernel in kernels
    )
    return kernels if still else ()


class Changing(NamedTuple):
    """Tags of what changes, those aside that do so without an optimizer.

    Attributes:
        biases: Of biases while others stand still: no gradient comes further than to these.
        others: All the rest. Where every bias changes, gradients come through, and an update is
            only too small to be seen in a kernel: so those of a model that has converged are.
    """

    biases: tuple[str, ...]
    others: tuple[str, ...]


def changing(run: Run) -> Changing:
    """What the histograms show to change."""
    shown = [s for s in run.histograms if not _MOVES_ANYWAY.search(s.tag)]
    biases = [s for s in shown if _BIAS.search(s.tag)]
    if all(s.varies for s in biases):
        biases = []
    others = tuple(s.tag for s in shown if s.varies and s not in biases)
    return Changing(tuple(s.tag for s in biases if s.varies), others)
