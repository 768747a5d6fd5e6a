"""P-values beyond underflow, and what stands behind a correlation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tb_zeroacc.diagnosis.computed.data.association import (
    LARGE,
    association_of,
    independent,
    log_erfc,
    log_p_of,
)
from tb_zeroacc.facts import Epoch
from tb_zeroacc.run import Run
from tests.diagnosis.planted import a_run, a_table

NAN = float("nan")
UNDERFLOW = 27.3  # erfc is 0 in double precision from about here on
DEPTH = 200  # of the continued fraction, which has settled long before it for the x used here


def by_continued_fraction(x: float) -> float:
    """ln erfc(x) by Laplace's continued fraction, which owes nothing to the asymptotic series."""
    below = x
    for term in range(DEPTH, 0, -1):
        below = x + term / 2.0 / below
    return -x * x - math.log(below * math.sqrt(math.pi))


@pytest.mark.parametrize("x", [0.0, 1e-9, 0.1, 1.0, 2.5, 5.0, 10.0, 15.0, 19.999, 20.0, 23.0, 26.5])
def test_log_erfc_is_the_logarithm_of_erfc(x: float) -> None:
    assert math.erfc(x) > 0, "the reference itself underflows here"
    assert log_erfc(x) == pytest.approx(math.log(math.erfc(x)), rel=1e-12, abs=1e-5)


@pytest.mark.parametrize("x", [LARGE, 25.0, UNDERFLOW, 30.0, 100.0, 1e3, 1e4])
def test_log_erfc_goes_on_where_erfc_is_nothing(x: float) -> None:
    assert log_erfc(x) == pytest.approx(by_continued_fraction(x), rel=1e-12, abs=1e-5)
    first_term = -x * x - math.log(x * math.sqrt(math.pi))
    assert log_erfc(x) <= first_term, "erfc(x) lies below exp(-x²) / (x √π) everywhere"


@pytest.mark.parametrize(
    ("x", "mantissa", "exponent"), [(30.0, 2.56465620, -393), (100.0, 6.40596142, -4346)]
)
def test_log_erfc_on_known_values(x: float, mantissa: float, exponent: int) -> None:
    known = math.log(mantissa) + exponent * math.log(10)
    assert log_erfc(x) == pytest.approx(known, abs=1e-5)


def test_log_erfc_has_no_step_where_the_series_takes_over() -> None:
    before, after = math.nextafter(LARGE, 0.0), LARGE
    assert log_erfc(after) <= log_erfc(before), "it rises where the series takes over"
    assert log_erfc(after) == pytest.approx(log_erfc(before), abs=1e-5)


@given(st.lists(st.floats(0, 1e4), min_size=2, max_size=2))
def test_log_erfc_never_rises(pair: list[float]) -> None:
    low, high = sorted(pair)
    assert log_erfc(high) <= log_erfc(low) + 1e-12 * (1 + high * high)


@pytest.mark.parametrize(
    ("r", "examples"), [(0.0, 100.0), (0.1, 403.0), (-0.1, 403.0), (0.5, 20.0), (0.9, 4.0)]
)
def test_log_p_is_that_of_a_normal_variable(r: float, examples: float) -> None:
    z = math.atanh(abs(r)) * math.sqrt(examples - 3)
    both_sides = 2 * NormalDist().cdf(-z)
    assert log_p_of(r, examples, 1) == pytest.approx(math.log(both_sides), abs=1e-9)


@pytest.mark.parametrize("examples", [-1.0, 0.0, 1.0, 3.0])
def test_three_examples_prove_nothing(examples: float) -> None:
    assert log_p_of(1.0, examples, 1) == 0.0
    assert log_p_of(1.0, 3.1, 1) < 0.0, "a little more than three do count"


def test_a_correlation_of_one_has_a_finite_p() -> None:
    for r in (1.0, -1.0, 1.0000001):
        assert -math.inf < log_p_of(r, 1e6, 64) < -1e6, r


