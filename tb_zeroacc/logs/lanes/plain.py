"""Gives columns to the contents of a file, as far as they are plain.

Plain is what needs no look at the order of tags: a tag whose steps do not fall, a histogram or a
table whose steps rise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.logs.contents import MAX_TAGS, FileContents
from tb_zeroacc.logs.lanes.columns import Column
from tb_zeroacc.logs.lanes.piece import Piece
from tb_zeroacc.logs.lanes.templates import Buckets, Matrix, Number
from tb_zeroacc.logs.stretches.track import Track
from tb_zeroacc.records import RECORD_PREFIX
from tb_zeroacc.series import SeriesBuilder


class PlainColumns:
    """The columns of one piece, and the contents that they go to."""

    def __init__(self, contents: FileContents, piece: Piece) -> None:
        self._contents, self._piece = contents, piece
        held = piece.columns
        self._numbers = [column for column in held if isinstance(column.part, Number)]
        self._histograms = [_counted(c) for c in held if isinstance(c.part, Buckets)]
        self._tables = [column for column in held if isinstance(column.part, Matrix)]
        self._samples = _samples(self._tables) if self._tables else None
        # Of each column the rows at which its steps fall; of all but scalars, at which they stay.
        self._falls = {id(c): c.rows[1:][c.steps[1:] < c.steps[:-1]] for c in self._numbers}
        for column in (*self._histograms, *([self._samples] if self._samples else [])):
            self._falls[id(column)] = column.rows[1:][column.steps[1:] <= column.steps[:-1]]

    def until(self, first: int, end: int) -> int:
        """The first row from `first` on that is not plain, or `end`."""
        for found in (self._odd_numbers, self._odd_histograms, self._odd_tables):
            end = min(found(first, end), default=end)
        return end

    def take(self, first: int, end: int) -> None:
        """Gives the rows from `first` on and before `end`, which must be plain."""
        if first == end:
            return
        contents = self._contents
        before = contents.events - first  # what a row lacks to the number of its event
        contents.events += end - first
        latest = np.fmax.reduce(self._piece.times[first:end])
        if latest > (-np.inf if contents.last_time is None else contents.last_time):
            contents.last_time = float(latest)
        # Tags are known in the order in which they come first.
        for column in _in_order(self._numbers, first, end):
            self._take_number(column, before + 1)
        for column in _in_order(self._histograms, first, end):
            self._take_histogram(column, before + 1)
        self._take_tables(first, end)

    # --- scalars --------------------------------------------------------------------------------

    def _odd_numbers(self, first: int, end: int) -> Iterator[int]:
        tracks, fresh = self._contents.tracks, []
        for column in self._numbers:
            held = column.within(first, end)
            if not len(held.rows):
                continue
            track = tracks.get(column.part.name)
            if track is None:
                fresh.append(int(held.rows[0]))
            elif held.steps[0] < track.last:
                yield int(held.rows[0])
            yield from _falls_within(self._falls[id(column)], held)
        room = MAX_TAGS - len(tracks)
        yield from sorted(fresh)[room : room + 1]

    def _take_number(self, column: Column, before: int) -> None:
        contents, tag = self._contents, column.part.name
        track = contents.tracks.get(tag)
        if track is None:
            event, step = before + int(column.rows[0]), int(column.steps[0])
            value = float(column.contents[0])
            track = Track(tag, SeriesBuilder(), value, event, step, step, step)
            contents.tracks[tag] = track
        elif column.steps[-1] > track.last:
            contents.veto(track)
        event = before + int(column.rows[-1])
        track.run_on(column.steps, column.contents, column.times, event)

    # --- histograms -----------------------------------------------------------------------------

    def _odd_histograms(self, first: int, end: int) -> Iterator[int]:
        known, fresh = self._contents.histograms, []
        for column in self._histograms:
            held = column.within(first, end)
            if not len(held.rows):
                continue
            builder = known.get(column.part.name)
            if builder is None:
                fresh.append(int(held.rows[0]))
            elif held.steps[0] <= builder.last_step:
                yield int(held.rows[0])
            yield from _falls_within(self._falls[id(column)], held)
        room = max(0, MAX_TAGS - len(known))
        yield from sorted(fresh)[room : room + 1]

    def _take_histogram(self, column: Column, before: int) -> None:
        known, tag, steps = self._contents.histograms, column.part.name, column.steps
        builder = known.get(tag)
        if builder is None:
            builder = self._contents.begin_histograms(tag, int(steps[0]))
        low, high = _extremes(column)
        if builder.course is not None:
            builder.course.add_many(steps, low, high, column.contents)
        finite = np.isfinite(low) & np.isfinite(high)
        bad_from = len(steps) - int(finite[::-1].argmax()) if finite.any() else 0
        low, high = low[finite], high[finite]
        builder.add_many(
            step=int(steps[-1]),
            low=float(low[low.argmin()]) if len(low) else np.inf,
            high=float(high[high.argmax()]) if len(high) else -np.inf,
            event=before + int(column.rows[-1]),
            count=len(steps),
            bad_since=int(steps[bad_from]) if bad_from < len(steps) else None,
        )
        for encoding in column.contents:
            if builder.varies:
                break
            builder.compare(encoding.tobytes())

    # --- tables ---------------------------------------------------------------------------------

    def _odd_tables(self, first: int, end: int) -> Iterator[int]:
        if self._samples is None:
            return
        held = self._samples.within(first, end)
        if not len(held.rows):
            return
        recording = self._contents.recording
        last = None if recording is None else recording.tables.last_step
        if recording is None or (last is not None and held.steps[0] <= last):
            yield int(held.rows[0])
            return
        yield from _falls_within(self._falls[id(self._samples)], held)
        for column in self._tables:
            rows = column.within(first, end).rows
            is_tag = RECORD_PREFIX + column.part.name in self._contents.tracks
            fits = recording.tables.fits(column.part.name, column.contents.shape[1:])
            if len(rows) and (is_tag or not fits):
                yield int(rows[0])

    def _take_tables(self, first: int, end: int) -> None:
        recording = self._contents.recording
        if self._samples is None or recording is None:
            return
        held = self._samples.within(first, end)
        if len(held.rows):
            tables = {}
            for column in self._tables:
                some = column.within(first, end)
                if len(some.rows):
                    places = np.searchsorted(held.rows, some.rows)
                    tables[column.part.name] = (places, some.contents)
            recording.tables.add_samples(held.steps, tables)
            recording.end = None  # training went on


def _in_order(columns: list[Column], first: int, end: int) -> list[Column]:
    """What columns hold within some rows, by the first of them; those that hold nothing not."""
    held = [column.within(first, end) for column in columns]
    filled = [column for column in held if len(column.rows)]
    return sorted(filled, key=lambda column: (int(column.rows[0]), column.position))


def _falls_within(falls: NDArray[np.int64], held: Column) -> Iterator[int]:
    """The first row of a column, but for its very first, at which its steps fall."""
    if len(falls):
        at = int(np.searchsorted(falls, held.rows[0], side="right"))
        if at < len(falls) and falls[at] <= held.rows[-1]:
            yield int(falls[at])


def _samples(tables: list[Column]) -> Column:
    """The rows of all tables: those of one row are one sample."""
    rows, places = np.unique(np.concatenate([c.rows for c in tables]), return_index=True)
    steps = np.concatenate([c.steps for c in tables])[places]
    return replace(tables[0], rows=rows, steps=steps, times=rows, contents=rows)


def _counted(column: Column) -> Column:
    """Without the histograms that hold no value: only theirs end on an empty bucket."""
    low, high = _extremes(column)
    is_empty = (column.contents[:, -1, 2] == 0) & np.isfinite(low) & np.isfinite(high)
    return column.taken(~is_empty) if is_empty.any() else column


def _extremes(column: Column) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Smallest and largest value of each histogram, as `decoding.range_of` tells them."""
    low, high = column.contents[:, 0, 0], column.contents[:, -1, 1]
    if column.contents.shape[1] == 1:
        with np.errstate(all="ignore"):
            middle = np.where(high - low == 1.0, (low + high) / 2, np.nan)
        is_single = np.isfinite(middle)
        low, high = np.where(is_single, middle, low), np.where(is_single, middle, high)
    return low, high
