"""A curve that is told twice counts once."""

from __future__ import annotations

import numpy as np
import pytest

from tb_zeroacc.diagnosis.computed.learning.improvement import improvements_of
from tb_zeroacc.run import Role
from tests.curves.shapes import Log, falling, held, noisy, run_of

N = 30
RAW = noisy(np.random.default_rng(0), falling(N, 2.0, 0.5), 0.1)
OTHER = noisy(np.random.default_rng(1), falling(N, 2.0, 0.5), 0.1)
ROUNDED = RAW.round(4)

# A log, and the tags that are copies.
LOGS: dict[str, tuple[Log, set[str]]] = {
    "smoothed": ({".": {"loss": RAW, "loss_smooth": OTHER}}, {"loss_smooth"}),
    "running average": ({".": {"train/running_loss": OTHER, "train/loss": RAW}},
                        {"train/running_loss"}),
    "raw and smoothed": ({".": {"loss_ema": OTHER, "raw_loss": RAW}}, {"raw_loss"}),
    "equal values": ({".": {"loss": RAW, "train/loss": RAW}}, {"train/loss"}),
    "by other steps": ({".": {"Loss": RAW, "train_loss": (range(0, 100 * N, 100), RAW)}},
                       {"train_loss"}),
    "in two directories": ({"train": {"epoch_loss": RAW}, "zeroacc": {"zeroacc/epoch/loss": RAW}},
                           {"epoch_loss"}),
    "a metric that is the loss": ({".": {"loss": RAW, "mse": RAW}}, {"mse"}),
    "with gaps": ({".": {"loss": np.where(RAW > 1.9, np.nan, RAW),
                         "train_loss": np.where(RAW > 1.9, np.nan, RAW)}}, {"train_loss"}),
    "several losses": ({".": {"loss": RAW, "box_loss": OTHER, "loss_2": OTHER + 1}}, set()),
    "almost equal": ({".": {"loss": RAW, "train/loss": ROUNDED}}, set()),
    "of other data": ({".": {"loss": RAW, "val_loss": RAW}}, set()),
    "constants are alike by accident": ({".": {"a_loss": held(N, 0.0), "b_loss": held(N, 0.0)}},
                                        set()),
    "by batch and by epoch": ({".": {"train_loss_step": RAW, "train_loss_epoch": OTHER}}, set()),
    "a mean over classes": ({".": {"train/iou": RAW, "train/mean_iou": OTHER}}, set()),
    "a model of averaged weights": ({".": {"val/acc": RAW, "val/acc_ema": OTHER}}, set()),
    "what has no role": ({".": {"a": RAW, "b": RAW}}, set()),
}  # fmt: skip


@pytest.mark.parametrize(("log", "copies"), LOGS.values(), ids=LOGS)
def test_copies(log: Log, copies: set[str]) -> None:
    curves = run_of(log).curves
    assert {curve.tag for curve in curves if curve.is_copy} == copies
    assert not [curve.tag for curve in curves if curve.is_copy and curve.headline]


def test_a_copy_is_not_counted() -> None:
    run = run_of({".": {"loss": RAW, "loss_smooth": OTHER, "mse": RAW}})
    assert [curve.tag for curve in run.curves_of(Role.LOSS)] == ["loss"]
    assert [course.curve.tag for course in improvements_of(run)] == ["loss"]
    assert run.curve("loss_smooth") is not None, "it is shown"