def test_each_pair_that_was_looked_at_counts() -> None:
    alone = log_p_of(0.3, 500, 1)
    assert log_p_of(0.3, 500, 640) == pytest.approx(alone + math.log(640))
    assert log_p_of(0.01, 500, 640) == 0.0, "a p is 1 at most"


RS = st.floats(-1, 1)
EXAMPLES = st.floats(0, 1e7)
PAIRS = st.integers(1, 100_000)


@given(RS, RS, EXAMPLES, PAIRS)
def test_a_stronger_correlation_is_no_likelier(
    one: float, other: float, examples: float, pairs: int
) -> None:
    weak, strong = sorted((one, other), key=abs)
    least = log_p_of(weak, examples, pairs)
    assert log_p_of(strong, examples, pairs) <= least + 1e-12 * (1 + abs(least))


@given(RS, EXAMPLES, EXAMPLES, PAIRS)
def test_more_examples_make_it_no_likelier(r: float, one: float, other: float, pairs: int) -> None:
    few, many = sorted((one, other))
    least = log_p_of(r, few, pairs)
    assert log_p_of(r, many, pairs) <= least + 1e-12 * (1 + abs(least))


@given(RS, EXAMPLES, PAIRS)
def test_log_p_is_a_probability_and_blind_to_the_sign(
    r: float, examples: float, pairs: int
) -> None:
    found = log_p_of(r, examples, pairs)
    assert -math.inf < found <= 0.0
    assert found == log_p_of(-r, examples, pairs)
    assert log_p_of(r, examples, pairs + 1) >= found, "one more pair makes chance likelier"


SIZES = st.floats(1, 1e9)


@given(SIZES, SIZES)
def test_independent_examples_are_neither_more_than_drawn_nor_than_there_are(
    drawn: float, size: float
) -> None:
    found = independent(drawn, size, within=False)
    least = min(drawn, size)
    assert least / 2 * (1 - 1e-9) <= found <= least
    assert found == pytest.approx(independent(size, drawn, within=False)), "it is symmetric"


@given(SIZES, SIZES, SIZES)
def test_drawing_more_examples_never_lessens_them(one: float, other: float, size: float) -> None:
    few, many = sorted((one, other))
    less = independent(few, size, within=False)
    assert independent(many, size, within=False) >= less * (1 - 1e-12)


@pytest.mark.parametrize(
    ("size", "within", "want"),
    [
        (1000.0, False, 500.0), (1000.0, True, 1000.0), (None, False, 1000.0),
        (0.0, False, 1000.0), (-1.0, False, 1000.0), (250.0, False, 200.0),
    ],
)  # fmt: skip
def test_a_thousand_drawn(size: float | None, within: bool, want: float) -> None:
    assert independent(1000.0, size, within=within) == want


def test_drawn_for_ever_they_are_as_many_as_the_data_set_holds() -> None:
    assert independent(1e12, 1000.0, within=False) == pytest.approx(1000.0)


Grid = dict[str, dict[str, Any]]


def planted(
    grid: Grid | None,
    examples: float | None = 1000.0,
    *more: Any,
    sizes: float | Sequence[float] = 32.0,
    at: Sequence[int] = (0,),
    epochs: tuple[Epoch, ...] = (),
) -> Run:
    """A run with these correlations, whose labels were sampled in the epochs `at`."""
    labels = a_table("labels", {"y": {"examples": sizes}}, epochs=at, steps=range(len(at)))
    parts = [labels, *more]
    if grid is not None:
        parts.append(a_table("association", grid))
    if examples is not None:
        row = {"examples": {"examples": examples}}
        parts.append(a_table("association_examples", row, columns=("examples",)))
    return a_run(*parts, epochs=epochs)


GRID: Grid = {"x[0]": {"0": 0.1, "1": NAN}, "x[1]": {"0": -0.5, "1": 0.4}}


