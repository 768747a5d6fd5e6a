"""From the files of one training to its Run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc import facts
from tb_zeroacc.logs.contents import FileContents, RecordedSession
from tb_zeroacc.logs.curves import curves_of
from tb_zeroacc.logs.grouping import Part
from tb_zeroacc.logs.hyperparameters import in_words, joined
from tb_zeroacc.logs.keras_record.contract import contract_of
from tb_zeroacc.logs.sessions import Member, Session, latest_session
from tb_zeroacc.logs.stretches.set_aside import SHORTEST
from tb_zeroacc.logs.tables import EPOCH_KINDS, Samples, followed_by
from tb_zeroacc.logs.trust.clocks import is_plausible
from tb_zeroacc.run import Curve, Damage, Earlier, Histograms, Hyperparameters, Run, Stretch, Table
from tb_zeroacc.workers import Worker

# A training counts as live while its last record is younger than this many times the usual pause
# between records, and in any case while it is younger than five minutes. Other writers leave no
# end behind: all that keeps their last record back is a buffer, which TensorFlow and PyTorch flush
# every two minutes.
PATIENCE = 10.0
MIN_PATIENCE, MIN_PATIENCE_WITH_OTHERS = 300.0, 150.0  # seconds
# Notes name at most this many tags.
NAMED = 3


class Built(NamedTuple):
    """A Run without a clock, and what the clock is held against.

    Attributes:
        run: The Run.
        last_event: Wall time of the last record, seconds.
        pause: Usual pause between records, seconds.
        unfinished: Notes on files that end within a record.
        holds_data: Whether there is anything to judge.
        lanes: Of a job, what each worker wrote; the run is the first one's then.
    """

    run: Run
    last_event: float | None
    pause: float
    unfinished: tuple[str, ...]
    holds_data: bool
    lanes: tuple[BuiltLane, ...] = ()


class BuiltLane(NamedTuple):
    """What one worker wrote, without a clock, and what changes whenever that does."""

    worker: Worker
    version: tuple[object, ...]
    built: Built


def build(
    name: str,
    path: str,
    files: Mapping[str, tuple[Part, list[FileContents]]],
    file_notes: Sequence[str] = (),
    unfinished: Sequence[str] = (),
    known: Run | None = None,
    damage: Sequence[Damage] = (),
) -> Built:
    """Builds one training's Run.

    Args:
        name: The training's directory relative to the log directory.
        path: The path that was asked for.
        files: Its directories, each with its files in reading order.
        file_notes: Sentences on damage in the files.
        unfinished: Sentences on files that end within a record: truncated, or still written to.
        known: The Run as it was before the files grew: what did not change in it is used again.
        damage: What is lost of its event files.
    """
    session = latest_session(files)
    recordings = session.recorder.recordings if session.recorder else []
    newest = recordings[-1] if recordings else RecordedSession()
    epochs = tuple(e for r in recordings for e in (*r.first_epochs, *r.last_epochs))
    tables = _tables(session.recorder, epochs) if session.recorder else {}
    held = [member.as_it_stands() for member in session.members]
    curves = curves_of(held, tables.get("loss"))
    faults = [text for _, held in files.values() for c in held for text in c.faults]
    hyperparameters = _hyperparameters(session.members)
    told = filter(None, [in_words(hyperparameters)])
    lacking = _lacking_columns(tables)
    notes = [*_session_notes(session), *file_notes, *faults, *lacking, *told]
    run = Run(
        name=name,
        path=path,
        members=_members(session, files),
        sessions=session.sessions,
        state="unknown" if newest.end is None else "ended",
        notes=tuple(dict.fromkeys(notes)),
        damaged=bool(file_notes),
        damage=tuple(damage),
        contract=_newest(r.contract for r in recordings) or _keras_contract(session.members),
        shapes=_newest(r.shapes for r in recordings),
        pipeline=_newest(r.pipeline for r in recordings),
        start=newest.start,
        end=newest.end,
        alive=newest.alive,
        unrecorded=tuple(dict.fromkeys(fact for r in recordings for fact in r.unrecorded)),
        epochs=epochs,
        tables=MappingProxyType(tables),
        curves=curves,
        histograms=tuple(_histograms(session.members)),
        recorded=bool(recordings),
        writers=frozenset().union(*(member.writers for member in session.members)),
        hyperparameters=hyperparameters,
    )
    run = replace(run, earlier=_earlier(run, session, known))
    series = [curve.series for curve in curves]
    gaps = [
        s.median_gap
        for s in series
        if s.median_gap is not None and s.count > 2 and is_plausible(s.last_time or 0.0)
    ]
    return Built(
        run=run,
        last_event=session.last_event,
        pause=min(gaps, default=0.0),
        unfinished=tuple(unfinished),
        holds_data=any(member.holds_data for member in session.members),
    )


def unreadable(
    name: str, path: str, members: Collection[str], notes: Iterable[str], fault: Exception
) -> Built:
    """A training whose files hold what no Run can be made of, so that it alone is lost.

    Args:
        name: As for `build`.
        path: As for `build`.
        members: Its directories.
        notes: Sentences on damage in its files.
        fault: What went wrong.
    """
    told = f"What this log holds could not be read ({type(fault).__name__})."
    run = Run(name, path, tuple(sorted(members)), notes=(told, *notes), damaged=True)
    return Built(run, last_event=None, pause=0.0, unfinished=(), holds_data=True)


def at(built: Built, now: float | None, known: Run | None = None) -> Run:
    """The Run at a moment: whether it still runs.

    Args:
        built: The Run without a clock.
        now: Seconds since the epoch; None for no clock.
        known: The same Run at an earlier moment: where it is as it was, it is returned itself.
    """
    run = built.run
    idle = None if now is None or built.last_event is None else max(0.0, now - built.last_event)
    least = MIN_PATIENCE if run.recorded else MIN_PATIENCE_WITH_OTHERS
    patience = max(PATIENCE * built.pause, least)
    is_live = idle is not None and run.end is None and idle < patience
    clocked = idle is not None
    state = "live" if is_live else run.state
    if known is not None and (known.state, known.clocked) == (state, clocked):
        return known
    if is_live:
        return replace(run, state="live", clocked=True)
    return replace(
        run,
        clocked=clocked,
        notes=(*run.notes, *built.unfinished),
        damaged=run.damaged or bool(built.unfinished),
    )


def _members(session: Session, directories: Iterable[str]) -> tuple[str, ...]:
    """Those that TensorBoard lists as runs: it knows no text logs."""
    holding = [member for member in session.members if member.holds_data]
    listed = tuple(member.name for member in holding if member.counted == "unknown")
    return listed if holding else tuple(sorted(directories))


_T = TypeVar("_T")


def _newest(found: Iterable[_T | None]) -> _T | None:
    return next((value for value in reversed(list(found)) if value is not None), None)


def _keras_contract(members: Sequence[Member]) -> facts.Contract | None:
    """What Keras' own record states; the training data's directory has it."""
    for member in members:
        if member.model is not None and (contract := contract_of(member.model)) is not None:
            return contract
    return None


def _hyperparameters(members: Sequence[Member]) -> Hyperparameters:
    found: Hyperparameters | None = None
    for member in members:
        found = joined(found, member.hyperparameters)
    return found or Hyperparameters()


def _histograms(members: Sequence[Member]) -> Iterator[Histograms]:
    for member in members:
        for tag, built in member.histograms.items():
            yield Histograms(
                member.name, tag, built.count, built.first_step, built.last_step, built.lowest,
                built.highest, built.varies, built.bad_since,
                None if built.course is None else built.course.freeze(),
            )  # fmt: skip


# --- earlier stretches --------------------------------------------------------------------------


def _earlier(run: Run, session: Session, known: Run | None) -> Earlier:
    """What the directory holds beside the session that is judged."""
    if run.recorded:
        return Earlier()
    main = {(curve.member, curve.tag) for curve in run.main_curves}
    anew = [n for m in session.members for tag, n in m.restarted.items() if (m.name, tag) in main]
    before = [] if known is None else [stretch.run for stretch in known.earlier.stretches]
    stretches = []
    for earlier in session.earlier:
        curves = curves_of(earlier.members)
        if _holds_any(curves, main):
            names = tuple(member.name for member in earlier.members)
            found = Run(run.name, run.path, names, curves=curves)
            same = next((old for old in before if _alike(old.curves, curves)), found)
            stretches.append(Stretch(same, earlier.same_file, earlier.overlaps))
    return Earlier(
        trainings=session.sessions - 1 - session.within,
        restarts=session.within + max(anew, default=0),
        stretches=tuple(stretches),
    )


def _holds_any(curves: Iterable[Curve], main: Collection[tuple[str, str]]) -> bool:
    """Whether a stretch holds a main curve: where it does not, a loop's index began anew."""
    long = {(c.member, c.tag) for c in curves if c.series.count >= SHORTEST}
    return bool(long & set(main) if main else long)


