"""ZA113 padding-not-masked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, NotApplicable, Passed, Tier
from tb_zeroacc.facts import Layer, Shapes, Tensor
from tb_zeroacc.run import Role, Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import check, flagged

COUNTS = a_table("label_counts", {"y": {"0": 500.0, "1": 500.0}})
STUCK = (COUNTS, a_curve([0.7, 0.69, 0.69]), a_curve([0.5] * 3, Role.ACCURACY))
SLOW = (COUNTS, a_curve([0.7, 0.65, 0.6]), a_curve([0.5, 0.6, 0.7], Role.ACCURACY))
BEATS = (COUNTS, a_curve([0.7, 0.2, 0.1]), a_curve([0.5, 0.9, 0.97], Role.ACCURACY))
HEAD = Layer("head", "Dense", "softmax", 2, is_output=True, variables=("head/kernel",))


def a_layer(kind: str, **settings: Any) -> Layer:
    return Layer(kind.lower(), kind, units=8, settings=settings)


EMBEDDING = a_layer("Embedding", input_dim=50, mask_zero=False)
MASKED = a_layer("Embedding", input_dim=50, mask_zero=True)
LSTM, MEAN = a_layer("LSTM", go_backwards=False), a_layer("GlobalAveragePooling1D")


def model(*stack: Layer, **changed: Any) -> Any:
    return replace(a_contract(*stack, HEAD, units=2), **changed)


READS = model(EMBEDDING, LSTM)


def words(
    *shares: float, value: float = 0.0, reader: Any = READS, score: Any = STUCK, inputs: int = 1
) -> Run:
    """Texts in which such shares of the first, second, .. tokens are padding, over four batches."""
    rows = {}
    for i, share in enumerate(shares):
        whole = np.arange(4) < round(4 * share)  # the batches in which it is nothing else
        low = np.where(whole, value, min(value, 1.0))
        high = np.where(whole, value, 40.0)
        rows[f"x[{i}]"] = {"min": low, "max": high, "zero_share": share if value == 0.0 else 0.0,
                           "count": 32.0}  # fmt: skip
    named = tuple(Tensor(f"x{n}", (None, len(shares)), "int32") for n in range(inputs))
    return a_run(a_table("inputs", rows), reader, *score, shapes=Shapes(inputs=named))


LONG = [0.0, 0.0, 0.5, *[1.0] * 17]  # .875 of 20 steps
HALF = [0.0] * 5 + [1.0] * 5


def vectors(
    zeros: Sequence[float] = (0.0, 0.0),
    *,
    low: Any = -10.0,
    high: Any = 2.0,
    mean: float = -9.0,
    std: float = 3.0,
    reader: Any = None,
    score: Any = STUCK,
    steps: int = 60,
) -> Run:
    """Sequences of vectors; a channel for every share of zeros."""
    row = {"min": low, "max": high, "mean": mean, "std": std, "count": 2000.0}
    rows = {f"x[{i}]": {**row, "zero_share": share} for i, share in enumerate(zeros)}
    inputs = (Tensor("x", (None, steps, len(zeros)), "float32"),)
    return a_run(a_table("inputs", rows, steps=range(3)), reader or model(LSTM), *score,
                 shapes=Shapes(inputs=inputs))  # fmt: skip


FREE = {"low": [-3.0, -2.9, -3.1], "high": [3.0, 2.8, 3.1], "mean": 0.0, "std": 0.3}
BARE = {"low": 0.0, "high": 1.0, "mean": 0.1, "std": 0.3}

ZA113: dict[str, tuple[Run, type[Answer] | Tier]] = {
    # --- numbers of words
    "behind the words": (words(*LONG), Tier.STRONG),
    "it is on its way": (words(*LONG, score=SLOW), Tier.SMELL),
    "it learns all the same": (words(*LONG, score=BEATS), Passed),
    "two thirds": (words(*[0.0] * 6, *[1.0] * 12), Tier.SMELL),
    "half": (words(*HALF), Passed),
    "masked": (words(*LONG, reader=model(MASKED, LSTM)), Passed),
    "a mean over the steps": (words(*LONG, reader=model(EMBEDDING, MEAN)), Tier.STRONG),
    "another value": (words(*LONG, value=1.0), Tier.STRONG),
    "another value than the mask hides": (
        words(*LONG, value=1.0, reader=model(MASKED, LSTM)), Tier.STRONG),
    "in front of the words": (words(*LONG[::-1]), Passed),
    "in front of the words, read backwards": (
        words(*LONG[::-1], reader=model(EMBEDDING, a_layer("GRU", go_backwards=True))),
        Tier.STRONG),
    "in front of a mean": (words(*LONG[::-1], reader=model(EMBEDDING, MEAN)), Tier.STRONG),
    "the largest of all steps": (
        words(*LONG, reader=model(EMBEDDING, a_layer("GlobalMaxPooling1D"))), NotApplicable),
    "one after the other, in no order": (words(*[0.0, 1.0] * 10), NotApplicable),
    "as rare everywhere": (words(*[0.9] * 20), NotApplicable),
    "too short": (words(0.0, *[1.0] * 6), NotApplicable),
    "words throughout": (words(*[0.0] * 20), NotApplicable),
    "a mask as a second input": (words(*LONG, inputs=2), NotApplicable),
    "a model of one's own": (
        words(*LONG, reader=model(EMBEDDING, LSTM, model="Reader")), CannotTell),
    "a comparison, for a mask": (
        words(*LONG, reader=model(a_layer("NotEqual"), EMBEDDING, LSTM)), CannotTell),
    "a model within": (
        words(*LONG, reader=model(EMBEDDING, a_layer("Functional"), LSTM)), CannotTell),
    "not recorded": (a_run(READS, *STUCK), CannotTell),
    # --- vectors
    "whole steps of zeros": (vectors((0.9, 0.9), **FREE), Tier.STRONG),
    "zeros that are masked": (
        vectors((0.9, 0.9), reader=model(a_layer("Masking", mask_value=0.0), LSTM), **FREE),
        Passed),
    "channels that are zero by themselves": (vectors((0.9, 0.91), **FREE), NotApplicable),
    "marks of what is there": (vectors((0.9, 0.91), **BARE), NotApplicable),
    "one channel may be silent": (vectors((0.9,), **FREE), Tier.SMELL),
    "a few zeros": (vectors((0.4, 0.4), **FREE), Passed),
    "a value below all others": (vectors(), Tier.STRONG),
    "a value above all others": (
        vectors(low=[-2.0, -2.1, -1.9], high=10.0, mean=9.0), Tier.STRONG),
    "that is masked": (
        vectors(reader=model(a_layer("Masking", mask_value=-10.0), LSTM)), Passed),
    "for which the mask has another": (
        vectors(reader=model(a_layer("Masking", mask_value=0.0), LSTM)), Tier.STRONG),
    "that may be rare": (vectors(mean=-6.0), Passed),
    "two values, of which one is rare": (vectors(std=3.3166), NotApplicable),
    "nothing below all others": (vectors(**FREE), NotApplicable),
    "too few steps": (vectors(steps=7), NotApplicable),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), ZA113.values(), ids=ZA113.keys())
def test_padding_not_masked(run: Run, want: type[Answer] | Tier) -> None:
    check("ZA113", run, want)


IDLE = model(a_layer("Masking", mask_value=0.0), LSTM)
AMONG_DATA: dict[str, Any] = {  # most of the values are about -1, and the data lie around them
    "low": [-3.0, -3.1, -2.9], "high": [4.0, 3.9, 4.1], "mean": -0.93, "std": 0.5, "reader": IDLE,
}  # fmt: skip
MASKS: dict[str, tuple[Run, type[Answer] | Tier]] = {
    "it hides nothing": (vectors(**AMONG_DATA), Tier.STRONG),
    "it hides steps": (vectors((0.9, 0.91), **AMONG_DATA), NotApplicable),
    "one channel never holds it": (vectors((0.9, 0.0), **AMONG_DATA), Tier.STRONG),
    "it is on its way": (vectors(**{**AMONG_DATA, "score": SLOW}), Passed),
    "values are spread": (vectors(**{**AMONG_DATA, "std": 0.6}), NotApplicable),
    "no mask": (vectors(**{**AMONG_DATA, "reader": model(LSTM)}), NotApplicable),
    "another value that they never hold": (
        vectors(**{**AMONG_DATA, "reader": model(a_layer("Masking", mask_value=-9.0), LSTM)}),
        Tier.STRONG),
    "a value among theirs": (
        vectors(**{**AMONG_DATA, "reader": model(a_layer("Masking", mask_value=2.0), LSTM)}),
        NotApplicable),
    "behind another layer": (
        vectors(**{**AMONG_DATA, "reader": model(a_layer("Dense"), *IDLE.layers[:-1])}),
        NotApplicable),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), MASKS.values(), ids=MASKS.keys())
def test_a_mask_of_a_value_that_the_inputs_never_hold(
    run: Run, want: type[Answer] | Tier
) -> None:
    check("ZA113", run, want)


@pytest.mark.parametrize(("rare", "want"), [(0.099, Tier.STRONG), (0.101, NotApplicable)])
def test_steps_out_of_order(rare: float, want: type[Answer] | Tier) -> None:
    """A rare word in the middle of the padding is none of it; many are."""
    shares = [*LONG, *[1.0] * 4]
    shares[-3] -= rare
    check("ZA113", words(*shares), want)


def test_it_shows_a_share_and_names_the_reader() -> None:
    found = flagged("ZA113", words(*LONG))
    (shown,) = found.evidence
    assert (shown.value, shown.threshold) == (pytest.approx(0.875), 0.5)
    assert "88 % of the sequences of 20 steps each" in found.summary
    assert found.context == "The padding is 0; `lstm` ends with it."


FIXES = {
    "words": (words(*LONG), "+ keras.layers.Embedding(50, 8, mask_zero=True)", "Mask"),
    "words padded with 1": (words(*LONG, value=1.0), "mask_zero=True", "Pad with 0"),
    "vectors": (vectors(), "+ keras.layers.Masking(mask_value=-10)\nkeras.layers.LSTM(8)", "Mask"),
    "a mask": (
        vectors(reader=model(a_layer("Masking", mask_value=0.0), LSTM)),
        "- keras.layers.Masking(mask_value=0.0)\n+ keras.layers.Masking(mask_value=-10)", "Mask"),
}  # fmt: skip


@pytest.mark.parametrize(("run", "code", "text"), FIXES.values(), ids=FIXES.keys())
def test_the_fix_masks_this_value(run: Run, code: str, text: str) -> None:
    fix = flagged("ZA113", run).fix
    assert fix is not None
    assert code in fix.code
    assert fix.text.startswith(text)
