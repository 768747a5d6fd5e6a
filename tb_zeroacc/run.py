"""A Run: one training as the rules see it. Its contract, its tables, its curves in their roles.

A run knows no file, no clock and no framework: `logs` builds it from files, tests build it by
hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.errors import MissingColumnError, UnknownRowError
from tb_zeroacc.facts import Alive, Contract, End, Epoch, Pipeline, Shapes, Start, Unrecorded
from tb_zeroacc.histograms import Course
from tb_zeroacc.series import Series
from tb_zeroacc.workers import Worker

Axis = Literal["step", "epoch", "unknown"]
State = Literal["live", "ended", "unknown"]


class Role(Enum):
    """What a curve tells. Everything else in a log is `OTHER`."""

    LOSS = "loss"
    ACCURACY = "accuracy"  # a share or percentage of right answers, higher is better
    METRIC = "metric"  # any other metric: no assumption on which way is better
    LEARNING_RATE = "learning_rate"
    GRADIENT_NORM = "gradient_norm"
    REWARD = "reward"
    OTHER = "other"


class Split(Enum):
    """Which data a curve was measured on."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


class Writer(Enum):
    """What wrote an event file, as far as its name and its records tell."""

    TENSORFLOW_1 = "tensorflow 1"  # a session's `FileWriter`: Estimator, Keras before TensorFlow 2
    TENSORFLOW_2 = "tensorflow 2"  # `tf.summary`: Keras' callback, a loop of one's own, Flax
    TENSORBOARD = "tensorboard"  # its own writer, which PyTorch's `SummaryWriter` stands on


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One scalar tag of one member.

    Attributes:
        member: TensorBoard's name of the run that holds the tag: `a/train`, `a/zeroacc`.
        tag: The tag as it is in the log.
        name: What is measured, free of prefix and split: `loss`, `accuracy`, `generator_loss`.
        headline: True for the one curve that stands for its role and split.
        scale: 0.01 where an accuracy is in percent, else 1. Values are as in the log.
        names_its_split: Whether tag or directory say which data it was measured on.
        refuted: True for a logged loss that the sampled steps refute; its role is then `OTHER`.
        side: 1 where higher is better, -1 where lower is, 0 where that is not known.
        is_players: Whether it is the loss of one of several networks that train against one
            another.
        is_copy: Whether another curve tells the same: equal values, or the raw ones of these.
        is_inferred: Whether its behaviour told its role (a metric) and side, for its name does not.
        interleaved: How many curves the tag holds: more than 1 where each step has as many values
            and each of them follows a level of its own. The series is the last one of them.
    """

    member: str
    tag: str
    name: str
    role: Role
    split: Split
    axis: Axis
    series: Series
    headline: bool = False
    scale: float = 1.0
    names_its_split: bool = False
    refuted: bool = False
    side: int = 0
    is_players: bool = False
    is_copy: bool = False
    is_inferred: bool = False
    interleaved: int = 1

    @property
    def is_called_loss(self) -> bool:
        """Whether its name says loss, though it may stand for none: a critic's, a policy's."""
        return self.is_players or self.name.lower().split("_")[-1] == "loss"


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """All kept samples of one kind.

    Attributes:
        kind: As in `facts.TABLE_KINDS`.
        member: TensorBoard's name of the run that holds it.
        rows: Names of rows, (rows,).
        columns: Names of columns, (columns,).
        steps: int64 of shape (samples,), ascending.
        epochs: int64 of shape (samples,): the epoch of each sample, -1 where unknown.
        values: float32 of shape (samples, rows, columns). Thinned together with its steps.
        pooled: How many features the row `..[rest]` holds.
        thinned: Whether samples were left out in the middle.
    """

    kind: str
    member: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    steps: NDArray[np.int64]
    epochs: NDArray[np.int64]
    values: NDArray[np.float32]
    pooled: int = 0
    thinned: bool = False

    def __len__(self) -> int:
        return len(self.steps)

    def column(self, name: str) -> NDArray[np.float64]:
        """One statistic over all samples, float64 of shape (samples, rows).

        Raises:
            MissingColumnError: No such column.
        """
        if name not in self.columns:
            raise MissingColumnError(self.kind, name)
        return self.values[:, :, self.columns.index(name)].astype(np.float64)

    def row_index(self, name: str) -> int:
        """Where a row stands.

        Raises:
            UnknownRowError: No such row.
        """
        if name not in self.rows:
            raise UnknownRowError(
                f"the table `{self.kind}` has no row {name!r}; ask `rows` what it holds"
            )
        return self.rows.index(name)

    def row(self, name: str) -> NDArray[np.float64]:
        """One row over all samples, float64 of shape (samples, columns).

        Raises:
            UnknownRowError: No such row.
        """
        return self.values[:, self.row_index(name), :].astype(np.float64)


@dataclass(frozen=True, slots=True)
class Histograms:
    """All histograms of one tag of one member: what they say of the tensor's values.

    Attributes:
        member: TensorBoard's name of the run that holds the tag.
        tag: The tag as it is in the log.
        count: How many there are, at as many steps.
        first_step, last_step: Of the first and the last one, in the unit of their writer.
        lowest, highest: Smallest and largest value over the finite ones; `inf` and `-inf` without.
        varies: Whether any two differ.
        bad_since: Step from which on all of them hold NaN or Inf; None where the last is finite.
        course: Some of them in bins; None where no room was left for them.
    """

    member: str
    tag: str
    count: int
    first_step: int
    last_step: int
    lowest: float
    highest: float
    varies: bool
    bad_since: int | None = None
    course: Course | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Hyperparameters:
    """What a log says a training was set to, which need not be what was applied.

    Attributes:
        learning_rate: The initial one.
        optimizer: Its name, as it stands there: `adamw`.
        batch_size: Examples in a batch.
        classes: How many classes there are to tell apart.
        epochs: How many were planned.
        source: Where it stands: `hparams.yaml`, `HParams record`, `trainer_state.json`.
    """

    learning_rate: float | None = None
    optimizer: str | None = None
    batch_size: int | None = None
    classes: int | None = None
    epochs: int | None = None
    source: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """An earlier training of a directory, or an earlier seed, fold or attempt of its loop.

    Attributes:
        run: Its curves alone.
        same_file: Whether the file that holds it goes on with the next stretch; else that one has
            a file of its own.
        overlaps: Whether the next one began long before it had ended.
    """

    run: Run
    same_file: bool = False
    overlaps: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Earlier:
    """What a directory holds beside the session that is judged, where no recorder tells them apart.

    Attributes:
        trainings: Earlier sessions that have files of their own.
        restarts: How often the steps of the main curves began anew within a file.
        stretches: The first and the latest ones of both that hold a main curve, in order.
    """

    trainings: int = 0
    restarts: int = 0
    stretches: Sequence[Stretch] = ()


@dataclass(frozen=True, slots=True)
class Damage:
    """What is lost of one file.

    Attributes:
        file: Its path below the log directory, as it is shown.
        records: Records that fail their checksum, or that are none.
        missing: Bytes that belong to no record.
        first_byte: Where the first of them lies, counted from 0.
    """

    file: str
    records: int
    missing: int
    first_byte: int


@dataclass(frozen=True, slots=True, eq=False)
class Lane:
    """What one process of a job wrote.

    Attributes:
        worker: Which one it is.
        run: Its own record; of the first one with what all share.
    """

    worker: Worker
    run: Run


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Run:
    """One training: the latest session of one directory.

    Of a job it is what its first worker wrote and what all share, with a lane for each of them.

    Attributes:
        name: The training's directory relative to the log directory, `.` for itself.
        path: The path that was asked for, as given.
        members: TensorBoard's names of the runs that belong to it; none for a log that is text.
        sessions: How many sessions the directory holds, this one included.
        state: Whether it still runs, judged by the clock that the reader was given.
        clocked: Whether there was such a clock, and a time of the last record to hold against it.
        sampled: True where points came through a sampling data provider.
        notes: Sentences on what was repaired, set aside or lost, and on hyperparameters.
        damaged: Whether a file of it was truncated or broken.
        damage: What is lost of its event files, those that are damaged.
        contract, shapes, pipeline, start, end, alive: The recorder's facts; the contract also from
            Keras' record.
        unrecorded: What should be on record and is not, each once, in the order of the log.
        epochs: Epochs in order, over all fits of the session.
        tables: By kind, the recorder's samples.
        curves: Every scalar tag.
        histograms: Of every tag that has any.
        recorded: Whether our recorder wrote in this session.
        writers: What wrote its event files, as far as they tell.
        hyperparameters: What the training was set to, as far as files beside its curves say.
        earlier: What the directory holds beside this session.
        lanes: The processes of a job, the first one first, those that do not train last; empty of
            a training by one process, and of a lane itself.
    """

    name: str
    path: str = ""
    members: tuple[str, ...] = ()
    sessions: int = 1
    state: State = "unknown"
    clocked: bool = False
    sampled: bool = False
    notes: tuple[str, ...] = ()
    damaged: bool = False
    damage: tuple[Damage, ...] = ()
    contract: Contract | None = None
    shapes: Shapes | None = None
    pipeline: Pipeline | None = None
    start: Start | None = None
    end: End | None = None
    alive: Alive | None = None
    unrecorded: tuple[Unrecorded, ...] = ()
    epochs: tuple[Epoch, ...] = ()
    tables: Mapping[str, Table] = field(default_factory=lambda: MappingProxyType({}))
    curves: Sequence[Curve] = ()
    histograms: Sequence[Histograms] = ()
    recorded: bool = False
    writers: frozenset[Writer] = frozenset()
    hyperparameters: Hyperparameters = Hyperparameters()
    earlier: Earlier = field(default_factory=Earlier)
    lanes: tuple[Lane, ...] = ()

    @property
    def training_lanes(self) -> tuple[Lane, ...]:
        """The lanes of those that take training steps."""
        return tuple(lane for lane in self.lanes if lane.worker.trains)

    def lane(self, name: str) -> Run:
        """The record of a worker, by its name; the run itself for a name that is none's."""
        return next((lane.run for lane in self.lanes if lane.worker.name == name), self)

    def table(self, kind: str, *columns: str) -> Table | None:
        """The samples of one kind, None where there is none or it lacks one of the columns."""
        found = self.tables.get(kind)
        if found is None or not len(found) or not set(columns) <= set(found.columns):
            return None
        return found

    def headline(self, role: Role, split: Split = Split.TRAIN) -> Curve | None:
        """The curve that stands for a role and split, epoch values where there are any."""
        for curve in self.curves:
            if curve.headline and curve.role is role and curve.split is split:
                return curve
        return None

    @property
    def main_curve(self) -> Curve | None:
        """The curve that shows best whether it learns: loss, reward or accuracy; None without."""
        return next(iter(self.main_curves), None)

    @property
    def main_curves(self) -> tuple[Curve, ...]:
        """The headlines that show whether it learns, the most telling first."""
        roles, splits = (Role.LOSS, Role.REWARD, Role.ACCURACY), (Split.TRAIN, Split.VALIDATION)
        found = (self.headline(role, split) for role in roles for split in splits)
        return tuple(curve for curve in found if curve is not None and len(curve.series))

    @property
    def judged(self) -> tuple[Curve, ...]:
        """All curves, each once: without copies."""
        return tuple(curve for curve in self.curves if not curve.is_copy)

    def curves_of(self, role: Role, split: Split | None = None) -> list[Curve]:
        """All curves of a role (and split), headline first, each once: without copies."""
        found = [c for c in self.judged if c.role is role and split in (None, c.split)]
        return sorted(found, key=lambda c: not c.headline)

    def curve(self, tag: str, member: str | None = None) -> Curve | None:
        """The curve of a tag, None where there is none; of a job's first worker before others'."""
        for curves in (self.curves, *(lane.run.curves for lane in self.lanes)):
            for curve in curves:
                if curve.tag == tag and member in (None, curve.member):
                    return curve
        return None

    @property
    def first_record(self) -> tuple[str, int, float] | None:
        """Tag and step of its first record, and the time of that by its own clock."""
        curve = self.curve("zeroacc/loss") or self.main_curve
        if curve is None or not len(curve.series) or curve.series.first_time is None:
            return None
        return curve.tag, curve.series.first.step, curve.series.first_time

    @property
    def first_time(self) -> float | None:
        """Wall time of its first record, seconds since 1970; None if unknown."""
        known = [c.series.first_time for c in self.curves if c.series.first_time is not None]
        known += [self.start.wall_time] if self.start is not None else []
        return min(known, default=None)

    @property
    def last_time(self) -> float | None:
        """Wall time of its last point of a curve, seconds since 1970; None if unknown."""
        known = [c.series.last_time for c in self.curves if c.series.last_time is not None]
        return max(known, default=None)

    @property
    def recorder_member(self) -> str | None:
        """The member that our recorder wrote."""
        for table in self.tables.values():
            return table.member
        for curve in self.curves:
            if curve.tag.startswith("zeroacc/"):
                return curve.member
        return next((m for m in self.members if m.rsplit("/", 1)[-1] == "zeroacc"), None)
