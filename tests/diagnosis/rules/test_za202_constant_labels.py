"""ZA202 constant-labels."""

from __future__ import annotations

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, NotApplicable, Passed
from tb_zeroacc.facts import Epoch
from tb_zeroacc.run import Role, Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import answer, flagged
from tests.diagnosis.rules.planted.labels import BCE, counts, labels

EPOCH = (Epoch(0, 4, 4),)

ZA202: dict[str, tuple[Run, type[Answer]]] = {
    "one class": (a_run(a_contract(**BCE), counts(32, 0), epochs=EPOCH), Flagged),
    "two": (a_run(a_contract(**BCE), counts(31, 1)), Passed),
    "another, uncounted": (a_run(a_contract(**BCE), counts(31, 0, other=1)), Passed),
    "pure batches": (a_run(a_contract(**BCE), a_table(
        "label_counts", {"y": {"0": [32, 32, 32, 0], "1": [0, 0, 0, 32]}})), Passed),
    "64 examples in 3 batches": (
        a_run(a_contract(**BCE), counts(22, 0, samples=3), epochs=EPOCH), Flagged),
    "2 batches": (a_run(a_contract(**BCE), counts(32, 0, samples=2)), CannotTell),
    "63 examples": (a_run(a_contract(**BCE), counts(21, 0, samples=3)), CannotTell),
    "live in its first epoch": (
        a_run(a_contract(**BCE), counts(32, 0), state="live"), CannotTell),
    "constant targets": (a_run(a_contract(loss="mean_squared_error"), labels(3, 3)), Flagged),
    "targets that vary": (a_run(a_contract(loss="mean_squared_error"), labels(3, 4)), Passed),
    "dummies": (a_run(a_contract(loss="triplet"), labels(0, 0)), NotApplicable),
    "no contract": (a_run(counts(32, 0)), CannotTell),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), ZA202.values(), ids=ZA202.keys())
def test_constant_labels(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA202", run), want)


def test_it_names_the_only_label() -> None:
    share = a_curve([1.0], Role.OTHER, tag="zeroacc/label_majority_share", axis="step")
    found = flagged("ZA202", a_run(a_contract(**BCE), counts(0, 32), share, epochs=EPOCH))
    assert found.summary.startswith("All labels are 1:")
    assert found.evidence[0].tag == "zeroacc/label_majority_share"
