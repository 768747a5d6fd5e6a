from __future__ import annotations

import pytest

from tb_zeroacc.logs.roles.meaning import meaning_of
from tb_zeroacc.logs.roles.sides import is_players, side_of
from tb_zeroacc.run import Role, Split

LOSS, ACC, METRIC, OTHER = Role.LOSS, Role.ACCURACY, Role.METRIC, Role.OTHER
RATE, NORM, REWARD = Role.LEARNING_RATE, Role.GRADIENT_NORM, Role.REWARD
TRAIN, VAL, TEST = Split.TRAIN, Split.VALIDATION, Split.TEST

TAGS = {
    # Keras
    "epoch_loss": (LOSS, None, "epoch", "loss"),
    "epoch_accuracy": (ACC, None, "epoch", "accuracy"),
    "epoch_sparse_categorical_accuracy": (ACC, None, "epoch", "sparse_categorical_accuracy"),
    "epoch_val_loss": (LOSS, VAL, "epoch", "loss"),
    "epoch_my_metric": (METRIC, None, "epoch", "my_metric"),
    "epoch_learning_rate": (RATE, None, "epoch", "learning_rate"),
    "epoch_lr": (RATE, None, "epoch", "lr"),
    "epoch_steps_per_second": (OTHER, None, "epoch", "steps_per_second"),
    "batch_loss": (LOSS, None, "step", "loss"),
    "evaluation_loss_vs_iterations": (LOSS, None, "step", "loss"),
    "evaluation_masked_accuracy_vs_iterations": (ACC, None, "step", "masked_accuracy"),
    "val_acc": (ACC, VAL, "unknown", "acc"),
    # our recorder
    "zeroacc/loss": (LOSS, TRAIN, "step", "loss"),
    "zeroacc/epoch/loss": (LOSS, TRAIN, "epoch", "loss"),
    "zeroacc/epoch/accuracy": (ACC, TRAIN, "epoch", "accuracy"),
    "zeroacc/epoch/val_loss": (LOSS, VAL, "epoch", "loss"),
    "zeroacc/learning_rate": (RATE, TRAIN, "step", "learning_rate"),
    "zeroacc/gradient_norm": (NORM, TRAIN, "step", "gradient_norm"),
    "zeroacc/dead_unit_share": (OTHER, TRAIN, "step", "dead_unit_share"),
    "zeroacc/gradients/dense": (OTHER, TRAIN, "step", "gradients/dense"),
    # Lightning, Hugging Face, PyTorch
    "train_loss_step": (LOSS, TRAIN, "step", "loss"),
    "train_loss_epoch": (LOSS, TRAIN, "unknown", "loss"),
    "ptl/val_loss": (LOSS, VAL, "unknown", "loss"),
    "valid_loss_0": (LOSS, VAL, "unknown", "loss_0"),
    "eval/accuracy": (ACC, VAL, "unknown", "accuracy"),
    "Loss/train": (LOSS, TRAIN, "unknown", "loss"),
    "Accuracy/test": (ACC, TEST, "unknown", "accuracy"),
    "train/grad_norm": (NORM, TRAIN, "unknown", "grad_norm"),
    "grad_2.0_norm_total": (NORM, None, "unknown", "grad_2_0_norm"),
    "lr-AdamW": (RATE, None, "unknown", "lr_adam_w"),
    "x/lr0": (RATE, None, "unknown", "x_lr0"),
    "epoch": (OTHER, None, "unknown", "epoch"),
    "hp_metric": (OTHER, None, "unknown", "hp"),
    "train/acc_top5": (ACC, TRAIN, "unknown", "acc_top5"),
    "val/psnr": (METRIC, VAL, "unknown", "psnr"),
    "metrics/mAP_0.5:0.95": (METRIC, None, "unknown", "m_ap_0_5_0_95"),
    "Freight Charges/epoch_r2": (METRIC, None, "unknown", "freight_charges_r2"),
    "RMSE": (METRIC, None, "unknown", "rmse"),
    "train/bpd": (LOSS, TRAIN, "unknown", "bpd"),
    "losses/ce": (LOSS, None, "unknown", "ce"),
    "cross_entropy_1": (LOSS, None, "unknown", "crossentropy_1"),
    "val/dice_loss": (LOSS, VAL, "unknown", "dice_loss"),
    "focal_loss": (LOSS, None, "unknown", "focal_loss"),
    "train/CrossEntropyLoss": (LOSS, TRAIN, "unknown", "crossentropy_loss"),
    "SparseCategoricalCrossentropy": (LOSS, None, "unknown", "sparse_categorical_crossentropy"),
    "Logloss": (LOSS, None, "unknown", "logloss"),
    # what is no accuracy: a mean rank, lower is better
    "val/acc_mean_pos": (METRIC, VAL, "unknown", "acc_pos"),
    "accuracy_position": (METRIC, None, "unknown", "accuracy_position"),
    "acc_mean_rank": (METRIC, None, "unknown", "acc_rank"),
    "rank1_acc": (ACC, None, "unknown", "rank1_acc"),
    "accuracy/rank_0": (ACC, None, "unknown", "accuracy_rank_0"),
    "acc_pos": (ACC, None, "unknown", "acc_pos"),
    "valid/ppl": (METRIC, VAL, "unknown", "ppl"),
    "val/mIoU": (METRIC, VAL, "unknown", "miou"),
    "val/IoU": (METRIC, VAL, "unknown", "iou"),
    "epoch_mean_io_u": (METRIC, None, "epoch", "mean_io_u"),
    "radio_u": (OTHER, None, "unknown", "radio_u"),
    "hit@10": (METRIC, None, "unknown", "hits_10"),
    "cache_hit": (OTHER, None, "unknown", "cache_hit"),
    "exact_match": (METRIC, None, "unknown", "exactmatch"),
    "train_ce": (LOSS, TRAIN, "unknown", "ce"),
    "train/BCE": (LOSS, TRAIN, "unknown", "bce"),
    "binary_cross_entropy": (LOSS, None, "unknown", "binary_crossentropy"),
    "huber_loss": (LOSS, None, "unknown", "huber_loss"),
    "SmoothL1": (LOSS, None, "unknown", "huber"),
    "log_loss": (LOSS, None, "unknown", "loss"),
    "train/elbo": (LOSS, TRAIN, "unknown", "elbo"),
    # top-1 accuracy by other names
    "Prec@1": (ACC, None, "unknown", "prec_1"),
    "val/top1": (ACC, VAL, "unknown", "top1"),
    "val_top-5": (ACC, VAL, "unknown", "top_5"),
    "top1_err": (METRIC, None, "unknown", "top1_err"),
    "epoch_precision_1": (METRIC, None, "epoch", "precision_1"),  # Keras' second `Precision`
    "precision@10": (METRIC, None, "unknown", "precision_10"),
    # gradient norms
    "gnorm": (NORM, None, "unknown", "gnorm"),
    "train/total_norm": (NORM, TRAIN, "unknown", "norm"),
    "weight_norm_total": (OTHER, None, "unknown", "weight_norm"),
    # what is no loss
    "l1_loss": (OTHER, None, "unknown", "l1_loss"),  # see the whole log
    "loss_scale": (OTHER, None, "unknown", "loss_scale"),
    "loss_regularization": (OTHER, None, "unknown", "loss_regularization"),
    "local3/weight_loss_1": (OTHER, None, "unknown", "local3_weight_loss_1"),
    "train/value_loss": (OTHER, TRAIN, "unknown", "value_loss"),
    "train/entropy_loss": (OTHER, TRAIN, "unknown", "entropy_loss"),
    "train/explained_variance": (OTHER, TRAIN, "unknown", "explained_variance"),
    "Losses/Policy Loss": (OTHER, None, "unknown", "policy_loss"),
    "global_step/sec": (OTHER, None, "unknown", "global_sec"),
    "discriminator_fake_accuracy": (METRIC, None, "unknown", "discriminator_fake_accuracy"),
    # reward
    "rollout/ep_rew_mean": (REWARD, None, "unknown", "rollout_ep_rew"),
    "eval/mean_reward": (REWARD, VAL, "unknown", "reward"),
    "Environment/Cumulative Reward": (REWARD, None, "unknown", "environment_cumulative_reward"),
    "Score": (METRIC, None, "unknown", "score"),  # see the whole log
    "train/rewards/chosen": (OTHER, TRAIN, "unknown", "rewards_chosen"),
    "rewards/format": (OTHER, None, "unknown", "rewards_format"),
    "episode_reward": (REWARD, None, "unknown", "episode_reward"),
    "val_f1_score": (METRIC, VAL, "unknown", "f1_score"),
    # names are data
    "": (OTHER, None, "unknown", ""),
    "损失": (OTHER, None, "unknown", "损失"),
    "<script>alert(1)</script>": (OTHER, None, "unknown", "script_alert_1_script"),
}


