"""Healthy trainings as strangers log them: none may be flagged, and all but a few have learned.

Every function takes a generator of random numbers and a number of epochs, and returns a log.
"""

from __future__ import annotations

import math

import numpy as np

from tests.curves.shapes import Log, Values, falling, held, noisy, shares

Random = np.random.Generator


def keras_with_validation(rng: Random, n: int) -> Log:
    return {
        "train": {"epoch_loss": noisy(rng, falling(n, 2.3, 0.2), 0.02),
                  "epoch_accuracy": shares(rng, falling(n, 0.1, 0.94), 5000)},
        "validation": {"epoch_loss": noisy(rng, falling(n, 2.2, 0.3), 0.05),
                       "epoch_accuracy": shares(rng, falling(n, 0.12, 0.91))},
    }  # fmt: skip


def single_batches(rng: Random, n: int) -> Log:
    """The loss of each batch: it scatters by half of its level."""
    loss = noisy(rng, falling(50 * n, 2.3, 0.15), 0.5)
    return {".": {"train/loss": loss, "train/lr": held(50 * n, 1e-3)}}


def warm_up_plateau(rng: Random, n: int) -> Log:
    """A third of the run stands at chance before it begins to learn."""
    first = n // 3
    loss = np.concatenate([held(first, math.log(10)), falling(n - first, math.log(10), 0.4)])
    right = np.concatenate([held(first, 0.1), falling(n - first, 0.1, 0.87)])
    return {".": {"loss": noisy(rng, loss, 0.01), "accuracy": shares(rng, right, 2000)}}


