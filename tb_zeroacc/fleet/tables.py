"""Steps of the pipeline: tables, lines of JSON, and the summary."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from typing import Any

import apache_beam as beam
import pyarrow

from tb_zeroacc.fleet import outputs, rows
from tb_zeroacc.fleet.page import page_of
from tb_zeroacc.fleet.summary import Summary

_TYPES = {"string": pyarrow.string(), "int64": pyarrow.int64(), "float64": pyarrow.float64(),
          "list": pyarrow.list_(pyarrow.string())}  # fmt: skip


def write_tables(verdicts: beam.PCollection, errors: beam.PCollection, output: str) -> None:
    """Writes all that the output holds."""
    told = verdicts | "parse" >> beam.MapTuple(lambda url, _, brief: (url, json.loads(brief)))
    judged = told | "run rows" >> beam.MapTuple(rows.run_row)
    findings = told | "finding rows" >> beam.FlatMapTuple(rows.finding_rows)
    runs = (judged, errors) | "runs" >> beam.Flatten()
    lines = verdicts | "verdict lines" >> beam.MapTuple(
        lambda _, verdict, __: zlib.decompress(verdict).decode()
    )
    _ = lines | "write verdicts" >> beam.io.WriteToText(
        outputs.beneath(output, "verdicts"), ".jsonl"
    )
    for name, table, columns in (
        ("runs", runs, rows.RUN_COLUMNS), ("findings", findings, rows.FINDING_COLUMNS),
    ):  # fmt: skip
        stem = outputs.beneath(output, name)
        schema = pyarrow.schema([(column, _TYPES[kind]) for column, kind in columns.items()])
        as_json = table | f"{name} as JSON" >> beam.Map(json.dumps)
        _ = as_json | f"write {name}" >> beam.io.WriteToText(stem, ".jsonl")
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