@pytest.mark.parametrize(("tag", "want"), TAGS.items(), ids=list(TAGS))
def test_what_a_tag_means(tag: str, want: tuple[object, ...]) -> None:
    found = meaning_of(tag)
    assert (found.role, found.split, found.axis, found.name) == want


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ("loss", "box_loss"),
        ("total_loss", "cross_entropy"),
        ("loss", "loss_per_step"),
        ("train/acc", "train/acc_top5"),
        ("top1", "top5"),
        ("Prec@1", "Prec@5"),
        ("acc@1", "acc@5"),
        ("loss", "elbo"),
        ("neg_elbo", "elbo"),
        ("Environment/Cumulative Reward", "Policy/Extrinsic Reward"),
    ],
)
def test_which_stands_for_its_role(better: str, worse: str) -> None:
    ranks = meaning_of(better).rank, meaning_of(worse).rank
    assert ranks[0] is not None
    assert ranks[1] is None or ranks[0] < ranks[1]


@pytest.mark.parametrize(
    ("tag", "side"),
    [
        ("loss", -1),
        ("acc", 1),
        ("rmse", -1),
        ("mIoU", 1),
        ("epoch_mean_io_u", 1),
        ("hit@10", 1),
        ("exact_match", 1),
        ("elbo", 0),
        ("neg_elbo", -1),
        ("Loss/G", 0),
        ("critic_loss_mean", 0),
        ("zeroacc/epoch/critic_loss", 0),
        ("zeroacc/epoch/content_loss", -1),
        ("score", 0),
        ("anything", 0),
    ],
)
def test_which_side_is_the_better_one(tag: str, side: int) -> None:
    found = meaning_of(tag)
    assert side_of(found.role, found.name, tag) == side


@pytest.mark.parametrize(
    ("tag", "is_one"),
    [
        ("generator_loss", True),
        ("Loss/D", True),
        ("errG_loss", True),
        ("zeroacc/epoch/critic_loss", True),
        ("loss", False),
        ("g", False),
    ],
)
def test_losses_of_networks_that_train_against_one_another(tag: str, is_one: bool) -> None:
    found = meaning_of(tag)
    assert is_players(found.role, found.name, tag) is is_one
