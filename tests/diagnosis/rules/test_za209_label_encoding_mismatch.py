"""ZA209 label-encoding-mismatch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, NotApplicable, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE, RULES
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.engine import diagnose, tier_of
from tb_zeroacc.facts import Contract, End, Shapes, Tensor
from tb_zeroacc.run import Run
from tests.diagnosis.planted import a_run
from tests.diagnosis.rules.asking import answer, flagged
from tests.diagnosis.rules.planted.targets import NOT_THERE, head, says


def dims(*sizes: int | None, name: str = "y", kind: str = "float32") -> Tensor:
    return Tensor(name, (None, *sizes), kind)


def meets(loss: str | None, labels: Any, made: Any, **more: Any) -> Run:
    """A loss that got labels and outputs of these sizes behind the batch's."""
    contract = more.pop("contract", None) or head(loss, "softmax", made[-1] if made else 1)
    shapes = Shapes(labels=(dims(*labels, kind="int32"),), outputs=(dims(*made),))
    return a_run(contract, shapes=shapes, **more)


SPARSE, CATEGORICAL = "sparse_categorical_crossentropy", "categorical_crossentropy"
FOCAL = "categorical_focal_crossentropy"
BCE, BINARY_FOCAL = "binary_crossentropy", "binary_focal_crossentropy"
ONE_HOT, NUMBERS, SEVERAL = "are one-hot", "are class numbers", "are several columns"

Sizes = tuple[int | None, ...]
# Sizes of labels and outputs behind the batch's. Keras 3.15 raises on each of these, except for one
# column against the focal loss of classes, which it stretches over all of them.
CLASHES: dict[tuple[str, str], list[tuple[Sizes, Sizes]]] = {
    (SPARSE, ONE_HOT): [
        ((10,), (10,)), ((2,), (2,)), ((7, 10), (7, 10)), ((10, 10), (10, 10)),
        ((4, 4, 3), (4, 4, 3)),
    ],
    (SPARSE, SEVERAL): [((5,), (10,)), ((7, 5), (7, 10))],
    (CATEGORICAL, NUMBERS): [
        ((), (10,)), ((1,), (10,)), ((1,), (2,)), ((7,), (7, 10)), ((7, 1), (7, 10)),
        ((10,), (10, 10)), ((4, 4), (4, 4, 3)),
    ],
    (FOCAL, NUMBERS): [((), (10,)), ((1,), (10,))],
    (BCE, NUMBERS): [((), (10,)), ((1,), (10,)), ((1,), (2,)), ((7,), (7, 10))],
    (BCE, SEVERAL): [((2,), (1,)), ((10,), (1,))],
    (BINARY_FOCAL, NUMBERS): [((1,), (10,))],
    (BINARY_FOCAL, SEVERAL): [((3,), (1,))],
}  # fmt: skip
# All of these train, as far as their sizes are known.
FITTING: dict[str, list[tuple[Sizes, Sizes]]] = {
    SPARSE: [
        ((), (10,)), ((1,), (10,)), ((), (2,)), ((1,), (2,)), ((7,), (7, 10)), ((7, 1), (7, 10)),
        ((10,), (10, 10)), ((10, 1), (10, 10)), ((4, 4), (4, 4, 3)), ((4, 4, 1), (4, 4, 3)),
        ((1,), (1,)), ((None,), (10,)), ((10,), (None,)), ((None,), (None, 10)),
    ],
    CATEGORICAL: [
        ((10,), (10,)), ((2,), (2,)), ((10, 1), (10,)), ((7, 10), (7, 10)), ((4, 4, 3), (4, 4, 3)),
        ((), (1,)), ((1,), (1,)), ((None,), (10,)), ((), (None,)),
    ],
    FOCAL: [((10,), (10,)), ((7, 10), (7, 10))],
    BCE: [
        ((), (1,)), ((1,), (1,)), ((), ()), ((1,), ()), ((1, 1), (1,)), ((10,), (10,)),
        ((10, 1), (10,)), ((7,), (7, 1)), ((7, 1), (7, 1)), ((7, 10), (7, 10)), ((4, 4), (4, 4, 1)),
        ((4, 4, 1), (4, 4, 1)), ((None,), (1,)), ((), (None,)),
    ],
    BINARY_FOCAL: [((), (1,)), ((10,), (10,)), ((7,), (7, 1))],
}  # fmt: skip
UNASKED = ("mean_squared_error", "mine", "categorical_numbers_of_my_own", None)


@pytest.mark.parametrize(
    ("loss", "words", "sizes"), [(*key, pair) for key, pairs in CLASHES.items() for pair in pairs]
)
def test_labels_of_another_encoding(loss: str, words: str, sizes: tuple[Sizes, Sizes]) -> None:
    says(answer("ZA209", meets(loss, *sizes)), Flagged, f"{loss} gets labels that {words}")


@pytest.mark.parametrize(
    ("loss", "sizes"), [(loss, pair) for loss, pairs in FITTING.items() for pair in pairs]
)
def test_labels_that_fit_their_loss(loss: str, sizes: tuple[Sizes, Sizes]) -> None:
    says(answer("ZA209", meets(loss, *sizes)), Passed, "fit the loss")


@pytest.mark.parametrize("loss", UNASKED)
def test_another_loss_has_no_encoding(loss: str | None) -> None:
    says(answer("ZA209", meets(loss, (), (10,))), NotApplicable, "on cross-entropy")


