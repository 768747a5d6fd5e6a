"""Steps that were repeated from earlier variables."""

from __future__ import annotations

import pytest

from tb_zeroacc.diagnosis.computed.model.replays import Replayed, replayed
from tests.diagnosis.planted import a_run, a_table

NAN = float("nan")


@pytest.mark.parametrize(
    ("since", "reproduced", "want"),
    [
        (NAN, NAN, None),  # a step with variables of its own
        (40.0, 1.0, Replayed(40, True)),
        (40.0, 0.0, Replayed(40, False)),
        (NAN, 0.0, Replayed(None, False)),  # not repeated at all
    ],
)
def test_what_is_known_of_a_replay(
    since: float, reproduced: float, want: Replayed | None
) -> None:
    row = {"replayed_from": [NAN, since], "reproduced": [NAN, reproduced]}
    run = a_run(a_table("progress", {"progress": row}, steps=[0, 47]))
    assert replayed(run, 47) == want
    assert replayed(run, 0) is None
    assert replayed(run, 48) is None
    assert replayed(a_run(), 47) is None
