"""Joins the files of a directory, and the directories of a training, to the latest session.

A directory used again holds several trainings. Where our recorder wrote, its start records say
where one ends and the next begins; elsewhere a file whose steps begin anew does. A resumed
training goes on and is one session; where it writes steps again, the new ones replace the old.
The curves of the first and of the latest earlier sessions are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tb_zeroacc.histograms import HistogramsBuilder
from tb_zeroacc.logs.contents import FileContents, RecordedSession
from tb_zeroacc.logs.grouping import Part
from tb_zeroacc.logs.stretches.earlier import MOST_KEPT, EarlierSession, earlier_sessions
from tb_zeroacc.logs.stretches.member_curves import MemberCurves
from tb_zeroacc.logs.stretches.track import Track, restarts
from tb_zeroacc.logs.trust.clocks import WRONG, is_plausible
from tb_zeroacc.run import Axis, Hyperparameters, Writer
from tb_zeroacc.series import Series, SeriesBuilder, sharing_steps

# Lightning logs these beside everything, `trainer.test` too: they begin no training.
BOOKKEEPING = frozenset({"epoch", "hp_metric"})


@dataclass(slots=True)
class Member:
    """One directory's part in the latest session.

    Attributes:
        name: The directory relative to the log directory.
        part: Where it belongs.
        curves: Builder of each scalar tag.
        restarted: How often the steps of a tag began anew without a new session.
        joined: The same for tags whose stretches are one curve.
        resumed: Tags whose steps were written again by a resumed training.
        interleaved: By tag how many curves it holds, where these are several.
        repeated: By tag how many values of one curve each step holds, where these are several.
        histograms: By tag, its histograms.
        model: JSON of Keras' record.
        hyperparameters: What the training was set to; None where that is not said.
        writers: What wrote its files, as far as they tell.
        recordings: What our recorder wrote in this session, file by file.
        sessions: Sessions that the directory holds.
        within: Those of them that another one follows in the same file.
        earlier: The curves of earlier stretches, in order, as far as they are kept.
        before: Wall time of the last event of the session before it.
        last_event: When anything was last written, as far as clocks can be believed.
        counted: What the steps count where text logs hold the curves; else `unknown`.
    """

    name: str
    part: Part
    curves: dict[str, SeriesBuilder] = field(default_factory=dict)
    restarted: dict[str, int] = field(default_factory=dict)
    joined: dict[str, int] = field(default_factory=dict)
    resumed: dict[str, None] = field(default_factory=dict)
    interleaved: dict[str, int] = field(default_factory=dict)
    repeated: dict[str, int] = field(default_factory=dict)
    histograms: dict[str, HistogramsBuilder] = field(default_factory=dict)
    model: bytes | None = None
    hyperparameters: Hyperparameters | None = None
    writers: set[Writer] = field(default_factory=set)
    recordings: list[RecordedSession] = field(default_factory=list)
    sessions: int = 0
    within: int = 0
    earlier: list[MemberCurves] = field(default_factory=list)
    before: float | None = None
    last_event: float | None = None
    counted: Axis = "unknown"

    @property
    def begun(self) -> float | None:
        """Wall time of the session's first event, seconds."""
        times = (builder.first_time for builder in self.curves.values())
        return min((time for time in times if time is not None), default=None)

    @property
    def last(self) -> float | None:
        """Wall time of its last event, seconds."""
        times = (builder.last_time for builder in self.curves.values())
        return max((time for time in times if time is not None), default=None)

    @property
    def holds_data(self) -> bool:
        """Whether there is anything to judge."""
        return bool(self.curves or self.recordings)

    def as_it_stands(self) -> MemberCurves:
        """Its curves so far."""
        curves = {tag: builder.freeze() for tag, builder in self.curves.items()}
        return self._holding(sharing_steps(curves))

    def _holding(self, curves: Mapping[str, Series], same_file: bool = False) -> MemberCurves:
        several = {} if same_file else self.interleaved
        return MemberCurves(self.name, self.part, curves, self.counted, several, same_file)

    def set_aside(self, stretches: Iterable[Mapping[str, Series]]) -> None:
        """Keeps stretches that others followed in the file that comes next."""
        for curves in stretches:
            self._keep(self._holding(curves, same_file=True))

    def _keep(self, stretch: MemberCurves) -> None:
        """Keeps the first one, which tells where all began, and the latest ones."""
        self.earlier.append(stretch)
        if len(self.earlier) > MOST_KEPT:
            del self.earlier[1]

    def forget(self) -> None:
        """A new session begins: everything so far is set aside."""
        self.before = self.last
        if self.curves:
            self._keep(self.as_it_stands())
        self.curves, self.restarted, self.joined, self.resumed = {}, {}, {}, {}
        self.interleaved, self.repeated = {}, {}
        self.histograms, self.model, self.recordings = {}, None, []
        self.hyperparameters, self.writers = None, set()


