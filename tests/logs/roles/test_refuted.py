"""A logged loss of 0 stands for nothing where the sampled steps of its epoch have another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tb_zeroacc import facts
from tb_zeroacc.diagnosis.context import context_of
from tb_zeroacc.run import Role, Run, Split
from tb_zeroacc.verdict import diagnose
from tests.logs.written import curve, event, fact, only, sample, simple, start, write

LOSS = facts.COLUMNS["loss"]
SAMPLED, LOGGED, HELD = "zeroacc/loss", "zeroacc/epoch/loss", "zeroacc/epoch/val_loss"


def trained(
    path: Path, logged: Sequence[float], sampled: Sequence[float], held: Sequence[float] = ()
) -> Run:
    """Epochs of two batches, both sampled, with the losses that were logged for them."""
    events = [start("a")]
    for step, loss in enumerate(sampled):
        row = [loss if name == "loss" else float("nan") for name in LOSS]
        events.append(sample(step, "loss", [row], names=not step))
        events.append(event(step, simple(SAMPLED, loss)))
        if step % 2:
            events.append(fact(step, facts.Epoch(step // 2, step + 1, 2)))
    events += [*curve(LOGGED, logged), *curve(HELD, held)]
    write(path / "zeroacc", [*events, fact(len(sampled), facts.End("finished", len(sampled)))])
    return only(path)


ZEROS = (0.0, 0.0)
CASES: dict[str, tuple[Sequence[float], Sequence[float], str]] = {
    "nobody updates the tracker": (ZEROS, (1.1, 1.0, 1.2, 1.1), SAMPLED),
    "in one epoch of two": ((1.0, 0.0), (1.1, 1.0, 1.2, 1.1), SAMPLED),
    "a loss below 0": (ZEROS, (-3.0, -2.0, -4.0, -3.0), SAMPLED),
    "one sample that is none": (ZEROS, (float("nan"), 1.0, 1.2, 1.1), SAMPLED),
    "a true 0": (ZEROS, (0.0, 0.0, 0.0, 0.0), LOGGED),
    "a sample of 0 in each epoch": (ZEROS, (1.1, 0.0, 0.0, 1.1), LOGGED),
    "what float16 rounds to 0": (ZEROS, (1e-7, 1e-6, 1e-7, 1e-6), LOGGED),
    "an epoch without a sample": ((1.0, 1.1, 0.0), (1.1, 1.0, 1.2, 1.1), LOGGED),
    "another mean than the samples'": ((9.0, 9.0), (1.1, 1.0, 1.2, 1.1), LOGGED),
    "a mean that is nearly 0": ((1e-9, 1e-9), (1.1, -1.0, 1.2, -1.1), LOGGED),
}


@pytest.mark.parametrize(("logged", "sampled", "tag"), CASES.values(), ids=CASES.keys())
def test_which_loss_stands_for_the_training(
    logged: Sequence[float], sampled: Sequence[float], tag: str, tmp_path: Path
) -> None:
    run = trained(tmp_path, logged, sampled)
    headline = run.headline(Role.LOSS)
    assert headline is not None
    assert headline.tag == tag
    known = run.curve(LOGGED)
    assert known is not None
    assert known.refuted == (tag == SAMPLED)
    assert (known.role is Role.OTHER) == known.refuted


@pytest.mark.parametrize(("held", "stands"), [(ZEROS, False), ((0.4, 0.3), True)])
def test_a_validation_loss_of_the_same_tracker_goes_with_it(
    held: Sequence[float], stands: bool, tmp_path: Path
) -> None:
    run = trained(tmp_path, ZEROS, (1.1, 1.0, 1.2, 1.1), held)
    assert (run.headline(Role.LOSS, Split.VALIDATION) is not None) == stands


def test_keras_own_log_of_the_same_tracker_goes_with_it(tmp_path: Path) -> None:
    write(tmp_path / "train", curve("epoch_loss", ZEROS))
    headline = trained(tmp_path, ZEROS, (1.1, 1.0, 1.2, 1.1)).headline(Role.LOSS)
    assert headline is not None
    assert headline.tag == SAMPLED


def test_the_verdict_goes_by_the_samples(tmp_path: Path) -> None:
    run = trained(tmp_path, ZEROS, (5.0, 5.0, 1.2, 1.0))
    assert context_of(run).final_loss == pytest.approx(1.1), "the mean of the last epoch's samples"
    (verdict,) = diagnose(str(tmp_path))
    (finding,) = [f for f in verdict.findings if f.code == "ZA406"]
    assert "update_state(loss)" in finding.fix.code
    assert verdict.curve is not None
    assert verdict.curve.tag == SAMPLED
