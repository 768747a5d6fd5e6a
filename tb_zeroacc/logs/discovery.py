"""Which files are logs, by their names.

For event files the rule is TensorBoard's: `tfevents` occurs in the name. Some names match and hold
no events; what else has no event in it is told by its first bytes, when it is read. Of text logs
CSV files are looked into, and `trainer_state.json`; `hparams.yaml` is read beside a log.
"""

from __future__ import annotations

from tb_zeroacc.logs.following import FileFollower, Follower, Read
from tb_zeroacc.logs.storage import Listed
from tb_zeroacc.logs.text_logs import columns, hparams_yaml, trainer_state
from tb_zeroacc.logs.text_logs.csv_following import CsvFollower
from tb_zeroacc.logs.text_logs.hparams_yaml import HparamsFollower
from tb_zeroacc.logs.text_logs.trainer_state import StateFollower

# Unity's side-cars, and the profiler's markers, which are files of a header alone.
TRAPS = (".meta", ".profile-empty")
LFS_POINTER = b"version https://git-lfs"


def is_candidate(name: str) -> bool:
    """Whether a file of this name may be a log."""
    known = (trainer_state.NAME, hparams_yaml.NAME)
    return is_event_file(name) or is_csv(name) or name in known


def is_event_file(name: str) -> bool:
    """Whether a file of this name is one for TensorBoard."""
    return "tfevents" in name and not name.endswith(TRAPS)


def is_csv(name: str) -> bool:
    """Whether it is a CSV file, which may hold anything else than a log."""
    return not is_event_file(name) and name.lower().endswith(".csv")


def follower_of(name: str) -> Follower:
    """What reads a file of this name."""
    if is_csv(name):
        return CsvFollower()
    if name == hparams_yaml.NAME:
        return HparamsFollower()
    is_json = not is_event_file(name) and name.lower().endswith(".json")
    return StateFollower() if is_json else FileFollower()


def is_table(read: Read, size: int) -> bool:
    """Whether a file of any name begins as the CSV log of a training (Keras' `training.log`)."""
    line, newline, _ = read(0, min(size, columns.MAX_LINE)).partition(b"\n")
    return newline != b"" and isinstance(columns.columns_of(line), columns.Columns)


def in_reading_order(files: list[Listed]) -> list[Listed]:
    """By directory, then by name: writers put the time into it, so that it is the log's order."""
    return sorted(files, key=lambda file: (file.member, file.name))
