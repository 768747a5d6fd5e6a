"""ZA507 low-precision-underflow."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, NotApplicable, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.facts import End, Optimizer, Shapes, Tensor
from tb_zeroacc.run import Role, Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import check, flagged

COUNTS = a_table("label_counts", {"y": {str(k): 50.0 for k in range(10)}})
STUCK = (COUNTS, a_curve([2.3] * 10), a_curve([0.1] * 10, Role.ACCURACY))
BEATS = (COUNTS, a_curve([2.3, 0.1]), a_curve([0.1, 0.98], Role.ACCURACY))
NAN = float("nan")


def run(
    zeros: Any = 1.0,
    *parts: Any,
    skipped: float = NAN,
    scale: float = 1.0,
    policy: str = "mixed_float16",
    outputs: str = "float32",
    steps: int = 100,
    present: float = 1.0,
    bad: float = 0.0,
) -> Run:
    gradient = {"present": present, "zero_share": zeros, "non_finite_count": bad}
    rows = {"dense/kernel": gradient, "dense/bias": {**gradient, "zero_share": 1.0}}
    return a_run(
        replace(a_contract(), dtype_policy=policy),
        a_table("gradients", rows),
        a_table("loss", {"loss": {"loss": 2.3, "loss_scale": scale}}),
        a_table("progress", {"progress": {"skipped_steps": skipped}}),
        *(parts or STUCK),
        end=End("finished", steps),
        shapes=Shapes(outputs=(Tensor("y", (None, 10), outputs),)),
    )


ZA507: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "all is flushed to 0": (run(1.0), None),
    "zeros on the limit": (run(0.9001), None),
    "zeros just under": (run(0.8999), Passed),
    "zeros in one sample of three": (run([1.0, 0.2, 0.2]), Passed),
    "pure float16": (run(1.0, policy="float16"), None),
    "the loss is scaled": (run(1.0, scale=32768.0), Passed),
    "every update is skipped": (run(0.0, skipped=100.0, scale=32768.0), None),
    "skipped on the limit": (run(0.0, skipped=50.0, scale=32768.0), Passed),
    "skipped just above": (run(0.0, skipped=51.0, scale=32768.0), None),
    "the scale is still searched for": (run(0.0, skipped=19.0, steps=19), CannotTell),
    "float32": (run(1.0, policy="float32"), NotApplicable),
    "bfloat16 has the range of float32": (run(1.0, policy="mixed_bfloat16"), NotApplicable),
    "layers of float16 in a model of float32": (
        run(1.0, policy="float32", outputs="float16"), None),
    "layers of bfloat16 in a model of float32": (
        run(1.0, policy="float32", outputs="bfloat16"), NotApplicable),
    "it learns all the same": (run(1.0, *BEATS), Passed),
    "no gradient": (run(NAN, present=0.0), CannotTell),
    "NaN in all gradients": (run(0.0, bad=9.0), CannotTell),
    "not recorded": (a_run(*STUCK), CannotTell),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), ZA507.values(), ids=ZA507.keys())
def test_low_precision_underflow(run: Run, want: type[Answer] | Tier | None) -> None:
    check("ZA507", run, want)


def still(
    moved: float | list[float] = 0.0,
    beta: float = 0.999,
    *,
    policy: str = "bfloat16",
    outputs: str = "bfloat16",
    gradient: float = 0.1,
    samples: int = 5,
) -> Run:
    """A model of few bits, whose kernel moves by so much."""
    moves = {"rms": 0.2, "update_rms": moved if isinstance(moved, list) else [moved] * samples}
    return a_run(
        replace(
            a_contract(optimizer=Optimizer("Adam", 0.003, settings={"beta_2": beta})),
            dtype_policy=policy,
        ),
        a_table("gradients", {"dense/kernel": {"present": 1.0, "rms": gradient}}),
        a_table("weights", {"dense/kernel": moves}),
        a_table("loss", {"loss": {"loss": 2.3, "loss_scale": 1.0}}),
        *STUCK,
        shapes=Shapes(outputs=(Tensor("y", (None, 10), outputs),)),
    )


ROUNDED: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "a beta that is 1": (still(), None),
    "layers of that type alone": (still(policy="float32"), None),
    "just below half of the distance": (still(beta=1 - 2**-9 - 1e-6), NotApplicable),
    "just above it": (still(beta=1 - 2**-9 + 1e-6), None),
    "float16 holds .999": (still(policy="float16", outputs="float16"), CannotTell),
    "but not .9999": (still(beta=0.9999, policy="float16", outputs="float16"), None),
    "kernels that move": (still([0.0, 0.0, 0.0, 0.0, 1e-4]), NotApplicable),
    "kernels that break": (still([0.0, NAN, NAN, NAN, NAN]), NotApplicable),
    "four samples": (still(samples=4), NotApplicable),
    "no gradient": (still(gradient=0.0), NotApplicable),
    "float32": (still(policy="float32", outputs="float32"), NotApplicable),
}


@pytest.mark.parametrize(("run", "want"), ROUNDED.values(), ids=ROUNDED.keys())
def test_a_beta_that_is_rounded_to_1(run: Run, want: type[Answer] | Tier | None) -> None:
    check("ZA507", run, want)


def test_weights_that_never_move_are_a_consequence_of_it() -> None:
    (found,) = diagnose(still(), CATALOGUE, strict=True).findings
    assert (found.code, "ZA708" in {c.code for c in found.explains}) == ("ZA507", True)


def test_it_says_how_many_updates_were_left_out() -> None:
    found = flagged("ZA507", run(0.0, skipped=100.0, scale=32768.0))
    assert "left out 100 of 100 updates" in found.summary
    assert found.evidence[0].value == 1.0
