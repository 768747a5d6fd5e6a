"""ZA208 and ZA209 on planted runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, NotApplicable, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE, RULES
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.engine import diagnose, tier_of
from tb_zeroacc.facts import Contract, End, Epoch, Shapes, Tensor
from tb_zeroacc.run import Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import answer, flagged

NAN = float("nan")
Pair = tuple[Any, Any]  # mean and standard deviation


def says(found: Answer, want: type[Answer], words: str) -> None:
    assert isinstance(found, want), found
    assert words in (found.summary if isinstance(found, Flagged) else found.reason), found


def head(
    loss: str | None = "mean_squared_error", activation: str | None = "linear", units: int = 1,
    **more: Any,
) -> Contract:  # fmt: skip
    return a_contract(loss=loss, activation=activation, units=units, **more)


def statistics(mean: Any, std: Any) -> dict[str, Any]:
    row = {"mean": mean, "std": std, "min": 0.0, "max": 3000.0, "integer_share": 0.0}
    return {**row, "count": 32.0, "examples": 32.0, "units": 1.0, "non_finite_count": 0.0}


def answers(mean: Any, spread: Any) -> dict[str, Any]:
    """Outputs whose largest one is as large as their root mean square."""
    size = np.hypot(mean, spread)
    return {"mean": mean, "spread": spread, "min": -size, "max": size, "examples": 32.0}


def fitted(
    target: Pair = (600.0, 800.0),
    reached: Pair = (6.0, 8.0),
    *,
    steps: int = 200,
    samples: int = 4,
    loss: Sequence[float] = (1e6, 9e5),
    contract: Contract | None = None,
    rows: tuple[str, ...] = ("y",),
    **fields: Any,
) -> Run:
    """Prices of 1000 in root mean square, of which 200 steps reached a hundredth."""
    at = [*range(samples - 1), steps - 1]
    made = answers(*reached)
    labels = a_table("labels", dict.fromkeys(rows, statistics(*target)), steps=at)
    outputs = a_table("outputs", dict.fromkeys(rows, made), steps=at)
    return a_run(contract or head(), a_curve(loss), labels, outputs, **fields)


def two(first: tuple[Pair, Pair], second: tuple[Pair, Pair], **other: Any) -> Run:
    """Two outputs, `y` and `z`, each with its targets and what it reached."""
    contract, both, at = head(), {"y": first, "z": second}, [0, 1, 2, 199]
    outputs = (contract.outputs[0], replace(contract.outputs[0], name="z", **other))
    reached = {name: answers(*made) for name, (_, made) in both.items()}
    return a_run(
        replace(contract, outputs=outputs), a_curve([1e6, 9e5]),
        a_table("labels", {name: statistics(*t) for name, (t, _) in both.items()}, steps=at),
        a_table("outputs", reached, steps=at),
    )  # fmt: skip


FAR, SMALL = ((600.0, 800.0), (6.0, 8.0)), ((6.0, 8.0), (6.0, 8.0))
LATE = ([0.0] * 30 + [600.0] * 10, [0.0] * 30 + [800.0] * 10)  # 40 samples: the last ten count
LOST = ([600.0] * 30 + [6.0] * 10, [800.0] * 30 + [8.0] * 10)
OUT_OF_REACH, NOT_THERE = "Targets of size 1000 are out of reach", "not on record"

ZA208: dict[str, tuple[Run, type[Answer], str]] = {
    "prices": (fitted(), Flagged, f"{OUT_OF_REACH}: outputs came to 1 %"),
    "absolute error": (fitted(contract=head("mean_absolute_error")), Flagged, OUT_OF_REACH),
    "huber": (fitted(contract=head("huber")), Flagged, OUT_OF_REACH),
    "log cosh": (fitted(contract=head("log_cosh")), Flagged, OUT_OF_REACH),
    "no activation at all": (fitted(contract=head(activation=None)), Flagged, OUT_OF_REACH),
    "constant targets": (fitted((1000.0, 0.0)), Flagged, OUT_OF_REACH),
    "far below zero": (fitted((-1000.0, 0.0)), Flagged, OUT_OF_REACH),
    "outputs of zero": (fitted(reached=(0.0, 0.0)), Flagged, "outputs came to 0 %"),
    "a row of another name": (fitted(rows=("output_1",)), Flagged, OUT_OF_REACH),
    # --- the question does not arise
    "classes": (fitted(contract=a_contract()), NotApplicable, "no regression loss"),
    "an error in percent": (
        fitted(contract=head("mean_absolute_percentage_error")), NotApplicable, "no regression"),
    "no loss": (fitted(contract=head(None)), NotApplicable, "no regression loss"),
    "a sigmoid": (fitted(contract=head(activation="sigmoid")), NotApplicable, "is linear"),
    "a relu": (fitted(contract=head(activation="relu")), NotApplicable, "no output is linear"),
    # --- the log does not say
    "targets not finite": (fitted((NAN, NAN)), CannotTell, NOT_THERE),
    "outputs not finite": (fitted(reached=(NAN, NAN)), CannotTell, NOT_THERE),
    "outputs broke at the end": (fitted(reached=([6, 6, 6, NAN], 8.0)), CannotTell, NOT_THERE),
    "rows that belong to no output": (fitted(rows=("a", "b")), CannotTell, NOT_THERE),
    "no contract": (a_run(*fitted().tables.values()), CannotTell, "the model's contract"),
    "no targets": (a_run(head(), fitted().tables["outputs"]), CannotTell, "of the labels"),
    "no outputs": (a_run(head(), fitted().tables["labels"]), CannotTell, "of the outputs"),
    # --- targets of 100
    "targets on the limit": (fitted((60.0, 80.0), (0.6, 0.8)), Flagged, "Targets of size 100"),
    "targets just under it": (fitted((60.0, 79.9), (0.6, 0.8)), Passed, "root mean square of 99.9"),
    "targets of 12": (fitted((7.2, 9.6), (0.0, 0.1)), Passed, "root mean square of 12"),
    # --- outputs of a tenth of that
    "outputs on the limit": (fitted(reached=(60.0, 80.0)), Flagged, "outputs came to 10 %"),
    "outputs just over it": (fitted(reached=(60.0, 80.1)), Passed, "outputs come to 100"),
    "outputs just under it": (fitted(reached=(60.0, 79.9)), Flagged, OUT_OF_REACH),
    "outputs converged": (fitted(reached=(600.0, 790.0)), Passed, "outputs come to 992"),
    "as large, below zero": (fitted(reached=(-600.0, 790.0)), Passed, "outputs come to 992"),
    "reached in the end": (fitted(reached=LATE, samples=40), Passed, "outputs come to 1000"),
    "reached and lost again": (fitted(reached=LOST, samples=40), Flagged, OUT_OF_REACH),
    "the last of four": (
        fitted(reached=([0, 0, 0, 600], [0, 0, 0, 800])), Passed, "outputs come to 1000"),
    # --- healthy: large targets, and yet it learns; the variance is 640 000
    "it beats its prior": (fitted(loss=(1e6, 319_999.0)), Passed, "muted"),
    "half of the prior is not beaten": (fitted(loss=(1e6, 320_000.0)), Flagged, OUT_OF_REACH),
    "it beats its prior after a few steps": (fitted(loss=(1e6, 5e4), steps=20), Passed, "muted"),
    # --- steps
    "199 steps": (fitted(steps=199), CannotTell, "199 steps would be too few"),
    "a handful of steps": (fitted(steps=20), CannotTell, "20 steps would be too few"),
    "200 by an epoch": (fitted(steps=20, epochs=(Epoch(0, 200, 200),)), Flagged, OUT_OF_REACH),
    # --- two outputs
    "the second is far": (two(SMALL, FAR), Flagged, OUT_OF_REACH),
    "the first is far": (two(FAR, SMALL), Flagged, OUT_OF_REACH),
    "neither is far": (two(SMALL, SMALL), Passed, "outputs come to 10"),
    "a bounded one beside it": (two(FAR, SMALL, activation="tanh"), Flagged, OUT_OF_REACH),
    "the larger one is reached": (
        two(((600.0, 800.0), (600.0, 790.0)), ((300.0, 400.0), (0.8, 0.6))), Flagged,
        "Targets of size 500 are out of reach"),
    "the far one has no loss": (two(SMALL, FAR, loss=None), Passed, "outputs come to 10"),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want", "words"), ZA208.values(), ids=ZA208.keys())
def test_target_not_normalised(run: Run, want: type[Answer], words: str) -> None:
    says(answer("ZA208", run), want, words)


def test_without_a_prior_it_is_a_smell() -> None:
    found = flagged("ZA208", fitted(contract=head("huber")))
    assert tier_of(RULES["ZA208"], found) is Tier.SMELL


def test_units_of_different_levels_are_no_small_outputs() -> None:
    """Two columns at 1000 and -1000: the mean is 0 and each hardly varies over the batch."""
    made = {"mean": 0.0, "spread": 5.0, "min": -1010.0, "max": 1010.0, "examples": 32.0}
    labels = a_table("labels", {"y": statistics(0.0, 1000.0)}, steps=[0, 1, 2, 199])
    outputs = a_table("outputs", {"y": made}, steps=[0, 1, 2, 199])
    run = a_run(head("huber", units=2), a_curve([9e2, 8e2]), labels, outputs)
    assert isinstance(answer("ZA208", run), Passed)


@pytest.mark.parametrize(
    ("run", "sizes", "comparison", "layer"),
    [
        (fitted(), (1000.0, 100.0), "above", "y"),
        (fitted((60.0, 80.0), (6.0, 8.0)), (100.0, 10.0), "equal", "y"),
        (two(SMALL, FAR), (1000.0, 100.0), "above", "z"),
    ],
)
def test_what_it_shows(run: Run, sizes: tuple[float, ...], comparison: str, layer: str) -> None:
    found = flagged("ZA208", run)
    target, ratio, loss = found.evidence
    assert (target.value, target.threshold, target.comparison) == (sizes[0], 100.0, comparison)
    assert (ratio.value, ratio.threshold, ratio.comparison) == (sizes[1], 10.0, comparison)
    assert (target.layer, ratio.layer, ratio.last_step) == (layer, layer, 199)
    assert loss.tag == "zeroacc/epoch/loss"
    assert "200 steps" in found.context
    assert tier_of(RULES["ZA208"], found) is Tier.STRONG


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
    says(answer("ZA209", meets(loss, *sizes)), Flagged, f"{loss} meets labels that {words}")


@pytest.mark.parametrize(
    ("loss", "sizes"), [(loss, pair) for loss, pairs in FITTING.items() for pair in pairs]
)
def test_labels_that_fit_their_loss(loss: str, sizes: tuple[Sizes, Sizes]) -> None:
    says(answer("ZA209", meets(loss, *sizes)), Passed, "fit the loss")


@pytest.mark.parametrize("loss", UNASKED)
def test_another_loss_has_no_encoding(loss: str | None) -> None:
    says(answer("ZA209", meets(loss, (), (10,))), NotApplicable, "no cross-entropy")


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
         ['- keras.layers.Dense(10, activation="sigmoid"),',
          '+ keras.layers.Dense(10, activation="softmax"),',
          f'- loss="{BCE}",', f'+ loss="{SPARSE}",']),
        (meets(BCE, (2,), (1,)),
         ["print(y.shape)  # (examples, columns)",
          'keras.layers.Dense(y.shape[1], activation="sigmoid")']),
        (meets(SPARSE, (10,), (10,), contract=head(SPARSE, "linear", 10, from_logits=True)),
         ["- loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),",
          "+ loss=keras.losses.CategoricalCrossentropy(from_logits=True),"]),
        (meets(CATEGORICAL, (), (10,),
               contract=head(CATEGORICAL, "linear", 10, from_logits=True)),
         ["- loss=keras.losses.CategoricalCrossentropy(from_logits=True),",
          "+ loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),"]),
    ],
)  # fmt: skip
def test_the_mend_fits_the_labels(run: Run, lines: list[str]) -> None:
    found = flagged("ZA209", run)
    assert found.mend is not None
    assert found.mend.code.splitlines() == lines


def test_it_shows_both_shapes_and_what_keras_said() -> None:
    end = End("exception", 0, exception="ValueError", text="must have the same shape\nand more")
    run = meets(SPARSE, (7, 10), (7, 10), end=end)
    found = flagged("ZA209", run)
    assert found.summary.endswith("(n, 7, 10) against (n, 7, 10).")
    assert [e.text for e in found.evidence] == [
        "labels of shape (n, 7, 10), int32", "outputs of shape (n, 7, 10), float32",
    ]  # fmt: skip
    assert found.context.endswith("Keras raised: must have the same shape")
    assert (found.since, found.layers) == (-1, ("head",)), "settled before the first step"
    assert tier_of(RULES["ZA209"], found) is Tier.DEFINITE
    told = diagnose(run, CATALOGUE, strict=True)
    assert (told.findings[0].code, told.outcome) == ("ZA209", Outcome.BROKEN)
    ended = flagged("ZA209", meets(CATEGORICAL, (), (10,), end=End("finished", 5, text="done")))
    assert ended.summary.endswith("(n,) against (n, 10).")
    assert "raised" not in ended.context, "an end that was no exception explains nothing"
