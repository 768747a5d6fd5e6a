"""What trained a run, as its log tells."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tb_zeroacc.diagnosis.computed.model.frameworks import (
    Framework,
    can_be_recorded,
    framework_of,
    is_regression,
)
from tb_zeroacc.run import Hyperparameters, Role, Run, Writer
from tests.diagnosis.planted import a_contract, a_curve, a_run

TF1, TF2, TB = Writer.TENSORFLOW_1, Writer.TENSORFLOW_2, Writer.TENSORBOARD


def logged(*tags: str, by: Writer | None = None) -> Run:
    curves = [a_curve([2.0, 1.0], tag=tag, name=tag.split("/")[-1]) for tag in tags]
    return a_run(*curves, recorded=False, writers=frozenset({by} if by else ()))


def as_text(*tags: str) -> Run:
    return replace(logged(*tags), members=())


LOGS: dict[str, tuple[Run, Framework]] = {
    # By what wrote the file, before any tag.
    "an Estimator": (logged("loss", "accuracy", "global_step/sec", by=TF1), Framework.TENSORFLOW_1),
    "Keras on TensorFlow 1": (logged("loss", "val_loss", "lr", by=TF1), Framework.KERAS),
    "without validation": (logged("loss", "acc", by=TF1), Framework.TENSORFLOW_1),
    "Keras' callback": (logged("epoch_loss", "epoch_acc", by=TF2), Framework.KERAS),
    "a loop of TensorFlow 2": (logged("loss", "acc", by=TF2), Framework.TENSORFLOW),
    "with tags as PyTorch's": (logged("train/loss", by=TF2), Framework.TENSORFLOW),
    "below an output": (logged("price/epoch_loss", by=TF2), Framework.TENSORFLOW),
    "a SummaryWriter": (logged("loss", by=TB), Framework.TORCH),
    "with tags as Keras'": (logged("epoch_loss", by=TB), Framework.TORCH),
    "without a curve": (logged(by=TB), Framework.UNKNOWN),
    # By tags alone.
    "Lightning": (logged("hp_metric", "train_loss"), Framework.LIGHTNING),
    "its monitor of rates": (logged("lr-AdamW", "loss"), Framework.LIGHTNING),
    "stable-baselines3": (logged("rollout/ep_rew_mean"), Framework.TORCH),
    "its splits": (logged("Loss/train"), Framework.TORCH),
    "torchvision": (logged("train_loss_epoch", "Prec@1"), Framework.TORCH),
    "batches of Keras": (logged("batch_loss"), Framework.KERAS),
    "evaluations of Keras": (logged("evaluation_loss_vs_iterations"), Framework.KERAS),
    "plain": (logged("loss", "accuracy"), Framework.UNKNOWN),
    "like none": (logged("training_curve"), Framework.UNKNOWN),
    # Text.
    "CSVLogger": (as_text("accuracy", "loss", "val_accuracy", "val_loss"), Framework.KERAS),
    "CSV of Lightning": (as_text("train_loss", "val_loss"), Framework.TORCH),
    "CSV without validation": (as_text("accuracy", "loss"), Framework.UNKNOWN),
    # Boosted trees.
    "CatBoost": (logged("RMSE", "MAE"), Framework.BOOSTING),
    "XGBoost": (logged("train-mlogloss", "validation_0-mlogloss"), Framework.BOOSTING),
    "LightGBM": (logged("valid_0/binary_logloss"), Framework.BOOSTING),
    "XGBoost below a split": (logged("train/logloss"), Framework.BOOSTING),
    "boosted trees, or a network": (logged("train/logloss", by=TB), Framework.UNKNOWN),
    "an error beside a loss": (logged("RMSE", "loss"), Framework.UNKNOWN),
}


@pytest.mark.parametrize(("run", "framework"), LOGS.values(), ids=LOGS.keys())
def test_what_trained_it(run: Run, framework: Framework) -> None:
    assert framework_of(run) is framework


def test_what_is_on_record_beside_the_curves_counts_first() -> None:
    beside = Hyperparameters(learning_rate=0.1, source="hparams.yaml")
    assert framework_of(replace(logged("loss"), hyperparameters=beside)) is Framework.LIGHTNING
    trainer = replace(beside, source="trainer_state.json")
    assert framework_of(replace(logged("loss"), hyperparameters=trainer)) is Framework.TORCH
    assert framework_of(replace(logged("train/loss"), recorded=True)) is Framework.KERAS
    with_model = replace(logged("train/loss"), contract=a_contract())
    assert framework_of(with_model) is Framework.KERAS


def test_tensorflow_1_has_no_recorder() -> None:
    assert can_be_recorded(logged("epoch_loss", by=TF2))
    assert not can_be_recorded(logged("loss", "val_loss", by=TF1))
    assert not can_be_recorded(logged("loss"))


def test_numbers_alone_are_a_regression() -> None:
    assert is_regression(logged("loss", "mae"))
    assert not is_regression(logged("loss"))
    accuracy = a_curve([0.5, 0.9], Role.ACCURACY)
    assert not is_regression(a_run(a_curve([2.0], name="mae"), accuracy, recorded=False))
    assert is_regression(a_run(a_contract(loss="mean_squared_error", units=1)))
    assert not is_regression(a_run(a_contract(loss="binary_crossentropy", units=1)))
