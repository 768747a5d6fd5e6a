"""ZA114 token-out-of-range."""

from __future__ import annotations

from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, NotApplicable, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.facts import End, Layer
from tb_zeroacc.run import Role, Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import check, flagged

HEAD = Layer("head", "Dense", "softmax", 2, is_output=True, variables=("head/kernel",))
COUNTS = a_table("label_counts", {"y": {"0": 500.0, "1": 500.0}})
STUCK = (COUNTS, a_curve([0.69, 0.69]), a_curve([0.5, 0.5], Role.ACCURACY))
BEATS = (COUNTS, a_curve([0.69, 0.1]), a_curve([0.5, 0.98], Role.ACCURACY))


def words(size: int, name: str = "words") -> Layer:
    path = f"{name}/embeddings"
    return Layer(name, "Embedding", units=8, variables=(path,), settings={"input_dim": size})


def model(*front: Layer) -> Any:
    return a_contract(*front, HEAD, units=2)


def tokens(low: Any, high: Any, row: str = "x[0]", **more: Any) -> Any:
    given = {"min": low, "max": high, "count": 32.0, "zero_share": 0.1}
    return a_table("inputs", {row: given, **more})


FIFTY = model(words(50))

ZA114: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "counted from 1": (a_run(tokens(1.0, 50.0), FIFTY, *STUCK), None),
    "the last word": (a_run(tokens(0.0, 49.0), FIFTY, *STUCK), Passed),
    "beyond, and it learns": (a_run(tokens(0.0, 50.0), FIFTY, *BEATS), None),
    "padded with -1": (a_run(tokens(-1.0, 49.0), FIFTY, *STUCK), Tier.STRONG),
    "padded with -1, and it learns": (a_run(tokens(-1.0, 49.0), FIFTY, *BEATS), Tier.SMELL),
    "behind an input layer": (
        a_run(tokens(0.0, 50.0), model(Layer("in", "InputLayer"), words(50)), *STUCK), None),
    "an embedding of positions comes first": (
        a_run(tokens(0.0, 49.0), model(words(12, "positions"), words(50)), *STUCK), Passed),
    "words are looked up first": (
        a_run(tokens(0.0, 99.0), model(Layer("l", "StringLookup"), words(50)), *STUCK),
        NotApplicable),
    "a dense layer comes first": (
        a_run(tokens(0.0, 99.0), model(Layer("d", "Dense", variables=("d/kernel",)), words(50)),
              *STUCK), NotApplicable),
    "amounts that are sliced off": (a_run(tokens(0.0, 80.5), FIFTY, *STUCK), NotApplicable),
    "several inputs": (
        a_run(tokens(0.0, 9.0, "word", age={"min": 0.0, "max": 90.0}), FIFTY, *STUCK),
        NotApplicable),
    "nothing finite": (a_run(tokens(float("nan"), float("nan")), FIFTY, *STUCK), CannotTell),
    "not recorded": (a_run(FIFTY, *STUCK), CannotTell),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), ZA114.values(), ids=ZA114.keys())
def test_token_out_of_range(run: Run, want: type[Answer] | Tier | None) -> None:
    check("ZA114", run, want)


def test_it_begins_with_the_first_such_batch() -> None:
    found = flagged("ZA114", a_run(tokens([0.0] * 3, [48.0, 51.0, 49.0]), FIFTY, *STUCK))
    assert found.since == 1
    assert found.fix is not None
    assert "+ keras.layers.Embedding(52, 8)" in found.fix.code


def test_a_training_that_broke_off_is_broken() -> None:
    end = End("exception", 0, exception="InvalidArgumentError", text="not in [0, 50)")
    told = diagnose(a_run(tokens(0.0, 50.0), FIFTY, end=end), CATALOGUE, strict=True)
    assert told.findings[0].code == "ZA114"
    assert told.outcome is Outcome.BROKEN
    assert told.context == "InvalidArgumentError ended the training."