def _alike(some: Sequence[Curve], others: Sequence[Curve]) -> bool:
    """Whether curves are the same."""
    return len(some) == len(others) and all(
        (a.member, a.tag, a.series.count) == (b.member, b.tag, b.series.count)
        and a.series.first_time == b.series.first_time
        and np.array_equal(a.series.steps, b.series.steps)
        and np.array_equal(a.series.values, b.series.values, equal_nan=True)
        for a, b in zip(some, others, strict=True)
    )


# --- notes --------------------------------------------------------------------------------------


def _session_notes(session: Session) -> Iterator[str]:
    earlier = session.sessions - 1
    if earlier == 1:
        yield "1 earlier session in this directory was set aside; the latest is judged."
    elif earlier > 1:
        yield f"{earlier} earlier sessions in this directory were set aside; the latest is judged."
    restarted = {tag: n for m in session.members for tag, n in m.restarted.items()}
    joined = {tag: n for m in session.members for tag, n in m.joined.items()}
    for tags, what in (
        (restarted, "only the last stretch is judged"),
        (joined, "its values go on, so that all of it is judged as one curve"),
    ):
        if tags:
            yield (
                f"The steps of {_named(tags)} began anew {_times(max(tags.values()))} "
                f"within the session; {what}."
            )
    resumed = [tag for m in session.members for tag in m.resumed]
    if resumed:
        yield (
            f"Training was resumed at an earlier step ({_named(resumed)}); "
            "the steps that were written again replace the first ones."
        )
    repeated = {tag: n for m in session.members for tag, n in m.repeated.items()}
    if repeated:
        many = max(repeated.values())
        yield f"{_named(repeated)}: up to {many} values at each step; the last one counts."
    if not any(m.holds_data for m in session.members):
        yield "The event files hold no curve and no record of a training."


