"""Trainings that fail, as strangers log them, with the code that must come first.

Every function takes a generator of random numbers and a number of epochs, and returns a log.
"""

from __future__ import annotations

import numpy as np

from tests.curves.shapes import Log, Values, chance, falling, held, noisy, shares

Random = np.random.Generator


def guesses_two_classes(rng: Random, n: int) -> Log:
    loss, right = chance(rng, n, 2)
    return {".": {"loss": loss, "accuracy": right}}


def guesses_three_classes(rng: Random, n: int) -> Log:
    loss, right = chance(rng, n, 3)
    return {"train": {"epoch_loss": loss, "epoch_categorical_accuracy": right}}


def guesses_ten_classes_in_percent(rng: Random, n: int) -> Log:
    loss, right = chance(rng, n, 10)
    return {".": {"train/loss": loss, "train/acc": 100 * right, "val/acc": 100 * right[::-1]}}


def guesses_hundred_classes(rng: Random, n: int) -> Log:
    loss, right = chance(rng, n, 100)
    return {".": {"train_loss": loss, "train_acc": right}}


def validation_alone_guesses(rng: Random, n: int) -> Log:
    """One point of the training loss, and a validation at chance."""
    loss, right = chance(rng, n, 2)
    return {".": {"val_loss": loss, "val_acc": right, "train_loss": ([n], np.array([0.69]))}}


def loss_that_stands(rng: Random, n: int) -> Log:
    """A regression at the variance of its targets."""
    return {".": {"loss": noisy(rng, held(2 * n, 84.0), 0.01),
                  "val_loss": noisy(rng, held(2 * n, 86.0), 0.01)}}  # fmt: skip


def loss_alike_to_the_digit(rng: Random, n: int) -> Log:
    del rng
    return {"train": {"epoch_loss": held(n, 7.819), "epoch_mse": held(n, 820.0)}}


def diverges(rng: Random, n: int) -> Log:
    return {".": {"train/loss": noisy(rng, np.geomspace(2.0, 5e6, n), 0.3)}}


