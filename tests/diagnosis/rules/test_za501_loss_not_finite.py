"""ZA501 loss-not-finite."""

from __future__ import annotations

import math

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, NotApplicable, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.run import Curve, Role, Run, Split, Table
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table, some_histograms
from tests.diagnosis.rules.asking import answer, flagged
from tests.diagnosis.rules.planted.numbers import NAN, STUCK


def steps_loss(*values: float) -> Curve:
    return a_curve(values, tag="zeroacc/loss", axis="step", headline=False)


def validated(*values: float) -> Run:
    """A finite loss of training, and one of validation."""
    return a_run(a_curve([0.5] * 6), a_curve(values, split=Split.VALIDATION))
DIED = (NAN, math.inf, NAN)
REWARDS = a_curve([1.0, 2.0], Role.REWARD)


def term(name: str, *values: float) -> Curve:
    """A loss that stands for nothing."""
    return a_curve(values, Role.OTHER, tag=name, name=name, headline=False)


def other(role: Role, *values: float) -> Curve:
    return a_curve(values, role, tag="x")


# --- ZA501 ------------------------------------------------------------------------------------
ZA501: dict[str, tuple[Run, type[Answer]]] = {
    "NaN at a step": (a_run(steps_loss(0.7, 0.6, NAN, NAN), a_curve([NAN])), Flagged),
    "infinite": (a_run(a_curve([0.7, math.inf])), Flagged),
    "NaN from the first epoch": (a_run(a_curve([NAN] * 5), recorded=False), Flagged),
    "all finite, however large": (a_run(a_curve([1e30, 1e35])), Passed),
    "before learning starts": (a_run(a_curve([NAN, NAN, 0.5, 0.4, 0.3])), Passed),
    "another training loss that died": (
        a_run(
            a_curve([0.5] * 6),
            a_curve([0.5, 0.5, NAN, NAN, NAN], tag="generator_loss", headline=False),
        ),
        Flagged,
    ),
    "another loss that is empty": (
        a_run(a_curve([0.5] * 6), a_curve([NAN] * 5, tag="aux_loss", headline=False)),
        Passed,
    ),
    "reinforcement learning": (
        a_run(a_curve([NAN] * 5), a_curve([1.0, 2.0], Role.REWARD), recorded=False),
        NotApplicable,
    ),
    "of validation alone": (validated(0.8, 0.7, NAN, NAN, NAN), Flagged),
    "of validation, never finite": (validated(NAN, NAN, NAN), Flagged),
    "of validation, two points": (validated(0.8, 0.7, 0.6, NAN, math.inf), Passed),
    "of validation, where it was not measured": (validated(NAN, 0.8, NAN, NAN, 0.7, NAN), Passed),
    "losses of a policy that died": (
        a_run(term("policy_loss", 0.1, 0.2, *DIED), term("value_loss", 0.5, *DIED), REWARDS,
              recorded=False),
        Flagged,
    ),
    "only one of them died": (
        a_run(term("policy_loss", 0.1, 0.2, *DIED), term("value_loss", 0.5, 0.4, 0.3), REWARDS,
              recorded=False),
        NotApplicable,
    ),
    "losses of a policy before learning starts": (
        a_run(term("policy_loss", *DIED, 0.1), REWARDS, recorded=False), NotApplicable,
    ),
    "a term that died beside a loss": (
        a_run(a_curve([0.5] * 6), term("reg_loss", 0.5, *DIED), recorded=False), Passed,
    ),
    "two bad points are not enough": (
        a_run(a_curve([0.5] * 6), other(Role.GRADIENT_NORM, 1.0, NAN, math.inf), recorded=False),
        Passed,
    ),
    "a gradient norm that died": (
        a_run(a_curve([0.5] * 6), other(Role.GRADIENT_NORM, 1.0, *DIED), recorded=False), Flagged,
    ),
    "a metric of an absent class": (
        a_run(a_curve([0.5] * 6), other(Role.METRIC, 1.0, *DIED), recorded=False), Passed,
    ),
    "a variance without variance": (
        a_run(a_curve([0.5] * 6), other(Role.OTHER, 1.0, *DIED), recorded=False), Passed,
    ),
    "no loss": (a_run(a_curve([NAN], Role.ACCURACY)), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), ZA501.values(), ids=ZA501.keys())
