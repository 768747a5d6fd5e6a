from __future__ import annotations

import pytest

from tb_zeroacc.logs.grouping import Part, parts_of
from tb_zeroacc.run import Split
from tb_zeroacc.workers import Worker

TRAIN, VAL, TEST = Split.TRAIN, Split.VALIDATION, Split.TEST

LAYOUTS = {
    "one directory": ({".": Part(".")}, ""),
    "keras": (
        {
            "a/train": Part("a", TRAIN),
            "a/validation": Part("a", VAL),
            "a/zeroacc": Part("a", recorder=True),
            "b/train": Part("b", TRAIN),
        },
        "logs",
    ),
    "the training itself": (
        {"train": Part(".", TRAIN), "validation": Part(".", VAL), ".": Part(".")},
        "run",
    ),
    "estimator": ({".": Part("."), "eval": Part(".", VAL), "eval_dev": Part(".", VAL)}, "model"),
    "catboost": ({"learn": Part(".", TRAIN), "test": Part(".", TEST)}, "catboost_info"),
    "ludwig": (
        {"l/training": Part("l", TRAIN), "l/validation": Part("l", VAL), "l/test": Part("l", TEST)},
        "results",
    ),
    "capitals": ({"Train": Part(".", TRAIN), "VAL": Part(".", VAL)}, "x"),
    "workers": (
        {
            "a/zeroacc/worker_0": Part("a", recorder=True, worker=Worker("worker", 0)),
            "a/zeroacc/worker_12": Part("a", recorder=True, worker=Worker("worker", 12)),
        },
        "logs",
    ),
    "asked for train": ({".": Part(".", TRAIN)}, "train"),
    "asked for zeroacc": (
        {
            ".": Part(".", recorder=True),
            "worker_1": Part(".", recorder=True, worker=Worker("worker", 1)),
        },
        "zeroacc",
    ),
    "siblings named after their data": (
        {
            "train with Adam": Part("with Adam", TRAIN),
            "val with Adam": Part("with Adam", VAL),
            "train with SGD": Part("train with SGD"),
        },
        "runs",
    ),
    "deep siblings": (
        {"x/net_train": Part("x/net", TRAIN), "x/net_test": Part("x/net", TEST)},
        "runs",
    ),
    "two of the same data are two trainings": (
        {"train_1 a": Part("train_1 a"), "train_2 a": Part("train_2 a")},
        "runs",
    ),
    "worker outside of zeroacc": ({"a/worker_1": Part("a/worker_1")}, "logs"),
    "hparams": ({"a": Part("a"), "a/1612345678.25": Part("a")}, "logs"),
    "time stamps as names": ({".": Part("."), "1612345678": Part("1612345678")}, "logs"),
}


@pytest.mark.parametrize(("want", "label"), LAYOUTS.values(), ids=LAYOUTS)
def test_layouts(want: dict[str, Part], label: str) -> None:
    assert parts_of(list(want), label, {}) == want


def test_one_directory_a_curve() -> None:
    tags = {
        "run": set[str](),
        "run/Loss_train": {"Loss"},
        "run/Loss_val": {"Loss"},
        "run/Loss_per_class_T-shirt/top": {"Loss/per_class"},
        "run/Loss_other": {"Loss", "Accuracy"},
        "else/Loss_val": {"Loss"},
    }
    tags |= {
        "x": set(), "x/Loss/train": {"Loss"}, "x/Loss/val": {"Loss"}, "x/a/b/one": {"a/b"},
        "x/Loss": {"Accuracy"}, "x/Acc/other": {"Loss"},
    }  # fmt: skip
    found = parts_of(tags, "logs", tags)
    assert found["x/Loss/train"] == Part("x", TRAIN), "as tensorboardX names them"
    assert found["x/Loss/val"] == Part("x", VAL)
    assert found["x/a/b/one"] == Part("x")
    assert found["x/Acc/other"].training == "x/Acc/other", "it is not named after its tag"
    assert found["run/Loss_train"] == Part("run", TRAIN)
    assert found["run/Loss_val"] == Part("run", VAL)
    assert found["run/Loss_per_class_T-shirt/top"] == Part("run")
    assert found["run/Loss_other"].training == "run/Loss_other", "two tags are a run of their own"
    assert found["else/Loss_val"].training == "else/Loss_val", "its parent holds no events"