def test_the_strongest_pair_whatever_its_sign() -> None:
    found = association_of(planted(GRID))
    assert found is not None
    assert found.pair == ("x[1]", "0")
    assert found.r == -0.5
    assert found.examples == 1000.0
    assert found.log_p == log_p_of(-0.5, 1000.0, 3), "pairs that do not vary are not looked at"


NOTHING: dict[str, Run] = {
    "no correlation on record": planted(None),
    "no number of examples": planted(GRID, None),
    "nothing varies": planted({"x[0]": {"0": NAN}}),
    "an infinite one": planted({"x[0]": {"0": math.inf}}),
    "not recorded at all": a_run(),
}


@pytest.mark.parametrize("run", NOTHING.values(), ids=NOTHING.keys())
def test_no_association_on_record(run: Run) -> None:
    assert association_of(run) is None


def test_only_the_last_sample_counts_for_it_holds_all_before() -> None:
    table = a_table("association", {"x[0]": {"0": [0.9, 0.2]}, "x[1]": {"0": [0.1, 0.25]}})
    row = {"examples": {"examples": [100.0, 400.0]}}
    counts = a_table("association_examples", row, columns=("examples",))
    found = association_of(a_run(table, counts))
    assert found is not None
    assert (found.r, found.pair, found.examples) == (0.25, ("x[1]", "0"), 400.0)


def test_columns_that_are_all_unrelated_are_certain_to_be_chance() -> None:
    found = association_of(planted({"x[0]": {"0": 0.0}}))
    assert found is not None
    assert (found.r, found.log_p) == (0.0, 0.0)


def epochs_of(*batches: int) -> tuple[Epoch, ...]:
    ends = [sum(batches[: i + 1]) for i in range(len(batches))]
    return tuple(Epoch(i, ends[i], n) for i, n in enumerate(batches))


ASKED = a_table("progress", {"progress": {"steps_per_epoch": 10.0}})
UNKNOWN = a_table("progress", {"progress": {"steps_per_epoch": NAN}})

BEHIND: dict[str, tuple[Run, float]] = {
    "within the first epoch": (planted(GRID, epochs=epochs_of(10)), 1000.0),
    "an epoch that still runs": (planted(GRID, 1000.0, ASKED), 1000.0),
    "two epochs of 320": (planted(GRID, epochs=epochs_of(10, 10)), 1000 * 320 / 1320),
    "the largest epoch counts": (planted(GRID, epochs=epochs_of(10, 2, 2)), 1000 * 320 / 1320),
    "the second epoch still runs": (
        planted(GRID, 1000.0, ASKED, at=(0, 1), epochs=epochs_of(10)), 1000 * 320 / 1320),
    "by what was asked for": (planted(GRID, 1000.0, ASKED, at=(0, 1)), 1000 * 320 / 1320),
    "epochs of unknown length": (planted(GRID, 1000.0, UNKNOWN, at=(0, 1)), 1000.0),
    "nothing on epochs": (planted(GRID, at=(0, 1)), 1000.0),
    "unknown batch sizes": (planted(GRID, sizes=NAN, epochs=epochs_of(10, 10)), 1000.0),
    "a small last batch": (
        planted(GRID, sizes=[32, 32, 4], at=(0, 0, 0), epochs=epochs_of(10, 10)),
        1000 * 320 / 1320),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), BEHIND.values(), ids=BEHIND.keys())
def test_independent_examples_behind_a_correlation(run: Run, want: float) -> None:
    found = association_of(run)
    assert found is not None
    assert found.examples == pytest.approx(want)
    assert found.log_p == log_p_of(found.r, found.examples, 3)


def test_without_labels_every_example_counts() -> None:
    row = {"examples": {"examples": 1000.0}}
    run = a_run(
        a_table("association", GRID), a_table("association_examples", row, columns=("examples",)),
        epochs=epochs_of(10, 10),
    )  # fmt: skip
    found = association_of(run)
    assert found is not None
    assert found.examples == 1000.0
