"""The scan as a pipeline of Apache Beam: what is done where, by which workers.

    URLs ── discovery ── units ──┬── read and judge ───────────────────┬── outcomes ── tables
                                 └── files of large units ── by unit ──┘       │
                                                           signs of all files ─┴── read again

A worker's fault, and a log's, is an outcome or a row: no element ever fails.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import apache_beam as beam
import pyarrow
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.pvalue import AsDict, TaggedOutput

from tb_zeroacc.errors import ZeroAccuracyError
from tb_zeroacc.fleet import outputs, rows
from tb_zeroacc.fleet.judging import Outcome, failed, judge, outcome_of, read
from tb_zeroacc.fleet.page import page_of
from tb_zeroacc.fleet.placing import Placed, Slip, placed, slip_of, standing
from tb_zeroacc.fleet.summary import Summary
from tb_zeroacc.fleet.work import Work, single_files, work_below
from tb_zeroacc.logs.followed_file import FollowedFile

ERRORS, FILES, AGAIN = "errors", "files", "again"
Verdict = tuple[str, str]  # URL, and the JSON of a training
_TYPES = {"string": pyarrow.string(), "int64": pyarrow.int64(), "float64": pyarrow.float64(),
          "list": pyarrow.list_(pyarrow.string())}  # fmt: skip


def scan(
    urls: Sequence[str], output: str, now: float | None, options: PipelineOptions
) -> beam.Pipeline:
    """The pipeline, to be run.

    Args:
        urls: What to scan: paths, or URLs that every worker can reach.
        output: A directory on any file system of Beam, made by `outputs.prepare`.
        now: The clock that decides what still runs, seconds since 1970; None for no clock.
        options: Beam's.
    """
    pipeline = beam.Pipeline(options=options)
    found = (
        pipeline
        | "URLs" >> beam.Create(list(urls))
        | "discover" >> beam.ParDo(_Discover(output, now)).with_outputs(ERRORS, FILES, main="units")
    )
    units, known = _without_known(pipeline, found.units, outputs.kept_files(output))
    small = (
        units
        | "spread units" >> beam.Reshuffle()
        | "read and judge" >> beam.ParDo(_Judge(output))
    )
    large = (
        found[FILES]
        | "spread files" >> beam.Reshuffle()
        | "read file" >> beam.FlatMap(_read_file)
        | "by unit" >> beam.GroupByKey()
        | "judge" >> beam.Map(_judge_read)
    )
    outcomes = (small, large, known) | "outcomes" >> beam.Flatten()
    places = (
        outcomes
        | "signs" >> beam.Map(lambda outcome: (outcome.url, slip_of(outcome)))
        | "by URL" >> beam.GroupByKey()
        | "place" >> beam.FlatMap(_place).with_outputs(ERRORS, AGAIN, main="placed")
    )
    odd = places[AGAIN] | "spread again" >> beam.Reshuffle()
    again = odd | "read again" >> beam.Map(outcome_of)
    verdicts = (
        outcomes | "stand" >> beam.FlatMap(_standing, AsDict(places.placed)),
        again | "stand, too" >> beam.FlatMap(_told, AsDict(places.placed)),
    ) | "verdicts" >> beam.Flatten()
    errors = (
        found[ERRORS],
        places[ERRORS],
        (outcomes, again) | beam.Flatten() | "failed" >> beam.FlatMap(_failed),
    ) | "errors" >> beam.Flatten()
    _write(verdicts, errors, output)
    return pipeline


def _without_known(
    pipeline: beam.Pipeline, units: beam.PCollection, files: Sequence[str]
) -> tuple[beam.PCollection, beam.PCollection]:
    """The units that are to be judged, and the outcomes of those that were before."""
    if not files:
        return units, pipeline | "nothing known" >> beam.Create([])
    kept = (
        pipeline
        | "kept files" >> beam.Create(list(files))
        | "spread kept" >> beam.Reshuffle()
        | "kept" >> beam.FlatMap(outputs.kept)
        | "kept by work" >> beam.Map(lambda outcome: (outcome.fingerprint, outcome))
    )
    by_work = units | "by work" >> beam.Map(lambda work: (work.fingerprint, work))
    joined = (
        {"kept": kept, "units": by_work}
        | "join" >> beam.CoGroupByKey()
        | "known" >> beam.FlatMap(_known).with_outputs("known", main="units")
    )
    return joined.units, joined.known


def _known(joined: tuple[str, Mapping[str, Iterable[Any]]]) -> Iterator[Any]:
    """A unit, or its outcome where that holds still."""
    units, kept = list(joined[1]["units"]), list(joined[1]["kept"])
    if not units:
        return
    work: Work = units[0]
    for outcome in kept:
        is_later = work.now is None or (outcome.now is not None and outcome.now <= work.now)
        if is_later and outcome.holds_later:
            yield TaggedOutput("known", outcome)
            return
    yield work


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


class _Judge(beam.DoFn):  # type: ignore[misc]  # Beam's classes are untyped
    """Reads and judges units, and keeps what came of them for the next scan."""

    def __init__(self, output: str) -> None:
        self._output = output

    def start_bundle(self) -> None:
        self._batch = outputs.Batch(self._output)

    def process(self, work: Work) -> Iterator[Outcome]:
        outcome = outcome_of(work)
        self._batch.add(outcome)
        yield outcome

    def finish_bundle(self) -> None:
        self._batch.keep()


def _read_file(pair: tuple[Work, Work]) -> Iterator[tuple[str, tuple[Work, FollowedFile]]]:
    """One file of a large unit, by the fingerprint of the unit."""
    work, single = pair
    for file in read(single).values():
        yield work.fingerprint, (work, file)


def _judge_read(grouped: tuple[str, Iterable[tuple[Work, FollowedFile]]]) -> Outcome:
    pairs = list(grouped[1])
    work = pairs[0][0]
    try:
        return judge(work, {file.listed.location: file for _, file in pairs})
    except Exception as fault:  # noqa: BLE001 - promise: a log that fails is a row
        return failed(work, fault)


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
    for verdict in standing(outcome, places[outcome.url]):
        yield outcome.url, verdict


def _told(outcome: Outcome, places: Mapping[str, Placed]) -> Iterator[Verdict]:
    for each in outcome.trainings:
        if each.verdict and (each.holds_data or not places[outcome.url].holds_data):
            yield outcome.url, each.verdict


def _failed(outcome: Outcome) -> Iterator[rows.Row]:
    if outcome.error:
        yield rows.error_row(outcome.url, None, outcome.error)


def _write(verdicts: beam.PCollection, errors: beam.PCollection, output: str) -> None:
    """Writes all that the output holds."""
    told = verdicts | "parse" >> beam.Map(lambda pair: (pair[0], json.loads(pair[1])))
    judged = told | "run rows" >> beam.MapTuple(rows.run_row)
    findings = told | "finding rows" >> beam.FlatMapTuple(rows.finding_rows)
    runs = (judged, errors) | "runs" >> beam.Flatten()
    _ = verdicts | "verdict lines" >> beam.Values() | "write verdicts" >> beam.io.WriteToText(
        outputs.beneath(output, "verdicts"), ".jsonl"
    )
    for name, table, columns in (
        ("runs", runs, rows.RUN_COLUMNS), ("findings", findings, rows.FINDING_COLUMNS),
    ):  # fmt: skip
        stem = outputs.beneath(output, name)
        schema = pyarrow.schema([(column, _TYPES[kind]) for column, kind in columns.items()])
        lines = table | f"{name} as JSON" >> beam.Map(json.dumps)
        _ = lines | f"write {name}" >> beam.io.WriteToText(stem, ".jsonl")
        _ = table | f"write {name}, too" >> beam.io.WriteToParquet(
            stem, schema, file_name_suffix=".parquet"
        )
    counted = told | "count" >> beam.CombineGlobally(_Summarise()).without_defaults()
    unread = errors | "count errors" >> beam.CombineGlobally(_SummariseErrors()).without_defaults()
    _ = (
        (counted, unread)
        | "both" >> beam.Flatten()
        | "summary" >> beam.CombineGlobally(_Together())
        | "write summary" >> beam.Map(_write_summary, output)
    )


def _write_summary(summary: Summary, output: str) -> None:
    told = summary.json()
    outputs.write(
        outputs.beneath(output, "summary.json"), (json.dumps(told, indent=2) + "\n").encode()
    )
    outputs.write(outputs.beneath(output, "summary.html"), page_of(told).encode())


class _Summarise(beam.CombineFn):  # type: ignore[misc]  # Beam's classes are untyped
    """Verdicts to one summary."""

    def create_accumulator(self) -> Summary:
        return Summary()

    def add_input(self, summary: Summary, told: Any) -> Summary:
        url, verdict = told
        summary.add_verdict(url, verdict)
        return summary

    def merge_accumulators(self, summaries: Iterable[Summary]) -> Summary:
        merged = Summary()
        for summary in summaries:
            merged.add(summary)
        return merged

    def extract_output(self, summary: Summary) -> Summary:
        return summary


class _SummariseErrors(_Summarise):
    """Rows of errors to one summary."""

    def add_input(self, summary: Summary, told: Any) -> Summary:
        where = told["url"] if told["run"] in (None, ".") else f"{told['url']}/{told['run']}"
        summary.add_error(where, told["error"])
        return summary


class _Together(_Summarise):
    """Summaries to one."""

    def add_input(self, summary: Summary, told: Any) -> Summary:
        summary.add(told)
        return summary