def warm_restarts(rng: Random, n: int) -> Log:
    """The learning rate jumps back up four times, and the loss with it."""
    cycle = np.arange(n) % max(2, n // 4) / max(2, n // 4)
    loss = falling(n, 2.3, 0.3) * (1.0 + 0.6 * (1.0 - cycle))
    rate = 0.05 * (1.0 + np.cos(np.pi * cycle))
    return {".": {"train_loss": noisy(rng, loss, 0.03), "lr": rate}}


def cosine_to_zero(rng: Random, n: int) -> Log:
    loss = falling(n, 4.6, 0.9, 2.0)
    return {".": {"train/loss": noisy(rng, loss, 0.02),
                  "train/learning_rate": 0.1 * (1.0 + np.cos(np.linspace(0, np.pi, n))) / 2,
                  "eval/accuracy": shares(rng, falling(n, 0.01, 0.75))}}  # fmt: skip


def label_smoothing(rng: Random, n: int) -> Log:
    """The loss cannot fall below the entropy of the smoothed labels."""
    loss = np.concatenate([falling(n // 2, 2.3, 0.51), held(n - n // 2, 0.51)])
    return {".": {"loss": noisy(rng, loss, 0.003),
                  "accuracy": shares(rng, falling(n, 0.1, 0.985, 9.0), 50_000)}}  # fmt: skip


def gan_in_balance(rng: Random, n: int) -> Log:
    return {".": {"generator_loss": noisy(rng, held(n, 1.0), 0.2),
                  "discriminator_loss": noisy(rng, held(n, 1.3), 0.1),
                  "discriminator_real_accuracy": shares(rng, held(n, 0.65))}}  # fmt: skip


def gan_whose_generator_loss_rises(rng: Random, n: int) -> Log:
    return {".": {"gen_loss": noisy(rng, falling(n, 0.8, 4.5), 0.2),
                  "disc_loss": noisy(rng, falling(n, 1.3, 0.3), 0.2)}}  # fmt: skip


def gan_by_letters(rng: Random, n: int) -> Log:
    return {".": {"Loss/G": noisy(rng, falling(n, 0.9, 3.5), 0.2),
                  "Loss/D": noisy(rng, falling(n, 1.3, 0.4), 0.2)}}  # fmt: skip


def diffusion_model(rng: Random, n: int) -> Log:
    """The fall lies in the first steps, before the first point; then it creeps."""
    return {".": {"train/loss": noisy(rng, falling(20 * n, 0.0362, 0.0352, 1.0), 0.02)}}


def resumed(rng: Random, n: int) -> Log:
    """The log begins where an earlier one ended."""
    steps = [90_000 + 100 * i for i in range(4 * n)]
    return {".": {"train/loss": (steps, noisy(rng, held(4 * n, 1.94), 0.01))}}


def preferences(rng: Random, n: int) -> Log:
    """DPO logs rewards that may sink; the loss tells."""
    return {".": {"train/loss": noisy(rng, falling(2 * n, 0.69, 0.42), 0.02),
                  "train/rewards/chosen": -falling(2 * n, 0.0, 0.8) + 0.05 * rng.normal(size=2 * n),
                  "train/rewards/rejected": -falling(2 * n, 0.0, 2.3)
                  + 0.05 * rng.normal(size=2 * n)}}  # fmt: skip


def solved_task(rng: Random, n: int) -> Log:
    """The largest reward that there is, from the first points on."""
    reward = held(2 * n, 500.0)
    reward[:2] = rng.uniform(20.0, 300.0, 2)
    return {".": {"rollout/ep_rew_mean": reward}}


def single_episodes(rng: Random, n: int) -> Log:
    """1 for a success, else 0: successes become more frequent."""
    return {".": {"episode_reward": rng.binomial(1, falling(40 * n, 0.02, 0.35, 1.0)) * 1.0}}


def growing_term(rng: Random, n: int) -> Log:
    """A consistency term gets its weight over the run; the loss rises, the metric too."""
    return {".": {"train/loss": noisy(rng, falling(n, 0.4, 0.1) + 3.0 * np.linspace(0, 1, n), 0.03),
                  "val/dice": shares(rng, falling(n, 0.2, 0.85), 2000)}}  # fmt: skip


def growing_term_alone(rng: Random, n: int) -> Log:
    """The weight of a divergence is annealed, and only the sum is logged."""
    total = falling(n, 1.0, 0.3) + 2.5 * np.linspace(0, 1, n) ** 2
    return {".": {"train/loss": noisy(rng, total, 0.03)}}


def term_that_comes_in(rng: Random, n: int) -> Log:
    """A second objective joins the sum after two thirds of the run."""
    total = falling(n, 2.3, 0.4) + np.where(np.arange(n) < 2 * n // 3, 0.0, 1.2)
    return {".": {"train/loss": noisy(rng, total, 0.03)}}


def growing_penalty(rng: Random, n: int) -> Log:
    """The sum, one term of it, and the penalty that makes it rise."""
    task = noisy(rng, falling(n, 0.9, 0.2), 0.03)
    penalty = noisy(rng, np.linspace(0.01, 3.0, n), 0.02)
    return {".": {"total_loss": task + penalty, "ce_loss": task, "reg": penalty}}


def growing_divergence(rng: Random, n: int) -> Log:
    """A variational autoencoder whose sum is logged beside the divergence alone."""
    task = noisy(rng, falling(n, 1.0, 0.3), 0.02)
    divergence = noisy(rng, np.linspace(0.01, 4.0, n), 0.02)
    return {".": {"train/loss": task + divergence, "train/kl_loss": divergence}}


def percent_of_a_thousand_classes(rng: Random, n: int) -> Log:
    """The first epochs of a large training, in percent: all of them small numbers."""
    return {".": {"train/loss": noisy(rng, falling(n, 6.9, 5.9, 2.0), 0.003),
                  "train/acc1": 100.0 * falling(n, 0.001, 0.03, 2.0)}}  # fmt: skip


def margin_loss(rng: Random, n: int) -> Log:
    """ArcFace: the loss stands far above 0 beside a high accuracy."""
    loss = np.concatenate([falling(n // 2, 22.0, 2.9), held(n - n // 2, 2.9)])
    return {".": {"loss": noisy(rng, loss, 0.003),
                  "accuracy": shares(rng, falling(n, 0.0, 0.97, 9.0), 50_000)}}  # fmt: skip


def pixels(rng: Random, n: int) -> Log:
    """Most pixels are background: accuracy begins high."""
    return {".": {"loss": noisy(rng, falling(n, 1.75, 0.2), 0.02),
                  "pixel_accuracy": shares(rng, falling(n, 0.82, 0.96), 100_000)}}  # fmt: skip


def wasserstein(rng: Random, n: int) -> Log:
    return {".": {"critic_loss": -falling(n, 0.1, 8.0) + rng.normal(size=n),
                  "generator_loss": falling(n, 0.0, 30.0) + 3 * rng.normal(size=n)}}  # fmt: skip


def ppo(rng: Random, n: int) -> Log:
    """The value loss rises with the rewards."""
    reward = falling(4 * n, -150.0, 210.0, 3.0) + 25.0 * rng.normal(size=4 * n)
    return {".": {"rollout/ep_rew_mean": reward,
                  "train/value_loss": noisy(rng, falling(4 * n, 5.0, 60.0), 0.5),
                  "train/policy_gradient_loss": 0.01 * rng.normal(size=4 * n),
                  "train/explained_variance": np.where(np.arange(4 * n) < 3, np.nan, 0.8),
                  "train/loss": noisy(rng, falling(4 * n, 2.0, 25.0), 0.5)}}  # fmt: skip


def dqn(rng: Random, n: int) -> Log:
    return {".": {"rollout/ep_rew_mean": falling(4 * n, 9.0, 450.0, 2.0)
                  * (1 + 0.1 * rng.normal(size=4 * n)),
                  "train/loss": noisy(rng, falling(4 * n, 0.005, 2.0), 0.6)}}  # fmt: skip


def sparse_reward(rng: Random, n: int) -> Log:
    """Nothing for half of the run, then success."""
    reward = np.concatenate([held(2 * n, 0.0), falling(2 * n, 0.0, 0.9)])
    return {".": {"rollout/ep_rew_mean": reward + 0.02 * rng.normal(size=4 * n)}}


def reward_with_rough_ends(rng: Random, n: int) -> Log:
    """Cumulative rewards of ML-Agents, with single evaluations that fail."""
    reward = falling(3 * n, -1.0, 0.9, 4.0) + 0.1 * rng.normal(size=3 * n)
    reward[rng.integers(0, 3 * n, 2)] = -1.0
    return {".": {"Environment/Cumulative Reward": reward,
                  "Losses/Policy Loss": noisy(rng, held(3 * n, 0.02), 0.2),
                  "Losses/Value Loss": noisy(rng, held(3 * n, 0.1), 0.4)}}  # fmt: skip


def fine_tuning(rng: Random, n: int) -> Log:
    """It begins near its optimum."""
    return {".": {"train_loss": noisy(rng, falling(n, 0.25, 0.08), 0.1),
                  "val_loss": noisy(rng, falling(n, 0.22, 0.12), 0.05),
                  "val_acc": shares(rng, falling(n, 0.91, 0.965), 2000)}}  # fmt: skip


def noisy_labels(rng: Random, n: int) -> Log:
    """A third of the labels is wrong: it cannot get better than that."""
    return {".": {"loss": noisy(rng, falling(n, 2.3, 1.35), 0.01),
                  "acc": shares(rng, falling(n, 0.12, 0.66), 5000)}}  # fmt: skip


def by_batch_and_by_epoch(rng: Random, n: int) -> Log:
    """Lightning writes both."""
    steps = 30 * np.arange(1, n + 1)
    epochs = noisy(rng, falling(n, 1.6, 0.4), 0.02)
    return {".": {"train_loss_step": noisy(rng, falling(10 * n, 1.6, 0.4), 0.4),
                  "train_loss_epoch": (steps.tolist(), epochs),
                  "epoch": np.arange(10 * n) // 10 * 1.0}}  # fmt: skip


def no_name_tells(rng: Random, n: int) -> Log:
    """A single curve, whose name says nothing."""
    return {".": {"curve_a": noisy(rng, falling(10 * n, 2.3, 0.4), 0.1)}}


def raw_and_smoothed(rng: Random, n: int) -> Log:
    loss = noisy(rng, falling(10 * n, 2.3, 0.4), 0.3)
    smoothed = np.convolve(np.pad(loss, (19, 0), mode="edge"), np.full(20, 0.05), mode="valid")
    return {".": {"train/loss": loss, "train/loss_smooth": smoothed, "Loss": loss}}


def imagenet_example(rng: Random, n: int) -> Log:
    """Top-1 and top-5 accuracy in percent, by the names of PyTorch's example."""
    first = falling(n, 0.02, 0.7)
    return {".": {"Loss": noisy(rng, falling(n, 6.9, 1.3), 0.02),
                  "Prec@1": 100.0 * shares(rng, first, 50_000),
                  "Prec@5": 100.0 * shares(rng, np.sqrt(first), 50_000),
                  "gnorm": noisy(rng, held(n, 1.2), 0.2)}}  # fmt: skip


def score_beside_a_loss(rng: Random, n: int) -> Log:
    """A score that falls and swings is no reward where a loss learns."""
    return {".": {"train_loss": noisy(rng, falling(n, 1.6, 0.4), 0.03),
                  "score": 5.0 * rng.normal(size=n)}}  # fmt: skip


def solved_task_without_variance(rng: Random, n: int) -> Log:
    """Returns no longer vary: the explained variance ends with NaN, the entropy at nothing."""
    reward = held(4 * n, 500.0)
    reward[:n] = falling(n, 20.0, 500.0)
    return {".": {"rollout/ep_rew_mean": reward,
                  "train/explained_variance": np.where(np.arange(4 * n) > 2 * n, np.nan, 0.8),
                  "train/value_loss": noisy(rng, falling(4 * n, 5.0, 0.01), 0.5)}}  # fmt: skip


def sparse_validation(rng: Random, n: int) -> Log:
    at = np.linspace(0, 20 * n - 1, 3).astype(int).tolist()
    return {".": {"Loss/train": noisy(rng, falling(20 * n, 3.0, 0.5), 0.1),
                  "Loss/val": (at, np.array([2.5, 0.9, 0.7])),
                  "Accuracy/val": (at, np.array([0.3, 0.71, 0.78]))}}  # fmt: skip


def validation_with_spikes(rng: Random, n: int) -> Log:
    held_out = noisy(rng, falling(n, 0.8, 0.3), 0.1)
    held_out[rng.integers(0, n, max(1, n // 15))] *= 8.0
    return {".": {"loss": noisy(rng, falling(n, 0.6, 0.12), 0.03), "val_loss": held_out,
                  "acc": shares(rng, falling(n, 0.7, 0.95), 5000),
                  "val_acc": shares(rng, falling(n, 0.6, 0.92))}}  # fmt: skip


def validation_that_learns_late(rng: Random, n: int) -> Log:
    """Moving averages that need a third of the run: validation is at chance until then."""
    first = n // 3
    right = np.concatenate([held(first, 0.1), falling(n - first, 0.1, 0.9)])
    loss = np.concatenate([held(first, 2.3), falling(n - first, 2.3, 0.4)])
    return {".": {"loss": noisy(rng, falling(n, 2.3, 0.1), 0.02),
                  "accuracy": shares(rng, falling(n, 0.1, 0.97), 5000),
                  "val_loss": noisy(rng, loss, 0.02),
                  "val_accuracy": shares(rng, right, 1000)}}  # fmt: skip


def fine_tuning_that_is_good_at_once(rng: Random, n: int) -> Log:
    """Five classes of which half are told on new data from the first epoch on."""
    return {".": {"loss": noisy(rng, falling(n, 1.25, 0.3), 0.03),
                  "accuracy": shares(rng, falling(n, 0.42, 0.9), 5000),
                  "val_loss": noisy(rng, held(n, 1.2), 0.02),
                  "val_accuracy": shares(rng, held(n, 0.5), 1000)}}  # fmt: skip


def validation_that_scatters(rng: Random, n: int) -> Log:
    """By a tenth, with spikes up to eight times its level."""
    held_out = noisy(rng, falling(n, 0.9, 0.3, 10.0), 0.1)
    spikes = rng.random(n) < 0.05
    held_out[spikes] *= rng.uniform(1.5, 8.0, int(spikes.sum()))
    return {".": {"loss": noisy(rng, falling(n, 0.8, 0.1), 0.03), "val_loss": held_out}}


def spikes_that_recover(rng: Random, n: int) -> Log:
    loss = noisy(rng, falling(10 * n, 4.0, 0.3), 0.1)
    loss[rng.integers(n, 9 * n, 3)] = 300.0
    return {".": {"train/loss": loss}}


def regression_on_raw_targets(rng: Random, n: int) -> Log:
    return {".": {"loss": noisy(rng, falling(n, 9e9, 4e8), 0.05),
                  "val_loss": noisy(rng, falling(n, 9e9, 6e8), 0.08)}}  # fmt: skip


def regression_with_metrics(rng: Random, n: int) -> Log:
    return {"train": {"epoch_loss": noisy(rng, falling(n, 1.1, 0.09), 0.03),
                      "epoch_mae": noisy(rng, falling(n, 0.9, 0.2), 0.02)},
            "validation": {"epoch_loss": noisy(rng, falling(n, 1.0, 0.11), 0.05)}}  # fmt: skip


def boosted_trees(rng: Random, n: int) -> Log:
    """CatBoost logs errors alone."""
    del rng
    return {"learn": {"RMSE": falling(4 * n, 3.1, 0.5)}, "test": {"RMSE": falling(4 * n, 3.2, 0.8)}}


def imbalance(rng: Random, n: int) -> Log:
    """Accuracy stands near its best from the first epoch: the loss tells."""
    return {".": {"loss": noisy(rng, falling(n, 0.11, 0.02), 0.05),
                  "accuracy": shares(rng, falling(n, 0.981, 0.993), 20_000)}}  # fmt: skip


def language_model(rng: Random, n: int) -> Log:
    """Accuracy begins at about 0 of 50 000 words."""
    return {".": {"train/loss": noisy(rng, falling(8 * n, 10.8, 3.4), 0.03),
                  "train/grad_norm": noisy(rng, held(8 * n, 1.1), 0.3),
                  "eval/accuracy": shares(rng, falling(8 * n, 0.0, 0.38), 20_000),
                  "eval/perplexity": np.exp(falling(8 * n, 10.7, 3.6))}}  # fmt: skip


def contrastive(rng: Random, n: int) -> Log:
    return {".": {"train_loss": noisy(rng, falling(8 * n, 5.2, 0.4), 0.15),
                  "train_acc_top1": shares(rng, falling(8 * n, 0.05, 0.94), 512),
                  "train_acc_mean_pos": noisy(rng, falling(8 * n, 80.0, 1.4), 0.05),
                  "val_acc_top1": shares(rng, falling(8 * n, 0.1, 0.93), 512)}}  # fmt: skip


def hundred_classes_slowly(rng: Random, n: int) -> Log:
    """.10 of 100 classes is ten times what guessing scores."""
    return {".": {"loss": noisy(rng, falling(n, 4.6, 3.9, 2.0), 0.01),
                  "accuracy": shares(rng, falling(n, 0.01, 0.1, 2.0), 20_000)}}  # fmt: skip


def autoencoder(rng: Random, n: int) -> Log:
    """Most of the loss cannot go: pixels are between 0 and 1."""
    return {"train": {"epoch_loss": noisy(rng, falling(n, 0.27, 0.092, 8.0), 0.003)},
            "validation": {
                "epoch_loss": noisy(rng, falling(n, 0.2, 0.093, 8.0), 0.005),
            }}  # fmt: skip


def segmentation(rng: Random, n: int) -> Log:
    return {".": {"train/dice_loss": noisy(rng, falling(n, 0.9, 0.15), 0.05),
                  "val/dice": shares(rng, falling(n, 0.1, 0.82), 300),
                  "val/iou": shares(rng, falling(n, 0.05, 0.7), 300)}}  # fmt: skip


def validation_better_than_training(rng: Random, n: int) -> Log:
    """Dropout is off in validation."""
    return {".": {"loss": noisy(rng, falling(n, 1.2, 0.5), 0.02),
                  "val_loss": noisy(rng, falling(n, 0.9, 0.35), 0.04),
                  "accuracy": shares(rng, falling(n, 0.5, 0.82), 5000),
                  "val_accuracy": shares(rng, falling(n, 0.6, 0.88))}}  # fmt: skip


def percentages(rng: Random, n: int) -> Log:
    return {".": {"train/loss": noisy(rng, falling(n, 2.3, 0.3), 0.03),
                  "train/acc": 100.0 * shares(rng, falling(n, 0.1, 0.9), 5000),
                  "val/acc": 100.0 * shares(rng, falling(n, 0.1, 0.86))}}  # fmt: skip


def summed_and_averaged(rng: Random, n: int) -> Log:
    """The training loss is a sum over the epoch, that of validation a mean."""
    return {"train": {"loss": noisy(rng, falling(n, 8e5, 9e4), 0.03)},
            "val": {"loss": noisy(rng, falling(n, 0.3, 0.04), 0.05)}}  # fmt: skip


def five_epochs(rng: Random, n: int) -> Log:
    del n
    return {".": {"loss": noisy(rng, falling(5, 0.33, 0.03), 0.02),
                  "accuracy": shares(rng, np.array([0.9, 0.96, 0.98, 0.985, 0.989]), 60_000),
                  "val_loss": noisy(rng, np.array([0.14, 0.1, 0.085, 0.08, 0.078]), 0.02),
                  "val_accuracy": np.array([0.957, 0.97, 0.974, 0.976, 0.977])}}  # fmt: skip


def learned_by_the_first_epoch(rng: Random, n: int) -> Log:
    """The rest of the run stands: it had converged."""
    loss = np.concatenate([falling(max(4, n // 8), 2.3, 0.05), held(n - max(4, n // 8), 0.05)])
    right = np.clip(1.0 - loss / 3.0, 0.0, 1.0)
    return {".": {"loss": noisy(rng, loss, 0.05), "accuracy": shares(rng, right, 5000)}}


def a_regulariser_that_stands(rng: Random, n: int) -> Log:
    task: Values = noisy(rng, falling(n, 1.5, 0.2), 0.03)
    return {".": {"total_loss": task + 0.4, "task_loss": task,
                  "regularization_loss": held(n, 0.4)}}  # fmt: skip


def several_heads(rng: Random, n: int) -> Log:
    return {"train": {"epoch_loss": noisy(rng, falling(n, 4.0, 0.9), 0.02),
                      "epoch_age_loss": noisy(rng, falling(n, 1.2, 0.4), 0.05),
                      "epoch_kind_loss": noisy(rng, falling(n, 2.8, 0.5), 0.03),
                      "epoch_kind_accuracy": shares(rng, falling(n, 0.1, 0.84), 5000)}}  # fmt: skip


# Those whose curves say nothing on whether anything was learned.
UNTOLD = (
    "growing_term_alone", "term_that_comes_in", "growing_divergence",
    "gan_in_balance", "gan_by_letters", "gan_whose_generator_loss_rises", "wasserstein",
    "diffusion_model", "resumed", "solved_task", "single_episodes",
)  # fmt: skip
