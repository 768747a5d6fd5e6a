"""The metrics: what is told of a run, that their number is bounded, and that names are data."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from tb_zeroacc.metrics.effort import Effort
from tb_zeroacc.metrics.exposition import CONTENT_TYPES, State, chosen, exposition, format_for
from tb_zeroacc.metrics.figures import Figures
from tb_zeroacc.metrics.labels import LONGEST, run_label

parser = pytest.importorskip("prometheus_client.openmetrics.parser")

NOW = 1_700_000_100.0
LIVE = Figures(
    outcome="broken", state="live", findings=(("ZA501", "definite"), ("ZA701", "strong")),
    last_time=NOW - 20.0, ends_at=NOW + 60.0, steps_per_second=4.0, loss=math.nan, baseline=2.3,
    workers_missing=1,
)  # fmt: skip
ENDED = Figures(outcome="learning", state="ended", last_time=NOW - 9000.0, loss=0.1)

Samples = dict[tuple[str, tuple[str, ...]], float]


def samples(state: State, most: int = 5000) -> Samples:
    """Every sample by its name and the values of its labels, in the order of the labels."""
    text = exposition(state, NOW, "openmetrics", most).decode()
    assert text.endswith("# EOF\n")
    return {
        (sample.name.removeprefix("zeroacc_"), tuple(v for _, v in sorted(sample.labels.items()))):
        sample.value
        for family in parser.text_string_to_metric_families(text)
        for sample in family.samples
    }  # fmt: skip


def test_what_is_told_of_a_run() -> None:
    told = samples(State({"a": LIVE, "b": ENDED}))
    assert math.isnan(told.pop(("run_loss", ("a",))))
    assert {key: value for key, value in told.items() if key[0].startswith("run_")} == {
        ("run_outcome", ("broken", "a", "live")): 1.0,
        ("run_finding", ("ZA501", "a", "definite")): 1.0,
        ("run_finding", ("ZA701", "a", "strong")): 1.0,
        ("run_seconds_since_last_record", ("a",)): 20.0,
        ("run_eta_seconds", ("a",)): 60.0,
        ("run_steps_per_second", ("a",)): 4.0,
        ("run_baseline_loss", ("a",)): 2.3,
        ("run_workers_missing", ("a",)): 1.0,
        ("run_outcome", ("learning", "b", "ended")): 1.0,
        ("run_seconds_since_last_record", ("b",)): 9000.0,
        ("run_loss", ("b",)): 0.1,
    }


def test_what_is_told_of_the_reading() -> None:
    told = samples(State({}, Effort(4, 1, 0.5, NOW, 1000, 30), unread=2, complete=False))
    for name, value in {
        "read_bytes_total": 1000, "read_events_total": 30, "refreshes_total": 4,
        "refresh_failures_total": 1, "refresh_seconds": 0.5, "read_errors": 2,
        "last_refresh_timestamp_seconds": NOW, "first_reading_done": 0, "runs_left_out": 0,
    }.items():  # fmt: skip
        assert told[name, ()] == value, name


def test_the_oldest_finished_go_first_and_are_counted_all_the_same() -> None:
    figures = {
        "older": replace(ENDED, last_time=1.0), "timeless": replace(ENDED, last_time=None),
        "live": replace(LIVE, last_time=0.5), "newer": ENDED,
    }  # fmt: skip
    assert chosen(figures, 2) == ["live", "newer"]
    told = samples(State(figures), most=2)
    named = {labels[1] for name, labels in told if name == "run_outcome"}
    assert named == {"live", "newer"}
    assert told["runs", ("learning", "ended")] == 3.0
    assert told["runs_left_out", ()] == 2.0
    assert told["findings", ("ZA501", "definite")] == 1.0


@pytest.mark.parametrize(
    "name",
    ['quo"te\\and\nline', "x" * 5000, "\ud800half", "\x1b[31mred", "naïve/лог", '}{"} 1\nup 1'],
)
def test_a_name_is_one_bounded_label(name: str) -> None:
    labels = [labels for key, labels in samples(State({name: ENDED})) if key == "run_outcome"]
    ((_, label, _),) = labels
    assert label == run_label(name)
    assert len(label) <= LONGEST


def test_long_names_that_begin_alike_stay_apart() -> None:
    names = [f"{'x' * 200}{n}" for n in range(50)] + ["a\nb", "a\x00b"]
    assert len({run_label(name) for name in names}) == len(names)


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", "openmetrics"),
        ("*/*", "openmetrics"),
        ("application/openmetrics-text;version=1.0.0,text/plain;q=0.5", "openmetrics"),
        ("text/plain", "text"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text"),
    ],
)
def test_the_format_is_what_the_asker_reads(accept: str, form: str) -> None:
    assert format_for(accept) == form
    assert form in CONTENT_TYPES