def joined(name: str, part: Part, files: Sequence[FileContents]) -> Member:
    """Joins the files of one directory, in the order of their names."""
    member = Member(name, part)
    for contents in files:
        alive = contents.alive()
        if (sign := contents.last_sign) is not None:
            member.last_event = max(member.last_event or sign, sign)
        if not alive and contents.recording is None:
            # A graph, a histogram or a header alone is no training: it must not hide the latest.
            if not member.holds_data:
                _take_rest(member, contents)
            member.hyperparameters = contents.hyperparameters or member.hyperparameters
            continue
        anew = _begins_anew(member, contents, alive)
        goes_on = member.sessions > 0 and not anew
        if contents.sessions > 1 or anew:
            member.forget()
        member.counted = contents.counted
        if contents.recording is None:
            # What goes on from the file before is no whole training and is not judged alone.
            member.set_aside(contents.stretches()[1 if goes_on else 0 :])
        member.sessions += contents.sessions - (1 if goes_on else 0)
        member.within += contents.sessions - 1
        for tag, track in alive.items():
            _take_track(member, tag, track, contents.sessions - 1)
        _take_rest(member, contents)
        if contents.recording is not None:
            member.recordings.append(contents.recording)
    return member


def _take_rest(member: Member, contents: FileContents) -> None:
    begun = contents.begun
    for tag, builder in contents.histograms.items():
        if builder.seen >= begun:
            known = member.histograms.get(tag)
            member.histograms[tag] = builder if known is None else known.followed_by(builder)
    member.model = contents.model or member.model
    member.writers |= contents.writers
    member.hyperparameters = contents.hyperparameters or member.hyperparameters


def _begins_anew(member: Member, contents: FileContents, alive: dict[str, Track]) -> bool:
    """Whether a file opens another session than the files before it."""
    if contents.recording is not None and member.recordings:
        return _session(contents.recording) != _session(member.recordings[-1])
    for tag, track in alive.items():
        known = member.curves.get(tag)
        if known is None or tag in BOOKKEEPING or tag in member.joined:
            continue
        first, last = known.first_step, known.last_step
        assert first is not None
        assert last is not None
        # Keras writes its record when `fit` begins: the same single step is another training's.
        same_point = contents.model is not None and track.opened_at == first == last
        if restarts(track.opened_at, first, last) or same_point:
            return True
    return False


def _take_track(member: Member, tag: str, track: Track, breaks: int) -> None:
    if track.rewinds:
        member.resumed[tag] = None
    if (repeats := track.repeats) is not None and repeats.usual > 1:
        several = member.interleaved if repeats.curves > 1 else member.repeated
        several[tag] = repeats.usual
    known = member.curves.get(tag)
    builder = track.builder
    if known is None and not breaks and track.joined is not None:
        member.joined[tag] = track.restarts
        member.curves[tag] = track.joined
        return
    if track.restarts > breaks:  # more than the sessions explain
        member.restarted[tag] = member.restarted.get(tag, 0) + track.restarts - breaks
    if known is None:
        member.curves[tag] = builder
        return
    first, last = known.first_step, known.last_step
    step = builder.first_step
    if first is None or last is None or step is None:
        return
    if track.restarts or restarts(step, first, last):
        member.restarted.setdefault(tag, 1)
        member.curves[tag] = builder
        return
    if step < last:
        member.resumed[tag] = None
    whole = known.before(step)
    whole.extend(builder)
    member.curves[tag] = whole