def test_loss_not_finite(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA501", run), want)


def test_what_is_no_loss_is_a_smell() -> None:
    run = a_run(a_curve([0.5] * 6), other(Role.ACCURACY, 0.3, 0.4, *DIED), recorded=False)
    found = flagged("ZA501", run)
    assert found.tier is Tier.SMELL
    assert found.summary == "`x` is NaN or infinite at its end, although the loss is finite."
    assert found.since == 2


def test_a_single_nan_that_passed_is_a_smell() -> None:
    assert flagged("ZA501", a_run(a_curve([1.0, NAN, 0.8, 0.7, 0.6]))).tier is Tier.SMELL


@pytest.mark.parametrize(
    ("values", "context"),
    [
        ((0.8, 0.7, NAN, NAN, NAN), "The last finite loss before it was 0.7."),
        ((NAN, NAN, NAN), "It was never finite. A mean over no example is NaN, too."),
    ],
)
def test_a_validation_that_broke_leaves_the_training_whole(
    values: tuple[float, ...], context: str
) -> None:
    found = flagged("ZA501", validated(*values))
    assert found.tier is Tier.SMELL
    assert found.summary.startswith("The validation loss is NaN from epoch ")
    assert found.context.startswith(context)


def broken_at(kind: str, row: str, at: int, *others: Table) -> Run:
    """A loss that is NaN from step 5 on; one tensor holds two bad values from step `at` on."""
    counts = [0.0] * at + [2.0] * (8 - at)
    table = a_table(kind, {"first": {"non_finite_count": 0.0}, row: {"non_finite_count": counts}})
    losses = steps_loss(*[0.7] * 5, *[NAN] * 3)
    return a_run(table, *others, losses, a_curve([NAN]), a_contract())


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (broken_at("inputs", "x[3]", 5), "the input `x[3]`"),
        (broken_at("labels", "y", 5), "the labels `y`"),
        (broken_at("weights", "dense/kernel", 5), "the weights `dense/kernel`"),
        (broken_at("activations", "dense", 5), "the activations of `dense`"),
        (broken_at("outputs", "y", 5), "the output `y`"),
        (broken_at("gradients", "head/kernel", 4), "the gradient of `head/kernel`"),
    ],
    ids=["inputs", "labels", "weights", "activations", "outputs", "gradients"],
)
def test_names_the_tensor_that_was_first(run: Run, words: str) -> None:
    found = flagged("ZA501", run)
    assert words in found.summary
    assert found.since == (4 if "gradient" in words else 5)
    assert found.fix is not None
    assert found.evidence[0].tag == "zeroacc/loss"
    assert found.evidence[1].value == 2


def test_within_a_step_the_earlier_tensor_was_first() -> None:
    later = a_table("activations", {"dense": {"non_finite_count": [0.0] * 5 + [9.0] * 3}})
    assert "the input" in flagged("ZA501", broken_at("inputs", "x[3]", 5, later)).summary


@pytest.mark.parametrize(
    ("sizes", "is_singular"),
    [
        ([0.3, 0.2, 0.3, 9.9e3], True),  # at once: a derivative is infinite
        ([0.3, 1e4, 0.3, 0.3], False),
        ([0.3, 1e3, 1e9, 1e30], False),  # it grew: an overflow
    ],
)
def test_an_infinite_derivative_is_told_from_an_overflow(
    sizes: list[float], is_singular: bool
) -> None:
    rows = {
        "abs_max": [*sizes, *[NAN] * 4],
        "non_finite_count": [0.0] * 4 + [2.0] * 4,
    }
    gradients = a_table("gradients", {"embed/kernel": rows})
    run = a_run(gradients, steps_loss(*[0.7] * 5, *[NAN] * 3), a_curve([NAN]), a_contract())
    found = flagged("ZA501", run)
    assert found.fix is not None
    assert ("square root" in found.context) is is_singular
    assert ("1e-7" in found.fix.code) is is_singular
    assert ("clipnorm" in found.fix.code) is not is_singular


