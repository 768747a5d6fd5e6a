"""The scan as a pipeline of Apache Beam: what is done where, by which workers.

    URLs ── discovery ── units ──┬── read and judge ───────────────────┬── outcomes ── tables
                                 └── files of large units ── by unit ──┘       │
                                                           signs of all files ─┴── read again

A worker's fault, and a log's, is an outcome or a row: no element ever fails. Whatever reads logs is
a process of its own (`readers`), which a log may kill. On one machine these are all the processes
that there are: Beam's own take seconds to start, and would be handed all that others have read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.pvalue import AsDict, TaggedOutput
from apache_beam.transforms.window import GlobalWindows

from tb_zeroacc.errors import ZeroAccuracyError
from tb_zeroacc.fleet import outputs, rows
from tb_zeroacc.fleet.judging import Outcome, failed, file_of, judge, outcome_of, unreadable
from tb_zeroacc.fleet.keeping import Keep, without_known
from tb_zeroacc.fleet.placing import Placed, Slip, placed, slip_of, standing
from tb_zeroacc.fleet.readers import Readers
from tb_zeroacc.fleet.resuming import packed
from tb_zeroacc.fleet.tables import write_tables
from tb_zeroacc.fleet.work import Work, single_files, work_below
from tb_zeroacc.logs.followed_file import FollowedFile, given_up
from tb_zeroacc.pool.shares import work as seconds

ERRORS, FILES, SLIPS, AGAIN = "errors", "files", "slips", "again"
Verdict = tuple[str, bytes, str]  # URL, and of a training the deflated JSON, and the brief of that
FileOf = tuple[Work, Work]  # a large unit, and one file of it
ReadOf = tuple[str, tuple[Work, FollowedFile]]  # the same, read, by the unit's fingerprint


def scan(
    urls: Sequence[str], output: str, now: float | None, options: PipelineOptions,
    processes: int = 1,
) -> beam.Pipeline:  # fmt: skip
    """The pipeline, to be run.

    Args:
        urls: What to scan: paths, or URLs that every worker can reach.
        output: A directory on any file system of Beam, made by `outputs.prepare`.
        now: The clock that decides what still runs, seconds since 1970; None for no clock.
        options: Beam's.
        processes: How many read at once, for each worker of Beam's.
    """
    pipeline = beam.Pipeline(options=options)
    found = (
        pipeline
        | "URLs" >> beam.Create(list(urls))
        | "discover" >> beam.ParDo(_Discover(output, now)).with_outputs(ERRORS, FILES, main="units")
    )
    units, known = without_known(pipeline, found.units, output)
    small = (
        units
        | "spread units" >> beam.Reshuffle()
        | "read and judge" >> beam.ParDo(_Read(judged, given_up_on, processes))
        | "keep" >> beam.ParDo(Keep(output))
    )
    large = (
        found[FILES]
        | "spread files" >> beam.Reshuffle()
        | "read file" >> beam.ParDo(_Read(file_read, file_given_up, processes))
        | "by unit" >> beam.GroupByKey()
        | "judge" >> beam.Map(_judge_read)
    )
    # Each branch by itself, while they are at hand: outcomes are large, and unpacked once then.
    parts = [
        branch
        | f"parts of {name}" >> beam.FlatMap(_parts).with_outputs(SLIPS, ERRORS, main="whole")
        for name, branch in (("small", small), ("large", large), ("known", known))
    ]
    outcomes = [part.whole for part in parts] | "outcomes" >> beam.Flatten()
    places = (
        [part[SLIPS] for part in parts]
        | "slips" >> beam.Flatten()
        | "by URL" >> beam.GroupByKey()
        | "place" >> beam.FlatMap(_place).with_outputs(ERRORS, AGAIN, main="placed")
    )
    odd = places[AGAIN] | "spread again" >> beam.Reshuffle()
    again = odd | "read again" >> beam.ParDo(_Read(outcome_of, unreadable, processes))
    verdicts = (
        outcomes | "stand" >> beam.FlatMap(_standing, AsDict(places.placed)),
        again | "stand, too" >> beam.FlatMap(_told, AsDict(places.placed)),
    ) | "verdicts" >> beam.Flatten()
    errors = (
        found[ERRORS],
        places[ERRORS],
        *(part[ERRORS] for part in parts),
        again | "failed" >> beam.FlatMap(_failed),
    ) | "errors" >> beam.Flatten()
    write_tables(verdicts, errors, output)
    return pipeline


class _Discover(beam.DoFn):  # type: ignore[misc]  # Beam's classes are untyped
    """Lists the files below a URL."""

    def __init__(self, output: str, now: float | None) -> None:
        self._output, self._now = output, now

    def process(self, url: str) -> Iterator[Any]:
        try:
            found = work_below(url, self._now)
        except ZeroAccuracyError as error:
            yield TaggedOutput(ERRORS, rows.error_row(url, None, str(error)))
            return
        except Exception as fault:  # noqa: BLE001 - promise: a place that fails is a row
            said = f"{url!r} could not be listed: {type(fault).__name__}."
            yield TaggedOutput(ERRORS, rows.error_row(url, None, said))
            return
        outputs.note_found(self._output, len(found.units))
        if not found.units:
            said = f"There is no log below {url!r}."
            yield TaggedOutput(ERRORS, rows.error_row(url, None, said))
        for sentence in found.refused:
            yield TaggedOutput(ERRORS, rows.error_row(url, None, sentence))
        for work in found.units:
            if not work.is_large:
                yield work
                continue
            for single in single_files(work):
                yield TaggedOutput(FILES, (work, single))


class _Read(beam.DoFn):  # type: ignore[misc]  # Beam's classes are untyped
    """Has processes read units, and passes on what comes of each, in no order.

    Args:
        do, killed, processes: As for `Readers`. A unit is work, or a large one with one file of it.
    """

    def __init__(
        self, do: Callable[[Any], Any], killed: Callable[[Any, str], Any], processes: int
    ) -> None:
        self._arguments = do, killed, processes

    def setup(self) -> None:
        self._readers = Readers(*self._arguments)

    def process(self, unit: Any) -> Iterator[Any]:
        single: Work = unit if isinstance(unit, Work) else unit[1]
        yield from self._readers.give(unit, seconds(single.files))

    def finish_bundle(self) -> Iterator[Any]:
        for result in self._readers.rest():
            yield GlobalWindows.windowed_value(result)

    def teardown(self) -> None:
        self._readers.end()


def judged(work: Work) -> tuple[Outcome, bytes]:
    """The outcome of a unit, and the same packed where the next scan may begin with it."""
    outcome = outcome_of(work)
    return outcome, packed(outcome) if outcome.holds_later else b""


def given_up_on(work: Work, why: str) -> tuple[Outcome, bytes]:
    """The same of a unit that cannot be read."""
    return unreadable(work, why), b""


def file_read(pair: FileOf) -> ReadOf:
    """One file of a large unit, by the fingerprint of the unit."""
    work, single = pair
    return work.fingerprint, (work, file_of(single))


def file_given_up(pair: FileOf, why: str) -> ReadOf:
    """The same of a file that cannot be read."""
    work, single = pair
    return work.fingerprint, (work, given_up(single.files[0], why))


def _judge_read(grouped: tuple[str, Iterable[tuple[Work, FollowedFile]]]) -> Outcome:
    pairs = list(grouped[1])
    work = pairs[0][0]
    try:
        return judge(work, {file.listed.location: file for _, file in pairs})
    except Exception as fault:  # noqa: BLE001 - promise: a log that fails is a row
        return failed(work, fault)


def _parts(outcome: Outcome) -> Iterator[Any]:
    """An outcome, what of it decides where everything belongs, and why nothing came of it."""
    yield outcome
    yield TaggedOutput(SLIPS, (outcome.url, slip_of(outcome)))
    for row in _failed(outcome):
        yield TaggedOutput(ERRORS, row)


def _place(grouped: tuple[str, Iterable[Slip]]) -> Iterator[Any]:
    url, slips = grouped
    found = placed(slips)
    yield url, found
    for work in found.again:
        yield TaggedOutput(AGAIN, work)
    for name, sentence in found.lost:
        yield TaggedOutput(ERRORS, rows.error_row(url, name, sentence))
    if found.is_empty and not found.lost:
        said = f"There is no readable log below {url!r}."
        yield TaggedOutput(ERRORS, rows.error_row(url, None, said))


def _standing(outcome: Outcome, places: Mapping[str, Placed]) -> Iterator[Verdict]:
    for each in standing(outcome, places[outcome.url]):
        yield outcome.url, each.verdict, each.brief


def _told(outcome: Outcome, places: Mapping[str, Placed]) -> Iterator[Verdict]:
    for each in outcome.trainings:
        if each.verdict and (each.holds_data or not places[outcome.url].holds_data):
            yield outcome.url, each.verdict, each.brief


def _failed(outcome: Outcome) -> Iterator[rows.Row]:
    if outcome.error:
        yield rows.error_row(outcome.url, None, outcome.error)
