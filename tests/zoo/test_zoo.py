"""Trains a part of the zoo anew: silence on the healthy, the right cause first on the others.

Each day has another part. Another seed: `ZEROACC_SEED=3 make test-long`; all parts:
`ZEROACC_PARTS=1 make test-long`.
"""

from __future__ import annotations

import datetime
import os
from pathlib import Path

import pytest

from tests.zoo.__main__ import judged
from tests.zoo.program import Program, programs
from tests.zoo.scoring import differences
from tests.zoo.training import Training, train

pytestmark = [pytest.mark.training, pytest.mark.long]
SEED = int(os.environ.get("ZEROACC_SEED", "23"))  # neither committed nor used for a threshold
PARTS = int(os.environ.get("ZEROACC_PARTS", "6"))
TODAY = datetime.datetime.now(tz=datetime.UTC).toordinal() % PARTS


@pytest.mark.parametrize(
    "program", sorted(programs().values(), key=lambda p: p.name)[TODAY::PARTS], ids=lambda p: p.name
)
@pytest.mark.filterwarnings("ignore:The model does not have any trainable weights:UserWarning")
@pytest.mark.filterwarnings("ignore:.*softmax over axis.*:UserWarning")
@pytest.mark.filterwarnings("ignore:.*num_classes > 1.*:SyntaxWarning")
def test_trained_anew_it_gets_the_verdict_it_deserves(program: Program, tmp_path: Path) -> None:
    training = Training(program.name, SEED)
    train(training, tmp_path)
    assert list(differences(judged([training], tmp_path))) == []