TEN = head(SPARSE, "softmax", 10)
PAIR = replace(TEN, outputs=tuple(replace(TEN.outputs[0], name=name) for name in ("y", "z")))
FIRST_ONLY = replace(PAIR, outputs=(PAIR.outputs[0], replace(PAIR.outputs[1], loss=None)))


def several(labels: Sequence[Tensor], made: Sequence[Tensor], contract: Contract = TEN) -> Run:
    return a_run(contract, shapes=Shapes(labels=tuple(labels), outputs=tuple(made)))


UNKNOWN, NUMBER, ROW = Tensor("y", None, "float32"), dims(), dims(10)
Z_ROW, A_ROW, B_ROW, C_ROW = (dims(10, name=name) for name in "zabc")
MADE = [ROW, Z_ROW]

OUTPUTS: dict[str, tuple[Run, type[Answer], str]] = {
    "no contract": (a_run(shapes=Shapes()), CannotTell, "the model's contract"),
    "no shapes": (a_run(TEN), CannotTell, "shapes and dtypes"),
    "none on record": (a_run(TEN, shapes=Shapes()), CannotTell, NOT_THERE),
    "labels of unknown rank": (several([UNKNOWN], [ROW]), CannotTell, NOT_THERE),
    "outputs of unknown rank": (several([NUMBER], [UNKNOWN]), CannotTell, NOT_THERE),
    "no outputs": (several([NUMBER], []), CannotTell, NOT_THERE),
    "one, of other names": (several([A_ROW], [B_ROW]), Flagged, ONE_HOT),
    "both fit": (several([NUMBER, dims(name="z")], MADE, PAIR), Passed, "fit the loss"),
    "the second does not": (several([NUMBER, Z_ROW], MADE, PAIR), Flagged, ONE_HOT),
    "by name, in another order": (several([Z_ROW, NUMBER], MADE, PAIR), Flagged, ONE_HOT),
    "by place": (several([dims(name="a"), B_ROW], [A_ROW, B_ROW], PAIR), Flagged, ONE_HOT),
    "places that do not match": (
        several([A_ROW, B_ROW, C_ROW], [A_ROW, B_ROW], PAIR), CannotTell, NOT_THERE),
    "one of unknown rank": (several([UNKNOWN, Z_ROW], MADE, PAIR), Flagged, ONE_HOT),
    "the second has no loss": (several([NUMBER, Z_ROW], MADE, FIRST_ONLY), Passed, "fit the loss"),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want", "words"), OUTPUTS.values(), ids=OUTPUTS.keys())
def test_which_shapes_are_compared(run: Run, want: type[Answer], words: str) -> None:
    says(answer("ZA209", run), want, words)


@pytest.mark.parametrize(
    ("run", "lines"),
    [
        (meets(SPARSE, (10,), (10,)), [f'- loss="{SPARSE}",', f'+ loss="{CATEGORICAL}",']),
        (meets(CATEGORICAL, (), (10,)), [f'- loss="{CATEGORICAL}",', f'+ loss="{SPARSE}",']),
        (meets(BCE, (), (10,), contract=head(BCE, "sigmoid", 10)),
         ['- keras.layers.Dense(10, activation="sigmoid")',
          '+ keras.layers.Dense(10, activation="softmax")',
          f'- loss="{BCE}",', f'+ loss="{SPARSE}",']),
        (meets(BCE, (2,), (1,)),
         ['- keras.layers.Dense(1, activation="softmax")',
              '+ keras.layers.Dense(2, activation="sigmoid")']),
        (meets(SPARSE, (10,), (10,), contract=head(SPARSE, "linear", 10, from_logits=True)),
         ["- loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),",
          "+ loss=keras.losses.CategoricalCrossentropy(from_logits=True),"]),
        (meets(CATEGORICAL, (), (10,),
               contract=head(CATEGORICAL, "linear", 10, from_logits=True)),
         ["- loss=keras.losses.CategoricalCrossentropy(from_logits=True),",
          "+ loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),"]),
    ],
)  # fmt: skip
def test_the_fix_fits_the_labels(run: Run, lines: list[str]) -> None:
    found = flagged("ZA209", run)
    assert found.fix is not None
    assert found.fix.code.splitlines() == lines


def test_it_shows_both_shapes_and_what_keras_said() -> None:
    end = End("exception", 0, exception="ValueError", text="must have the same shape\nand more")
    run = meets(SPARSE, (7, 10), (7, 10), end=end)
    found = flagged("ZA209", run)
    assert found.summary.endswith("(n, 7, 10) for outputs (n, 7, 10).")
    assert [e.text for e in found.evidence] == [
        "labels of shape (n, 7, 10), int32", "outputs of shape (n, 7, 10), float32",
    ]  # fmt: skip
    assert found.context.endswith("Keras raised: must have the same shape")
    assert (found.since, found.layers) == (-1, ("head",)), "settled before the first step"
    assert tier_of(RULES["ZA209"], found) is Tier.DEFINITE
    told = diagnose(run, CATALOGUE, strict=True)
    assert (told.findings[0].code, told.outcome) == ("ZA209", Outcome.BROKEN)
    ended = flagged("ZA209", meets(CATEGORICAL, (), (10,), end=End("finished", 5, text="done")))
    assert ended.summary.endswith("(n,) for outputs (n, 10).")
    assert "raised" not in ended.context, "an end that was no exception explains nothing"
