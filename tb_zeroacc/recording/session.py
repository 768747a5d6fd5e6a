"""What one session writes: facts, samples, epochs, association."""

from __future__ import annotations

import contextlib
import os
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tb_zeroacc import __version__, facts
from tb_zeroacc.recording import scalars, unrecorded
from tb_zeroacc.recording.event_log import ALIVE_AFTER, SessionLog
from tb_zeroacc.recording.guard import Guard
from tb_zeroacc.recording.sample import Sample
from tb_zeroacc.recording.statistics.running_association import RunningAssociation
from tb_zeroacc.recording.workers.claims import Claim
from tb_zeroacc.recording.workers.identity import Identity, identity_of
from tb_zeroacc.recording.workers.signs_of_life import SignsOfLife
from tb_zeroacc.records import Layout

SUBDIRECTORY = "zeroacc"
PROGRESS = Layout("progress", ("progress",), facts.COLUMNS["progress"])


@dataclass(frozen=True, slots=True)
class StepPlace:
    """Where a sample stands in its training.

    Attributes:
        epoch: Its epoch, from 0.
        batch: Its step within the epoch, from 0.
        steps_per_epoch: None where unknown.
        seconds_per_step: The pace of training; None where unknown.
        waited: Seconds from asking for the step to its data; NaN where unknown.
        skipped: Updates that a loss scale has left out so far; NaN without one.
    """

    epoch: int
    batch: int
    steps_per_epoch: int | None = None
    seconds_per_step: float | None = None
    waited: float = float("nan")
    skipped: float = float("nan")


