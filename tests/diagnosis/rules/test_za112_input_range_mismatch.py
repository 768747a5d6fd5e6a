"""ZA112 input-range-mismatch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, NotApplicable, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.facts import Layer, Operation
from tb_zeroacc.run import Role, Run, Split
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import check, flagged

COUNTS = a_table("label_counts", {"y": {str(k): 50.0 for k in range(10)}})
STUCK = (COUNTS, a_curve([2.3] * 10), a_curve([0.1] * 10, Role.ACCURACY))
BEATS = (COUNTS, a_curve([2.3, 0.1]), a_curve([0.1, 0.98], Role.ACCURACY))
CHANCE = a_curve([2.3, 2.4], Role.LOSS, Split.VALIDATION)
HEAD = Layer("head", "Dense", "softmax", 10, is_output=True, variables=("head/kernel",))
CONV = Layer("conv", "Conv2D", "relu", 8, variables=("conv/kernel",))


def inputs(low: float, high: float, rms: float | None = None) -> Any:
    size = high / 2 if rms is None else rms
    ends = {"min": low, "max": high, "zero_share": 0.1}
    return a_table("inputs", {"x": {"mean": 0.0, "std": size, **ends}})


def rescaling(scale: float = 1 / 255, offset: float = 0.0) -> Any:
    front = Layer("rescaling", "Rescaling", settings={"scale": scale, "offset": offset})
    return a_contract(front, CONV, HEAD)


def multiplied(*factors: float) -> Any:
    """A functional model whose inputs are multiplied by these in front of its first layer."""
    front = tuple(Operation("Multiply", 1, on_inputs=True, factor=f) for f in factors)
    return replace(a_contract(CONV, HEAD), model="Functional", operations=front)


def behind(std: float, mean: float = 0.0) -> Any:
    """What comes out of the layer that rescales."""
    rms = (std**2 + mean**2) ** 0.5
    return a_table("activations", {"rescaling": {"mean": mean, "rms": rms}})


UNIT = (inputs(0, 1), rescaling(), behind(0.0015))


def begins_with(*names: str, trainable: bool = False, model: str = "Sequential") -> Any:
    stem = (Layer(name, "Conv2D", trainable=trainable, parameters=9) for name in names)
    return replace(a_contract(Layer("in", "InputLayer"), *stem, HEAD), model=model)


MOBILE, VGG = ("Conv1", "bn_Conv1"), ("block1_conv1", "block1_conv2")

ZA112: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "rescaled twice": (a_run(*UNIT, *STUCK), None),
    "to -1 to 1": (
        a_run(inputs(0, 1), rescaling(1 / 127.5, -1.0), behind(0.003, -0.998), *STUCK), None),
    "rescaled twice, and it learns": (a_run(*UNIT, *BEATS), Tier.SMELL),
    "only training learns": (a_run(*UNIT, *BEATS, CHANCE), None),
    "bytes that are rescaled once": (
        a_run(inputs(0, 255), rescaling(), behind(0.38), *STUCK), Passed),
    "spread on the limit": (a_run(inputs(0, 9), rescaling(), behind(0.02001), *STUCK), Passed),
    "spread just under": (a_run(inputs(0, 9), rescaling(), behind(0.0199), *STUCK), None),
    "multiplied by 255 in the model": (
        a_run(inputs(0, 1), rescaling(), behind(0.38), *STUCK), Passed),
    "a layer that hardly scales": (
        a_run(inputs(0, 0.1), rescaling(0.5), behind(0.01), *STUCK), Passed),
    "divided before an operation that divides": (
        a_run(inputs(0, 1), multiplied(1 / 255), *STUCK), None),
    "by two operations": (a_run(inputs(0, 1), multiplied(1 / 255, 2.0), *STUCK), None),
    "bytes for an operation that divides": (
        a_run(inputs(0, 255), multiplied(1 / 255), *STUCK), Passed),
    "spread behind it on the limit": (
        a_run(inputs(0, 9, 0.641), multiplied(1 / 32), *STUCK), Passed),
    "spread behind it just under": (a_run(inputs(0, 9, 0.639), multiplied(1 / 32), *STUCK), None),
    "an operation that hardly scales": (a_run(inputs(0, 0.1), multiplied(1 / 31), *STUCK), Passed),
    "which of two inputs it is": (
        a_run(inputs(0, 1), multiplied(1 / 255), *STUCK,
              a_table("batch", {"x": {"examples": 32.0}, "x[1]": {"examples": 32.0}})), Passed),
    "tiny, but multiplied in the model": (
        a_run(inputs(0, 0.0039), multiplied(255.0), *STUCK), Passed),
    "all inputs are 0": (a_run(inputs(0, 0), rescaling(), behind(0), *STUCK), NotApplicable),
    "divided twice": (a_run(inputs(0, 0.0039), a_contract(), *STUCK), None),
    "size on the limit": (a_run(inputs(0, 0.02, 0.01), a_contract(), *STUCK), Passed),
    "size just under": (a_run(inputs(0, 0.02, 0.0099), a_contract(), *STUCK), None),
    "tiny, and it learns": (a_run(inputs(0, 0.0039), a_contract(), *BEATS), Passed),
    "tiny, but normalised in the model": (
        a_run(inputs(0, 0.0039), a_contract(Layer("n", "BatchNormalization"), CONV, HEAD), *STUCK),
        Passed),
    "bytes into a frozen MobileNetV2": (
        a_run(inputs(0, 255), begins_with(*MOBILE), *STUCK), None),
    "into one that is trained anew": (
        a_run(inputs(0, 255), begins_with(*MOBILE, trainable=True), *STUCK), Passed),
    "as it was trained on": (a_run(inputs(-1, 1), begins_with(*MOBILE), *STUCK), Passed),
    "largest input on the limit": (a_run(inputs(-1, 10), begins_with(*MOBILE), *STUCK), Passed),
    "an operation may stand in front": (
        a_run(inputs(0, 255), begins_with(*MOBILE, model="Functional"), *STUCK), Passed),
    "no operation stands in front": (
        a_run(inputs(0, 255),
              replace(begins_with(*MOBILE, model="Functional"), operations=()), *STUCK), None),
    "one does": (
        a_run(inputs(0, 255),
              replace(begins_with(*MOBILE, model="Functional"),
                      operations=(Operation("TrueDivide", 1, True, 1 / 255),)), *STUCK), Passed),
    "it learns all the same": (a_run(inputs(0, 255), begins_with(*MOBILE), *BEATS), Passed),
    "shares into a frozen VGG": (a_run(inputs(0, 1), begins_with(*VGG), *STUCK), None),
    "VGG at the limit": (a_run(inputs(0, 2), begins_with(*VGG), *STUCK), Passed),
    "VGG with bytes less their mean": (a_run(inputs(-124, 151), begins_with(*VGG), *STUCK), Passed),
    "Xception begins like VGG": (
        a_run(inputs(-1, 1), begins_with("block1_conv1", "block1_conv1_bn"), *STUCK), Passed),
    "a nested model in front": (
        a_run(inputs(0, 1), a_contract(Layer("m", "Functional"), HEAD), *STUCK), CannotTell),
    "no finite input": (
        a_run(a_table("inputs", {"x": {"mean": 0.0}}), a_contract(), *STUCK), CannotTell),
    "not recorded": (a_run(a_contract(), *STUCK), CannotTell),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), ZA112.values(), ids=ZA112.keys())
def test_input_range_mismatch(run: Run, want: type[Answer] | Tier | None) -> None:
    check("ZA112", run, want)


def test_it_names_the_function_of_the_backbone() -> None:
    found = flagged("ZA112", a_run(inputs(0, 255), begins_with(*MOBILE), *STUCK))
    assert found.fix is not None
    assert "keras.applications.mobilenet_v2.preprocess_input" in found.fix.code
    assert "-1 to 1" in found.summary


def test_what_is_stuck_for_it_folds_under_it() -> None:
    told = diagnose(a_run(*UNIT, *STUCK), CATALOGUE, strict=True)
    assert [f.code for f in told.findings if f.tier >= Tier.STRONG] == ["ZA112"]
    assert "ZA704" in {c.code for c in told.findings[0].explains}
