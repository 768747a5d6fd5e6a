"""What trained a run that no recorder saw."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tb_zeroacc.diagnosis.computed.model.frameworks import is_regression, is_torch
from tb_zeroacc.run import Hyperparameters, Role, Run
from tests.diagnosis.planted import a_contract, a_curve, a_run


def logged(*tags: str) -> Run:
    curves = [a_curve([2.0, 1.0], tag=tag, name=tag.split("/")[-1]) for tag in tags]
    return a_run(*curves, recorded=False)


@pytest.mark.parametrize(
    ("tag", "torch"),
    [
        ("Loss/train", True),
        ("train/loss", True),
        ("eval/loss", True),
        ("train_loss", True),
        ("train_loss_epoch", True),
        ("rollout/ep_rew_mean", True),
        ("Prec@1", True),
        ("epoch_loss", False),
        ("batch_loss", False),
        ("loss", False),
        ("zeroacc/epoch/loss", False),
        ("training_curve", False),
    ],
)
def test_tags_of_pytorch(tag: str, torch: bool) -> None:
    assert is_torch(logged(tag)) is torch


def test_files_of_pytorch_and_what_speaks_for_keras() -> None:
    beside = Hyperparameters(learning_rate=0.1, source="hparams.yaml")
    assert is_torch(replace(logged("loss"), hyperparameters=beside))
    assert not is_torch(replace(logged("train/loss"), recorded=True))
    assert not is_torch(replace(logged("train/loss"), contract=a_contract()))


def test_numbers_alone_are_a_regression() -> None:
    assert is_regression(logged("loss", "mae"))
    assert not is_regression(logged("loss"))
    accuracy = a_curve([0.5, 0.9], Role.ACCURACY)
    assert not is_regression(a_run(a_curve([2.0], name="mae"), accuracy, recorded=False))
    assert is_regression(a_run(a_contract(loss="mean_squared_error", units=1)))
    assert not is_regression(a_run(a_contract(loss="binary_crossentropy", units=1)))