class RecordingSession:
    """Writes one session into `<log_dir>/zeroacc`, or into its own process's part of it.

    Args:
        log_dir: Directory of the training.
        guard: Turns failing parts off.
        identity: What this process is to others that train with it; None to look for it.
    """

    def __init__(self, log_dir: str, guard: Guard, identity: Identity | None = None) -> None:
        identity = identity_of() if identity is None else identity
        part = identity.directory
        of_process = [] if part is None else [part]
        self.directory = os.path.join(log_dir, SUBDIRECTORY, *of_process)  # noqa: PTH118 (`gs://`)
        self._claim: Claim | None = None
        if part is None and "://" not in log_dir:
            with contextlib.suppress(OSError):  # the log says so
                self._claim = Claim(self.directory)
                self.directory = self._claim.directory
        self.identity = identity
        self.token = uuid.uuid4().hex
        self.contract = facts.Contract()
        self._guard = guard
        self._log = SessionLog(self.directory, guard)
        self._shapes: facts.Shapes | None = None
        self._pipeline = facts.Pipeline()
        self._names = scalars.Names()
        self._scalars: scalars.Scalars | None = None
        self._association: RunningAssociation | None = None
        self._written_examples = 0.0
        self._step = 0
        self._lacking: list[facts.Unrecorded] = []
        guard.on_fault = lambda part, fault: self.lacks(unrecorded.of_fault(part, fault))
        self._signs_of_life: SignsOfLife | None = None
        start = facts.Start(
            self.token, time.time(), f"tb_zeroacc {__version__}", identity.worker,
            identity.workers, identity.task,
            alive_after=None if identity.worker is None else ALIVE_AFTER,
        )  # fmt: skip
        self.fact(0, start)

    @property
    def here(self) -> str:
        """The directory of this machine that holds the record."""
        return self._log.here

    @property
    def is_writing(self) -> bool:
        """Whether there is a log to write to, and then to read."""
        return self._log.is_open

    @property
    def is_of_this_process(self) -> bool:
        """Whether this process made it, and not one that was forked from that."""
        return self._log.is_of_this_process

    def fact(self, step: int, fact: facts.Fact) -> None:
        """Writes a fact at a step."""
        self._step = step
        if isinstance(fact, facts.End) and self._signs_of_life is not None:
            self._signs_of_life.end()
            self._signs_of_life = None
        self._log.fact(step, fact)
        if self._claim is not None and self.is_of_this_process and isinstance(fact, facts.End):
            self._claim.release()

    def resume(self) -> None:
        """Training begins, again or for the first time."""
        if not self.is_of_this_process:
            return
        if self._claim is not None:
            self._claim.renew()
        if self.identity.worker is not None and self._signs_of_life is None:
            self._signs_of_life = self._guard.run("signs of life", SignsOfLife, self._log)

    def lacks(self, *found: facts.Unrecorded) -> None:
        """Writes what will not be on record, each table's rows once."""
        for fact in found:
            if not self._is_said(fact):
                self._lacking.append(fact)
                self._log.fact(self._step, fact)

    def _is_said(self, fact: facts.Unrecorded) -> bool:
        """Whether earlier statements cover all that a statement is about."""
        if fact in self._lacking:
            return True
        earlier = [[f for f in self._lacking if kind in f.tables] for kind in fact.tables]
        return bool(earlier) and all(
            any(not f.rows for f in of_kind)
            or bool(fact.rows and {row for f in of_kind for row in f.rows}.issuperset(fact.rows))
            for of_kind in earlier
        )

    def state(self, step: int, contract: facts.Contract | None) -> None:
        """Writes the contract where it is new, with which process this is."""
        if contract is not None:
            who = self.identity
            contract = replace(contract, worker=who.worker, workers=who.workers)
        if contract is not None and contract != self.contract:
            self.contract = contract
            self._names = scalars.Names.of(contract)
            self._scalars = None
            self.fact(step, contract)

    def shapes(self, step: int, shapes: facts.Shapes | None) -> None:
        """Writes the shapes where they are new."""
        if shapes is not None and shapes != self._shapes:
            self._shapes = shapes
            self.fact(step, shapes)

    def sample(self, sample: Sample, place: StepPlace) -> None:
        """Writes the tables of a sample, its progress and its scalars."""
        tables = []
        for layout, values in sample.tables:
            if layout.kind == facts.ASSOCIATION_TABLE:
                self._associate(layout, values)
            else:
                tables.append((layout, values))
        pace, steps = place.seconds_per_step, place.steps_per_epoch
        progress = [
            float(place.epoch), float(place.batch), np.nan if steps is None else float(steps),
            np.nan if pace is None else pace, place.waited, place.skipped,
            _number(sample.replayed_from), _number(sample.reproduced),
        ]  # fmt: skip
        tables.append((PROGRESS, np.array([progress], np.float32)))
        told = self._guard.run("the scalars", self._scalars_of, tables, sample.has_loss) or []
        if pace is not None:
            told.append(("zeroacc/seconds_per_step", pace))
        self._log.sample(sample.step, tables, told)
        self._step = sample.step + 1
        moved = self._guard.run("what moves unseen", _moved_unseen, sample.tables)
        if moved:
            self.lacks(unrecorded.of_sample(moved))

    def tables(self, step: int, tables: list[tuple[Layout, Any]]) -> None:
        """Writes tables alone, float32 of shape (rows, columns) each."""
        self._log.sample(step, tables)

    def epoch(self, epoch: facts.Epoch) -> None:
        """Writes what an epoch came to, as a fact and as scalars."""
        self._log.check()
        self.fact(epoch.step, epoch)
        told = [(f"zeroacc/epoch/{name}", value) for name, value in epoch.logs.items()]
        self._log.sample(epoch.epoch, [], told)

    def pipeline(self, steps: int, pipeline: facts.Pipeline, layout: Layout, values: Any) -> None:
        """Writes what passed the taps of an input pipeline, its names where they are new.

        Args:
            steps: Training steps taken so far.
            pipeline: The tensors at the taps.
            layout: Of their table.
            values: float32 of shape (tensors, columns).
        """
        if pipeline != self._pipeline:
            self._pipeline = pipeline
            self.fact(steps, pipeline)
        self.tables(max(0, steps - 1), [(layout, values)])

    def association(self, steps: int) -> None:
        """Writes the linear relation of inputs and labels, where examples were added to it.

        Args:
            steps: Training steps taken so far.
        """
        known = self._association
        if known is None or known.examples == self._written_examples:
            return
        self._written_examples = known.examples
        count = Layout(facts.ASSOCIATION_COUNT_TABLE, ("examples",), ("examples",))
        layout = Layout(facts.ASSOCIATION_TABLE, known.inputs, known.labels)
        self._log.sample(
            max(0, steps - 1),
            [
                (layout, known.correlation()),
                (count, np.array([[known.examples]], np.float32)),
            ],
        )

    def _scalars_of(
        self, tables: list[tuple[Layout, Any]], has_loss: bool
    ) -> list[tuple[str, float]]:
        layouts = [layout for layout, _ in tables]
        known = self._scalars
        if known is None or known.layouts != tuple(layouts):
            known = self._scalars = scalars.Scalars(layouts, self._names, has_loss=has_loss)
        return known.of([values for _, values in tables])

    def _associate(self, layout: Layout, moments: Any) -> None:
        known = self._association
        if known is None or (known.inputs, known.labels) != (layout.rows, layout.columns):
            known = self._association = RunningAssociation(layout.rows, layout.columns)
        self._guard.run("the association", known.add, moments)


def _moved_unseen(tables: list[tuple[Layout, Any]]) -> list[str]:
    """Variables that changed in a sampled step without a gradient on record."""
    found = {layout.kind: (layout, values) for layout, values in tables}
    if "weights" not in found:
        return []
    layout, values = found["weights"]
    known = set(found["gradients"][0].rows) if "gradients" in found else set()
    changed = values[:, layout.columns.index("update_rms")] > 0
    return [row for row, moved in zip(layout.rows, changed, strict=True)
            if moved and row not in known]


def numbers_of(logs: Mapping[str, Any] | None) -> dict[str, float]:
    """The plain numbers of an epoch's logs."""
    return {str(name): float(value) for name, value in (logs or {}).items() if np.ndim(value) == 0}


def _number(value: float | None) -> float:
    """A number for a table, where None is unknown."""
    return float("nan") if value is None else float(value)
