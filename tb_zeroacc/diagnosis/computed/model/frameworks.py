"""What trained a run, as far as its log tells: in whose code it can be told what to do."""

from __future__ import annotations

import re
from collections.abc import Collection
from enum import Enum

from tb_zeroacc.diagnosis.computed.model.loss_kinds import REGRESSION
from tb_zeroacc.diagnosis.computed.per_run import per_run
from tb_zeroacc.run import Role, Run, Writer


class Framework(Enum):
    """What trains a model."""

    KERAS = "Keras"
    LIGHTNING = "Lightning"
    TORCH = "PyTorch"  # Hugging Face's Trainer and stable-baselines3 among it
    TENSORFLOW_1 = "TensorFlow 1"  # its sessions and Estimators
    TENSORFLOW = "TensorFlow"  # a loop that writes by `tf.summary`
    BOOSTING = "gradient boosting"  # CatBoost, XGBoost, LightGBM
    UNKNOWN = "unknown"


# Beside its logs Lightning leaves the first of these files, Hugging Face's Trainer the other one.
FILE_OF_LIGHTNING, FILE_OF_TRAINER = "hparams.yaml", "trainer_state.json"
# What Lightning and its `LearningRateMonitor` log beside all else.
TAGS_OF_LIGHTNING = re.compile(r"hp_metric|lr-[A-Z]\w*")
# Tags as PyTorch's tutorials, Hugging Face and stable-baselines3 name them: Keras' begin with
# `epoch_` and `batch_`, and its split is the directory.
TAGS_OF_TORCH = re.compile(
    r"(train|val|valid|validation|test|eval|rollout)/|.+/(train|val|valid|validation|test|eval)"
    r"|(train|val|valid|test)_(loss|acc|accuracy)(_step|_epoch)?|[Pp]rec@\d",
)
# Those of Keras' callback on TensorFlow 2.
TAGS_OF_KERAS = re.compile(r"(epoch|batch)_\w+|evaluation_\w+_vs_iterations")
# What Keras adds to the names of losses and metrics in its `logs`.
VALIDATION, RATES = "val_", ("lr", "learning_rate")
# Metrics of XGBoost and LightGBM that no network is trained by under this name: `train-mlogloss`.
METRIC_OF_BOOSTING = re.compile(
    r"(.*[/:_-])?(m?logloss|merror|(binary|multi)_(logloss|error)|rmsle)"
)
LOSS = re.compile(r"(.*[/:._ -])?loss([/:._ -].*)?", re.IGNORECASE)  # that a network minimises
# CatBoost's names of them, which stand alone: https://catboost.ai/docs/en/references/custom-metric
METRICS_OF_CATBOOST = frozenset({
    "Accuracy", "AUC", "CrossEntropy", "F1", "Logloss", "MAE", "MAPE", "MultiClass",
    "MultiClassOneVsAll", "Poisson", "Quantile", "R2", "RMSE", "TotalF1",
})  # fmt: skip
ERRORS = ("mae", "mse", "rmse", "mean_absolute_error", "mean_squared_error", "r2")


@per_run
def framework_of(run: Run) -> Framework:
    """What trained it; unknown where the log fits several."""
    tags = [curve.tag for curve in run.curves]
    if run.recorded or run.contract is not None:
        return Framework.KERAS
    if run.hyperparameters.source == FILE_OF_LIGHTNING or _any(TAGS_OF_LIGHTNING, tags):
        return Framework.LIGHTNING
    if run.hyperparameters.source == FILE_OF_TRAINER:
        return Framework.TORCH
    if Writer.TENSORFLOW_1 in run.writers:
        return Framework.KERAS if _are_logs_of_keras(tags) else Framework.TENSORFLOW_1
    if Writer.TENSORBOARD not in run.writers and _any(TAGS_OF_KERAS, tags):
        return Framework.KERAS
    if Writer.TENSORFLOW_2 in run.writers:
        return Framework.TENSORFLOW
    if not run.members and _are_logs_of_keras(tags):  # `CSVLogger`, or a `History` as a table
        return Framework.KERAS
    if _is_boosting(tags):  # a network's `SummaryWriter` may hold such metrics alone, too
        return Framework.UNKNOWN if Writer.TENSORBOARD in run.writers else Framework.BOOSTING
    if (tags and Writer.TENSORBOARD in run.writers) or _any(TAGS_OF_TORCH, tags):
        return Framework.TORCH
    return Framework.UNKNOWN


def can_be_recorded(run: Run) -> bool:
    """Whether the recorder could have been there: with Keras, on TensorFlow 2."""
    return framework_of(run) is Framework.KERAS and Writer.TENSORFLOW_1 not in run.writers


def is_regression(run: Run) -> bool:
    """Whether it is trained on numbers alone: accuracy would mean nothing."""
    if run.contract is not None:
        losses = [output.loss for output in run.contract.outputs if output.loss]
        return bool(losses) and all(loss in REGRESSION for loss in losses)
    named = any(curve.name.lower() in ERRORS for curve in run.curves)
    return named and not run.curves_of(Role.ACCURACY)


def _any(pattern: re.Pattern[str], tags: Collection[str]) -> bool:
    return any(pattern.match(tag) for tag in tags)


def _are_logs_of_keras(tags: Collection[str]) -> bool:
    """Whether these are the names that `fit` gives: a loss and metrics, and `val_` before each."""
    held_out = {tag.removeprefix(VALIDATION) for tag in tags if tag.startswith(VALIDATION)}
    trained = {tag for tag in tags if not tag.startswith(VALIDATION)}.difference(RATES)
    return "loss" in held_out and held_out == trained


def _is_boosting(tags: Collection[str]) -> bool:
    """Whether its curves are metrics of boosted trees, and none of them a loss by its name."""
    if not tags or any(LOSS.fullmatch(tag) for tag in tags):
        return False
    alone = METRICS_OF_CATBOOST.issuperset(tags)
    return alone or any(METRIC_OF_BOOSTING.fullmatch(tag) for tag in tags)
