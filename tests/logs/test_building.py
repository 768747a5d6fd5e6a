"""A Run of its files and a clock: its state, its notes, its facts, its curves in their roles."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from tensorboard.compat.proto import summary_pb2

from tb_zeroacc import facts
from tb_zeroacc.logs.building import MIN_PATIENCE, MIN_PATIENCE_WITH_OTHERS, PATIENCE
from tb_zeroacc.run import Role, Run, Split
from tests.logs.written import (
    BEGIN,
    Event,
    curve,
    encoded,
    event,
    fact,
    keras_model,
    only,
    points,
    sample,
    simple,
    start,
    write,
)

LOSS, ACC, METRIC, OTHER, REWARD = (
    Role.LOSS, Role.ACCURACY, Role.METRIC, Role.OTHER, Role.REWARD,
)  # fmt: skip
TRAIN, VAL, TEST = Split.TRAIN, Split.VALIDATION, Split.TEST
END = facts.End("finished", 3)


def paced(gap: float, count: int = 3, tag: str = "loss") -> list[Event]:
    """A curve whose last point lies at BEGIN and whose points lie `gap` seconds apart."""
    return [event(i, simple(tag, 1.0), time=BEGIN - gap * (count - 1 - i)) for i in range(count)]


def histogram(time: float) -> Event:
    held = summary_pb2.Summary.Value(tag="weights", histo=summary_pb2.HistogramProto())
    return event(9, held, time=time)


def run_of(path: Path, log: Sequence[Event], now: float | None = None) -> Run:
    path.mkdir(exist_ok=True)
    (path / "events.out.tfevents.1").write_bytes(encoded(log))
    return only(path, now)


# --- the clock ----------------------------------------------------------------------------------

# What is on record up to BEGIN, seconds that passed since, and the state that follows.
CLOCKS: dict[str, tuple[list[Event], float, str]] = {
    "young": (paced(1.0), 10.0, "live"),
    "under two and a half minutes": (paced(1.0), 149.0, "live"),
    "two and a half minutes": (paced(1.0), 150.0, "unknown"),
    "ours, under five minutes": ([start("x", BEGIN - 9), *paced(1.0)], 299.0, "live"),
    "ours, five minutes": ([start("x", BEGIN - 9), *paced(1.0)], 300.0, "unknown"),
    "under ten pauses": (paced(60.0), 599.0, "live"),
    "ten pauses": (paced(60.0), 600.0, "unknown"),
    "pauses of hours": (paced(7200.0), 71_999.0, "live"),
    "days later": (paced(1.0), 1e6, "unknown"),
    "one pause tells nothing": (paced(7200.0, 2), 300.0, "unknown"),
    "the quickest curve sets the pace": (
        [*paced(7200.0, tag="val_loss"), *paced(60.0)], 600.0, "unknown",
    ),
    "one pause was longer": (
        [event(i, simple("loss", 1.0), time=BEGIN - t) for i, t in enumerate([9e3, 9, 6, 3, 0])],
        301.0, "unknown",
    ),
    "an end record": ([*paced(1.0), fact(3, END, BEGIN)], 10.0, "ended"),
    "an end record long ago": ([*paced(1.0), fact(3, END, BEGIN)], 1e6, "ended"),
    "an exception": ([*paced(1.0), fact(3, facts.End("exception", 3), BEGIN)], 10.0, "ended"),
    "an end before the last epoch": (
        [fact(3, END, BEGIN - 5), fact(4, facts.Epoch(1, 4, 1), BEGIN)], 10.0, "live",
    ),
    "an end before a second fit": (
        [start("x", BEGIN - 9), fact(3, END, BEGIN - 5), start("x", BEGIN)], 299.0, "live",
    ),
    "an end of an earlier session": (
        [start("x", BEGIN - 9), fact(3, END, BEGIN - 5), start("y", BEGIN)], 299.0, "live",
    ),
    "other content is a sign of life": ([*paced(1.0)[:2], histogram(BEGIN)], 149.0, "live"),
}  # fmt: skip


@pytest.mark.parametrize(("log", "passed", "state"), CLOCKS.values(), ids=CLOCKS)
def test_state_at_a_moment(tmp_path: Path, log: list[Event], passed: float, state: str) -> None:
    run = run_of(tmp_path, log, BEGIN + passed)
    assert run.state == state
    assert run.clocked
    without = only(tmp_path)
    assert without.state == ("ended" if state == "ended" else "unknown"), "no clock, no guess"
    assert not without.clocked


def test_the_two_limits_are_those_of_the_design() -> None:
    assert (PATIENCE, MIN_PATIENCE) == (10.0, 300.0)
    assert MIN_PATIENCE_WITH_OTHERS == 150.0


def test_a_clock_that_lags_behind_is_no_time_machine(tmp_path: Path) -> None:
    run = run_of(tmp_path, paced(1.0), BEGIN - 1e6)
    assert run.state == "live"


LYING = [math.nan, math.inf, -math.inf, 1e300, -1e300, 0.0, 17.5, 1000.0 * BEGIN, BEGIN + 1e7]


@pytest.mark.parametrize("time", LYING)
def test_wall_times_that_are_none(tmp_path: Path, time: float) -> None:
    file = write(tmp_path, [event(i, simple("loss", 1.0), time=time) for i in range(3)])
    os.utime(file, (BEGIN, BEGIN))
    assert only(tmp_path, BEGIN + 10).state == "live", "the file system tells"
    run = only(tmp_path, BEGIN + 1000)
    assert run.state == "unknown"
    assert len(points(run, "loss")) == 3


def test_every_member_is_a_sign_of_life(tmp_path: Path) -> None:
    write(tmp_path / "train", paced(1.0), 1)
    late = [event(0, simple("loss", 1.0), time=BEGIN + 1000)]
    write(tmp_path / "validation", late, 1)
    run = only(tmp_path, BEGIN + 1100)
    assert run.state == "live"


# --- notes --------------------------------------------------------------------------------------


def test_a_sound_log_has_no_notes(tmp_path: Path) -> None:
    run = run_of(tmp_path, curve("loss", [3.0, 2.0]))
    assert (run.notes, run.damaged, run.sessions) == ((), False, 1)


def test_notes_name_three_tags_and_count_the_others(tmp_path: Path) -> None:
    tags = ["a" * 99, "b", "c", "d", "e"]
    log = [event(s, *[simple(tag, 1.0) for tag in tags]) for s in (0, 100, 200, 300, 250, 350)]
    run = run_of(tmp_path, log)
    assert run.notes == (
        f"Training was resumed at an earlier step (`{'a' * 80}`, `b`, `c` and 2 more); "
        "the steps that were written again replace the first ones.",
    )
    assert not run.damaged, "a resumed training is no damage"


def test_steps_that_begin_anew_once(tmp_path: Path) -> None:
    on = [event(i, simple("loss", 1.0)) for i in range(9)]
    log = [*on[:5], *curve("inner", [1.0, 2.0, 3.0]), *curve("inner", [4.0, 5.0]), *on[5:]]
    (note,) = run_of(tmp_path, log).notes
    assert note.startswith("The steps of `inner` began anew once within the session")


def test_what_cannot_be_decoded_is_noted_once(tmp_path: Path) -> None:
    newer = fact(0, END)
    newer.summary.value[0].tensor.string_val[0] = b'{"version": 99}'
    run = run_of(tmp_path, [newer, newer, *curve("loss", [1.0])])
    assert len(run.notes) == 1
    assert "pip install -U" in run.notes[0]
    assert len(points(run, "loss")) == 1


# --- facts --------------------------------------------------------------------------------------

DENSE = b'{"class_name": "Sequential", "config": {"layers": [{"class_name": "Dense"}]}}'


def test_the_recorders_contract_goes_before_keras_own(tmp_path: Path) -> None:
    log = [event(0, keras_model(DENSE)), *curve("epoch_loss", [1.0])]
    write(tmp_path / "train", log)
    run = only(tmp_path)
    assert run.contract is not None
    assert run.contract.source == "keras_record"
    first, newest = facts.Contract(model="First"), facts.Contract(model="Newest")
    write(tmp_path / "zeroacc", [start("x"), fact(0, first), fact(1, newest)])
    assert only(tmp_path).contract == newest


def test_what_is_not_on_record_is_kept_once_and_ends_nothing(tmp_path: Path) -> None:
    lacks = facts.Unrecorded("The gradients", "Nobody saw them.", tables=("gradients",))
    other = facts.Unrecorded("The labels", "They are text.")
    log = [start("x"), fact(0, lacks), fact(1, lacks), fact(3, END), fact(3, other)]
    write(tmp_path / "zeroacc", log)
    run = only(tmp_path)
    assert run.unrecorded == (lacks, other)
    assert run.end == END
    write(tmp_path / "zeroacc", [start("y")], 2)
    assert only(tmp_path).unrecorded == (), "that was of another session"


def test_a_record_of_no_model_is_no_contract(tmp_path: Path) -> None:
    write(tmp_path / "train", [event(0, keras_model(b"{}")), *curve("epoch_loss", [1.0])], 1)
    write(tmp_path / "validation", [event(0, keras_model(DENSE)), *curve("loss", [1.0])], 1)
    contract = only(tmp_path).contract
    assert contract is not None
    assert len(contract.layers) == 1, "the next member's is taken"


def test_samples_know_their_epoch(tmp_path: Path) -> None:
    values = [[1.0, 1.0, 0.0, 1.0, 1.0, 1.0]]
    log = [
        start("x"),
        *[sample(step, "loss", values, names=step == 0) for step in range(6)],
        fact(2, facts.Epoch(0, 2, 2)),
        fact(4, facts.Epoch(1, 4, 2)),
    ]
    run = run_of(tmp_path, log)
    assert run.tables["loss"].epochs.tolist() == [0, 0, 1, 1, -1, -1], "open epochs are unknown"
    told = sample(5, "progress", [[7.0, 0.0, 2.0, 0.1, *[0.0] * 4]], names=True)
    assert run_of(tmp_path, [*log, told]).tables["loss"].epochs.tolist() == [0, 0, 1, 1, -1, 7]


# --- curves -------------------------------------------------------------------------------------

Headlines = dict[tuple[Role, Split], str]
FALL, RISE = [3.0, 2.0, 1.0], [0.1, 0.5, 0.9]
# Tags by directory, and the curves that stand for their role and data as `directory:tag`.
CHOSEN: dict[str, tuple[dict[str, dict[str, list[float]]], Headlines]] = {
    "epoch values before steps": (
        {"train": {"batch_loss": FALL, "epoch_loss": FALL, "epoch_accuracy": RISE},
         "validation": {"epoch_loss": FALL, "evaluation_loss_vs_iterations": FALL}},
        {(LOSS, TRAIN): "train:epoch_loss", (ACC, TRAIN): "train:epoch_accuracy",
         (LOSS, VAL): "validation:epoch_loss"},
    ),
    "our recorder's before Keras'": (
        {"train": {"epoch_loss": FALL}, "zeroacc": {"zeroacc/loss": FALL,
         "zeroacc/epoch/loss": FALL, "zeroacc/epoch/val_loss": FALL}},
        {(LOSS, TRAIN): "zeroacc:zeroacc/epoch/loss",
         (LOSS, VAL): "zeroacc:zeroacc/epoch/val_loss"},
    ),
    "a curve before a single point": (
        {".": {"loss": [1.0], "cross_entropy_loss": FALL}}, {(LOSS, TRAIN): ".:cross_entropy_loss"},
    ),
    "the total before its terms": (
        {".": {"box_loss": FALL, "loss": FALL, "cls_loss": FALL}}, {(LOSS, TRAIN): ".:loss"},
    ),
    "no term of a regulariser": ({".": {"weight_loss": FALL, "kl_loss": FALL}}, {}),
    "an error where nothing is a loss": ({"learn": {"RMSE": FALL}}, {(LOSS, TRAIN): "learn:RMSE"}),
    "no error beside an accuracy": (
        {".": {"rmse": FALL, "accuracy": RISE}}, {(ACC, TRAIN): ".:accuracy"},
    ),
    "test data that is watched": (
        {"learn": {"loss": FALL}, "test": {"loss": FALL}},
        {(LOSS, TRAIN): "learn:loss", (LOSS, VAL): "test:loss"},
    ),
    "test data at the end": (
        {"learn": {"loss": FALL}, "test": {"loss": [1.0]}},
        {(LOSS, TRAIN): "learn:loss", (LOSS, TEST): "test:loss"},
    ),
    "test data beside validation": (
        {"train": {"loss": FALL}, "val": {"loss": FALL}, "test": {"loss": FALL}},
        {(LOSS, TRAIN): "train:loss", (LOSS, VAL): "val:loss", (LOSS, TEST): "test:loss"},
    ),
    "a bare metric beside both losses": (
        {".": {"train_loss": FALL, "val_loss": FALL, "accuracy": RISE}},
        {(LOSS, TRAIN): ".:train_loss", (LOSS, VAL): ".:val_loss", (ACC, VAL): ".:accuracy"},
    ),
    "no loss in reinforcement learning": (
        {".": {"rollout/ep_rew_mean": RISE, "train/loss": FALL}},
        {(REWARD, TRAIN): ".:rollout/ep_rew_mean"},
    ),
    "no loss between adversaries": ({".": {"generator_loss": FALL, "loss": FALL}}, {}),
    "no impossible accuracy": ({".": {"accuracy": [-1.0, 0.5], "acc": [50.0, 900.0]}}, {}),
}  # fmt: skip


@pytest.mark.parametrize(("tags", "want"), CHOSEN.values(), ids=CHOSEN)
def test_which_curves_stand_for_a_role(
    tmp_path: Path, tags: dict[str, dict[str, list[float]]], want: Headlines
) -> None:
    for directory, held in tags.items():
        write(tmp_path / directory, [e for tag, values in held.items() for e in curve(tag, values)])
    chosen = [c for c in only(tmp_path).curves if c.headline]
    assert {(c.role, c.split): f"{c.member}:{c.tag}" for c in chosen} == want
    assert len(chosen) == len(want), "one curve alone stands for a role and its data"


@pytest.mark.parametrize(
    ("top", "role", "scale"),
    [(1.0, ACC, 1.0), (1.005, ACC, 1.0), (1.17, ACC, 0.01), (93.0, ACC, 0.01),
     (100.0, ACC, 0.01), (101.0, METRIC, 1.0)],
)
def test_an_accuracy_in_percent(tmp_path: Path, top: float, role: Role, scale: float) -> None:
    write(tmp_path / "train", curve("accuracy", [top]))
    write(tmp_path / "validation", curve("accuracy", [0.9]))
    train, val = only(tmp_path).curves
    assert (train.role, train.scale) == (role, scale)
    assert val.scale == scale, "one scale for both data, as their curves have one name"


def test_axes_that_no_name_tells(tmp_path: Path) -> None:
    def axis(directory: str, tags: dict[str, list[Event]], tag: str) -> str:
        write(tmp_path / directory, [e for log in tags.values() for e in log])
        found = only(tmp_path / directory).curve(tag)
        assert found is not None
        return found.axis

    long, sparse = curve("loss", [1.0] * 9), curve("val_loss", [1.0] * 3, every=10)
    assert axis("a", {"t": long, "v": curve("val_loss", [1.0] * 9)}, "loss") == "epoch"
    assert axis("b", {"t": long, "v": sparse}, "loss") == "unknown"
    assert axis("c", {"t": long, "v": sparse, "e": curve("epoch", [0.0, 1.0])}, "loss") == "step"