def _session(recording: RecordedSession) -> str | None:
    return None if recording.start is None else recording.start.session


# --- a training ---------------------------------------------------------------------------------


@dataclass(slots=True)
class Session:
    """The latest session of one training.

    Attributes:
        members: Directories that take part, in order of their names.
        recorder: The one whose record counts: the only worker's, or the first one's.
        sessions: Sessions that the training's directories hold, this one included.
        last_event: When anything was last written, seconds since 1970.
        within: Sessions that another one follows in the same file.
        earlier: What is kept of the earlier ones, in order; nothing where our recorder wrote.
    """

    members: list[Member]
    recorder: Member | None
    sessions: int
    last_event: float | None
    within: int = 0
    earlier: tuple[EarlierSession, ...] = ()


def latest_session(files: Mapping[str, tuple[Part, list[FileContents]]]) -> Session:
    """The latest session of one training, given the files of each of its directories."""
    whole = {name: joined(name, part, contents) for name, (part, contents) in files.items()}
    recorder = _main_recorder(whole.values())
    if recorder is None:
        return _by_steps(list(whole.values()))
    start = recorder.recordings[-1].start
    since = start.wall_time if start is not None and is_plausible(start.wall_time) else None
    members, earlier = [recorder], recorder.sessions - 1
    for name, (part, contents) in files.items():
        if name == recorder.name:
            continue
        begun = since
        if since is not None and part.worker is not None and not part.recorder:
            begun = since - WRONG  # it may be another machine's clock
        old = [c for c in contents if _ended_before(c, begun)]
        kept = joined(name, part, [c for c in contents if not _ended_before(c, begun)])
        kept.curves = {
            tag: builder
            for tag, builder in kept.curves.items()
            if begun is None or builder.last_time is None or builder.last_time >= begun
        }
        earlier = max(earlier, joined(name, part, old).sessions)
        members.append(kept)
    return Session(
        members=sorted(members, key=lambda m: m.name),
        recorder=recorder,
        sessions=earlier + 1,
        last_event=_last_event(members),
    )


def _main_recorder(members: Iterable[Member]) -> Member | None:
    """The recorder's directory: of several workers the first one's, or the newer of two kinds.

    One process may have trained where several do now, or the other way round.
    """
    wrote = [member for member in members if member.recordings]
    workers = [member for member in wrote if member.part.worker is not None]
    alone = [member for member in wrote if member.part.worker is None]
    first = [min(some, key=_place, default=None) for some in (alone, workers)]
    return max(filter(None, first), key=_started, default=None)


def _place(member: Member) -> tuple[tuple[int, int], str]:
    worker = member.part.worker
    return (0, 0) if worker is None else worker.place, member.name


def _started(member: Member) -> float:
    start = member.recordings[-1].start
    return 0.0 if start is None else start.wall_time


def _ended_before(contents: FileContents, since: float | None) -> bool:
    last = contents.last_sign
    return since is not None and last is not None and last < since


def _by_steps(members: list[Member]) -> Session:
    """Without start records: a member that stood still while another began anew is set aside."""
    anew = [m for m in members if m.sessions > 1 and m.begun is not None]
    kept = members
    if anew:
        newest = max(anew, key=lambda m: m.begun or 0.0)
        begun = newest.begun or 0.0
        # Of the pause between two sessions, the first half still belongs to the earlier one.
        border = (begun + (begun if newest.before is None else newest.before)) / 2
        kept = [m for m in members if m.last is None or m.last >= border]
    most = max(members, key=lambda m: m.sessions, default=None)
    return Session(
        members=sorted(kept, key=lambda m: m.name),
        recorder=None,
        sessions=1 if most is None else max(1, most.sessions),
        last_event=_last_event(kept),
        within=0 if most is None else most.within,
        earlier=earlier_sessions([(m.earlier, m.as_it_stands()) for m in members])
        if any(m.earlier for m in members)
        else (),  # as with most trainings
    )


def _last_event(members: Iterable[Member]) -> float | None:
    return max((m.last_event for m in members if m.last_event is not None), default=None)
