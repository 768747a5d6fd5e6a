"""ZA109 pipeline-stage-destroys-data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, NotApplicable, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE, RULES
from tb_zeroacc.diagnosis.engine import diagnose, tier_of
from tb_zeroacc.facts import Pipeline, Tapped
from tb_zeroacc.run import Role, Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import answer, flagged

Tensor = tuple[Tapped, dict[str, float]]
COUNTS = a_table("label_counts", {"y": {str(k): 100.0 for k in range(10)}})
BEATS = (a_contract(), COUNTS, a_curve([2.3, 0.1]), a_curve([0.1, 0.95], Role.ACCURACY))
SHAPE = (28, 28, 1)


def seen(
    row: str,
    low: float,
    high: float,
    *,
    std: float | None = None,
    before: str | None = None,
    shape: tuple[int | None, ...] | None = SHAPE,
    dtype: str = "float32",
    **columns: float,
) -> Tensor:
    """What passed one tap: values evenly spread between two, unless told otherwise."""
    tap, _, part = row.partition(":")
    spread = (high - low) / 12**0.5 if std is None else std
    healthy = {
        "elements": 1000, "non_finite_elements": 0, "sampled": 88, "values": 70_000,
        "mean": (low + high) / 2, "std": spread, "min": low, "max": high, "zero_share": 0.0,
        "integer_share": 0.0, "non_finite_share": 0.0, "least_share": 0.01, "largest_share": 0.01,
    }  # fmt: skip
    return Tapped(row, tap, part, before, shape, dtype), {**healthy, **columns}


def run_of(*tensors: Tensor, fed: Mapping[str, Any] | None = None, more: Any = ()) -> Run:
    """A run with these taps, and inputs of the model that are sound unless told."""
    table = a_table("pipeline", {t.row: numbers for t, numbers in tensors})
    sound = {"mean": 0.5, "std": 0.3, "min": 0.0, "max": 1.0, "non_finite_count": 0.0,
             "zero_share": 0.2, "count": 32.0}  # fmt: skip
    inputs = a_table("inputs", {"x": {**sound, **(fed or {})}}, steps=[0, 1, 2, 3])
    return a_run(table, inputs, *more, pipeline=Pipeline(tuple(t for t, _ in tensors)))


RAW = seen("raw", 0, 255, dtype="uint8", integer_share=1.0)
SCALED = seen("scaled", 0, 1, before="raw")
NULL = {"std": 0.0, "min": 0.0, "max": 0.0, "zero_share": 1.0}
ZEROS = seen("scaled", 0, 0, before="raw", zero_share=1.0, integer_share=1.0)
FIVES = {"std": 0.0, "min": 5.0, "max": 5.0}
NANS = seen("scaled", 0, 1, before="raw", non_finite_elements=7)
DIVIDED = seen("scaled", 0, 1, std=0.09, before="raw", dtype="uint8", zero_share=0.992,
               integer_share=1.0, least_share=0.992, largest_share=0.008)  # fmt: skip
CLIPPED = seen("clipped", 0, 1, std=0.05, before="raw", zero_share=0.004, integer_share=1.0,
               least_share=0.004, largest_share=0.996)  # fmt: skip
# Half of a picture is 0, nearly all of its margin is.
DRAWN = seen("drawn", 0, 1, zero_share=0.5)
MARGIN = seen("margin", 0, 0.5, before="drawn", shape=(28, 1, 1), zero_share=0.998)
TWICE = seen("again", 0, 1 / 255, before="scaled")

DESTROYED: dict[str, tuple[Run, Tier, str]] = {
    "scaled by zero": (run_of(RAW, ZEROS, fed=NULL), Tier.DEFINITE, "turns every value into 0"),
    "cast to integers": (
        run_of(
            seen("unit", 0, 1, zero_share=0.8),
            seen("cast", 0, 0, before="unit", dtype="int32"),
            fed=NULL,
        ),
        Tier.DEFINITE, "turns every value into 0",
    ),
    "one constant": (
        run_of(RAW, seen("filled", 5, 5, before="raw"), fed=FIVES),
        Tier.DEFINITE, "turns every value into 5",
    ),
    "not finite": (
        run_of(RAW, NANS, fed={"non_finite_count": [0, 1, 0, 0]}),
        Tier.DEFINITE, "NaN or Inf in 7 of 1000 elements",
    ),
    "divided as integers": (run_of(RAW, DIVIDED), Tier.STRONG, "99.2 % of them are 0"),
    "clipped above": (run_of(RAW, CLIPPED), Tier.STRONG, "clips 99.6 % of the values"),
    "clipped below": (
        run_of(seen("decibels", -80, -1), seen("cut", -2, -1, before="decibels", std=0.1,
                                               least_share=0.97)),
        Tier.STRONG, "clips 97 % of the values to one end of their range, -2",
    ),
    "cut from the margin": (
        run_of(DRAWN, MARGIN), Tier.STRONG, "a part in which 99.8 % of the values are 0"),
    "cut from the margin in batches": (
        run_of(DRAWN, seen("margin", 0, 0.5, before="drawn", shape=(None, 4, 28, 1), elements=32,
                           zero_share=0.98)), Tier.STRONG, "cuts out a part"),
    "scaled twice, with a tap between": (
        run_of(RAW, SCALED, TWICE), Tier.STRONG, "divides by 255 once more",
    ),
    "scaled twice, the first before any tap": (
        run_of(seen("loaded", 0, 1), seen("scaled", 0, 1 / 255, before="loaded")),
        Tier.STRONG, "divides already scaled values",
    ),
    "scaled twice in one stage": (
        run_of(RAW, seen("scaled", 0, 255 / 255**2, before="raw")),
        Tier.STRONG, "divides by 255 twice",
    ),
    "centred and scaled twice": (
        run_of(
            RAW, seen("one", -1, 1, before="raw"), seen("two", -1.00784, -0.99216, before="one"),
        ),
        Tier.STRONG, "divides by 128 once more",
    ),
    "twice, then batched": (
        run_of(
            RAW, SCALED, seen("again", 0, 1 / 255, before="scaled"),
            seen("batched", 0, 1 / 255, before="again", shape=(None, *SHAPE), elements=32),
        ),
        Tier.STRONG, "`scaled` and `again`",
    ),
    "inputs that were not recorded": (
        a_run(
            a_table("pipeline", {t.row: n for t, n in (RAW, ZEROS)}),
            pipeline=Pipeline((RAW[0], ZEROS[0])),
        ),
        Tier.STRONG, "turns every value into 0",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("run", "tier", "words"), DESTROYED.values(), ids=DESTROYED.keys())
def test_a_stage_that_destroys_data(run: Run, tier: Tier, words: str) -> None:
    found = flagged("ZA109", run)
    assert words in found.summary
    assert tier_of(RULES["ZA109"], found) is tier
    assert len(found.evidence) >= 2
    assert found.fix is not None
    assert found.fix.code


MOSTLY_ZERO = {"zero_share": 0.81, "least_share": 0.81}
HEALTHY: dict[str, tuple[Tensor, ...]] = {
    "scaled once": (RAW, SCALED),
    "scaled once, to -1 and 1": (RAW, seen("scaled", -1, 1, before="raw")),
    "standardised": (RAW, seen("scaled", -2, 2.5, std=1.0, before="raw")),
    "standardised twice: the second changes nothing": (
        seen("one", -2, 2, std=1.0), seen("two", -2, 2, std=1.0, before="one"),
    ),
    "centred": (seen("raw", 0, 1), seen("centred", -0.5, 0.5, before="raw")),
    "digits, mostly zero": (
        seen("raw", 0, 255, dtype="uint8", integer_share=1.0, **MOSTLY_ZERO),
        seen("scaled", 0, 1, before="raw", **MOSTLY_ZERO),
    ),
    "digits, made black and white": (
        seen("raw", 0, 255, dtype="uint8", integer_share=1.0, **MOSTLY_ZERO),
        seen("binary", 0, 1, before="raw", zero_share=0.87, integer_share=1.0, least_share=0.87,
             largest_share=0.13),
    ),
    "pictures, cast to bytes": (
        seen("raw", 0, 255), seen("bytes", 0, 255, before="raw", dtype="uint8", integer_share=1.0),
    ),
    "bytes, cast to floats": (RAW, seen("floats", 0, 255, before="raw", integer_share=1.0)),
    "ids, one-hot": (
        seen("ids", 0, 999, shape=(), dtype="int64", integer_share=1.0, least_share=1.0,
             largest_share=1.0),
        seen("hot", 0, 1, before="ids", shape=(1000,), zero_share=0.999, integer_share=1.0,
             least_share=0.999, largest_share=0.001),
    ),
    "rectified": (
        seen("raw", -3, 3), seen("positive", 0, 3, before="raw", zero_share=0.5, least_share=0.5),
    ),
    "outliers clipped": (
        seen("raw", -50, 80, std=1.0),
        seen("clipped", -3, 3, std=0.98, before="raw", least_share=0.02, largest_share=0.02),
    ),
    "cropped": (RAW, seen("crop", 0, 250, before="raw", shape=(20, 20, 1), dtype="uint8")),
    "cropped to what is there": (
        DRAWN, seen("middle", 0, 1, before="drawn", shape=(20, 20, 1), zero_share=0.3)),
    "cropped, and emptier": (
        DRAWN, seen("corner", 0, 1, before="drawn", shape=(9, 9, 1), zero_share=0.979)),
    "sparse before and behind": (
        seen("rare", 0, 1, zero_share=0.99),
        seen("part", 0, 1, before="rare", shape=(20, 20, 1), zero_share=0.995)),
    "nearly all set to zero, and nothing cut": (
        DRAWN, seen("spikes", 0, 1, before="drawn", zero_share=0.998)),
    "of unknown shape": (
        seen("drawn", 0, 1, zero_share=0.5, shape=(None, None, 1)),
        seen("margin", 0, 1, before="drawn", shape=(28, 1, 1), zero_share=0.998)),
    "counted, not cut": (
        DRAWN, seen("sums", 0, 9, before="drawn", shape=(28,), zero_share=0.998)),
    "mixed up": (
        seen("batched", 0, 1, shape=(None, *SHAPE)),
        seen("mixed", 0, 0.98, std=0.2, before="batched", shape=(None, *SHAPE)),
    ),
    "thousands, then thousands again: units": (
        seen("grams", 0, 2e6), seen("kilograms", 0, 2e3, before="grams"),
        seen("tonnes", 0, 2, before="kilograms"),
    ),
    "small by nature": (seen("metres", 0, 0.02), seen("centred", -0.01, 0.01, before="metres")),
    "noise made small on purpose": (
        seen("drawn", -3, 3, std=1.0), seen("noise", -0.03, 0.03, std=0.01, before="drawn"),
    ),
    "gaps that were there before": (
        seen("raw", 0, 1, non_finite_elements=9),
        seen("scaled", 0, 1, before="raw", non_finite_elements=9),
    ),
    "labels that become one class": (
        seen("raw:y", 0, 9, shape=(), dtype="int64"),
        seen("eights:y", 0, 0, before="raw:y", shape=(), dtype="int64"),
        RAW, SCALED,
    ),
    "weights that are all one": (
        seen("raw:w", 0.1, 2, shape=()), seen("even:w", 1, 1, before="raw:w", shape=()),
        RAW, SCALED,
    ),
    "a mask of booleans": (
        seen("ids", 0, 5000, shape=(20,), dtype="int64", integer_share=1.0),
        seen("mask", 0, 1, before="ids", shape=(20,), dtype="bool", zero_share=0.96,
             integer_share=1.0, least_share=0.96),
    ),
    "two pipelines side by side": (
        RAW, SCALED, seen("small", 0, 1 / 255), seen("smaller", 0, 1 / 255, before="small"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("tensors", HEALTHY.values(), ids=HEALTHY.keys())
def test_an_ordinary_pipeline_passes(tensors: tuple[Tensor, ...]) -> None:
    found = answer("ZA109", run_of(*tensors))
    assert isinstance(found, Passed), found


OTHERWISE: dict[str, tuple[Run, type[Answer]]] = {
    "no taps": (a_run(a_curve([1.0])), CannotTell),
    "zeros that a later stage fills": (run_of(RAW, ZEROS), Passed),
    "NaN that a later stage fills": (run_of(RAW, NANS), Passed),
    "NaN that the model fills": (
        run_of(RAW, NANS, fed={"non_finite_count": 1.0}, more=BEATS), Flagged,
    ),
    "divided as integers, and learned": (run_of(RAW, DIVIDED, more=BEATS), Passed),
    "cut from the margin, and learned": (run_of(DRAWN, MARGIN, more=BEATS), Passed),
    "clipped, and learned": (run_of(RAW, CLIPPED, more=BEATS), Passed),
    "too few values to call them alike": (
        run_of(RAW, seen("scaled", 0, 0, before="raw", values=31), fed=NULL), CannotTell,
    ),
    "scaled back later": (
        run_of(RAW, SCALED, TWICE, seen("back", 0, 1, before="again")), Passed,
    ),
    "files that become pictures": (
        run_of(
            seen("files", float("nan"), float("nan"), dtype="string", values=0),
            seen("pictures", 0, 255, before="files"), seen("scaled", 0, 1, before="pictures"),
        ), Passed,
    ),
    "one tap, sound": (run_of(RAW), CannotTell),
    "one tap, all zero": (run_of(seen("here", 0, 0), fed=NULL), CannotTell),
    "sound at every tap, zero in the model": (run_of(RAW, SCALED, fed=NULL), CannotTell),
    "labels alone": (run_of(seen("raw:y", 0, 9), seen("same:y", 0, 0, before="raw:y")),
                     NotApplicable),
    "texts alone": (
        run_of(seen("files", float("nan"), float("nan"), dtype="string", values=0)), NotApplicable,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), OTHERWISE.values(), ids=OTHERWISE.keys())
def test_every_other_answer(run: Run, want: type[Answer]) -> None:
    found = answer("ZA109", run)
    assert isinstance(found, want), found
    if isinstance(found, CannotTell) and "too few" not in found.reason:
        assert "tb_zeroacc.tap(" in found.needs[0].how_to_log


def test_scaled_twice_is_a_smell_where_it_learns_all_the_same() -> None:
    found = flagged("ZA109", run_of(RAW, SCALED, TWICE, more=BEATS))
    assert tier_of(RULES["ZA109"], found) is Tier.SMELL


def test_a_muted_stage_hides_no_other() -> None:
    shrunk = seen("shrunk", 0, 1 / 255, std=0.05 / 255, before="clipped", largest_share=0.996)
    assert "clips" in flagged("ZA109", run_of(RAW, CLIPPED, shrunk)).summary
    assert "divides" in flagged("ZA109", run_of(RAW, CLIPPED, shrunk, more=BEATS)).summary


@pytest.mark.parametrize(("share", "told"), [(0.95, True), (0.949, False)])
def test_the_threshold_of_clipping(share: float, told: bool) -> None:
    cut = seen("clipped", 0, 1, std=0.05, before="raw", largest_share=share)
    assert isinstance(answer("ZA109", run_of(RAW, cut)), Flagged) is told


@pytest.mark.parametrize(("factor", "told"), [(255 * 1.09, True), (255 * 1.2, False)])
def test_the_second_factor_must_be_the_first(factor: float, told: bool) -> None:
    again = seen("again", 0, 1 / factor, before="scaled")
    assert isinstance(answer("ZA109", run_of(RAW, SCALED, again)), Flagged) is told


def test_the_words_tell_what_most_likely_happened() -> None:
    def context(after: Tensor, before: Tensor = RAW) -> str:
        return flagged("ZA109", run_of(before, after, fed=NULL)).context

    unit = seen("raw", 0, 1)
    assert "multiplies by 0" in context(ZEROS)
    assert "fractions to integers" in context(seen("a", 0, 0, before="raw", dtype="uint8"), unit)
    assert "divides integers" in context(seen("a", 0, 0, before="raw", dtype="uint8"))


def test_it_heads_the_verdict_and_what_the_model_was_fed_folds_under_it() -> None:
    run = run_of(RAW, ZEROS, fed=NULL, more=(a_contract(), COUNTS, a_curve([2.3, 2.3])))
    told = diagnose(run, CATALOGUE, strict=True)
    assert told.findings[0].code == "ZA109"
    assert "ZA102" in {c.code for c in told.findings[0].explains}
    assert told.outcome.value == "broken"


def test_names_of_taps_stay_data() -> None:
    evil = "x\nimport os"
    loaded = seen(evil, 0, 1)
    found = flagged("ZA109", run_of(loaded, seen("b", 0, 1 / 255, before=evil)))
    assert found.fix is not None
    assert "\nimport" not in found.fix.code


@pytest.mark.parametrize("std", [0.2887 / 255.4, 0.2887 / 254.1])
def test_a_factor_near_that_of_an_image_is_rounded(std: float) -> None:
    """Taps look at different elements, so that their spreads differ by a little."""
    found = flagged("ZA109", run_of(RAW, SCALED, seen("again", 0, 1 / 255, std=std,
                                                      before="scaled")))  # fmt: skip
    assert "divides by 255 once more" in found.summary
    assert found.fix is not None
    assert "x / 255 " in found.fix.code
