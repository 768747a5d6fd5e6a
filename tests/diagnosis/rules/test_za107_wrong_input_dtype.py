"""ZA107 wrong-input-dtype."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, Passed
from tb_zeroacc.facts import Fit, Layer, Shapes, Tensor
from tb_zeroacc.run import Run
from tests.diagnosis.planted import a_contract, a_run, a_table
from tests.diagnosis.rules.asking import answer, flagged
from tests.diagnosis.rules.planted.feeding import BEATS, STUCK


def fed(kind: str, *, span: float | None = 255.0, front: str = "Flatten", **more: Any) -> Any:
    layers = (Layer("front", front), Layer("head", "Dense", "softmax", 10, is_output=True,
                                           variables=("head/kernel",)))  # fmt: skip
    tables = [] if span is None else [a_table("inputs", {"x[0]": {"min": 0.0, "max": span}})]
    return a_run(a_contract(*layers), *tables, *more.pop("parts", STUCK),
                 shapes=Shapes(inputs=(Tensor("x", (None, 28, 28), kind),)), **more)


ZA107: dict[str, tuple[Run, type[Answer]]] = {
    "raw images": (fed("uint8"), Flagged),
    "codes": (fed("int64", span=5000), Flagged),
    "on the limit": (fed("int32", span=100), Flagged),
    "just under": (fed("int32", span=99), Passed),
    "one-hot integers": (fed("int64", span=1), Passed),
    "text": (fed("string", span=None), Flagged),
    "text into a lookup": (fed("string", span=None, front="TextVectorization"), Passed),
    "float64": (fed("float64"), Passed),
    "float32": (fed("float32"), Passed),
    "flags": (fed("bool", span=1), Passed),
    "rescaled in the model": (fed("uint8", front="Rescaling"), Passed),
    "ids": (fed("int64", front="Embedding"), Passed),
    "a model within": (fed("uint8", front="Functional"), CannotTell),
    "it beats its baseline": (fed("uint8", parts=BEATS), Passed),
    "values unknown": (fed("uint8", span=None), CannotTell),
    "shapes unknown": (a_run(a_contract(), *STUCK), CannotTell),
    "no inputs": (a_run(a_contract(), *STUCK, shapes=Shapes()), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), ZA107.values(), ids=ZA107.keys())
def test_wrong_input_dtype(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA107", run), want)


def test_scaling_after_the_first_kernel_does_not_count() -> None:
    layers = (Layer("dense", "Dense", "relu", 8, variables=("dense/kernel",)),
              Layer("normal", "BatchNormalization"))  # fmt: skip
    shapes = Shapes(inputs=(Tensor("x", (None, 4), "uint8"),))
    inputs = a_table("inputs", {"x[0]": {"min": 0.0, "max": 255.0}})
    found = flagged("ZA107", a_run(a_contract(*layers), inputs, *STUCK, shapes=shapes))
    assert "255" in found.summary


@pytest.mark.parametrize(
    ("kind", "from_arrays", "code"),
    [
        ("uint8", True, '+ model.fit(x.astype("float32") / 255, y)'),
        ("uint8", False, "+ dataset = dataset.map(lambda x, *y: (tf.cast(x, tf.float32) / 255"),
        ("int64", True, "+ model.fit((x_train - mean) / (std + 1e-8), y_train)"),
    ],
)
def test_the_fix_scales_what_there_is(kind: str, from_arrays: bool, code: str) -> None:
    run = fed(kind)
    assert run.contract is not None
    contract = replace(run.contract, fit=Fit(epochs=10, from_arrays=from_arrays))
    fix = flagged("ZA107", replace(run, contract=contract)).fix
    assert fix is not None
    assert code in fix.code