def test_units_that_die_of_its_nan_fold_under_it() -> None:
    broken = {"non_finite_count": [0.0] * 4 + [2.0] * 4}
    dead = {"dead_unit_share": [0.3] * 5 + [1.0] * 3}
    verdict = diagnose(
        a_run(
            a_table("gradients", {"dense/kernel": broken}),
            a_table("activations", {"dense": dead, "head": {}}),
            steps_loss(*[0.7] * 5, *[NAN] * 3), a_curve([NAN]), a_contract(),
        ),
        CATALOGUE, strict=True,
    )  # fmt: skip
    assert [finding.code for finding in verdict.findings] == ["ZA501"]
    assert "ZA504" in {consequence.code for consequence in verdict.findings[0].explains}


def test_an_overflow_that_was_skipped_was_not_first() -> None:
    """A scaled loss skips a step whose gradient overflowed; that is no beginning."""
    gone = [0.0, 4.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    table = a_table("gradients", {"dense/kernel": {"non_finite_count": gone}})
    run = a_run(table, steps_loss(*[0.7] * 5, *[NAN] * 3), a_curve([NAN]))
    assert "gradient" not in flagged("ZA501", run).summary


def test_the_loss_itself_was_first() -> None:
    run = broken_at("activations", "dense", 8)
    assert "the loss itself" in flagged("ZA501", run).summary


def test_samples_alone_tell_the_step() -> None:
    table = a_table("loss", {"loss": {"loss": [0.7, 0.6, NAN]}}, steps=[0, 10, 20])
    assert flagged("ZA501", a_run(table)).since == 20


def lost_weights(*counts: float) -> Run:
    """Finite losses over weights of which so many are not finite in each sample."""
    steps = [0, 10, 20, 200, 400][: len(counts)]
    rows = {"dense/kernel": {"non_finite_count": list(counts)}}
    losses = {"loss": {"loss": 2.3, "data_loss": 2.3}}
    return a_run(
        a_table("weights", rows, steps=steps), a_table("loss", losses, steps=steps), *STUCK
    )


def test_weights_that_are_lost_behind_a_finite_loss() -> None:
    found = flagged("ZA501", lost_weights(0, 0, 0, 64, 64))
    assert found.summary == (
        "Weights of `dense` are NaN or Inf from step 200 on, although the loss is finite."
    )
    assert found.since == 21, "it may have begun right behind the last sound sample"
    assert isinstance(answer("ZA501", lost_weights(0, 64, 0, 0, 0)), Passed), "they recovered"


# --- without samples --------------------------------------------------------------------------
LOST = some_histograms("m/dense/kernel/histogram", bad_since=2)
LATER = some_histograms("m/dense_1/kernel/histogram", bad_since=3)


def test_histograms_tell_of_lost_weights_behind_a_finite_loss() -> None:
    found = flagged("ZA501", a_run(a_curve([0.7] * 4), LATER, LOST, recorded=False))
    assert found.tier is Tier.STRONG
    assert "`dense` are NaN or Inf from step 2 on" in found.summary
    fine = some_histograms("m/dense/kernel/histogram")
    assert isinstance(answer("ZA501", a_run(a_curve([0.7] * 4), fine, recorded=False)), Passed)
    assert isinstance(answer("ZA501", a_run(a_curve([0.7] * 4), LOST)), Passed)


def test_histograms_name_the_kernel_beside_a_lost_loss() -> None:
    found = flagged("ZA501", a_run(a_curve([0.7, NAN, NAN, NAN]), LATER, LOST, recorded=False))
    assert found.tier is None
    assert "`m/dense/kernel`, step 2" in found.evidence[-1].text
