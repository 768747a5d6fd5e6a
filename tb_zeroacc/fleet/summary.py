"""What a fleet suffers from: how many trainings of which cause, where, since when, at what cost.

A summary is made of many, in any order, and its size is bounded whatever the number of trainings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from tb_zeroacc import __version__, wire
from tb_zeroacc.telling import Severity
from tb_zeroacc.wire.fleet import Fleet, FleetCause

EXAMPLES = 5  # trainings that are named for each cause
FOLDERS = 500  # counted for each cause; those that come later are put together
SHOWN_FOLDERS = 5
ERRORS = 20  # sentences
ELSEWHERE = "…"
Mark: TypeAlias = tuple[str, str, wire.Tone]  # sign, words and tone


@dataclass(slots=True)
class Cause:
    """One cause over all trainings that it was found in.

    Attributes:
        told: Its code, title, tier and fix, as a verdict tells them.
        runs: Trainings in which it was found.
        main: Those of which it is the main cause.
        hours: What these took, from their first record to the last one.
        first_time: When the first of all of them began, seconds since 1970.
        last_time: When the last one was written to.
        folders: Of how many each directory above is.
        examples: Names of some of them.
    """

    told: Mapping[str, Any]
    runs: int = 0
    main: int = 0
    hours: float = 0.0
    first_time: float | None = None
    last_time: float | None = None
    folders: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def add(self, other: Cause) -> None:
        """Adds what was found elsewhere."""
        self.runs += other.runs
        self.main += other.main
        self.hours += other.hours
        self.first_time = _of(min, self.first_time, other.first_time)
        self.last_time = _of(max, self.last_time, other.last_time)
        for folder, count in other.folders.items():
            known = folder in self.folders or len(self.folders) < FOLDERS
            self.folders[folder if known else ELSEWHERE] += count
        self.examples = sorted({*self.examples, *other.examples})[:EXAMPLES]


@dataclass(slots=True)
class Summary:
    """All trainings of a scan.

    Attributes:
        trainings: How many were judged.
        need_a_look: Of these, somebody should look at so many.
        hours: What all took.
        unread: How many could not be read.
        errors: The first sentences on these.
        outcomes: How many came to what, by the mark that says so.
        causes: By code.
    """

    trainings: int = 0
    need_a_look: int = 0
    hours: float = 0.0
    unread: int = 0
    errors: list[tuple[str, str]] = field(default_factory=list)
    outcomes: Counter[Mark] = field(default_factory=Counter)
    causes: dict[str, Cause] = field(default_factory=dict)

    def add_verdict(self, url: str, verdict: Mapping[str, Any]) -> None:
        """Counts one training, by its JSON."""
        first, last = verdict["first_time"], verdict["last_time"]
        hours = 0.0 if first is None or last is None else max(0.0, last - first) / 3600
        self.trainings += 1
        self.need_a_look += Severity(verdict["severity"]).needs_a_look
        self.hours += hours
        mark = verdict["mark"]
        self.outcomes[mark["sign"], mark["words"], mark["tone"]] += 1
        where = f"{url.rstrip('/')}/{verdict['run']}" if verdict["run"] != "." else url
        for found in verdict["findings"]:
            told = {name: found[name] for name in ("code", "name", "title", "tier", "fix")}
            is_main = found["code"] == verdict["main"]
            cause = Cause(
                told, 1, int(is_main), hours if is_main else 0.0, first, last,
                Counter({where.rpartition("/")[0] or where: 1}), [where],
            )  # fmt: skip
            self._add_cause(found["code"], cause)

    def add_error(self, where: str, error: str) -> None:
        """Counts something that could not be read."""
        self.unread += 1
        self.errors = sorted([*self.errors, (where, error)])[:ERRORS]

    def add(self, other: Summary) -> None:
        """Adds another summary."""
        self.trainings += other.trainings
        self.need_a_look += other.need_a_look
        self.hours += other.hours
        self.unread += other.unread
        self.errors = sorted([*self.errors, *other.errors])[:ERRORS]
        self.outcomes += other.outcomes
        for code, cause in other.causes.items():
            self._add_cause(code, cause)

    def json(self) -> Fleet:
        """The summary, what would pay most first: what most trainings have as their main cause."""
        ranked = sorted(
            self.causes.values(),
            key=lambda cause: (-cause.main, -cause.hours, -cause.runs, cause.told["code"]),
        )
        return {
            "version": wire.VERSION,
            "tb_zeroacc": __version__,
            "trainings": self.trainings,
            "need_a_look": self.need_a_look,
            "hours": round(self.hours, 3),
            "unread": self.unread,
            "errors": [{"where": where, "error": error} for where, error in self.errors],
            "outcomes": [
                {"mark": {"sign": sign, "words": words, "tone": tone}, "runs": count}
                for (sign, words, tone), count in sorted(
                    self.outcomes.items(), key=lambda pair: (-pair[1], pair[0])
                )
            ],
            "causes": [_cause_json(cause) for cause in ranked],
        }

    def _add_cause(self, code: str, cause: Cause) -> None:
        if code not in self.causes:
            self.causes[code] = Cause(cause.told)
        self.causes[code].add(cause)


def _cause_json(cause: Cause) -> FleetCause:
    folders = sorted(cause.folders.items(), key=lambda pair: (-pair[1], pair[0]))
    return {
        "code": cause.told["code"],
        "title": cause.told["title"],
        "tier": cause.told["tier"],
        "fix": cause.told["fix"],
        "runs": cause.runs,
        "main": cause.main,
        "hours": round(cause.hours, 3),
        "first_time": cause.first_time,
        "last_time": cause.last_time,
        "folders": [{"folder": at, "runs": count} for at, count in folders[:SHOWN_FOLDERS]],
        "other_folders": max(0, len(folders) - SHOWN_FOLDERS),
        "examples": cause.examples,
    }


def _of(choose: Any, one: float | None, other: float | None) -> float | None:
    known = [time for time in (one, other) if time is not None]
    return choose(known) if known else None
