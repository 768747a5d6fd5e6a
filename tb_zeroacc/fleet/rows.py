"""Verdicts as rows of tables: one a training, one a finding, one for what could not be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

Row: TypeAlias = dict[str, Any]

# Names and types of the columns, as Arrow calls them.
RUN_COLUMNS: Mapping[str, str] = {
    "url": "string", "run": "string", "error": "string", "outcome": "string", "severity": "int64",
    "main": "string", "cause": "string", "headline": "string", "state": "string",
    "findings": "int64", "sessions": "int64", "steps": "int64", "epochs": "int64",
    "first_time": "float64", "last_time": "float64",
}  # fmt: skip
FINDING_COLUMNS: Mapping[str, str] = {
    "url": "string", "run": "string", "rank": "int64", "code": "string", "name": "string",
    "title": "string", "tier": "string", "summary": "string", "context": "string",
    "layers": "list", "fix": "string", "fix_code": "string", "explains": "list",
    "first_time": "float64", "last_time": "float64",
}  # fmt: skip
_OF_A_VERDICT = (
    "run", "outcome", "severity", "main", "cause", "headline", "state", "sessions", "steps",
    "epochs", "first_time", "last_time",
)  # fmt: skip
_OF_A_FINDING = ("rank", "code", "name", "title", "tier", "summary", "context", "layers")


def brief_of(verdict: Mapping[str, Any]) -> dict[str, Any]:
    """Of the JSON of a training (`wire.Training`) what tables and summary tell: a twentieth."""
    findings = [
        {name: found[name] for name in (*_OF_A_FINDING, "fix", "explains")}
        for found in verdict["findings"]
    ]
    return {**{name: verdict[name] for name in (*_OF_A_VERDICT, "mark")}, "findings": findings}


def run_row(url: str, verdict: Mapping[str, Any]) -> Row:
    """The row of one training.

    Args:
        url: What was scanned.
        verdict: Its JSON, or the brief of that.
    """
    told = {name: verdict[name] for name in _OF_A_VERDICT}
    return _whole(RUN_COLUMNS, {"url": url, "findings": len(verdict["findings"]), **told})


def error_row(url: str, run: str | None, error: str) -> Row:
    """The row of something that could not be read.

    Args:
        url: What was scanned.
        run: The training; None where it is none, or not known which.
        error: One sentence.
    """
    return _whole(RUN_COLUMNS, {"url": url, "run": run, "error": error})


def finding_rows(url: str, verdict: Mapping[str, Any]) -> Iterator[Row]:
    """The rows of a training's findings; arguments as for `run_row`."""
    times = {name: verdict[name] for name in ("run", "first_time", "last_time")}
    for found in verdict["findings"]:
        told = {name: found[name] for name in _OF_A_FINDING}
        fix = {"fix": found["fix"]["text"], "fix_code": found["fix"]["code"]}
        explains = [each["code"] for each in found["explains"]]
        yield _whole(FINDING_COLUMNS, {"url": url, **times, **told, **fix, "explains": explains})


def _whole(columns: Mapping[str, str], told: Row) -> Row:
    return {name: told.get(name) for name in columns}
