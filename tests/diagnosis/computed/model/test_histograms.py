"""Which histograms are of kernels, and what they say of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tb_zeroacc.diagnosis.computed.model.histograms import (
    changing,
    kernel_histograms,
    unmoved_kernels,
)
from tb_zeroacc.facts import Layer
from tb_zeroacc.run import Histograms
from tests.diagnosis.planted import a_contract, a_run, some_histograms

NAMES = {
    "sequential/dense/kernel/histogram": "sequential/dense/kernel",
    "dense_1/kernel_0": "dense_1/kernel",
    "conv1/weights_1": "conv1/weights",
    "dense/kernel:0": "dense/kernel",
    "layers.0.weight": "layers.0.weight",
    "lstm/lstm_cell/recurrent_kernel/histogram": "lstm/lstm_cell/recurrent_kernel",
    "embedding/embeddings/histogram": "embedding/embeddings",
    "kernel": "kernel",
    "sequential/dense/bias/histogram": None,
    "batch_normalization/gamma/histogram": None,
    "conv1/weights/gradients": None,
    "grads/fc.weight": None,
    "CNN/weights/grad-h": None,
    "class_weight": None,
    "losses/ce-h": None,
}


@pytest.mark.parametrize(("tag", "name"), NAMES.items(), ids=NAMES)
def test_kernels_by_their_tags(tag: str, name: str | None) -> None:
    found = kernel_histograms(a_run(some_histograms(tag), recorded=False))
    assert [kernel.name for kernel in found] == ([name] if name else [])


def test_what_the_recorder_saw_counts_instead() -> None:
    assert kernel_histograms(a_run(some_histograms("dense/kernel"))) == ()


def test_they_stand_from_input_to_output() -> None:
    tags = ["a_head/kernel", "other/kernel", "m/middle/kernel", "z_stem/kernel"]
    shown = [some_histograms(tag) for tag in tags]
    record = a_contract(*(Layer(name, "Dense") for name in ("z_stem", "middle", "a_head")))
    found = kernel_histograms(a_run(record, *shown, recorded=False))
    assert [kernel.seen.tag for kernel in found] == [tags[3], tags[2], tags[0], tags[1]]
    without = kernel_histograms(a_run(*shown, recorded=False))
    assert [kernel.seen.tag for kernel in without] == tags, "the log's own order"


KERNEL = some_histograms("dense/kernel")
UNMOVED: dict[str, tuple[list[Histograms], int]] = {
    "all": ([KERNEL, some_histograms("dense_1/kernel")], 2),
    "one moves": ([KERNEL, some_histograms("dense_1/kernel", varies=True)], 0),
    "a bias moves": ([KERNEL, some_histograms("dense/bias", varies=True)], 1),
    "gradients differ": ([KERNEL, some_histograms("grad/dense/kernel", varies=True)], 1),
    "two steps": ([replace(KERNEL, count=2)], 0),
    "a single value": ([some_histograms("dense/kernel", ends=(0.0, 0.0))], 0),
    "NaN": ([KERNEL, some_histograms("dense_1/kernel", bad_since=0)], 0),
    "none of a kernel": ([some_histograms("dense/bias")], 0),
}


@pytest.mark.parametrize(("found", "want"), UNMOVED.values(), ids=UNMOVED)
def test_unmoved_kernels(found: list[Histograms], want: int) -> None:
    assert len(unmoved_kernels(a_run(*found, recorded=False))) == want


def test_some_tensors_change_without_an_optimizer() -> None:
    tags = ("dense/bias", "bn/moving_mean", "bn.running_var", "grads/dense/kernel", "activations")
    run = a_run(*(some_histograms(tag, varies=True) for tag in tags), KERNEL, recorded=False)
    assert changing(run) == ((), ("dense/bias",))


def test_biases_that_change_while_others_do_not() -> None:
    moves, stands = some_histograms("b/bias", varies=True), some_histograms("a/bias")
    assert changing(a_run(KERNEL, moves, stands, recorded=False)) == (("b/bias",), ())