def _lacking_columns(tables: Mapping[str, Table]) -> Iterator[str]:
    for kind, table in tables.items():
        columns = facts.COLUMNS.get(kind.removeprefix("validation_"), ())
        # What later versions have added stands behind the others.
        lacking = [name for name in columns[: len(table.columns)] if name not in table.columns]
        if lacking:
            yield f"The table `{kind}` lacks {_named(lacking)}; what needs it cannot be told."


def _named(tags: Iterable[str]) -> str:
    named = list(dict.fromkeys(tags))
    shown = ", ".join(f"`{tag[:80]}`" for tag in named[:NAMED])
    return shown if len(named) <= NAMED else f"{shown} and {len(named) - NAMED} more"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


# --- tables -------------------------------------------------------------------------------------


def _tables(recorder: Member, epochs: Sequence[facts.Epoch]) -> dict[str, Table]:
    """The recorder's samples, each with its epoch."""
    found: dict[str, Samples] = {}
    for recording in recorder.recordings:
        for kind, samples in recording.tables.kinds().items():
            known = found.get(kind)
            found[kind] = samples if known is None else followed_by(known, samples)
    progress = found.get("progress")
    return {
        kind: Table(
            kind=kind,
            member=recorder.name,
            rows=samples.layout.rows,
            columns=samples.layout.columns,
            steps=samples.steps,
            epochs=_epochs_of(kind, samples.steps, progress, epochs),
            values=_with_true_counts(kind, samples),
            pooled=samples.layout.pooled,
            thinned=samples.thinned,
        )
        for kind, samples in found.items()
    }


# Columns that count something, whatever the table.
COUNTS = frozenset({"count", "non_finite_count", "examples", "units"})


def _with_true_counts(kind: str, samples: Samples) -> NDArray[np.float32]:
    """The values, float32 of shape (samples, rows, columns): NaN for a count that can be none."""
    is_class = kind.removeprefix("validation_") in facts.CLASS_TABLES
    at = [i for i, name in enumerate(samples.layout.columns) if is_class or name in COUNTS]
    counts = samples.values[:, :, at]
    odd = np.isinf(counts) | (counts < 0)
    if not odd.any():
        return samples.values
    values = samples.values.copy()
    values[:, :, at] = np.where(odd, np.nan, counts)
    return values


MOST_EPOCHS = 2**31  # no training has as many: a larger number, or NaN, is none


def _epochs_of(
    kind: str, steps: NDArray[np.int64], progress: Samples | None, epochs: Sequence[facts.Epoch]
) -> NDArray[np.int64]:
    """The epoch of each step, int64 of shape (samples,), -1 where it is unknown.

    A sample's own `progress` tells it. Tables that are written when an epoch has ended belong to
    that epoch, whether they carry its last step or the number of steps taken.
    """
    found = np.full(len(steps), -1, np.int64)
    if epochs:
        ends = np.array([epoch.step for epoch in epochs], np.int64)
        numbers = np.array([epoch.epoch for epoch in epochs], np.int64)
        side: Literal["left", "right"] = "left" if kind in EPOCH_KINDS else "right"
        at_end = np.searchsorted(ends, steps, side=side)
        inside = at_end < len(ends)
        found[inside] = numbers[at_end[inside]]
    if progress is not None and kind not in EPOCH_KINDS and "epoch" in progress.layout.columns:
        told = progress.values[:, 0, progress.layout.columns.index("epoch")]
        position = np.searchsorted(progress.steps, steps)
        position[position == len(progress.steps)] = 0
        same = (progress.steps[position] == steps) & (np.abs(told[position]) < MOST_EPOCHS)
        found[same] = told[position[same]].astype(np.int64)
    return found
