"""Answers about all trainings at once, put together from what each was made of before."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tb_zeroacc import __version__
from tb_zeroacc.metrics.exposition import State, exposition
from tb_zeroacc.places import Place
from tb_zeroacc.plugin.questions import serialise
from tb_zeroacc.plugin.reading import View
from tb_zeroacc.telling import first_lines
from tb_zeroacc.wire import VERSION

if TYPE_CHECKING:
    from tb_zeroacc.metrics.effort import Effort
    from tb_zeroacc.metrics.exposition import Format
    from tb_zeroacc.plugin.shown_training import ShownTraining

PAGE = 200  # summaries in an answer unless another number is asked for
LARGEST_PAGE = 1000
AT_ONCE = 40  # trainings, whole: rows that a screen shows, and a few around them


def runs_answer(view: View, *, refreshing: bool) -> bytes:
    """The JSON of `GET runs`.

    Args:
        view: What is there.
        refreshing: Whether a newer reading is under way.
    """
    head = {
        "version": VERSION,
        "tb_zeroacc": __version__,
        "complete": view.complete,
        "refreshing": refreshing,
        "reading": view.number,
        "errors": view.errors,
    }
    return _with(head, "runs", (shown.whole for shown in view.trainings.values()))


def summaries_answer(
    view: View,
    places: Sequence[Place],
    reader: str,
    offset: int,
    limit: int,
    after: int | None = None,
) -> bytes:
    """The JSON of `GET summaries`.

    Args:
        view: What is there.
        places: Where it was looked for.
        reader: Which process counts the readings.
        offset: How many of the worst to leave out.
        limit: How many to list at most.
        after: Number of a whole state that the asker holds: where what changed since fits into one
            answer, it is all that is listed. None for all.
    """
    changed = None if after is None else _changed(view, after, limit)
    listed = view.ranked[offset : offset + limit] if changed is None else changed.values()
    head = {
        "version": VERSION,
        "tb_zeroacc": __version__,
        "complete": view.complete,
        "reader": reader,
        "reading": view.number,
        "errors": view.errors,
        "total": len(view.ranked),
        "expected": view.expected,
        "need_a_look": sum(shown.severity.needs_a_look for shown in view.ranked),
        "members": sum(len(shown.run.members) for shown in view.ranked),
        "offset": offset,
        "limit": limit,
        "first_lines": first_lines(places[0].path if places else "logs"),
        "places": None if changed is None else [*changed],
    }
    return _with(head, "summaries", (shown.summary for shown in listed))


def _changed(view: View, after: int, most: int) -> dict[int, ShownTraining] | None:
    """What came anew since a state, by its place among all; None where more than that changed.

    A training that is gone is in no answer: then all of them have to be listed.
    """
    if not view.complete or not view.lost_at <= after <= view.number:
        return None
    found = {n: shown for n, shown in enumerate(view.ranked) if shown.since > after}
    return found if len(found) <= most else None


def several_answer(found: Sequence[ShownTraining]) -> bytes:
    """The JSON of `GET trainings`: each with the tag that it has by itself."""
    each = (b'{"tag": "%b", "training": %b}' % (one.tag.encode(), one.whole) for one in found)
    return _with({}, "trainings", each)


def metrics_answer(view: View, effort: Effort, form: Format, most: int) -> bytes:
    """The metrics of `GET metrics`.

    Args:
        view: What is there.
        effort: What reading took.
        form: Of the answer.
        most: Of so many trainings there are series.

    Raises:
        MissingPackageError: The client library of Prometheus is not installed.
    """
    figures = {name: shown.figures for name, shown in view.trainings.items()}
    state = State(figures, effort, len(view.errors), view.complete)
    return exposition(state, time.time(), form, most)


def _with(head: dict[str, object], name: str, items: Iterable[bytes]) -> bytes:
    """The head with one more field: a list of JSON that is made already."""
    before = serialise(head)[:-1] + (b", " if head else b"")
    return b"%b\"%b\": [%b]}" % (before, name.encode(), b", ".join(items))
