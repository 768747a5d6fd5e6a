"""Programs that no rule was made for: silence on the healthy, the right cause first on the others.

Another seed: `ZEROACC_SEED=3 make test-long`.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import keras
import pytest

from tb_zeroacc import diagnose
from tb_zeroacc.diagnosis.answers import Tier
from tb_zeroacc.diagnosis.diagnosis import Diagnosis, Outcome
from tests.zoo import faulty, healthy, misused, odd

pytestmark = [pytest.mark.training, pytest.mark.long]
SEED = int(os.environ.get("ZEROACC_SEED", "21"))  # not used to choose a threshold
Program = Callable[[Path], None]


def programs(module: ModuleType) -> list[Program]:
    """The functions of a module that are its own."""
    found = inspect.getmembers(module, inspect.isfunction)
    return [function for _, function in found if function.__module__ == module.__name__]


def name(program: Program) -> str:
    return program.__name__


def verdict(program: Program, log_dir: Path) -> Diagnosis:
    keras.backend.clear_session()
    keras.utils.set_random_seed(SEED)
    program(log_dir)
    (found,) = diagnose(str(log_dir))
    return found


@pytest.mark.parametrize("program", [*programs(healthy), *programs(odd)], ids=name)
def test_silence_on_what_learns(program: Program, tmp_path: Path) -> None:
    found = verdict(program, tmp_path)
    grave = [(f.code, f.summary) for f in found.findings if f.tier >= Tier.STRONG]
    assert grave == [], "a healthy program is called faulty"
    untold = program.__name__ in odd.UNTOLD
    assert found.outcome is (Outcome.CANNOT_TELL if untold else Outcome.LEARNING), found.headline


FIRST = faulty.FIRST | misused.FIRST


@pytest.mark.parametrize("program", [*programs(faulty), *programs(misused)], ids=name)
@pytest.mark.filterwarnings("ignore:The model does not have any trainable weights:UserWarning")
@pytest.mark.filterwarnings("ignore:.*softmax over axis.*:UserWarning")
@pytest.mark.filterwarnings("ignore:.*num_classes > 1.*:SyntaxWarning")
def test_the_right_cause_comes_first(program: Program, tmp_path: Path) -> None:
    found = verdict(program, tmp_path)
    first = found.findings[0].code if found.findings else "nothing"
    assert first in FIRST[program.__name__], found.headline
    assert found.headline == found.findings[0].summary


def test_every_faulty_program_says_what_it_shows() -> None:
    for module in (faulty, misused):
        assert {name(program) for program in programs(module)} == set(module.FIRST)
