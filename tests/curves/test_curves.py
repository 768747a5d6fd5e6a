"""Curves of every kind: silence on healthy ones, the right cause first on the others."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tb_zeroacc.diagnosis.answers import Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE, RULES
from tb_zeroacc.diagnosis.diagnosis import Diagnosis, Outcome
from tb_zeroacc.diagnosis.engine import diagnose
from tests.curves import failing, healthy, stretched
from tests.curves.shapes import Log, run_of

Family = Callable[[np.random.Generator, int], Log]
Directories = Callable[[np.random.Generator, int], stretched.Files]
SEEDS, EPOCHS = some.integers(0, 2**32 - 1), some.integers(16, 120)


def families(module: ModuleType) -> list[Any]:
    """The functions of a module that are its own."""
    found = inspect.getmembers(module, inspect.isfunction)
    return [function for _, function in found if function.__module__ == module.__name__]


def name(family: Family | Directories) -> str:
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
    wanted = failing.FIRST[family.__name__]
    if all(RULES[code].preview for code in wanted):  # it stands apart and decides nothing
        assert {preview.code for preview in found.previews} & wanted, found.headline
        return
    first = found.findings[0].code if found.findings else "nothing"
    assert first in wanted, found.headline
    if family.__name__ in failing.LEARNED:
        assert found.outcome is Outcome.LEARNING
    else:
        assert found.headline == found.findings[0].summary


def test_every_failing_family_says_what_it_shows() -> None:
    assert {name(family) for family in families(failing)} == set(failing.FIRST)


def test_families_are_many_and_most_are_healthy() -> None:
    assert len(families(healthy)) >= 25
    assert len(families(healthy)) + len(families(failing)) >= 40


def directories(*, are_failing: bool) -> list[Directories]:
    """The families of directories that hold several stretches."""
    found = [f for f in families(stretched) if inspect.signature(f).return_annotation == "Files"]
    return [f for f in found if (name(f) in stretched.FAILING) is are_failing]


def directory_verdict(family: Directories, seed: int, epochs: int) -> Diagnosis:
    run = stretched.run_of(family(np.random.default_rng(seed), epochs))
    return diagnose(run, CATALOGUE, strict=True)


@pytest.mark.parametrize("family", directories(are_failing=False), ids=name)
@given(seed=SEEDS, epochs=EPOCHS)
@settings(max_examples=12, deadline=None, derandomize=True)
def test_silence_on_healthy_directories(family: Directories, seed: int, epochs: int) -> None:
    found = directory_verdict(family, seed, epochs)
    told = [(f.code, f.summary) for f in found.findings if f.code in ("ZA002", "ZA004")]
    assert told == [], "healthy stretches are called faulty"


@pytest.mark.parametrize("family", directories(are_failing=True), ids=name)
@given(seed=SEEDS, epochs=EPOCHS)
@settings(max_examples=12, deadline=None, derandomize=True)
def test_the_worst_stretch_is_told(family: Directories, seed: int, epochs: int) -> None:
    found = directory_verdict(family, seed, epochs)
    code, worst = stretched.FAILING[name(family)]
    (told,) = [f for f in found.findings if f.code in ("ZA002", "ZA004")]
    assert told.code == code
    assert f"({worst})" in told.summary
    assert found.outcome is Outcome.LEARNING, "the verdict is the latest one's"
