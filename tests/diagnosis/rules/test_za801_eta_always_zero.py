"""ZA801 eta-always-zero."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, NotApplicable, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import RULES
from tb_zeroacc.facts import Epoch, Fit, Start
from tb_zeroacc.run import Role, Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import answer, flagged

COUNTS = a_table("label_counts", {"y": {str(k): 100.0 for k in range(10)}})
STUCK = (a_contract(), COUNTS, a_curve([2.3, 2.2]), a_curve([0.1, 0.2], Role.ACCURACY))
BEATS = (a_contract(), COUNTS, a_curve([2.3, 0.1]), a_curve([0.1, 0.9], Role.ACCURACY))


def epochs(*batches: int | None, cut: bool = False) -> tuple[Epoch, ...]:
    ends = [sum(size or 0 for size in batches[: i + 1]) for i in range(len(batches))]
    return tuple(
        Epoch(i, end, size, cut_short=cut)
        for i, (end, size) in enumerate(zip(ends, batches, strict=True))
    )


ZA801: dict[str, tuple[Run, type[Answer]]] = {
    "no batch at all": (a_run(*STUCK, epochs=epochs(0, 0, 0)), Flagged),
    "an epoch without a batch": (a_run(*BEATS, epochs=epochs(10, 0, 2)), Flagged),
    "one batch an epoch": (a_run(*STUCK, epochs=epochs(1, 1, 1)), Flagged),
    "one batch, and the record breaks off": (
        a_run(*STUCK, epochs=epochs(1, 1), start=Start("s", 0.0)), NotApplicable,
    ),
    "two batches an epoch": (a_run(*STUCK, epochs=epochs(2, 2, 2)), Passed),
    "full batches that learn": (a_run(*BEATS, epochs=epochs(1, 1, 1)), Passed),
    "one epoch of one batch among others": (a_run(*STUCK, epochs=epochs(10, 1)), Passed),
    "cut short": (a_run(*STUCK, a_table("progress", {"progress": {"seconds_per_step": 0.1}}),
                        epochs=epochs(0, cut=True)), CannotTell),
    "nothing recorded": (a_run(*STUCK), CannotTell),
    "nobody counted": (a_run(*STUCK, epochs=epochs(None, None)), CannotTell),
    "0, but sampled": (
        a_run(*STUCK, a_table("loss", {"loss": {"loss": 2.3}}), epochs=epochs(0)), CannotTell,
    ),
}


@pytest.mark.parametrize(("run", "want"), ZA801.values(), ids=ZA801.keys())
def test_eta_always_zero(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA801", run), want)


def test_it_is_a_smell_that_begins_with_the_empty_epoch() -> None:
    found = flagged("ZA801", a_run(*STUCK, epochs=epochs(10, 0, 2)))
    assert RULES["ZA801"].tier is Tier.SMELL
    assert found.since == 10


@pytest.mark.parametrize("initial", [0, 40], ids=["from the first epoch", "resumed"])
def test_a_live_run_is_told_the_true_time_left(initial: int) -> None:
    progress = a_table("progress", {"progress": {"seconds_per_step": 0.5}})
    contract = a_contract(fit=Fit(epochs=initial + 4, initial_epoch=initial))
    taken = tuple(replace(epoch, epoch=initial + epoch.epoch) for epoch in epochs(100, 100))
    run = a_run(contract, progress, a_curve([2.3]), epochs=taken, state="live")
    found = answer("ZA801", run)
    assert isinstance(found, Passed)
    assert ", so 100 s are left" in found.reason
