"""ZA111 unshuffled-batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, NotApplicable, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.facts import Fit
from tb_zeroacc.run import Role, Run, Split
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import check, flagged

STUCK = (a_contract(), a_curve([2.3] * 10), a_curve([0.1] * 10, Role.ACCURACY))
BEATS = (a_contract(), a_curve([2.3, 0.1]), a_curve([0.1, 0.98], Role.ACCURACY))


def held(loss: float) -> Any:
    return a_curve([2.3, loss], Role.LOSS, Split.VALIDATION)


def batches(
    classes: Sequence[int], pure: float = 1.0, size: float = 32.0, *, apart: int = 1
) -> Any:
    """Batches of these classes, with that share of them; the rest is of the others, evenly."""
    rest = (1.0 - pure) / 3
    shares = {str(k): [size * (pure if k == c else rest) for c in classes] for k in range(4)}
    steps = range(0, apart * len(classes), apart)
    return a_table("label_counts", {"y": shares}, steps=list(steps))


SORTED = [0] * 3 + [1] * 3 + [2] * 3 + [3] * 3
TURNS = [0, 1, 2, 3] * 3
LOPSIDED = [0] * 8 + [1] * 4

ZA111: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "sorted": (a_run(batches(SORTED), *STUCK), None),
    "purity on the limit": (a_run(batches(SORTED, 0.9501), *STUCK), None),
    "purity just under": (a_run(batches(SORTED, 0.9499), *STUCK), Passed),
    "shuffled": (a_run(batches(SORTED, 0.4), *STUCK), Passed),
    "real and fake in turn": (a_run(batches(TURNS), *STUCK), Passed),
    "one class in most examples": (a_run(batches(LOPSIDED), *STUCK), Passed),
    "one class alone": (a_run(batches([0] * 12), *STUCK), Passed),
    "tiny batches": (a_run(batches(SORTED, size=7.0), *STUCK), CannotTell),
    "small batches": (a_run(batches(SORTED, size=8.0), *STUCK), None),
    "few batches": (a_run(batches(SORTED[:9]), *STUCK), CannotTell),
    "none in a row": (a_run(batches(SORTED, apart=2), *STUCK), CannotTell),
    "validation learns": (a_run(batches(SORTED), *BEATS, held(0.3)), Passed),
    "validation does not": (a_run(batches(SORTED), *BEATS, held(2.0)), None),
    "only training is known to learn": (a_run(batches(SORTED), *BEATS), Tier.SMELL),
    "no baseline": (
        a_run(batches(SORTED), a_contract(loss="my_loss"), a_curve([3.0, 3.0])), NotApplicable),
    "not recorded": (a_run(*STUCK), CannotTell),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), ZA111.values(), ids=ZA111.keys())
def test_unshuffled_batches(run: Run, want: type[Answer] | Tier | None) -> None:
    check("ZA111", run, want)


def test_it_shows_how_classes_lie() -> None:
    purity, majority, stays = flagged("ZA111", a_run(batches(SORTED), *STUCK)).evidence
    assert (purity.value, majority.value) == (1.0, 0.25)
    assert stays.value == pytest.approx(8 / 11)


def test_what_follows_folds_under_it() -> None:
    told = diagnose(a_run(batches(SORTED), *STUCK), CATALOGUE, strict=True)
    assert [f.code for f in told.findings if f.tier >= Tier.STRONG] == ["ZA111"]


@pytest.mark.parametrize(
    ("fit", "code"),
    [
        (Fit(epochs=10, from_arrays=True),
         "- model.fit(x, y, shuffle=False)\n+ model.fit(x, y, shuffle=True)"),
        (Fit(epochs=10, from_arrays=False, steps_per_epoch=12),
         "+ dataset = dataset.unbatch().shuffle(384).batch(32)"),
        (Fit(epochs=10, from_arrays=False),
         "+ dataset = dataset.unbatch().shuffle(10000).batch(32)"),
    ],
)  # fmt: skip
def test_the_fix_shuffles_what_there_is(fit: Fit, code: str) -> None:
    run = a_run(batches(SORTED), a_contract(fit=fit), *STUCK[1:])
    fix = flagged("ZA111", run).fix
    assert fix is not None
    assert fix.code == code


def test_the_rules_own_fix_where_nobody_knows_how_it_is_fed() -> None:
    assert flagged("ZA111", a_run(batches(SORTED), *STUCK)).fix is None
