"""Roles that follow from the whole log, and from who wrote it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tb_zeroacc.run import Role
from tests.curves.shapes import falling, run_of
from tests.logs.written import only

N = 20
DOWN, UP = falling(N, 2.0, 0.5), falling(N, 0.1, 0.9)
LOGS = {
    "a score alone": ({"Score/train": UP}, {"Score/train": Role.REWARD}),
    "beside a loss": ({"score": UP, "loss": DOWN}, {"score": Role.METRIC, "loss": Role.LOSS}),
    "beside an accuracy": ({"score": UP, "acc": UP}, {"score": Role.METRIC}),
    "with episodes": (
        {"score": UP, "loss": DOWN, "Steps per episode": UP},
        {"score": Role.REWARD, "loss": Role.OTHER},
    ),
    "terms of a reward mute nothing": (
        {"rewards/format": UP, "loss": DOWN}, {"rewards/format": Role.OTHER, "loss": Role.LOSS},
    ),
    "a reward mutes the loss": ({"reward": UP, "loss": DOWN}, {"loss": Role.OTHER}),
    "a distance alone": ({"l1_loss": DOWN}, {"l1_loss": Role.LOSS}),
    "a distance beside a loss": ({"l1_loss": DOWN, "loss": DOWN + 1}, {"l1_loss": Role.OTHER}),
    "a regulariser is no distance": ({"reg_loss": DOWN}, {"reg_loss": Role.OTHER}),
}  # fmt: skip


@pytest.mark.parametrize(("tags", "want"), LOGS.values(), ids=LOGS)
def test_roles_by_the_whole_log(tags: dict[str, np.ndarray], want: dict[str, Role]) -> None:
    found = {curve.tag: curve.role for curve in run_of({".": tags}).curves}
    assert {tag: found[tag] for tag in want} == want


@pytest.mark.parametrize(
    ("columns", "role"),
    [("epoch,score", Role.METRIC), ("episode,epoch,score", Role.REWARD)],
)
def test_a_score_in_a_table(tmp_path: Path, columns: str, role: Role) -> None:
    rows = [",".join([str(i)] * columns.count(",") + ["0.5"]) for i in range(4)]
    (tmp_path / "log.csv").write_text("\n".join([columns, *rows, ""]))
    curve = only(tmp_path).curve("score")
    assert curve is not None
    assert curve.role is role


def test_a_bound_stands_for_nothing() -> None:
    run = run_of({".": {"train/elbo": -DOWN, "train/kl": UP}})
    assert run.headline(Role.LOSS) is None
    assert [c.side for c in run.curves_of(Role.LOSS)] == [0]


def test_the_first_guess_stands_for_accuracy() -> None:
    run = run_of({".": {"Prec@5": 60 + 30 * UP, "Prec@1": 30 + 30 * UP}})
    best = run.headline(Role.ACCURACY)
    assert best is not None
    assert (best.tag, best.scale) == ("Prec@1", 0.01)
