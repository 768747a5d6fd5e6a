"""Trains a part of the zoo anew: each day another one, under a seed that is not committed.

Another seed: `ZEROACC_SEED=3 make test-long`; larger parts: `ZEROACC_PARTS=1 make test-long`.
"""

from __future__ import annotations

import datetime
import os
from pathlib import Path

import pytest

from tests.zoo.__main__ import judged
from tests.zoo.program import programs
from tests.zoo.scoring import MEASURES, differences, share
from tests.zoo.test_recorded import AT_LEAST, AT_MOST
from tests.zoo.training import Training, train

pytestmark = [pytest.mark.training, pytest.mark.long]
SEED = int(os.environ.get("ZEROACC_SEED", "23"))
PARTS = int(os.environ.get("ZEROACC_PARTS", "15"))
ROOM = 5.0  # percent: of a dozen healthy programs one may look faulty under some seed
TODAY = datetime.datetime.now(tz=datetime.UTC).toordinal() % PARTS


@pytest.mark.timeout(1800)
@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::SyntaxWarning")
def test_trained_anew_they_are_judged_as_well(tmp_path: Path) -> None:
    """Single verdicts may differ by the seed; no share may be worse than chance explains."""
    trainings = [Training(name, SEED) for name in sorted(programs())[TODAY::PARTS]]
    for training in trainings:
        train(training, tmp_path)
    found = judged(trainings, tmp_path)
    wrong = "\n".join(differences(found))
    for measure in MEASURES:
        low, high = share(found, measure).interval
        least = AT_LEAST.get(measure.name, 0.0) - ROOM
        assert 100 * high >= least, f"{measure.name}\n{wrong}"
        most = AT_MOST.get(measure.name, 100.0) + ROOM
        assert 100 * low <= most, f"{measure.name}\n{wrong}"
