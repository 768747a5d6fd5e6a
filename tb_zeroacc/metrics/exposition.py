"""Figures of trainings as OpenMetrics, by the client library of Prometheus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from tb_zeroacc import __version__
from tb_zeroacc.errors import MissingPackageError
from tb_zeroacc.metrics.effort import NO_EFFORT, Effort
from tb_zeroacc.metrics.labels import run_label

if TYPE_CHECKING:
    from prometheus_client import Metric

    from tb_zeroacc.metrics.figures import Figures

Format: TypeAlias = Literal["openmetrics", "text"]
CONTENT_TYPES: Mapping[str, str] = {
    "openmetrics": "application/openmetrics-text; version=1.0.0; charset=utf-8",
    "text": "text/plain; version=0.0.4; charset=utf-8",
}
MOST_RUNS = 5000  # trainings that have series of their own, unless fewer are asked for
# Gauges of one training: figure, name, help. What a training lacks has no series.
_GAUGES = (
    ("loss", "loss", "The last training loss, in its own unit."),
    ("baseline", "baseline_loss", "The loss that a constant prediction scores."),
    ("steps_per_second", "steps_per_second", "Recent training steps a second, of a live run."),
    ("workers_missing", "workers_missing", "Workers of a job that have vanished, as ZA802 says."),
)


@dataclass(frozen=True, slots=True)
class State:
    """All that a scrape tells.

    Attributes:
        figures: Of every training, by the name under which it is shown.
        effort: What reading took.
        unread: How many places or files cannot be read now.
        complete: Whether the first reading has ended.
    """

    figures: Mapping[str, Figures]
    effort: Effort = NO_EFFORT
    unread: int = 0
    complete: bool = True


def format_for(accept: str) -> Format:
    """The format that suits an `Accept` header: OpenMetrics for all but browsers and the like."""
    wants_other = accept.strip() not in ("", "*/*") and "application/openmetrics-text" not in accept
    return "text" if wants_other else "openmetrics"


def exposition(state: State, now: float, form: Format, most: int = MOST_RUNS) -> bytes:
    """What a scrape is answered.

    Args:
        state: What is known.
        now: Seconds since 1970.
        form: Of the answer.
        most: Of so many trainings there are series: the live ones and those that ended last.

    Raises:
        MissingPackageError: The client library is not installed.
    """
    require_client()
    from prometheus_client import exposition as text
    from prometheus_client.openmetrics import exposition as openmetrics

    generate = openmetrics.generate_latest if form == "openmetrics" else text.generate_latest
    body: bytes = generate(_Collected(state, now, most))
    return body


def require_client() -> None:
    """Says what is missing before anything is asked of it.

    Raises:
        MissingPackageError: The client library is not installed.
    """
    try:
        import prometheus_client  # noqa: F401
    except ModuleNotFoundError:
        raise MissingPackageError(
            "Metrics need the package prometheus_client: pip install 'tb-zeroacc[monitoring]'."
        ) from None


def chosen(figures: Mapping[str, Figures], most: int) -> list[str]:
    """Names of the trainings that have series: the oldest finished ones are the first to go."""
    if len(figures) <= most:
        return list(figures)
    order = sorted(
        figures, key=lambda name: (figures[name].state != "live", -(figures[name].last_time or 0.0))
    )
    return order[:most]


class _Collected:
    """What the client library takes for a registry."""

    def __init__(self, state: State, now: float, most: int) -> None:
        self._state, self._now = state, now
        self._names = chosen(state.figures, most)

    def collect(self) -> Iterator[Metric]:
        figures = [(run_label(name), self._state.figures[name]) for name in self._names]
        yield from _of_runs(figures, self._now)
        yield from _of_all(self._state.figures.values(), len(figures))
        yield from _of_reading(self._state)


def _of_runs(figures: Sequence[tuple[str, Figures]], now: float) -> Iterator[Metric]:
    from prometheus_client.core import GaugeMetricFamily

    outcome = GaugeMetricFamily(
        "zeroacc_run_outcome", "1 for the present outcome and state of a run.",
        labels=("run", "outcome", "state"),
    )  # fmt: skip
    finding = GaugeMetricFamily(
        "zeroacc_run_finding", "1 for each finding about a run.", labels=("run", "code", "tier")
    )
    silence = GaugeMetricFamily(
        "zeroacc_run_seconds_since_last_record",
        "Since the last record of a run, whether it has ended or not.", labels=("run",),
    )  # fmt: skip
    silent = GaugeMetricFamily(
        "zeroacc_run_silent",
        "1 for a recorded run that writes no more, though no end is on record.", labels=("run",),
    )  # fmt: skip
    eta = GaugeMetricFamily(
        "zeroacc_run_eta_seconds", "To the expected end of a live run.", labels=("run",)
    )
    for name, one in figures:
        outcome.add_metric((name, one.outcome, one.state), 1.0)
        for code, tier in one.findings:
            finding.add_metric((name, code, tier), 1.0)
        if one.is_silent:
            silent.add_metric((name,), 1.0)
        if one.last_time is not None:
            silence.add_metric((name,), max(0.0, now - one.last_time))
        if one.ends_at is not None:
            eta.add_metric((name,), max(0.0, one.ends_at - now))
    yield from (outcome, finding, silence, silent, eta)
    for field, title, told in _GAUGES:
        gauge = GaugeMetricFamily(f"zeroacc_run_{title}", told, labels=("run",))
        for name, one in figures:
            if (value := getattr(one, field)) is not None:
                gauge.add_metric((name,), value)
        yield gauge


def _of_all(figures: Iterable[Figures], shown: int) -> Iterator[Metric]:
    """Counts over all trainings, those without series of their own included."""
    from prometheus_client.core import GaugeMetricFamily

    every = list(figures)
    runs = GaugeMetricFamily(
        "zeroacc_runs", "Runs by outcome and state.", labels=("outcome", "state")
    )
    for (outcome, state), number in sorted(Counter((f.outcome, f.state) for f in every).items()):
        runs.add_metric((outcome, state), number)
    findings = GaugeMetricFamily(
        "zeroacc_findings", "Findings by code and tier.", labels=("code", "tier")
    )
    for labels, number in sorted(Counter(each for f in every for each in f.findings).items()):
        findings.add_metric(labels, number)
    yield from (runs, findings)
    yield GaugeMetricFamily(
        "zeroacc_runs_left_out", "Runs without series of their own, for they are too many.",
        len(every) - shown,
    )  # fmt: skip


def _of_reading(state: State) -> Iterator[Metric]:
    from prometheus_client.core import (
        CounterMetricFamily,
        GaugeMetricFamily,
        InfoMetricFamily,
    )

    effort = state.effort
    for name, told, count in (
        ("read_bytes", "Bytes of logs that were read.", effort.bytes),
        ("read_events", "Events, or rows, that were read.", effort.events),
        ("refreshes", "Readings that ended.", effort.refreshes),
        ("refresh_failures", "Readings that could not read all.", effort.failures),
    ):
        yield CounterMetricFamily(f"zeroacc_{name}", told, count)
    for name, told, value in (
        ("refresh_seconds", "What the last reading took.", effort.seconds),
        ("last_refresh_timestamp_seconds", "When it ended; 0 before.", effort.ended_at or 0.0),
        ("read_errors", "Places and files that cannot be read now.", float(state.unread)),
        ("first_reading_done", "1 once the first reading has ended.", float(state.complete)),
    ):
        yield GaugeMetricFamily(f"zeroacc_{name}", told, value)
    yield InfoMetricFamily("zeroacc_build", "The version.", {"version": __version__})
