"""Rules on runs of several optimizers, and on tables that hold some of the variables or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, NotApplicable, Passed, Tier
from tb_zeroacc.facts import Contract, Epoch, Layer, Optimizer, Unrecorded
from tb_zeroacc.run import Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import answer, flagged

SAMPLES = 30
FADES = tuple(f"deep{i}" for i in range(6))


def sgd(name: str, rate: float, *layers: str) -> Optimizer:
    return Optimizer("SGD", rate, name=name, variables=tuple(f"{x}/kernel" for x in layers))


def pair(
    actor: float | Sequence[float] = 1e-3,
    critic: float | Sequence[float] = 1e-3,
    *,
    rates: tuple[float, float] = (0.01, 0.01),
    grows: float = 1.0,
    gradients: dict[str, Any] | None = None,
    free: dict[str, Any] | None = None,
    **fields: Any,
) -> Run:
    """Two networks of one kernel each, without a loss that is called so.

    Args:
        actor, critic: Update ÷ weights of each.
        rates: Of each one's optimizer.
        grows: By how much the actor's kernel has grown at the second sample.
        gradients: Rows of `gradients`; by default of both.
        free: One more row of `weights`, of no optimizer.
        **fields: Of the run.
    """
    size = {"rms": 0.1, "unit_spread": 0.1, "non_finite_count": 0.0}
    sizes = [0.1] + [0.1 * grows] * (SAMPLES - 1)
    rows = {
        "actor/kernel": {**size, "rms": sizes, "update_ratio": actor,
                         "update_rms": np.multiply(actor, 0.1)},
        "critic/kernel": {**size, "update_ratio": critic, "update_rms": np.multiply(critic, 0.1)},
    }  # fmt: skip
    if free is not None:
        rows["target/kernel"] = {**size, **free}
    both = {name: {"rms": 1e-2} for name in list(rows)[:2]}
    optimizers = (sgd("actor_opt", rates[0], "actor"), sgd("critic_opt", rates[1], "critic"))
    layers = [Layer(x, "Dense", "linear", 4, variables=(f"{x}/kernel",))
              for x in ("actor", "critic", "target")]  # fmt: skip
    contract: Contract = replace(
        a_contract(*layers, optimizer=optimizers[0]), optimizers=optimizers
    )
    steps = range(SAMPLES)
    return a_run(
        contract,
        a_table("weights", rows, steps=steps),
        a_table("gradients", both if gradients is None else gradients, steps=steps),
        a_table("loss", {"loss": {"loss": np.nan}}, steps=steps),
        a_table(
            "learning_rates",
            {o.name or "": {"learning_rate": o.learning_rate or 0.0} for o in optimizers},
            steps=steps,
        ),
        **fields,
    )


HIGH = [72.0] + [1e-3] * (SAMPLES - 1)
CASES: dict[str, tuple[str, Run, type[Answer], str]] = {
    "healthy, too high": ("ZA701", pair(), Passed, ""),
    "one overthrown, which grew": ("ZA701", pair(HIGH, grows=101), Flagged, "of `actor_opt`"),
    "one overthrown, which hardly grew": ("ZA701", pair(HIGH, grows=99), CannotTell, ""),
    "one overthrown, which is lost": ("ZA701", pair(HIGH, grows=np.inf), Flagged, "`actor_opt`"),
    "one overthrown, which stays restless": (
        "ZA701", pair([27.0] + [0.2] * 29), Flagged, "the first update was 27 times",
    ),
    "one restless": ("ZA701", pair(critic=0.3), Flagged, "of `critic_opt`"),
    "copied by hand": ("ZA701", pair(free={"update_ratio": HIGH}, grows=101), Passed, ""),
    "healthy, too low": ("ZA702", pair(), Passed, ""),
    "one creeps": ("ZA702", pair(critic=1e-8, rates=(0.01, 1e-8)), Flagged, "of `critic_opt`"),
    "both creep": (
        "ZA702", pair(1e-8, 1e-8, rates=(1e-8, 1e-8)), Flagged, "`actor_opt` and `critic_opt`",
    ),
    "small updates at a usual rate": ("ZA702", pair(critic=1e-8), Passed, ""),
    "small updates, no gradient": (
        "ZA702",
        pair(critic=0.0, rates=(0.01, 1e-8),
             gradients={"actor/kernel": {"rms": 1.0}, "critic/kernel": {"rms": 0.0}}),
        Passed, "",
    ),
    "stands still at its own low rate": (
        "ZA708", pair(critic=0.0, rates=(1.0, 1e-9)), Passed, "",
    ),
    "stands still at its own usual rate": (
        "ZA708", pair(critic=0.0, rates=(1e-9, 1.0)), Flagged, "No variable of `critic_opt`",
    ),
    "what changes is not known": ("ZA708", pair(critic=np.nan), CannotTell, ""),
    "zeros that nothing trains": (
        "ZA601", pair(free={"rms": 0.0, "unit_spread": 0.0, "update_rms": 0.0}), Passed, "",
    ),
    "zeros that move together": (
        "ZA601", pair(free={"rms": 0.1, "unit_spread": 0.0, "update_rms": 0.1}), Flagged, "target",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("code", "run", "want", "named"), CASES.values(), ids=CASES.keys())
def test_each_optimizer_is_judged_by_itself(
    code: str, run: Run, want: type[Answer], named: str
) -> None:
    found = answer(code, run)
    assert isinstance(found, want), found
    if isinstance(found, Flagged):
        assert named in found.summary


def test_how_low_a_rate_must_be_to_be_sure() -> None:
    assert flagged("ZA702", pair(critic=1e-5, rates=(0.01, 1e-5))).tier is Tier.SMELL
    assert flagged("ZA702", pair(critic=1e-8, rates=(0.01, 1e-5))).tier is None


def test_the_fix_is_of_that_optimizer() -> None:
    low = flagged("ZA702", pair(critic=1e-8, rates=(0.01, 1e-8))).fix
    assert low is not None
    assert low.code == (
        "- critic_opt = keras.optimizers.SGD(learning_rate=1e-08)\n"
        "+ critic_opt = keras.optimizers.SGD(learning_rate=0.01)"
    )
    high = flagged("ZA701", pair(HIGH, grows=200)).fix
    assert high is not None
    assert high.code.startswith("- actor_opt = keras.optimizers.SGD(learning_rate=0.01)")


def test_gradients_of_two_networks_are_not_compared() -> None:
    """The first kernel of one and the last of the other: no gradient runs between them."""
    names = [*FADES, *(f"other{i}" for i in range(6))]
    kernels = [f"{name}/kernel" for name in names]
    optimizers = (sgd("a", 0.01, *names[:6]), sgd("b", 0.01, *names[6:]))
    layers = [Layer(x, "Dense", units=4, variables=(f"{x}/kernel",)) for x in names]
    contract = a_contract(*layers, optimizer=sgd("one", 0.01, *names))
    parts = (
        a_table("weights", {k: {"rms": 0.1, "unit_spread": 0.1, "update_ratio": 1e-9}
                            for k in kernels}),
        a_table("gradients", {k: {"rms": 1e-9 if i < 6 else 1.0} for i, k in enumerate(kernels)}),
    )  # fmt: skip
    assert isinstance(answer("ZA503", a_run(contract, *parts)), Flagged)  # as if it were one
    both = replace(contract, optimizers=optimizers)
    assert isinstance(answer("ZA503", a_run(both, *parts)), Passed)


# --- what is not on record ----------------------------------------------------------------------
LACKS = Unrecorded(
    "The gradients of `critic/kernel`", "`critic_opt` is applied in a branch.", "Apply it outside.",
    ("gradients",), ("critic/kernel",),
)  # fmt: skip
NOTHING = Unrecorded("The samples", "The disk is full.", tables=("gradients", "weights", "inputs"))
REASON = "not on record: the gradients of `critic/kernel`. `critic_opt` is applied in a branch"


@pytest.mark.parametrize("code", ["ZA503", "ZA708"])
def test_half_of_the_gradients_pass_nothing(code: str) -> None:
    some = {"actor/kernel": {"rms": 1e-2}}
    assert not isinstance(answer(code, pair(gradients=some)), CannotTell)
    found = answer(code, pair(gradients=some, unrecorded=(LACKS,)))
    assert isinstance(found, CannotTell)
    assert found.reason.endswith(REASON)


def test_what_is_found_in_one_half_stands() -> None:
    some = {"critic/kernel": {"rms": 1e-2}}
    run = pair(critic=0.0, rates=(1e-9, 1.0), gradients=some, unrecorded=(LACKS,))
    assert isinstance(answer("ZA708", run), Flagged)


def test_rows_that_came_later_are_not_missing() -> None:
    assert isinstance(answer("ZA708", pair(unrecorded=(LACKS,))), Passed)


@pytest.mark.parametrize("code", ["ZA103", "ZA601", "ZA701", "ZA702", "ZA708"])
def test_a_table_that_is_not_there_is_named_with_its_reason(code: str) -> None:
    run = a_run(a_contract(), a_curve([2.3, 2.3, 2.3, 2.3]), unrecorded=(NOTHING,))
    found = answer(code, run)
    assert isinstance(found, CannotTell)
    assert found.reason.endswith("not on record: the samples. The disk is full")
    assert not found.needs, "no line of code would log it"


@pytest.mark.parametrize("code", ["ZA110", "ZA801"])
def test_batches_that_nobody_counted_are_not_none(code: str) -> None:
    epochs = tuple(Epoch(i, 0, None, logs={"loss": 1.0}) for i in range(3))
    steps = Unrecorded("Steps", "XLA lets nothing out.", tables=("progress",))
    found = answer(code, a_run(a_contract(), epochs=epochs, unrecorded=(steps,)))
    assert isinstance(found, CannotTell)
    assert "not counted" in found.reason


def test_a_sample_out_of_turn_hides_no_equal_units() -> None:
    rows = {"dense/kernel": {"rms": [0.0, np.nan, 0.0], "unit_spread": [0.0, np.nan, 0.0],
                             "update_rms": [0.0, np.nan, 0.0]}}  # fmt: skip
    found = answer("ZA601", a_run(a_contract(), a_table("weights", rows)))
    assert isinstance(found, Flagged)


def test_a_sample_out_of_turn_is_no_movement() -> None:
    rms, change = [0.1, np.nan, *[0.1] * 8], [0.0, np.nan, *[0.0] * 8]
    rows = {"dense/kernel": {"rms": rms, "update_rms": change}}
    gradients = a_table("gradients", {"dense/kernel": {"rms": [1.0] * 10}})
    found = answer("ZA708", a_run(a_contract(), a_table("weights", rows), gradients))
    assert isinstance(found, Flagged)


def test_without_any_gradient_nothing_is_said_of_variables() -> None:
    none = {"actor/kernel": {"rms": 0.0}, "critic/kernel": {"rms": 0.0}}
    assert isinstance(answer("ZA708", pair(gradients=none)), NotApplicable)
