"""ZA105 constant-features."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, NotApplicable, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.run import Role, Run, Split
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import check, flagged
from tests.diagnosis.rules.planted.scale import front

MANY = {"count": 32.0, "zero_share": 0.0}
VARIES = {"min": [0.0, 1.0], "max": [5.0, 6.0], **MANY}
STILL = {"min": 3.0, "max": 3.0, **MANY}
ALONE = {**STILL, "count": 64.0}  # in a single sample
SORTED = {"min": [0.0, 1.0], "max": [0.0, 1.0], **MANY}  # constant within each batch alone
RARE = {"min": [0.0, 0.0], "max": [0.0, 1.0], **MANY, "zero_share": 0.99}
NEVER = {"min": [0.0, 0.0], "max": [0.0, 0.0], **MANY, "zero_share": 1.0}
BROKEN = {"min": [float("nan"), 0.0], "max": 1.0, **MANY}
LEARNED = (
    a_contract(),
    a_table("label_counts", {"y": {"0": 500.0, "1": 500.0}}),
    a_curve([2.3, 0.1]),
    a_curve([0.1, 0.95], Role.ACCURACY),
)


def inputs(*features: dict[str, Any]) -> Any:
    return a_table("inputs", {f"x[{i}]": feature for i, feature in enumerate(features)})


def association(r: float) -> tuple[Any, Any]:
    """The largest correlation of a column with a label, over 1000 examples."""
    return (
        a_table("association", {"x[0]": {"y": r}}),
        a_table("association_examples", {"examples": {"examples": 1000.0}}, columns=("examples",)),
    )


def ends_at(share: float) -> tuple[Any, ...]:
    """A loss of two classes that ends at this share of its baseline."""
    counts = a_table("label_counts", {"y": {"0": 500.0, "1": 500.0}})
    return a_contract(), counts, a_curve([0.7] * 5 + [0.6931 * share] * 5)


STUCK = ends_at(1.0)
NOTHING, SOMETHING = association(0.02), association(0.3)
# Nine tenths never vary.
BARE = inputs(VARIES, *[STILL] * 9)


def at(auc: float) -> Any:
    """A validation of two classes that is ranked so well."""
    loss = a_curve([0.7] * 10, split=Split.VALIDATION)
    named = {"name": "auc", "tag": "zeroacc/epoch/val_auc"}
    return loss, a_curve([auc] * 10, Role.METRIC, Split.VALIDATION, **named)


def few(feature: dict[str, Any]) -> dict[str, Any]:
    return {**feature, "count": 31.0}


ZA105: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "all vary": (a_run(inputs(VARIES, VARIES)), Passed),
    "half of them do": (a_run(inputs(VARIES, STILL)), Passed),
    "most do not": (a_run(inputs(VARIES, STILL, STILL)), Tier.SMELL),
    "and the others tell nothing": (
        a_run(inputs(VARIES, STILL, STILL), *STUCK, *NOTHING), Tier.STRONG),
    "and the others tell something": (
        a_run(inputs(VARIES, STILL, STILL), *STUCK, *SOMETHING), Tier.SMELL),
    "and the loss is just off its baseline": (
        a_run(inputs(VARIES, STILL, STILL), *ends_at(0.899), *NOTHING), Tier.SMELL),
    "nine tenths, and the others tell little": (
        a_run(BARE, *STUCK, *association(0.31)), Tier.STRONG),
    "nine tenths, and one tells more": (a_run(BARE, *STUCK, *association(0.32)), Tier.SMELL),
    "a little fewer": (
        a_run(inputs(VARIES, *[STILL] * 8), *STUCK, *association(0.31)), Tier.SMELL),
    "nine tenths, and validation is ranked": (
        a_run(BARE, *STUCK, *association(0.31), *at(0.7)), Tier.SMELL),
    "nine tenths, and validation is not": (
        a_run(BARE, *STUCK, *association(0.31), *at(0.5)), Tier.STRONG),
    "sorted data": (a_run(inputs(SORTED, SORTED)), Passed),
    "rare words": (a_run(inputs(RARE, NEVER, NEVER)), Passed),
    "none varies": (a_run(inputs(ALONE, ALONE)), NotApplicable),
    "few values": (a_run(inputs(few(VARIES), few(STILL), few(STILL))), CannotTell),
    "NaN does not count": (a_run(inputs(BROKEN, VARIES, STILL)), Passed),
    "looked up in the model": (
        a_run(inputs(VARIES, STILL, STILL), front("Embedding")), NotApplicable),
    "it learns all the same": (a_run(inputs(VARIES, STILL, STILL), *LEARNED), Passed),
    "not recorded": (a_run(), CannotTell),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), ZA105.values(), ids=ZA105.keys())
def test_constant_features(run: Run, want: type[Answer] | Tier | None) -> None:
    check("ZA105", run, want)


def test_it_shows_their_share_and_names_them() -> None:
    found = flagged("ZA105", a_run(inputs(VARIES, STILL, STILL)))
    (shown,) = found.evidence
    assert shown.value == pytest.approx(2 / 3)
    assert (shown.comparison, shown.healthy) == ("above", "at most")
    assert "`x[1]` and `x[2]`, out of 3 features" in found.context


def read_again(*, spread: Any = 0.0, prints: Any = 0.5, ones: Any = (10.0, 12.0, 9.0, 11.0, 10.0),
               examples: Any = 32.0) -> Run:  # fmt: skip
    """Five batches of one picture, under labels that go on."""
    twos = [32.0 - one for one in ones]
    return a_run(
        a_table("inputs", {"x[0]": {"min": [0.0] * 5, "max": 1.0, "count": 2048.0}}),
        a_table("batch", {"x": {"fingerprint_1": prints, "fingerprint_2": -0.2,
                                "examples": examples}}, steps=range(5)),
        a_table("label_counts", {"y": {"0": ones, "1": twos}}),
        a_table("outputs", {"y": {"spread": spread, "min": 0.4, "max": 0.6, "examples": 32.0}},
                steps=range(5)),
        a_contract(units=2), a_curve([0.69] * 5),
    )  # fmt: skip


SAME: dict[str, tuple[Run, type[Answer] | Tier]] = {
    "one picture under all names": (read_again(), Tier.STRONG),
    "outputs differ by rounding": (read_again(spread=4e-7), Tier.STRONG),
    "outputs differ at first": (read_again(spread=[1e-3, 0, 0, 0, 0]), CannotTell),
    "batches differ": (read_again(prints=[0.5, 0.5, 0.5, 0.5, 0.51]), CannotTell),
    "the last batch is smaller": (
        read_again(prints=[0.5] * 4 + [0.1], examples=[32.0] * 4 + [7.0]), CannotTell),
    "a generator that is stuck": (read_again(ones=[10.0] * 5), CannotTell),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), SAME.values(), ids=SAME.keys())
def test_examples_that_are_all_the_same(run: Run, want: type[Answer] | Tier) -> None:
    check("ZA105", run, want)


def test_the_same_batch_and_the_same_outputs_fold_under_it() -> None:
    run = read_again()
    progress = a_table("progress", {"progress": {"steps_per_epoch": 5.0}}, steps=range(5))
    told = diagnose(replace(run, tables={**run.tables, "progress": progress}), CATALOGUE)
    assert [finding.code for finding in told.findings] == ["ZA105"]
    assert "ZA106" in {c.code for c in told.findings[0].explains}
