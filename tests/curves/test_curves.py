"""Curves of every kind: silence on healthy ones, the right cause first on the others."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tb_zeroacc.diagnosis.answers import Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.diagnosis import Diagnosis, Outcome
from tb_zeroacc.diagnosis.engine import diagnose
from tests.curves import failing, healthy
from tests.curves.shapes import Log, run_of

Family = Callable[[np.random.Generator, int], Log]
SEEDS, EPOCHS = some.integers(0, 2**32 - 1), some.integers(16, 120)


def families(module: ModuleType) -> list[Family]:
    """The functions of a module that are its own."""
    found = inspect.getmembers(module, inspect.isfunction)
    return [function for _, function in found if function.__module__ == module.__name__]


def name(family: Family) -> str:
    return family.__name__


def verdict(family: Family, seed: int, epochs: int) -> Diagnosis:
    run = run_of(family(np.random.default_rng(seed), epochs))
    return diagnose(run, CATALOGUE, strict=True)


@pytest.mark.parametrize("family", families(healthy), ids=name)
@given(seed=SEEDS, epochs=EPOCHS)
@settings(max_examples=12, deadline=None, derandomize=True)
def test_silence_on_healthy_curves(family: Family, seed: int, epochs: int) -> None:
    found = verdict(family, seed, epochs)
    grave = [(f.code, f.summary) for f in found.findings if f.tier >= Tier.STRONG]
    assert grave == [], "healthy curves are called faulty"
    if family.__name__ in healthy.UNTOLD:
        assert found.outcome in (Outcome.LEARNING, Outcome.CANNOT_TELL), found.headline
    else:
        assert found.outcome is Outcome.LEARNING, found.headline


@pytest.mark.parametrize("family", families(failing), ids=name)
@given(seed=SEEDS, epochs=EPOCHS)
@settings(max_examples=12, deadline=None, derandomize=True)
def test_the_right_cause_comes_first(family: Family, seed: int, epochs: int) -> None:
    found = verdict(family, seed, epochs)
    first = found.findings[0].code if found.findings else "nothing"
    assert first in failing.FIRST[family.__name__], found.headline
    if family.__name__ in failing.LEARNED:
        assert found.outcome is Outcome.LEARNING
    else:
        assert found.headline == found.findings[0].summary


def test_every_failing_family_says_what_it_shows() -> None:
    assert {name(family) for family in families(failing)} == set(failing.FIRST)


def test_families_are_many_and_most_are_healthy() -> None:
    assert len(families(healthy)) >= 25
    assert len(families(healthy)) + len(families(failing)) >= 40
