"""What one file of a log holds, as far as it was read: its tags, its sessions, our records.

A file's contents depend on its own events alone, so that files can be read in any order and in
any pieces. The latest session of a file is kept whole, of the earlier ones their number and as many
curves as a bounded memory holds.

Within a file a tag whose steps go back begins a new stretch. That is a new session unless another
tag runs on across it: then the tag's steps only count something that begins anew (a loop's index).
Where its values go on, too, the stretches are one curve: those of the batches of each epoch do,
those of the epochs of each fold do not. That alone tells such a loop where it turned often.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite

from tensorboard.compat.proto import event_pb2, summary_pb2

from tb_zeroacc import facts
from tb_zeroacc.histograms import CourseBuilder, HistogramsBuilder, Latest, room_for
from tb_zeroacc.histograms.course import MOST_TAGS as MOST_COURSES
from tb_zeroacc.logs.decoding import (
    Fault,
    Histogram,
    Model,
    Record,
    Scalar,
    Settings,
    buckets_of,
    encoding_of,
    item_of,
    number_of,
    range_of,
    writer_of,
)
from tb_zeroacc.logs.stretches.set_aside import SetAside
from tb_zeroacc.logs.stretches.track import Track, restarts
from tb_zeroacc.logs.tables import TableStore
from tb_zeroacc.logs.trust.clocks import last_sign
from tb_zeroacc.records import Layout, SampleRecord
from tb_zeroacc.run import Axis, Hyperparameters, Writer
from tb_zeroacc.series import Series, SeriesBuilder

# Real logs have up to some hundred tags; more of them than this are no curves for a person.
MAX_TAGS = 5_000
MAX_BREAKS = 1_000
MAX_FAULTS = 20
# A training is resumed some times; a tag whose steps go back more often is written out of order,
# and its late points are left out.
MAX_REWINDS = 200
MAX_UNRECORDED = 50  # a recorder has some twenty parts; each is said to be missing once
# The first and last epochs that are kept; their curves are complete in `zeroacc/epoch/...`.
EDGE_EPOCHS = 1_000


@dataclass(slots=True, eq=False)
class RecordedSession:
    """What our recorder wrote since the latest start record of a file."""

    start: facts.Start | None = None
    contract: facts.Contract | None = None
    shapes: facts.Shapes | None = None
    pipeline: facts.Pipeline | None = None
    end: facts.End | None = None
    alive: facts.Alive | None = None
    unrecorded: dict[facts.Unrecorded, None] = field(default_factory=dict)
    first_epochs: list[facts.Epoch] = field(default_factory=list)
    last_epochs: list[facts.Epoch] = field(default_factory=list)
    tables: TableStore = field(default_factory=TableStore)

    def add_epoch(self, epoch: facts.Epoch) -> None:
        """Keeps the first and the last ones."""
        if len(self.first_epochs) < EDGE_EPOCHS:
            self.first_epochs.append(epoch)
            return
        self.last_epochs.append(epoch)
        if len(self.last_epochs) > 2 * EDGE_EPOCHS:
            del self.last_epochs[:EDGE_EPOCHS]


@dataclass(slots=True, eq=False)
class FileContents:
    """Everything that is kept of one file.

    Attributes:
        events: How many events were read; of a text log, rows.
        tracks: Scalar tags of the latest session (and of earlier ones: see `alive`).
        breaks: Number of the event at which each session but the first began.
        earlier: Sessions before those of `breaks`.
        set_aside: Stretches of its tags that others followed.
        model: The latest JSON of Keras' record, and the number of its event.
        histograms: By tag, its histograms.
        recording: What our recorder wrote, None where it did not.
        hyperparameters: What the training was set to; None where that is not said.
        writers: What wrote it, as far as its name and records tell.
        faults: Sentences on what could not be read.
        last_time: Wall time of the last event, seconds.
        modified: When the file was last written, by its file system; None where that is not told.
        counted: What the steps of a text log count; `unknown` for an event file.
    """

    events: int = 0
    tracks: dict[str, Track] = field(default_factory=dict)
    breaks: list[int] = field(default_factory=list)
    earlier: int = 0
    set_aside: SetAside = field(default_factory=SetAside)
    model: bytes | None = None
    histograms: dict[str, HistogramsBuilder] = field(default_factory=dict)
    recording: RecordedSession | None = None
    hyperparameters: Hyperparameters | None = None
    writers: set[Writer] = field(default_factory=set)
    faults: dict[str, None] = field(default_factory=dict)
    last_time: float | None = None
    modified: float | None = None
    counted: Axis = "unknown"

    @property
    def last_sign(self) -> float | None:
        """When it was last written to, as far as clocks can be believed; None if unknown."""
        return last_sign(self.last_time, self.modified)

    @property
    def begun(self) -> int:
        """Number of the event that began the latest session."""
        return 0 if self._counts_laps else self._last_break

    @property
    def sessions(self) -> int:
        """Sessions in this file, the latest included."""
        return 1 if self._counts_laps else 1 + len(self.breaks) + self.earlier

    @property
    def _last_break(self) -> int:
        return self.breaks[-1] if self.breaks else 0

    @property
    def _counts_laps(self) -> bool:
        """Whether all breaks are those of a loop within one training: values go on at them."""
        tracks = [track for track in self.tracks.values() if track.restarts]
        return any(track.counts_laps for track in tracks) and all(
            track.renewed <= track.continued for track in tracks
        )

    def alive(self) -> dict[str, Track]:
        """The tags of the latest session."""
        begun = self.begun
        return {tag: track for tag, track in self.tracks.items() if track.seen >= begun}

    def stretches(self) -> list[dict[str, Series]]:
        """Earlier stretches of the tags that begin anew, by tag, as far as they are kept."""
        joined = {tag for tag, track in self.tracks.items() if track.joined is not None}
        return self.set_aside.groups(without=joined)

    def add(self, event: event_pb2.Event) -> None:
        """Takes the next event of the file."""
        self.events += 1
        time: float | None = event.wall_time
        if time is None or not isfinite(time):
            time = None
        elif self.last_time is None or time > self.last_time:
            self.last_time = time
        step = event.step
        if not event.summary.value and (writer := writer_of(event)) is not None:
            self.writers.add(writer)
        for value in event.summary.value:
            track = self.tracks.get(value.tag)
            number = None if track is None else number_of(value)
            if track is not None and number is not None:
                self._go_on(track, step, number, time)
            elif value.tag not in self.histograms or not self._histogram(value, step):
                self._take(value, step, time)

    def add_numbers(self, step: int, numbers: Mapping[str, float]) -> None:
        """Takes the next row of a text log: numbers by tag, without a wall time."""
        self.events += 1
        for tag, number in numbers.items():
            track = self.tracks.get(tag)
            if track is None:
                self._first(Scalar(tag, number), step, None)
            else:
                self._go_on(track, step, number, None)

    def _take(self, value: summary_pb2.Summary.Value, step: int, time: float | None) -> None:
        item = item_of(value)
        if isinstance(item, Scalar):
            self._first(item, step, time)
        elif isinstance(item, Record):
            self._record(step, item)
        elif isinstance(item, Histogram):
            if len(self.histograms) < MAX_TAGS:
                self._histogram(value, step)
        elif isinstance(item, Model):
            self.model = item.text
        elif isinstance(item, Settings):
            self.hyperparameters = item.found
        elif isinstance(item, Fault):
            self.fault(item)

    def _histogram(self, value: summary_pb2.Summary.Value, step: int) -> bool:
        """Takes the next histogram of a tag; False where the value is none."""
        extremes = range_of(value)
        if extremes is None:
            return False
        builder = self.histograms.get(value.tag)
        if builder is None or step <= builder.last_step:
            builder = self.begin_histograms(value.tag, step)
        builder.add(step, *extremes, self.events)
        if builder.course is not None:
            builder.course.add(Latest(step, *extremes, lambda: buckets_of(value)))
        if not builder.varies:
            builder.compare(encoding_of(value))
        return True

    def begin_histograms(self, tag: str, step: int) -> HistogramsBuilder:
        """Begins those of a tag, or begins them anew."""
        known = self.histograms.get(tag)
        is_kept = len(self.histograms) < MOST_COURSES if known is None else known.course is not None
        course = CourseBuilder() if is_kept else None
        builder = self.histograms[tag] = HistogramsBuilder(step, step, course=course)
        return builder

    def settle(self) -> None:
        """Lets go of what a pause in reading need not keep."""
        room = room_for(len(self.histograms))
        for builder in self.histograms.values():
            if builder.course is not None:
                builder.course.settle(room)

    def fault(self, item: Fault) -> None:
        """Keeps a sentence, each once, the first ones only."""
        if len(self.faults) < MAX_FAULTS:
            self.faults[item.text] = None

    def _first(self, item: Scalar, step: int, time: float | None) -> None:
        if item.tag in self.tracks:  # of another kind than the events before it
            return
        if len(self.tracks) >= MAX_TAGS:
            self.fault(Fault(f"Only the first {MAX_TAGS} scalar tags of a file are read."))
            return
        track = Track(item.tag, SeriesBuilder(), item.value, self.events, step, step, step)
        self.tracks[item.tag] = track
        self._go_on(track, step, item.value, time)

    def _go_on(self, track: Track, step: int, value: float, time: float | None) -> None:
        is_first, track.seen = not track.seen, self.events
        if step < track.last:
            if not self._go_back(track, step, value):
                return
        elif step > track.last:
            if track.repeats is not None:
                track.repeats.go_on(value)
            if self.breaks and self.breaks[-1] > track.begun:
                self.veto(track)
        elif not is_first:
            track.repeat(value)
        track.last, track.latest = step, value
        track.builder.append(step, value, time)
        if track.whole is not None:
            track.whole.append(step + track.shift, value, time)

    def _go_back(self, track: Track, step: int, value: float) -> bool:
        """Begins a new stretch, or takes points back; False where the point is left out."""
        # Not where this stretch began: it may itself be a late piece of a log out of order.
        if not restarts(step, track.lowest, track.last):
            track.rewinds += 1
            if track.rewinds > MAX_REWINDS:
                return False
            track.builder = track.builder.before(step)
            if track.whole is not None:
                track.whole = track.whole.before(step + track.shift)
            return True
        if track.begun >= self._last_break:  # else it joins the session that another tag began
            self.breaks.append(self.events)
            if len(self.breaks) > MAX_BREAKS:
                del self.breaks[0]
                self.earlier += 1
        self.set_aside.add(track.tag, track.begun, track.builder)
        track.restart(step, value, self.events)
        return True

    def veto(self, track: Track) -> None:
        """Takes back the breaks since a stretch began that now runs on across them."""
        while self.breaks and self.breaks[-1] > track.begun:
            self.breaks.pop()

    def _record(self, step: int, record: Record) -> None:
        content = record.content
        if isinstance(content, facts.Start):
            self._start(content)
            return
        if self.recording is None:
            self.recording = RecordedSession()
        kept = self.recording
        if isinstance(content, facts.End):
            kept.end = content
            return
        if isinstance(content, facts.Alive):  # nor is this
            kept.alive = content
            return
        if isinstance(content, facts.Unrecorded):  # no sign that training went on
            if len(kept.unrecorded) < MAX_UNRECORDED:
                kept.unrecorded[content] = None
            return
        if isinstance(content, Layout):
            kept.tables.layout(content)
        elif isinstance(content, SampleRecord):
            fault = kept.tables.sample(step, content)
            if fault is not None:
                self.fault(Fault(fault))
        elif isinstance(content, facts.Contract):
            kept.contract = content
        elif isinstance(content, facts.Shapes):
            kept.shapes = content
        elif isinstance(content, facts.Pipeline):
            kept.pipeline = content
        else:
            kept.add_epoch(content)
        # An end record counts only where training did not go on after it. Samples and epochs
        # say that it did; names of rows alone do not.
        if not isinstance(content, Layout):
            kept.end = None

    def _start(self, start: facts.Start) -> None:
        known = self.recording.start if self.recording else None
        if known is not None and known.session == start.session:
            assert self.recording is not None
            self.recording.end = None  # a second `fit` goes on
            return
        if self.recording is not None:
            self.earlier += len(self.breaks) + 1
            self.breaks = []
            self.tracks, self.set_aside = {}, SetAside()
            self.histograms = {}
            self.model = None
            self.hyperparameters = None
        self.recording = RecordedSession(start=start)