def diverges_after_a_while(rng: Random, n: int) -> Log:
    good = falling(n // 3, 2.0, 1.5)
    return {".": {"loss": noisy(rng, np.concatenate([good, np.geomspace(2.0, 900.0, n - n // 3)]),
                                0.1)}}  # fmt: skip


def runs_away_below_zero(rng: Random, n: int) -> Log:
    """Labels of -1 and 1 under a binary cross-entropy that takes 0 and 1."""
    return {".": {"loss": noisy(rng, -np.geomspace(0.5, 1e7, n), 0.1),
                  "accuracy": shares(rng, held(n, 0.5), 1000)}}  # fmt: skip


def negative_cross_entropy(rng: Random, n: int) -> Log:
    return {".": {"train/bce_loss": noisy(rng, -np.geomspace(0.5, 1e6, n), 0.1)}}


def loss_of_nothing(rng: Random, n: int) -> Log:
    """A categorical cross-entropy over one unit."""
    return {".": {"loss": held(n, 0.0), "accuracy": shares(rng, held(n, 0.5), 5000)}}


def loss_that_leaves_no_room(rng: Random, n: int) -> Log:
    return {".": {"loss": noisy(rng, np.geomspace(0.3, 1e-9, n), 0.2),
                  "accuracy": shares(rng, held(n, 0.5), 5000)}}  # fmt: skip


def classifier_of_absurd_loss(rng: Random, n: int) -> Log:
    return {".": {"train_loss": noisy(rng, falling(n, 2e12, 2e9), 0.3),
                  "train_acc": shares(rng, held(n, 0.5), 20_000)}}  # fmt: skip


def blows_up_to_chance(rng: Random, n: int) -> Log:
    loss, right = chance(rng, n, 3)
    loss[: n // 5] = 1.2
    loss[n // 5 : n // 4 + 1] = 500.0
    return {".": {"loss": loss, "accuracy": right}}


def loss_comes_back_to_chance(rng: Random, n: int) -> Log:
    """It learned, one spike, then ln 3 for ever."""
    at = n // 2
    good, (bad, guess) = falling(at, 1.1, 0.1), chance(rng, n - at, 3)
    loss = np.concatenate([noisy(rng, good, 0.05), bad])
    loss[at] = 2688.0
    right = np.concatenate([shares(rng, falling(at, 0.34, 0.97)), guess])
    return {"train": {"epoch_loss": loss, "epoch_accuracy": right}}


def accuracy_lost_late(rng: Random, n: int) -> Log:
    at = int(0.8 * n)
    right = np.concatenate([falling(at, 0.1, 0.9), held(n - at, 0.12)])
    loss = np.concatenate([falling(at, 2.3, 0.3), held(n - at, 2.4)])
    return {".": {"loss": noisy(rng, loss, 0.02), "accuracy": shares(rng, right, 2000)}}


def regression_that_dies(rng: Random, n: int) -> Log:
    at = n // 2
    loss = np.concatenate([falling(at, 90.0, 4.0), held(n - at, 84.0)])
    return {".": {"loss": noisy(rng, loss, 0.05)}}


def language_model_that_loses_half(rng: Random, n: int) -> Log:
    """One spike, and half of what it had learned is gone for good."""
    loss = np.concatenate([falling(4 * n, 10.8, 3.4), held(4 * n, 7.4)])
    return {".": {"train/loss": noisy(rng, loss, 0.03)}}


def validation_accuracy_that_is_lost(rng: Random, n: int) -> Log:
    """Training is logged a few times only."""
    right = np.concatenate([falling(n // 2, 0.1, 0.9), held(n - n // 2, 0.1)])
    return {".": {"train_loss": noisy(rng, falling(5, 2.3, 0.4), 0.02),
                  "val_acc": shares(rng, right, 1000)}}  # fmt: skip


def nan_from_the_start(rng: Random, n: int) -> Log:
    del rng
    return {"train": {"epoch_loss": held(n, np.nan)}}


def nan_in_the_middle(rng: Random, n: int) -> Log:
    loss: Values = noisy(rng, falling(n, 2.3, 1.0), 0.02)
    loss[n // 2 :] = np.nan
    return {".": {"Loss/train": loss}}


def nan_in_one_of_three_heads(rng: Random, n: int) -> Log:
    broken = noisy(rng, falling(n, 1.0, 0.5), 0.02)
    broken[n // 3 :] = np.nan
    return {".": {"loss_a": noisy(rng, falling(n, 2.0, 0.5), 0.02), "loss_b": broken,
                  "loss_c": noisy(rng, falling(n, 3.0, 0.9), 0.02)}}  # fmt: skip


def nan_in_both_networks(rng: Random, n: int) -> Log:
    both = {"gen_loss": falling(n, 1.2, 0.8), "disc_loss": falling(n, 1.3, 0.6)}
    for loss in both.values():
        loss[n // 2 :] = np.nan
    return {".": {tag: noisy(rng, loss, 0.02) for tag, loss in both.items()}}


def nan_in_validation(rng: Random, n: int) -> Log:
    """Training goes on, and learns."""
    held_out: Values = noisy(rng, falling(n, 2.0, 0.5), 0.03)
    held_out[n // 2 :] = np.nan
    return {".": {"loss": noisy(rng, falling(n, 2.0, 0.3), 0.03), "val_loss": held_out}}
def nan_in_the_losses_of_a_policy(rng: Random, n: int) -> Log:
    """Losses that nothing judges in reinforcement learning are NaN all the same."""
    losses = {"train/policy_loss": 0.01 + 0.001 * rng.normal(size=2 * n),
              "train/value_loss": noisy(rng, falling(2 * n, 5.0, 1.0), 0.3)}  # fmt: skip
    for loss in losses.values():
        loss[n:] = np.nan
    return {".": {"rollout/ep_rew_mean": falling(2 * n, 5.0, 60.0) + rng.normal(size=2 * n),
                  **losses}}  # fmt: skip


def reward_that_is_constant(rng: Random, n: int) -> Log:
    reward = held(8 * n, -100.0)
    reward[:5] += 3.0 * rng.random(5)
    return {".": {"rollout/ep_rew_mean": reward, "train/loss": held(8 * n, 0.0)}}


def reward_that_is_lost(rng: Random, n: int) -> Log:
    reward = np.concatenate([falling(4 * n, -8000.0, -5000.0), held(4 * n, -7940.0)])
    return {".": {"rollout/ep_rew_mean": reward + 60.0 * rng.normal(size=8 * n)}}


def reward_that_does_not_rise(rng: Random, n: int) -> Log:
    reward = -9.0 - 4.0 * np.linspace(0, 1, 6 * n) + 1.5 * rng.normal(size=6 * n)
    return {".": {"eval/mean_reward": reward, "train/loss": noisy(rng, held(6 * n, 1.0), 0.3)}}


def metric_that_sees_nothing(rng: Random, n: int) -> Log:
    """The loss falls and accuracy is 0: it does not fit the output."""
    return {"train": {"epoch_loss": noisy(rng, falling(n, 1.0, 0.1), 0.02),
                      "epoch_accuracy": held(n, 0.0)}}  # fmt: skip


def accuracy_of_single_outputs(rng: Random, n: int) -> Log:
    """`BinaryAccuracy` on ten one-hot classes."""
    return {"train": {"epoch_loss": noisy(rng, falling(n, 2.31, 0.4), 0.005),
                      "epoch_binary_accuracy": shares(rng, falling(n, 0.9, 0.97), 50_000)}}


def softmax_over_probabilities(rng: Random, n: int) -> Log:
    loss = np.concatenate([falling(n // 2, 2.3, 1.468), held(n - n // 2, 1.468)])
    right = falling(n, 0.1, 0.99, 9.0)
    return {".": {"loss": noisy(rng, loss, 0.0005), "acc": shares(rng, right, 50_000)}}


def softmax_over_probabilities_of_four(rng: Random, n: int) -> Log:
    loss = np.concatenate([falling(n // 2, 1.386, 0.748), held(n - n // 2, 0.748)])
    right = falling(n, 0.25, 0.99, 9.0)
    return {".": {"loss": noisy(rng, loss, 0.0005), "acc": shares(rng, right, 50_000)}}


def learns_by_heart(rng: Random, n: int) -> Log:
    return {".": {"train_loss": noisy(rng, falling(n, 0.69, 0.001), 0.05),
                  "train_acc": shares(rng, falling(n, 0.5, 1.0), 2000),
                  "val_loss": noisy(rng, falling(n, 0.69, 4.5, 1.0), 0.03),
                  "val_acc": shares(rng, held(n, 0.5), 400)}}  # fmt: skip


def validation_gets_worse(rng: Random, n: int) -> Log:
    at = n // 3
    loss = np.concatenate([falling(at, 1.6, 0.9), np.linspace(0.9, 2.4, n - at)])
    right = np.concatenate([falling(at, 0.3, 0.72), np.linspace(0.72, 0.58, n - at)])
    return {"train": {"epoch_loss": noisy(rng, falling(n, 1.6, 0.03), 0.03)},
            "validation": {"epoch_loss": noisy(rng, loss, 0.02),
                           "epoch_accuracy": shares(rng, right, 2000)}}  # fmt: skip


def validation_stays_at_chance(rng: Random, n: int) -> Log:
    """Batch normalisation whose moving averages never adapt: inference answers by chance."""
    loss, right = chance(rng, n, 10)
    return {"train": {"epoch_loss": noisy(rng, falling(n, 2.3, 0.1), 0.02),
                      "epoch_accuracy": shares(rng, falling(n, 0.1, 0.97), 5000)},
            "validation": {"epoch_loss": loss, "epoch_accuracy": right}}  # fmt: skip


def validation_answers_one_class(rng: Random, n: int) -> Log:
    return {".": {"loss": noisy(rng, falling(n, 2.3, 0.1), 0.02),
                  "accuracy": shares(rng, falling(n, 0.1, 0.97), 5000),
                  "val_loss": noisy(rng, held(n, 8.0), 0.05),
                  "val_accuracy": held(n, 0.0982)}}  # fmt: skip


# Whose training learned: the finding stands below a headline that says so.
LEARNED = (
    "loss_that_leaves_no_room", "nan_in_validation", "softmax_over_probabilities_of_four",
)  # fmt: skip
# The codes that may come first.
FIRST = {
    "guesses_two_classes": {"ZA704"},
    "guesses_three_classes": {"ZA704"},
    "guesses_ten_classes_in_percent": {"ZA704"},
    "guesses_hundred_classes": {"ZA704"},
    "validation_alone_guesses": {"ZA704"},
    "loss_that_stands": {"ZA704"},
    "loss_alike_to_the_digit": {"ZA704"},
    "diverges": {"ZA703"},
    "diverges_after_a_while": {"ZA703"},
    "runs_away_below_zero": {"ZA703"},
    "negative_cross_entropy": {"ZA309"},
    "loss_of_nothing": {"ZA302"},
    "loss_that_leaves_no_room": {"ZA403"},
    "classifier_of_absurd_loss": {"ZA703"},
    "blows_up_to_chance": {"ZA703"},
    "loss_comes_back_to_chance": {"ZA706"},
    "accuracy_lost_late": {"ZA706"},
    "regression_that_dies": {"ZA706"},
    "language_model_that_loses_half": {"ZA706"},
    "validation_accuracy_that_is_lost": {"ZA706"},
    "nan_from_the_start": {"ZA501"},
    "nan_in_the_middle": {"ZA501"},
    "nan_in_one_of_three_heads": {"ZA501"},
    "nan_in_both_networks": {"ZA501"},
    "nan_in_validation": {"ZA501"},
    "nan_in_the_losses_of_a_policy": {"ZA501"},
    "reward_that_is_constant": {"ZA710"},
    "reward_that_is_lost": {"ZA710"},
    "reward_that_does_not_rise": {"ZA710"},
    "metric_that_sees_nothing": {"ZA401", "ZA403"},
    "accuracy_of_single_outputs": {"ZA402"},
    "softmax_over_probabilities": {"ZA312"},
    "softmax_over_probabilities_of_four": {"ZA312"},
    "validation_stays_at_chance": {"ZA613"},
    "validation_answers_one_class": {"ZA613"},
    "learns_by_heart": {"ZA605"},
    "validation_gets_worse": {"ZA605"},
}
